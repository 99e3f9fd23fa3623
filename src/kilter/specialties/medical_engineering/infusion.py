"""Infusion and syringe pumps: mean flow by weighing, and what happens when the line is blocked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from kilter.measure.procedure import procedure
from kilter.measure.quantity import Between, Percent, Second
from kilter.specialties.medical_engineering.quantities import (
    Gram,
    Millilitre,
    MillilitrePerGram,
    MillilitrePerHour,
    MillimetreOfMercury,
    Minute,
)
from kilter.specialties.medical_engineering.standards import IEC_60601_2_24, ISO_8655_6


@dataclass(frozen=True, slots=True)
class InfusionFlow:
    """Volume delivered in mL, mean flow in mL/h, and its departure from the set rate in percent."""

    volume: Annotated[Millilitre, Between(0.0)]
    flow: Annotated[MillilitrePerHour, Between(0.0)]
    error: Percent


@procedure(
    "medical_engineering.infusion_flow",
    version=1,
    cites=[IEC_60601_2_24, ISO_8655_6],
    elementwise=True,
    measured=["mass"],
)
def infusion_flow(
    *,
    mass: Annotated[Gram, Between(0.0, 1e4)],
    duration: Annotated[Minute, Between(0.1, 1e5)],
    set_rate: Annotated[MillilitrePerHour, Between(0.01, 5000.0)],
    evaporation: Annotated[Gram, Between(0.0, 100.0)] = 0.0,
    z: Annotated[MillilitrePerGram, Between(0.9, 1.1)] = 1.0029,
    pump: Literal["volumetric", "syringe"] = "volumetric",
) -> InfusionFlow:
    """Mean flow of an infusion pump, from the mass of water that it delivers.

    V = (m + m_evaporated) Z, Q = V / t, error = (Q - Q_set) / Q_set. Z brings the balance's reading to a
    volume, buoyancy of air included: 1.0029 mL/g is for water at 20 °C and 101.3 kPa. A volumetric pump is
    tested at 25 mL/h and a syringe pump at 5 mL/h, and either at its minimum.
    """
    volume = (mass + evaporation) * z
    flow = volume / (duration / 60.0)
    return InfusionFlow(volume=volume, flow=flow, error=100.0 * (flow - set_rate) / set_rate)


@dataclass(frozen=True, slots=True)
class Occlusion:
    """Departure of the alarm pressure in mmHg, time to the alarm in s, bolus on release in mL."""

    pressure_error: MillimetreOfMercury
    alarm_time: Annotated[Second, Between(0.0)]
    bolus: Annotated[Millilitre, Between(0.0)]


@procedure(
    "medical_engineering.infusion_occlusion",
    version=1,
    cites=[IEC_60601_2_24],
    elementwise=True,
    measured=["pressure"],
)
def infusion_occlusion(
    *,
    pressure: Annotated[MillimetreOfMercury, Between(0.0, 3000.0)],
    set_pressure: Annotated[MillimetreOfMercury, Between(0.0, 3000.0)],
    pressure_tolerance: Annotated[MillimetreOfMercury, Between(0.1, 3000.0)],
    time: Annotated[Second, Between(0.0, 1e5)],
    longest_time: Annotated[Second, Between(0.1, 1e5)],
    released: Annotated[Millilitre, Between(0.0, 100.0)],
    largest_bolus: Annotated[Millilitre, Between(0.001, 100.0)],
) -> Occlusion:
    """Occlusion alarm: pressure at the alarm, time to it, and the bolus when the line is opened again.

    The standard asks the maker for the figures: the pressure tolerance, the longest time and the largest
    bolus are those of the instructions for use at the rate and the setting of the test.
    """
    return Occlusion(pressure_error=pressure - set_pressure, alarm_time=time, bolus=released)
