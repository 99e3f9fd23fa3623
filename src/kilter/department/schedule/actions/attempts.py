"""Planned visits that could not be made: written down, and followed by the step of the ladder in force."""

from __future__ import annotations

from datetime import timedelta

from kilter.department.equipment import actions as equipment
from kilter.department.equipment.lifecycle import verbs_from
from kilter.department.equipment.models import Device
from kilter.department.ledger import audit, clock
from kilter.department.ledger.texts import text as read_text
from kilter.department.people.gate import action
from kilter.department.people.models import Person
from kilter.department.policy.ladders import step_at
from kilter.department.schedule.models import Attempt
from kilter.department.schedule.queries import attempts_at, due_of
from kilter.department.schedule.site import today
from kilter.measure.error import BadInput


@action("schedule.record_attempt")
def record_attempt(
    *, by: Person, device: Device, protocol: str, outcome: str, text: str = "", told: str = ""
) -> Attempt:
    """Write down that a planned visit could not be made, and do what the ladder asks for at this attempt.

    No date moves: what was due stays due.

    Args:
        by: the acting person.
        device: which device.
        protocol: what was to be done.
        outcome: could_not_locate or no_access.
        text: where it was looked for, or why there was no access.
        told: who of the ward was told, where the ladder asks for that.

    Raises:
        NotFound: that is not planned on the device.
        BadInput: no such outcome, nothing said, or nobody told though the ladder asks for it.
    """
    if outcome not in Attempt.Outcome.values:
        raise BadInput(f"the outcome is one of {', '.join(Attempt.Outcome.values)}", field="outcome")
    said, told = read_text("text", text, most=500, needed=True), read_text("told", told, most=120)
    found = Device.objects.select_for_update(of=("self",)).get(pk=device.pk)
    due, now = due_of(found, protocol), clock.now()
    number = attempts_at(due).filter(outcome=outcome).count() + 1
    step = step_at(outcome, number, now)
    if step.act == "tell_ward" and not told:
        raise BadInput("say who of the ward was told", field="told", code="missing")
    row = Attempt.objects.create(
        device=found,
        protocol=protocol,
        due=due.due,
        outcome=outcome,
        step=number,
        act=step.act,
        again_on=today() + timedelta(days=step.days),
        text=said,
        told=told,
        at=now,
        by=by,
    )
    detail = {"protocol": protocol, "outcome": outcome, "step": number, "act": step.act}
    audit.write("schedule.record_attempt", by=by, subject=row, detail=detail)
    _follow(row, by, found)
    return row


def _follow(attempt: Attempt, by: Person, device: Device) -> None:
    """Do what a step asks for; each asks for its own permission."""
    words = f"{attempt.get_outcome_display()}, attempt {attempt.step}: {attempt.text}"
    if attempt.act == "report_lost" and "report_lost" in verbs_from(device.state):
        equipment.report_lost(by=by, device=device, reason=words[:300])
    elif attempt.act == "hold" and not device.holds.filter(evidence=attempt.uuid).exists():
        equipment.place_hold(by=by, device=device, cause="statement", text=words[:500], evidence=attempt.uuid)
