"""Totals, holdings and delays against what a plain loop gives, and against truths that can be told."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kilter.numerics.permit import (
    SLACK,
    Line,
    Period,
    first_breach,
    held,
    running,
    smallest_delay,
    totals_at,
)

DAY = 86_400.0
MONTHS = np.array([-31.0, 0.0, 31.0, 59.0, 90.0, 120.0, 151.0]) * DAY
PERIODS = (Period(rolling=30 * DAY), Period(edges=MONTHS), Period(rolling=DAY))
EVENTS = st.lists(st.tuples(st.integers(0, 100), st.floats(0.0, 100.0)), min_size=1, max_size=25).map(sorted)


def by_hand(period: Period, events: list[tuple[float, float]], end: float) -> float:
    """The total of the period that ends somewhere, one event after the other."""
    if period.rolling:
        return math.fsum(a for t, a in events if end - period.rolling < t <= end)
    opened = max(edge for edge in period.edges if edge <= end)
    return math.fsum(a for t, a in events if opened <= t <= end)


@given(events=EVENTS)
@pytest.mark.parametrize("period", PERIODS)
def test_totals_are_those_of_a_plain_loop(period: Period, events: list[tuple[int, float]]) -> None:
    pairs = [(day * DAY, amount) for day, amount in events]
    times, amounts = (np.array(one, dtype=float) for one in zip(*pairs, strict=True))
    wanted = [by_hand(period, pairs, when) for when in times]
    assert running(times, amounts, period) == pytest.approx(wanted, rel=1e-12, abs=1e-12)
    ends = np.array([0.0, 12.5, 31.0, 33.25, 120.0]) * DAY
    wanted = [by_hand(period, pairs, when) for when in ends]
    assert totals_at(ends, times, amounts, period) == pytest.approx(wanted, rel=1e-12, abs=1e-12)


def test_a_large_total_before_does_not_blur_a_small_one() -> None:
    times, amounts = np.array([0.0, 40.0, 41.0]) * DAY, np.array([1e15, 0.1, 0.2])
    assert running(times, amounts, PERIODS[0])[2] == pytest.approx(0.3, rel=1e-15)


def test_nothing_happened() -> None:
    assert totals_at(np.array([0.0, 1.0]), np.empty(0), np.empty(0), PERIODS[0]).tolist() == [0.0, 0.0]
    assert first_breach(np.empty(0), np.empty(0), PERIODS[0], 0.0) is None


def test_the_first_breach_is_the_event_that_passes_the_limit() -> None:
    times, amounts = np.array([1.0, 10.0, 30.0, 32.0]) * DAY, np.array([40.0, 40.0, 20.0, 40.0])
    assert first_breach(times, amounts, PERIODS[0], 100.0) is None
    assert first_breach(times, amounts, PERIODS[0], 99.0) == 2
    assert first_breach(times, amounts, PERIODS[1], 99.0) == 2
    assert first_breach(times, amounts, PERIODS[1], 39.0) == 0


def test_the_smallest_delay_waits_for_just_what_is_in_the_way() -> None:
    times, amounts = np.array([1.0, 10.0, 20.0]) * DAY, np.array([50.0, 50.0, 50.0])
    every = np.ones(3, dtype=bool)
    rolling = Line(every, PERIODS[0], 100.0)
    assert smallest_delay(2, times, amounts, [rolling]) == 11 * DAY  # day 31: day 1 is out of thirty days
    monthly = Line(every, PERIODS[1], 100.0)
    assert smallest_delay(2, times, amounts, [monthly]) == 11 * DAY  # day 31: the next month
    assert smallest_delay(2, times, amounts, [Line(every, PERIODS[0], 60.0)]) == 20 * DAY
    assert smallest_delay(2, times, amounts, [Line(every, PERIODS[0], 150.0)]) == 0.0
    assert smallest_delay(2, times, amounts, [Line(every, PERIODS[0], 49.0)]) is None
    alone = Line(np.array([False, False, True]), PERIODS[0], 60.0)
    assert smallest_delay(2, times, amounts, [alone]) == 0.0


@given(events=EVENTS, place=st.integers(0, 24), limit=st.floats(1.0, 300.0))
@pytest.mark.parametrize("period", PERIODS[:2])
def test_a_delay_is_the_smallest_that_fits(
    period: Period, events: list[tuple[int, float]], place: int, limit: float
) -> None:
    times = np.array([day * DAY for day, _ in events])
    amounts = np.array([amount for _, amount in events])
    place %= len(events)
    line = Line(np.ones(len(events), dtype=bool), period, limit)
    found = smallest_delay(place, times, amounts, [line])

    def fits(delay: float) -> bool:
        moved = [(t + delay * (i == place), a) for i, (t, a) in enumerate(zip(times, amounts, strict=True))]
        at = times[place] + delay
        ends = [t for t, _ in moved if at <= t < period.closes(at)]
        return all(by_hand(period, moved, end) <= limit * (1 + SLACK) for end in ends)

    if found is None:
        assert amounts[place] > limit or not fits(151 * DAY)
        return
    assert fits(found)
    for earlier in np.arange(0.0, found, DAY / 2)[:300]:
        assert not fits(earlier)


def test_what_is_held_is_the_sum_over_the_lots() -> None:
    rng = np.random.default_rng(5)
    n, constant = 200, math.log(2) / (8.0 * DAY)
    activity, reference = rng.uniform(0, 100, n), rng.uniform(-50, 10, n) * DAY
    leaves = np.where(rng.random(n) < 0.5, rng.uniform(0, 60, n) * DAY, np.inf)
    leaves[:3] = 7 * DAY  # just at an instant: it is gone then
    instants = np.arange(0.0, 60.0) * DAY
    wanted = [
        math.fsum(
            a * math.exp(-constant * (when - r))
            for a, r, out in zip(activity, reference, leaves, strict=True)
            if out > when
        )
        for when in instants
    ]
    assert held(instants, 0.0, activity, reference, leaves, constant) == pytest.approx(wanted, rel=1e-12)


def test_nothing_is_held() -> None:
    none = np.empty(0)
    assert held(np.array([0.0, DAY]), 0.0, none, none, none, 1e-6).tolist() == [0.0, 0.0]
