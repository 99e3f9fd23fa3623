"""Status is a fold over facts: every combination has its answer and its reason, and only facts change it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.shop import SAFETY

from kilter.department.equipment.actions.holds import CAUSES
from kilter.department.equipment.lifecycle import State
from kilter.department.ledger import clock
from kilter.department.policy import actions as policy
from kilter.department.records import actions as records
from kilter.department.schedule import recompute as schedule
from kilter.department.status import queries
from kilter.department.status.fold import DueFact, HoldFact, RestrictionFact, fold

ZONE = "Europe/London"
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
HOLD = HoldFact("failed_test", "protective earth failed", NOON - timedelta(days=1))
LIMITED = RestrictionFact("adults only", "Lee Lead", NOON + timedelta(days=30))
LATE = DueFact("Electrical safety test", date(2026, 5, 31), False)

holds = st.lists(
    st.builds(HoldFact, st.sampled_from(sorted(CAUSES)), st.just("x"), st.just(NOON)), max_size=3
)
instants = st.integers(-40, 40).map(lambda days: NOON + timedelta(days=days))
limits = st.lists(st.builds(RestrictionFact, st.just("x"), st.just("y"), instants), max_size=2)
days = st.integers(-40, 40).map(lambda n: date(2026, 6, 1) + timedelta(days=n))
dues = st.lists(st.builds(DueFact, st.just("test"), days, st.booleans()), max_size=3)


def test_a_device_in_service_without_a_fact_against_it_is_in_use() -> None:
    assert fold(State.IN_SERVICE, [], [], [], NOON, ZONE).state == "in_use"


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (State.ORDERED, "not_accepted"),
        (State.RECEIVED, "not_accepted"),
        (State.OUT_OF_SERVICE, "out_of_use"),
        (State.COULD_NOT_LOCATE, "lost"),
        (State.WRITTEN_OFF, "lost"),
        (State.CONDEMNED, "retired"),
        (State.DISPOSED, "disposed"),
        (State.ENTERED_IN_ERROR, "retired"),
    ],
)
def test_what_is_not_in_service_says_so(state: State, expected: str) -> None:
    found = fold(state, [], [], [], NOON, ZONE)
    assert (found.state, found.usable) == (expected, False)
    assert found.reasons[0].blocks


def test_every_state_of_life_has_a_status() -> None:
    assert all(fold(state, [], [], [], NOON, ZONE).state for state in State)


def test_a_hold_and_a_quarantine() -> None:
    assert fold(State.IN_SERVICE, [HOLD], [], [], NOON, ZONE).state == "out_of_use"
    quarantine = HoldFact("quarantine", "incident 12", NOON)
    assert fold(State.IN_SERVICE, [HOLD, quarantine], [], [], NOON, ZONE).state == "quarantined"


def test_a_restriction_holds_until_its_end_and_then_withdraws() -> None:
    assert fold(State.IN_SERVICE, [], [LIMITED], [], NOON, ZONE).state == "restricted"
    after = fold(State.IN_SERVICE, [], [LIMITED], [], LIMITED.expires, ZONE)
    assert (after.state, after.reasons[0].code) == ("out_of_use", "restriction_ended")


def test_being_overdue_warns_and_withdraws_only_where_policy_says_so() -> None:
    warned = fold(State.IN_SERVICE, [], [], [LATE], NOON, ZONE)
    assert (warned.state, warned.overdue, warned.reasons[0].code) == ("in_use", True, "overdue")
    strict = DueFact("Electrical safety test", LATE.due, True)
    assert fold(State.IN_SERVICE, [], [], [strict], NOON, ZONE).state == "out_of_use"
    today = DueFact("Electrical safety test", date(2026, 6, 1), True)
    assert not fold(State.IN_SERVICE, [], [], [today], NOON, ZONE).overdue


@given(st.sampled_from(list(State)), holds, limits, dues, instants)
def test_only_a_device_with_nothing_against_it_is_usable(
    life: State, held: Any, limited: Any, due: Any, at: datetime
) -> None:
    found = fold(life, held, limited, due, at, ZONE)
    today = at.astimezone(ZoneInfo(ZONE)).date()
    against = bool(held) or life != State.IN_SERVICE
    against |= any(one.expires <= at for one in limited)
    against |= any(one.withdraw and one.due < today for one in due)
    assert found.usable == (not against)
    assert found.usable != any(reason.blocks for reason in found.reasons)
    assert (found.state == "restricted") == (found.usable and bool(limited))


@given(st.sampled_from(list(State)), holds, limits, dues, instants)
def test_an_answer_holds_exactly_as_long_as_it_says(
    life: State, held: Any, limited: Any, due: Any, at: datetime
) -> None:
    found = fold(life, held, limited, due, at, ZONE)
    if found.valid_until is None:
        assert fold(life, held, limited, due, at + timedelta(days=400), ZONE).state == found.state
        return
    assert found.valid_until > at
    just_before = fold(life, held, limited, due, found.valid_until - timedelta(microseconds=1), ZONE)
    assert (just_before.state, just_before.overdue) == (found.state, found.overdue)


@given(st.lists(st.sampled_from(sorted(CAUSES)), min_size=1, max_size=4), st.data())
def test_more_facts_against_never_make_it_better(causes: list[str], data: Any) -> None:
    held = [HoldFact(cause, "x", NOON) for cause in causes]
    fewer = data.draw(st.lists(st.sampled_from(held), max_size=len(held), unique=True))
    if not fold(State.IN_SERVICE, fewer, [], [], NOON, ZONE).usable:
        assert not fold(State.IN_SERVICE, held, [], [], NOON, ZONE).usable


@pytest.mark.django_db
def test_the_kept_status_is_what_would_be_computed(shop: Any) -> None:
    shop.visit(protective_earth={"reading": "0.35"})
    assert queries.recompute() == 2
    kept = queries.cached([shop.pump.pk, shop.tester.pk])
    for device in (shop.pump, shop.tester):
        computed = queries.of(device)
        assert (kept[device.pk].state, kept[device.pk].reasons) == (computed.state, computed.reasons)
    assert queries.counts() == {"out_of_use": 1, "in_use": 1, "overdue": 0}
    assert [row.device_id for row in queries.unusable()] == [shop.pump.pk]


@pytest.mark.django_db
def test_time_alone_makes_a_kept_status_stale_and_it_is_found(shop: Any) -> None:
    policy.set_frequency(by=shop.head, protocol=SAFETY, scope_kind="all", months=12, reason="x")
    schedule.recompute()
    queries.recompute()
    assert queries.refresh_stale() == 0
    with clock.at(clock.now() + timedelta(days=30)):
        assert queries.refresh_stale() == 2
        assert queries.counts()["overdue"] == 2
        assert queries.refresh_stale() == 0


@pytest.mark.django_db
def test_a_status_takes_three_queries_however_many_facts(shop: Any, django_assert_num_queries: Any) -> None:
    for _ in range(3):
        shop.visit(protective_earth={"reading": "0.35"})
    with django_assert_num_queries(3):
        assert queries.of(shop.pump).state == "out_of_use"


@pytest.mark.django_db
def test_a_restriction_is_a_signed_statement_and_shows(shop: Any) -> None:
    records.state(
        by=shop.second,
        act="restrict",
        text="adults only until the new firmware",
        confirmation=shop.confirm(shop.second),
        device=shop.pump,
        arguments={"limits": "adults only", "reason": "firmware", "expires": clock.now() + timedelta(days=9)},
    )
    found = queries.of(shop.pump)
    assert found.state == "restricted"
    assert "adults only; approved by Lee Lead" in found.reasons[0].text
