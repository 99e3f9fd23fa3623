"""Suction units and flowmeters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from kilter.measure.procedure import procedure
from kilter.measure.quantity import Between
from kilter.specialties.medical_engineering.quantities import Kilopascal, LitrePerMinute
from kilter.specialties.medical_engineering.standards import ISO_10079_1, ISO_15002

Flow = Annotated[LitrePerMinute, Between(0.0, 200.0)]


@dataclass(frozen=True, slots=True)
class Suction:
    """Vacuum below atmosphere in kPa, and flow of free air in L/min."""

    vacuum: Annotated[Kilopascal, Between(0.0)]
    free_flow: Annotated[LitrePerMinute, Between(0.0)]


@procedure(
    "medical_engineering.suction",
    version=1,
    cites=[ISO_10079_1],
    elementwise=True,
    measured=["vacuum_reached", "flow"],
)
def suction(
    *,
    vacuum_reached: Annotated[Kilopascal, Between(0.0, 101.0)],
    flow: Flow,
    vacuum_class: Literal["high", "medium", "low"],
    flow_class: Literal["high", "low"],
) -> Suction:
    """Vacuum of a suction unit with the line closed, and free air flow with it open.

    The vacuum is typed as a positive pressure below atmosphere.
    """
    return Suction(vacuum=vacuum_reached, free_flow=flow)


@dataclass(frozen=True, slots=True)
class FlowmeterError:
    """Indicated less measured flow, in L/min."""

    error: LitrePerMinute


@procedure(
    "medical_engineering.flowmeter",
    version=1,
    cites=[ISO_15002],
    elementwise=True,
    measured=["measured"],
)
def flowmeter(*, indicated: Flow, measured: Flow) -> FlowmeterError:
    """Flow that a flowmeter indicates, against the flow analyser, at the conditions of its marking."""
    return FlowmeterError(error=indicated - measured)
