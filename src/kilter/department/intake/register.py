"""Devices and history out of spreadsheets: columns by name, all or nothing, every refused row named."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from kilter.department.equipment import actions as equipment
from kilter.department.equipment.fields import read_fields
from kilter.department.equipment.kinds import kind_of
from kilter.department.equipment.models import Device, DeviceModel, Location
from kilter.department.intake import duplicates, fitting
from kilter.department.intake.models import DeviceImport
from kilter.department.intake.reading import (
    EVERY,
    MEANT,
    MODEL,
    PLACE,
    PLAIN,
    REASON,
    STATES,
    UNDECIDED,
    Reading,
    mapped,
    own_name,
)
from kilter.department.intake.testers import chunks
from kilter.department.ledger import audit, clock
from kilter.department.ledger.models import StoredFile
from kilter.department.ledger.texts import as_key, text
from kilter.department.people.gate import action
from kilter.department.people.models import Person
from kilter.department.records.actions import import_legacy
from kilter.department.records.actions.history import Past
from kilter.formats.sheet import NumberText
from kilter.measure.error import BadInput, KilterError
from kilter.measure.protocol import protocol as find_protocol
from kilter.measure.quantity import Sheet

KINDS = {"site": "site", "building": "building", "location": "ward", "room": "room"}
YES = {"y": True, "yes": True, "p": True, "pass": True, "passed": True, "true": True, "1": True}
NO = {"n": False, "no": False, "f": False, "fail": False, "failed": False, "false": False, "0": False}


@dataclass
class Rows:
    """What a sheet gives: rows that will do, and a line for each that will not."""

    good: list[dict[str, Any]] = field(default_factory=list)
    reasons: dict[int, str] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    unchanged: int = 0
    how: dict[str, Any] = field(default_factory=dict)

    @property
    def refused(self) -> list[str]:
        """Give a line for each refused row, in their order."""
        return [f"row {number}: {self.reasons[number]}" for number in sorted(self.reasons)]


def reject_file(sheet: Sheet, rows: Rows) -> str:
    """Give the refused rows as they stood, as CSV with a further column that says why; to be put right."""
    kept = [n for n, name in enumerate(sheet.columns) if name.casefold() != REASON]
    fields = [rows.how.get("columns", {}).get(name, own_name(name)) for name in sheet.columns]
    comma = rows.how.get("amounts") == "1.250,00"
    written = {n: _with_comma for n, name in enumerate(fields) if comma and name == "cost"}
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([*(sheet.columns[n] for n in kept), REASON])
    for number in sorted(rows.reasons):
        cells = sheet.rows[number - 2]
        writer.writerow([*(written.get(n, str)(cells[n]) for n in kept), rows.reasons[number]])
    return out.getvalue()


def _with_comma(cell: str) -> str:
    """Give a spreadsheet's number as the sheet writes its amounts; a CSV does not tell it from a text."""
    return cell.replace(".", ",") if isinstance(cell, NumberText) else cell


def _by_name(
    sheet: Sheet, known: tuple[str, ...], needed: tuple[str, ...]
) -> list[tuple[int, dict[str, str]]]:
    names = [name.casefold().replace(" ", "_") for name in sheet.columns]
    for name in needed:
        if name not in names:
            raise BadInput(f"there is no column {name!r}", field="file", code="no_column")
    for name in names:
        if name and name not in known:
            raise BadInput(
                f"the column {name[:40]!r} is not known here; known are {', '.join(known)}", field="file"
            )
    return [
        (number, {name: _stripped(cell) for name, cell in zip(names, row, strict=True) if name})
        for number, row in enumerate(sheet.rows, 2)
    ]


def _stripped(cell: str) -> str:
    """Give a text without the spaces around it; a spreadsheet's number has none and stays one."""
    return cell if isinstance(cell, NumberText) else cell.strip()


def read_devices(sheet: Sheet, reading: Reading | None = None) -> Rows:
    """Read a sheet of devices.

    Args:
        sheet: as `read_sheet` or `read_foreign_sheet` gave it.
        reading: how it is read; without one, columns by the register's own names and its own ways of writing.

    Raises:
        BadInput: a column is missing or not known, or the reading leaves open how a day or an amount of the
            sheet is written.
    """
    reading = reading or Reading()
    rows = Rows(how=reading.as_data())
    seen: dict[str, int] = {}
    body, names = _body(mapped(sheet, reading.columns), reading)
    for number, row in body:
        try:
            good = _device(reading.as_ours(row))
            key = good["asset"].upper()
            if key in seen:
                raise BadInput(f"asset: {good['asset']} stands in row {seen[key]} already", field="asset")
        except BadInput as problem:
            if problem.code == UNDECIDED:
                raise
            rows.reasons[number] = problem.message
            continue
        seen[key] = number
        rows.good.append({**good, "row": number})
    _part_from_register(rows)
    fitting.fit(rows.good, rows.reasons, needs_column="kind" not in names)
    rows.good = [row for row in rows.good if row["row"] not in rows.reasons]
    rows.remarks += _same_twice(rows.good)
    rows.remarks += [*duplicates.near_spellings(rows.good), *duplicates.same_serials(rows.good)]
    return rows


