"""Counting small activities: characteristic limits, contamination, leak tests, uptake."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated

from kilter.measure.error import CannotTell
from kilter.measure.procedure import procedure
from kilter.measure.quantity import Between, Note, Percent, Second, quantity
from kilter.numerics.decay import Library, Nuclide, decay_constant, remaining
from kilter.specialties.nuclear_medicine.decay import HOUR, unread
from kilter.specialties.nuclear_medicine.quantities import (
    Becquerel,
    BecquerelPerSquareCentimetre,
    Counts,
    CountsPerSecond,
    Share,
    SquareCentimetre,
)
from kilter.specialties.nuclear_medicine.standards import (
    CURRIE,
    IAEA_SSR_6,
    IAEA_UPTAKE,
    ICRP_107,
    ISO_7503,
    ISO_9978,
    ISO_11929,
)

Time = Annotated[Second, Between(0.1, 1e7)]
Efficiency = Annotated[Share, Between(1e-9, 1.0)]
QUANTILE = 1.6448536269514722
"""Of the normal distribution at 95 %, one-sided: errors of the first and the second kind of 5 %."""


def characteristic_limits(background: float, time: float, background_time: float) -> tuple[float, float]:
    """Give decision threshold and detection limit in counts of the sample's counting time.

    Args:
        background: counts in the background's own counting time.
        time: of the sample, in s.
        background_time: in s.

    With equal times they are 2.33 sqrt(B) and 2.71 + 4.65 sqrt(B) (Currie); with others the variance of the
    net counts without activity is b t (1 + t / t_b), b the background's rate.
    """
    expected = background * time / background_time
    spread = math.sqrt(expected * (1.0 + time / background_time))
    return QUANTILE * spread, QUANTILE**2 + 2.0 * QUANTILE * spread


@dataclass(frozen=True, slots=True)
class Limits:
    """Decision threshold and detection limit, in counts and, where the efficiency is known, in Bq."""

    decision_threshold: Annotated[Counts, Between(0.0)]
    detection_limit: Annotated[Counts, Between(0.0)]
    detectable_activity: Annotated[Becquerel, Between(0.0)] | None


@procedure("nuclear_medicine.detection_limit", version=1, cites=[CURRIE, ISO_11929], uncertainty="none")
def detection_limit(
    *,
    background: Counts,
    time: Time = 60.0,
    background_time: Time | None = None,
    efficiency: Efficiency | None = None,
) -> Limits:
    """Decision threshold and detection limit of a counting measurement, at 5 % each for both kinds of error.

    The background's time is the sample's where none is given. The efficiency is counts a decay.
    """
    threshold, limit = characteristic_limits(background, time, background_time or time)
    activity = None if efficiency is None else limit / (efficiency * time)
    return Limits(decision_threshold=threshold, detection_limit=limit, detectable_activity=activity)


@dataclass(frozen=True, slots=True)
class Contamination:
    """Surface activity and the least that could have been detected, in Bq/cm2."""

    surface_activity: BecquerelPerSquareCentimetre
    detectable: Annotated[BecquerelPerSquareCentimetre, Between(0.0)]
    notes: tuple[Note, ...] = ()


@procedure("nuclear_medicine.surface_contamination", version=2, cites=[ISO_7503, ISO_11929, IAEA_SSR_6])
def surface_contamination(
    *,
    counts: Counts,
    time: Time,
    background: Counts,
    background_time: Time,
    instrument_efficiency: Efficiency,
    source_efficiency: Efficiency,
    area: Annotated[SquareCentimetre, Between(0.1, 1e5)],
    level: Annotated[BecquerelPerSquareCentimetre, Between(1e-6, 1e6)] = 4.0,
) -> Contamination:
    """Surface activity: net count rate over both efficiencies and the window's area.

    `level` is the activity that must be seen; a monitor that could not have seen it clears no surface, and
    the result says so.
    """
    rate = counts / time - background / background_time
    response = instrument_efficiency * source_efficiency * area
    _, limit = characteristic_limits(background, time, background_time)
    seen = limit / time / response
    words = f"this count detects {seen:.3g} Bq/cm2 at best, above the level of {level:g}: count longer"
    notes = (Note("detection_limit_above_level", words, doubt=True),) if seen > level else ()
    return Contamination(surface_activity=rate / response, detectable=seen, notes=notes)


@dataclass(frozen=True, slots=True)
class Wipe:
    """Removable activity and the least that could have been detected, in Bq."""

    activity: Becquerel
    detectable: Annotated[Becquerel, Between(0.0)]


@procedure("nuclear_medicine.leak_test", version=1, cites=[ISO_9978, ISO_11929])
def leak_test(
    *,
    counts: Counts,
    time: Time,
    background: Counts,
    background_time: Time,
    efficiency: Efficiency,
    pickup: Efficiency = 0.1,
    limit: Annotated[Becquerel, Between(1.0, 1e6)] = 200.0,
) -> Wipe:
    """Wipe test of a sealed source: net counts over efficiency and the share that a wipe picks up.

    A test that could not have seen the limit says nothing: it is refused, and asks for a longer count.
    """
    _, detectable = characteristic_limits(background, time, background_time)
    seen = detectable / (time * efficiency * pickup)
    if seen > limit:
        message = f"this count detects {seen:.3g} Bq at best, above the limit of {limit:.3g} Bq: count longer"
        raise CannotTell(message, field="time", code="detection_limit_above_limit")
    rate = counts / time - background / background_time
    return Wipe(activity=rate / (efficiency * pickup), detectable=seen)


@dataclass(frozen=True, slots=True)
class Uptake:
    """Thyroid uptake in percent of what was given."""

    uptake: Percent
    notes: tuple[Note, ...] = ()


@procedure(
    "nuclear_medicine.thyroid_uptake",
    version=1,
    cites=[IAEA_UPTAKE, ICRP_107],
    elementwise=True,
    use="patient_result",
)
def thyroid_uptake(
    *,
    nuclide: Nuclide,
    neck: CountsPerSecond,
    thigh: CountsPerSecond,
    standard: CountsPerSecond,
    background: CountsPerSecond,
    standard_before: Annotated[float, quantity("h"), Between(-1e4, 1e4)] = 0.0,
    standard_share: Annotated[Share, Between(1e-6, 1.0)] = 1.0,
    library: Library = "ICRP 107",
) -> Uptake:
    """Thyroid uptake: neck less thigh over the standard less background, both at one time.

    Args are count rates at one geometry. `standard_before` says by how much the standard was counted
    earlier than the neck; `standard_share` is the standard's activity over that given.
    """
    factor = remaining(standard_before * HOUR, decay_constant(nuclide, library))
    whole = (standard - background) * factor / standard_share
    return Uptake(uptake=100.0 * (neck - thigh) / whole, notes=unread(library, nuclide))
