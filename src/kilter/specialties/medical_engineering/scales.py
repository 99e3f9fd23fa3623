"""Patient scales of class III: error, eccentricity, repeatability, in verification intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np

from kilter.measure.error import BadInput
from kilter.measure.procedure import procedure
from kilter.measure.quantity import Between, Ratio, repeated
from kilter.measure.unit import Floats
from kilter.specialties.medical_engineering.quantities import Kilogram
from kilter.specialties.medical_engineering.standards import OIML_R_76

Verification = Literal["initial", "in_service"]
LoadRange = Literal["to_500_e", "to_2000_e", "to_10000_e"]
Load = Annotated[Kilogram, Between(0.0, 2000.0)]
Interval = Annotated[Kilogram, Between(1e-4, 10.0)]
Readings = Annotated[Floats, repeated("kg"), Between(-10.0, 2000.0)]


@dataclass(frozen=True, slots=True)
class ScaleError:
    """Error in kg and in verification intervals e; the range of loads that chooses the limit."""

    error: Kilogram
    error_in_e: Ratio
    load_range: LoadRange


def load_range(mass: float, interval: float) -> LoadRange:
    """Find the range of loads of class III, its upper end within.

    Args:
        mass: the load, in kg.
        interval: verification interval e, in kg.

    Raises:
        BadInput: more than 10 000 e, which class III does not know.
    """
    for most, name in ((500, "to_500_e"), (2000, "to_2000_e"), (10_000, "to_10000_e")):
        if mass <= most * interval * (1 + 1e-9):  # 50 kg is 500 times 0.1 kg, whatever a double says
            return name  # type: ignore[return-value]  # the names are those of LoadRange
    message = f"{mass:g} kg are more than 10 000 intervals of {interval:g} kg: no load of class III"
    raise BadInput(message, field="mass", code="out_of_range")


@procedure(
    "medical_engineering.scales_load",
    version=1,
    cites=[OIML_R_76],
    measured=["mass"],
)
def scales_load(
    *,
    reading: Annotated[Kilogram, Between(-10.0, 2000.0)],
    mass: Load,
    interval: Interval,
    verification: Verification = "in_service",
) -> ScaleError:
    """Error of patient scales at one load, against the test mass, in verification intervals e.

    Scales are used in the gravity zone that they were verified for.
    """
    error = reading - mass
    return ScaleError(error=error, error_in_e=error / interval, load_range=load_range(mass, interval))


@dataclass(frozen=True, slots=True)
class Eccentricity:
    """Largest error among the places of the load, in kg and in e, and the range of loads."""

    largest_error: Kilogram
    largest_error_in_e: Annotated[Ratio, Between(0.0)]
    load_range: LoadRange


@procedure(
    "medical_engineering.scales_eccentricity",
    version=1,
    cites=[OIML_R_76],
    measured=["mass"],
)
def scales_eccentricity(
    *, readings: Readings, mass: Load, interval: Interval, verification: Verification = "in_service"
) -> Eccentricity:
    """Largest error with a third of the capacity on each part of the platform in turn."""
    errors = np.asarray(readings) - mass
    largest = float(np.max(np.abs(errors)))
    return Eccentricity(
        largest_error=largest, largest_error_in_e=largest / interval, load_range=load_range(mass, interval)
    )


@dataclass(frozen=True, slots=True)
class Repeatability:
    """Largest less smallest reading of one load, in kg and in e, and the range of loads."""

    spread: Annotated[Kilogram, Between(0.0)]
    spread_in_e: Annotated[Ratio, Between(0.0)]
    load_range: LoadRange


@procedure(
    "medical_engineering.scales_repeatability",
    version=1,
    cites=[OIML_R_76],
    measured=["mass"],
)
def scales_repeatability(
    *, readings: Readings, mass: Load, interval: Interval, verification: Verification = "in_service"
) -> Repeatability:
    """Spread of the readings when one load is put on again and again."""
    if len(readings) < 3:
        raise BadInput("three readings or more are needed", field="readings", code="too_few")
    spread = float(np.max(readings) - np.min(readings))
    return Repeatability(spread=spread, spread_in_e=spread / interval, load_range=load_range(mass, interval))
