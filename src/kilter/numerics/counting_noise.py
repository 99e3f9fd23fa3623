"""What counting statistics alone would show: a perfect camera, the same counts, the same field."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kilter.numerics.contrast import percent_contrast, window_contrast_maxima
from kilter.numerics.field import box
from kilter.numerics.rebin import Counts, Inside
from kilter.numerics.smooth import nine_point

SEED = 20_260_101
# Above this mean a Poisson variate and a normal one with the same mean and variance give the same
# extremes to within the spread of the draws, and the normal one is several times quicker.
NORMAL_FROM = 100.0


@dataclass(frozen=True, slots=True)
class Expected:
    """Mean and standard deviation, over draws, of a contrast that noise alone shows, in percent."""

    mean: float
    spread: float


@dataclass(frozen=True, slots=True)
class NoiseContrast:
    """Contrasts of a perfectly even field of the same counts.

    Attributes:
        integral, differential: in percent.
        draws: how many noise images were drawn.
    """

    integral: Expected
    differential: Expected
    draws: int


def noise_contrasts(
    mean_counts: float,
    ufov: Inside,
    fields: tuple[Inside, ...],
    *,
    window: int = 5,
    draws: int = 8,
    seed: int = SEED,
) -> tuple[NoiseContrast, ...]:
    """Simulate an even field and give the contrasts of each of `fields` inside it.

    The simulation is seeded: the same field and counts give the same answer. The images are smoothed
    like a measured one.

    Args:
        mean_counts: expected counts of each pixel, above 0.
        ufov: the field that is smoothed.
        fields: parts of it for which contrasts are wanted.
        window: length in pixels of the runs for the differential contrast.
        draws: noise images, 2 or more.
        seed: of the random numbers.
    """
    top, bottom, left, right = box(ufov)
    crop = (slice(top, bottom + 1), slice(left, right + 1))
    inside = ufov[crop]
    shape = (draws, *inside.shape)
    stack = nine_point(_noise(shape, mean_counts, seed), np.broadcast_to(inside, shape))
    cropped = tuple(field[crop] for field in fields)
    steepest = window_contrast_maxima(stack, cropped, window)
    return tuple(
        NoiseContrast(_expected(_integral(stack, field)), _expected(differential), draws)
        for field, differential in zip(cropped, steepest, strict=True)
    )


def _noise(shape: tuple[int, ...], mean_counts: float, seed: int) -> Counts:
    """Draw counts with one mean everywhere."""
    source = np.random.default_rng(seed)
    if mean_counts < NORMAL_FROM:
        return source.poisson(mean_counts, shape).astype(np.float64)
    normal = source.standard_normal(shape, dtype=np.float32)
    return np.asarray(mean_counts + np.sqrt(mean_counts) * normal, dtype=np.float64)


def _integral(stack: Counts, inside: Inside) -> NDArray[np.float64]:
    """Contrast over a field, for each image."""
    top, bottom, left, right = box(inside)
    part, mask = stack[:, top : bottom + 1, left : right + 1], inside[top : bottom + 1, left : right + 1]
    highest = np.where(mask, part, -np.inf).max(axis=(1, 2))
    return percent_contrast(highest, np.where(mask, part, np.inf).min(axis=(1, 2)))


def _expected(values: NDArray[np.float64]) -> Expected:
    """Mean and standard deviation of the draws."""
    return Expected(float(values.mean()), float(values.std(ddof=1)))
