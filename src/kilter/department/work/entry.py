"""What an introduction asks for before a device enters service for the first time."""

from __future__ import annotations

from uuid import UUID

from kilter.department.equipment.lifecycle import State
from kilter.department.equipment.models import Device, LifecycleFact
from kilter.department.ledger import clock
from kilter.department.policy import queries as policy
from kilter.department.work import introductions
from kilter.department.work.introduction import ALWAYS, STAGES, done
from kilter.department.work.models import EntryRule
from kilter.measure.error import Conflict


def rule() -> EntryRule | None:
    """Give what the site asks for; None where it has decided nothing yet."""
    return EntryRule.objects.order_by("-id").first()


def asked_for(own: EntryRule | None) -> list[str]:
    """Give the stages that are asked for, in the order of the table."""
    wanted = {*ALWAYS, *(own.stages if own is not None else ())}
    return [key for key in STAGES if key in wanted]


def _taken_over(device: Device) -> bool:
    """Say whether a device came into the register as one that was in service already."""
    first = LifecycleFact.objects.filter(device=device).order_by("id").first()
    return first is not None and first.state == State.IN_SERVICE


def lacking(device: Device) -> list[str]:
    """Give, in words, what a device of an introduced model still lacks before it may enter service.

    A device that was accepted before, or taken over in service when the department went live, lacks nothing
    here: its tests and holds decide.
    """
    if device.accepted_at is not None or _taken_over(device):
        return []
    own, found = rule(), introductions.of_model(device.model_id)
    if found is None:
        return ["an introduction of its model"] if own is not None and own.every_model else []
    answers = introductions.newest(found)
    missing = [STAGES[key].words.lower() for key in asked_for(own) if not done(key, device.pk, answers)]
    if not policy.load().frequencies_for(device, clock.now()):
        missing.append("a plan of maintenance")
    return missing


def on_entering_service(*, device: Device, evidence: UUID) -> None:
    """Refuse a device of an introduced model until what is asked for stands, whatever the evidence.

    Raises:
        Conflict: something is missing; the sentence names all of it.
    """
    missing = lacking(device)
    if missing:
        raise Conflict(f"before this device enters service it needs: {', '.join(missing)}", field="device")
