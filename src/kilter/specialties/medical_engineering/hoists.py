"""Hoists for people: proof load and creep."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from kilter.measure.procedure import procedure
from kilter.measure.quantity import Between, Millimetre, Percent
from kilter.specialties.medical_engineering.quantities import Kilogram
from kilter.specialties.medical_engineering.standards import ISO_10535

Height = Annotated[Millimetre, Between(0.0, 1e4)]


@dataclass(frozen=True, slots=True)
class ProofLoad:
    """Load that was held, in percent of the safe working load."""

    proof: Annotated[Percent, Between(0.0)]


@procedure(
    "medical_engineering.hoist_proof_load",
    version=1,
    cites=[ISO_10535],
    elementwise=True,
    measured=["load"],
)
def hoist_proof_load(
    *,
    load: Annotated[Kilogram, Between(0.0, 2000.0)],
    safe_working_load: Annotated[Kilogram, Between(1.0, 1000.0)],
    purpose: Literal["recurrent", "after_repair"] = "recurrent",
) -> ProofLoad:
    """Load that a hoist lifted and held without damage, against its safe working load.

    After a repair of what carries the load the static proof is 125 %; recurrently the safe working load
    itself is lifted through the whole travel.
    """
    return ProofLoad(proof=100.0 * load / safe_working_load)


@dataclass(frozen=True, slots=True)
class Creep:
    """Descent under load over the time of the test, in mm."""

    descent: Millimetre


@procedure("medical_engineering.hoist_creep", version=1, cites=[ISO_10535], elementwise=True)
def hoist_creep(*, start: Height, end: Height, most: Annotated[Millimetre, Between(0.1, 1000.0)]) -> Creep:
    """Descent of the safe working load while nothing is pressed; the most allowed is the maker's."""
    return Creep(descent=start - end)