def _body(sheet: Sheet, reading: Reading) -> tuple[list[tuple[int, dict[str, str]]], set[str]]:
    """Give the rows by field, and the fields that they have or that stand for them all."""
    needed = [name for name in ("asset", "maker", "model") if name not in reading.all_rows]
    body = _by_name(sheet, (*EVERY, REASON), tuple(needed))
    return body, {own_name(word) for word in sheet.columns} | set(reading.all_rows)


def _same_twice(rows: list[dict[str, Any]]) -> list[str]:
    """Say which rows of the sheet have the model and serial of an earlier one."""
    serials: dict[tuple[str, str, str], int] = {}
    said = []
    for row in rows:
        same = (row["maker"], row["model"], row.get("serial", "").upper())
        if same[2] and same in serials:
            words = f"row {serials[same]} has the same model and serial {same[2]}"
            said.append(f"row {row['row']}: {words}")
        serials.setdefault(same, row["row"])
    return said


def _part_from_register(rows: Rows) -> None:
    """Take out the rows whose asset number is in the register: unchanged ones count, others are refused."""
    by_key = {row["asset"].upper(): row for row in rows.good}
    taken: set[str] = set()
    for chunk in chunks(sorted(by_key)):
        found = list(Device.objects.filter(asset_key__in=chunk).select_related("model", "location"))
        ways = _ways(found)
        for device in found:
            taken.add(device.asset_key)
            row = by_key[device.asset_key]
            differs = _differences(row, device, ways.get(device.location_id, []))
            if differs:
                words = f"the asset number {device.asset} is in the register already, with another"
                rows.reasons[row["row"]] = f"{words} {', '.join(differs)}"
            else:
                rows.unchanged += 1
    rows.good = [row for row in rows.good if row["asset"].upper() not in taken]


def _ways(devices: list[Device]) -> dict[int | None, list[str]]:
    """Give the names from the root to the place of each device, by row id of the place."""
    ids = {pk for one in devices if one.location for pk in one.location.ancestor_ids()}
    names = dict(Location.objects.filter(pk__in=ids).values_list("pk", "name"))
    return {
        one.location_id: [names[pk] for pk in one.location.ancestor_ids()]
        for one in devices
        if one.location is not None
    }


def _differences(row: Mapping[str, Any], device: Device, way: list[str]) -> list[str]:
    """Name what a row says otherwise than the register; what it does not say is no difference."""
    model = device.model
    stands: dict[str, Any] = {name: getattr(device, name) for name in PLAIN}
    stands |= {"maker": model.maker, "model": model.name, "kind": model.kind, "class": model.equipment_class}
    stands |= {"applied_part": model.applied_part, "power_cord": model.power_cord, "state": device.state}
    said = {*(name for name in PLAIN if name in row and name != "asset"), *row["given"]}
    found = [name for name in stands if name in said and row[name] != stands[name]]
    steps = [name for name, _ in row["place"]]
    return [*found, "place"] if steps and steps != way else found


def _device(row: Mapping[str, str]) -> dict[str, Any]:
    plain = read_fields({name: row[name] for name in PLAIN if row.get(name)})
    if "asset" not in plain:
        raise BadInput("asset: must be given", field="asset")
    for name in ("maker", "model"):
        if not row.get(name):
            raise BadInput(f"{name}: must be given", field=name)
    state = row.get("state", "").casefold().replace(" ", "_") or "received"
    if state not in STATES:
        none = f"{row['state'][:30]!r} is none; such as received, in_service"
        raise BadInput(f"state: {none}", field="state")
    chosen = {"kind": kind_of(row["kind"]) if row.get("kind") else ""}
    for name, words in MEANT.items():
        given = row.get(name, "").casefold()
        if given not in words:
            values = ", ".join(sorted(set(words.values())))
            raise BadInput(f"{name}: {given[:20]!r} is none of {values}", field=name)
        chosen[name] = words[given]
    return {
        **plain,
        "maker": _named("maker", row["maker"]),
        "model": _named("model", row["model"]),
        **chosen,
        "given": {name for name in (*MODEL, "state") if row.get(name)},
        "state": state,
        "place": [(_named(n, row[n]), KINDS[n]) for n in PLACE if row.get(n)],
    }


@lru_cache(maxsize=65_536)
def _named(field: str, name: str) -> str:
    """Read a maker, a model or a place; a sheet names the same few over and over."""
    return text(field, name, most=120)


