"""Planned downtime: booked, acknowledged by the lead of the modality, or cancelled."""

from __future__ import annotations

from datetime import datetime, timedelta

from kilter.department.equipment.models import Device
from kilter.department.ledger import audit, clock
from kilter.department.ledger.texts import text as read_text
from kilter.department.patients.free_text import names_nobody
from kilter.department.people.gate import action
from kilter.department.people.models import Person
from kilter.department.work import downtimes
from kilter.department.work.models import Downtime
from kilter.measure.error import BadInput, Conflict

LONGEST = timedelta(days=366)


@action("work.book_downtime")
def book_downtime(
    *, by: Person, device: Device, starts: datetime, ends: datetime, reason: str, visitor: str = ""
) -> Downtime:
    """Book a time in which a device is kept free of patients; it waits for the word of the modality's lead.

    Args:
        by: the acting person.
        device: the device.
        starts: from when; may have begun, but not be over.
        ends: until when, at most a year later.
        reason: what is done.
        visitor: which company or engineer comes, if any; never a patient.

    Raises:
        BadInput: the times will not do, the reason is missing, or a text looks like a patient's details.
        Conflict: the device has a planned downtime in that time.
    """
    begin, end = clock.as_instant(starts, "starts"), clock.as_instant(ends, "ends")
    if not begin < end <= begin + LONGEST:
        raise BadInput("ends: must lie after the start, within a year", field="ends")
    if end <= clock.now():
        raise BadInput("ends: lies in the past", field="ends")
    read = {
        "reason": read_text("reason", reason, most=300, needed=True),
        "visitor": read_text("visitor", visitor, most=200),
    }
    for field, words in read.items():
        names_nobody(field, words)
    row = Device.objects.select_for_update(of=("self",)).get(pk=device.pk)
    other = downtimes.overlapping(row, begin, end)
    if other is not None:
        message = f"it is planned to be down until {other.ends:%d %b %Y %H:%M} UTC: {other.reason}"
        raise Conflict(message, field="starts")
    made = Downtime.objects.create(
        device=row, starts=begin, ends=end, booked_at=clock.now(), booked_by=by, **read
    )
    audit.write("work.book_downtime", by=by, subject=made, detail={"device": row.asset})
    return made


@action("work.acknowledge_downtime")
def acknowledge_downtime(*, by: Person, device: Device, downtime: Downtime, remark: str = "") -> Downtime:
    """Say as the lead of the modality that no patient is booked in that time.

    The gate asks for an authorisation that covers the device, its kind, or everything.

    Raises:
        BadInput: the downtime is another device's.
        Conflict: it was acknowledged or cancelled before, is over, or the same person booked it.
    """
    row = _standing(device, downtime)
    if row.acknowledged_at is not None:
        raise Conflict("this downtime was acknowledged before", field="downtime")
    if row.ends <= clock.now():
        raise Conflict("this downtime is over", field="downtime")
    if row.booked_by_id == by.pk:
        raise Conflict("whoever booked it does not acknowledge it", field="by")
    row.remark = read_text("remark", remark, most=300)
    names_nobody("remark", row.remark)
    row.acknowledged_at, row.acknowledged_by = clock.now(), by
    row.save(update_fields=["acknowledged_at", "acknowledged_by", "remark"])
    audit.write("work.acknowledge_downtime", by=by, subject=row, detail={"device": device.asset})
    return row


@action("work.cancel_downtime")
def cancel_downtime(*, by: Person, device: Device, downtime: Downtime, reason: str) -> Downtime:
    """Cancel a planned downtime.

    Raises:
        BadInput: the reason is missing, or the downtime is another device's.
        Conflict: it was cancelled before.
    """
    row, why = _standing(device, downtime), read_text("reason", reason, most=300, needed=True)
    row.cancelled_at, row.cancelled_by, row.cancelled_reason = clock.now(), by, why
    row.save(update_fields=["cancelled_at", "cancelled_by", "cancelled_reason"])
    audit.write("work.cancel_downtime", by=by, subject=row, detail={"reason": why})
    return row


def _standing(device: Device, downtime: Downtime) -> Downtime:
    """Read a downtime again, locked; it must be this device's, because the gate asked about this device."""
    row = Downtime.objects.select_for_update(of=("self",)).get(pk=downtime.pk)
    if row.device_id != device.pk:
        raise BadInput("downtime: it is another device's", field="downtime")
    if row.cancelled_at is not None:
        raise Conflict("this downtime was cancelled", field="downtime")
    return row
