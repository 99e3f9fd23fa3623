"""Which passing test ends a hold: measured after what went wrong, as it was measured then, and still true."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from kilter.department.equipment.models import Device, Hold
from kilter.department.records.models import InstrumentUse, Record
from kilter.department.records.queries import PASSED, counts, document_of, standing, superseding
from kilter.measure.error import BadInput, Conflict
from kilter.measure.protocol import user_checks
from kilter.measure.registry import entries

TESTED = ("failed_test", "suspect_instrument", "fault", "quarantine", "review")
"""Causes of a hold that only a passing test after it can end."""


def clearing(device: Device, hold: Hold) -> Record:
    """Find the passing test that ends a hold.

    A hold that a record placed ends by the same procedure with the same choices (path, method), measured
    after it, or by a correction of that record. A hold without a record ends where the newest result of
    every procedure measured since passes.

    Raises:
        Conflict: there is none, or its limits are not adopted yet.
    """
    failed = _behind(device, hold)
    rows = list(_of_the_same(device, hold, failed) if failed is not None else _since(device, hold))
    if failed is not None:
        rows = _repeated_alike(rows, _corrected(failed))
    found = _newest_passing(rows, needs_limit=failed is not None)
    if not found:
        raise Conflict(_lacking(hold, failed), field="hold")
    return _confirmed(found, "hold")


def tested_since(device: Device, since: datetime) -> Record:
    """Find the newest passing test of a device that came back from where nobody looked after it.

    Raises:
        Conflict: nothing was measured since, something does not pass, or its limits are not adopted yet.
    """
    rows = _tests().filter(device=device, sealed_at__gt=since, performed_at__gte=since)
    found = _newest_passing(list(rows), needs_limit=False)
    if not found:
        raise Conflict(f"no passing test has been signed since {since:%d %b %Y}", field="device")
    return _confirmed(found, "device")


def passing_test(device: Device, uuid: UUID, field: str = "evidence") -> Record:
    """Find a standing result of a device that passes, counts, and rests on limits that somebody adopted.

    Raises:
        BadInput: the uuid names no such record; `field` is what it was given as.
    """
    found = _tests().filter(device=device, uuid=uuid).first()
    if found is None or found.verdict not in PASSED or not (counts(found) and found.confirmed):
        raise BadInput(f"{field}: this is no passing test of this device", field=field)
    return found


def passing_visit(device: Device, uuid: UUID, field: str = "evidence") -> Record:
    """Find a result of a device of whose visit every result passes, counts, and rests on adopted limits.

    Raises:
        BadInput: the uuid names no result of this device, or another result of that visit does not pass.
    """
    found = passing_test(device, uuid, field)
    for other in standing().filter(device=device, visit=found.visit):
        passing_test(device, other.uuid, field)
    return found


def check_release(*, device: Device, hold: Hold, evidence: UUID | None) -> None:
    """Refuse to release a hold on anything but a record of its device; where a test ends it, on that test.

    Raises:
        BadInput: the evidence is no record of this device, or not the test that ends this hold.
        Conflict: no test ends this hold yet.
    """
    if hold.cause in TESTED and clearing(device, hold).uuid != evidence:
        raise BadInput("evidence: this is not the test that ends this hold", field="evidence")
    if evidence is not None and not Record.objects.filter(uuid=evidence, device=device).exists():
        raise BadInput("evidence: must be a record of this device", field="evidence")


def check_entry(*, device: Device, evidence: UUID) -> None:
    """Refuse to put a device in service on anything but a record of it.

    Raises:
        BadInput: the evidence is no record of this device.
    """
    if not Record.objects.filter(uuid=evidence, device=device).exists():
        raise BadInput("evidence: must be a record of this device", field="evidence")


def _confirmed(found: Sequence[Record], field: str) -> Record:
    """Give the newest of some passing results; limits that nobody adopted return no device to use."""
    if not all(row.confirmed for row in found):
        message = "the limits behind the passing test are still to be confirmed: adopt them first"
        raise Conflict(message, field=field, code="to_be_confirmed")
    return max(found, key=lambda row: row.number)


def _behind(device: Device, hold: Hold) -> Record | None:
    """Give the result that a hold rests on; an incident or an alert is none."""
    if hold.evidence is None:
        return None
    return Record.objects.filter(uuid=hold.evidence, device=device, kind="result").first()


def _since(device: Device, hold: Hold) -> QuerySet[Record]:
    return _tests().filter(device=device, sealed_at__gt=hold.placed_at, performed_at__gte=hold.placed_at)


def _tests() -> QuerySet[Record]:
    """Select the standing results of tests: a check by those who use a device proves no repair of it."""
    return standing().exclude(protocol__in=[one.key for one in user_checks()])


def _of_the_same(device: Device, hold: Hold, failed: Record) -> QuerySet[Record]:
    rows = standing().filter(device=device, procedure=failed.procedure, number__gt=failed.number)
    if hold.cause == "suspect_instrument":
        suspects = InstrumentUse.objects.filter(record=failed).values("instrument")
        rows = rows.exclude(pk__in=InstrumentUse.objects.filter(instrument__in=suspects).values("record"))
    return rows


def _corrected(record: Record) -> Record:
    """Follow the corrections of a record to the one that stands."""
    while (newer := superseding(record)) is not None:
        record = newer
    return record


def _repeated_alike(rows: Sequence[Record], failed: Record) -> list[Record]:
    """Keep what was measured after a failure with the choices of then; its own correction is kept too."""
    chosen = choices(failed)
    return [
        row
        for row in rows
        if row.pk == failed.pk or (row.performed_at >= failed.performed_at and choices(row) == chosen)
    ]


def unended(device: Device, procedure: str, since: UUID | None) -> list[Record]:
    """List the standing results of a procedure that do not pass and that no later pass has ended.

    Args:
        device: what was measured.
        procedure: key of the procedure.
        since: the record to begin with; the first one where it is None or not there.
    """
    first = Record.objects.filter(uuid=since).values_list("number", flat=True).first() if since else None
    rows = list(standing().filter(device=device, procedure=procedure, number__gte=first or 0))
    return [row for row in rows if row.verdict not in PASSED and not any(_ends(row, later) for later in rows)]


def _ends(failed: Record, later: Record) -> bool:
    after = (later.performed_at, later.number) > (failed.performed_at, failed.number)
    return after and later.verdict == "within" and counts(later) and choices(later) == choices(failed)


def choices(record: Record) -> dict[str, Any]:
    """Give what was chosen for a measurement, such as its path; the answers of a checklist are no choices."""
    if record.procedure not in entries():
        return {}
    listed = [item.name for item in entries()[record.procedure].signature.inputs if item.choices]
    given = document_of(record).get("inputs", {})
    return {name: given[name]["value"] for name in listed if name in given}


def _newest_passing(rows: Sequence[Record], *, needs_limit: bool) -> list[Record]:
    """Give the newest result of each procedure where all of them pass and count; else none."""
    newest: dict[str, Record] = {}
    for row in sorted(rows, key=lambda row: (row.performed_at, row.number)):
        newest[row.procedure] = row
    latest: dict[str, Record] = {}
    for row in sorted(rows, key=lambda row: row.number):
        latest[row.procedure] = row
    found = list({row.pk: row for row in (*newest.values(), *latest.values())}.values())
    good = ("within",) if needs_limit else PASSED
    return found if all(row.verdict in good and counts(row) for row in found) else []


def _lacking(hold: Hold, failed: Record | None) -> str:
    what = failed.procedure.partition(".")[2].replace("_", " ") if failed is not None else "test"
    how = " with another instrument" if failed is not None and hold.cause == "suspect_instrument" else ""
    alike = ", measured as it was then," if failed is not None and choices(failed) else ""
    return f"no passing {what}{how}{alike} has been signed since this hold was placed"
