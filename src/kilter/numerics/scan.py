"""A whole-body scan of an even source: counts along the bed, and lines along and across it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from kilter.measure.error import CannotTell
from kilter.measure.unit import Floats
from kilter.numerics.peak import Peak, peak

# Central part of the lit width that is summed, and what is too narrow for a flood, mm.
CENTRAL, NARROWEST = 0.75, 100.0
# Half of the width about a line that belongs to it, mm, and what is too wide for one.
REACH, WIDEST = 40.0, 30.0
# Part of the counts of a line's neighbourhood, 200 mm wide, that must lie within its reach.
MOSTLY = 0.6
FEWEST_BINS = 10
FEWEST_COUNTS = 400.0


@dataclass(frozen=True, slots=True)
class Along:
    """Counts along the bed.

    Attributes:
        at: middle of each bin, mm from the first row of the image.
        counts: of each.
        bin: length of a bin, mm.
        departure: of each from their mean, percent.
        noise: what counting alone scatters, percent.
        slope: change by a straight line from the first bin to the last, percent of the mean.
        slope_u: standard uncertainty of it.
    """

    at: Floats
    counts: Floats
    bin: float
    departure: Floats
    noise: float
    slope: float
    slope_u: float

    @property
    def worst(self) -> int:
        """Number of the bin that departs most."""
        return int(np.argmax(abs(self.departure)))


@dataclass(frozen=True, slots=True)
class Line:
    """A line, measured in strips of a bin each; lengths in mm.

    Attributes:
        fwhm, fwtm: means over the strips.
        fwhm_u: standard uncertainty of the mean, from the scatter of the strips.
        wander: largest distance of a strip's middle from a straight line through all.
    """

    fwhm: float
    fwtm: float
    fwhm_u: float
    wander: float


def flood_along(image: Floats, spacing: tuple[float, float], window: float, ends: float) -> Along:
    """Sum the central part of a flood's width in bins along the bed.

    Args:
        image: counts; the bed moves down the rows.
        spacing: mm (down, along).
        window: length of a bin, mm.
        ends: left off at each end of what is lit, mm: there the field enters and leaves.

    Raises:
        CannotTell: nothing lit, too narrow for a flood, too short, or too few counts.
    """
    across = image.sum(axis=0)
    lit = np.flatnonzero(across > 0.5 * float(np.quantile(across, 0.9)))
    if across.max() <= 0:
        raise CannotTell("the image holds no counts", code="empty")
    width = len(lit) * spacing[1]
    if width < NARROWEST:
        message = f"not a flood: {width:.0f} mm are lit across the bed, {NARROWEST:.0f} mm are wanted"
        raise CannotTell(message, code="not_a_flood")
    trim = round(len(lit) * (1.0 - CENTRAL) / 2.0)
    return _along(image[:, lit[trim] : lit[-1] - trim + 1].sum(axis=1), spacing[0], window, ends)


def line_along(image: Floats, spacing: tuple[float, float], window: float, ends: float) -> tuple[Along, Line]:
    """Sum about a line that lies along the bed, and measure its width across.

    Raises:
        CannotTell: as `flood_along`, or no single line.
    """
    across = image.sum(axis=0)
    if across.max() <= 0:
        raise CannotTell("the image holds no counts", code="empty")
    middle, reach = int(np.argmax(across)), round(REACH / spacing[1])
    first, last = max(0, middle - reach), min(len(across), middle + reach + 1)
    wide = slice(max(0, middle - round(2.5 * reach)), middle + round(2.5 * reach) + 1)
    if across[first:last].sum() < MOSTLY * across[wide].sum():
        raise CannotTell("not a line along the bed: most counts lie elsewhere", code="not_a_line")
    strip = image[:, first:last]
    along = _along(strip.sum(axis=1), spacing[0], window, ends)
    return along, _line(strip, spacing, along.at, along.bin)


def line_across(image: Floats, spacing: tuple[float, float], window: float, ends: float) -> Line:
    """Measure the width along the bed of a line that lies across it.

    Raises:
        CannotTell: no single line across the bed.
    """
    return line_along(image.T, (spacing[1], spacing[0]), window, ends)[1]


def _along(rows: Floats, side: float, window: float, ends: float) -> Along:
    """Bin what is lit; a gap between its first and its last row belongs to it and is a fault."""
    lit = np.flatnonzero(rows > 0.5 * float(np.median(rows[rows > 0.1 * rows.max()])))
    size, trim = max(1, round(window / side)), math.ceil(ends / side)
    first = int(lit[0]) + trim
    number = (int(lit[-1]) + 1 - trim - first) // size
    if number < FEWEST_BINS:
        message = f"{(lit[-1] - lit[0] + 1) * side:.0f} mm of the bed are lit: {max(0, number)} bins, "
        raise CannotTell(f"{message}and {FEWEST_BINS} are wanted", code="short_scan")
    counts = rows[first : first + number * size].reshape(number, size).sum(axis=1)
    mean = float(counts.mean())
    if mean < FEWEST_COUNTS:
        message = f"{mean:.0f} counts in a bin of {size * side:.0f} mm; {FEWEST_COUNTS:.0f} are wanted"
        raise CannotTell(message, code="few_counts")
    at = np.asarray((first + size * (np.arange(number) + 0.5)) * side, dtype=np.float64)
    departure = 100.0 * (counts / mean - 1.0)
    away = (at - at.mean()) / np.ptp(at)
    inertia = float(away @ away)
    noise = 100.0 / math.sqrt(mean)
    slope = float(away @ departure) / inertia
    return Along(at, counts, size * side, departure, noise, slope, noise / math.sqrt(inertia))


def _line(strip: Floats, spacing: tuple[float, float], at: Floats, length: float) -> Line:
    """Measure a line in each bin of its length."""
    size = round(length / spacing[0])
    first = round(at[0] / spacing[0] - size / 2)
    parts = strip[first : first + len(at) * size].reshape(len(at), size, -1).sum(axis=1)
    edge = np.minimum(parts[:, :3].mean(axis=1), parts[:, -3:].mean(axis=1))
    found: list[Peak] = [peak(part - low, "gaussian") for part, low in zip(parts, edge, strict=True)]
    fwhm = np.array([one.fwhm for one in found]) * spacing[1]
    if fwhm.mean() > WIDEST:
        message = f"not a line: it is {fwhm.mean():.0f} mm wide at half of its height"
        raise CannotTell(message, code="not_a_line")
    place = np.array([one.place for one in found]) * spacing[1]
    course = np.polyval(np.polyfit(at, place, 1), at)
    return Line(
        float(fwhm.mean()),
        float(np.mean([one.fwtm for one in found]) * spacing[1]),
        float(fwhm.std(ddof=1) / math.sqrt(len(fwhm))),
        float(abs(place - course).max()),
    )
