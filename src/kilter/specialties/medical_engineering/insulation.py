"""Insulation resistance at 500 V d.c., where the test is called for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from kilter.measure.procedure import procedure
from kilter.measure.quantity import Between, Megohm
from kilter.specialties.medical_engineering.standards import IEC_62353


@dataclass(frozen=True, slots=True)
class Insulation:
    """Insulation resistance, in megohm."""

    resistance: Annotated[Megohm, Between(0.0)]


@procedure(
    "medical_engineering.insulation_resistance",
    version=1,
    cites=[IEC_62353],
    elementwise=True,
    measured=["reading"],
)
def insulation_resistance(
    *,
    reading: Annotated[Megohm, Between(0.0, 1e7)],
    path: Literal["mains_to_earth", "mains_to_case", "applied_part"],
) -> Insulation:
    """Insulation resistance of one path, read at 500 V d.c.

    An over-range reading is entered as the end of the range: a lower bound is on the safe side.
    """
    return Insulation(resistance=reading)
