"""Judge an outcome: five verdicts, by the decision rule that the department named before the test.

The rules (JCGM 106:2012; ILAC-G8:09/2019), with T a limit, u the standard uncertainty and U = k u:

- `simple`: the value is compared with the limit.
- `guard_U`: a guard band w = U, k = 2.
- `guard_1645`: a guard band w = 1.645 u (one-sided risk of 5 %).
- `rss`: the interval between two limits shrinks by the factor sqrt(1 - (U/T)^2), T its half width; for one
  limit alone T is its size. Where U reaches T (at a limit of zero it always does) the rule is `guard_U`.
- `probability`: within where the probability of conformance reaches the threshold, outside where that of
  non-conformance does and the value itself is outside; a spread far wider than the limits decides nothing.

Between acceptance and rejection lies *undecided*: retest or refer.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from kilter.measure.error import BadInput
from kilter.measure.limit import Bounds, Limit, applying, bounds
from kilter.measure.outcome import Outcome, Value
from kilter.measure.quantity import Note
from kilter.measure.registry import Entry
from kilter.measure.rounding import quantity as quantity_text
from kilter.measure.rounding import unit_text
from kilter.measure.unit import Floats

Verdict = Literal["invalid", "suspension", "remedial", "undecided", "within", "recorded"]
ORDER: tuple[Verdict, ...] = ("invalid", "suspension", "remedial", "undecided", "within", "recorded")
RuleName = Literal["simple", "guard_U", "guard_1645", "rss", "probability"]

_ACCEPTED, _UNDECIDED, _REJECTED = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Rule:
    """A decision rule: its name, the k of U, and the threshold that `probability` asks for."""

    name: RuleName = "simple"
    k: float = 2.0
    threshold: float = 0.95

    def __post_init__(self) -> None:
        """Refuse an unknown rule.

        Raises:
            BadInput: the name is not one of ours, or a parameter is impossible.
        """
        if self.name not in get_args(RuleName) or not 0 < self.k < math.inf or not 0.5 < self.threshold < 1:
            named, known = repr(str(self.name)[:40]), ", ".join(get_args(RuleName))
            message = f"unknown decision rule {named}; the rules are {known}"
            raise BadInput(message, field="rule", code="bad_rule")


def worst(verdicts: Sequence[Verdict]) -> Verdict:
    """Give the worst of several verdicts; `recorded` of none."""
    return min(verdicts, key=ORDER.index, default="recorded")


def probability_of_conformance(value: float, u: float, low: float | None, high: float | None) -> float:
    """Probability that the true value lies between the limits (JCGM 106, 7.2), normal distribution.

    Args:
        value: the measured value.
        u: its standard uncertainty, above zero; same unit.
        low: lower limit or None.
        high: upper limit or None.
    """
    root = u * math.sqrt(2)
    upper = 1.0 if high is None else 0.5 * math.erfc((value - high) / root)
    lower = 0.0 if low is None else 0.5 * math.erfc((value - low) / root)
    return max(0.0, upper - lower)  # below by a rounding at most


def decide(
    value: float | Floats, u: float | Floats | None, low: float | None, high: float | None, rule: Rule
) -> NDArray[np.int8]:
    """Decide against one pair of limits: 0 accepted, 1 undecided, 2 rejected. Works on arrays.

    A rule that needs an uncertainty and has none (None or NaN) is undecided wherever the value itself
    is not already outside.
    """
    y = np.asarray(value, dtype=float)
    outside = np.zeros(y.shape, dtype=bool)
    if high is not None:
        outside |= y > high
    if low is not None:
        outside |= y < low
    if rule.name == "simple":
        return np.where(outside, _REJECTED, _ACCEPTED).astype(np.int8)
    spread = np.full(y.shape, np.nan) if u is None else np.broadcast_to(np.asarray(u, dtype=float), y.shape)
    if rule.name == "probability":
        return _by_probability(y, spread, low, high, rule, outside)
    width = _guard(spread, low, high, rule)
    accepted, rejected = np.ones(y.shape, dtype=bool), np.zeros(y.shape, dtype=bool)
    if high is not None:
        accepted &= y <= high - width
        rejected |= y > high + width
    if low is not None:
        accepted &= y >= low + width
        rejected |= y < low - width
    rejected |= np.isnan(spread) & outside
    return np.where(rejected, _REJECTED, np.where(accepted, _ACCEPTED, _UNDECIDED)).astype(np.int8)


def _guard(spread: Floats, low: float | None, high: float | None, rule: Rule) -> Floats:
    expanded = rule.k * spread
    if rule.name == "guard_U":
        return expanded
    if rule.name == "guard_1645":
        return 1.645 * spread
    half = (
        (high - low) / 2
        if low is not None and high is not None
        else abs(high if high is not None else low or 0)
    )
    if not half:  # a limit of zero has no width to share: the whole of U is kept clear
        return expanded
    with np.errstate(over="ignore"):
        share = np.clip(1 - (expanded / half) ** 2, 0, None)
    # A share of zero would leave the middle accepted, however large U is.
    return np.where(expanded < half, half * (1 - np.sqrt(share)), expanded)


def _by_probability(
    y: Floats, spread: Floats, low: float | None, high: float | None, rule: Rule, outside: NDArray[np.bool_]
) -> NDArray[np.int8]:
    from scipy.special import ndtr

    with np.errstate(all="ignore"):
        upper = np.ones(y.shape) if high is None else ndtr((high - y) / spread)
        lower = np.zeros(y.shape) if low is None else ndtr((low - y) / spread)
    p = np.where(spread == 0, np.where(outside, 0.0, 1.0), upper - lower)
    answer = np.where(
        p >= rule.threshold,
        _ACCEPTED,
        np.where(outside & (1 - p >= rule.threshold), _REJECTED, _UNDECIDED),
    )
    unknown = np.where(outside, _REJECTED, _UNDECIDED)
    return np.where(np.isnan(spread), unknown, answer).astype(np.int8)


@dataclass(frozen=True, slots=True)
class Applied:
    """One limit as it was applied to one result."""

    bounds: Bounds
    verdict: Verdict
    p_conform: float | None

    @property
    def limit(self) -> Limit:
        """The row it came from."""
        return self.bounds.limit


@dataclass(frozen=True)
class Judgement:
    """What judging gives: a verdict by result, the limits behind it, and the worst as the whole."""

    verdict: Verdict
    verdicts: Mapping[str, Verdict] = field(default_factory=dict)
    applied: Mapping[str, tuple[Applied, ...]] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()
    rule: Rule = field(default_factory=Rule)


def judge(
    outcome: Outcome,
    entry: Entry,
    limits: Sequence[Limit],
    *,
    rule: Rule | None = None,
    context: Mapping[str, object] | None = None,
) -> Judgement:
    """Judge an outcome by the limits in force.

    Args:
        outcome: what `run` gave.
        entry: the procedure's entry.
        limits: rows in force for this device on this day.
        rule: the decision rule; `simple` by default.
        context: what the device or protocol says (`equipment_class`, `baseline.<result>`).

    Raises:
        BadInput: two rows claim the same place, or none applies where one is required.
    """
    rule = rule or Rule()
    if not outcome.valid:
        return Judgement("invalid", rule=rule)
    facts: dict[str, object] = {**(context or {}), **_facts(outcome)}
    verdicts: dict[str, Verdict] = {}
    applied: dict[str, tuple[Applied, ...]] = {}
    notes: list[Note] = []
    for name, value in outcome.results.items():
        rows, more = _apply(name, value, limits, rule, facts)
        notes += more
        applied[name] = rows
        verdicts[name] = worst([row.verdict for row in rows])
    whole = worst(list(verdicts.values()))
    if outcome.doubtful and ORDER.index(whole) > ORDER.index("undecided") and any(applied.values()):
        whole = "undecided"
    return Judgement(whole, verdicts, applied, tuple(notes), rule)


def _facts(outcome: Outcome) -> dict[str, object]:
    facts = {name: given.value for name, given in outcome.inputs.items() if given.value is not None}
    return {**facts, **{name: value.value for name, value in outcome.results.items()}}


def _apply(
    name: str, value: Value, limits: Sequence[Limit], rule: Rule, facts: Mapping[str, object]
) -> tuple[tuple[Applied, ...], list[Note]]:
    rows: list[Applied] = []
    notes: list[Note] = []
    if isinstance(value.value, str):
        return (), []
    for limit in applying(limits, name, facts):
        edges = bounds(limit, value.unit, facts)
        if edges is None:
            notes.append(Note("no_baseline", f"{name}: this device has no reference value yet"))
            continue
        code = int(decide(value.value, value.u, edges.low, edges.high, rule))
        verdict: Verdict = ("within", "undecided", limit.level)[code]
        p = probability_of_conformance(value.value, value.u, edges.low, edges.high) if value.u else None
        rows.append(Applied(edges, verdict, p))
        if verdict == "undecided" and value.u is None:
            notes.append(
                Note("no_uncertainty", f"{name}: the rule {rule.name} needs an uncertainty, none is known")
            )
        if verdict == limit.level:
            notes += _barely_outside(name, value.value, value, edges)
        notes += _near(name, value.value, edges, facts)
    return tuple(rows), notes


def _barely_outside(name: str, exact: float, value: Value, edges: Bounds) -> list[Note]:
    """Say so where a value outside its limit is shown as the limit itself: 0.30000001 as 0.3."""
    shown = quantity_text(exact, value.unit, value.u)
    for limit in (edges.low, edges.high):
        if limit is not None and limit != exact and quantity_text(limit, value.unit, value.u) == shown:
            words = f"{exact!r} {unit_text(value.unit)}".strip()
            return [Note("outside_by_rounding", f"{name} is {words} before rounding: outside its limit")]
    return []


def _near(name: str, value: float, edges: Bounds, facts: Mapping[str, object]) -> list[Note]:
    """Say when a value inside its limit comes close to it (the 90 % rule of IEC 62353)."""
    near, high, low = edges.limit.near, edges.high, edges.low
    if near is None:
        return []
    if high is not None and near * high < value <= high:
        share = 100 * value / high
    elif high is None and low is not None and value >= low and value * near < low:
        share = 100 * low / value
    else:
        return []
    baseline = facts.get(f"baseline.{name}")
    if isinstance(baseline, int | float):
        then = f"the reference value is {baseline:.4g}: compare"
    else:
        then = "no reference value is known: set one, and test again sooner"
    return [Note("near_limit", f"{name} is at {share:.0f} % of its limit; {then}")]


def judge_many(values: Floats, u: Floats | None, limits: Sequence[Bounds], rule: Rule) -> list[Verdict]:
    """Judge many values of one result by the same limits; the worst verdict of each, in order."""
    ranks = np.full(np.shape(values), ORDER.index("recorded"), dtype=np.int8)
    for edges in limits:
        code = decide(values, u, edges.low, edges.high, rule)
        verdicts: tuple[Verdict, ...] = ("within", "undecided", edges.limit.level)
        ranks = np.minimum(ranks, np.array([ORDER.index(v) for v in verdicts], dtype=np.int8)[code])
    return [ORDER[rank] for rank in ranks.ravel().tolist()]
