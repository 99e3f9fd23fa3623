"""Whole-body scans: whether the bed moves evenly, and the resolution along and across it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np

from kilter.formats.dicom_image import DicomImage, read_planar
from kilter.measure.error import CannotTell
from kilter.measure.procedure import procedure
from kilter.measure.quantity import Between, Figure, File, Millimetre, Note, Notes, Percent
from kilter.measure.unit import Floats
from kilter.numerics.scan import Along, flood_along, line_across, line_along
from kilter.specialties.nuclear_medicine.planar import checked, curves, held
from kilter.specialties.nuclear_medicine.standards import IAEA_PUB_1394

# Beyond noise a bin departs by as many standard deviations: by chance in one of a thousand scans.
BEYOND_NOISE = 4.4


@dataclass(frozen=True, slots=True)
class WholeBody:
    """Evenness of the scan; `deviation` is that of the bin that departs most, signed."""

    deviation: Percent
    deviation_place: Annotated[Millimetre, Between(0.0)]
    slope: Percent
    noise: Annotated[Percent, Between(0.0)]
    profile: Figure
    uncertainties: Mapping[str, float]
    notes: Notes


@dataclass(frozen=True, slots=True)
class WholeBodyResolution:
    """Width of a line, a mean over its strips, and the largest distance of a strip from a straight line."""

    fwhm: Annotated[Millimetre, Between(0.0)]
    fwtm: Annotated[Millimetre, Between(0.0)]
    wander: Annotated[Millimetre, Between(0.0)]
    profile: Figure
    uncertainties: Mapping[str, float]
    notes: Notes


@procedure("nuclear_medicine.whole_body", version=1, cites=[IAEA_PUB_1394], uncertainty="own")
def whole_body(
    *,
    image: File,
    source: Literal["flood", "line"] = "flood",
    window: Annotated[Millimetre, Between(5.0, 200.0)] = 20.0,
    ends: Annotated[Millimetre, Between(0.0, 500.0)] = 100.0,
) -> WholeBody:
    """Constancy of the scan speed along the bed, from a flood or a line over its length.

    The bed moves down the rows. Of a flood the central three quarters of the lit width are summed, of a line
    what lies within 40 mm of it, in bins of `window` along the bed; `ends` is left off where the field enters
    and leaves. Counts are in proportion to the time that the bed stayed: a bin that departs from the mean is
    a bed that was slower or faster there. A gap is not the end of the scan but a fault in it.
    """
    found, pixels, spacing = _read(image)
    try:
        if source == "flood":
            along = flood_along(pixels, spacing, window, ends)
        else:
            along, _ = line_along(pixels, spacing, window, ends)
    except CannotTell as reason:
        raise CannotTell(reason.message, field="image", code=reason.code) from reason
    return WholeBody(
        deviation=float(along.departure[along.worst]),
        deviation_place=float(along.at[along.worst]),
        slope=along.slope,
        noise=along.noise,
        profile=_course(along),
        uncertainties={"deviation": along.noise, "slope": along.slope_u},
        notes=_notes(along) + held(found),
    )


@procedure("nuclear_medicine.whole_body_resolution", version=1, cites=[IAEA_PUB_1394], uncertainty="own")
def whole_body_resolution(
    *,
    image: File,
    line: Literal["along", "across"] = "along",
    window: Annotated[Millimetre, Between(5.0, 200.0)] = 20.0,
    ends: Annotated[Millimetre, Between(0.0, 500.0)] = 20.0,
) -> WholeBodyResolution:
    """Resolution of a whole-body scan from one line that lies along or across the bed.

    The bed moves down the rows. A Gaussian is fitted to each strip of the line, `window` long; `ends` is left
    off at each end of it. A line along the bed gives the resolution across it, and wanders where a scan was
    joined wrongly; a line across gives the resolution along the bed, which suffers first where the bed and
    the image do not move together.
    """
    found, pixels, spacing = _read(image)
    try:
        if line == "along":
            _, width = line_along(pixels, spacing, window, ends)
        else:
            width = line_across(pixels, spacing, window, ends)
    except CannotTell as reason:
        raise CannotTell(reason.message, field="image", code=reason.code) from reason
    return WholeBodyResolution(
        fwhm=width.fwhm,
        fwtm=width.fwtm,
        wander=width.wander,
        profile=_profile(pixels, spacing, line),
        uncertainties={"fwhm": width.fwhm_u},
        notes=held(found),
    )


def _read(image: File) -> tuple[DicomImage, Floats, tuple[float, float]]:
    read = read_planar(image.content, field="image")
    found, spacing = checked(read, field="image", wanted="a whole-body scan")
    return found, found.pixels[0], spacing


def _course(along: Along) -> Figure:
    words = (
        f"Counts along the bed in bins of {along.bin:.0f} mm: the largest departure is "
        f"{along.departure[along.worst]:+.2f} % at {along.at[along.worst]:.0f} mm."
    )
    axes = ("mm along the bed", "percent from the mean")
    return curves("Counts along the bed", words, axes, (("counts", along.at, along.departure),))


def _profile(pixels: Floats, spacing: tuple[float, float], line: str) -> Figure:
    """Draw the sum along the line, 60 mm to each side of it."""
    axis = 0 if line == "along" else 1
    total = pixels.sum(axis=axis)
    at = np.asarray((np.arange(len(total)) - int(np.argmax(total))) * spacing[1 - axis], dtype=np.float64)
    near = abs(at) <= 60.0
    words = f"Counts {'across' if line == 'along' else 'along'} the bed, summed along the line."
    series = (("line", at[near], 100.0 * total[near] / total.max()),)
    return curves("Line", words, ("mm from the line", "percent of the highest"), series)


def _notes(along: Along) -> Notes:
    used = Note("bins", f"{len(along.at)} bins of {along.bin:.4g} mm along the bed.")
    if abs(along.departure[along.worst]) > BEYOND_NOISE * along.noise:
        return (used,)
    words = f"No bin departs beyond what counting scatters ({along.noise:.2f} % a bin)."
    return (used, Note("noise", words))
