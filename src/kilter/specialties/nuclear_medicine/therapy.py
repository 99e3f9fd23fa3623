"""Patients with activity in them: how long to keep away, when they may leave, what an organ receives."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Literal

import numpy as np

from kilter.measure.error import BadInput, CannotTell
from kilter.measure.procedure import procedure
from kilter.measure.quantity import Between, Hour, Note, Ratio, repeated
from kilter.measure.unit import Floats
from kilter.numerics.decay import LN2, Library, Nuclide, half_life
from kilter.specialties.nuclear_medicine.decay import HOUR, unread
from kilter.specialties.nuclear_medicine.quantities import (
    Activity,
    Day,
    DosePerDecay,
    ExposureConstant,
    Gram,
    MegabecquerelHour,
    Metre,
    MicrosievertPerHour,
    Milligray,
    Millisievert,
    Share,
)
from kilter.specialties.nuclear_medicine.standards import EANM_DOSIMETRY, MDGN, MIRD_21, NRC_8_39

YEARS = 36525.0


@dataclass(frozen=True, slots=True)
class Restriction:
    """Days of keeping away, the dose without and the dose with them, in mSv."""

    restriction: Annotated[Day, Between(0.0)]
    dose_without: Annotated[Millisievert, Between(0.0)]
    dose_with: Annotated[Millisievert, Between(0.0)]


@procedure("nuclear_medicine.contact_restriction", version=1, cites=[MDGN], uncertainty="monte_carlo")
def contact_restriction(
    *,
    dose_rate: Annotated[MicrosievertPerHour, Between(0.0, 1e6)],
    effective_half_life: Annotated[Day, Between(0.001, 1e4)],
    hours_a_day: Annotated[Hour, Between(0.01, 24.0)],
    constraint: Annotated[Millisievert, Between(0.001, 100.0)],
    measured_at: Annotated[Metre, Between(0.05, 10.0)] = 1.0,
    contact_at: Annotated[Metre, Between(0.05, 10.0)] = 1.0,
    exponent: Annotated[Ratio, Between(0.0, 2.0)] = 1.5,
    second_share: Share = 0.0,
    second_half_life: Annotated[Day, Between(0.001, 1e4)] | None = None,
) -> Restriction:
    """Days until the dose still to come to a contact stays within the constraint.

    The dose rate at discharge falls with one effective half-life or, where a share of it falls with a
    second, with two; the contact is near for some hours of each day. From the distance of the reading to
    that of the contact it changes as a power of the distance: 2 for a point, 1.5 for a patient near by. The
    dose after d days is R h / 24 T / ln2 2^(-d / T), summed over both parts.
    """
    near = dose_rate * math.pow(measured_at / contact_at, exponent) * hours_a_day / 1000.0  # mSv a day
    if second_share > 0 and second_half_life is None:
        raise BadInput("second_half_life is missing", field="second_half_life", code="missing")
    parts = [(1.0 - second_share, effective_half_life), (second_share, second_half_life or 1.0)]

    def to_come(days: float) -> float:
        """Give the dose in mSv from a day on."""
        return math.fsum(near * share * period / LN2 * 2.0 ** (-days / period) for share, period in parts)

    days = _least(to_come, constraint)
    return Restriction(restriction=days, dose_without=to_come(0.0), dose_with=to_come(days))


def _least(to_come: Callable[[float], float], constraint: float) -> float:
    """Give the first day from which the dose to come is within the constraint."""
    if to_come(0.0) <= constraint:
        return 0.0
    low, high = 0.0, 1.0
    while to_come(high) > constraint:
        low, high = high, high * 2.0
        if high > YEARS:
            raise CannotTell("the constraint is not met within a hundred years", field="constraint")
    for _ in range(80):
        middle = (low + high) / 2.0
        low, high = (low, middle) if to_come(middle) <= constraint else (middle, high)
    return high


@dataclass(frozen=True, slots=True)
class Release:
    """Dose to infinity of a person near by in mSv, and the activity at which it is 5 mSv, in MBq."""

    dose: Annotated[Millisievert, Between(0.0)]
    releasable: Annotated[Activity, Between(0.0)]
    notes: tuple[Note, ...] = ()


@procedure("nuclear_medicine.patient_release", version=1, cites=[NRC_8_39], elementwise=True)
def patient_release(
    *,
    nuclide: Literal["I-131", "Lu-177", "Tc-99m", "I-123", "Sm-153"],
    activity: Activity,
    exposure_constant: Annotated[ExposureConstant, Between(1e-6, 1e3)],
    effective_half_life: Annotated[Day, Between(0.001, 1e4)] | None = None,
    occupancy: Share = 0.25,
    distance: Annotated[Metre, Between(0.1, 10.0)] = 1.0,
    limit: Annotated[Millisievert, Between(0.01, 100.0)] = 5.0,
    library: Library = "ICRP 107",
) -> Release:
    """Dose to infinity of a person near a patient: G A E T / (ln2 r2); T is physical where none is given."""
    period = half_life(nuclide, library) / HOUR if effective_half_life is None else effective_half_life * 24.0
    for_one = exposure_constant / 1000.0 * occupancy * period / LN2 / distance**2  # mSv a MBq
    notes = unread(library, nuclide) if effective_half_life is None else ()
    return Release(dose=activity * for_one, releasable=limit / for_one, notes=notes)


@dataclass(frozen=True, slots=True)
class Integrated:
    """Time-integrated activity in MBq h, the effective half-life of its last phase in h."""

    time_integrated_activity: Annotated[MegabecquerelHour, Between(0.0)]
    effective_half_life: Annotated[Hour, Between(0.0)]
    after_last_sample: Annotated[Ratio, Between(0.0, 1.0)]
    notes: tuple[Note, ...] = ()
    uncertainties: dict[str, float] = field(default_factory=dict)


@procedure(
    "nuclear_medicine.time_integrated_activity",
    version=1,
    cites=[MIRD_21, EANM_DOSIMETRY],
    uncertainty="own",
    use="patient_result",
)
def time_integrated_activity(
    *,
    nuclide: Nuclide,
    times: Annotated[Floats, repeated("h"), Between(0.0, 1e4)],
    activities: Annotated[Floats, repeated("MBq"), Between(0.0, 1e6)],
    model: Literal["mono_exponential", "bi_exponential", "trapezoid"],
    relative_u: Annotated[Share, Between(0.0, 1.0)] = 0.0,
    library: Library = "ICRP 107",
) -> Integrated:
    """Time-integrated activity of an organ from its activities at some times, with the covariance of the fit.

    One exponential: A T / ln2. Two, of which one may be an uptake (negative): the sum of both. Trapezoid:
    straight lines from 0 at time 0, then decay with the last two points' half-life, never longer than the
    physical one. `relative_u` is each activity's standard uncertainty as a share of it, besides the scatter.
    """
    if len(times) != len(activities) or np.any(np.diff(times) <= 0) or np.any(activities <= 0):
        raise BadInput("give activities above 0, each with its time, in order", field="times", code="lengths")
    physical = half_life(nuclide, library) / HOUR
    if model == "trapezoid":
        return _trapezoid(times, activities, physical)
    return _fitted(times, activities, physical, model, relative_u)


def _trapezoid(times: Floats, activities: Floats, physical: float) -> Integrated:
    if len(times) < 2:
        raise BadInput("the trapezoid needs two points", field="times", code="too_few")
    area = float(np.trapezoid(activities, times)) + 0.5 * float(times[0] * activities[0])
    fall = math.log(activities[-2] / activities[-1]) if activities[-1] < activities[-2] else 0.0
    period = LN2 * float(times[-1] - times[-2]) / fall if fall > 0 else physical
    period = min(period, physical)
    tail = float(activities[-1]) * period / LN2
    whole = area + tail
    return Integrated(whole, period, tail / whole, _tail_note(tail / whole))


def _tail_note(share: float) -> tuple[Note, ...]:
    if share <= 0.2:
        return ()
    return (Note("long_tail", f"{share:.0%} of it lies behind the last measurement", doubt=True),)


def _fitted(times: Floats, activities: Floats, physical: float, model: str, relative_u: float) -> Integrated:
    from scipy.optimize import curve_fit

    wanted = 2 if model == "mono_exponential" else 4
    if len(times) < wanted:
        message = f"{model.replace('_', ' ')} needs {wanted} points, {len(times)} were given"
        raise BadInput(message, field="times", code="too_few")
    sigma = np.maximum(relative_u, 1e-6) * activities

    def one(t: Floats, a: float, rate: float) -> Floats:
        """Give one exponential."""
        return a * np.exp(-rate * t)

    def two(t: Floats, a: float, rate: float, b: float, more: float) -> Floats:
        """Give a falling exponential and one that is faster by `more`."""
        return a * np.exp(-rate * t) + b * np.exp(-(rate + more) * t)

    slope = -float(np.polyfit(times[-2:], np.log(activities[-2:]), 1)[0])
    first = max(slope, LN2 / physical * 0.5)
    top = float(activities.max())
    start = [top, first] if wanted == 2 else [top * 1.2, first, -top, 5.0 * first]
    low = [0.0, 1e-9] if wanted == 2 else [0.0, 1e-9, -np.inf, 1e-6]
    try:
        found, covariance = curve_fit(
            one if wanted == 2 else two,
            times,
            activities,
            p0=start,
            sigma=sigma,
            absolute_sigma=relative_u > 0,
            bounds=(low, [np.inf] * wanted),
            maxfev=20_000,
        )
    except (RuntimeError, ValueError) as problem:
        raise CannotTell(f"the curve does not fit: {str(problem)[:80]}", field="activities") from None
    return _integral(found, covariance, float(times[-1]), physical, len(times) > wanted or relative_u > 0)


def _integral(found: Floats, covariance: Floats, last: float, physical: float, known: bool) -> Integrated:
    a, rate = float(found[0]), float(found[1])
    terms = [(a, rate)] + ([(float(found[2]), rate + float(found[3]))] if len(found) == 4 else [])
    whole = sum(height / fall for height, fall in terms)
    if not math.isfinite(whole) or whole <= 0:
        raise CannotTell("the fitted curve has no finite area", field="activities")
    gradient = [1 / rate, -a / rate**2]
    if len(found) == 4:
        b, fall = terms[1]
        gradient = [1 / rate, -a / rate**2 - b / fall**2, 1 / fall, -b / fall**2]
    variance = float(np.array(gradient) @ covariance @ np.array(gradient)) if known else math.nan
    tail = sum(height / fall * math.exp(-fall * last) for height, fall in terms) / whole
    period = LN2 / rate
    notes = _tail_note(max(tail, 0.0))
    if period > physical * 1.001:
        words = f"the fitted half-life of {period:.3g} h is longer than the physical {physical:.3g} h"
        notes = (*notes, Note("slower_than_decay", words, doubt=True))
    u = {"time_integrated_activity": math.sqrt(variance)} if math.isfinite(variance) and variance >= 0 else {}
    return Integrated(whole, period, min(max(tail, 0.0), 1.0), notes, u)


@dataclass(frozen=True, slots=True)
class OrganDose:
    """Mean absorbed dose to an organ, in mGy."""

    dose: Annotated[Milligray, Between(0.0)]


@procedure("nuclear_medicine.organ_dose", version=1, cites=[MIRD_21], elementwise=True, use="patient_result")
def organ_dose(
    *,
    time_integrated_activity: Annotated[MegabecquerelHour, Between(0.0, 1e9)],
    dose_per_decay: Annotated[DosePerDecay, Between(0.0, 1e6)],
    organ_mass: Annotated[Gram, Between(0.001, 1e5)] | None = None,
    model_mass: Annotated[Gram, Between(0.001, 1e5)] | None = None,
) -> OrganDose:
    """Mean absorbed dose: time-integrated activity times S, scaled by the model's mass over the organ's."""
    scale = 1.0 if organ_mass is None or model_mass is None else model_mass / organ_mass
    return OrganDose(dose=time_integrated_activity * dose_per_decay * scale)
