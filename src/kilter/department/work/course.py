"""The course of a job, as one table: which verb leads from which state to which.

The rows are the whole rule: the actions ask `next_state`, the page shows `verbs_from`, and a test walks
every row.
"""

from __future__ import annotations

from enum import StrEnum

from kilter.measure.error import Conflict


class JobState(StrEnum):
    """Where a job stands."""

    OPEN = "open"
    TRIAGED = "triaged"
    ASSIGNED = "assigned"
    TAKEN = "taken"
    WAITING = "waiting"
    READY = "ready"
    CLOSED = "closed"
    CANCELLED = "cancelled"
    DUPLICATE = "duplicate"


WORDS: dict[JobState, str] = {
    JobState.OPEN: "reported",
    JobState.TRIAGED: "triaged",
    JobState.ASSIGNED: "assigned",
    JobState.TAKEN: "in progress",
    JobState.WAITING: "waiting",
    JobState.READY: "ready for test",
    JobState.CLOSED: "closed",
    JobState.CANCELLED: "cancelled",
    JobState.DUPLICATE: "duplicate",
}
"""Each state in words."""

BEGUN = (JobState.TAKEN, JobState.WAITING, JobState.READY)
UNDECIDED = (JobState.OPEN, JobState.TRIAGED, JobState.ASSIGNED)
ENDED = (JobState.CLOSED, JobState.CANCELLED, JobState.DUPLICATE)
"""States in which nothing is left to do; `closed_at` says since when."""


def _rows() -> dict[tuple[JobState, str], JobState]:
    table: dict[tuple[JobState, str], JobState] = {(JobState.OPEN, "triage"): JobState.TRIAGED}
    for state in (JobState.TRIAGED, JobState.ASSIGNED, *BEGUN):
        table[state, "triage"] = state  # a new priority moves nothing
    for state in (*UNDECIDED, JobState.TAKEN):
        table[state, "assign"] = JobState.ASSIGNED
    for state in (*UNDECIDED, JobState.TAKEN, JobState.READY):
        table[state, "take"] = JobState.TAKEN
    for state in (JobState.TRIAGED, JobState.ASSIGNED, JobState.TAKEN, JobState.WAITING):
        table[state, "wait"] = JobState.WAITING
    table[JobState.WAITING, "resume"] = JobState.TAKEN
    table[JobState.TAKEN, "repair"] = JobState.READY
    for state in (*UNDECIDED, *BEGUN):
        table[state, "close"] = JobState.CLOSED
    for state in UNDECIDED:
        table[state, "cancel"] = JobState.CANCELLED
        table[state, "merge"] = JobState.DUPLICATE
    for state in ENDED:
        table[state, "reopen"] = JobState.OPEN
    return table


TRANSITIONS: dict[tuple[JobState, str], JobState] = _rows()
"""(state, verb) to the next state; what is not a row cannot happen."""


def verbs_from(state: str) -> list[str]:
    """Give the verbs that are possible in a state, in the order of the table."""
    return [verb for before, verb in TRANSITIONS if before == state]


def next_state(state: str, verb: str) -> JobState:
    """Give the state a verb leads to.

    Raises:
        Conflict: the verb is not possible in this state; the sentence says what is.
    """
    here = JobState(state)
    if (here, verb) in TRANSITIONS:
        return TRANSITIONS[here, verb]
    possible = ", ".join(verbs_from(here))
    raise Conflict(f"the job is {WORDS[here]}: cannot {verb} it; possible: {possible}", field="state")
