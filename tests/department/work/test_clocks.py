"""The clocks of a job: working hours, clock changes, and what stops them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kilter.department.ledger import clock
from kilter.department.work import actions, queries
from kilter.department.work.clocks import Hours, after, between
from kilter.measure.error import BadInput

OFFICE = Hours("01234", 8 * 60, 17 * 60, "Europe/London")
FIRST, LAST = datetime(2024, 1, 1), datetime(2028, 1, 1)  # noqa: DTZ001  (the strategy adds the zone)
SOME = st.datetimes(FIRST, LAST, timezones=st.just(UTC))
SPANS = st.integers(0, 20_000).map(lambda minutes: timedelta(minutes=minutes))
ALL_HOURS = st.builds(
    lambda days, opens, length: Hours(
        "".join(map(str, sorted(days))), opens, min(opens + length, 1440), "Europe/London"
    ),
    st.sets(st.integers(0, 6)),
    st.integers(0, 1380),
    st.integers(60, 1440),
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        ("2026-11-20T16:00", 2, "2026-11-23T09:00"),  # Friday afternoon to Monday morning
        ("2026-11-21T12:00", 1, "2026-11-23T09:00"),  # Saturday
        ("2026-11-23T07:00", 9, "2026-11-23T17:00"),  # a whole day ends at its close
        ("2026-03-27T16:00", 2, "2026-03-30T08:00"),  # over the change to summer time: 9 in London
        ("2026-10-23T15:30", 2, "2026-10-26T09:30"),  # and back: Friday 16:30 in London
    ],
)
def test_working_hours_by_hand(start: str, hours: int, end: str) -> None:
    assert after(at(start), timedelta(hours=hours), OFFICE) == at(end)
    assert between(at(start), at(end), OFFICE) == timedelta(hours=hours)


def test_a_whole_day_has_as_many_hours_as_the_day() -> None:
    sunday = Hours("6", 0, 1440, "Europe/London")
    assert between(at("2026-03-28T00:00"), at("2026-03-30T12:00"), sunday) == timedelta(hours=23)
    assert between(at("2026-10-24T00:00"), at("2026-10-26T12:00"), sunday) == timedelta(hours=25)


@given(SOME, SPANS, ALL_HOURS)
def test_what_runs_down_has_run(start: datetime, span: timedelta, hours: Hours) -> None:
    end = after(start, span, hours)
    assert end >= start
    assert between(start, end, hours) == span


@given(SOME, SPANS, SPANS, ALL_HOURS)
def test_two_stretches_are_one(start: datetime, first: timedelta, second: timedelta, hours: Hours) -> None:
    middle = after(start, first, hours)
    assert after(middle, second, hours) == after(start, first + second, hours) or first == timedelta()


@pytest.mark.django_db
def test_waiting_for_others_stops_the_clock_and_waiting_for_ourselves_does_not(shop: Any) -> None:
    actions.set_target(by=shop.head, priority=3, respond=60, resolve=480, reason="agreed", stops=["access"])
    start = at("2027-06-01T08:00")
    with clock.at(start):
        job = actions.open_job(by=shop.engineer, device=shop.pump, text="casing")
        assert (job.respond_by, job.resolve_by) == (at("2027-06-01T09:00"), at("2027-06-01T16:00"))
    with clock.at(start + timedelta(hours=2)):
        assert queries.late([job]) == {job.pk: "response"}
        actions.take_job(by=shop.engineer, job=job)
        job = actions.wait_job(by=shop.engineer, job=job, waits_for="access", reason="in theatre")
    with clock.at(start + timedelta(days=3)):
        assert queries.late([job]) == {}
        job = actions.wait_job(by=shop.engineer, job=job, waits_for="parts", reason="cable ordered")
        assert job.resolve_by == start + timedelta(days=3, hours=6)
    with clock.at(start + timedelta(days=3, hours=7)):
        assert queries.late([job]) == {job.pk: "resolution"}
        job = actions.resume_job(by=shop.engineer, job=job)
        assert (job.stopped_at, job.waits_for) == (None, "")


@pytest.mark.django_db
def test_a_new_priority_has_its_own_clocks_from_the_report_on(shop: Any) -> None:
    actions.set_target(by=shop.head, priority=1, respond=15, resolve=60, reason="agreed")
    job = actions.open_job(by=shop.engineer, device=shop.pump, text="casing")
    assert (job.respond_by, queries.late([job], clock.now() + timedelta(days=99))) == (None, {})
    job = actions.triage_job(by=shop.second, job=job, priority=1, reason="the only one")
    assert job.resolve_by == job.opened_at + timedelta(hours=1)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"priority": 5}, "priority"),
        ({"priority": True}, "priority"),
        ({"respond": 0}, "respond"),
        ({"resolve": 10}, "resolve"),
        ({"resolve": 1.5}, "resolve"),
        ({"days": "10"}, "days"),
        ({"days": "07"}, "days"),
        ({"opens": 600, "closes": 650}, "closes"),
        ({"closes": 1441}, "closes"),
        ({"stops": ["lunch"]}, "stops"),
        ({"reason": " "}, "reason"),
    ],
)
def test_a_target_that_will_not_do_names_its_field(shop: Any, given: dict[str, Any], field: str) -> None:
    with pytest.raises(BadInput) as refused:
        actions.set_target(
            **{"by": shop.head, "priority": 1, "respond": 15, "resolve": 60, "reason": "x", **given}
        )
    assert refused.value.field == field
