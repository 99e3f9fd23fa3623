"""Smoothing that knows where the field ends."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from kilter.numerics.rebin import Counts, Inside

Real = TypeVar("Real", np.float32, np.float64)


def nine_point(counts: NDArray[Real], inside: Inside) -> NDArray[Real]:
    """Smooth once with 1-2-1 / 2-4-2 / 1-2-1, using only pixels inside the field.

    Each sum is divided by the weights that were used, so that a pixel at the edge of the field is an
    average of its neighbours inside and is not darkened by what lies outside (NEMA NU 1, section 2.4).

    Args:
        counts: an image, or a stack of images along the first axis.
        inside: shape of one image; where it is False nothing is used and 0 is given.

    Returns:
        The smoothed images, in the precision of `counts`.
    """
    mask = inside.astype(counts.dtype)
    # Dividing by 16 where no weight is used keeps what lies outside at 0 without a special case.
    weight = np.where(inside, _one_two_one(mask), counts.dtype.type(16))
    total = _one_two_one(np.where(inside, counts, counts.dtype.type(0)))
    return np.asarray(total / weight * mask, dtype=counts.dtype)


def _one_two_one(image: NDArray[Real]) -> NDArray[Real]:
    """Convolve with 1-2-1 along both of the last two axes; beyond the border there is nothing."""
    rows = image + image
    rows[..., 1:, :] += image[..., :-1, :]
    rows[..., :-1, :] += image[..., 1:, :]
    both = rows + rows
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
