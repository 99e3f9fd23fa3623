"""Thermometers, infant incubators, and refrigerators mapped with many sensors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np

from kilter.measure.error import BadInput
from kilter.measure.procedure import procedure
from kilter.measure.quantity import Between, Celsius, Percent, Table, grid
from kilter.measure.unit import Floats
from kilter.specialties.medical_engineering.quantities import (
    BodyTemperature,
    Kelvin,
    MetrePerSecond,
    SoundLevel,
)
from kilter.specialties.medical_engineering.standards import (
    EN_12470_5,
    IEC_60601_2_19,
    ISO_80601_2_56,
    USP_1079,
)

Correction = Annotated[Kelvin, Between(-5.0, 5.0)]

# Activation energy over the gas constant, 83.144 kJ/mol over 8.3144 J/(mol K), in K.
ACTIVATION, ICE_POINT = 10_000.0, 273.15


@dataclass(frozen=True, slots=True)
class ThermometerError:
    """Reading less reference, in K."""

    error: Kelvin


@procedure(
    "medical_engineering.thermometer",
    version=1,
    cites=[ISO_80601_2_56, EN_12470_5],
    elementwise=True,
    measured=["reference"],
)
def thermometer(
    *, reading: BodyTemperature, reference: BodyTemperature, kind: Literal["contact", "ear"] = "contact"
) -> ThermometerError:
    """Laboratory accuracy of a clinical thermometer, in a bath or before a black body.

    The limit of an ear thermometer holds from 35.5 °C to 42 °C.
    """
    return ThermometerError(error=reading - reference)


@dataclass(frozen=True, slots=True)
class IncubatorAir:
    """Stability, uniformity, display and control of the air in K; the mean at the middle in degC."""

    stability: Annotated[Kelvin, Between(0.0)]
    uniformity: Annotated[Kelvin, Between(0.0)]
    display_error: Kelvin
    control_error: Kelvin
    mean: Celsius


@procedure("medical_engineering.incubator_air", version=1, cites=[IEC_60601_2_19])
def incubator_air(
    *,
    temperatures: Annotated[Floats, grid("degC"), Between(0.0, 60.0)],
    set_temperature: BodyTemperature,
    displayed: BodyTemperature,
    mattress: Literal["level", "tilted"] = "level",
    correction: Correction = 0.0,
) -> IncubatorAir:
    """Air temperature of an infant incubator in steady state, from the five sensors A to E.

    The table has one instant a row and the sensors A (middle), B, C, D, E in its columns, over an hour at
    32 °C or 36 °C. Stability is the largest departure of A from its own mean, uniformity the largest
    difference of another sensor's mean from that of A.
    """
    if temperatures.shape[1] != 5 or temperatures.shape[0] < 2:
        message = "the table has five columns, A to E, and two rows or more"
        raise BadInput(message, field="temperatures", code="shape")
    readings = np.asarray(temperatures) + correction
    middle, means = readings[:, 0], readings.mean(axis=0)
    return IncubatorAir(
        stability=float(np.max(np.abs(middle - means[0]))),
        uniformity=float(np.max(np.abs(means[1:] - means[0]))),
        display_error=float(displayed - means[0]),
        control_error=float(means[0] - set_temperature),
        mean=float(means[0]),
    )


@dataclass(frozen=True, slots=True)
class IncubatorSafety:
    """Departure of the skin sensor and overshoot in K, cut-out in degC."""

    skin_sensor_error: Kelvin
    overshoot: Kelvin
    cut_out: Celsius


@procedure("medical_engineering.incubator_safety", version=1, cites=[IEC_60601_2_19], elementwise=True)
def incubator_safety(
    *,
    skin_reading: BodyTemperature,
    skin_reference: BodyTemperature,
    peak: BodyTemperature,
    set_temperature: BodyTemperature,
    cut_out_temperature: BodyTemperature,
    cut_out_range: Literal["normal", "override"] = "normal",
) -> IncubatorSafety:
    """Skin sensor against a reference, overshoot after a step of the setting, and the thermal cut-out."""
    return IncubatorSafety(
        skin_sensor_error=skin_reading - skin_reference,
        overshoot=peak - set_temperature,
        cut_out=cut_out_temperature,
    )


@dataclass(frozen=True, slots=True)
class IncubatorSurroundings:
    """Carbon dioxide in percent of volume, sound level in dB(A), air speed in m/s, at the infant."""

    carbon_dioxide: Annotated[Percent, Between(0.0, 100.0)]
    sound: SoundLevel
    air_speed: Annotated[MetrePerSecond, Between(0.0)]


@procedure("medical_engineering.incubator_surroundings", version=1, cites=[IEC_60601_2_19], elementwise=True)
def incubator_surroundings(
    *,
    carbon_dioxide: Annotated[Percent, Between(0.0, 100.0)],
    sound: Annotated[SoundLevel, Between(0.0, 140.0)],
    air_speed: Annotated[MetrePerSecond, Between(0.0, 20.0)],
) -> IncubatorSurroundings:
    """What an infant in the incubator breathes, hears and feels."""
    return IncubatorSurroundings(carbon_dioxide=carbon_dioxide, sound=sound, air_speed=air_speed)


@dataclass(frozen=True, slots=True)
class StorageMap:
    """Extremes, mean and mean kinetic temperature of a store in degC, and each sensor's own."""

    lowest: Celsius
    highest: Celsius
    mean: Celsius
    mean_kinetic: Celsius
    sensors: Table


@procedure("medical_engineering.storage_mapping", version=1, cites=[USP_1079])
def storage_mapping(
    *,
    temperatures: Annotated[Floats, grid("degC"), Between(-100.0, 100.0)],
    store: Literal["refrigerator", "other"] = "refrigerator",
    correction: Correction = 0.0,
) -> StorageMap:
    """Map of a refrigerator or another store: one instant a row, one sensor a column.

    The mean kinetic temperature weighs warm hours as decay does: T_K = (E/R) / -ln(mean of exp(-E/(R T)))
    with E/R = 10 000 K.
    """
    readings = np.asarray(temperatures) + correction
    kelvin = readings + ICE_POINT
    rates = np.exp(-ACTIVATION * (1.0 / kelvin - 1.0 / kelvin.mean()))  # about the mean, so nothing vanishes
    kinetic = 1.0 / (1.0 / kelvin.mean() - np.log(rates.mean()) / ACTIVATION)
    rows = tuple(
        (f"{number}", float(column.min()), float(column.mean()), float(column.max()))
        for number, column in enumerate(readings.T, 1)
    )
    columns = (("Sensor", ""), ("Lowest", "degC"), ("Mean", "degC"), ("Highest", "degC"))
    return StorageMap(
        lowest=float(readings.min()),
        highest=float(readings.max()),
        mean=float(readings.mean()),
        mean_kinetic=float(kinetic - ICE_POINT),
        sensors=Table(columns, rows),
    )
