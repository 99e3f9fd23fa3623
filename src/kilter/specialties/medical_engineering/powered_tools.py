"""Surgical powered tools and robotic arms: speed, torque, and where the arm goes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from kilter.measure.error import BadInput
from kilter.measure.procedure import procedure
from kilter.measure.quantity import Between, Millimetre, grid
from kilter.measure.unit import Floats
from kilter.specialties.medical_engineering.quantities import NewtonMetre, RevolutionsPerMinute
from kilter.specialties.medical_engineering.standards import IEC_80601_2_77, ISO_14457

Speed = Annotated[RevolutionsPerMinute, Between(0.0, 1e6)]
Torque = Annotated[NewtonMetre, Between(0.0, 1000.0)]
Points = Annotated[Floats, grid("mm"), Between(-1e4, 1e4)]


@dataclass(frozen=True, slots=True)
class ToolSpeed:
    """Measured less stated speed, in rpm."""

    error: RevolutionsPerMinute


@procedure(
    "medical_engineering.tool_speed",
    version=1,
    cites=[ISO_14457],
    elementwise=True,
    measured=["speed"],
)
def tool_speed(
    *, speed: Speed, stated: Speed, tolerance: Annotated[RevolutionsPerMinute, Between(0.1, 1e6)]
) -> ToolSpeed:
    """Free-running speed of a powered tool; the stated speed and its tolerance are the maker's."""
    return ToolSpeed(error=speed - stated)


@dataclass(frozen=True, slots=True)
class ToolTorque:
    """Torque at the stop, in Nm."""

    stall_torque: Torque


@procedure(
    "medical_engineering.tool_torque",
    version=1,
    cites=[ISO_14457],
    elementwise=True,
    measured=["torque"],
)
def tool_torque(*, torque: Torque, least: Annotated[NewtonMetre, Between(0.001, 1000.0)]) -> ToolTorque:
    """Torque of a powered tool as it comes to a stop; the least torque is the maker's."""
    return ToolTorque(stall_torque=torque)


@dataclass(frozen=True, slots=True)
class ArmPosition:
    """Largest, root mean square and mean distance from the commanded points, in mm."""

    largest_error: Annotated[Millimetre, Between(0.0)]
    rms_error: Annotated[Millimetre, Between(0.0)]
    offset: Annotated[Millimetre, Between(0.0)]


@procedure("medical_engineering.robot_arm_position", version=1, cites=[IEC_80601_2_77], uncertainty="none")
def robot_arm_position(
    *,
    commanded: Points,
    reached: Points,
    tolerance: Annotated[Millimetre, Between(0.001, 100.0)],
) -> ArmPosition:
    """Distance between where an arm was sent and where it went, over a set of points.

    Both are tables of x, y, z, one point a row, in one frame of reference. The offset is the length of the
    mean departure: what an alignment would take away. The tolerance is the maker's.
    """
    if commanded.shape != reached.shape or commanded.shape[1] != 3:
        raise BadInput("both tables hold x, y, z for the same points", field="reached", code="shape")
    departures = np.asarray(reached) - np.asarray(commanded)
    distances = np.linalg.norm(departures, axis=1)
    return ArmPosition(
        largest_error=float(distances.max()),
        rms_error=float(np.sqrt(np.mean(distances**2))),
        offset=float(np.linalg.norm(departures.mean(axis=0))),
    )
