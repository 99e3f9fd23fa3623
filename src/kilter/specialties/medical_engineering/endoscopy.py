"""Endoscopy: insufflators, light sources, and the light that an endoscope lets through."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from kilter.measure.procedure import procedure
from kilter.measure.quantity import Between, Percent
from kilter.specialties.medical_engineering.quantities import LitrePerMinute, Lux, MillimetreOfMercury
from kilter.specialties.medical_engineering.standards import IEC_60601_2_18

AbdominalPressure = Annotated[MillimetreOfMercury, Between(0.0, 100.0)]
GasFlow = Annotated[LitrePerMinute, Between(0.0, 100.0)]
Light = Annotated[Lux, Between(0.0, 1e8)]


@dataclass(frozen=True, slots=True)
class Insufflation:
    """Departures of pressure in mmHg and of flow in L/min; highest pressure before release in mmHg."""

    pressure_error: MillimetreOfMercury
    flow_error: LitrePerMinute
    release_pressure: MillimetreOfMercury


@procedure(
    "medical_engineering.insufflator",
    version=1,
    cites=[IEC_60601_2_18],
    elementwise=True,
    measured=["pressure", "flow", "release"],
)
def insufflator(
    *,
    set_pressure: AbdominalPressure,
    pressure: AbdominalPressure,
    pressure_tolerance: Annotated[MillimetreOfMercury, Between(0.1, 50.0)],
    set_flow: GasFlow,
    flow: GasFlow,
    flow_tolerance: Annotated[LitrePerMinute, Between(0.01, 50.0)],
    release: AbdominalPressure,
    highest_release: Annotated[MillimetreOfMercury, Between(1.0, 100.0)],
) -> Insufflation:
    """Pressure and flow of an insufflator against its settings, and the pressure at which it vents.

    Tolerances and the highest pressure of release are the maker's.
    """
    return Insufflation(
        pressure_error=pressure - set_pressure, flow_error=flow - set_flow, release_pressure=release
    )


@dataclass(frozen=True, slots=True)
class LightOutput:
    """Illuminance as a share of the reference, in percent."""

    output: Annotated[Percent, Between(0.0)]


@procedure(
    "medical_engineering.light_source",
    version=1,
    cites=[IEC_60601_2_18],
    elementwise=True,
    measured=["illuminance"],
)
def light_source(
    *,
    illuminance: Light,
    reference: Annotated[Lux, Between(1.0, 1e8)],
    least: Annotated[Percent, Between(1.0, 100.0)],
    background: Light = 0.0,
) -> LightOutput:
    """Output of a surgical light source, as a share of its reference at the same distance and guide.

    The background, with the lamp off, is taken from the reading; the reference has it taken off already.
    The least share at which the lamp stays in use is the maker's or the department's.
    """
    return LightOutput(output=100.0 * (illuminance - background) / reference)


@dataclass(frozen=True, slots=True)
class LightTransmission:
    """Light behind the endoscope or light guide over the light that enters it, in percent."""

    transmission: Annotated[Percent, Between(0.0)]


@procedure("medical_engineering.endoscope_transmission", version=1, cites=[IEC_60601_2_18], elementwise=True)
def endoscope_transmission(
    *,
    leaving: Light,
    entering: Annotated[Lux, Between(1.0, 1e8)],
    least: Annotated[Percent, Between(1.0, 100.0)],
    background: Light = 0.0,
) -> LightTransmission:
    """Light that an endoscope or a light guide lets through, against the same source without it.

    The background is taken from both readings. The least transmission is the maker's, or a share of what
    the endoscope let through when it was new.
    """
    return LightTransmission(transmission=100.0 * (leaving - background) / (entering - background))
