"""What a run gives: frozen values with units, uncertainties and where those come from."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kilter.measure.door import Given, Measured
from kilter.measure.error import Fault
from kilter.measure.quantity import Figure, File, Note, Table


@dataclass(frozen=True, slots=True)
class Value:
    """One result.

    Attributes:
        value: a finite number, or a word for a classification.
        unit: symbol of the declared unit; "" for a word.
        kind: the kind of quantity.
        u: standard uncertainty (k = 1), None where it is unknown. Never 0 for unknown.
        dof: effective degrees of freedom; infinite where all components are Type B.
    """

    value: float | str
    unit: str = ""
    kind: str = ""
    u: float | None = None
    dof: float = math.inf

    def measured(self) -> Measured:
        """Hand the value on to another procedure, kind and all.

        Raises:
            Fault: the value is a word.
        """
        if isinstance(self.value, str):
            raise Fault("a classification is not a quantity")
        return Measured(self.value, self.unit, self.kind, self.u)


@dataclass(frozen=True, slots=True)
class Component:
    """One line of an uncertainty budget, for one result and one input."""

    result: str
    input: str
    u: float
    sensitivity: float
    contribution: float
    dof: float = math.inf
    evaluation: str = "B"


@dataclass(frozen=True)
class Outcome:
    """A finished run. Not valid means: the analysis looked and could not tell, and the note says why."""

    procedure: str
    version: int
    inputs: Mapping[str, Given]
    results: Mapping[str, Value] = field(default_factory=dict)
    tables: Mapping[str, Table] = field(default_factory=dict)
    figures: Mapping[str, Figure] = field(default_factory=dict)
    files: Mapping[str, File] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()
    valid: bool = True
    method: str = "none"
    budget: tuple[Component, ...] = ()
    correlation: Mapping[tuple[str, str], float] = field(default_factory=dict)

    @property
    def doubtful(self) -> bool:
        """Say whether a note keeps the verdict from being better than undecided."""
        return any(note.doubt for note in self.notes)

    def plain_inputs(self) -> dict[str, Any]:
        """Give the inputs as the procedure took them."""
        return {name: given.value for name, given in self.inputs.items()}
