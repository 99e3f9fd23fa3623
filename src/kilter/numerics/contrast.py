"""Contrast between the highest and the lowest pixel: over a whole field and in short windows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kilter.numerics.rebin import Counts, Inside

Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Extremes:
    """Highest and lowest pixel of a field, and the contrast between them.

    Attributes:
        contrast: 100 (highest - lowest) / (highest + lowest), in percent.
        highest, lowest: (row, column), the first where several are equal.
    """

    contrast: float
    highest: Place
    lowest: Place


@dataclass(frozen=True, slots=True)
class Window:
    """The run of neighbouring pixels with the largest contrast.

    Attributes:
        contrast: in percent.
        start: (row, column) of its first pixel.
        axis: 0 where it runs down a column, 1 where it runs along a row.
        length: in pixels.
    """

    contrast: float
    start: Place
    axis: int
    length: int


def percent_contrast(highest: NDArray[np.float64], lowest: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give 100 (h - l) / (h + l), elementwise; 0 where both are 0."""
    total = highest + lowest
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(total == 0.0, 0.0, 100.0 * (highest - lowest) / total)


def extremes(image: Counts, inside: Inside) -> Extremes:
    """Find the highest and lowest pixel of a field ("integral uniformity" of NEMA NU 1).

    Raises:
        ValueError: the field is empty.
    """
    if not inside.any():
        raise ValueError("a field without pixels has no extremes")
    top = int(np.argmax(np.where(inside, image, -np.inf)))
    bottom = int(np.argmin(np.where(inside, image, np.inf)))
    values = np.asarray(image.flat[[top, bottom]])
    width = image.shape[1]
    contrast = float(percent_contrast(values[:1], values[1:])[0])
    return Extremes(contrast, divmod(top, width), divmod(bottom, width))


def steepest_window(image: Counts, inside: Inside, length: int = 5) -> Window:
    """Find the largest contrast in any run of `length` pixels, along rows and columns.

    Only runs that lie wholly inside the field count ("differential uniformity" of NEMA NU 1, where
    the length is 5). At equal contrast a run down a column comes first.

    Raises:
        ValueError: no run of that length lies inside the field.
    """
    field = np.where(inside, image, np.nan)
    best: Window | None = None
    for axis in (0, 1):
        contrast = _window_contrasts(field, length, axis)
        if contrast.size == 0:
            continue
        at = int(np.argmax(np.where(np.isnan(contrast), -1.0, contrast)))
        value = float(contrast.flat[at])
        if not np.isnan(value) and (best is None or value > best.contrast):
            best = Window(value, divmod(at, contrast.shape[1]), axis, length)
    if best is None:
        raise ValueError(f"no run of {length} pixels lies inside the field")
    return best


def window_contrast_maxima(stack: Counts, inside: Inside, length: int = 5) -> NDArray[np.float64]:
    """Give the largest windowed contrast of each image of a stack, shape (images, rows, columns)."""
    field = np.where(inside, stack, np.nan)
    each = [_window_contrasts(field, length, axis) for axis in (-2, -1)]
    return np.asarray(np.max([np.nanmax(c, axis=(-2, -1)) for c in each], axis=0))


def _window_contrasts(field: Counts, length: int, axis: int) -> NDArray[np.float64]:
    """Contrast of every run that starts at each pixel; NaN where a pixel of it lies outside."""
    along = np.moveaxis(field, axis, 0)
    if along.shape[0] < length:
        return np.empty((0, 0))
    high, low = along, along
    reach = 1
    # Doubling the reach of shifted slices needs log2(length) passes and no loop over pixels.
    while reach < length:
        step = min(reach, length - reach)
        high = np.maximum(high[:-step], high[step:])
        low = np.minimum(low[:-step], low[step:])
        reach += step
    return np.moveaxis(percent_contrast(high, low), 0, axis)
