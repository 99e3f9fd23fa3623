"""Which procedure fits a file that arrived: every specialty is asked, none knows of another.

A specialty that reads files has a module `match` with `proposals(file) -> tuple[Proposal, ...]`.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass, field

from kilter.measure.quantity import File
from kilter.measure.registry import specialties


@dataclass(frozen=True)
class Proposal:
    """A procedure that a file may be run through; a person confirms it.

    Attributes:
        procedure: its key.
        input: name of the input that takes the file.
        sure: from 0 to 1, the specialty's own judgement; the surest stands first in a list.
        reason: a sentence.
        maker, model, serial, station: of the device as the file names it, "" where it does not.
    """

    procedure: str
    input: str
    sure: float
    reason: str
    maker: str = ""
    model: str = ""
    serial: str = ""
    station: str = ""
    context: Mapping[str, str] = field(default_factory=dict)


def proposals(file: File) -> tuple[Proposal, ...]:
    """Ask every installed specialty which of its procedures a file fits, the surest first."""
    found: list[Proposal] = []
    for special in specialties().values():
        name = f"{special.package}.match"
        if importlib.util.find_spec(name) is not None:
            found.extend(importlib.import_module(name).proposals(file))
    return tuple(sorted(found, key=lambda item: -item.sure))
