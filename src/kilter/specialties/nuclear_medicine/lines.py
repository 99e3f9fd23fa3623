"""Line spread and linearity of a gamma camera from a slit grid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from kilter.formats.dicom_image import read_planar
from kilter.measure.error import CannotTell
from kilter.measure.procedure import procedure
from kilter.measure.quantity import Between, Figure, File, Millimetre, Note, Notes, Percent, Ratio, quantity
from kilter.numerics.line_grid import LineGrid, line_grid
from kilter.numerics.peak import Method
from kilter.specialties.nuclear_medicine.planar import checked, curves, held
from kilter.specialties.nuclear_medicine.standards import NEMA_NU_1

Length = Annotated[Millimetre, Between(0.0, 1000.0)]
Degree = Annotated[float, quantity("deg")]
FEWEST_SAMPLES = 3.0


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
    strip: Annotated[Millimetre, Between(1.0, 50.0)] = 10.0,
    margin: Annotated[float, quantity("percent"), Between(0.0, 40.0)] = 5.0,
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
    words = f"fewer than {FEWEST_SAMPLES:g} pixels lie across a line's half height; record a finer matrix"
    coarse = (Note("coarse_matrix", words, doubt=True),) if found.fwhm < FEWEST_SAMPLES else ()
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
        notes=(used, *coarse, *held(read)),
    )


def _displacement(found: LineGrid, side: float) -> Figure:
    """Draw how far each line lies from the even grid, along itself."""
    series = []
    for number in range(found.lines):
        own = found.places[:, 0] == number
        series.append((f"line {number + 1}", found.places[own, 1] * side, found.deviations[own] * side))
    largest = float(np.abs(found.deviations).max()) * side
    alt = f"{found.lines} lines; the largest distance from the even grid is {largest:.2f} mm."
    return curves("Distance of the lines from an even grid", alt, ("mm along the line", "mm"), series)
