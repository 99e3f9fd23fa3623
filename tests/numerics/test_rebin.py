"""Summing blocks: nothing is lost but what is named, and the centre stays where it was."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kilter.numerics.rebin import Trim, rebin

sizes = st.integers(1, 40)


@given(sizes, sizes, st.integers(1, 7), st.integers(0, 2**32 - 1))
def test_every_count_is_in_a_block_or_in_the_named_trim(rows, columns, factor, seed):
    image = np.random.default_rng(seed).integers(0, 1000, (rows, columns)).astype(float)
    if factor > min(rows, columns):
        with pytest.raises(ValueError, match="do not fit"):
            rebin(image, factor)
        return
    found = rebin(image, factor)
    trim = found.trim
    inner = image[trim.top : rows - trim.bottom, trim.left : columns - trim.right]
    assert found.counts.sum() == inner.sum()
    assert found.counts.shape == (rows // factor, columns // factor)
    # Equal on opposite sides, but for the odd one.
    assert trim.bottom - trim.top in (0, 1)
    assert trim.right - trim.left in (0, 1)
    assert trim.any == bool(rows % factor or columns % factor)


@given(st.integers(1, 6), st.integers(1, 6), st.integers(1, 5))
def test_each_block_is_the_sum_of_its_pixels(rows, columns, factor):
    image = np.arange(rows * factor * columns * factor, dtype=float).reshape(rows * factor, columns * factor)
    counts = rebin(image, factor).counts
    for row in range(rows):
        for column in range(columns):
            block = image[row * factor : (row + 1) * factor, column * factor : (column + 1) * factor]
            assert counts[row, column] == block.sum()


def test_even_remainder_is_trimmed_equally_and_odd_one_more_at_the_end():
    assert rebin(np.ones((14, 12)), 4).trim == Trim(1, 1, 0, 0)
    assert rebin(np.ones((256, 256)), 3).trim == Trim(0, 1, 0, 1)
    assert rebin(np.ones((1024, 1024)), 11).trim == Trim(0, 1, 0, 1)
    assert rebin(np.ones((7, 7)), 1).trim == Trim(0, 0, 0, 0)


def test_original_place_of_a_block_is_its_middle():
    found = rebin(np.ones((14, 12)), 4)
    assert found.original(0, 0) == (2.5, 1.5)
    assert found.original(2, 2) == (10.5, 9.5)


def test_small_integers_do_not_overflow():
    assert rebin(np.full((8, 8), 60_000, dtype=np.uint16), 8).counts[0, 0] == 64 * 60_000


@pytest.mark.parametrize("factor", [0, -1, 9])
def test_impossible_factor(factor):
    with pytest.raises(ValueError, match="do not fit"):
        rebin(np.ones((8, 8)), factor)
