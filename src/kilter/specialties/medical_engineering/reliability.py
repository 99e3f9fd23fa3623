"""Figures of a maintenance service: risk score, failure rate, availability, compliance, cost."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Literal

from kilter.measure.error import BadInput
from kilter.measure.procedure import procedure
from kilter.measure.quantity import Between, Count, Hour, Percent, Ratio
from kilter.specialties.medical_engineering.quantities import Month, PerYear, Year
from kilter.specialties.medical_engineering.standards import FENNIGKOH_SMITH, IEC_61703, ULM, WILSON

Number = Annotated[Count, Between(0.0, 1e9)]
Confidence = Annotated[Ratio, Between(0.5, 0.9999)]
Score = Annotated[Ratio, Between(-10.0, 30.0)]


def whole(value: float, field: str) -> int:
    """Give a count as a whole number.

    Raises:
        BadInput: it is none.
    """
    if value != round(value):
        raise BadInput(f"{field} is a whole number, not {value:g}", field=field, code="not_whole")
    return round(value)


@dataclass(frozen=True, slots=True)
class RiskScore:
    """Equipment management number, whether the device is in the programme, and how often it is seen."""

    score: Score
    included: Literal["yes", "no"]
    interval: Month | None


@procedure("medical_engineering.risk_score", version=1, cites=[FENNIGKOH_SMITH], uncertainty="none")
def risk_score(
    *,
    function: Annotated[Ratio, Between(2.0, 10.0)],
    risk: Annotated[Ratio, Between(1.0, 5.0)],
    maintenance: Annotated[Ratio, Between(1.0, 5.0)],
    history: Annotated[Ratio, Between(-2.0, 2.0)] = 0.0,
    include_from: Score = 12.0,
    twice_a_year_from: Score = 15.0,
    four_times_a_year_from: Score = 18.0,
) -> RiskScore:
    """Risk score after Fennigkoh and Smith: function, physical risk and maintenance, history where kept.

    Devices that reach the inclusion score are maintained to a plan: yearly, twice or four times a year by
    the bands, which are a local choice.
    """
    for name, value in (("function", function), ("risk", risk), ("maintenance", maintenance)):
        whole(value, name)
    whole(history, "history")
    if not include_from <= twice_a_year_from <= four_times_a_year_from:
        message = "the bands rise: inclusion, twice a year, four times a year"
        raise BadInput(message, field="twice_a_year_from", code="bad_bands")
    score = function + risk + maintenance + history
    if score < include_from:
        return RiskScore(score, "no", None)
    interval = 3.0 if score >= four_times_a_year_from else 6.0 if score >= twice_a_year_from else 12.0
    return RiskScore(score, "yes", interval)


@dataclass(frozen=True, slots=True)
class FailureRate:
    """Failures a device-year, with the ends of the confidence interval."""

    rate: Annotated[PerYear, Between(0.0)]
    low: Annotated[PerYear, Between(0.0)]
    high: Annotated[PerYear, Between(0.0)]


@procedure("medical_engineering.failure_rate", version=1, cites=[ULM, IEC_61703], uncertainty="none")
def failure_rate(
    *,
    failures: Number,
    exposure: Annotated[Year, Between(1e-6, 1e9)],
    confidence: Confidence = 0.95,
) -> FailureRate:
    """Failure rate with its exact confidence interval by chi-square, from a count over device-years.

    Low: chi2(alpha/2; 2k) / 2T, and 0 for no failures; high: chi2(1 - alpha/2; 2k + 2) / 2T.
    """
    from scipy.stats import chi2

    count, alpha = whole(failures, "failures"), 1.0 - confidence
    low = float(chi2.ppf(alpha / 2, 2 * count)) / (2 * exposure) if count else 0.0
    high = float(chi2.ppf(1 - alpha / 2, 2 * count + 2)) / (2 * exposure)
    return FailureRate(rate=count / exposure, low=low, high=high)


@dataclass(frozen=True, slots=True)
class Availability:
    """Mean time between failures in h, and the share of the time that a device can be used."""

    mtbf: Annotated[Hour, Between(0.0)]
    availability: Annotated[Ratio, Between(0.0, 1.0)]


@procedure("medical_engineering.availability", version=1, cites=[IEC_61703], elementwise=True)
def availability(
    *,
    devices: Annotated[Count, Between(1.0, 1e9)],
    time: Annotated[Hour, Between(0.01, 1e7)],
    failures: Annotated[Count, Between(1.0, 1e9)],
    mttr: Annotated[Hour, Between(0.0, 1e6)],
) -> Availability:
    """Mean time between failures and availability: A = MTBF / (MTBF + MTTR).

    The time is that of each device in service, the failures those of all, MTTR the mean time to restore
    one. Where nothing failed there is no MTBF: give the failure rate's upper bound.
    """
    mtbf = devices * time / failures
    return Availability(mtbf=mtbf, availability=mtbf / (mtbf + mttr))


@dataclass(frozen=True, slots=True)
class Compliance:
    """Share of what was due that was done in its window, with its interval, and what was not; in percent."""

    compliance: Annotated[Percent, Between(0.0, 100.0)]
    low: Annotated[Percent, Between(0.0, 100.0)]
    high: Annotated[Percent, Between(0.0, 100.0)]
    not_located: Annotated[Percent, Between(0.0, 100.0)]
    without_access: Annotated[Percent, Between(0.0, 100.0)]


@procedure("medical_engineering.compliance", version=1, cites=[WILSON], uncertainty="none")
def compliance(
    *,
    done: Number,
    due: Annotated[Count, Between(1.0, 1e9)],
    could_not_locate: Number = 0.0,
    no_access: Number = 0.0,
    confidence: Confidence = 0.95,
) -> Compliance:
    """Compliance with planned maintenance: done in window over due in window, with Wilson's interval.

    Devices that could not be located and those without access stay in the denominator, and are shown apart.
    """
    counts = {"done": done, "due": due, "could_not_locate": could_not_locate, "no_access": no_access}
    for name, value in counts.items():
        whole(value, name)
    if done + could_not_locate + no_access > due:
        message = "done, could not locate and no access come to more than was due"
        raise BadInput(message, field="done", code="more_than_due")
    low, high = wilson(done, due, confidence)
    return Compliance(
        compliance=100.0 * done / due,
        low=100.0 * low,
        high=100.0 * high,
        not_located=100.0 * could_not_locate / due,
        without_access=100.0 * no_access / due,
    )


def wilson(done: float, due: float, confidence: float) -> tuple[float, float]:
    """Wilson's score interval of a proportion.

    Args:
        done: successes, 0 to `due`.
        due: trials, above zero.
        confidence: two-sided, between 0 and 1.
    """
    from statistics import NormalDist

    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    share, weight = done / due, z * z / due
    centre = share + weight / 2
    half = z * math.sqrt(share * (1 - share) / due + z * z / (4 * due * due))
    low, high = (centre - half) / (1 + weight), (centre + half) / (1 + weight)
    return min(max(low, 0.0), share), max(min(high, 1.0), share)


@dataclass(frozen=True, slots=True)
class CostOfService:
    """Yearly cost of support, in percent of what the device cost."""

    ratio: Annotated[Percent, Between(0.0)]


@procedure("medical_engineering.cost_of_service", version=1, cites=[FENNIGKOH_SMITH], elementwise=True)
def cost_of_service(
    *,
    support: Annotated[Ratio, Between(0.0, 1e12)],
    acquisition: Annotated[Ratio, Between(1e-6, 1e12)],
) -> CostOfService:
    """Cost of service ratio: a year's support over the cost of acquisition, in one currency."""
    return CostOfService(ratio=100.0 * support / acquisition)
