"""A grid of parallel lines: widths of the lines, size of a pixel, and how straight the camera draws."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kilter.measure.error import CannotTell
from kilter.measure.unit import Floats
from kilter.numerics.peak import Method, Peak, peak

# Two lines are always even; what they say of a grid is nothing.
FEWEST_LINES = 3
# A strip whose line is lower than this part of the typical line is off the detector or behind its edge.
LIT = 0.6
# A line that is not found within this part of the spacing is none.
NEAR = 0.25
# Other lines than those of the grid must stay under this part of the typical line.
CLEAN = 0.25


@dataclass(frozen=True, slots=True)
class LineGrid:
    """What a grid of lines gives; lengths in pixels.

    Attributes:
        across: the axis the lines are crossed along: "x" (lines run down) or "y" (they run along a row).
        lines: how many.
        spacing: mean distance of neighbours.
        angle: of the lines to the axis of the image, degrees.
        fwhm, fwtm: means over all places.
        places: (line, position along it, position across it) of all places, shape (n, 3).
        deviations: of the places from the best even grid of straight lines, shape (n,).
    """

    across: str
    lines: int
    spacing: float
    angle: float
    fwhm: float
    fwtm: float
    places: Floats
    deviations: Floats


def line_grid(image: Floats, strip: int, margin: float, method: Method) -> LineGrid:
    """Find the lines, cut them into strips, and fit each; then fit an even grid to all places.

    Args:
        image: counts, axes (rows, columns).
        strip: length of line that is summed for one place, pixels.
        margin: part of each line's length that is left out at its ends.
        method: how a width is read, see `peak.peak`.

    Raises:
        CannotTell: no grid of parallel lines; the message says what was found.
    """
    across = "y" if image.sum(axis=1).std() > image.sum(axis=0).std() else "x"
    upright = image if across == "y" else image.T
    starts = _first(upright)
    spacing = float(np.median(np.diff(starts)))
    found: list[tuple[float, float, float]] = []
    widths: list[Peak] = []
    for number, start in enumerate(starts):
        for along, one in _along(upright, start, spacing, strip, margin, method):
            found.append((float(number), along, one.place))
            widths.append(one)
    if len(found) < 3 * len(starts):
        raise CannotTell("the lines are too short to measure", code="short_lines")
    places = np.array(found)
    spacing, angle, deviations = _even_grid(places)
    return LineGrid(
        across=across,
        lines=len(starts),
        spacing=spacing,
        angle=angle,
        fwhm=float(np.mean([one.fwhm for one in widths])),
        fwtm=float(np.mean([one.fwtm for one in widths])),
        places=places,
        deviations=deviations,
    )


def _first(upright: Floats) -> Floats:
    """Find the lines in the mean of the middle third."""
    third = upright.shape[1] // 3
    profile = upright[:, third : 2 * third].mean(axis=1)
    high = 0.4 * float(np.quantile(profile, 0.99))
    above = np.concatenate(([False], profile > high, [False]))
    ends = np.flatnonzero(above[1:] != above[:-1])
    tops = np.array([first + int(np.argmax(profile[first:last])) for first, last in ends.reshape(-1, 2)])
    if high <= 0 or len(tops) < FEWEST_LINES:
        raise CannotTell(f"not a grid of lines: {len(tops)} stand across the middle", code="not_lines")
    steps = np.diff(tops)
    if steps.max() > 1.2 * steps.min() or steps.min() < 8:
        message = f"not an even grid: neighbours lie {steps.min():g} to {steps.max():g} pixels apart"
        raise CannotTell(message, code="not_even")
    between = profile[(tops[:-1] + tops[1:]) // 2]
    if between.max() > CLEAN * profile.max():
        raise CannotTell("not a grid of lines: counts do not fall between them", code="not_lines")
    # A line at the edge of the image is not whole.
    room = 0.45 * float(np.median(steps))
    whole = tops[(tops >= room) & (tops <= len(profile) - 1 - room)]
    if len(whole) < FEWEST_LINES:
        raise CannotTell(f"not a grid of lines: {len(whole)} lie whole in the image", code="not_lines")
    return whole.astype(np.float64)


def _along(
    upright: Floats, start: float, spacing: float, strip: int, margin: float, method: Method
) -> list[tuple[float, Peak]]:
    """Measure one line strip by strip, where it is lit, its ends left out."""
    first, profiles = strips_of(upright, start, round(0.4 * spacing), strip)
    tops = profiles.max(axis=1)
    lit = np.flatnonzero(tops > LIT * np.median(tops[tops > 0.3 * tops.max()]))
    off = int(np.ceil(margin * len(lit)))
    found = peaks_of(profiles, lit[off : len(lit) - off], first, strip, method)
    return [(along, one) for along, one in found if abs(one.place - start) <= NEAR * spacing]


def strips_of(upright: Floats, start: float, reach: int, strip: int) -> tuple[int, Floats]:
    """Cut a line along the second axis, near row `start`, into strips of its length.

    Returns:
        The first row looked at, and the mean profile across of each strip, shape (strips, rows).
    """
    first = max(0, round(start) - reach)
    band = upright[first : round(start) + reach + 1]
    strips = band.shape[1] // strip
    return first, band[:, : strips * strip].reshape(band.shape[0], strips, strip).mean(axis=2).T


def peaks_of(
    profiles: Floats, numbers: npt.NDArray[np.int64], first: int, strip: int, method: Method
) -> list[tuple[float, Peak]]:
    """Measure the named strips: the middle of each along the line, and its peak, placed in the image.

    Raises:
        CannotTell: a strip's profile has no peak, or is cut off.
    """
    found = []
    for number in numbers:
        one = peak(profiles[number], method)
        moved = Peak(one.place + first, one.height, one.fwhm, one.fwtm)
        found.append((float(number) * strip + (strip - 1) / 2, moved))
    return found


def _even_grid(places: Floats) -> tuple[float, float, Floats]:
    """Fit place = a + spacing line + slope along, by least squares; give spacing, angle and what is left."""
    line, along, across = places.T
    design = np.stack([np.ones(len(line)), line, along - along.mean()], axis=1)
    best, *_ = np.linalg.lstsq(design, across, rcond=None)
    slope = float(best[2])
    upright = 1.0 / np.hypot(1.0, slope)
    left = np.asarray((across - design @ best) * upright, dtype=np.float64)
    return float(best[1]) * float(upright), float(np.degrees(np.arctan(slope))), left
