"""Peaks of a profile: where they lie and how wide they are, by a Gaussian or as NEMA NU 1 reads them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from kilter.measure.error import CannotTell
from kilter.measure.unit import Floats

Method = Literal["gaussian", "nema"]

# Widths of a Gaussian at half and at a tenth of its height, in standard deviations.
HALF, TENTH = 2.0 * math.sqrt(2.0 * math.log(2.0)), 2.0 * math.sqrt(2.0 * math.log(10.0))
_STEPS, _SETTLED = 60, 1e-10


@dataclass(frozen=True, slots=True)
class Peak:
    """A peak of a profile, in samples: its place, its height, full widths at half and tenth maximum."""

    place: float
    height: float
    fwhm: float
    fwtm: float


def peak(profile: Floats, method: Method) -> Peak:
    """Measure the one peak of a profile.

    `gaussian`: the least-squares Gaussian, without background. `nema`: a parabola through the highest
    sample and its neighbours gives place and height; straight lines between samples, where the profile
    passes a half and a tenth of that height.

    Args:
        profile: shape (n,), at least 5 samples, background off.
        method: how it is read, above.

    Raises:
        CannotTell: the profile has no peak, is cut off by its ends, or the fit does not settle.
    """
    profile = np.asarray(profile, dtype=np.float64)
    top = int(np.argmax(profile))
    if len(profile) < 5 or not 0 < top < len(profile) - 1 or profile[top] <= 0:
        raise CannotTell("the profile has no peak between its ends", code="no_peak")
    return _gaussian(profile, top) if method == "gaussian" else _as_nema(profile, top)


def places_above(profile: Floats, fraction: float) -> list[tuple[int, int]]:
    """Find the runs of samples above a fraction of the highest, as (first, one past the last)."""
    above = np.concatenate(([False], profile > fraction * profile.max(), [False]))
    ends = np.flatnonzero(above[1:] != above[:-1])
    return [(int(first), int(last)) for first, last in zip(ends[::2], ends[1::2], strict=True)]


def _as_nema(profile: Floats, top: int) -> Peak:
    left, middle, right = profile[top - 1 : top + 2]
    bend = left - 2.0 * middle + right
    shift = 0.5 * (left - right) / bend if bend else 0.0
    height = float(middle - 0.25 * (left - right) * shift)
    width = [_crossings(profile, top, part * height) for part in (0.5, 0.1)]
    return Peak(top + float(shift), height, width[0], width[1])


def _crossings(profile: Floats, top: int, level: float) -> float:
    """Distance between the two places nearest the top where the profile passes a level."""
    below = np.flatnonzero(profile < level)
    before, after = below[below < top], below[below > top]
    if not len(before) or not len(after):
        raise CannotTell("the profile ends before the peak has fallen to a tenth", code="cut_off")
    low, high = int(before[-1]), int(after[0])
    first = low + (level - profile[low]) / (profile[low + 1] - profile[low])
    last = high - (level - profile[high]) / (profile[high - 1] - profile[high])
    return float(last - first)


def _gaussian(profile: Floats, top: int) -> Peak:
    """Least squares by damped Gauss-Newton steps; three unknowns, so each is a 3 x 3 solution."""
    place = np.arange(len(profile), dtype=np.float64)
    high = profile > 0.5 * profile[top]
    guess = np.array([profile[top], float(top), max(1.0, float(high.sum())) / HALF])
    damping, error = 1e-3, math.inf
    model, slopes = _model(place, guess)
    error = float(((profile - model) ** 2).sum())
    for _ in range(_STEPS):
        normal = slopes @ slopes.T
        step = np.linalg.solve(normal + damping * np.diag(np.diag(normal)), slopes @ (profile - model))
        tried = guess + step
        next_model, next_slopes = _model(place, tried)
        next_error = float(((profile - next_model) ** 2).sum())
        if tried[2] <= 0 or next_error > error:
            damping *= 10.0
            if damping > 1e12:
                break
            continue
        settled = bool(np.all(abs(step) <= _SETTLED * abs(tried)))
        guess, model, slopes, error, damping = tried, next_model, next_slopes, next_error, damping / 10.0
        if settled:
            break
    height, middle, sigma = (float(part) for part in guess)
    if not 0 <= middle <= len(profile) - 1 or not 0.2 < sigma < len(profile) or height <= 0:
        raise CannotTell("no Gaussian fits the peak", code="no_peak")
    return Peak(middle, height, HALF * sigma, TENTH * sigma)


def _model(place: Floats, guess: Floats) -> tuple[Floats, Floats]:
    """Give the Gaussian and its slopes by height, place and standard deviation, shape (3, n)."""
    height, middle, sigma = guess
    away = (place - middle) / sigma
    shape = np.exp(-0.5 * away * away)
    slope = height * shape * away / sigma
    return height * shape, np.stack([shape, slope, slope * away])
