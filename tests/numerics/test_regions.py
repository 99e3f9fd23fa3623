"""Floods by region: known departures, the rim, and drifts that are told from noise."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kilter.numerics.regions import COLUMNS, ROWS, by_region, movement

FIELD = np.ones((48, 64), dtype=bool)


def flood(part: tuple[int, int] | None = None, by: float = 0.0, seed: int = 0, level: float = 1e4):
    counts = np.full(FIELD.shape, level)
    if part is not None:
        counts[8 * part[0] : 8 * part[0] + 8, 8 * part[1] : 8 * part[1] + 8] *= 1 + by
    return np.random.default_rng(seed).poisson(counts).astype(float) if seed else counts


def test_an_even_field_departs_nowhere():
    found = by_region(flood(), FIELD)
    assert found.departure == pytest.approx(np.zeros((ROWS, COLUMNS)))
    # 64 pixels of 10,000 counts: a standard deviation of 1 / sqrt(640,000) is 0.125 %.
    assert found.u == pytest.approx(np.full((ROWS, COLUMNS), 0.125))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, ROWS - 1), st.integers(0, COLUMNS - 1), st.floats(-0.3, 0.3))
def test_a_region_that_departs_is_the_region(row, column, by):
    found = by_region(flood((row, column), by), FIELD)
    mean = 1 + by / (ROWS * COLUMNS)
    assert found.departure[row, column] == pytest.approx(100 * ((1 + by) / mean - 1), abs=1e-9)
    others = np.delete(found.departure.ravel(), row * COLUMNS + column)
    assert others == pytest.approx(np.full(47, 100 * (1 / mean - 1)), abs=1e-9)


def test_mirrored_fields_give_mirrored_regions():
    counts = flood((1, 2), 0.1, seed=3)
    straight = by_region(counts, FIELD).departure
    assert by_region(counts[::-1, ::-1], FIELD).departure == pytest.approx(straight[::-1, ::-1])


def test_regions_outside_the_field_are_not_known():
    row, column = np.indices((48, 48)) - 23.5
    disc = np.hypot(row, column) < 24
    found = by_region(np.where(disc, 500.0, 0.0), disc)
    assert np.isnan(found.departure[0, 0])
    assert np.isnan(found.u[0, 0])
    assert np.isfinite(found.departure[2:4, 2:6]).all()


def test_no_field_has_no_regions():
    with pytest.raises(ValueError, match="no regions"):
        by_region(flood(), np.zeros_like(FIELD))


def test_a_drift_is_found_where_it_is_and_nowhere_else():
    days = np.arange(8) * 30.0
    floods = [by_region(flood((2, 5), -0.01 * n, seed=n + 1), FIELD) for n in range(8)]
    found = movement(floods, days)
    assert found.change[2, 5] == pytest.approx(-7.0 * 47 / 48, abs=0.4)
    assert found.moving[2, 5]
    # At 95 % a few of the other 47 may seem to move; most may not.
    assert found.moving.sum() < 8


def test_noise_seldom_moves():
    false = 0
    for trial in range(20):
        floods = [by_region(flood(seed=100 * trial + n + 1), FIELD) for n in range(6)]
        false += int(movement(floods, np.arange(6.0)).moving.sum())
    # Two sides of 2.5 %, and less where the scatter is below that of counting.
    assert false / (20 * 48) < 0.06


def test_two_floods_show_a_mean_and_no_change():
    found = movement([by_region(flood((0, 0), 0.1), FIELD), by_region(flood(), FIELD)], np.array([0.0, 9.0]))
    first = by_region(flood((0, 0), 0.1), FIELD).departure
    assert found.mean == pytest.approx(first / 2)
    assert np.isnan(found.change).all()
    assert not found.moving.any()


def test_floods_of_one_instant_show_no_change():
    floods = [by_region(flood(seed=n), FIELD) for n in (1, 2, 3)]
    assert np.isnan(movement(floods, np.zeros(3)).change).all()
