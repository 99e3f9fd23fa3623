"""Every way in which the tags of a PET series can be read, and which tag does not fit the others."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from kilter.formats.pet_series import PetSlice
from kilter.measure.error import BadInput
from kilter.numerics.decay import decay_constant

# Half-lives of what PET is done with; a file's value must be one of them within a part.
NUCLIDES = ("C-11", "N-13", "O-15", "F-18", "Cu-64", "Ga-68", "Rb-82", "Y-90", "Zr-89", "I-124")
SAME_HALF_LIFE = 0.02
# What a tag may hold for a person or a phantom, and an injected activity in Bq.
LIGHTEST, HEAVIEST, LEAST_DOSE, MOST_DOSE = 0.5, 350.0, 1e5, 1e11
# In half-lives: an uptake that is doubted, and a pair of instants that is no reading at all.
LONGEST_UPTAKE, LONGEST_LOOK = 8.0, 20.0
POUND = 0.45359237
A_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Finding:
    """A tag that does not fit, and why."""

    tag: str
    text: str


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read the tags.

    Attributes:
        words: the assumptions.
        tag: the attribute that is wrong if this reading is right and the declared one is not; "" for the
            declared one.
        elapsed: time between injection and the instant that the pixels are corrected to, s; None where
            the reading does not use it.
        factor: SUV of one unit of the rescaled pixel, g/mL.
    """

    words: str
    tag: str
    elapsed: float | None
    factor: float


def needed(one: PetSlice, field: str) -> tuple[float, float, float]:
    """Give weight (kg), activity (Bq) and half-life (s).

    Raises:
        BadInput: one of them is missing or not above 0; the tag is named.
    """
    wanted = (
        (one.weight, "PatientWeight (0010,1030)"),
        (one.dose, "RadionuclideTotalDose (0018,1074)"),
        (one.half_life, "RadionuclideHalfLife (0018,1075)"),
    )
    values = []
    for value, name in wanted:
        if value is None or value <= 0:
            lacks = "missing" if value is None else "not above 0"
            message = f"{name} is {lacks}, and no SUV can be had without it"
            raise BadInput(message, field=field, code="missing_tag")
        values.append(value)
    return values[0], values[1], values[2]


def injections(one: PetSlice, reference: datetime) -> list[tuple[str, str, datetime]]:
    """Give the instants of injection that the tags allow, as (tag, words, instant), the declared one first.

    A time of day alone is of the last such time before the reference, or of a day before that.
    """
    found = []
    if one.injected_instant is not None:
        words = "injected at (0018,1078)"
        found.append(("RadiopharmaceuticalStartDateTime", words, one.injected_instant))
    if one.injected_time is not None:
        same = datetime.combine(reference.date(), one.injected_time)
        rows = [
            (
                "RadiopharmaceuticalStartTime",
                f"injected at (0018,1072), {words}",
                same - timedelta(days=days),
            )
            for days, words in enumerate(("same day", "the day before", "two days before"))
        ]
        found.extend(row for row in rows if row[2] <= reference)
    return found


def references(slices: Sequence[PetSlice], middle: PetSlice) -> list[tuple[str, str, datetime]]:
    """Give the instants that pixels may be corrected to, as (tag, words, instant), the declared one first."""
    acquired = [one.acquired for one in slices if one.acquired is not None]
    first = min(acquired, default=None)
    rows: list[tuple[str, str, datetime | None]] = [
        ("SeriesTime", "corrected to the series time", middle.series),
        ("AcquisitionTime", "corrected to the first acquisition time", first),
        ("ScanStart", "corrected to GE's scan start (0009,100d)", middle.scan_start),
    ]
    if middle.decay_correction == "NONE":
        rows.insert(0, ("AcquisitionTime", "not corrected: as at the slice's acquisition", middle.acquired))
    elif middle.series is not None and first is not None and middle.series > first:
        # Written later by a workstation: its time is that of the processing.
        rows.sort(key=lambda row: ("ScanStart", "AcquisitionTime", "SeriesTime").index(row[0]))
    return [(tag, words, instant) for tag, words, instant in rows if instant is not None]


