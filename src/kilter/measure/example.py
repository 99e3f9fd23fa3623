"""Worked examples: numbers from publications, or analytic truths that say so, held against the procedure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kilter.measure.error import Fault
from kilter.measure.reference_object import as_input
from kilter.measure.registry import Entry, find, specialty
from kilter.measure.run import run


@dataclass(frozen=True)
class Example:
    """One worked example: raw inputs, expected results with their tolerances, and where they stand."""

    name: str
    inputs: Mapping[str, Any]
    expect: Mapping[str, float | str]
    tolerance: Mapping[str, float]
    source: str
    truth: str = "published"


@dataclass(frozen=True)
class Residual:
    """How far a procedure came from one expected number."""

    example: Example
    result: str
    expected: float | str
    found: float | str
    tolerance: float

    @property
    def holds(self) -> bool:
        """Say whether the procedure met it."""
        if isinstance(self.expected, str) or isinstance(self.found, str):
            return self.expected == self.found
        return math.isfinite(self.found) and abs(self.found - self.expected) <= self.tolerance


def examples(entry: Entry) -> tuple[Example, ...]:
    """Read the worked examples that stand beside a procedure.

    Raises:
        Fault: an example without source or tolerance, or about a result that is not there.
    """
    rows = specialty(entry.specialty).data("examples", entry.name).get("example", [])
    return tuple(_example(entry, row) for row in rows)


def _example(entry: Entry, row: Mapping[str, Any]) -> Example:
    unknown = set(row) - {"name", "inputs", "expect", "tolerance", "source", "truth"}
    if unknown or not row.get("source") or row.get("truth", "published") not in ("published", "analytic"):
        raise Fault(f"{entry.key}: an example needs a source, and truth is published or analytic")
    for name, value in row.get("expect", {}).items():
        if entry.signature.result(name) is None:
            raise Fault(f"{entry.key}: an example expects {name}, which is no result")
        if not isinstance(value, str) and name not in row.get("tolerance", {}):
            raise Fault(f"{entry.key}: an example gives no tolerance for {name}")
    return Example(
        str(row.get("name", "")),
        {name: as_input(value) for name, value in row.get("inputs", {}).items()},
        dict(row.get("expect", {})),
        dict(row.get("tolerance", {})),
        str(row["source"]),
        str(row.get("truth", "published")),
    )


def residuals(entry: Entry) -> list[Residual]:
    """Run every example of a procedure and compare.

    Raises:
        Fault: as `examples`.
        BadInput: an example's inputs are refused.
    """
    found: list[Residual] = []
    for item in examples(entry):
        outcome = run(find(entry.key), item.inputs)
        for name, expected in item.expect.items():
            value = outcome.results[name].value if name in outcome.results else math.nan
            found.append(Residual(item, name, expected, value, float(item.tolerance.get(name, 0.0))))
    return found
