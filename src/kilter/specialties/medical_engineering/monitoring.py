"""Patient monitors: electrocardiogram, pressures, carbon dioxide, and the working of an oximeter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from kilter.measure.procedure import procedure
from kilter.measure.quantity import Between, Note, Notes, Percent
from kilter.specialties.medical_engineering.quantities import (
    BeatsPerMinute,
    MillimetreOfMercury,
    Millivolt,
)
from kilter.specialties.medical_engineering.standards import (
    IEC_60601_2_27,
    IEC_60601_2_34,
    ISO_80601_2_55,
    ISO_80601_2_61,
)

HeartRate = Annotated[BeatsPerMinute, Between(0.0, 500.0)]
Amplitude = Annotated[Millivolt, Between(0.01, 20.0)]
InvasivePressure = Annotated[MillimetreOfMercury, Between(-100.0, 400.0)]
Gas = Annotated[Percent, Between(0.0, 100.0)]

FUNCTION_ONLY = Note(
    "function_only",
    "A simulator shows that the oximeter works as its calibration curve says. It shows nothing of the "
    "accuracy on patients, which only a study on volunteers gives.",
)


@dataclass(frozen=True, slots=True)
class RateError:
    """Shown less simulated rate, in beats/min."""

    error: BeatsPerMinute


@procedure("medical_engineering.monitor_heart_rate", version=1, cites=[IEC_60601_2_27], elementwise=True)
def monitor_heart_rate(*, simulated: HeartRate, reading: HeartRate) -> RateError:
    """Heart rate that the monitor shows, against the simulator."""
    return RateError(error=reading - simulated)


@dataclass(frozen=True, slots=True)
class AmplitudeError:
    """Shown less simulated amplitude, in mV."""

    error: Millivolt


@procedure("medical_engineering.monitor_ecg_amplitude", version=1, cites=[IEC_60601_2_27], elementwise=True)
def monitor_ecg_amplitude(*, simulated: Amplitude, reading: Amplitude) -> AmplitudeError:
    """Amplitude of the electrocardiogram as shown or printed, against the simulator."""
    return AmplitudeError(error=reading - simulated)


@dataclass(frozen=True, slots=True)
class PressureError:
    """Shown less applied pressure, in mmHg."""

    error: MillimetreOfMercury


@procedure(
    "medical_engineering.monitor_pressure",
    version=1,
    cites=[IEC_60601_2_34],
    elementwise=True,
    measured=["reference"],
)
def monitor_pressure(*, reference: InvasivePressure, reading: InvasivePressure) -> PressureError:
    """Invasive pressure that the monitor shows, against the simulator or gauge, after zeroing."""
    return PressureError(error=reading - reference)


@dataclass(frozen=True, slots=True)
class GasError:
    """Shown less true carbon dioxide, in percent of volume."""

    error: Percent


@procedure("medical_engineering.monitor_carbon_dioxide", version=1, cites=[ISO_80601_2_55], elementwise=True)
def monitor_carbon_dioxide(*, reference: Gas, reading: Gas) -> GasError:
    """Carbon dioxide that the monitor shows, against test gas, in percent of volume.

    A reading in mmHg or kPa is divided by the barometric pressure first.
    """
    return GasError(error=reading - reference)


@dataclass(frozen=True, slots=True)
class OximeterFunction:
    """Shown less simulated saturation, in percent; says nothing of accuracy on patients."""

    difference: Percent
    notes: Notes


@procedure("medical_engineering.spo2_function", version=1, cites=[ISO_80601_2_61], elementwise=True)
def spo2_function(
    *, simulated: Gas, reading: Gas, tolerance: Annotated[Percent, Between(0.1, 20.0)]
) -> OximeterFunction:
    """Working of a pulse oximeter on a simulator: a functional test, never one of accuracy.

    The simulator imitates the maker's calibration curve; whether that curve is right on patients is known
    from a clinical study alone. The tolerance is that of simulator and oximeter together, as their makers
    state it.
    """
    return OximeterFunction(difference=reading - simulated, notes=(FUNCTION_ONLY,))
