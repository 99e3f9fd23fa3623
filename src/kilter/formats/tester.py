"""What an electrical safety tester gives, whatever its maker: tests of assets, each with its results."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Literal

from kilter.measure.error import BadInput
from kilter.measure.unit import unit

Bound = Literal["exact", "over", "under"]
Outcome = Literal["pass", "fail", "incomplete", ""]

OUTCOMES: dict[str, Outcome] = {
    "pass": "pass",
    "passed": "pass",
    "p": "pass",
    "fail": "fail",
    "failed": "fail",
    "f": "fail",
    "incomplete": "incomplete",
    "i": "incomplete",
}
BOUNDS: dict[str, Bound] = {">": "over", "≥": "over", "<": "under", "≤": "under", "": "exact"}
READING = re.compile(r"([<>≥≤]?)\s*(-?[0-9]+(?:\.[0-9]+)?)\s*([^0-9\s.,<>][^0-9\s<>]*)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Reading:
    """A number as the tester showed it: `over` where only a lower bound is known, `under` an upper one.

    `unit` is the symbol of the house, "" where none stood.
    """

    value: str
    unit: str
    bound: Bound = "exact"


@dataclass(frozen=True, slots=True)
class Result:
    """One line of results: its words as they stand, at most one reading, and pass or fail."""

    line: int
    name: str
    cells: tuple[str, ...]
    reading: Reading | None
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Test:
    """One asset's block. `text` is the block as it stood; `day` without a time where none was exported."""

    line: int
    asset: str
    day: date
    time: str
    model: str
    serial: str
    variables: tuple[tuple[str, str], ...]
    applied_parts: tuple[str, ...]
    user: str
    sequence: str
    results: tuple[Result, ...]
    comment: str
    status: Outcome
    unread: tuple[tuple[int, str], ...]
    text: str


@dataclass(frozen=True, slots=True)
class Batch:
    """All blocks of one export, in order."""

    tests: tuple[Test, ...]


def read_reading(cell: str, following: str = "") -> Reading | None:
    """Read a cell as a reading; None where it is none, or bears a unit that nobody knows.

    Args:
        cell: such as `0.12`, `>100 MΩ` or `85uA`.
        following: the next cell, taken for the unit where the first has none.
    """
    found = READING.fullmatch(cell.replace("−", "-").strip())
    if found is None:
        return None
    symbol = re.sub("(?i:ohms?)$", "ohm", found[3] or following)
    try:
        known = unit(symbol).symbol if symbol else ""
    except BadInput:
        if found[3]:
            return None
        known = ""
    return Reading(found[2], known, BOUNDS[found[1]])
