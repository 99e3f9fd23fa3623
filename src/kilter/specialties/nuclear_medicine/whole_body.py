"""Whole-body scans: whether the bed moves evenly, and the resolution along and across it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np

from kilter.formats.dicom_image import read_planar
from kilter.measure.error import CannotTell
from kilter.measure.procedure import procedure
from kilter.measure.quantity import Between, Figure, File, Millimetre, Note, Notes, Percent
from kilter.measure.unit import Floats
from kilter.numerics.scan import Along, Line, flood_along, line_across, line_along
from kilter.specialties.nuclear_medicine.planar import checked, curves, held
from kilter.specialties.nuclear_medicine.standards import IAEA_PUB_1394

# Beyond noise a bin departs by as many standard deviations: by chance in one of a thousand scans.
BEYOND_NOISE = 4.4


@dataclass(frozen=True, slots=True)
class WholeBody:
    """Evenness of the scan, and the width of a line where one was scanned.

    `deviation` is that of the bin that departs most, signed; what is said of the bed is left out for a line
    across it. The widths and `wander` are left out for a flood.
    """

    deviation: Percent | None
    deviation_place: Millimetre | None
    slope: Percent | None
    noise: Annotated[Percent, Between(0.0)] | None
    fwhm: Millimetre | None
    fwtm: Millimetre | None
    wander: Millimetre | None
    profile: Figure
    uncertainties: Mapping[str, float]
    notes: Notes


@procedure("nuclear_medicine.whole_body", version=1, cites=[IAEA_PUB_1394], uncertainty="own")
def whole_body(
    *,
    image: File,
    source: Literal["flood", "line_along", "line_across"] = "flood",
    window: Annotated[Millimetre, Between(5.0, 200.0)] = 20.0,
    ends: Annotated[Millimetre, Between(0.0, 500.0)] = 100.0,
) -> WholeBody:
    """Constancy of the scan speed along the bed, and the width of a line along or across it.

    The bed moves down the rows. Of a flood the central three quarters of the lit width are summed, of a line
    what lies within 40 mm of it, in bins of `window` along the bed; `ends` is left off where the field enters
    and leaves. Counts are in proportion to the time that the bed stayed: a bin that departs from the mean is
    a bed that was slower or faster there. A gap is not the end of the scan but a fault in it. A line along
    the bed gives the resolution across it and how far the line wanders; a line across gives the resolution
    along it, which suffers first where the bed and the image do not move together.
    """
    read = read_planar(image.content, field="image")
    found, spacing = checked(read, field="image", wanted="a whole-body scan")
    pixels = found.pixels[0]
    try:
        along, line = _measured(pixels, spacing, source, window, ends)
    except CannotTell as reason:
        raise CannotTell(reason.message, field="image", code=reason.code) from reason
    worst = None if along is None else along.worst
    uncertainties = {} if along is None else {"deviation": along.noise, "slope": along.slope_u}
    if line is not None:
        uncertainties["fwhm"] = line.fwhm_u
    return WholeBody(
        deviation=None if along is None or worst is None else float(along.departure[worst]),
        deviation_place=None if along is None or worst is None else float(along.at[worst]),
        slope=None if along is None else along.slope,
        noise=None if along is None else along.noise,
        fwhm=None if line is None else line.fwhm,
        fwtm=None if line is None else line.fwtm,
        wander=None if line is None else line.wander,
        profile=_figure(pixels, spacing, along),
        uncertainties=uncertainties,
        notes=_notes(along) + held(found),
    )


def _measured(
    pixels: Floats, spacing: tuple[float, float], source: str, window: float, ends: float
) -> tuple[Along | None, Line | None]:
    if source == "flood":
        return flood_along(pixels, spacing, window, ends), None
    if source == "line_along":
        return line_along(pixels, spacing, window, ends)
    # Across, the ends of the line are its own and no field enters: a strip is left off at each.
    return None, line_across(pixels, spacing, window, min(ends, window))


def _figure(pixels: Floats, spacing: tuple[float, float], along: Along | None) -> Figure:
    axes = ("mm along the bed", "percent from the mean")
    if along is None:
        rows = pixels.sum(axis=1)
        at = np.arange(len(rows)) * spacing[0]
        near = abs(at - at[int(np.argmax(rows))]) <= 60.0
        series = (("line", at[near], 100.0 * rows[near] / rows.max()),)
        return curves("Line across the bed", "Counts along the bed about the line.", (axes[0], "%"), series)
    words = (
        f"Counts along the bed in bins of {along.bin:.0f} mm: the largest departure is "
        f"{along.departure[along.worst]:+.2f} % at {along.at[along.worst]:.0f} mm."
    )
    return curves("Counts along the bed", words, axes, (("counts", along.at, along.departure),))


def _notes(along: Along | None) -> Notes:
    if along is None:
        return ()
    used = Note("bins", f"{len(along.at)} bins of {along.bin:.4g} mm along the bed.")
    if abs(along.departure[along.worst]) > BEYOND_NOISE * along.noise:
        return (used,)
    words = f"No bin departs beyond what counting scatters ({along.noise:.2f} % a bin)."
    return (used, Note("noise", words))