def readings(slices: Sequence[PetSlice], middle: PetSlice, field: str) -> tuple[Reading, ...]:
    """Give every legal reading, the declared one first.

    Raises:
        BadInput: a tag is missing without which no reading is possible.
    """
    made = list(_of_units(slices, middle, field))
    found: list[Reading] = []
    for one in made:
        if one.factor > 0 and math.isfinite(one.factor) and one.words not in {r.words for r in found}:
            found.append(one)
    return tuple(found)


def _of_units(slices: Sequence[PetSlice], middle: PetSlice, field: str) -> Iterator[Reading]:
    """Read by what the unit of the pixels says."""
    units = middle.units
    if units == "GML":
        yield Reading("pixels are SUV already (GML)", "", None, 1.0)
        if middle.weight and middle.dose and middle.half_life:
            yield from _as_wrong(_of_times(slices, middle, 1.0, "pixels are Bq/mL", field), "Units")
    elif units == "CNTS":
        if middle.suv_factor:
            yield Reading("counts times Philips (7053,1000)", "", None, middle.suv_factor)
        if middle.activity_factor:
            made = _of_times(
                slices, middle, middle.activity_factor, "counts times Philips (7053,1009)", field
            )
            yield from _as_wrong(made, "PhilipsScale") if middle.suv_factor else made
        elif not middle.suv_factor:
            message = "Units are CNTS and neither Philips factor, (7053,1000) or (7053,1009), is there"
            raise BadInput(message, field=field, code="missing_tag")
    elif units == "BQML":
        yield from _of_times(slices, middle, 1.0, "pixels are Bq/mL", field)
        yield Reading("pixels are SUV already", "Units", None, 1.0)
    else:
        message = f"Units (0054,1001) is {units[:16] or 'missing'}; BQML, GML or CNTS is wanted"
        raise BadInput(message, field=field, code="units")


def _as_wrong(made: Iterator[Reading], tag: str) -> Iterator[Reading]:
    for one in made:
        yield Reading(one.words, tag, one.elapsed, one.factor)


def _of_times(
    slices: Sequence[PetSlice], middle: PetSlice, scale: float, words: str, field: str
) -> Iterator[Reading]:
    """Read Bq/mL by every pair of instants, and by slips of a unit."""
    weight, dose, half_life = needed(middle, field)
    whole = scale * weight * 1000.0 / dose
    at_injection = Reading(f"{words}; corrected to the injection", "", 0.0, whole)
    declared = middle.decay_correction
    if declared == "ADMIN":
        yield at_injection
    later = list(_later(slices, middle))
    if not later and declared != "ADMIN":
        message = "the tags give no time of injection before the scan: (0018,1078) or (0018,1072) is wanted"
        raise BadInput(message, field=field, code="missing_tag")
    for number, (tag, named, elapsed) in enumerate(later):
        blamed = "DecayCorrection" if declared == "ADMIN" else tag if number else ""
        yield Reading(f"{words}; {named}", blamed, elapsed, whole * 2.0 ** (elapsed / half_life))
    base = at_injection if declared == "ADMIN" else None
    if base is None:
        yield Reading(at_injection.words, "DecayCorrection", 0.0, whole)
        elapsed = later[0][2]
        base = Reading("", "", elapsed, whole * 2.0 ** (elapsed / half_life))
    yield Reading(f"{words}; the weight is in pounds", "PatientWeight", base.elapsed, base.factor * POUND)
    yield Reading(
        f"{words}; the activity is in MBq", "RadionuclideTotalDose", base.elapsed, base.factor / 1e6
    )


def _later(slices: Sequence[PetSlice], middle: PetSlice) -> Iterator[tuple[str, str, float]]:
    """Give every pair of instants in which the injection comes first, as (tag, words, seconds)."""
    for number, (reference_tag, reference_words, reference) in enumerate(references(slices, middle)):
        for tag, words, injected in injections(middle, reference):
            elapsed = (reference - injected).total_seconds()
            if 0 <= elapsed <= LONGEST_LOOK * (middle.half_life or elapsed):
                # What is blamed is what differs from the declared pair: its reference first.
                yield (reference_tag if number else tag), f"{words}, {reference_words}", elapsed


def findings(slices: Sequence[PetSlice], middle: PetSlice) -> tuple[Finding, ...]:
    """Name every tag that contradicts another or that cannot be, the gravest first."""
    return (*_of_injection(slices, middle), *_of_correction(slices, middle), *_of_amounts(middle))


