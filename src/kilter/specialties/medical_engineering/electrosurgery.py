"""Electrosurgical units: output power, high-frequency leakage, contact-quality alarm."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np

from kilter.measure.error import BadInput
from kilter.measure.procedure import procedure
from kilter.measure.quantity import Between, Note, Notes, Ohm, Percent, repeated
from kilter.measure.unit import Floats
from kilter.specialties.medical_engineering.quantities import Milliampere, Watt
from kilter.specialties.medical_engineering.standards import IEC_60601_2_2

Load = Annotated[Ohm, Between(1.0, 1e4)]
Current = Annotated[Milliampere, Between(0.0, 5000.0)]
Power = Annotated[Watt, Between(0.1, 1000.0)]

# Below this share of the rated power the standard sets no tolerance.
JUDGED_FROM = 0.1


@dataclass(frozen=True, slots=True)
class OutputPower:
    """Power in W; its departure from the setting in W (absent below a tenth of rated) and in percent."""

    power: Annotated[Watt, Between(0.0)]
    error: Watt | None
    relative_error: Percent
    notes: Notes


@procedure(
    "medical_engineering.electrosurgical_power",
    version=1,
    cites=[IEC_60601_2_2],
    measured=["current"],
)
def electrosurgical_power(
    *, current: Current, load: Load, set_power: Power, rated_power: Power
) -> OutputPower:
    """Output power into the rated load: P = I^2 R, with I the r.m.s. current.

    The tolerance holds from a tenth of the mode's rated power upwards; below it the power is recorded.
    """
    power = (current / 1000.0) ** 2 * load
    judged = set_power >= JUDGED_FROM * rated_power
    low = Note("below_a_tenth", "Set below a tenth of the rated power: no tolerance is stated for it.")
    return OutputPower(
        power=power,
        error=power - set_power if judged else None,
        relative_error=100.0 * (power - set_power) / set_power,
        notes=() if judged else (low,),
    )


@dataclass(frozen=True, slots=True)
class Monotony:
    """Smallest step of power between neighbouring settings, in W; below zero the output falls."""

    smallest_step: Watt


@procedure("medical_engineering.electrosurgical_monotony", version=1, cites=[IEC_60601_2_2])
def electrosurgical_monotony(
    *,
    set_powers: Annotated[Floats, repeated("W"), Between(0.0, 1000.0)],
    powers: Annotated[Floats, repeated("W"), Between(0.0, 2000.0)],
) -> Monotony:
    """Output must not fall when the setting rises: the smallest step from one setting to the next."""
    if len(set_powers) != len(powers) or len(powers) < 2:
        message = f"two or more settings, each with a power: {len(set_powers)} and {len(powers)} were given"
        raise BadInput(message, field="powers", code="unequal_lengths")
    if len(np.unique(set_powers)) != len(set_powers):
        raise BadInput("a setting is given twice", field="set_powers", code="twice")
    order = np.argsort(set_powers)
    return Monotony(smallest_step=float(np.min(np.diff(np.asarray(powers)[order]))))


@dataclass(frozen=True, slots=True)
class HighFrequencyLeakage:
    """High-frequency leakage current, in mA r.m.s."""

    leakage: Annotated[Milliampere, Between(0.0)]


@procedure(
    "medical_engineering.electrosurgical_leakage",
    version=1,
    cites=[IEC_60601_2_2],
    elementwise=True,
    measured=["current"],
)
def electrosurgical_leakage(
    *, current: Current, where: Literal["through_200_ohm", "at_terminals"] = "through_200_ohm"
) -> HighFrequencyLeakage:
    """High-frequency leakage of a monopolar output, at full setting, each electrode in turn."""
    return HighFrequencyLeakage(leakage=current)


@dataclass(frozen=True, slots=True)
class BipolarLeakage:
    """Power of the high-frequency leakage into 200 ohm, in W."""

    power: Annotated[Watt, Between(0.0)]


@procedure(
    "medical_engineering.bipolar_leakage",
    version=1,
    cites=[IEC_60601_2_2],
    elementwise=True,
    measured=["current"],
)
def bipolar_leakage(*, current: Current, rated_power: Power, load: Load = 200.0) -> BipolarLeakage:
    """High-frequency leakage of a bipolar output: its power into 200 ohm, against the rated power."""
    return BipolarLeakage(power=(current / 1000.0) ** 2 * load)


@dataclass(frozen=True, slots=True)
class AlarmPoint:
    """Resistance at the alarm less the stated one, in ohm."""

    error: Ohm


@procedure(
    "medical_engineering.contact_quality_alarm",
    version=1,
    cites=[IEC_60601_2_2],
    elementwise=True,
    measured=["resistance"],
)
def contact_quality_alarm(
    *, resistance: Load, stated: Load, tolerance: Annotated[Ohm, Between(0.1, 1000.0)]
) -> AlarmPoint:
    """Resistance between the halves of a neutral electrode at which the alarm comes.

    The alarm point and its tolerance are the maker's; each of the two points is a test of its own.
    """
    return AlarmPoint(error=resistance - stated)
