"""Line spread and linearity of a gamma camera from a slit grid, and resolution from line sources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from kilter.formats.dicom_image import read_planar
from kilter.measure.error import BadInput, CannotTell
from kilter.measure.procedure import procedure
from kilter.measure.quantity import Between, Figure, File, Millimetre, Note, Notes, Percent, Ratio, quantity
from kilter.numerics.line_grid import LineGrid, line_grid
from kilter.numerics.line_source import LineSources
from kilter.numerics.line_source import line_sources as find_sources
from kilter.numerics.peak import Method
from kilter.specialties.nuclear_medicine.planar import checked, curves, held
from kilter.specialties.nuclear_medicine.standards import NEMA_NU_1

Length = Annotated[Millimetre, Between(0.0, 1000.0)]
Degree = Annotated[float, quantity("deg")]
Strip = Annotated[Millimetre, Between(1.0, 50.0)]
Margin = Annotated[float, quantity("percent"), Between(0.0, 40.0)]
FEWEST_SAMPLES = 3.0
MOST_APART = 0.5
"""Degrees from parallel beyond which the distance of two lines depends on where it is read."""


@dataclass(frozen=True, slots=True)
class LineSpread:
    """Widths, pixel size across the lines, and linearity over all places of all lines.

    `differential` is the standard deviation and `absolute` the largest of the distances of the lines from
    the best even grid of straight parallel lines.
    """

    fwhm: Length
    fwtm: Length
    pixel: Length
    difference: Percent
    differential: Length
    absolute: Length
    angle: Degree
    lines: Ratio
    displacement: Figure
    notes: Notes


@procedure("nuclear_medicine.line_spread", version=1, cites=[NEMA_NU_1], uncertainty="own")
def line_spread(
    *,
    image: File,
    spacing: Annotated[Millimetre, Between(5.0, 500.0)] = 30.0,
    strip: Strip = 10.0,
    margin: Margin = 5.0,
    method: Method = "nema",
) -> LineSpread:
    """Line spread function and linearity from a grid of parallel slits, `spacing` apart.

    Each line is cut into strips of its length, its outer `margin` left out, and each strip is measured by
    itself. Whether the lines run along rows or columns is found; an image without an even grid is refused.
    """
    read, sides = checked(read_planar(image.content, field="image"), field="image", wanted="a slit grid")
    try:
        found = line_grid(read.pixels[0], max(1, round(strip / min(sides))), margin / 100.0, method)
    except CannotTell as reason:
        raise CannotTell(reason.message, field="image", code=reason.code) from reason
    side = sides[0] if found.across == "y" else sides[1]
    pixel = spacing / found.spacing
    used = Note(
        "lines", f"{found.lines} lines across {found.across}, measured at {len(found.places)} places."
    )
    return LineSpread(
        fwhm=found.fwhm * side,
        fwtm=found.fwtm * side,
        pixel=pixel,
        difference=100.0 * (pixel / side - 1.0),
        differential=float(found.deviations.std()) * side,
        absolute=float(abs(found.deviations).max()) * side,
        angle=found.angle,
        lines=float(found.lines),
        displacement=_displacement(found, side),
        notes=(used, *_coarse(found.fwhm), *held(read)),
    )


def _coarse(fwhm: float) -> tuple[Note, ...]:
    """Doubt a width of few pixels."""
    words = f"fewer than {FEWEST_SAMPLES:g} pixels lie across a line's half height; record a finer matrix"
    return (Note("coarse_matrix", words, doubt=True),) if fwhm < FEWEST_SAMPLES else ()


def _displacement(found: LineGrid, side: float) -> Figure:
    """Draw how far each line lies from the even grid, along itself."""
    series = []
    for number in range(found.lines):
        own = found.places[:, 0] == number
        series.append((f"line {number + 1}", found.places[own, 1] * side, found.deviations[own] * side))
    largest = float(np.abs(found.deviations).max()) * side
    alt = f"{found.lines} lines; the largest distance from the even grid is {largest:.2f} mm."
    return curves("Distance of the lines from an even grid", alt, ("mm along the line", "mm"), series)


@dataclass(frozen=True, slots=True)
class LineSource:
    """Widths over all places of one or two lines; of two, their distance as the file's pixels say.

    `pixel` and `difference` are there where the true distance of two lines was given.
    """

    fwhm: Length
    fwtm: Length
    distance: Length | None
    pixel: Length | None
    difference: Percent | None
    angle: Degree
    lines: Ratio
    widths: Figure
    uncertainties: Mapping[str, float]
    notes: Notes


@procedure("nuclear_medicine.line_source", version=1, cites=[NEMA_NU_1], uncertainty="own")
def line_source(
    *,
    image: File,
    separation: Annotated[Millimetre, Between(5.0, 1000.0)] | None = None,
    strip: Strip = 10.0,
    margin: Margin = 5.0,
    method: Method = "nema",
) -> LineSource:
    """Resolution by one or two line sources, such as filled capillaries, with or without scatter.

    Each line is cut into strips of its length, its outer `margin` and what is brighter than three times the
    rest left out; each strip is measured by itself, square to the line. Two lines a known `separation`
    apart give the size of a pixel too. The uncertainty of a width is that of the mean of its places.
    """
    read, sides = checked(read_planar(image.content, field="image"), field="image", wanted="a line source")
    try:
        found = find_sources(read.pixels[0], max(1, round(strip / min(sides))), margin / 100.0, method)
    except CannotTell as reason:
        raise CannotTell(reason.message, field="image", code=reason.code) from reason
    if separation is not None and found.distance is None:
        words = "one line is on the image; a separation needs two"
        raise BadInput(words, field="separation", code="one_line")
    side = sides[0] if found.across == "y" else sides[1]
    pixel = separation / found.distance if separation is not None and found.distance is not None else None
    used = Note("lines", f"{found.lines} across {found.across}, measured at {len(found.places)} places.")
    count = len(found.places)
    return LineSource(
        fwhm=float(found.fwhm.mean()) * side,
        fwtm=float(found.fwtm.mean()) * side,
        distance=None if found.distance is None else found.distance * side,
        pixel=pixel,
        difference=None if pixel is None else 100.0 * (pixel / side - 1.0),
        angle=max(found.angles, key=abs),
        lines=float(found.lines),
        widths=_widths(found, side),
        uncertainties={
            "fwhm": float(found.fwhm.std(ddof=1)) * side / count**0.5,
            "fwtm": float(found.fwtm.std(ddof=1)) * side / count**0.5,
        },
        notes=(used, *_coarse(float(found.fwhm.mean())), *_not_parallel(found), *held(read)),
    )


def _not_parallel(found: LineSources) -> tuple[Note, ...]:
    """Doubt a distance of lines that are not parallel."""
    apart = max(found.angles) - min(found.angles)
    if apart <= MOST_APART:
        return ()
    words = f"the two lines are {apart:.1f} degrees from parallel; their distance is that of their middles"
    return (Note("not_parallel", words, doubt=True),)


def _widths(found: LineSources, side: float) -> Figure:
    """Draw the width along each line."""
    series = []
    for number in range(found.lines):
        own = found.places[:, 0] == number
        series.append((f"line {number + 1}", found.places[own, 1] * side, found.fwhm[own] * side))
    alt = f"FWHM from {found.fwhm.min() * side:.2f} to {found.fwhm.max() * side:.2f} mm along the lines."
    return curves("FWHM along the lines", alt, ("mm along the line", "mm"), series)
