"""Lines through many series at once: against one at a time, exact truth, and noise that moves nowhere."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kilter.numerics.line import fit_lines

NAN = float("nan")


def one(days, values, u=NAN):
    return fit_lines([0] * len(days), days, values, [u] * len(days))


def test_an_exact_line_is_found_exactly():
    found = one([0.0, 10.0, 30.0], [1.0, 1.5, 2.5])
    assert found.slope[0] == pytest.approx(0.05, rel=1e-14)
    assert found.level[0] + found.slope[0] * (40.0 - found.centre[0]) == pytest.approx(3.0, rel=1e-14)
    assert found.moving(0.99)[0]


def test_the_textbook_slope_and_its_uncertainty():
    """Points (1, 2), (2, 3), (3, 5), (4, 6): slope 1.4, residual sum 0.2, s^2 = 0.1, inertia 5."""
    found = one([1.0, 2.0, 3.0, 4.0], [2.0, 3.0, 5.0, 6.0])
    assert found.slope[0] == pytest.approx(1.4, rel=1e-14)
    assert found.scatter[0] == pytest.approx(0.1**0.5, rel=1e-12)
    assert found.slope_u[0] == pytest.approx((0.1 / 5) ** 0.5, rel=1e-12)


numbers = st.floats(-1e3, 1e3, allow_nan=False)


@given(
    st.lists(
        st.lists(st.tuples(st.integers(0, 5000), numbers), min_size=3, max_size=12), min_size=1, max_size=6
    )
)
def test_many_series_are_what_each_is_alone(series):
    flat = [(number, float(day), value) for number, rows in enumerate(series) for day, value in rows]
    which, days, values = zip(*flat, strict=True)
    found = fit_lines(which, days, values, [NAN] * len(flat))
    for number, rows in enumerate(series):
        x, y = np.array([day for day, _ in rows], float), np.array([value for _, value in rows])
        if len(set(x)) == 1:
            assert np.isnan(found.slope_u[number])
            assert not found.moving(0.5)[number]
            continue
        slope, _ = np.polynomial.polynomial.polyfit(x - x.mean(), y, 1)[::-1]
        assert found.slope[number] == pytest.approx(slope, rel=1e-6, abs=1e-9)


@given(value=numbers, n=st.integers(3, 12))
def test_what_does_not_change_does_not_move(value, n):
    assert not one(np.arange(n) * 90.0, [value] * n).moving(0.99)[0]


def test_noise_moves_no_oftener_than_was_agreed():
    """Normal noise about a constant: 1 % on each side, so about 2 % of 20 000 series (seed 7)."""
    rng, count, n = np.random.default_rng(7), 20_000, 6
    which = np.repeat(np.arange(count), n)
    days = np.tile(np.arange(n) * 365.0, count)
    found = fit_lines(which, days, rng.normal(5.0, 0.3, count * n), np.full(count * n, NAN))
    assert found.moving(0.99).mean() == pytest.approx(0.02, abs=0.004)


def test_a_change_within_the_stated_uncertainty_is_none():
    days, values = [0.0, 365.0, 730.0], [0.10, 0.11, 0.12]
    assert one(days, values).moving(0.99)[0]
    assert not one(days, values, u=0.02).moving(0.99)[0]


def test_two_points_and_nothing_tell_nothing():
    assert not one([0.0, 1.0], [1.0, 2.0]).moving(0.5)[0]
    assert fit_lines([], [], [], []).count.size == 0
