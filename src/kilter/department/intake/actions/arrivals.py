"""An object that arrived becomes a draft, or is set aside with a reason; names are given to devices."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from kilter.department.equipment.models import Device
from kilter.department.intake.arrivals import (
    MOST_OF_A_SERIES,
    name_of,
    proposals_of,
    readers,
    series_of,
)
from kilter.department.intake.models import Arrival, SourceName
from kilter.department.ledger import audit, clock
from kilter.department.ledger.identity import new_id
from kilter.department.ledger.texts import as_key, text
from kilter.department.people.gate import action
from kilter.department.people.models import Person
from kilter.department.records.actions import save_draft
from kilter.department.records.models import Draft
from kilter.department.records.sealing import EARLIEST
from kilter.measure.error import BadInput, Conflict, NotFound
from kilter.measure.protocol import protocol as find_protocol
from kilter.measure.protocol import shipped_protocols
from kilter.measure.registry import entry

MOST_NAMED = 1000
"""Files that one draft can name."""


@action("intake.start_arrival")
def start_arrival(
    *,
    by: Person,
    device: Device,
    procedure: str,
    arrival: Arrival,
    reason: str = "",
    remember: bool = False,
) -> Draft:
    """Start a test of a device with an object that arrived: a draft that the person looks at and signs.

    Where the test takes a set of files, all that waits of the object's series goes into it.

    Args:
        by: whose draft it will be.
        device: what the object is of, as the person says.
        procedure: key of a procedure that takes a file.
        arrival: the object.
        reason: why it is of this device; needed where its serial number is another one's.
        remember: take note that the object's station, or its sender where it names none, is this device.

    Raises:
        BadInput: the procedure takes no file; the serial number differs and no reason is given; too many
            files.
        Conflict: it was settled before.
    """
    row = _open([arrival])[0]
    why = text("reason", reason, most=300)
    _check_serial(row, device, why)
    field, many = _input(row, procedure)
    used = _open(series_of(row)) if many else [row]
    if len(used) > MOST_NAMED:
        raise BadInput(f"procedure: the series has more than {MOST_NAMED} objects", field="procedure")
    named = [{"name": name_of(one), "sha256": one.file.sha256, "size": one.file.size} for one in used]
    test, step = _test(procedure, device)
    draft = save_draft(
        by=by,
        device=device,
        procedure=test,
        uuid=new_id(),
        version=0,
        content={"steps": {step: {"inputs": {field: named if many else named[0]}}}, "instruments": []},
        performed_at=_performed_at(row),
    )
    _settle(used, by, device=device, draft=draft.uuid, reason=why)
    if remember:
        kind, name = ("station", row.station) if as_key(row.station) else ("caller", row.caller)
        name_source(by=by, device=device, kind=kind, name=name)
    detail = {"procedure": procedure, "device": device.asset, "reason": why, "draft": str(draft.uuid)}
    audit.write("intake.start_arrival", by=by, subject=row, detail=detail, count=len(used))
    return draft


def _check_serial(row: Arrival, device: Device, reason: str) -> None:
    """Refuse a device that bears another serial number than the object, unless somebody says why."""
    if as_key(row.serial) and device.serial_key and as_key(row.serial) != device.serial_key and not reason:
        raise BadInput(
            f"the object names the serial number {row.serial}, {device.asset} bears {device.serial}:"
            " say why it is of this device",
            field="reason",
            code="other_serial",
        )


def _input(row: Arrival, procedure: str) -> tuple[str, bool]:
    """Give the input of a procedure that takes the object, and whether it takes a set."""
    proposed = {one.procedure: one.input for one in proposals_of(row)}
    field = proposed.get(procedure) or dict(readers()).get(procedure)
    item = entry(procedure).signature.input(field) if field else None
    if item is None:
        raise BadInput("procedure: choose one that takes a file", field="procedure")
    return item.name, item.type == "files"


def _test(procedure: str, device: Device) -> tuple[str, str]:
    """Give the protocol that a procedure is done by on such a device, and the step that it is there.

    That is the one shipped protocol for this kind of device that has it; else the procedure alone.
    """
    made_for = [one for one in shipped_protocols() if device.kind in one.device_kinds]
    having = [(one.key, step.key) for one in made_for for step in one.steps if step.procedure == procedure]
    if len(having) == 1:
        return having[0]
    steps = find_protocol(procedure).steps
    found = next((one.key for one in steps if one.procedure == procedure), "")
    if not found:
        raise BadInput("procedure: choose one that takes a file", field="procedure")
    return procedure, found


def _performed_at(row: Arrival) -> datetime | None:
    """Give when the object was made, where it says so and it can be signed; a person gives it otherwise."""
    now = clock.now()
    sound = row.acquired_at is not None and now - EARLIEST < row.acquired_at <= now
    return row.acquired_at if sound else None


@action("intake.set_aside_arrivals")
def set_aside_arrivals(*, by: Person, arrivals: Sequence[Arrival], reason: str) -> int:
    """Set objects aside that no test is started with; their files stay.

    Returns:
        How many were set aside.

    Raises:
        BadInput: the reason is missing, or there are none.
        Conflict: one was settled before.
    """
    rows, why = _open(arrivals), text("reason", reason, most=300, needed=True)
    _settle(rows, by, reason=why)
    audit.write("intake.set_aside_arrivals", by=by, subject=rows[0], detail={"reason": why}, count=len(rows))
    return len(rows)


@action("intake.bring_back_arrivals")
def bring_back_arrivals(*, by: Person, arrival: Arrival, reason: str) -> int:
    """Let objects wait again that were set aside, or whose draft was given up: all settled with one.

    Returns:
        How many wait again.

    Raises:
        BadInput: the reason is missing.
        Conflict: it waits already, or its draft is open or signed.
    """
    row, why = _locked([arrival])[0], text("reason", reason, most=300, needed=True)
    if row.settled_at is None:
        raise Conflict("this object waits already", field="arrival")
    if (
        row.draft is not None
        and not Draft.objects.filter(uuid=row.draft, state=Draft.State.ABANDONED).exists()
    ):
        raise Conflict("a test was started with this object; give up its draft first", field="arrival")
    together = Q(draft=row.draft) if row.draft else Q(draft=None, series=row.series, caller=row.caller)
    alone = Q(pk=row.pk) if not row.series else together & Q(settled_at=row.settled_at)
    count = Arrival.objects.filter(alone).update(
        settled_at=None, settled_by=None, device=None, draft=None, reason=""
    )
    audit.write("intake.bring_back_arrivals", by=by, subject=row, detail={"reason": why}, count=count)
    return count


@action("intake.name_source")
def name_source(*, by: Person, device: Device, kind: str, name: str) -> SourceName:
    """Say which device a station name or AE title is; who said otherwise before is replaced.

    Raises:
        BadInput: the kind is none of the two, or the name is missing.
    """
    if kind not in SourceName.Kind.values:
        raise BadInput("kind: must be station or caller", field="kind")
    key = as_key(text("name", name, most=80, needed=True))
    row, _ = SourceName.objects.update_or_create(
        kind=kind, key=key, defaults={"device": device, "said_by": by, "said_at": clock.now()}
    )
    detail = {"kind": kind, "name": key, "device": device.asset}
    audit.write("intake.name_source", by=by, subject=row, detail=detail)
    return row


@action("intake.forget_source")
def forget_source(*, by: Person, source: UUID) -> None:
    """Take back what was said of a station name or AE title.

    Raises:
        NotFound: nothing is said of it.
    """
    row = SourceName.objects.select_related("device").filter(uuid=source).first()
    if row is None:
        raise NotFound("nothing is said of this name", field="source")
    detail = {"kind": row.kind, "name": row.key, "device": row.device.asset}
    audit.write("intake.forget_source", by=by, subject=row, detail=detail)
    row.delete()


def _open(arrivals: Sequence[Arrival]) -> list[Arrival]:
    """Lock objects and insist that each still waits."""
    if not 0 < len(arrivals) <= MOST_OF_A_SERIES:
        raise BadInput(f"arrivals: give from 1 to {MOST_OF_A_SERIES}", field="arrivals")
    rows = _locked(arrivals)
    if len(rows) != len(arrivals) or any(row.settled_at is not None for row in rows):
        raise Conflict("this object was settled before", field="arrival")
    return rows


def _locked(arrivals: Sequence[Arrival]) -> list[Arrival]:
    rows = Arrival.objects.select_for_update(of=("self",)).select_related("file")
    return list(rows.filter(pk__in=[one.pk for one in arrivals]).order_by("id"))


def _settle(
    rows: Sequence[Arrival],
    by: Person,
    *,
    device: Device | None = None,
    draft: UUID | None = None,
    reason: str = "",
) -> None:
    """Settle objects, all at one instant: what was settled together can be brought back together."""
    now = clock.now()
    Arrival.objects.filter(pk__in=[row.pk for row in rows]).update(
        device=device, draft=draft, reason=reason, settled_at=now, settled_by=by
    )
