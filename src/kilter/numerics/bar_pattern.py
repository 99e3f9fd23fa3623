"""Bars of a resolution phantom: which they are, and their modulation from mean and variance."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from kilter.measure.error import CannotTell
from kilter.measure.unit import Floats

# A period found and a period given are the same within this part.
SAME_PERIOD = 0.08
# Halves of one region may differ in their mean by this part of it.
EVEN = 0.15
# Bars of no phantom in use are wider, mm.
COARSEST = 6.5
# A spectral line of a pattern stands this many times above the median of the spectrum.
CLEAR = 30.0


@dataclass(frozen=True, slots=True)
class Quadrant:
    """One quadrant.

    Attributes:
        width: of its bars, mm.
        place: "upper left" and so on, as the image is stored.
        mean, variance: of the pixels in the disc.
        pixels: how many they are.
        mtf: modulation at the bars' frequency, sqrt(2 (s2 - m)) / m; 0 where counting explains all.
        fwhm: mm; None where the bars are not resolved.
    """

    width: float
    place: str
    mean: float
    variance: float
    pixels: int
    mtf: float
    fwhm: float | None


def modulation(mean: float, variance: float) -> float:
    """Give the modulation that a variance beyond that of counting means (Hander 1997, equation 8)."""
    return math.sqrt(max(0.0, 2.0 * (variance - mean))) / mean


def bar_fwhm(width: float, mtf: float) -> float | None:
    """Give the FWHM in mm of a Gaussian that leaves this modulation of bars (Hander 1997, equation A8)."""
    return 1.058 * width * math.sqrt(-math.log(mtf)) if 0.0 < mtf < 1.0 else None


def quadrants(
    image: Floats, spacing: tuple[float, float], widths: Floats, radius: float, distance: float
) -> tuple[Quadrant, ...]:
    """Measure the four quadrants of a bar phantom, the widest bars first.

    The widths are matched to the quadrants by the period that each shows, so that the phantom may lie
    any way up; a width that no quadrant shows is refused.

    Args:
        image: counts, axes (rows, columns).
        spacing: mm (down, along).
        widths: of the four kinds of bar, mm, in any order.
        radius: of the disc in each quadrant, mm.
        distance: of its centre from that of the image, mm, along the diagonal.

    Raises:
        CannotTell: a disc leaves the image, is uneven, or its bars are not among the widths.
    """
    left = sorted((float(width) for width in widths), reverse=True)
    found = []
    for place, (down, along) in _PLACES.items():
        counts, window = _disc(image, spacing, (down * distance, along * distance), radius, place)
        width = _which(window, spacing, left, place)
        left.remove(width)
        mean, variance = float(counts.mean()), float(counts.var())
        mtf = modulation(mean, variance)
        found.append(Quadrant(width, place, mean, variance, counts.size, mtf, bar_fwhm(width, mtf)))
    return tuple(sorted(found, key=lambda one: -one.width))


def widths_shown(
    image: Floats, spacing: tuple[float, float], radius: float, distance: float
) -> tuple[float, ...]:
    """Give the width of the bars that each quadrant shows, mm, where nobody has said which they are.

    Raises:
        CannotTell: a quadrant shows no bars, is uneven, or three or more show the same: no quadrant phantom.
    """
    found = []
    for place, (down, along) in _PLACES.items():
        _, window = _disc(image, spacing, (down * distance, along * distance), radius, place)
        period = _period(window, spacing, COARSEST)
        if period is None:
            raise CannotTell(f"the {place} quadrant shows no bars", code="no_bars")
        found.append(period / 2.0)
    ordered = sorted(found)
    steps = sum(b > a * (1.0 + SAME_PERIOD) for a, b in pairwise(ordered))
    if steps < 2:
        raise CannotTell("the quadrants do not show bars of several widths", code="same_bars")
    return tuple(found)


_DIAGONAL = math.sqrt(0.5)
_PLACES = {
    f"{vertical} {side}": (down * _DIAGONAL, along * _DIAGONAL)
    for vertical, down in (("upper", -1.0), ("lower", 1.0))
    for side, along in (("left", -1.0), ("right", 1.0))
}


def _disc(
    image: Floats, spacing: tuple[float, float], offset: tuple[float, float], radius: float, place: str
) -> tuple[Floats, Floats]:
    """Cut a disc out, and the square window inside it, by mm from the image's centre."""
    centre = [(size - 1) / 2 + mm / side for size, mm, side in zip(image.shape, offset, spacing, strict=True)]
    first = [math.ceil(at - radius / side) for at, side in zip(centre, spacing, strict=True)]
    last = [math.floor(at + radius / side) for at, side in zip(centre, spacing, strict=True)]
    if min(first) < 0 or last[0] >= image.shape[0] or last[1] >= image.shape[1] or last[0] - first[0] < 15:
        raise CannotTell(f"the disc of the {place} quadrant does not fit into the image", code="no_room")
    cut = image[first[0] : last[0] + 1, first[1] : last[1] + 1]
    down = (np.arange(first[0], last[0] + 1) - centre[0])[:, None] * spacing[0]
    along = (np.arange(first[1], last[1] + 1) - centre[1])[None, :] * spacing[1]
    inside = down**2 + along**2 <= radius**2
    counts = cut[inside]
    halves = [float(cut[inside & part].mean()) for part in (down < 0, down > 0, along < 0, along > 0)]
    if counts.mean() <= 0 or max(halves) - min(halves) > EVEN * counts.mean():
        message = f"the {place} quadrant is uneven: its halves differ by more than {100 * EVEN:.0f} %"
        raise CannotTell(f"{message}; the disc does not lie on bars alone", code="uneven_quadrant")
    trim = [max(1, round(len(part) * (1 - _DIAGONAL) / 2)) for part in (down[:, 0], along[0])]
    return counts, cut[trim[0] : -trim[0], trim[1] : -trim[1]]


def _which(window: Floats, spacing: tuple[float, float], widths: list[float], place: str) -> float:
    """Find which of the widths a window shows."""
    period = _period(window, spacing, max(widths))
    nearest = min(widths, key=lambda width: abs(2.0 * width - (period or math.inf)))
    if period is None or abs(2.0 * nearest - period) > SAME_PERIOD * period:
        given = ", ".join(f"{width:g}" for width in widths)
        shown = "no bars" if period is None else f"bars of {period / 2:.2f} mm"
        message = f"the {place} quadrant shows {shown}; bars of {given} mm are looked for"
        raise CannotTell(message, code="other_bars")
    return nearest


def _period(window: Floats, spacing: tuple[float, float], coarsest: float) -> float | None:
    """Give the period of the highest line of a window's spectrum, mm; None where none stands out."""
    shape = np.outer(np.hanning(window.shape[0]), np.hanning(window.shape[1]))
    power = abs(np.fft.rfft2((window - window.mean()) * shape)) ** 2
    down = np.fft.fftfreq(window.shape[0], spacing[0])[:, None]
    along = np.fft.rfftfreq(window.shape[1], spacing[1])[None, :]
    frequency = np.hypot(down, along)
    # A quarter below the coarsest bars' frequency lies shading, not bars.
    power[frequency < 0.75 / (2.0 * coarsest)] = 0.0
    highest = np.unravel_index(int(np.argmax(power)), power.shape)
    if not power[highest] > CLEAR * float(np.median(power)):
        return None
    return 1.0 / float(frequency[highest])
