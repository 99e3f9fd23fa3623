"""What a specialty draws from many results of one procedure: pictures that one record cannot show.

A specialty that draws some has a module `history` with `HISTORIES`, a mapping from the key of a procedure to
a `History`. It gets the files that stood behind sealed results and gives figures; it decides nothing.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from kilter.measure.quantity import Figure, File
from kilter.measure.registry import specialties


@dataclass(frozen=True, slots=True)
class Past:
    """The file that one sealed result rests on, and when it was measured."""

    at: datetime
    file: File


@dataclass(frozen=True, slots=True)
class History:
    """How the results of one procedure are drawn together.

    Attributes:
        input: name of the input that holds the file.
        most: files, the newest, that are drawn.
        draw: takes them in time and gives figures; none where they do not suffice.
    """

    input: str
    most: int
    draw: Callable[[Sequence[Past]], tuple[Figure, ...]]


def histories() -> dict[str, History]:
    """Give every history that an installed specialty draws, by procedure."""
    found: dict[str, History] = {}
    for special in specialties().values():
        name = f"{special.package}.history"
        if importlib.util.find_spec(name) is not None:
            found.update(importlib.import_module(name).HISTORIES)
    return found