def _of_amounts(one: PetSlice) -> Iterator[Finding]:
    if one.weight is not None and not LIGHTEST <= one.weight <= HEAVIEST:
        yield Finding("PatientWeight", f"a weight of {one.weight:g} kg cannot be; is it in g?")
    if one.dose is not None and not LEAST_DOSE <= one.dose <= MOST_DOSE:
        yield Finding("RadionuclideTotalDose", f"{one.dose:g} Bq cannot be injected for PET; is it in MBq?")
    if one.half_life is None or one.half_life <= 0:
        return
    known = [math.log(2.0) / decay_constant(name, "ICRP 107") for name in NUCLIDES]
    if min(abs(one.half_life / value - 1.0) for value in known) > SAME_HALF_LIFE:
        yield Finding("RadionuclideHalfLife", f"{one.half_life:g} s is the half-life of no PET nuclide")


def _of_injection(slices: Sequence[PetSlice], one: PetSlice) -> Iterator[Finding]:
    """Look at the injection: two forms that differ, after the scan, or days before it."""
    instants = references(slices, one)
    if one.injected_instant is not None and one.injected_time is not None:
        spoken = datetime.combine(one.injected_instant.date(), one.injected_time)
        if abs(spoken - one.injected_instant) > A_MINUTE:
            text = f"(0018,1072) says {one.injected_time:%H:%M}, (0018,1078) {one.injected_instant:%H:%M}"
            yield Finding("RadiopharmaceuticalStartTime", text)
    if not instants or one.injected_instant is None:
        return
    uptake = (instants[0][2] - one.injected_instant).total_seconds()
    if uptake < 0:
        yield Finding("RadiopharmaceuticalStartDateTime", "the injection is later than the scan")
    elif one.half_life and uptake > LONGEST_UPTAKE * one.half_life:
        text = f"the injection is {uptake / one.half_life:.0f} half-lives before the scan; is its date right?"
        yield Finding("RadiopharmaceuticalStartDateTime", text)


def _of_correction(slices: Sequence[PetSlice], one: PetSlice) -> Iterator[Finding]:
    """Look at the decay correction: unknown, against its own factor, or a series time of later work."""
    if one.decay_correction not in ("NONE", "START", "ADMIN"):
        said = one.decay_correction[:16] or "missing"
        yield Finding("DecayCorrection", f"it is {said}; NONE, START or ADMIN is wanted. START is assumed")
    fits = _by_factor(slices, one)
    if fits and fits != one.decay_correction:
        said = one.decay_correction or "missing"
        text = f"it is {said}, but DecayFactor {one.decay_factor:.4g} is that of {fits}"
        yield Finding("DecayCorrection", text)
    first = min((part.acquired for part in slices if part.acquired is not None), default=None)
    if one.series is not None and first is not None and one.series > first + A_MINUTE:
        yield Finding(
            "SeriesTime", "the series time is later than the first acquisition: of later processing"
        )


def _by_factor(slices: Sequence[PetSlice], one: PetSlice) -> str:
    """Say which correction the file's own decay factor is of; "" where it does not tell."""
    instants = [row for row in references(slices, one) if row[0] != "ScanStart"]
    if one.decay_factor is None or one.decay_factor <= 0 or not one.half_life or not instants:
        return ""
    if one.acquired is None:
        return ""
    first = min(row[2] for row in instants)
    constant = math.log(2.0) / one.half_life
    within = (one.acquired - first).total_seconds() + (one.duration or 0.0) / 2.0
    injected = next((row[2] for row in injections(one, first)), None)
    if injected is None:
        return ""
    since = (first - injected).total_seconds()
    if constant * since < 0.1:  # all of them are alike so soon after the injection
        return ""
    logs = {"START": constant * within, "ADMIN": constant * (since + within)}
    if constant * within > 0.1:
        logs["NONE"] = 0.0
    elif one.decay_correction == "NONE":
        logs = {"NONE": logs["START"], "ADMIN": logs["ADMIN"]}
    far = {name: abs(math.log(one.decay_factor) - value) for name, value in logs.items()}
    nearest = min(far, key=lambda name: far[name])
    return nearest if far[nearest] < 0.3 * constant * since else ""
