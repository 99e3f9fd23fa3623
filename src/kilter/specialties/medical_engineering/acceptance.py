"""Acceptance to IEC 60601-1: protective earth at 25 A, and leakage currents by edition and condition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from kilter.measure.procedure import procedure
from kilter.measure.quantity import Between, Microampere, Ohm, Volt
from kilter.specialties.medical_engineering.leakage import at_nominal_voltage
from kilter.specialties.medical_engineering.quantities import Ampere
from kilter.specialties.medical_engineering.standards import IEC_60601_1

Edition = Literal["2", "3"]
Condition = Literal["normal", "single_fault"]
Current = Annotated[Microampere, Between(0.0, 1e6)]
Mains = Annotated[Volt, Between(50.0, 500.0)]

# Leakage is measured, or scaled to, this multiple of nominal mains voltage.
HIGH_MAINS = 1.1


@dataclass(frozen=True, slots=True)
class AcceptedEarth:
    """Resistance of the protective earth path, in ohm."""

    resistance: Annotated[Ohm, Between(0.0)]


@procedure("medical_engineering.acceptance_earth", version=1, cites=[IEC_60601_1], elementwise=True)
def acceptance_earth(
    *,
    voltage_drop: Annotated[Volt, Between(0.0, 24.0)],
    current: Annotated[Ampere, Between(10.0, 60.0)] = 25.0,
    test_lead: Annotated[Ohm, Between(0.0, 10.0)] = 0.0,
    cord: Literal["detachable", "fixed"] = "detachable",
) -> AcceptedEarth:
    """Protective earth at acceptance: voltage drop over the current of 25 A, held for 5 to 10 s.

    With a detachable cord the path is from the appliance inlet; with a fixed cord, from the plug's pin.
    """
    return AcceptedEarth(resistance=voltage_drop / current - test_lead)


@dataclass(frozen=True, slots=True)
class AcceptedLeakage:
    """Leakage current at 110 % of nominal mains voltage, in microampere."""

    leakage: Microampere


def _at_high_mains(current: float, mains_voltage: float | None, nominal_voltage: float) -> AcceptedLeakage:
    return AcceptedLeakage(leakage=at_nominal_voltage(current, mains_voltage, HIGH_MAINS * nominal_voltage))


@procedure(
    "medical_engineering.acceptance_earth_leakage",
    version=1,
    cites=[IEC_60601_1],
    elementwise=True,
    measured=["current"],
)
def acceptance_earth_leakage(
    *,
    current: Current,
    edition: Edition = "3",
    condition: Condition = "normal",
    mains_voltage: Mains | None = None,
    nominal_voltage: Mains = 230.0,
) -> AcceptedLeakage:
    """Earth leakage current at acceptance, the worst of both polarities.

    Without a mains voltage the reading was taken at 110 % of nominal. The single fault is an open neutral.
    """
    return _at_high_mains(current, mains_voltage, nominal_voltage)


@procedure(
    "medical_engineering.acceptance_touch_current",
    version=1,
    cites=[IEC_60601_1],
    elementwise=True,
    measured=["current"],
)
def acceptance_touch_current(
    *,
    current: Current,
    condition: Condition = "normal",
    mains_voltage: Mains | None = None,
    nominal_voltage: Mains = 230.0,
) -> AcceptedLeakage:
    """Touch (enclosure leakage) current at acceptance, the worst of both polarities.

    The single faults are an open neutral and an open earth.
    """
    return _at_high_mains(current, mains_voltage, nominal_voltage)


@procedure(
    "medical_engineering.acceptance_patient_leakage",
    version=1,
    cites=[IEC_60601_1],
    elementwise=True,
    measured=["current"],
)
def acceptance_patient_leakage(
    *,
    current: Current,
    part_type: Literal["B", "BF", "CF"],
    component: Literal["ac", "dc"] = "ac",
    condition: Condition = "normal",
    mains_voltage: Mains | None = None,
    nominal_voltage: Mains = 230.0,
) -> AcceptedLeakage:
    """Patient leakage or patient auxiliary current at acceptance; a.c. and d.c. are judged apart."""
    return _at_high_mains(current, mains_voltage, nominal_voltage)


@procedure(
    "medical_engineering.acceptance_mains_on_part",
    version=1,
    cites=[IEC_60601_1],
    elementwise=True,
    measured=["current"],
)
def acceptance_mains_on_part(
    *,
    current: Current,
    part_type: Literal["BF", "CF"],
    mains_voltage: Mains | None = None,
    nominal_voltage: Mains = 230.0,
) -> AcceptedLeakage:
    """Patient leakage current with mains on the applied part, at acceptance."""
    return _at_high_mains(current, mains_voltage, nominal_voltage)
