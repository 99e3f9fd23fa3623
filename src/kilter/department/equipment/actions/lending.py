"""Devices that are lent to us: registered on the lender's terms, and returned clean."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from zoneinfo import ZoneInfo

from django.conf import settings

from kilter.department.equipment.actions.register import register_device
from kilter.department.equipment.course_step import locked, take_step
from kilter.department.equipment.disposals import wiped
from kilter.department.equipment.fields import choice, read_day
from kilter.department.equipment.lifecycle import State
from kilter.department.equipment.models import Device, Lending, LentReturn, LifecycleFact
from kilter.department.ledger import audit, clock
from kilter.department.ledger.texts import text
from kilter.department.people.gate import action
from kilter.department.people.models import Person
from kilter.measure.error import BadInput, Conflict


@action("equipment.register_lent_device")
def register_lent_device(
    *,
    by: Person,
    fields: Mapping[str, object],
    lender: str,
    agreement: str,
    indemnity: str,
    due_back: date | str,
) -> Device:
    """Register a device that somebody lends to us; it enters service as our own do, and on a test of ours.

    Args:
        by: the acting person.
        fields: of the device, as `register_device` takes them; the lender becomes its owner.
        lender: whose it is.
        agreement: the agreement under which it is here.
        indemnity: who bears what it may do, such as the number of a master indemnity agreement.
        due_back: the day by which it goes back.

    Raises:
        BadInput: a field is unknown, wrong or missing, or the day has passed.
        Conflict: the asset number is taken.
    """
    terms = {
        "lender": text("lender", lender, most=120, needed=True),
        "agreement": text("agreement", agreement, most=200, needed=True),
        "indemnity": text("indemnity", indemnity, most=200, needed=True),
    }
    day = read_day("due_back", due_back)
    if day is None or day < clock.now().astimezone(ZoneInfo(settings.SITE_ZONE)).date():
        raise BadInput("due_back: must be a day from today on", field="due_back")
    device = register_device(by=by, fields={**fields, "owner": terms["lender"]})
    row = Lending.objects.create(device=device, due_back=day, at=clock.now(), by=by, **terms)
    audit.write("equipment.register_lent_device", by=by, subject=row, detail={"device": device.asset})
    return device


@action("equipment.return_lent_device")
def return_lent_device(
    *,
    by: Person,
    device: Device,
    decontamination: str,
    decontaminated_by: str,
    condition: str,
    note_number: str,
) -> LifecycleFact:
    """Return a device to whom it belongs; one that keeps data of patients is wiped before.

    Args:
        by: the acting person.
        device: out of service, or never put in service.
        decontamination: `done` or `not_needed`.
        decontaminated_by: who decontaminated it and how, or why it is not needed.
        condition: in which condition it goes.
        note_number: of the delivery or collection note.

    Raises:
        BadInput: something is missing or is none of the words offered.
        Conflict: it is not lent to us, is in service, or its data were not wiped since it was in use.
    """
    row = locked(device)
    lending = Lending.objects.filter(device=row, returned=None).first()
    if lending is None:
        raise Conflict("this device is not lent to us, or has gone back", field="device")
    used = LifecycleFact.objects.filter(device=row, state=State.IN_SERVICE).exists()
    wipe = wiped(row)
    if row.bears_data and used and wipe is None:
        raise Conflict("the device keeps patients' data: record its wipe certificate first", field="wipe")
    gone = LentReturn(
        lending=lending,
        decontamination=choice("decontamination", decontamination, LentReturn.Cleaned),
        decontaminated_by=text("decontaminated_by", decontaminated_by, most=200, needed=True),
        condition=text("condition", condition, most=500, needed=True),
        note_number=text("note_number", note_number, most=80, needed=True),
        wipe=wipe,
        at=clock.now(),
        by=by,
    )
    fact = take_step("send_back", by, device, f"returned to {lending.lender}", gone.uuid)
    gone.save()
    audit.write("equipment.return_lent_device", by=by, subject=lending, detail={"device": row.asset})
    return fact
