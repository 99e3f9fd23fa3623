"""Sum square blocks of pixels into larger pixels, anchored at the centre of the image."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.float64]
Inside = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Trim:
    """Rows and columns of the original image that no block holds, at each side."""

    top: int
    bottom: int
    left: int
    right: int

    @property
    def any(self) -> bool:
        """Whether a row or a column was left out."""
        return bool(self.top or self.bottom or self.left or self.right)


@dataclass(frozen=True, slots=True)
class Rebinned:
    """An image of summed blocks.

    Attributes:
        counts: sums, shape (rows // factor, columns // factor).
        factor: original pixels along the side of a block.
        trim: what was left out at each side.
    """

    counts: Counts
    factor: int
    trim: Trim

    def original(self, row: float, column: float) -> tuple[float, float]:
        """Give the place in original pixels of the centre of re-binned pixel (row, column)."""
        half = (self.factor - 1) / 2
        return self.trim.top + row * self.factor + half, self.trim.left + column * self.factor + half


def rebin(image: NDArray[np.generic], factor: int) -> Rebinned:
    """Sum blocks of factor x factor pixels.

    What does not fill a block is trimmed equally on opposite sides, so that the image keeps its
    centre; of an odd remainder the last row or column goes too.

    Args:
        image: counts, two axes (rows, columns), any real type.
        factor: 1 or more, and no more than the shorter side.

    Raises:
        ValueError: the factor does not fit the image.
    """
    rows, columns = image.shape
    if factor < 1 or factor > min(rows, columns):
        raise ValueError(f"blocks of {factor} pixels do not fit an image of {rows} x {columns}")
    left_over = rows % factor, columns % factor
    trim = Trim(
        left_over[0] // 2,
        left_over[0] - left_over[0] // 2,
        left_over[1] // 2,
        left_over[1] - left_over[1] // 2,
    )
    if factor == 1:
        return Rebinned(image.astype(np.float64), 1, trim)
    # Whole rows first: they lie together in memory, and what is left for the columns is small. Adding
    # every factor-th row to the next is several times quicker than a sum over a short axis.
    strips = _added(image[trim.top : rows - trim.bottom], factor)
    across = _added(strips[:, trim.left : columns - trim.right].T, factor).T
    return Rebinned(np.ascontiguousarray(across), factor, trim)


def _added(image: NDArray[np.generic], factor: int) -> Counts:
    """Sum every `factor` neighbouring rows into one."""
    total = image[::factor].astype(np.float64)
    for first in range(1, factor):
        total += image[first::factor]  # type: ignore[arg-type]
    return total
