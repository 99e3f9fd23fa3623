"""The protective earth path: from the earth pin of the plug to any part that it protects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from kilter.measure.procedure import procedure
from kilter.measure.quantity import Between, Ohm
from kilter.specialties.medical_engineering.standards import IEC_62353

Arrangement = Literal["with_cord", "without_cord", "cord_alone", "multi_socket"]


@dataclass(frozen=True, slots=True)
class ProtectiveEarth:
    """Resistance of the path alone, in ohm."""

    resistance: Annotated[Ohm, Between(0.0)]


@procedure(
    "medical_engineering.protective_earth",
    version=1,
    cites=[IEC_62353],
    elementwise=True,
    measured=["reading"],
)
def protective_earth(
    *,
    reading: Annotated[Ohm, Between(0.0, 1e6)],
    test_lead: Annotated[Ohm, Between(0.0, 1e3)] = 0.0,
    arrangement: Arrangement = "with_cord",
) -> ProtectiveEarth:
    """Resistance of the protective earth path, with the test lead taken off.

    Measured with at least 200 mA from a source of at most 24 V, flexing the cord; the reading is the
    worst point. The arrangement chooses the limit.
    """
    return ProtectiveEarth(resistance=reading - test_lead)
