"""Contrast between the highest and the lowest pixel: over a whole field and in short windows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from kilter.numerics.rebin import Counts, Inside

Place = tuple[int, int]
Scalar = TypeVar("Scalar", bound=np.generic)


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


def window_contrast_maxima(
    stack: NDArray[np.floating], fields: tuple[Inside, ...], length: int = 5
) -> list[NDArray[np.float64]]:
    """Give the largest windowed contrast of each image of a stack, in each of several fields.

    The same as `steepest_window` image by image, but the windows are looked at once for all fields.

    Args:
        stack: images without negative values, shape (images, rows, columns).
        fields: each of shape (rows, columns), each with room for a window.
        length: of a window, in pixels.

    Returns:
        For every field an array of one contrast for each image, in percent.
    """
    lowest = [np.ones(len(stack)) for _ in fields]
    for axis in (1, 2):
        if stack.shape[axis] < length:
            continue
        high, low = _windowed(stack, length, axis)
        # The contrast falls as the ratio of lowest to highest rises: one division serves.
        ratio = np.ones_like(high)
        np.divide(low, high, out=ratio, where=high > 0)
        for number, inside in enumerate(fields):
            whole = _windowed(inside, length, axis - 1)[1]
            found = np.where(whole, ratio, 1.0).min(axis=(1, 2))
            lowest[number] = np.minimum(lowest[number], found)
    return [100.0 * (1 - found) / (1 + found) for found in lowest]


def _window_contrasts(field: Counts, length: int, axis: int) -> NDArray[np.float64]:
    """Contrast of every run that starts at each pixel; NaN where a pixel of it lies outside."""
    if field.shape[axis] < length:
        return np.empty((0, 0))
    return percent_contrast(*_windowed(field, length, axis))


def _windowed(image: NDArray[Scalar], length: int, axis: int) -> tuple[NDArray[Scalar], NDArray[Scalar]]:
    """Highest and lowest value of every run along an axis, by the pixel at which it starts."""
    along = np.moveaxis(image, axis, 0)
    high, low = along, along
    reach = 1
    # Doubling the reach of shifted slices needs log2(length) passes and no loop over pixels.
    while reach < length:
        step = min(reach, length - reach)
        high = np.maximum(high[:-step], high[step:])
        low = np.minimum(low[:-step], low[step:])
        reach += step
    return np.moveaxis(high, 0, axis), np.moveaxis(low, 0, axis)
