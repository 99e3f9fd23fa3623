"""Running a procedure on a lot: through the registry, judged by the limits in force of the department."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kilter import __version__
from kilter.department.policy.queries import InForce, load
from kilter.measure.document import describe
from kilter.measure.error import NotPermitted
from kilter.measure.judge import Judgement, judge
from kilter.measure.outcome import Outcome
from kilter.measure.registry import Entry, entry, find
from kilter.measure.run import run

EDGE = "limit"
"""The input by which a procedure takes the limit that its result is held to."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A procedure as it was run and judged."""

    entry: Entry
    outcome: Outcome
    judgement: Judgement
    in_force: InForce

    @property
    def passed(self) -> bool:
        """Whether the analysis could tell, and every judged result lay within; none judged is no pass."""
        return self.outcome.valid and self.judgement.verdict == "within"

    @property
    def document(self) -> dict[str, Any]:
        """The part of a sealed document that says what was measured and how it was judged."""
        found = {**describe(self.entry, self.outcome, self.judgement), "software": __version__}
        if self.in_force.schedule is not None:
            found["schedule"] = str(self.in_force.schedule)
        return found

    def value(self, name: str) -> float:
        """Give a numeric result by its name."""
        return float(self.outcome.results[name].value)


def measure(
    key: str, inputs: Mapping[str, object], at: datetime, *, u: Mapping[str, object] | None = None
) -> Measured:
    """Run and judge a procedure by what was in force at an instant.

    Where the procedure takes the limit as an input (to say when it will be met), it is given the one in
    force, whatever was typed.

    Raises:
        BadInput: an input is refused.
        NotFound: there is no such procedure.
        NotPermitted: results of its use are not permitted here yet.
    """
    listed, policy = entry(key), load()
    if not policy.use_permitted(listed, at):
        words = listed.use.replace("_", " ")
        raise NotPermitted(f"A result of use {words} is not permitted here yet.", field="procedure")
    in_force = policy.limits(listed, None, at)

    def measured(given: Mapping[str, object]) -> Measured:
        outcome = run(find(key), given, u=u)
        return Measured(
            listed, outcome, judge(outcome, listed, in_force.limits, rule=in_force.rule), in_force
        )

    first = measured(inputs)
    edge = _edge(first)
    return first if edge is None else measured({**inputs, EDGE: edge})


def _edge(found: Measured) -> str | None:
    """Give the tightest upper limit in force for the first result that has one, where it is an input."""
    if EDGE not in {one.name for one in found.entry.signature.inputs}:
        return None
    for name, rows in found.judgement.applied.items():
        highs = [row.bounds.high for row in rows if row.bounds.high is not None]
        if highs:
            return f"{min(highs)!r} {found.outcome.results[name].unit}"
    return None
