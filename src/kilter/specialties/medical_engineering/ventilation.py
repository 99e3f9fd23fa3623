"""Ventilators: volume at the conditions of the lung, pressure, oxygen and rate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from kilter.measure.procedure import procedure
from kilter.measure.quantity import Between, Celsius, Percent
from kilter.specialties.medical_engineering.quantities import (
    CentimetreOfWater,
    Millilitre,
    MillimetreOfMercury,
    PerMinute,
)
from kilter.specialties.medical_engineering.standards import ISO_80601_2_12, ISO_80601_2_55, WMO_8

# Water vapour in the lung in mmHg, body temperature and the ice point in K, as the conversion is written.
LUNG_VAPOUR, BODY, ICE = 47.0, 310.0, 273.0
MMHG_PER_HPA = 100.0 / 133.322387415

Oxygen = Annotated[Percent, Between(0.0, 100.0)]


@dataclass(frozen=True, slots=True)
class TidalVolume:
    """Volume at body temperature and pressure, saturated, in mL; its departure from the set volume."""

    volume: Annotated[Millilitre, Between(0.0)]
    error: Millilitre | None


def saturated_vapour(temperature: float) -> float:
    """Pressure of saturated water vapour over water, in mmHg (WMO-No. 8, annex 4.B).

    Args:
        temperature: in degC.
    """
    hectopascal: float = 6.112 * np.exp(17.62 * temperature / (243.12 + temperature))
    return hectopascal * MMHG_PER_HPA


@procedure(
    "medical_engineering.ventilator_volume",
    version=1,
    cites=[ISO_80601_2_12, WMO_8],
    elementwise=True,
    measured=["volume"],
)
def ventilator_volume(
    *,
    volume: Annotated[Millilitre, Between(0.0, 5000.0)],
    barometric_pressure: Annotated[MillimetreOfMercury, Between(375.0, 900.0)] = 760.0,
    temperature: Annotated[Celsius, Between(0.0, 50.0)] = 20.0,
    humidity: Annotated[Percent, Between(0.0, 100.0)] = 0.0,
    water_vapour: Annotated[MillimetreOfMercury, Between(0.0, 100.0)] | None = None,
    set_volume: Annotated[Millilitre, Between(0.1, 5000.0)] | None = None,
) -> TidalVolume:
    """Tidal volume as read at room conditions (ATP), brought to those of the lung (BTPS).

    V_BTPS = V_ATP (P_B - P_H2O) / (P_B - 47 mmHg) 310 / (273 + T). The water vapour is that of the gas as
    it was measured: as typed, or else from the relative humidity at the temperature; dry where neither
    is given. An analyser that shows BTPS already has done this: set it to ATP.
    """
    vapour = saturated_vapour(temperature) * humidity / 100.0 if water_vapour is None else water_vapour
    dry = (barometric_pressure - vapour) / (barometric_pressure - LUNG_VAPOUR)
    found = volume * dry * BODY / (ICE + temperature)
    return TidalVolume(volume=found, error=None if set_volume is None else found - set_volume)


@dataclass(frozen=True, slots=True)
class AirwayPressure:
    """Measured less set pressure, in cmH2O."""

    error: CentimetreOfWater


@procedure(
    "medical_engineering.ventilator_pressure",
    version=1,
    cites=[ISO_80601_2_12],
    elementwise=True,
    measured=["pressure"],
)
def ventilator_pressure(
    *,
    set_pressure: Annotated[CentimetreOfWater, Between(0.0, 150.0)],
    pressure: Annotated[CentimetreOfWater, Between(-50.0, 200.0)],
) -> AirwayPressure:
    """Airway pressure, peak or end-expiratory, against what was set."""
    return AirwayPressure(error=pressure - set_pressure)


@dataclass(frozen=True, slots=True)
class DeliveredOxygen:
    """Measured less set oxygen, in percent of volume."""

    error: Percent


@procedure(
    "medical_engineering.ventilator_oxygen",
    version=1,
    cites=[ISO_80601_2_55],
    elementwise=True,
    measured=["oxygen"],
)
def ventilator_oxygen(*, set_oxygen: Oxygen, oxygen: Oxygen) -> DeliveredOxygen:
    """Oxygen in the inspired gas against what was set, in percent of volume."""
    return DeliveredOxygen(error=oxygen - set_oxygen)


@dataclass(frozen=True, slots=True)
class BreathRate:
    """Measured less set rate, in /min."""

    error: PerMinute


@procedure(
    "medical_engineering.ventilator_rate",
    version=1,
    cites=[ISO_80601_2_12],
    elementwise=True,
    measured=["rate"],
)
def ventilator_rate(
    *,
    set_rate: Annotated[PerMinute, Between(0.1, 1000.0)],
    rate: Annotated[PerMinute, Between(0.0, 1500.0)],
    tolerance: Annotated[PerMinute, Between(0.01, 100.0)],
) -> BreathRate:
    """Rate of breaths against what was set; the tolerance is the maker's."""
    return BreathRate(error=rate - set_rate)
