"""Resolution of a gamma camera from a four-bar phantom and from a quadrant bar phantom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from kilter.formats.dicom_image import read_planar
from kilter.measure.error import BadInput, CannotTell
from kilter.measure.procedure import procedure
from kilter.measure.quantity import (
    Between,
    Figure,
    File,
    Millimetre,
    Note,
    Notes,
    Percent,
    Ratio,
    Table,
    repeated,
)
from kilter.measure.unit import Floats
from kilter.numerics.bar_pattern import Quadrant, quadrants
from kilter.numerics.four_bar import FourBar, four_bar
from kilter.numerics.peak import Method
from kilter.specialties.nuclear_medicine.planar import checked, curves, held
from kilter.specialties.nuclear_medicine.standards import HANDER, NEMA_NU_1, NMQC

Width = Annotated[Millimetre, Between(0.0, 100.0)]
# Fewer samples across a line's half-height do not tell its width.
FEWEST_SAMPLES = 3.0


@dataclass(frozen=True, slots=True)
class BarResolution:
    """Widths at half and tenth maximum, pixel size, and how far that is from the file's, along x and y."""

    fwhm_x: Width
    fwhm_y: Width
    fwtm_x: Width
    fwtm_y: Width
    pixel_x: Width
    pixel_y: Width
    difference_x: Percent
    difference_y: Percent
    profiles: Figure
    notes: Notes


@procedure("nuclear_medicine.bar_resolution", version=1, cites=[NEMA_NU_1, NMQC], uncertainty="own")
def bar_resolution(
    *,
    image: File,
    separation: Annotated[Millimetre, Between(20.0, 500.0)] = 100.0,
    band: Annotated[Millimetre, Between(1.0, 100.0)] = 10.0,
    method: Method = "gaussian",
) -> BarResolution:
    """Resolution and pixel size from four line sources on the sides of a square.

    The lines are found in the image, summed over `band` at their middle, and each is fitted by itself;
    the distance of two lines, known as `separation`, gives the size of a pixel. x runs along a row of
    the image, y down a column. An image without exactly two lines across each axis is refused.
    """
    read, (down, along) = checked(
        read_planar(image.content, field="image"), field="image", wanted="four bars"
    )
    try:
        found = four_bar(read.pixels[0], (band / down, band / along), method)
    except CannotTell as reason:
        raise CannotTell(reason.message, field="image", code=reason.code) from reason
    pixel_x, pixel_y = separation / found.x.distance, separation / found.y.distance
    few = min(found.x.fwhm, found.y.fwhm) < FEWEST_SAMPLES
    words = f"fewer than {FEWEST_SAMPLES:g} pixels lie across a line's half height; record a finer matrix"
    return BarResolution(
        fwhm_x=found.x.fwhm * along,
        fwhm_y=found.y.fwhm * down,
        fwtm_x=found.x.fwtm * along,
        fwtm_y=found.y.fwtm * down,
        pixel_x=pixel_x,
        pixel_y=pixel_y,
        difference_x=100.0 * (pixel_x / along - 1.0),
        difference_y=100.0 * (pixel_y / down - 1.0),
        profiles=_profiles(read.pixels[0], (down, along), band, found),
        notes=((Note("coarse_matrix", words, doubt=True),) if few else ()) + held(read),
    )


def _profiles(image: Floats, spacing: tuple[float, float], band: float, found: FourBar) -> Figure:
    row, column = (round(at) for at in found.centre)
    half = [max(1, round(band / side / 2)) for side in spacing]
    along = image[row - half[0] : row + half[0]].mean(axis=0)
    down = image[:, column - half[1] : column + half[1]].mean(axis=1)
    series = []
    for name, profile, side, centre in (("x", along, spacing[1], column), ("y", down, spacing[0], row)):
        lit = np.flatnonzero(profile > 0.01 * profile.max())
        part = slice(int(lit[0]), int(lit[-1]) + 1)
        places = np.arange(len(profile), dtype=np.float64)
        series.append((name, (places[part] - centre) * side, profile[part]))
    alt = "Counts across the four lines: two peaks along x and two along y."
    return curves("Profiles across the lines", alt, ("mm from the centre", "counts in a pixel"), series)


