"""The verbs of a device's life. Each is a row of `lifecycle.TRANSITIONS`."""

from __future__ import annotations

from uuid import UUID

from kilter.department.equipment.lifecycle import next_state
from kilter.department.equipment.models import Device, Hold, LifecycleFact
from kilter.department.ledger import audit, clock, moments
from kilter.department.ledger.texts import text
from kilter.department.people.gate import action
from kilter.department.people.models import Person
from kilter.measure.error import BadInput, Conflict


@action("equipment.receive")
def receive(*, by: Person, device: Device, reason: str = "") -> LifecycleFact:
    """Receive an ordered device; it waits for its acceptance test."""
    return _step("receive", by, device, reason)


@action("equipment.cancel_order")
def cancel_order(*, by: Person, device: Device, reason: str) -> LifecycleFact:
    """Cancel the order of a device.

    Raises:
        BadInput: the reason is missing.
        Conflict: the device is not on order.
    """
    return _step("cancel_order", by, device, _needed(reason))


@action("equipment.put_in_service")
def put_in_service(*, by: Person, device: Device, evidence: UUID, reason: str = "") -> LifecycleFact:
    """Put a device in service on the evidence of a record: its acceptance, or a passing test.

    The first time it is also the acceptance of the device. The rooms to the right of this one
    say which records will do, and what an introduction asks for before.

    Raises:
        BadInput: there is no evidence.
        Conflict: a hold stands on the device, it is in no state to be put in service, or its introduction
            has not come so far.
    """
    if not isinstance(evidence, UUID):
        raise BadInput("evidence: putting a device in service needs a record", field="evidence")
    row = _locked(device)
    hold = Hold.objects.filter(device=row, released_at=None).order_by("id").first()
    if hold is not None:
        raise Conflict(f"a hold stands on the device: {hold.text}", field="device")
    moments.happen("equipment.entering_service", device=row)
    fact = _step("put_in_service", by, row, reason, evidence)
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
    return _step("withdraw", by, device, _needed(reason), evidence)


@action("equipment.report_lost")
def report_lost(*, by: Person, device: Device, reason: str) -> LifecycleFact:
    """Say that a device could not be located; that is an outcome, never a silent new date.

    Raises:
        BadInput: the reason is missing: where it was looked for.
        Conflict: the device is in no state to be lost.
    """
    return _step("report_lost", by, device, _needed(reason))


@action("equipment.report_found")
def report_found(*, by: Person, device: Device, reason: str = "") -> LifecycleFact:
    """Say that a lost device was found; it is out of service until it is tested."""
    return _step("report_found", by, device, reason)


@action("equipment.write_off")
def write_off(*, by: Person, device: Device, reason: str) -> LifecycleFact:
    """Give up looking for a lost device.

    Raises:
        BadInput: the reason is missing.
        Conflict: the device is not lost.
    """
    return _step("write_off", by, device, _needed(reason))


@action("equipment.condemn")
def condemn(*, by: Person, device: Device, reason: str) -> LifecycleFact:
    """Condemn a device: it is never used again, and stays to be found.

    Raises:
        BadInput: the reason is missing.
        Conflict: the device is in no state to be condemned.
    """
    return _step("condemn", by, device, _needed(reason))


@action("equipment.reinstate")
def reinstate(*, by: Person, device: Device, reason: str) -> LifecycleFact:
    """Take back a condemnation; the device is out of service.

    Raises:
        BadInput: the reason is missing.
        Conflict: the device is not condemned.
    """
    return _step("reinstate", by, device, _needed(reason))


@action("equipment.send_back")
def send_back(*, by: Person, device: Device, reason: str) -> LifecycleFact:
    """Send a device back to its supplier.

    Raises:
        BadInput: the reason is missing.
        Conflict: the device is in no state to be sent back.
    """
    return _step("send_back", by, device, _needed(reason))


@action("equipment.dispose")
def dispose(*, by: Person, device: Device, reason: str, evidence: UUID | None = None) -> LifecycleFact:
    """Dispose of a condemned device.

    Args:
        by: the acting person.
        device: the device.
        reason: how it was disposed of.
        evidence: the wipe certificate; needed where the model holds data.

    Raises:
        BadInput: the reason or the wipe certificate is missing.
        Conflict: the device is not condemned.
    """
    if device.model.holds_data and not isinstance(evidence, UUID):
        raise BadInput("evidence: the device holds data; its wipe certificate is missing", field="evidence")
    return _step("dispose", by, device, _needed(reason), evidence)


def _locked(device: Device) -> Device:
    """Read a device again, locked until the action ends."""
    return Device.objects.select_for_update(of=("self",)).select_related("model").get(pk=device.pk)


def _needed(reason: str) -> str:
    """Refuse a verb without its reason."""
    return text("reason", reason, most=300, needed=True)


def _step(verb: str, by: Person, device: Device, reason: str, evidence: UUID | None = None) -> LifecycleFact:
    """Take one step of the table: the fact, the device's state, the audit entry."""
    if evidence is not None and not isinstance(evidence, UUID):
        raise BadInput("evidence: must be the uuid of a record", field="evidence")
    row = _locked(device)
    before = row.state
    state = next_state(before, verb)
    fact = LifecycleFact.objects.create(
        device=row,
        state=state,
        verb=verb,
        by=by,
        at=clock.now(),
        reason=text("reason", reason, most=300),
        evidence=evidence,
    )
    row.state = device.state = state
    row.save(update_fields=["state"])
    detail = {"from": before, "to": state, "reason": fact.reason, "evidence": str(evidence or "")}
    audit.write(f"equipment.{verb}", by=by, subject=row, detail=detail)
    return fact
