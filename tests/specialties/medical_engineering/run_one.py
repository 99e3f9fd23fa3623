"""Run a procedure by its key and judge it by the limits that are shipped with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kilter.measure.judge import Judgement, Rule, judge
from kilter.measure.limit import shipped
from kilter.measure.outcome import Outcome
from kilter.measure.registry import entry, find
from kilter.measure.run import run


def outcome(name: str, inputs: Mapping[str, object], **more: Any) -> Outcome:
    """Run `medical_engineering.<name>`."""
    return run(find(f"medical_engineering.{name}"), inputs, **more)


def value(name: str, result: str, **inputs: object) -> Any:
    """Give one result."""
    return outcome(name, inputs).results[result].value


def judged(name: str, inputs: Mapping[str, object], rule: str = "simple", **more: Any) -> Judgement:
    """Run and judge by the shipped limits."""
    item = entry(f"medical_engineering.{name}")
    return judge(outcome(name, inputs, **more), item, shipped(item), rule=Rule(rule))


def edges(name: str, result: str, **inputs: object) -> tuple[float | None, float | None]:
    """Give the limit of a result as it is applied to these inputs."""
    (applied,) = judged(name, inputs).applied[result]
    return applied.bounds.low, applied.bounds.high
