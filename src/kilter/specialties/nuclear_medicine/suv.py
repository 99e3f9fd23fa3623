"""Check of the standardised uptake value: what a PET series says, every way to read it, and what is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np

from kilter.formats.pet_series import PetSlice, read_series
from kilter.measure.error import BadInput, CannotTell
from kilter.measure.procedure import procedure
from kilter.measure.quantity import Between, Files, Millimetre, Note, Notes, Percent, Table, quantity
from kilter.specialties.nuclear_medicine.quantities import Minute
from kilter.specialties.nuclear_medicine.standards import DICOM_PET, EARL
from kilter.specialties.nuclear_medicine.suv_readings import Finding, Reading, findings, readings

Uptake = Annotated[float, quantity("g/mL")]
Tag = Literal[
    "none",
    "DecayCorrection",
    "SeriesTime",
    "AcquisitionTime",
    "ScanStart",
    "RadiopharmaceuticalStartDateTime",
    "RadiopharmaceuticalStartTime",
    "Units",
    "PatientWeight",
    "RadionuclideTotalDose",
    "RadionuclideHalfLife",
    "PhilipsScale",
    "not found",
]
# What the SUV of a uniform phantom may be off before a tag is looked for, in percent.
FITS = 5.0


@dataclass(frozen=True, slots=True)
class SuvCheck:
    """SUV as the tags say it, how far a uniform phantom is from 1, and the tag that does not fit.

    `deviation` is left out where no uniform phantom is shown, `elapsed` where the pixels need no time.
    """

    suv: Annotated[Uptake, Between(0.0)]
    deviation: Percent | None
    elapsed: Minute | None
    wrong_tag: Tag
    readings: Table
    findings: Table
    notes: Notes


@procedure("nuclear_medicine.suv_check", version=1, cites=[DICOM_PET, EARL], uncertainty="own")
def suv_check(
    *,
    series: Files,
    shown: Literal["uniform_phantom", "other"] = "uniform_phantom",
    radius: Annotated[Millimetre, Between(5.0, 200.0)] = 30.0,
) -> SuvCheck:
    """SUV in the middle of a series under every legal reading of its tags, and the tag that is wrong.

    The mean in a disc about the middle of what is bright, in the middle slice of those given, is turned
    into SUV = C w / (A 2^(-t/T)). The first reading is what the tags declare; the others change one
    assumption each: the instant the pixels are corrected to, which time is the injection, the day before,
    the unit of pixels, weight or activity. A tag is named where tags contradict each other, or where a
    uniform phantom reads 1 only by another reading; one without which no SUV can be had is refused.
    """
    slices = read_series(series, field="series")
    middle = slices[len(slices) // 2]
    mean = region_mean(middle, radius)
    found, wrong = readings(slices, middle, "series"), findings(slices, middle)
    suv = mean * found[0].factor
    deviation = 100.0 * (suv - 1.0) if shown == "uniform_phantom" else None
    tag = _wrong(found, wrong, mean, deviation)
    return SuvCheck(
        suv=suv,
        deviation=deviation,
        elapsed=None if found[0].elapsed is None else found[0].elapsed / 60.0,
        wrong_tag=tag,
        readings=_table(found, mean),
        findings=Table((("tag", ""), ("why", "")), tuple((one.tag, one.text) for one in wrong)),
        notes=_notes(tag, found, wrong, deviation, mean),
    )


def region_mean(one: PetSlice, radius: float) -> float:
    """Mean of the rescaled pixels in a disc of `radius` mm about the middle of what is bright.

    Raises:
        BadInput: no pixel size.
        CannotTell: nothing bright, or the disc leaves what is bright.
    """
    if one.image.spacing is None:
        raise BadInput("the file gives no pixel size", field="series", code="no_pixel_size")
    pixels = one.image.pixels[0]
    bright = pixels > 0.5 * np.quantile(pixels, 0.98)
    if pixels.max() <= 0 or not bright.any():
        raise CannotTell("the middle slice is empty", field="series", code="empty_slice")
    rows, columns = np.nonzero(bright)
    down = (np.arange(pixels.shape[0]) - rows.mean())[:, None] * one.image.spacing[0]
    along = (np.arange(pixels.shape[1]) - columns.mean())[None, :] * one.image.spacing[1]
    inside = down**2 + along**2 <= radius**2
    if not inside.any() or bright[inside].mean() < 0.95:
        message = f"a disc of {radius:g} mm radius does not lie on activity alone in the middle slice"
        raise CannotTell(message, field="series", code="no_region")
    return float(pixels[inside].mean())


def _wrong(
    found: tuple[Reading, ...], wrong: tuple[Finding, ...], mean: float, deviation: float | None
) -> Tag:
    """Name one tag: what the phantom says where it is shown, else the gravest contradiction."""
    named = [one.tag for one in wrong]
    if deviation is None or abs(deviation) <= FITS:
        return named[0] if named else "none"  # type: ignore[return-value]
    fitting = [one.tag for one in _fitting(found, mean)]
    both = [tag for tag in fitting if tag in named]
    return (both or fitting or named or ["not found"])[0]  # type: ignore[return-value]


def _fitting(found: tuple[Reading, ...], mean: float) -> list[Reading]:
    """Give the readings by which a uniform phantom reads 1, the nearest first."""
    near = [one for one in found[1:] if 100.0 * abs(mean * one.factor - 1.0) <= FITS]
    return sorted(near, key=lambda one: abs(mean * one.factor - 1.0))


def _table(found: tuple[Reading, ...], mean: float) -> Table:
    columns = (
        ("reading", ""),
        ("if so, wrong is", ""),
        ("time", "min"),
        ("suv", "g/mL"),
        ("of declared", ""),
    )
    rows = tuple(
        (
            one.words,
            one.tag or "declared",
            None if one.elapsed is None else one.elapsed / 60.0,
            mean * one.factor,
            one.factor / found[0].factor,
        )
        for one in found
    )
    return Table(columns, rows)


def _notes(
    tag: Tag, found: tuple[Reading, ...], wrong: tuple[Finding, ...], deviation: float | None, mean: float
) -> Notes:
    used = Note("reading", f"Read as: {found[0].words}.")
    fine = deviation is not None and abs(deviation) <= FITS
    said = tuple(Note("finding", f"{one.tag}: {one.text}.", doubt=not fine) for one in wrong)
    if fine or deviation is None:
        return (used, *said)
    fitting = [one for one in _fitting(found, mean) if one.tag == tag]
    if fitting:
        text = f"{tag}: the phantom reads {mean * fitting[0].factor:.3f} if {fitting[0].words}."
        return (used, *said, Note("other_reading", text))
    return (used, *said, Note("no_reading", "By no reading of the tags does the phantom read 1."))
