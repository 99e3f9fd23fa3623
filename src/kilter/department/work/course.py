"""The course of a job, as one table."""

from __future__ import annotations

from enum import StrEnum

from kilter.measure.error import Conflict


class JobState(StrEnum):
    """Where a job stands."""

    OPEN = "open"
    TAKEN = "taken"
    CLOSED = "closed"


TRANSITIONS: dict[tuple[JobState, str], JobState] = {
    (JobState.OPEN, "take"): JobState.TAKEN,
    (JobState.TAKEN, "take"): JobState.TAKEN,
    (JobState.OPEN, "close"): JobState.CLOSED,
    (JobState.TAKEN, "close"): JobState.CLOSED,
    (JobState.CLOSED, "reopen"): JobState.OPEN,
}
"""(state, verb) to the next state; what is not a row cannot happen."""


def next_state(state: str, verb: str) -> JobState:
    """Give the state a verb leads to.

    Raises:
        Conflict: the verb is not possible in this state.
    """
    try:
        return TRANSITIONS[JobState(state), verb]
    except KeyError:
        raise Conflict(f"the job is {state}: cannot {verb} it", field="state") from None
