"""How a risk is graded: severity times probability, and the band in which that lies, read from its table."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from kilter.measure.error import BadInput, Fault

GRADES = 5


@dataclass(frozen=True, slots=True)
class Matrix:
    """The table: words of the grades from 1 up, and the highest product of each band with its word."""

    source: str
    edition: str
    confirmed: bool
    severity: tuple[str, ...]
    probability: tuple[str, ...]
    bands: tuple[tuple[int, str], ...]


@cache
def matrix() -> Matrix:
    """Give the table.

    Raises:
        Fault: it lacks a grade, or its bands do not cover every product in order.
    """
    read = tomllib.loads(Path(__file__).with_name("risk_matrix.toml").read_text(encoding="utf-8"))
    bands = tuple((int(one["up_to"]), str(one["word"])) for one in read["band"])
    made = Matrix(
        read["source"],
        read["edition"],
        read["read"] != "no",
        tuple(read["severity"]),
        tuple(read["probability"]),
        bands,
    )
    tops = [top for top, _ in bands]
    if {len(made.severity), len(made.probability)} != {GRADES} or tops != sorted(set(tops)):
        raise Fault("risk_matrix.toml: is not well formed")
    if tops[-1] != GRADES * GRADES:
        raise Fault("risk_matrix.toml: the bands do not reach the highest product")
    return made


def band(severity: int, probability: int) -> str:
    """Give the word of the band of a severity and a probability, both from 1 to 5.

    Raises:
        BadInput: one is no grade.
    """
    product = grade("severity", severity) * grade("probability", probability)
    return next(word for top, word in matrix().bands if product <= top)


def grade(field: str, given: object) -> int:
    """Read a grade.

    Raises:
        BadInput: it is not a whole number from 1 to 5.
    """
    if isinstance(given, bool) or not isinstance(given, int) or not 1 <= given <= GRADES:
        raise BadInput(f"{field}: must be a whole number from 1 to {GRADES}", field=field)
    return given
