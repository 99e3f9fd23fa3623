"""The workshop's own metrology: probability of conformance, calibration intervals, drift."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from kilter.measure.error import BadInput
from kilter.measure.judge import probability_of_conformance
from kilter.measure.procedure import procedure
from kilter.measure.quantity import Between, Count, Note, Notes, Ratio, repeated
from kilter.measure.unit import Floats, unit
from kilter.specialties.medical_engineering.quantities import Day
from kilter.specialties.medical_engineering.reliability import whole
from kilter.specialties.medical_engineering.standards import JCGM_106, NASA_8739, NCSL_RP_1

_Excess = Callable[[float], float]

# How far ahead a drift is followed: a century, in days.
HORIZON = 36525.0


@dataclass(frozen=True, slots=True)
class Conformance:
    """Probability that the true value lies within its tolerance."""

    probability: Annotated[Ratio, Between(0.0, 1.0)]


@procedure("medical_engineering.conformance_probability", version=1, cites=[JCGM_106], uncertainty="none")
def conformance_probability(
    *,
    value: Ratio,
    uncertainty: Annotated[Ratio, Between(1e-300)],
    low: Ratio | None = None,
    high: Ratio | None = None,
    in_unit: str = "",
) -> Conformance:
    """Probability of conformance: Phi((T_U - y) / u) - Phi((T_L - y) / u), with u at k = 1.

    All four are bare numbers in one unit, which `in_unit` may name for the record. A tolerance with one
    side has one limit only.
    """
    if low is None and high is None:
        raise BadInput("give low, high or both", field="high", code="missing")
    if low is not None and high is not None and low >= high:
        raise BadInput("low is not below high", field="low", code="bad_tolerance")
    if in_unit:
        unit(in_unit, field="in_unit")
    return Conformance(probability=probability_of_conformance(value, uncertainty, low, high))


@dataclass(frozen=True, slots=True)
class CalibrationInterval:
    """Proposed interval in d; reliability found, its 50 % interval, and the confidence against the target."""

    interval: Annotated[Day, Between(0.0)]
    reliability: Annotated[Ratio, Between(0.0, 1.0)]
    rejection: Annotated[Ratio, Between(0.0, 1.0)]
    low: Annotated[Ratio, Between(0.0, 1.0)]
    high: Annotated[Ratio, Between(0.0, 1.0)]


@procedure("medical_engineering.calibration_interval", version=1, cites=[NCSL_RP_1], uncertainty="none")
def calibration_interval(
    *,
    in_tolerance: Annotated[Count, Between(0.0, 1e6)],
    calibrations: Annotated[Count, Between(1.0, 1e6)],
    interval: Annotated[Day, Between(1.0, 36525.0)],
    target: Annotated[Ratio, Between(0.5, 0.999)] = 0.95,
    confidence: Annotated[Ratio, Between(0.0, 0.9999)] = 0.5,
    largest_change: Annotated[Ratio, Between(1.0, 10.0)] = 2.0,
    shortest: Annotated[Day, Between(1.0, 36525.0)] = 1.0,
    longest: Annotated[Day, Between(1.0, 36525.0)] = 3652.0,
) -> CalibrationInterval:
    """Interval of calibration by method A3: test whether the reliability found could be the target's.

    With R0 of n found in tolerance and the target R, the interval becomes I 10^((R0 - R) Q), where Q is the
    confidence with which the test rejects the target; it stays where Q does not exceed the confidence asked
    for. Caps: the largest factor up or down, and the shortest and longest interval. The branch above the
    target mirrors the one below it.
    """
    from scipy.stats import beta, binom

    found, number = whole(in_tolerance, "in_tolerance"), whole(calibrations, "calibrations")
    if found > number:
        raise BadInput("more in tolerance than calibrations", field="in_tolerance", code="more_than_all")
    if shortest > longest:
        raise BadInput("the shortest interval is longer than the longest", field="shortest", code="bad_range")
    observed = found / number
    tail = binom.cdf(found, number, target) if observed < target else binom.sf(found - 1, number, target)
    rejection = max(0.0, 1.0 - 2.0 * float(tail))
    factor = 10.0 ** ((observed - target) * rejection) if rejection > confidence else 1.0
    factor = min(max(factor, 1.0 / largest_change), largest_change)
    return CalibrationInterval(
        interval=min(max(interval * factor, shortest), longest),
        reliability=observed,
        rejection=rejection,
        low=float(beta.ppf(0.25, found, number - found + 1)) if found else 0.0,
        high=float(beta.ppf(0.75, found + 1, number - found)) if found < number else 1.0,
    )


@dataclass(frozen=True, slots=True)
class DriftProjection:
    """Day on which the limit is met; the line's value on the last day, its change in a year, the scatter."""

    reached: Day | None
    latest: Ratio
    yearly_change: Ratio
    scatter: Annotated[Ratio, Between(0.0)]
    notes: Notes


