"""The verbs of a device's life. Each is a row of `lifecycle.TRANSITIONS`."""

from __future__ import annotations

from uuid import UUID

from kilter.department.equipment.course_step import locked, take_step
from kilter.department.equipment.lendings import is_here
from kilter.department.equipment.models import Device, Hold, LifecycleFact
from kilter.department.ledger import moments
from kilter.department.ledger.texts import text
from kilter.department.people.gate import action
from kilter.department.people.models import Person
from kilter.measure.error import BadInput, Conflict


@action("equipment.receive")
def receive(*, by: Person, device: Device, reason: str = "") -> LifecycleFact:
    """Receive an ordered device; it waits for its acceptance test."""
    return take_step("receive", by, device, reason)


@action("equipment.cancel_order")
def cancel_order(*, by: Person, device: Device, reason: str) -> LifecycleFact:
    """Cancel the order of a device.

    Raises:
        BadInput: the reason is missing.
        Conflict: the device is not on order.
    """
    return take_step("cancel_order", by, device, _needed(reason))


@action("equipment.put_in_service")
def put_in_service(*, by: Person, device: Device, evidence: UUID, reason: str = "") -> LifecycleFact:
    """Put a device in service on the evidence of a record: its acceptance, or a passing test.

    The first time it is also the acceptance of the device. The rooms to the right of this one
    say which records will do, and what an introduction asks for before.

    Raises:
        BadInput: there is no evidence, or it is no record of this device.
        Conflict: a hold stands on the device, it is in no state to be put in service, or its introduction
            has not come so far.
    """
    if not isinstance(evidence, UUID):
        raise BadInput("evidence: putting a device in service needs a record", field="evidence")
    row = locked(device)
    hold = Hold.objects.filter(device=row, released_at=None).order_by("id").first()
    if hold is not None:
        raise Conflict(f"a hold stands on the device: {hold.text}", field="device")
    moments.happen("equipment.entering_service", device=row, evidence=evidence)
    fact = take_step("put_in_service", by, row, reason, evidence)
    if row.accepted_at is None:
        row.accepted_at, row.accepted_by, row.acceptance_evidence = fact.at, by, evidence
        row.save(update_fields=["accepted_at", "accepted_by", "acceptance_evidence"])
    device.accepted_at, device.state = row.accepted_at, row.state
    return fact


@action("equipment.withdraw")
def withdraw(*, by: Person, device: Device, reason: str, evidence: UUID | None = None) -> LifecycleFact:
    """Take a device out of service.

    Raises:
        BadInput: the reason is missing.
        Conflict: the device is not in service.
    """
    return take_step("withdraw", by, device, _needed(reason), evidence)


@action("equipment.report_lost")
def report_lost(*, by: Person, device: Device, reason: str) -> LifecycleFact:
    """Say that a device could not be located; that is an outcome, never a silent new date.

    Raises:
        BadInput: the reason is missing: where it was looked for.
        Conflict: the device is in no state to be lost.
    """
    return take_step("report_lost", by, device, _needed(reason))


@action("equipment.report_found")
def report_found(*, by: Person, device: Device, reason: str = "") -> LifecycleFact:
    """Say that a lost device was found; it is out of service until it is tested."""
    return take_step("report_found", by, device, reason)


@action("equipment.write_off")
def write_off(*, by: Person, device: Device, reason: str) -> LifecycleFact:
    """Give up looking for a lost device.

    Raises:
        BadInput: the reason is missing.
        Conflict: the device is not lost.
    """
    return take_step("write_off", by, device, _needed(reason))


@action("equipment.condemn")
def condemn(*, by: Person, device: Device, reason: str) -> LifecycleFact:
    """Condemn a device: it is never used again, and stays to be found.

    Raises:
        BadInput: the reason is missing.
        Conflict: the device is in no state to be condemned.
    """
    return take_step("condemn", by, device, _needed(reason))


@action("equipment.reinstate")
def reinstate(*, by: Person, device: Device, reason: str) -> LifecycleFact:
    """Take back a condemnation; the device is out of service.

    Raises:
        BadInput: the reason is missing.
        Conflict: the device is not condemned.
    """
    return take_step("reinstate", by, device, _needed(reason))


@action("equipment.send_back")
def send_back(*, by: Person, device: Device, reason: str) -> LifecycleFact:
    """Send a device back to its supplier.

    Raises:
        BadInput: the reason is missing.
        Conflict: the device is in no state to be sent back, or is lent to us.
    """
    if is_here(device):
        raise Conflict("it is lent to us: return it to its owner with the statement", field="device")
    return take_step("send_back", by, device, _needed(reason))


def _needed(reason: str) -> str:
    """Refuse a verb without its reason."""
    return text("reason", reason, most=300, needed=True)
