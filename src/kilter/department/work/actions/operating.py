"""The operating log of a device: lines by those who use it."""

from __future__ import annotations

from kilter.department.equipment.lifecycle import FINAL
from kilter.department.equipment.models import Device
from kilter.department.ledger import audit, clock
from kilter.department.ledger.texts import text as read_text
from kilter.department.patients.free_text import names_nobody
from kilter.department.people.gate import action
from kilter.department.people.models import Person
from kilter.department.work.models import OperatingNote
from kilter.measure.error import Conflict


@action("work.note_operation")
def note_operation(*, by: Person, device: Device, text: str) -> OperatingNote:
    """Write a line in the operating log of a device; it is never changed.

    Args:
        by: the acting person.
        device: the device.
        text: what was seen or done, at most 500 characters; nothing about a patient.

    Raises:
        BadInput: there is no text, or it holds what looks like a patient's number or birth date.
        Conflict: the device has left the department for good.
    """
    if device.state in FINAL:
        raise Conflict("this device is no longer the department's", field="device")
    words = read_text("text", text, most=500, needed=True)
    names_nobody("text", words)
    note = OperatingNote.objects.create(device=device, text=words, at=clock.now(), by=by)
    audit.write("work.note_operation", by=by, subject=note, detail={"device": device.asset})
    return note
