"""The course of a device's life, as one table: which verb leads from which state to which.

The rows are the whole rule: the actions ask `next_state`, the page shows `verbs_from`, and a test
walks every row.
"""

from __future__ import annotations

from enum import StrEnum

from kilter.measure.error import Conflict


class State(StrEnum):
    """Where a device stands in its life. Whether it may be used is `status`'s to say."""

    ORDERED = "ordered"
    CANCELLED = "cancelled"
    RECEIVED = "received"
    RETURNED = "returned"
    IN_SERVICE = "in_service"
    OUT_OF_SERVICE = "out_of_service"
    COULD_NOT_LOCATE = "could_not_locate"
    WRITTEN_OFF = "written_off"
    CONDEMNED = "condemned"
    DISPOSED = "disposed"
    ENTERED_IN_ERROR = "entered_in_error"


WORDS: dict[State, str] = {
    State.ORDERED: "ordered",
    State.CANCELLED: "order cancelled",
    State.RECEIVED: "received, not yet accepted",
    State.RETURNED: "returned to the supplier",
    State.IN_SERVICE: "in service",
    State.OUT_OF_SERVICE: "out of service",
    State.COULD_NOT_LOCATE: "could not be located",
    State.WRITTEN_OFF: "written off",
    State.CONDEMNED: "condemned",
    State.DISPOSED: "disposed of",
    State.ENTERED_IN_ERROR: "entered in error",
}
"""Each state in words."""

FIRST = frozenset({State.ORDERED, State.RECEIVED})
"""In which a device may be registered."""

BROUGHT_OVER = frozenset(State) - {State.CANCELLED, State.RETURNED, State.ENTERED_IN_ERROR}
"""In which a device may come over from the system used before, on going live."""

# No verb leads to ENTERED_IN_ERROR: only undoing the import that a device came with does.
TRANSITIONS: dict[tuple[State, str], State] = {
    (State.ORDERED, "receive"): State.RECEIVED,
    (State.ORDERED, "cancel_order"): State.CANCELLED,
    (State.RECEIVED, "put_in_service"): State.IN_SERVICE,
    (State.RECEIVED, "send_back"): State.RETURNED,
    (State.RECEIVED, "report_lost"): State.COULD_NOT_LOCATE,
    (State.RECEIVED, "condemn"): State.CONDEMNED,
    (State.IN_SERVICE, "withdraw"): State.OUT_OF_SERVICE,
    (State.IN_SERVICE, "report_lost"): State.COULD_NOT_LOCATE,
    (State.IN_SERVICE, "condemn"): State.CONDEMNED,
    (State.OUT_OF_SERVICE, "put_in_service"): State.IN_SERVICE,
    (State.OUT_OF_SERVICE, "send_back"): State.RETURNED,
    (State.OUT_OF_SERVICE, "report_lost"): State.COULD_NOT_LOCATE,
    (State.OUT_OF_SERVICE, "condemn"): State.CONDEMNED,
    # A device that was away has to be tested before it is used again.
    (State.COULD_NOT_LOCATE, "report_found"): State.OUT_OF_SERVICE,
    (State.COULD_NOT_LOCATE, "write_off"): State.WRITTEN_OFF,
    (State.WRITTEN_OFF, "report_found"): State.OUT_OF_SERVICE,
    (State.CONDEMNED, "reinstate"): State.OUT_OF_SERVICE,
    (State.CONDEMNED, "report_lost"): State.COULD_NOT_LOCATE,
    (State.CONDEMNED, "dispose"): State.DISPOSED,
}
"""(state, verb) to the next state; what is not a row cannot happen."""

FINAL = frozenset(state for state in State if not any(before == state for before, _ in TRANSITIONS))
"""States that nothing leads out of; such devices stay searchable."""


def verbs_from(state: str) -> list[str]:
    """Give the verbs that are possible in a state, in the order of the table."""
    return [verb for before, verb in TRANSITIONS if before == state]


def next_state(state: str, verb: str) -> State:
    """Give the state a verb leads to.

    Raises:
        Conflict: the verb is not possible in this state; the sentence says what is.
    """
    here = State(state)
    if (here, verb) in TRANSITIONS:
        return TRANSITIONS[here, verb]
    possible = ", ".join(one.replace("_", " ") for one in verbs_from(here)) or "nothing"
    asked = verb.replace("_", " ")
    raise Conflict(f"the device is {WORDS[here]}: cannot {asked}; possible: {possible}", field="state")
