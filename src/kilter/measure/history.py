"""What a specialty draws from many results of one procedure: pictures that one record cannot show.

A specialty that draws some has a module `history` with `HISTORIES`, a mapping from the key of a procedure to
a `History`. Each file that stood behind a sealed result is analysed by itself, so that what was found can be
kept; figures are drawn from what was found. It decides nothing.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kilter.measure.quantity import Figure, File
from kilter.measure.registry import specialties


@dataclass(frozen=True, slots=True)
class Analysis:
    """What one file shows.

    Attributes:
        part: of the device that the file is of, in words; "" where the file does not tell.
        values: plain and finite, so that they can be kept as JSON; None where nothing can be drawn of it.
    """

    part: str
    values: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Past:
    """What was found in the file that one sealed result rests on, and when that was measured."""

    at: datetime
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class History:
    """How the results of one procedure are drawn together.

    Attributes:
        input: name of the input that holds the file.
        most: files of one part of a device, the newest, that are drawn.
        version: of `analyse`; what another version found is not drawn.
        untold: what files are called that do not tell their part, where others do.
        analyse: takes one file; it refuses none.
        draw: takes what was found, in time, of one part, and gives figures; none where it does not suffice.
    """

    input: str
    most: int
    version: int
    untold: str
    analyse: Callable[[File], Analysis]
    draw: Callable[[Sequence[Past]], tuple[Figure, ...]]


def histories() -> dict[str, History]:
    """Give every history that an installed specialty draws, by procedure."""
    found: dict[str, History] = {}
    for special in specialties().values():
        name = f"{special.package}.history"
        if importlib.util.find_spec(name) is not None:
            found.update(importlib.import_module(name).HISTORIES)
    return found
