"""Smoothing: against sums written out by hand, and at the edge of the field."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kilter.numerics.smooth import box_mean, nine_point

KERNEL = np.array([[1, 2, 1], [2, 4, 2], [1, 2, 1]], dtype=float)


def by_hand(image, inside):
    out = np.zeros_like(image)
    for row, column in np.argwhere(inside):
        total = weight = 0.0
        for down in (-1, 0, 1):
            for along in (-1, 0, 1):
                r, c = row + down, column + along
                if 0 <= r < image.shape[0] and 0 <= c < image.shape[1] and inside[r, c]:
                    total += KERNEL[down + 1, along + 1] * image[r, c]
                    weight += KERNEL[down + 1, along + 1]
        out[row, column] = total / weight
    return out


@given(st.integers(1, 9), st.integers(1, 9), st.integers(0, 2**32 - 1))
def test_agrees_with_the_sum_written_out(rows, columns, seed):
    source = np.random.default_rng(seed)
    image = source.uniform(0, 100, (rows, columns))
    inside = source.random((rows, columns)) < 0.7
    np.testing.assert_allclose(nine_point(image, inside), by_hand(image, inside), rtol=1e-12)


def test_flat_stays_flat_up_to_the_edge():
    inside = np.zeros((9, 9), dtype=bool)
    inside[2:7, 1:8] = True
    smoothed = nine_point(np.where(inside, 50.0, 7.0), inside)
    assert np.all(smoothed[inside] == 50.0)
    assert np.all(smoothed[~inside] == 0.0)


def test_what_lies_outside_has_no_effect():
    inside = np.zeros((7, 7), dtype=bool)
    inside[2:5, 2:5] = True
    image = np.arange(49.0).reshape(7, 7)
    other = np.where(inside, image, 1e9)
    np.testing.assert_array_equal(nine_point(image, inside), nine_point(other, inside))


def test_one_pixel_keeps_a_quarter():
    image = np.zeros((7, 7))
    image[3, 3] = 16.0
    np.testing.assert_array_equal(nine_point(image, np.ones((7, 7), dtype=bool))[2:5, 2:5], KERNEL)


def test_a_stack_is_smoothed_image_by_image():
    stack = np.random.default_rng(1).uniform(0, 9, (3, 6, 5))
    inside = np.ones((6, 5), dtype=bool)
    together = nine_point(stack, np.broadcast_to(inside, stack.shape))
    for number in range(3):
        np.testing.assert_allclose(together[number], nine_point(stack[number], inside))


def test_box_mean_of_one_pixel():
    image = np.zeros((9, 9))
    image[4, 4] = 25.0
    found = box_mean(image, 2)
    assert np.allclose(found[2:7, 2:7], 1.0)
    assert np.allclose(found[[0, 1, 7, 8]], 0.0)
    assert box_mean(image, 0) is image
