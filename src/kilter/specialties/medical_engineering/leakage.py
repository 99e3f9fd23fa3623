"""Leakage currents, brought to nominal mains voltage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from kilter.measure.procedure import procedure
from kilter.measure.quantity import Between, Microampere, Volt
from kilter.specialties.medical_engineering.standards import IEC_62353

Current = Annotated[Microampere, Between(0.0, 1e6)]
Mains = Annotated[Volt, Between(50.0, 500.0)]


@dataclass(frozen=True, slots=True)
class Leakage:
    """Leakage current at nominal mains voltage, in microampere."""

    leakage: Microampere


def at_nominal_voltage(current: float, mains_voltage: float | None, nominal_voltage: float) -> float:
    """Scale a leakage current to nominal mains voltage: I U_nom / U_meas.

    Args:
        current: as measured, in uA.
        mains_voltage: during the measurement, in V; None where the tester has already scaled it.
        nominal_voltage: of the supply, in V.
    """
    return current if mains_voltage is None else current * nominal_voltage / mains_voltage


@procedure(
    "medical_engineering.equipment_leakage",
    version=1,
    cites=[IEC_62353],
    elementwise=True,
    measured=["current"],
)
def equipment_leakage(
    *,
    current: Current,
    method: Literal["alternative", "direct", "differential"],
    equipment_class: Literal["I", "II"],
    mains_voltage: Mains | None = None,
    nominal_voltage: Mains = 230.0,
) -> Leakage:
    """Equipment leakage current by the alternative, direct or differential method.

    The worst polarity is entered. Without a mains voltage the reading is taken to be scaled already.
    The differential method is weak below about 100 uA.
    """
    return Leakage(leakage=at_nominal_voltage(current, mains_voltage, nominal_voltage))


@procedure(
    "medical_engineering.applied_part_leakage",
    version=1,
    cites=[IEC_62353],
    elementwise=True,
    measured=["current"],
)
def applied_part_leakage(
    *,
    current: Current,
    part_type: Literal["BF", "CF"],
    mains_voltage: Mains | None = None,
    nominal_voltage: Mains = 230.0,
) -> Leakage:
    """Leakage current of one function's applied part, with mains on the applied part.

    Type B parts have no test of their own: they are inside the equipment leakage.
    """
    return Leakage(leakage=at_nominal_voltage(current, mains_voltage, nominal_voltage))
