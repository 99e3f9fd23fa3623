"""Contrast over a field and in windows: worked by hand, by brute force, and by symmetry."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from kilter.numerics.contrast import (
    extremes,
    percent_contrast,
    steepest_window,
    window_contrast_maxima,
)


def brute(image, inside, length):
    best = -1.0
    for turned, mask in ((image, inside), (image.T, inside.T)):
        for row in range(turned.shape[0]):
            for start in range(turned.shape[1] - length + 1):
                if mask[row, start : start + length].all():
                    run = turned[row, start : start + length]
                    best = max(best, 100 * (run.max() - run.min()) / (run.max() + run.min()))
    return best


def test_ten_and_twenty_make_a_third():
    # The worked value of the Michelson contrast in the peer's own tests: [10, 20] -> 33.333 %.
    found = extremes(np.array([[10.0, 20.0]]), np.ones((1, 2), dtype=bool))
    assert found.contrast == pytest.approx(100 / 3, rel=1e-15)
    assert (found.highest, found.lowest) == ((0, 1), (0, 0))


def test_only_pixels_inside_count():
    image = np.array([[1.0, 50.0, 60.0, 900.0]])
    inside = np.array([[False, True, True, False]])
    assert extremes(image, inside).contrast == pytest.approx(100 * 10 / 110)


def test_both_zero_is_no_contrast_and_a_dead_pixel_is_all():
    assert percent_contrast(np.array([0.0, 5.0]), np.array([0.0, 0.0])).tolist() == [0.0, 100.0]


@given(st.integers(1, 12), st.integers(1, 12), st.integers(1, 6), st.integers(0, 2**32 - 1))
def test_steepest_window_agrees_with_a_search_of_all(rows, columns, length, seed):
    source = np.random.default_rng(seed)
    image = source.uniform(1, 100, (rows, columns))
    inside = source.random((rows, columns)) < 0.85
    wanted = brute(image, inside, length)
    if wanted < 0:
        with pytest.raises(ValueError, match="no run"):
            steepest_window(image, inside, length)
        return
    found = steepest_window(image, inside, length)
    assert found.contrast == pytest.approx(wanted, rel=1e-12)
    row, column = found.start
    run = image[row : row + length, column] if found.axis == 0 else image[row, column : column + length]
    assert run.shape == (length,)
    assert 100 * (run.max() - run.min()) / (run.max() + run.min()) == pytest.approx(found.contrast)


@given(st.integers(0, 2**32 - 1), st.floats(0.01, 1e6))
def test_turned_mirrored_and_scaled_images_give_the_same(seed, scale):
    source = np.random.default_rng(seed)
    image, inside = source.uniform(1, 100, (11, 9)), source.random((11, 9)) < 0.9
    assume(brute(image, inside, 5) >= 0)
    wanted = extremes(image, inside).contrast, steepest_window(image, inside).contrast
    for change in (np.transpose, np.flipud, np.fliplr, np.rot90):
        other = extremes(change(image), change(inside)), steepest_window(change(image), change(inside))
        assert tuple(item.contrast for item in other) == pytest.approx(wanted, rel=1e-12)
    scaled = extremes(image * scale, inside).contrast, steepest_window(image * scale, inside).contrast
    assert scaled == pytest.approx(wanted, rel=1e-9)


def test_linear_slope():
    image = np.tile(np.arange(100.0, 120.0), (6, 1))
    found = steepest_window(image, np.ones_like(image, dtype=bool))
    assert found.contrast == pytest.approx(100 * 4 / 204, rel=1e-14)
    assert found.start[1] == 0
    assert found.axis == 1


def test_stack_gives_the_maximum_of_each_image():
    source = np.random.default_rng(3)
    stack, inside = source.uniform(1, 9, (4, 8, 9)), source.random((8, 9)) < 0.95
    part = inside & (np.indices(inside.shape)[0] < 6)
    for field, found in zip((inside, part), window_contrast_maxima(stack, (inside, part)), strict=True):
        wanted = [steepest_window(image, field).contrast for image in stack]
        np.testing.assert_allclose(found, wanted, rtol=1e-12)


def test_stack_of_nothing_has_no_contrast():
    assert window_contrast_maxima(np.zeros((2, 6, 6)), (np.ones((6, 6), dtype=bool),))[0].tolist() == [0, 0]


def test_empty_field():
    with pytest.raises(ValueError, match="without pixels"):
        extremes(np.ones((3, 3)), np.zeros((3, 3), dtype=bool))
