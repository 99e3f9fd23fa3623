"""One or two line sources on a camera: how wide they are shown, and how far apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kilter.measure.error import CannotTell
from kilter.measure.unit import Floats
from kilter.numerics.line_grid import CLEAN, peaks_of, strips_of
from kilter.numerics.peak import Method, Peak, places_above

MOST_LINES = 2
# A capillary is filled unevenly. Where it is this much brighter than along most of it, it is a bulb or a hook
# at its end; below this part of the usual it is empty; below this part of the brightest nothing is filled.
BULB, DIM, FAINT = 3.0, 0.3, 0.05
# What is called a line is this much longer than it is wide.
SLENDER = 6.0
FEWEST_STRIPS = 8
STEEPEST = 3.0
"""Degrees to the axis beyond which a strip across the line is no longer one place of it."""


@dataclass(frozen=True, slots=True)
class LineSources:
    """What the lines give; lengths in pixels, measured square to the lines.

    Attributes:
        across: the axis that crosses the lines, "x" (they run down) or "y" (they run along a row).
        lines: how many.
        distance: of two lines, halfway along what both show; None of one.
        angles: of each line to the axis of the image, degrees.
        fwhm, fwtm: of every place, shape (n,).
        places: (line, position along it, position across it) of every place, shape (n, 3).
    """

    across: str
    lines: int
    distance: float | None
    angles: tuple[float, ...]
    fwhm: Floats
    fwtm: Floats
    places: Floats


def line_sources(image: Floats, strip: int, margin: float, method: Method) -> LineSources:
    """Find one or two lines, cut them into strips, and measure each strip.

    Args:
        image: counts, axes (rows, columns).
        strip: length of line that is summed for one place, pixels.
        margin: part of each line's length that is left out at its ends.
        method: how a width is read, see `peak.peak`.

    Raises:
        CannotTell: no line, more than two, or lines too short, too wide, too oblique or cut off.
    """
    across = "y" if image.sum(axis=1).std() > image.sum(axis=0).std() else "x"
    upright = image if across == "y" else image.T
    starts, reach = _find(upright)
    found: list[tuple[float, float, float]] = []
    widths: list[Peak] = []
    for number, start in enumerate(starts):
        for along, one in _along(upright, start, int(reach), strip, margin, method):
            found.append((float(number), along, one.place))
            widths.append(one)
    places = np.array(found)
    slopes, distance = _straight(places, len(starts), strip)
    upright_part = np.array([1.0 / np.hypot(1.0, slopes[int(one[0])]) for one in found])
    return LineSources(
        across=across,
        lines=len(starts),
        distance=distance,
        angles=tuple(float(np.degrees(np.arctan(one))) for one in slopes),
        fwhm=np.array([one.fwhm for one in widths]) * upright_part,
        fwtm=np.array([one.fwtm for one in widths]) * upright_part,
        places=places,
    )


def _find(upright: Floats) -> tuple[list[float], float]:
    """Give the row near which each line runs, and how far about it belongs to it alone."""
    profile = upright.mean(axis=1)
    if profile.max() <= 0:
        raise CannotTell("not a line source: there is nothing on the image", code="not_lines")
    runs = places_above(profile, CLEAN)
    if len(runs) > MOST_LINES:
        message = f"not one or two line sources: {len(runs)} lines stand across the image"
        raise CannotTell(message, code="too_many_lines")
    tops = [first + int(np.argmax(profile[first:last])) for first, last in runs]
    widest = max(last - first for first, last in runs)
    lit = int((upright[tops].max(axis=0) > 0.5 * np.median(upright[tops].max(axis=0))).sum())
    if widest * SLENDER > lit:
        message = (
            f"no line source along an axis of the image: what stands out is {widest} pixels wide, {lit} long"
        )
        raise CannotTell(message, code="not_lines")
    room = min(min(tops), len(profile) - 1 - max(tops))
    reach = 0.45 * (tops[1] - tops[0]) if len(tops) > 1 else 4.0 * widest
    return [float(one) for one in tops], min(reach, float(room))


def _along(
    upright: Floats, start: float, reach: int, strip: int, margin: float, method: Method
) -> list[tuple[float, Peak]]:
    """Measure one line strip by strip, without its ends and without what is no even part of a capillary."""
    first, profiles = strips_of(upright, start, reach, strip)
    tops = profiles.max(axis=1)
    usual = float(np.median(tops[tops > FAINT * tops.max()]))
    lit = np.flatnonzero(tops > DIM * usual)
    off = int(np.ceil(margin * len(lit)))
    inner = lit[off : len(lit) - off]
    even = inner[tops[inner] <= BULB * usual]
    if np.any(profiles[even][:, [0, -1]].max(axis=1, initial=0.0) > CLEAN * tops[even]):
        raise CannotTell("counts do not fall beside the line: something else crosses it", code="cut_off")
    try:
        return peaks_of(profiles, even, first, strip, method)
    except CannotTell as reason:
        message = f"somewhere along the line there is no single peak across it: {reason.message}"
        raise CannotTell(message, code=reason.code) from reason


def _straight(places: Floats, lines: int, strip: int) -> tuple[list[float], float | None]:
    """Give the slope of each line and the distance of two, square to them, halfway along both."""
    slopes, levels = [], []
    middle = float(np.mean(places[:, 1])) if len(places) else 0.0
    for number in range(lines):
        own = places[places[:, 0] == number] if len(places) else places
        if len(own) < FEWEST_STRIPS:
            message = f"a line is too short: {len(own)} places of {strip} pixels, {FEWEST_STRIPS} are needed"
            raise CannotTell(message, code="short_lines")
        slope, level = np.polyfit(own[:, 1] - middle, own[:, 2], 1)
        if abs(np.degrees(np.arctan(slope))) > STEEPEST:
            message = f"a line lies more than {STEEPEST:g} degrees off the axes of the image; turn it"
            raise CannotTell(message, code="oblique")
        slopes.append(float(slope))
        levels.append(float(level))
    if lines == 1:
        return slopes, None
    return slopes, abs(levels[1] - levels[0]) / float(np.hypot(1.0, np.mean(slopes)))