@action("intake.import_devices")
def import_devices(
    *, by: Person, rows: Rows, reason: str, file: StoredFile | None = None, part: bool = False
) -> int:
    """Register every device of a sheet with its models and places, or none of them.

    Args:
        by: who imports.
        rows: as read.
        reason: where the sheet comes from.
        file: the sheet itself, where it is kept.
        part: whether the rows that will do are imported although others are refused.

    Returns:
        How many were registered; the import can be undone by its `DeviceImport`.

    Raises:
        BadInput: a row was refused, or a model's kind is no key.
        Conflict: an asset number was taken meanwhile.
        NotPermitted: models or places would have to be entered, which the person may not.
    """
    if rows.refused and not part:
        raise BadInput(
            f"{len(rows.refused)} rows are refused; nothing was imported", field="file", code="refused"
        )
    if not rows.good:
        raise BadInput("there is no device in it that the register has not", field="file", code="nothing")
    models: dict[tuple[str, str], DeviceModel] = {}
    places: dict[tuple[str, ...], Location | None] = {(): None}
    ready = []
    for row in rows.good:
        fields = {name: row[name] for name in PLAIN if name in row}
        fields |= {"model": _model(by, row, models), "location": _place(by, row["place"], places)}
        ready.append({**fields, "state": row["state"]})
    batch = DeviceImport(reason=text("reason", reason, most=300, needed=True), file=file, by=by)
    made = equipment.register_devices(by=by, rows=ready, reason=reason, batch=batch.uuid)
    batch.count = len(made)
    batch.save()
    detail = {"import": reason, "refused": len(rows.reasons), "unchanged": rows.unchanged, "read": rows.how}
    audit.write("intake.import_devices", by=by, subject=batch, detail=detail, count=len(made))
    return len(made)


def _model(by: Person, row: Mapping[str, Any], known: dict[tuple[str, str], DeviceModel]) -> DeviceModel:
    key = (row["maker"], row["model"])
    if key not in known:
        found = DeviceModel.objects.filter(maker=key[0], name=key[1]).first()
        given = {"kind": row["kind"], "equipment_class": row["class"]}
        given |= {"applied_part": row["applied_part"], "power_cord": row["power_cord"]}
        known[key] = found or equipment.add_model(by=by, fields={"maker": key[0], "name": key[1], **given})
    model = known[key]
    for name, stands in (
        ("kind", model.kind),
        ("class", model.equipment_class),
        ("applied_part", model.applied_part),
        ("power_cord", model.power_cord),
    ):
        if name in row["given"] and row[name] != stands:
            raise BadInput(
                f"row {row['row']}: {model} is entered with {name} {stands}, not {row[name]}", field=name
            )
    return model


def _place(
    by: Person, steps: list[tuple[str, str]], known: dict[tuple[str, ...], Location | None]
) -> Location | None:
    path: tuple[str, ...] = ()
    for name, kind in steps:
        above, path = known[path], (*path, name)
        if path not in known:
            found = Location.objects.filter(parent=above, name=name).first()
            known[path] = found or equipment.add_location(by=by, name=name, kind=kind, parent=above)
    return known[path]


def read_history(sheet: Sheet) -> Rows:
    """Read a sheet of history: asset, protocol, date, passed, summary.

    Raises:
        BadInput: a column is missing or not known.
    """
    rows = Rows()
    body = _by_name(
        sheet, ("asset", "protocol", "date", "passed", "summary"), ("asset", "protocol", "date", "passed")
    )
    known: dict[str, Device] = {}
    for chunk in chunks(sorted({as_key(row["asset"]) for _, row in body})):
        known |= {one.asset_key: one for one in Device.objects.filter(asset_key__in=chunk)}
    for number, row in body:
        try:
            device = known.get(as_key(row["asset"]))
            if device is None:
                raise BadInput(f"there is no device {row['asset'][:40]}", field="asset")
            past = Past(
                device,
                find_protocol(row["protocol"]).key,
                _day(row["date"]),
                _passed(row["passed"]),
                text("summary", row.get("summary", ""), most=1000),
            )
            rows.good.append({"past": past})
        except KilterError as problem:
            rows.reasons[number] = problem.message
    return rows


def _day(text: str) -> datetime:
    """Give noon of a day at the site; of today its beginning, since noon may be still to come."""
    read, zone = date.fromisoformat, ZoneInfo(settings.SITE_ZONE)
    try:
        day = read(text)
        at = datetime.combine(day, time(12), zone)
    except ValueError:
        raise BadInput(f"date: {text[:30]!r} is no day such as 2026-03-29", field="date") from None
    today = clock.now().astimezone(zone).date()
    if day == today:
        return datetime.combine(day, time(), zone)
    if day > today:
        raise BadInput(f"date: {text} lies in the future", field="date")
    return at


def _passed(text: str) -> bool:
    found = {**YES, **NO}.get(text.casefold())
    if found is None:
        raise BadInput(f"passed: {text[:20]!r} is neither yes nor no", field="passed")
    return found


def import_history(*, by: Person, rows: Rows, source: str) -> int:
    """Import history as legacy evidence, all of it or nothing.

    Raises:
        BadInput: a row was refused.
        NotPermitted: the person may not.
    """
    if rows.refused:
        raise BadInput(
            f"{len(rows.refused)} rows are refused; nothing was imported", field="file", code="refused"
        )
    return import_legacy(by=by, lines=[row["past"] for row in rows.good], source=source)
