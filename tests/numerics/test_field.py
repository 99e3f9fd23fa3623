"""The lit field: shapes of real cameras, edges, holes, bays, and symmetry."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kilter.numerics.field import asymmetry, box, central, lit_field, typical_level, without_edge


def disc(side, radius):
    row, column = np.indices((side, side)) - (side - 1) / 2
    return np.hypot(row, column) <= radius


def rectangle(shape, top, bottom, left, right):
    inside = np.zeros(shape, dtype=bool)
    inside[top:bottom, left:right] = True
    return inside


def test_typical_level_ignores_border_and_hot_pixels():
    image = np.zeros((100, 100))
    image[30:70, 30:70] = 500.0
    image[50, 50] = 50_000.0
    image[0, :] = 3.0
    assert typical_level(image) == 500.0


@pytest.mark.parametrize(
    "field",
    [disc(60, 25), rectangle((40, 70), 5, 35, 10, 62), rectangle((40, 40), 1, 39, 1, 39), disc(61, 20.3)],
)
def test_a_field_of_any_camera_is_found_exactly(field):
    lit, kept = lit_field(np.where(field, 10_000.0, 0.0))
    np.testing.assert_array_equal(lit, field)
    assert not kept.any()


def test_a_field_that_reaches_the_border_loses_its_outermost_pixels():
    lit, _ = lit_field(np.full((30, 20), 9_000.0))
    np.testing.assert_array_equal(lit, rectangle((30, 20), 1, 29, 1, 19))


def test_edge_below_three_quarters_goes_and_above_stays():
    image = np.zeros((40, 40))
    image[5:35, 5:35] = 10_000.0
    image[5:35, 5] = 7_400.0
    image[5:35, 34] = 7_600.0
    lit, kept = lit_field(image)
    assert box(lit) == (5, 34, 6, 34)
    assert not kept.any()


def test_a_dead_tube_inside_stays_in_the_field():
    image = np.where(rectangle((50, 50), 5, 45, 5, 45), 10_000.0, 0.0)
    image[20:28, 20:28] = 100.0
    lit, kept = lit_field(image)
    assert lit[20:28, 20:28].all()
    assert kept.sum() == 64


def test_a_dead_tube_at_the_edge_stays_in_the_field():
    image = np.where(rectangle((50, 50), 5, 45, 5, 45), 10_000.0, 0.0)
    image[20:28, 5:12] = 0.0
    lit, kept = lit_field(image)
    assert lit[21:27, 6:11].all()
    assert kept[20:28, 5:12].all()


def test_a_dead_corner_is_told_by_its_mirror_images():
    whole = rectangle((50, 50), 5, 45, 5, 45)
    assert asymmetry(whole) == 0
    bitten = whole.copy()
    bitten[5:11, 5:11] = False
    assert asymmetry(bitten) == 36
    ragged = whole.copy()
    ragged[5, 9:40] = False
    assert asymmetry(ragged) == 0


def test_strays_outside_the_field_are_left_out():
    image = np.where(rectangle((60, 60), 20, 50, 20, 50), 10_000.0, 0.0)
    image[5, 5:9] = 20_000.0
    lit, _ = lit_field(image)
    assert not lit[5].any()
    assert lit.sum() == 900


def test_low_counts_do_not_fray_the_field():
    field = disc(64, 27)
    counts = np.random.default_rng(1).poisson(np.where(field, 60.0, 0.0)).astype(float)
    lit, _ = lit_field(counts)
    # Averaging over 3 x 3 pixels draws the outline in by one pixel and leaves no holes.
    assert lit[disc(64, 25)].all()
    assert not lit[~field].any()


def test_nothing_lit():
    for image in (np.zeros((9, 9)), np.full((2, 2), 5.0)):
        lit, _ = lit_field(image)
        assert not lit.any()


def test_central_part_of_a_square_and_a_circle():
    square = rectangle((80, 80), 10, 70, 10, 70)
    # 45 of 60 pixels; the two halves that are left at the ends are outside.
    assert box(central(square, 0.75)) == (18, 61, 18, 61)
    circle = central(disc(101, 40), 0.75)
    # A circle of three quarters the radius, to within half a pixel.
    assert circle[disc(101, 29.5)].all()
    assert not circle[~disc(101, 30.5)].any()


def test_edge_clearing_by_hand():
    inside = rectangle((6, 6), 1, 5, 1, 5)
    np.testing.assert_array_equal(without_edge(inside), rectangle((6, 6), 2, 4, 2, 4))
    assert not without_edge(np.ones((2, 2), dtype=bool)).any()


@given(st.integers(0, 2**32 - 1), st.sampled_from([0.6, 0.75, 0.95]))
def test_turning_and_mirroring_commute(seed, fraction):
    source = np.random.default_rng(seed)
    top, left = source.integers(2, 9, 2)
    height, width = source.integers(8, 24, 2)
    field = rectangle((36, 34), top, top + height, left, left + width)
    for change in (np.transpose, np.flipud, np.fliplr):
        np.testing.assert_array_equal(central(change(field), fraction), change(central(field, fraction)))
        np.testing.assert_array_equal(without_edge(change(field)), change(without_edge(field)))
        lit = lit_field(change(np.where(field, 5000.0, 1.0)))[0]
        np.testing.assert_array_equal(lit, change(lit_field(np.where(field, 5000.0, 1.0))[0]))
