"""Images of a gamma camera's phantoms with a truth worked out on paper: lines, bars."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from kilter.measure.unit import Floats
from kilter.numerics.peak import HALF


def drawn(expected: Floats, seed: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint16]]:
    """Draw Poisson counts; seed 0 gives the expected counts themselves, rounded."""
    counts = np.random.default_rng(seed).poisson(expected) if seed else np.rint(expected)
    return np.clip(counts, 0, 65535).astype(np.uint16)


def four_lines(
    *, side: int, pixel: float, separation: float, fwhm: tuple[float, float], lines: int, height: float
) -> Floats:
    """Expected counts of lines on the sides of a square, as a camera of Gaussian resolution shows them.

    Args:
        side: of the image, pixels.
        pixel: mm.
        separation: of opposite lines, mm.
        fwhm: resolution along x and along y, mm; a line across x is as wide as the resolution along x.
        lines: how many of the four are there.
        height: counts of a pixel on a line.
    """
    at = _places(side, pixel)
    sigma_x, sigma_y = fwhm[0] / HALF, fwhm[1] / HALF
    half = 0.4 * separation
    length_x, length_y = _blurred_length(at, half, sigma_x), _blurred_length(at, half, sigma_y)
    image = np.zeros((side, side))
    for number in range(lines):
        place = separation / 2 * (-1 if number % 2 else 1)
        if number < 2:
            image += np.outer(length_y, _gauss(at - place, sigma_x))
        else:
            image += np.outer(_gauss(at - place, sigma_y), length_x)
    return height * image


def parallel_lines(*, side: int, pixel: float, places: Sequence[float], fwhm: float, height: float) -> Floats:
    """Expected counts of long lines along x at the given places along y, mm from the image's middle."""
    at = _places(side, pixel)
    across = sum((_gauss(at - place, fwhm / HALF) for place in places), np.zeros(side))
    lit = (abs(at) < 0.45 * side * pixel).astype(np.float64)
    return height * np.outer(across, lit)


def four_quadrants(
    *, side: int, pixel: float, widths: Sequence[float], modulations: Sequence[float], mean: float
) -> Floats:
    """Expected counts of bars: sines of the bars' period and a given modulation, one in each quadrant.

    The widths stand in the order upper left, upper right, lower left, lower right; the bars of
    neighbours cross.
    """
    at = _places(side, pixel)
    down, along = np.broadcast_arrays(at[:, None], at[None, :])
    image = np.zeros((side, side))
    for number, (width, part) in enumerate(zip(widths, modulations, strict=True)):
        lower, right = divmod(number, 2)
        inside = ((down > 0) == bool(lower)) & ((along > 0) == bool(right))
        across = along if lower == right else down
        image[inside] = mean * (1.0 + part * np.sin(math.pi * across[inside] / width))
    return image


def _places(side: int, pixel: float) -> Floats:
    """Pixel centres in mm from the middle of the image."""
    return np.asarray((np.arange(side) - (side - 1) / 2) * pixel, dtype=np.float64)


def _gauss(away: Floats, sigma: float) -> Floats:
    return np.asarray(np.exp(-0.5 * (away / sigma) ** 2))


def _blurred_length(at: Floats, half: float, sigma: float) -> Floats:
    """Give a line's counts along itself: 1 inside, falling at its ends as the resolution lets it."""
    root = sigma * math.sqrt(2.0)
    return np.array([0.5 * (math.erf((half - x) / root) + math.erf((half + x) / root)) for x in at])
