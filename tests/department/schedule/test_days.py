"""Dates of schedules: the phase of fixed dates is kept, a floating date follows completion, use counts."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kilter.department.schedule import days
from kilter.department.schedule.usage import Read, reached, totals

DAY = st.dates(date(2000, 1, 1), date(2060, 12, 31))
ANCHORED = date(2026, 4, 1)


def array(*given: date | None) -> days.Days:
    return np.array([np.datetime64("NaT") if day is None else day for day in given], dtype="datetime64[D]")


def fixed(first: date, last: date | None, months: int, window: int) -> date:
    found: date = days.fixed(array(first), array(last), months, window)[0].item()
    return found


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        (None, date(2026, 4, 1)),
        (date(2026, 1, 10), date(2026, 4, 1)),  # far too early: it answers for no date
        (date(2026, 3, 4), date(2026, 10, 1)),  # the first day of the window
        (date(2026, 3, 3), date(2026, 4, 1)),  # the day before it
        (date(2026, 4, 1), date(2026, 10, 1)),
        (date(2026, 8, 20), date(2026, 10, 1)),  # late: the phase stays
        (date(2026, 9, 10), date(2027, 4, 1)),  # so late that the next is done with it
        (date(2028, 2, 1), date(2028, 4, 1)),
    ],
)
def test_fixed_dates_keep_their_phase(last: date | None, expected: date) -> None:
    assert fixed(ANCHORED, last, 6, 28) == expected


@given(DAY, st.one_of(st.none(), DAY), st.integers(1, 60), st.integers(0, 27))
def test_a_fixed_date_is_the_first_of_its_grid_not_yet_answered(
    first: date, last: date | None, months: int, window: int
) -> None:
    found = fixed(first, last, months, window)
    steps = (found.year - first.year) * 12 + found.month - first.month
    assert steps % months == 0
    assert found == days.add_months(array(first), steps)[0].item()
    if last is None or last + timedelta(days=window) < first:
        assert found == first
    else:
        assert found - timedelta(days=window) > last  # opens after what was done
        before = days.add_months(array(first), steps - months)[0].item()
        assert before - timedelta(days=window) <= last  # and no date between was lost


@given(DAY, DAY, st.integers(1, 60))
def test_the_first_date_of_an_anchored_grid(anchor: date, day: date, months: int) -> None:
    found = days.first_after(np.datetime64(anchor, "D"), array(day), months)[0].item()
    steps = (found.year - anchor.year) * 12 + found.month - anchor.month
    assert steps % months == 0
    assert found >= day
    assert days.add_months(array(anchor), steps - months)[0].item() < day


@given(st.lists(st.tuples(DAY, st.one_of(st.none(), DAY)), min_size=1, max_size=20), st.integers(1, 120))
def test_many_at_once_are_what_one_by_one_gives(pairs: list[tuple[date, date | None]], months: int) -> None:
    first, last = array(*[one for one, _ in pairs]), array(*[two for _, two in pairs])
    assert days.floating(first, last, months).tolist() == [
        one if two is None else days.add_months(array(two), months)[0].item() for one, two in pairs
    ]
    assert days.fixed(first, last, months, 7).tolist() == [fixed(one, two, months, 7) for one, two in pairs]


NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def at(day: float) -> datetime:
    return NOON + timedelta(days=day)


def test_use_is_projected_at_the_rate_of_the_last_year() -> None:
    readings = [Read(at(0), 100.0), Read(at(10), 200.0)]  # ten a day
    assert reached(readings, None, 500.0) == at(50)
    assert reached(readings, at(5), 500.0) == at(55)  # from the count on the day it was done


def test_what_was_reached_already_gives_the_day_it_was_reached() -> None:
    readings = [Read(at(0), 0.0), Read(at(10), 100.0), Read(at(20), 1100.0)]
    assert reached(readings, at(0), 600.0) == at(15)


@pytest.mark.parametrize(
    "readings", [[], [Read(at(0), 5.0)], [Read(at(0), 5.0), Read(at(9), 5.0)]], ids=["none", "one", "no use"]
)
def test_without_a_rate_nothing_is_said(readings: list[Read]) -> None:
    assert reached(readings, None, 10.0) is None


def test_an_exchanged_counter_goes_on_counting() -> None:
    readings = [Read(at(0), 900.0), Read(at(10), 40.0, anew=True, start=10.0), Read(at(20), 70.0)]
    assert [count for _, count in totals(readings)] == [900.0, 930.0, 960.0]
    assert reached(readings, None, 90.0) == at(30)


@given(
    st.lists(st.tuples(st.floats(0.01, 400), st.floats(0, 1e4)), min_size=1, max_size=15),
    st.floats(0, 500),
    st.floats(0.1, 1e5),
)
def test_use_is_never_reached_before_it_was_last_done(
    steps: list[tuple[float, float]], since: float, amount: float
) -> None:
    day = count = 0.0
    readings = []
    for apart, used in steps:
        day, count = day + apart, count + used
        readings.append(Read(at(day), count))
    found = reached(readings, at(since), amount)
    assert found is None or found >= at(since) - timedelta(milliseconds=1)
