"""A flood by region, and how each region moves over many floods."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kilter.measure.unit import Floats
from kilter.numerics.line import fit_lines
from kilter.numerics.rebin import Counts, Inside

ROWS, COLUMNS = 6, 8
# A region at the rim counts where so much of it lies in the field.
ENOUGH = 0.5
CONFIDENCE = 0.975


@dataclass(frozen=True, slots=True)
class Regions:
    """Departure of each region from the mean of the field, percent, shape (6, 8); NaN outside the field.

    `u` is the standard uncertainty of counting.
    """

    departure: Floats
    u: Floats


@dataclass(frozen=True, slots=True)
class Movement:
    """Regions over several floods, each shape (6, 8); NaN outside.

    Attributes:
        mean: departure, a mean over the floods, percent.
        change: from the first flood to the last by a straight line, percent; NaN for fewer than three floods.
        moving: whether the line rises or falls with 95 % confidence.
    """

    mean: Floats
    change: Floats
    moving: NDArray[np.bool_]


def by_region(counts: Counts, inside: Inside) -> Regions:
    """Mean of each region of a field's box against that of the field.

    Args:
        counts: re-binned counts.
        inside: which pixels are of the field.

    Raises:
        ValueError: the field is empty.
    """
    if not inside.any():
        raise ValueError("a field without pixels has no regions")
    rows, columns = np.nonzero(inside)
    row = _shared(rows, ROWS)
    column = _shared(columns, COLUMNS)
    which, number = row * COLUMNS + column, ROWS * COLUMNS
    values = counts[inside]
    total = np.bincount(which, values, number)
    pixels = np.bincount(which, minlength=number)
    whole = np.ptp(rows) + 1.0, np.ptp(columns) + 1.0
    kept = pixels >= ENOUGH * (whole[0] / ROWS) * (whole[1] / COLUMNS)
    mean = float(values.mean())
    departure, u = np.full(number, np.nan), np.full(number, np.nan)
    departure[kept] = 100.0 * (total[kept] / pixels[kept] / mean - 1.0)
    u[kept] = 100.0 * np.sqrt(np.maximum(total[kept], 1.0)) / pixels[kept] / mean
    return Regions(departure.reshape(ROWS, COLUMNS), u.reshape(ROWS, COLUMNS))


def movement(floods: list[Regions], days: Floats) -> Movement:
    """Average the regions over floods, and fit a line to each.

    Args:
        floods: in time, at least one.
        days: when, on any clock, of each.
    """
    departure = np.stack([one.departure.ravel() for one in floods])
    u = np.stack([one.u.ravel() for one in floods])
    known = np.isfinite(departure).all(axis=0)
    mean, change = np.full(departure.shape[1], np.nan), np.full(departure.shape[1], np.nan)
    moving = np.zeros(departure.shape[1], dtype=bool)
    mean[known] = departure[:, known].mean(axis=0)
    span = float(np.ptp(days))
    if len(floods) > 2 and span > 0:
        size = int(known.sum())
        series = np.tile(np.arange(size), len(floods))
        lines = fit_lines(series, np.repeat(days, size), departure[:, known].ravel(), u[:, known].ravel())
        change[known] = lines.slope * span
        moving[known] = lines.moving(CONFIDENCE)
    shape = (ROWS, COLUMNS)
    return Movement(mean.reshape(shape), change.reshape(shape), moving.reshape(shape))


def _shared(places: NDArray[np.intp], parts: int) -> NDArray[np.intp]:
    """Give the part of their range, of equal lengths, in which places lie."""
    first, last = int(places.min()), int(places.max())
    return np.asarray((places - first) * parts // (last - first + 1), dtype=np.intp)
