"""The course of a lot: every row leads somewhere, and the tables of what happened are never edited."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from kilter.department.materials.course import (
    AT_HAND,
    KEEPING,
    TRANSITIONS,
    USING,
    WORDS,
    LotState,
    next_state,
    verbs_from,
)
from kilter.department.materials.models import Lot
from kilter.measure.error import Conflict


def test_the_table_leads_everywhere() -> None:
    assert set(TRANSITIONS.values()) == set(LotState) == set(WORDS)
    for (state, verb), after in TRANSITIONS.items():
        assert next_state(state, verb) is after
        assert verb in verbs_from(state)


@pytest.mark.parametrize("verb", USING)
@pytest.mark.parametrize("state", LotState)
def test_only_a_released_lot_is_used(state: LotState, verb: str) -> None:
    if state is LotState.RELEASED:
        assert next_state(state, verb) is state
        return
    with pytest.raises(Conflict, match=WORDS[state]):
        next_state(state, verb)


def test_what_was_rejected_is_never_released_again_but_for_a_corrected_test() -> None:
    after = {verb: end for (state, verb), end in TRANSITIONS.items() if state is LotState.REJECTED}
    assert after.pop("lift") is LotState.QUARANTINED
    assert set(after.values()) == {LotState.REJECTED, LotState.DISPOSED}


def test_what_is_disposed_of_only_has_late_tests() -> None:
    assert verbs_from(LotState.DISPOSED) == ["test", "correct_test"]
    assert all((state, "dispose") in TRANSITIONS for state in AT_HAND)
    assert all(TRANSITIONS[state, verb] is state for state in AT_HAND for verb in KEEPING)


@pytest.mark.parametrize(
    "table", ["materials_movement", "materials_lottest", "materials_permitlimit", "materials_addition"]
)
def test_the_triggers_stand(db: Any, table: str) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            statement = "SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s"
        else:
            statement = (
                "SELECT count(*) FROM pg_trigger WHERE tgrelid = %s::regclass AND tgname LIKE 'append_only%%'"
            )
        cursor.execute(statement, [table])
        assert cursor.fetchone()[0] == 2


def test_the_database_itself_refuses_less_than_nothing(head: Any) -> None:
    lot = Lot.objects.create(kind="stock", label="S1", made_by=head, state="released", volume=1.0)
    for name in ("activity", "volume", "amount", "left_behind"):
        with pytest.raises(DatabaseError), transaction.atomic():
            Lot.objects.filter(pk=lot.pk).update(**{name: -0.1})
