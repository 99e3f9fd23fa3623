"""Radioactive decay: half-lives by library, and the law for one nuclide and for a parent with its daughter.

Half-lives are a table of two editions, ICRP Publication 107 and the evaluations of DDEP; which one was used
belongs to every result, because the choice alone moves Tc-99m by 0.4 % in a day. All functions work on arrays
as on single numbers.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from kilter.measure.error import BadInput

Library = Literal["ICRP 107", "DDEP"]
Nuclide = Literal[
    "Ac-225", "Ba-133", "C-11", "Co-57", "Cr-51", "Cs-137", "Cu-64", "F-18", "Ga-67", "Ga-68", "Ge-68",
    "I-123", "I-124", "I-125", "I-131", "In-111", "Lu-177", "Mo-99", "N-13", "O-15", "P-32", "Ra-223",
    "Rb-82", "Sm-153", "Sr-82", "Sr-89", "Tb-161", "Tc-99m", "Tl-201", "Xe-133", "Y-90", "Zr-89",
]  # fmt: skip
Numbers = Any
"""A float or an array of them."""

LN2 = float(np.log(2.0))
SECONDS = {"s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0, "y": 365.2422 * 86400.0}
"""Seconds of each unit of the table; a year is the tropical one, as in the decay data of ICRP 107."""

CLOSE = 1e-6
"""Two decay constants closer than this, relative, are taken together by their series."""


@dataclass(frozen=True, slots=True)
class HalfLife:
    """One row of the table; `read` says whether somebody here read the figure in the text or its data."""

    nuclide: str
    library: str
    seconds: float
    read: bool
    source: str


@cache
def half_lives() -> dict[tuple[str, str], HalfLife]:
    """Give the table by (nuclide, library)."""
    path = Path(__file__).parent / "data" / "half_lives.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {
        (row["nuclide"], row["library"]): HalfLife(
            row["nuclide"],
            row["library"],
            float(row["half_life"]) * SECONDS[row["unit"]],
            row["read"] == "yes",
            row["source"],
        )
        for row in rows
    }


def half_life(nuclide: str, library: str = "ICRP 107") -> float:
    """Give a half-life in seconds.

    Raises:
        BadInput: the library has no such nuclide.
    """
    try:
        return half_lives()[nuclide, library].seconds
    except KeyError:
        message = f"the library {library} holds no half-life of {nuclide[:20]!r} here"
        raise BadInput(message, field="nuclide", code="no_half_life") from None


def decay_constant(nuclide: str, library: str = "ICRP 107") -> float:
    """Give a decay constant in 1/s."""
    return LN2 / half_life(nuclide, library)


def remaining(elapsed: Numbers, constant: Numbers) -> Numbers:
    """Give the share of an activity that is left: exp(-l t).

    Args:
        elapsed: in s; negative looks back.
        constant: decay constant in 1/s.
    """
    return np.exp(-constant * elapsed)


def interval_mean(duration: Numbers, constant: float) -> Numbers:
    """Give the mean activity over a counting interval, as a share of that at its start: (1 - e^-x) / x."""
    x = constant * np.asarray(duration, dtype=float)
    small = np.abs(x) < 1e-12
    return np.where(small, 1.0 - x / 2.0, -np.expm1(-x) / np.where(small, 1.0, x))


def in_growth(elapsed: Numbers, parent: float, daughter: float) -> Numbers:
    """Give the daughter's activity that one unit of the parent's at the start has made (Bateman).

    Args:
        elapsed: since the daughter was last taken away, in s.
        parent: decay constant of the parent, 1/s.
        daughter: decay constant of the daughter, 1/s.

    Returns:
        lD / (lD - lP) (e^-lP t - e^-lD t), written so that close constants and short times lose no digits.
    """
    time = np.asarray(elapsed, dtype=float)
    apart = daughter - parent
    if abs(apart) <= CLOSE * daughter:
        return daughter * time * np.exp(-parent * time) * (1.0 - apart * time / 2.0)
    return daughter / apart * np.exp(-parent * time) * -np.expm1(-apart * time)


def time_of_most(parent: float, daughter: float) -> float:
    """Give the time at which the daughter's activity is greatest, in s: ln(lD/lP) / (lD - lP)."""
    apart = daughter - parent
    if abs(apart) <= CLOSE * daughter:
        return 1.0 / parent
    return float(np.log(daughter / parent) / apart)


def activities_at(
    instant: float,
    activity: NDArray[np.float64],
    reference: NDArray[np.float64],
    constant: NDArray[np.float64],
    out: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """Give the activity of many items at one instant.

    Args:
        instant: in s on the clock of `reference`.
        activity: of each item at its reference time, shape (n,).
        reference: reference time of each in s, shape (n,).
        constant: decay constant of each in 1/s, shape (n,).
        out: an array to write into, shape (n,).
    """
    done = np.subtract(reference, instant, out=out)
    np.multiply(done, constant, out=done)
    np.exp(done, out=done)
    return np.multiply(done, activity, out=done)
