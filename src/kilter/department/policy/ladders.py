"""What follows when a planned visit could not be made: the shipped ladders, and the department's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kilter.department.policy.models import Ladder
from kilter.measure.error import BadInput

ACTS = {
    "again": "try again",
    "tell_ward": "tell the manager of the ward, and try again",
    "refer": "bring it before the head of the department",
    "report_lost": "report the device as one that could not be located",
    "hold": "place a hold on the device",
}
"""What a step of a ladder may ask for, in words."""

OUTCOMES = ("could_not_locate", "no_access")
MOST_STEPS, MOST_DAYS = 10, 366


@dataclass(frozen=True, slots=True)
class Step:
    """One step: what is done, and after how many days it is tried again."""

    act: str
    days: int


SHIPPED: dict[str, tuple[Step, ...]] = {
    "could_not_locate": (Step("again", 14), Step("tell_ward", 14), Step("report_lost", 28)),
    "no_access": (Step("again", 7), Step("tell_ward", 7), Step("refer", 14)),
}
"""The ladders of a department that has set none; local choice, from no standard."""


def read_steps(outcome: str, given: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Read the steps of a ladder.

    Raises:
        BadInput: no such outcome, no step or too many, an act that is none, or days out of range.
    """
    if outcome not in OUTCOMES:
        raise BadInput(f"the outcome is one of {', '.join(OUTCOMES)}", field="outcome")
    if not 1 <= len(given) <= MOST_STEPS:
        raise BadInput(f"a ladder has 1 to {MOST_STEPS} steps", field="steps")
    for step in given:
        if set(step) != {"act", "days"} or step["act"] not in ACTS:
            raise BadInput(f"a step has an act ({', '.join(ACTS)}) and days", field="steps")
        if type(step["days"]) is not int or not 1 <= step["days"] <= MOST_DAYS:
            raise BadInput(f"the days of a step are 1 to {MOST_DAYS}", field="steps")
        if step["act"] == "report_lost" and outcome != "could_not_locate":
            raise BadInput("only what could not be located is reported lost", field="steps")
    return [{"act": step["act"], "days": step["days"]} for step in given]


def step_at(outcome: str, number: int, instant: datetime) -> Step:
    """Give the step of the ladder in force; beyond its end the last one again.

    Args:
        outcome: why the visit could not be made.
        number: of the attempt, from 1.
        instant: when.
    """
    rows = Ladder.objects.filter(outcome=outcome, effective_from__lte=instant)
    row = rows.order_by("-effective_from", "-id").first()
    steps = [Step(**step) for step in row.steps] if row else SHIPPED[outcome]
    return steps[min(number, len(steps)) - 1]
