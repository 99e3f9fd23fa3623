"""Straight lines through many short series at once, each with the uncertainty of its slope."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
ROUNDING = 1e-12
"""Share of the largest value below which a scatter is rounding, and no sign of a perfect line."""


@dataclass(frozen=True, slots=True)
class Lines:
    """One fitted line for each series, about its mean abscissa; arrays of one length.

    Attributes:
        count: points of the series.
        centre: mean abscissa.
        level: value of the line there.
        slope: change for one unit of the abscissa.
        scatter: standard deviation about the line, and no less than the uncertainty stated of a point.
        slope_u: standard uncertainty of the slope; NaN where fewer than three points or one abscissa do not
            tell.
    """

    count: npt.NDArray[np.int64]
    centre: Floats
    level: Floats
    slope: Floats
    scatter: Floats
    slope_u: Floats

    def moving(self, confidence: float) -> npt.NDArray[np.bool_]:
        """Say which lines rise or fall, by Student's t with two parameters fitted, on either side."""
        from scipy.stats import t

        known = np.isfinite(self.slope_u) & (self.count > 2)
        factor = t.ppf(confidence, np.where(known, self.count - 2, 1))
        with np.errstate(invalid="ignore"):
            return np.asarray(known & (np.abs(self.slope) > factor * self.slope_u))


def fit_lines(series: npt.ArrayLike, at: npt.ArrayLike, values: npt.ArrayLike, u: npt.ArrayLike) -> Lines:
    """Fit a line to each series by least squares.

    Args:
        series: number of the series of each point, from 0.
        at: abscissa of each point.
        values: of each point.
        u: standard uncertainty of each point, NaN where it is not known.
    """
    which = np.asarray(series, dtype=np.int64)
    x, y, known = (np.asarray(one, dtype=np.float64) for one in (at, values, u))
    number = int(which.max()) + 1 if which.size else 0

    def total(of: Any) -> Floats:
        return np.asarray(np.bincount(which, weights=of, minlength=number), dtype=np.float64)

    count = np.bincount(which, minlength=number)
    with np.errstate(divide="ignore", invalid="ignore"):
        centre, level = total(x) / count, total(y) / count
        away, off = x - centre[which], y - level[which]
        inertia = total(away**2)
        inertia = np.where(inertia > 0, inertia, np.nan)
        slope = total(away * off) / inertia
        free = np.where(count > 2, count - 2, np.nan)
        variance = total((off - slope[which] * away) ** 2) / free
        stated = total(np.nan_to_num(known) ** 2) / count
        floor = np.zeros(number)
        np.maximum.at(floor, which, np.abs(y))
        variance = np.maximum(np.maximum(variance, stated), (ROUNDING * floor) ** 2)
        return Lines(count, centre, level, slope, np.sqrt(variance), np.sqrt(variance / inertia))
