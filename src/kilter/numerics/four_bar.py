"""A phantom of four line sources around a square: resolution and pixel size along both axes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kilter.measure.error import CannotTell
from kilter.measure.unit import Floats
from kilter.numerics.peak import Method, Peak, peak, places_above

# Of the brightest counts; the lines stand far above, what scatters around them below.
LIT = 0.25
# What a profile may hold besides its two lines, of the higher one.
CLEAN = 0.10
# Half of the samples about a line that are fitted, in parts of the lines' distance.
REACH = 0.2


@dataclass(frozen=True, slots=True)
class Axis:
    """What the two lines across one axis give, in recorded pixels: mean widths and distance."""

    fwhm: float
    fwtm: float
    distance: float
    first: Peak
    second: Peak


@dataclass(frozen=True, slots=True)
class FourBar:
    """Both axes, and the centre of the phantom as (row, column)."""

    x: Axis
    y: Axis
    centre: tuple[float, float]


def four_bar(image: Floats, band: tuple[float, float], method: Method) -> FourBar:
    """Find the four lines and measure across the middle of each.

    Args:
        image: counts, axes (rows, columns).
        band: how much of the lines' length is summed, in pixels (down, along).
        method: how the width is read, see `peak.peak`.

    Raises:
        CannotTell: not four lines, each on one side of a square; the message says what was found.
    """
    lit = image > LIT * np.quantile(image, 0.9995)
    rows, columns = np.flatnonzero(lit.any(axis=1)), np.flatnonzero(lit.any(axis=0))
    if not len(rows) or min(np.ptp(rows), np.ptp(columns)) < 10:
        raise CannotTell("not a four-bar phantom: nothing stands out of the image", code="not_four_bars")
    centre = (float(rows[0] + rows[-1]) / 2, float(columns[0] + columns[-1]) / 2)
    down, along = _band(centre[0], band[0]), _band(centre[1], band[1])
    x = _axis(image[down].mean(axis=0), centre[1], "x", method)
    y = _axis(image[:, along].mean(axis=1), centre[0], "y", method)
    return FourBar(x, y, centre)


def _band(centre: float, width: float) -> slice:
    first = round(centre - width / 2 + 0.5)
    return slice(max(0, first), first + max(1, round(width)))


def _axis(profile: Floats, centre: float, name: str, method: Method) -> Axis:
    """Measure the two lines of one profile: one on each side of the centre, and nothing else."""
    found = places_above(profile, 0.5)
    if len(found) != 2 or not found[0][1] <= centre <= found[1][0]:
        message = f"not a four-bar phantom: {len(found)} lines lie across the middle along {name}, not two"
        raise CannotTell(message, code="not_four_bars")
    middles = [(first + last - 1) / 2 for first, last in found]
    reach = REACH * (middles[1] - middles[0])
    ends = [(max(0, round(at - reach)), round(at + reach) + 1) for at in middles]
    rest = profile.copy()
    for first, last in ends:
        rest[first:last] = 0.0
    if rest.max() > CLEAN * profile.max():
        message = (
            f"not a four-bar phantom: {100 * rest.max() / profile.max():.0f} % of a line's height along "
        )
        raise CannotTell(f"{message}{name} lies where no line is", code="not_four_bars")
    one, two = (_shifted(peak(profile[first:last], method), first) for first, last in ends)
    return Axis((one.fwhm + two.fwhm) / 2, (one.fwtm + two.fwtm) / 2, two.place - one.place, one, two)


def _shifted(found: Peak, by: int) -> Peak:
    return Peak(found.place + by, found.height, found.fwhm, found.fwtm)
