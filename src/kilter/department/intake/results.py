"""What a tester's words mean in the protocol, by the table that stands beside the specialty."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kilter.formats.tester import Result, Test
from kilter.measure.error import BadInput, Fault
from kilter.measure.protocol import Step
from kilter.measure.protocol import protocol as find_protocol
from kilter.measure.registry import specialty
from kilter.measure.unit import read_quantity, unit


@dataclass
class Read:
    """What was read of one test: typed content by step, and remarks by line."""

    steps: dict[str, dict[str, Any]] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    values: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Meanings:
    """The table: protocol, words of the methods, and a row for each kind of result by its name."""

    protocol: str
    methods: Mapping[str, tuple[str, ...]]
    rows: Mapping[str, Mapping[str, Any]]

    def row(self, name: str) -> Mapping[str, Any] | None:
        """Find the row for a result's words: the longest name they begin with."""
        words = " ".join(re.sub(r"[^\w ]|_", " ", name.casefold()).split())
        words = re.sub(r"\bap ?\d+\b", "ap", words)
        fitting = [known for known in self.rows if words == known or words.startswith(f"{known} ")]
        return self.rows[max(fitting, key=len)] if fitting else None

    def method(self, *texts: str) -> str:
        """Find the method that some words name; "" where none or more than one does."""
        words = {word for text in texts for word in re.findall(r"[a-z]+", text.casefold())}
        found = [method for method, known in self.methods.items() if words & set(known)]
        return found[0] if len(found) == 1 else ""

    def read(self, test: Test, context: Mapping[str, object]) -> Read:
        """Read a test's results into the steps that apply to a device.

        Args:
            test: one block.
            context: what the device says of itself.
        """
        steps = {step.key: step for step in find_protocol(self.protocol).steps_for(context)}
        read = Read()
        for result in test.results:
            problem = self._take(read, result, test, steps, context)
            if problem:
                read.remarks.append(f"line {result.line}: {result.name[:60]}: {problem}")
        return read

    def _take(
        self, read: Read, result: Result, test: Test, steps: Mapping[str, Step], context: Mapping[str, object]
    ) -> str:
        row = self.row(result.name)
        if row is None:
            return "this result is not known here"
        if not row.get("step"):
            return "this result has no step in the protocol"
        step = steps.get(row["step"])
        if step is None:
            return f"the step {row['step'].replace('_', ' ')} is not asked of this device"
        if row.get("whole"):
            return _whole(read, step, result)
        return self._reading(read, row, step, result, test, context)

    def _reading(
        self,
        read: Read,
        row: Mapping[str, Any],
        step: Step,
        result: Result,
        test: Test,
        context: Mapping[str, object],
    ) -> str:
        reading = result.reading
        if reading is None:
            return "there is no single reading in this line; a person enters it"
        if not reading.unit:
            return f"{reading.value} has no unit; a person enters it"
        if reading.bound not in ("exact", row["one_sided"]):
            sign = ">" if reading.bound == "over" else "<"
            return f"{sign}{reading.value} {reading.unit} does not say how large it is; a person enters it"
        inputs: dict[str, Any] = {row["input"]: f"{reading.value}{reading.unit}", **row.get("given", {})}
        if context.get("equipment_class") == "I":
            inputs |= row.get("given_class_one", {})
        if row.get("needs_method"):
            inputs["method"] = self.method(result.name, *result.cells) or self.method(test.sequence)
            if not inputs["method"]:
                return "which method was used is not said; a person enters it"
        wanted = step.entry.signature.input(row["input"])
        if wanted is None:
            raise Fault(f"{step.key} has no input {row['input']}")
        try:
            value = read_quantity(inputs[row["input"]], unit(wanted.unit))
        except BadInput as problem:
            return problem.message
        return _worst(read, row, step, inputs, value)


def _worst(read: Read, row: Mapping[str, Any], step: Step, inputs: dict[str, Any], value: float) -> str:
    """Keep the worst of several readings of a step, and say so."""
    before = read.values.get(step.key)
    if before is not None:
        worse = value > before if row["worst"] == "highest" else value < before
        if not worse:
            return f"{step.key.replace('_', ' ')} has a worse reading, which is taken"
        kept = "replaces a reading that is less bad"
    else:
        kept = ""
    read.values[step.key] = value
    read.steps[step.key] = {"inputs": inputs}
    return kept


def _whole(read: Read, step: Step, result: Result) -> str:
    if result.outcome != "pass":
        return "a person says which item did not pass"
    read.steps[step.key] = {"inputs": dict.fromkeys(step.listed.items, "pass")}
    return ""


def meanings(area: str = "medical_engineering", name: str = "iec_62353") -> Meanings:
    """Read the table that stands beside a specialty.

    Raises:
        NotFound: there is no such specialty.
        Fault: the table is not well formed.
    """
    data = specialty(area).data("testers", name)
    rows: dict[str, Mapping[str, Any]] = {}
    for row in data.get("result", ()):
        for known in row["names"]:
            if known in rows:
                raise Fault(f"testers/{name}.toml: {known!r} stands twice")
            rows[known] = row
    if not rows or "protocol" not in data:
        raise Fault(f"{area} has no testers/{name}.toml")
    methods = {method: tuple(words) for method, words in data.get("methods", {}).items()}
    return Meanings(str(data["protocol"]), methods, rows)
