"""The way back from an instrument found wrong: every record whose verdict could have been another.

For each record that rests on the instrument, the reading that it gave is put right by the error that was
found, and the procedure is run and judged again by the sealed limits. The error may have grown between the
last good calibration and the finding, so shares of it from none to all are tried: a record is affected
where one of them gives another verdict. Nothing is rewritten.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from kilter.department.equipment.models import Certificate, Device
from kilter.department.records.clearing import choices
from kilter.department.records.models import InstrumentUse, Record
from kilter.department.records.queries import PASSED, counts, document_of, standing
from kilter.department.records.replay import judged_as_sealed, raw_of
from kilter.measure.error import BadInput, KilterError
from kilter.measure.registry import find
from kilter.measure.run import run
from kilter.measure.unit import convert_uncertainty, unit

SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Shares of the error that are tried; a verdict that changes once between none and all is found by them."""


@dataclass(frozen=True, slots=True)
class FoundError:
    """The error of an instrument as it was found: reading less truth.

    Attributes:
        quantity: the certificate's line that it is about.
        unit: of `offset`.
        offset: fixed part, in `unit`.
        share: part in percent of the reading.
    """

    quantity: str
    unit: str
    offset: float
    share: float = 0.0


@dataclass(frozen=True)
class Affected:
    """A record whose verdict could have been another.

    Attributes:
        record: the record.
        could_be: every other verdict that some share of the error gives.
        why: what could not be computed, in words; then the record counts as affected.
        tested_since: the same procedure was done again on the device since, without the instrument.
    """

    record: Record
    could_be: tuple[str, ...]
    why: str = ""
    tested_since: bool = False

    @property
    def to_be_retested(self) -> bool:
        """Whether a device is in use on the strength of it."""
        return self.record.verdict in PASSED and not self.tested_since


@dataclass(frozen=True)
class Traced:
    """What was found: how many records rest on the instrument since, and which of them are affected."""

    since: datetime
    used: int
    affected: tuple[Affected, ...]


def last_good(instrument: Device, found_at: datetime) -> datetime:
    """Give when the instrument was last known to be right: when its last certificate began.

    Raises:
        BadInput: it never had a certificate.
    """
    row = (
        Certificate.objects.filter(device=instrument, valid_from__lte=found_at)
        .exclude(quantities__in_tolerance=False)
        .order_by("-valid_from")
        .first()
    )
    if row is None:
        raise BadInput(f"{instrument.asset} never had a certificate: say since when", field="since")
    return row.valid_from


def trace(instrument: Device, errors: Sequence[FoundError], since: datetime) -> Traced:
    """Find every standing record made with an instrument since then whose verdict could have been another.

    Args:
        instrument: that was found wrong.
        errors: as found, by line of its certificate.
        since: when it was last known to be right.

    Raises:
        BadInput: no error is stated, or one is in no known unit.
    """
    if not errors:
        raise BadInput("say how wrong the instrument was found", field="errors")
    for error in errors:
        unit(error.unit or "1")
    rows = standing().filter(
        device__isnull=False,
        pk__in=InstrumentUse.objects.filter(instrument=instrument, performed_at__gte=since).values("record"),
    )
    rows = rows.select_related("device__model", "device__location").order_by("number")
    used, found = 0, []
    for record in rows.iterator(chunk_size=500):
        used += 1
        if (one := _affected(record, instrument, errors)) is not None:
            found.append(one)
    again = _tested_since(instrument, [one.record for one in found])
    affected = (replace(one, tested_since=one.record.pk in again) for one in found)
    return Traced(since, used, tuple(affected))


def _tested_since(instrument: Device, records: Sequence[Record]) -> set[int]:
    """Give the records whose procedure passed later on the same device, as it was measured then.

    With the same choices (path, method) and with other instruments: what ends a hold asks for no less.
    """
    mine = InstrumentUse.objects.filter(instrument=instrument).values("record")
    later = standing().filter(
        device__in={record.device_id for record in records},
        procedure__in={record.procedure for record in records},
        verdict="within",
        confirmed=True,
    )
    by_test: dict[tuple[int | None, str], list[Record]] = {}
    for row in later.exclude(pk__in=mine):
        by_test.setdefault((row.device_id, row.procedure), []).append(row)
    return {
        record.pk
        for record in records
        if any(
            row.performed_at > record.performed_at and choices(row) == choices(record) and counts(row)
            for row in by_test.get((record.device_id, record.procedure), ())
        )
    }


def _affected(record: Record, instrument: Device, errors: Sequence[FoundError]) -> Affected | None:
    document = document_of(record)
    if not any("unit" in row for row in document["inputs"].values()):
        return None  # a checklist has no reading
    try:
        verdicts = set(_verdicts(record.procedure, document, instrument, errors))
    except KilterError as problem:
        return Affected(record, (), problem.message)
    others = tuple(sorted(verdicts - {record.verdict}))
    return Affected(record, others) if others else None


def _verdicts(
    key: str, document: Mapping[str, Any], instrument: Device, errors: Sequence[FoundError]
) -> Iterator[str]:
    declared = find(key)
    stored = declared.bring_forward(document["procedure"]["version"], document["inputs"])
    shifts = _shifts(declared.measured, stored, document, instrument, errors)
    if not shifts:
        return
    stated = {name: row["u"] for name, row in stored.items() if row.get("u") is not None}
    for share in SHARES:
        raw = {
            name: raw_of({**row, "value": _shifted(row["value"], shifts[name], share)})
            if name in shifts
            else raw_of(row)
            for name, row in stored.items()
        }
        try:
            outcome = run(declared, raw, u=stated)
        except BadInput as problem:
            if problem.code in ("out_of_range", "impossible_result"):
                continue  # the reading cannot have been wrong by as much as that
            raise
        yield judged_as_sealed(document, outcome)


def _shifts(
    measured: Sequence[str],
    stored: Mapping[str, Mapping[str, Any]],
    document: Mapping[str, Any],
    instrument: Device,
    errors: Sequence[FoundError],
) -> dict[str, tuple[float, float]]:
    """Give by input what was wrong with its reading: fixed part in its unit, and share of the reading."""
    listed = document.get("instruments", [])
    places = [place for place, row in enumerate(listed) if row.get("id") == str(instrument.uuid)]
    found: dict[str, tuple[float, float]] = {}
    for name in measured:
        row = stored.get(name, {})
        by = row.get("measured_by")
        if not row or (by is not None and by["instrument"] not in places):
            continue
        for error in errors:
            own, wanted = unit(error.unit or "1"), unit(row.get("unit") or "1")
            about = by is None or by["quantity"] == error.quantity
            if about and own.kind == wanted.kind:
                found[name] = (convert_uncertainty(error.offset, own, wanted), error.share / 100.0)
    return found


def _shifted(value: Any, wrong: tuple[float, float], share: float) -> Any:
    if isinstance(value, list):
        return [_shifted(one, wrong, share) for one in value]
    offset, part = wrong
    return (float(value) - share * offset) / (1.0 + share * part)
