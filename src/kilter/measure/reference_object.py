"""Images and files of known truth, to prove an installed copy; each specialty may offer its own.

A specialty that offers some has a module `reference_object` with `KINDS`, a mapping from kind to
`Maker`. Worked examples name one as an input: `flood = { reference_object = "flood", fault = "none" }`.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from kilter.measure.error import BadInput, NotFound
from kilter.measure.quantity import File
from kilter.measure.registry import specialties


@dataclass(frozen=True)
class ReferenceObject:
    """A file of known truth.

    Attributes:
        file: name and bytes.
        procedure: key of the procedure that it is for.
        input: name of the input that takes it.
        truth: expected results by name, in declared units, without noise; empty where it must be
            refused.
        about: what it is, in a sentence.
    """

    file: File
    procedure: str
    input: str
    truth: Mapping[str, float] = field(default_factory=dict)
    about: str = ""


@dataclass(frozen=True)
class Maker:
    """One kind of reference object: its faults, the first of which is none, and how it is made."""

    faults: tuple[str, ...]
    make: Callable[[str, int], ReferenceObject]


def kinds() -> dict[str, Maker]:
    """Give every kind that an installed specialty offers."""
    found: dict[str, Maker] = {}
    for special in specialties().values():
        name = f"{special.package}.reference_object"
        if importlib.util.find_spec(name) is not None:
            found.update(importlib.import_module(name).KINDS)
    return found


def make(kind: str, fault: str = "none", seed: int = 1) -> ReferenceObject:
    """Make a reference object; the same kind, fault and seed give the same bytes.

    Raises:
        NotFound: no specialty offers this kind.
        BadInput: it has no such fault, or the seed is negative.
    """
    offered = kinds()
    if kind not in offered:
        known = ", ".join(sorted(offered)) or "none is installed"
        raise NotFound(f"there is no reference object {kind[:60]!r}; there are: {known}", field="kind")
    if fault not in offered[kind].faults:
        known = ", ".join(offered[kind].faults)
        raise BadInput(f"a {kind} has no fault {fault[:60]!r}; it has: {known}", field="fault")
    if seed < 0:
        raise BadInput("the seed is zero or more", field="seed", code="out_of_range")
    return offered[kind].make(fault, seed)


def as_input(value: object) -> object:
    """Make the file that an example's input names; anything else is given back as it is."""
    if isinstance(value, Mapping) and "reference_object" in value:
        named = make(
            str(value["reference_object"]), str(value.get("fault", "none")), int(value.get("seed", 1))
        )
        return named.file
    return value
