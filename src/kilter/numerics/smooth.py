"""Smoothing that knows where the field ends."""

from __future__ import annotations

import numpy as np

from kilter.numerics.rebin import Counts, Inside


def nine_point(counts: Counts, inside: Inside) -> Counts:
    """Smooth once with 1-2-1 / 2-4-2 / 1-2-1, using only pixels inside the field.

    Each sum is divided by the weights that were used, so that a pixel at the edge of the field is an
    average of its neighbours inside and is not darkened by what lies outside (NEMA NU 1, section 2.4).

    Args:
        counts: two axes.
        inside: same shape; where it is False nothing is used and 0 is given.
    """
    weight = _one_two_one(inside.astype(np.float64))
    total = _one_two_one(np.where(inside, counts, 0.0))
    smoothed = np.zeros_like(total)
    np.divide(total, weight, out=smoothed, where=inside)
    return smoothed


def _one_two_one(image: Counts) -> Counts:
    """Convolve with 1-2-1 along both of the last two axes; beyond the border there is nothing."""
    rows = 2.0 * image
    rows[..., 1:, :] += image[..., :-1, :]
    rows[..., :-1, :] += image[..., 1:, :]
    both = 2.0 * rows
    both[..., 1:] += rows[..., :-1]
    both[..., :-1] += rows[..., 1:]
    return both


def box_mean(image: Counts, reach: int) -> Counts:
    """Average over a square of 2 x reach + 1 pixels; beyond the border there is nothing.

    The divisor is always the whole square, so that the mean falls towards the border as it does
    towards an edge inside the image.
    """
    if reach == 0:
        return image
    side = 2 * reach + 1
    padded = np.pad(image, ((reach + 1, reach), (reach + 1, reach)))
    table = padded.cumsum(axis=0).cumsum(axis=1)
    total = table[side:, side:] - table[:-side, side:] - table[side:, :-side] + table[:-side, :-side]
    return np.asarray(total / side**2, dtype=np.float64)
