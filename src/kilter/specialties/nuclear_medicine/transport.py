"""Packages of radioactive material: transport index and category."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Literal

from kilter.measure.procedure import procedure
from kilter.measure.quantity import Between, Note, Ratio
from kilter.specialties.nuclear_medicine.quantities import MillisievertPerHour
from kilter.specialties.nuclear_medicine.standards import IAEA_SSR_6

ZERO = 0.05
"""An index up to here counts as zero."""


@dataclass(frozen=True, slots=True)
class Package:
    """Transport index, rounded up to a tenth, and the label's category where the surface was measured."""

    transport_index: Annotated[Ratio, Between(0.0)]
    category: Literal["I-White", "II-Yellow", "III-Yellow", "III-Yellow, exclusive use"] | None
    notes: tuple[Note, ...] = ()


@procedure("nuclear_medicine.transport_index", version=1, cites=[IAEA_SSR_6], uncertainty="none")
def transport_index(
    *,
    dose_rate: Annotated[MillisievertPerHour, Between(0.0, 1e3)],
    surface_dose_rate: Annotated[MillisievertPerHour, Between(0.0, 1e4)] | None = None,
) -> Package:
    """Transport index: greatest dose rate at 1 m in mSv/h times 100, up to the next tenth; to 0.05 it is 0.

    The category follows from the index and the dose rate at the surface; without the latter it is not told.
    """
    raw = 100.0 * dose_rate
    index = 0.0 if raw <= ZERO + 1e-12 else math.ceil(round(raw * 10.0, 9)) / 10.0
    if surface_dose_rate is None:
        return Package(
            index, None, (Note("no_surface", "without the surface's dose rate the label is not told"),)
        )
    return Package(index, _category(index, surface_dose_rate))


def _category(
    index: float, surface: float
) -> Literal["I-White", "II-Yellow", "III-Yellow", "III-Yellow, exclusive use"]:
    """Give the category: the higher of what index and surface ask for."""
    if index == 0 and surface <= 0.005:
        return "I-White"
    if index <= 1 and surface <= 0.5:
        return "II-Yellow"
    return "III-Yellow" if index <= 10 and surface <= 2 else "III-Yellow, exclusive use"
