"""How a device leaves for good: its data are wiped, it is decontaminated, and its way is written down."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

from django.conf import settings

from kilter.department.equipment.course_step import locked, take_step
from kilter.department.equipment.disposals import wiped
from kilter.department.equipment.fields import choice, read_day
from kilter.department.equipment.lendings import is_here
from kilter.department.equipment.lifecycle import State
from kilter.department.equipment.models import Device, Disposal, Document, LifecycleFact, Wipe
from kilter.department.ledger import audit, clock
from kilter.department.ledger.texts import text
from kilter.department.people.gate import action
from kilter.department.people.models import Person
from kilter.measure.error import BadInput, Conflict

WIPED_IN = (State.OUT_OF_SERVICE, State.CONDEMNED)
"""States in which a device no longer gathers data."""


@action("equipment.record_wipe")
def record_wipe(
    *,
    by: Person,
    device: Device,
    method: str,
    media: str,
    done_by: str,
    done_on: date | str,
    number: str = "",
    document: Document | None = None,
) -> Wipe:
    """Record that the data of a device are gone.

    Args:
        by: the acting person.
        device: out of service or condemned, so that nothing is added to it any more.
        method: one of `Wipe.Method`.
        media: which media, with their serial numbers; never what was on them.
        done_by: the person or company.
        done_on: the day.
        number: of the certificate, where it bears one.
        document: the certificate as attached to the device.

    Raises:
        BadInput: a text is missing, the method is none, the day lies ahead, or the document is another
            device's or was withdrawn.
        Conflict: the device is still in use, or has left.
    """
    row = locked(device)
    if row.state not in WIPED_IN:
        raise Conflict("take the device out of service before its data are wiped", field="device")
    if document is not None:
        attached = Document.objects.filter(pk=document.pk, device=row, withdrawn_at=None)
        if not attached.exists():
            raise BadInput("document: must be attached to this device", field="document")
    wipe = Wipe.objects.create(
        device=row,
        method=choice("method", method, Wipe.Method),
        media=text("media", media, most=500, needed=True),
        number=text("number", number, most=80),
        done_by=text("done_by", done_by, most=120, needed=True),
        done_on=_past("done_on", done_on),
        document=document,
        at=clock.now(),
        by=by,
    )
    audit.write("equipment.record_wipe", by=by, subject=row, detail={"wipe": str(wipe.uuid)})
    return wipe


@action("equipment.dispose")
def dispose(
    *,
    by: Person,
    device: Device,
    reason: str,
    route: str,
    company: str,
    note_number: str,
    left_on: date | str,
    decontamination: str,
    decontaminated_by: str,
    parts_kept: str = "",
) -> LifecycleFact:
    """Dispose of a condemned device; one that bears data of patients only after it was wiped.

    Args:
        by: the acting person.
        device: the device.
        reason: why, or what else is to be known.
        route: one of `Disposal.Route`.
        company: who took it.
        note_number: of the transfer, consignment or delivery note.
        left_on: the day it left.
        decontamination: `done` or `not_needed`.
        decontaminated_by: who decontaminated it and how, or why it is not needed.
        parts_kept: what was kept of it, and in which store.

    Raises:
        BadInput: something is missing or is none of the words offered, or the day lies ahead.
        Conflict: the device is not condemned, is lent to us, or was not wiped since it was last in use.
    """
    row = locked(device)
    if is_here(row):
        raise Conflict("it is lent to us: its owner disposes of it", field="device")
    wipe = wiped(row)
    if row.bears_data and wipe is None:
        raise Conflict("the device keeps patients' data: record its wipe certificate first", field="wipe")
    made = Disposal(
        device=row,
        route=choice("route", route, Disposal.Route),
        company=text("company", company, most=120, needed=True),
        note_number=text("note_number", note_number, most=80, needed=True),
        left_on=_past("left_on", left_on),
        decontamination=choice("decontamination", decontamination, Disposal.Cleaned),
        decontaminated_by=text("decontaminated_by", decontaminated_by, most=200, needed=True),
        parts_kept=text("parts_kept", parts_kept, most=1000),
        wipe=wipe,
        at=clock.now(),
        by=by,
    )
    fact = take_step("dispose", by, device, text("reason", reason, most=300, needed=True), made.uuid)
    made.save()
    return fact


def _past(name: str, given: object) -> date:
    """Refuse what is no day, or one that lies ahead."""
    day = read_day(name, given)
    if day is None or day > clock.now().astimezone(ZoneInfo(settings.SITE_ZONE)).date():
        raise BadInput(f"{name}: must be a day that has come", field=name)
    return day
