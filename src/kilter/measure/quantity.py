"""The types a procedure is declared with: plain floats and arrays that carry their unit and kind.

`reading: Ohm` is a `float` to Python and to mypy, and an electrical resistance in ohm to everything
that reads the declaration. Repeated readings and grids are float64 arrays:
`readings: Annotated[Floats, repeated("ohm")]` (one axis), `dose: Annotated[Floats, grid("Gy")]` (rows x
columns). A range stands behind the unit: `Annotated[Ohm, Between(0, 1e6)]`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Annotated, Literal

from kilter.measure.unit import Floats, unit

Shape = Literal["scalar", "repeated", "grid"]


@dataclass(frozen=True, slots=True)
class Quantity:
    """What a number means: its unit, its kind, and whether it stands alone.

    `kind` is the unit's own unless the declaration says more: a percentage depth dose and a tissue
    phantom ratio are both ratios and must never be taken for one another.
    """

    unit: str
    kind: str
    shape: Shape = "scalar"


@dataclass(frozen=True, slots=True)
class Between:
    """The values that are possible at all, in the declared unit; both ends belong to it."""

    low: float | None = None
    high: float | None = None


def quantity(symbol: str, kind: str = "") -> Quantity:
    """Declare a single quantity in a unit."""
    return Quantity(unit(symbol).symbol, kind or unit(symbol).kind)


def repeated(symbol: str, kind: str = "") -> Quantity:
    """Declare repeated readings, shape (n,), in a unit."""
    return Quantity(unit(symbol).symbol, kind or unit(symbol).kind, "repeated")


def grid(symbol: str, kind: str = "") -> Quantity:
    """Declare a grid of quantities, shape (rows, columns), in a unit."""
    return Quantity(unit(symbol).symbol, kind or unit(symbol).kind, "grid")


Ohm = Annotated[float, quantity("ohm")]
Megohm = Annotated[float, quantity("Mohm")]
Microampere = Annotated[float, quantity("uA")]
Volt = Annotated[float, quantity("V")]
Percent = Annotated[float, quantity("percent")]
Ratio = Annotated[float, quantity("1")]
Millimetre = Annotated[float, quantity("mm")]
Second = Annotated[float, quantity("s")]
Hour = Annotated[float, quantity("h")]
Celsius = Annotated[float, quantity("degC")]
Count = Annotated[float, quantity("count")]
Readings = Floats


@dataclass(frozen=True)
class File:
    """A file handed in: its name as given (never a path that is opened) and its bytes."""

    name: str
    content: bytes

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of the bytes, hexadecimal."""
        return hashlib.sha256(self.content).hexdigest()

    @property
    def size(self) -> int:
        """Length in bytes."""
        return len(self.content)


Files = tuple[File, ...]


@dataclass(frozen=True, slots=True)
class CertificatePoint:
    """One line of a calibration certificate, in `unit`; it speaks of readings from `low` to `high`.

    `correction` is what to add to a reading. U, at the certificate's k, is `expanded` and, besides,
    `relative` percent of the reading.
    """

    quantity: str
    unit: str
    nominal: float
    correction: float
    expanded: float
    relative: float = 0.0
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Instrument:
    """A test instrument with the certificate that was in force when it was used."""

    name: str
    serial: str
    certificate: str
    laboratory: str
    valid_from: date
    valid_until: date
    k: float = 2.0
    points: tuple[CertificatePoint, ...] = ()


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table out of a spreadsheet: column names and rows of text as they stood."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table among the results: columns (name, unit) and rows of numbers or words."""

    columns: tuple[tuple[str, str], ...]
    rows: tuple[tuple[float | str | None, ...], ...]


@dataclass(frozen=True, slots=True)
class Note:
    """A remark that goes with the results; `doubt` keeps the verdict from being better than undecided."""

    code: str
    text: str
    doubt: bool = False


Notes = tuple[Note, ...]


@dataclass(frozen=True)
class Figure:
    """A picture as data: a Vega-Lite specification, its title and what it shows in words."""

    title: str
    alt: str
    spec: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Contribution:
    """What an instrument adds to one input, in the input's unit.

    Attributes:
        instrument: its place among the instruments named.
        quantity: the certificate's line.
        correction: was added to the reading.
        u: standard uncertainty, U / k.
    """

    instrument: int
    quantity: str
    correction: float
    u: float