@procedure("medical_engineering.drift_projection", version=1, cites=[NASA_8739], uncertainty="none")
def drift_projection(
    *,
    errors: Annotated[Floats, repeated("1")],
    days: Annotated[Floats, repeated("d"), Between(0.0, 36525.0)],
    limit: Annotated[Ratio, Between(1e-300)],
    uncertainties: Annotated[Floats, repeated("1"), Between(1e-300)] | None = None,
    expanded: Annotated[Ratio, Between(0.0)] = 0.0,
    confidence: Annotated[Ratio, Between(0.5, 0.9999)] = 0.95,
) -> DriftProjection:
    """Day on which a drifting error, with its uncertainty, is expected to meet the limit.

    A straight line is fitted to the as-found errors, weighted where each has a standard uncertainty. The
    limit is met where |line| + U reaches it: U is the half width of the interval for a new value at the
    confidence, with `expanded` of the reading itself in quadrature. Errors, uncertainties and limit are
    bare numbers in one unit; days are counted from any origin.
    """
    fitted = _fit(errors, days, uncertainties)
    last = float(np.max(days))
    half = _student(confidence, fitted.dof)

    def excess(day: float) -> float:
        return abs(fitted.at(day)) + math.hypot(half * fitted.spread(day), expanded) - limit

    reached, note = _first_crossing(excess, last)
    return DriftProjection(
        reached=reached,
        latest=fitted.at(last),
        yearly_change=fitted.slope * 365.25,
        scatter=fitted.scatter,
        notes=() if note is None else (note,),
    )


@dataclass(frozen=True, slots=True)
class _Line:
    """A fitted line about its weighted mean day; `scatter` is the standard deviation of one new value."""

    centre: float
    level: float
    slope: float
    scatter: float
    mean_variance: float
    slope_variance: float
    dof: int

    def at(self, day: float) -> float:
        return self.level + self.slope * (day - self.centre)

    def spread(self, day: float) -> float:
        line = self.mean_variance + self.slope_variance * (day - self.centre) ** 2
        return math.sqrt(self.scatter**2 + line)


def _fit(errors: Floats, days: Floats, uncertainties: Floats | None) -> _Line:
    """Fit a line by least squares.

    With uncertainties the variances come from them, and a new value is taken to be as uncertain as the
    root mean square of those; without, from the scatter about the line.

    Raises:
        BadInput: lists of unlike length, fewer than three points, or all on one day.
    """
    count = len(errors)
    unlike = len(days) != count or (uncertainties is not None and len(uncertainties) != count)
    if unlike or count < 3:
        raise BadInput("three errors or more, each with its day", field="days", code="unequal_lengths")
    weights = np.ones(count) if uncertainties is None else 1.0 / np.asarray(uncertainties) ** 2
    centre = float(np.average(days, weights=weights))
    level = float(np.average(errors, weights=weights))
    away = np.asarray(days) - centre
    inertia = float(np.sum(weights * away**2))
    if inertia <= 1e-12 * float(np.sum(weights)):
        raise BadInput("the errors are all of one day", field="days", code="one_day")
    slope = float(np.sum(weights * away * (np.asarray(errors) - level)) / inertia)
    residuals = np.asarray(errors) - level - slope * away
    if uncertainties is None:
        variance = float(np.sum(residuals**2)) / (count - 2)
        return _Line(
            centre, level, slope, math.sqrt(variance), variance / count, variance / inertia, count - 2
        )
    scatter = math.sqrt(float(np.mean(np.asarray(uncertainties) ** 2)))
    return _Line(centre, level, slope, scatter, 1.0 / float(np.sum(weights)), 1.0 / inertia, 0)


def _student(confidence: float, dof: int) -> float:
    """Two-sided factor: Student's for a scatter of `dof` degrees of freedom, normal for 0 (stated u)."""
    from scipy.stats import norm, t

    share = 0.5 + confidence / 2
    return float(t.ppf(share, dof) if dof else norm.ppf(share))


def _first_crossing(excess: _Excess, last: float) -> tuple[float | None, Note | None]:
    """Find the first day, from the last calibration on, on which the excess is not below zero.

    |line| + U is a sum of two convex functions of the day: from below zero it crosses zero once.
    """
    from scipy.optimize import brentq

    if excess(last) >= 0:
        text = "The limit is met already on the day of the last calibration."
        return last, Note("already_met", text, doubt=True)
    if excess(last + HORIZON) < 0:
        return None, Note("beyond_horizon", "The limit is not met within a hundred years.")
    return float(brentq(excess, last, last + HORIZON, xtol=1e-12)), None
