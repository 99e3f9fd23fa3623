"""The invented market: which kinds of devices there are, by whom they are made, how they age."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("catalogue.toml")


@dataclass(frozen=True, slots=True)
class Make:
    """One model on the market: maker, name, class, applied part, cord."""

    maker: str
    name: str
    equipment_class: str
    applied_part: str
    power_cord: str


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of device.

    Attributes:
        key: such as `infusion_pump`.
        words: as a person says it.
        share: of a thousand devices.
        months: between two electrical safety tests.
        life: expected life in years.
        cost: of a new one, in pounds.
        leakage: usual equipment leakage current, in uA.
        failing: chance that a test of a new device fails.
        stated: whether the uncertainty of a reading is stated at each test.
        models: on the market.
    """

    key: str
    words: str
    share: int
    months: int
    life: int
    cost: int
    leakage: float
    failing: float
    stated: bool
    models: tuple[Make, ...]


@cache
def kinds() -> tuple[Kind, ...]:
    """Give every kind, in the order of the file."""
    rows = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return tuple(
        Kind(
            key=key,
            words=row["words"],
            share=row["share"],
            months=row["months"],
            life=row["life"],
            cost=row["cost"],
            leakage=float(row["leakage"]),
            failing=row["failing"],
            stated=row.get("stated", False),
            models=tuple(Make(*one) for one in row["models"]),
        )
        for key, row in rows.items()
    )


CAMERAS = (
    Make("Oriel Nuclear", "Planar 2H", "I", "B", "permanent"),
    Make("Oriel Nuclear", "Duet SPECT", "I", "B", "permanent"),
)
"""Gamma cameras."""

TESTERS = (
    Make("Ohmline", "Safe 62", "I", "none", "detachable"),
    Make("Ohmline", "Safe 62 Plus", "I", "none", "detachable"),
)
"""Electrical safety testers."""
