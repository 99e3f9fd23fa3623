"""Non-invasive blood pressure: static accuracy, tightness, and the pressure that must not be passed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from kilter.measure.procedure import procedure
from kilter.measure.quantity import Between
from kilter.specialties.medical_engineering.quantities import (
    MillimetreOfMercury,
    MillimetreOfMercuryPerMinute,
    Minute,
)
from kilter.specialties.medical_engineering.standards import IEC_80601_2_30

CuffPressure = Annotated[MillimetreOfMercury, Between(0.0, 400.0)]


@dataclass(frozen=True, slots=True)
class StaticPressure:
    """Reading less reference, in mmHg."""

    error: MillimetreOfMercury


@procedure(
    "medical_engineering.nibp_static",
    version=1,
    cites=[IEC_80601_2_30],
    elementwise=True,
    measured=["reference"],
)
def nibp_static(*, reading: CuffPressure, reference: CuffPressure) -> StaticPressure:
    """Static accuracy of the cuff pressure: what the device shows less what the reference shows.

    Points from 0 to 280 mmHg, the device in its calibration mode.
    """
    return StaticPressure(error=reading - reference)


@dataclass(frozen=True, slots=True)
class PressureLoss:
    """Loss of pressure, in mmHg/min."""

    rate: MillimetreOfMercuryPerMinute


@procedure("medical_engineering.nibp_leak", version=1, cites=[IEC_80601_2_30], elementwise=True)
def nibp_leak(
    *, start: CuffPressure, end: CuffPressure, duration: Annotated[Minute, Between(0.1, 60.0)]
) -> PressureLoss:
    """Leak of the pneumatic system: loss of pressure over the time of the test, begun near 250 mmHg."""
    return PressureLoss(rate=(start - end) / duration)


@dataclass(frozen=True, slots=True)
class HighestPressure:
    """Highest pressure that the device let stand, in mmHg."""

    highest: MillimetreOfMercury


@procedure(
    "medical_engineering.nibp_overpressure",
    version=1,
    cites=[IEC_80601_2_30],
    elementwise=True,
    measured=["pressure"],
)
def nibp_overpressure(
    *,
    pressure: CuffPressure,
    patient: Literal["adult", "neonatal"],
    condition: Literal["normal", "single_fault"] = "normal",
) -> HighestPressure:
    """Highest cuff pressure, in the mode of the patient and the condition of the device."""
    return HighestPressure(highest=pressure)
