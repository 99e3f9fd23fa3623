"""One step of a device's life, by the table: the fact, the device's state, the audit entry."""

from __future__ import annotations

from uuid import UUID

from kilter.department.equipment.lifecycle import next_state
from kilter.department.equipment.models import Device, LifecycleFact
from kilter.department.ledger import audit, clock
from kilter.department.ledger.texts import text
from kilter.department.people.models import Person
from kilter.measure.error import BadInput


def locked(device: Device) -> Device:
    """Read a device again, locked until the action ends."""
    return Device.objects.select_for_update(of=("self",)).select_related("model").get(pk=device.pk)


def take_step(
    verb: str, by: Person, device: Device, reason: str, evidence: UUID | None = None
) -> LifecycleFact:
    """Take one step of the table, inside the transaction of the action that asked for it.

    Raises:
        BadInput: the evidence is no uuid, or the reason no text.
        Conflict: the table has no such row.
    """
    if evidence is not None and not isinstance(evidence, UUID):
        raise BadInput("evidence: must be the uuid of a record", field="evidence")
    row = locked(device)
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