@dataclass(frozen=True, slots=True)
class QuadrantBar:
    """Modulation of the four kinds of bar, the widest first, and the resolution that each means.

    A width is left out where its bars are not resolved: what varies there is counting alone.
    """

    mtf_1: Annotated[Ratio, Between(0.0, 1.5)]
    mtf_2: Annotated[Ratio, Between(0.0, 1.5)]
    mtf_3: Annotated[Ratio, Between(0.0, 1.5)]
    mtf_4: Annotated[Ratio, Between(0.0, 1.5)]
    fwhm_1: Width | None
    fwhm_2: Width | None
    fwhm_3: Width | None
    fwhm_4: Width | None
    quadrants: Table
    transfer: Figure
    notes: Notes


@procedure("nuclear_medicine.quadrant_bar", version=1, cites=[HANDER, NMQC], uncertainty="own")
def quadrant_bar(
    *,
    image: File,
    widths: Annotated[Floats, repeated("mm"), Between(0.5, 20.0)],
    disc: Annotated[Millimetre, Between(20.0, 400.0)] = 144.0,
    distance: Annotated[Millimetre, Between(20.0, 400.0)] = 134.0,
) -> QuadrantBar:
    """Modulation transfer and FWHM of each quadrant of a bar phantom, from mean and variance.

    MTF = sqrt(2 (s2 - m)) / m and FWHM = 1.058 w sqrt(ln(1 / MTF)) of the pixels in a disc of diameter
    `disc` whose centre lies `distance` from the image's along the diagonal. Which bars a quadrant holds is
    read from their period, so the phantom may lie any way up; bars of another width are refused.
    """
    if len(widths) != 4:
        raise BadInput("give the widths of the four kinds of bar", field="widths", code="lengths")
    read, spacing = checked(read_planar(image.content, field="image"), field="image", wanted="a bar phantom")
    try:
        found = quadrants(read.pixels[0], spacing, widths, disc / 2, distance)
    except CannotTell as reason:
        raise CannotTell(reason.message, field="image", code=reason.code) from reason
    mtf, fwhm = [one.mtf for one in found], [one.fwhm for one in found]
    return QuadrantBar(
        mtf_1=mtf[0],
        mtf_2=mtf[1],
        mtf_3=mtf[2],
        mtf_4=mtf[3],
        fwhm_1=fwhm[0],
        fwhm_2=fwhm[1],
        fwhm_3=fwhm[2],
        fwhm_4=fwhm[3],
        quadrants=_table(found),
        transfer=_transfer(found),
        notes=_unresolved(found) + held(read),
    )


def _table(found: tuple[Quadrant, ...]) -> Table:
    columns = (
        ("place", ""), ("bar", "mm"), ("mean", "count"), ("variance", ""), ("pixels", ""), ("mtf", ""),
        ("fwhm", "mm"),
    )  # fmt: skip
    rows = tuple((q.place, q.width, q.mean, q.variance, float(q.pixels), q.mtf, q.fwhm) for q in found)
    return Table(columns, rows)


def _transfer(found: tuple[Quadrant, ...]) -> Figure:
    across = np.array([1.0 / (2.0 * one.width) for one in found])
    heights = np.array([one.mtf for one in found])
    words = "; ".join(f"{one.mtf:.3f} at bars of {one.width:g} mm" for one in found)
    series = [("MTF", across, heights)]
    return curves("Modulation transfer", f"Modulation: {words}.", ("line pairs per mm", "MTF"), series)


def _unresolved(found: tuple[Quadrant, ...]) -> Notes:
    """Name every quadrant that gives no width."""
    notes = []
    for one in found:
        if one.fwhm is None and one.mtf < 1.0:
            words = (
                f"The bars of {one.width:g} mm ({one.place}) are not resolved: all that varies is counting."
            )
            notes.append(Note("not_resolved", words))
        elif one.fwhm is None:
            words = f"The {one.place} quadrant varies by more than bars can; something else lies in the disc."
            notes.append(Note("too_much_contrast", words, doubt=True))
    return tuple(notes)
