"""Deferrals: one person asks, another decides, and the date itself stays what it was."""

from __future__ import annotations

from datetime import date, timedelta

from kilter.department.equipment.models import Device
from kilter.department.ledger import audit, clock, outbox
from kilter.department.ledger.texts import text
from kilter.department.people.gate import action
from kilter.department.people.models import Person
from kilter.department.schedule.models import Deferral
from kilter.department.schedule.queries import due_of
from kilter.department.schedule.site import today
from kilter.measure.error import BadInput, Conflict, NotPermitted

LONGEST = timedelta(days=366)
"""A deferral is for a while; longer is another frequency, which is policy."""


@action("schedule.defer")
def ask_deferral(*, by: Person, device: Device, protocol: str, until: date, reason: str) -> Deferral:
    """Ask that what is due on a device may wait until a day. Nothing is deferred before somebody agrees.

    Raises:
        NotFound: that is not planned on the device.
        BadInput: the day is not after today and after its last day, or too far, or there is no reason.
        Conflict: that was asked already.
    """
    reason = text("reason", reason, most=500, needed=True)
    Device.objects.select_for_update(of=("self",)).get(pk=device.pk)
    due = due_of(device, protocol)
    if until <= max(today(), due.closes):
        raise BadInput("until: must lie after today and after its last day", field="until")
    if until > max(today(), due.due) + LONGEST:
        raise BadInput("until: more than a year is a change of its frequency", field="until")
    if Deferral.objects.filter(device=device, protocol=protocol, state=Deferral.State.ASKED).exists():
        raise Conflict("a deferral of this waits for a decision", field="protocol")
    row = Deferral.objects.create(
        device=device, protocol=protocol, due=due.due, until=until, reason=reason, asked_by=by
    )
    detail = {"protocol": protocol, "due": due.due.isoformat(), "until": until.isoformat()}
    audit.write("schedule.defer", by=by, subject=row, detail=detail)
    return row


@action("schedule.approve_deferral")
def approve_deferral(*, by: Person, device: Device, deferral: Deferral, reason: str) -> Deferral:
    """Agree to a deferral; what was due is overdue only after the day it names.

    Raises:
        NotPermitted: to oneself.
        Conflict: it was decided, the date has moved, or the day it names is past.
        BadInput: it is not of this device, or there is no reason.
    """
    row = _asked(by, device, deferral)
    if due_of(device, row.protocol).due != row.due:
        raise Conflict("what was to be deferred is due on another day now", field="deferral")
    if row.until < today():
        raise Conflict("the day until which it was to be deferred is past", field="deferral")
    _decide(row, Deferral.State.APPROVED, by, reason)
    audit.write("schedule.approve_deferral", by=by, subject=row, detail={"until": row.until.isoformat()})
    outbox.emit("equipment.changed", {"device": device.pk})
    return row


@action("schedule.refuse_deferral")
def refuse_deferral(*, by: Person, device: Device, deferral: Deferral, reason: str) -> Deferral:
    """Refuse a deferral.

    Raises:
        NotPermitted: to oneself.
        Conflict: it was decided.
        BadInput: it is not of this device, or there is no reason.
    """
    row = _asked(by, device, deferral)
    _decide(row, Deferral.State.REFUSED, by, reason)
    audit.write("schedule.refuse_deferral", by=by, subject=row)
    return row


def _asked(by: Person, device: Device, deferral: Deferral) -> Deferral:
    row = Deferral.objects.select_for_update(of=("self",)).get(pk=deferral.pk)
    if row.device_id != device.pk:
        raise BadInput("this deferral is of another device", field="deferral")
    if row.state != Deferral.State.ASKED:
        raise Conflict(f"this deferral was {row.get_state_display()} before", field="deferral")
    if row.asked_by_id == by.pk:
        raise NotPermitted("Somebody else decides on a deferral, not the one who asked.", field="by")
    return row


def _decide(row: Deferral, state: Deferral.State, by: Person, reason: str) -> None:
    row.decision = text("reason", reason, most=500, needed=True)
    row.state, row.decided_at, row.decided_by = state, clock.now(), by
    row.save(update_fields=["state", "decision", "decided_at", "decided_by"])
