"""The course of a lot, as one table: which verb leads from which state to which.

The rows are the whole rule: the actions ask `next_state`, the page shows `verbs_from`, and a test walks
every row. Whether a verb is also allowed by what came before the lot is `fitness`'s to say.
"""

from __future__ import annotations

from enum import StrEnum

from kilter.measure.error import Conflict


class LotState(StrEnum):
    """Where a lot stands."""

    QUARANTINED = "quarantined"
    RELEASED = "released"
    REJECTED = "rejected"
    EMPTY = "empty"
    DISPOSED = "disposed"


WORDS: dict[LotState, str] = {
    LotState.QUARANTINED: "in quarantine, not yet released",
    LotState.RELEASED: "released",
    LotState.REJECTED: "rejected",
    LotState.EMPTY: "empty",
    LotState.DISPOSED: "disposed of",
}
"""Each state in words."""

AT_HAND = (LotState.QUARANTINED, LotState.RELEASED, LotState.REJECTED, LotState.EMPTY)
"""States in which a lot is still somewhere in the department."""

USABLE = (LotState.RELEASED,)
"""States in which something may be taken from a lot for use."""

USING = ("elute", "prepare", "dispense", "administer")
"""Verbs that take something from a lot for use."""

KEEPING = ("test", "correct_test", "move", "put_in_container")
"""Verbs that change no state."""


def _rows() -> dict[tuple[LotState, str], LotState]:
    table: dict[tuple[LotState, str], LotState] = {(LotState.QUARANTINED, "release"): LotState.RELEASED}
    for state in AT_HAND:
        for verb in KEEPING:
            table[state, verb] = state
    for verb in ("test", "correct_test"):  # a late result still stands, and recalls
        table[LotState.DISPOSED, verb] = LotState.DISPOSED
    table[LotState.REJECTED, "lift"] = LotState.QUARANTINED  # the readings of its failed test were wrong
    for verb in USING:
        table[LotState.RELEASED, verb] = LotState.RELEASED
    table[LotState.RELEASED, "seal_container"] = LotState.RELEASED
    for state in (LotState.QUARANTINED, LotState.RELEASED):
        table[state, "empty"] = LotState.EMPTY
        table[state, "reject"] = LotState.REJECTED
    table[LotState.EMPTY, "reject"] = LotState.REJECTED
    for state in AT_HAND:
        table[state, "dispose"] = LotState.DISPOSED
    return table


TRANSITIONS: dict[tuple[LotState, str], LotState] = _rows()
"""(state, verb) to the next state; what is not a row cannot happen."""


def verbs_from(state: str) -> list[str]:
    """Give the verbs that are possible in a state, in the order of the table."""
    return [verb for before, verb in TRANSITIONS if before == state]


def next_state(state: str, verb: str) -> LotState:
    """Give the state a verb leads to.

    Raises:
        Conflict: the verb is not possible in this state; the sentence says what is.
    """
    here = LotState(state)
    if (here, verb) in TRANSITIONS:
        return TRANSITIONS[here, verb]
    possible = ", ".join(one.replace("_", " ") for one in verbs_from(here)) or "nothing"
    asked = verb.replace("_", " ")
    raise Conflict(f"the lot is {WORDS[here]}: cannot {asked}; possible: {possible}", field="lot")
