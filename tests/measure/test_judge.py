"""Verdicts: the decision rules against their definitions, one by one and as arrays."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.measure.declared import entry_of, everything

from kilter.measure.error import BadInput
from kilter.measure.judge import (
    ORDER,
    Rule,
    decide,
    judge,
    judge_many,
    probability_of_conformance,
    worst,
)
from kilter.measure.limit import Bounds, Limit
from kilter.measure.outcome import Outcome, Value
from kilter.measure.quantity import Note

ACCEPTED, UNDECIDED, REJECTED = 0, 1, 2
RULES = ("simple", "guard_U", "guard_1645", "rss", "probability")
ENTRY = entry_of(everything)


def code(value: float, u: float | None, low: float | None, high: float | None, rule: str = "simple") -> int:
    return int(decide(value, u, low, high, Rule(rule)))  # type: ignore[arg-type]


@pytest.mark.parametrize(("y", "u", "p"), [(2.3, 0.4, 0.9599), (2.34, 0.4, 0.9505), (3.0, 0.4, 0.5)])
def test_probability_of_conformance_of_a_pressure(y, u, p):
    """A sphygmomanometer within 3 mmHg: p_c = Phi((T - y) / u)."""
    assert probability_of_conformance(y, u, -3, 3) == pytest.approx(p, abs=5e-5)


@given(st.floats(-5, 5), st.floats(0.01, 2))
def test_probabilities_of_both_sides_add_up(y, u):
    below = probability_of_conformance(y, u, None, -1)
    inside = probability_of_conformance(y, u, -1, 1)
    above = probability_of_conformance(y, u, 1, None)
    assert below + inside + above == pytest.approx(1, abs=1e-12)
    assert probability_of_conformance(y, u, None, None) == 1


@pytest.mark.parametrize(
    ("rule", "width"),
    [("simple", 0.0), ("guard_U", 0.2), ("guard_1645", 0.1645), ("rss", 1 - math.sqrt(0.96))],
)
def test_where_a_guard_band_ends(rule, width):
    """Limit 1, u 0.1, U 0.2 (k 2): ILAC-G8 w = U, JCGM 106 w = 1.645 u, RSS A = sqrt(T^2 - U^2)."""
    edge = 1e-9
    assert code(1 - width - edge, 0.1, None, 1.0, rule) == ACCEPTED
    assert code(1 + width + edge, 0.1, None, 1.0, rule) == REJECTED
    if width:
        assert code(1 - width + edge, 0.1, None, 1.0, rule) == UNDECIDED
        assert code(1 + width - edge, 0.1, None, 1.0, rule) == UNDECIDED
        assert code(1.0, 0.1, None, 1.0, rule) == UNDECIDED
    assert code(-1 + width + edge, 0.1, -1.0, 1.0, rule) == ACCEPTED
    assert code(-1 - width - edge, 0.1, -1.0, None, rule) == REJECTED


def test_rss_at_four_to_one():
    """TUR 4: acceptance at 0.9682 T."""
    assert code(0.9682, 0.125, -1.0, 1.0, "rss") == ACCEPTED
    assert code(0.9683, 0.125, -1.0, 1.0, "rss") == UNDECIDED


def test_rss_at_a_limit_of_zero_keeps_the_whole_of_u_clear():
    assert code(-0.21, 0.1, None, 0.0, "rss") == ACCEPTED
    assert code(-0.19, 0.1, None, 0.0, "rss") == UNDECIDED
    assert code(0.21, 0.1, None, 0.0, "rss") == REJECTED


def test_the_limit_itself_is_within_by_the_simple_rule():
    for low, high, y in ((None, 0.3, 0.3), (2.0, None, 2.0), (1.0, 3.0, 1.0), (1.0, 3.0, 3.0)):
        assert code(y, None, low, high) == ACCEPTED
        assert code(y, 5.0, low, high) == ACCEPTED
    assert code(np.nextafter(0.3, 1), None, None, 0.3) == REJECTED


def test_probability_at_its_threshold():
    """Phi(1.6449) = 0.95."""
    assert code(1 - 1.6449 * 0.1, 0.1, None, 1.0, "probability") == ACCEPTED
    assert code(1 - 1.6448 * 0.1, 0.1, None, 1.0, "probability") == UNDECIDED
    assert code(1 + 1.6449 * 0.1, 0.1, None, 1.0, "probability") == REJECTED
    assert code(1 + 1.6448 * 0.1, 0.1, None, 1.0, "probability") == UNDECIDED
    assert code(-1 - 1.6448 * 0.1, 0.1, -1.0, None, "probability") == UNDECIDED
    assert code(-1 - 1.6449 * 0.1, 0.1, -1.0, None, "probability") == REJECTED
    assert code(0.9, 0.0, None, 1.0, "probability") == ACCEPTED
    assert code(1.1, 0.0, None, 1.0, "probability") == REJECTED


limits = st.tuples(st.floats(-3, 0) | st.none(), st.floats(0.01, 3) | st.none())
numbers = st.floats(-5, 5)


@given(st.sampled_from(RULES), st.lists(st.tuples(numbers, st.floats(0, 1)), min_size=1, max_size=20), limits)
def test_an_array_is_judged_as_one_by_one(rule, pairs, edges):
    low, high = edges
    values, spread = np.array(pairs).T
    together = decide(values, spread, low, high, Rule(rule))
    assert together.tolist() == [code(y, u, low, high, rule) for y, u in pairs]


@given(st.sampled_from(RULES[1:]), numbers, st.floats(0, 2), limits)
def test_a_guarded_rule_never_accepts_what_the_simple_one_rejects(rule, y, u, edges):
    low, high = edges
    simple, guarded = code(y, u, low, high), code(y, u, low, high, rule)
    if guarded == ACCEPTED:
        assert simple == ACCEPTED
    if guarded == REJECTED:
        assert simple == REJECTED


@pytest.mark.parametrize("rule", RULES[1:])
def test_a_meter_too_poor_for_a_narrow_band_leaves_undecided(rule):
    """Inside, yet the true value is outside with 99.2 % (2 Phi(0.01) - 1 = 0.8 %): the rule's own words."""
    assert code(0.0, 10.0, -0.1, 0.1, rule) == UNDECIDED
    assert code(1.0, 10.0, 0.9, 1.1, rule) == UNDECIDED
    assert code(0.0, 10.0, None, 0.1, rule) == UNDECIDED


@given(numbers, st.floats(1.01, 100), limits)
def test_rss_with_an_uncertainty_beyond_the_limit_keeps_the_whole_of_u_clear(y, times, edges):
    """The share 1 - (U/T)^2 is negative there; at U = T both rules keep T clear, so there is no step."""
    low, high = edges
    assume(edges != (None, None))
    half = (high - low) / 2 if None not in edges else abs(low if high is None else high)
    assert code(y, times * half / 2, low, high, "rss") == code(y, times * half / 2, low, high, "guard_U")


@given(st.sampled_from(RULES), numbers, st.floats(0, 1), limits)
def test_mirrored_values_and_limits_give_the_mirrored_answer(rule, y, u, edges):
    low, high = edges
    mirrored = (None if high is None else -high, None if low is None else -low)
    assert code(y, u, low, high, rule) == code(-y, u, *mirrored, rule)


@given(st.sampled_from(RULES[1:]), numbers, st.floats(0.01, 1), st.floats(0.0, 1), limits)
def test_more_uncertainty_never_makes_an_acceptance(rule, y, u, more, edges):
    low, high = edges
    if code(y, u + more, low, high, rule) == ACCEPTED:
        assert code(y, u, low, high, rule) == ACCEPTED


@given(st.sampled_from(RULES[1:]), numbers, limits)
def test_an_unknown_uncertainty_never_accepts(rule, y, edges):
    low, high = edges
    assume(edges != (None, None))
    outside = code(y, None, low, high) == REJECTED
    for unknown in (None, math.nan):
        assert code(y, unknown, low, high, rule) == (REJECTED if outside else UNDECIDED)


@given(st.lists(st.sampled_from(ORDER), max_size=6))
def test_the_worst_verdict_stands(verdicts):
    order = ["invalid", "suspension", "remedial", "undecided", "within", "recorded"]
    expected = next((one for one in order if one in verdicts), "recorded")
    assert worst(verdicts) == expected


@pytest.mark.parametrize(
    "bad",
    [
        {"name": "Simple"},
        {"name": ""},
        {"name": "guard_U", "k": 0},
        {"name": "guard_U", "k": -2},
        {"name": "probability", "threshold": 0.5},
        {"name": "probability", "threshold": 1.0},
        {"name": "probability", "threshold": math.nan},
    ],
)
def test_refused_rules(bad):
    with pytest.raises(BadInput) as refused:
        Rule(**bad)
    assert refused.value.field == "rule"


def limit(**more: Any) -> Limit:
    return Limit(
        **{"result": "total", "level": "suspension", "cite": "T", "edition": "1", "unit": "ohm", **more}
    )


def outcome(value: float, u: float | None = None, **more: Any) -> Outcome:
    return Outcome("testing.everything", 1, {}, {"total": Value(value, "ohm", "resistance", u)}, **more)


TWO_LEVELS = [limit(level="remedial", high=1.0), limit(high=2.0)]


@pytest.mark.parametrize(
    ("value", "verdict"), [(0.5, "within"), (1.0, "within"), (1.5, "remedial"), (2.5, "suspension")]
)
def test_two_levels(value, verdict):
    found = judge(outcome(value), ENTRY, TWO_LEVELS)
    assert (found.verdict, found.verdicts["total"]) == (verdict, verdict)
    assert len(found.applied["total"]) == 2


def test_undecided_stands_between_remedial_and_within():
    found = judge(outcome(1.95, 0.05), ENTRY, TWO_LEVELS, rule=Rule("guard_U"))
    assert [row.verdict for row in found.applied["total"]] == ["remedial", "undecided"]
    assert found.verdict == "remedial"


def test_no_limit_is_recorded_and_not_within():
    assert judge(outcome(5), ENTRY, []).verdict == "recorded"


def test_not_valid_beats_all():
    broken = Outcome("testing.everything", 1, {}, notes=(Note("lost", "no phantom"),), valid=False)
    assert judge(broken, ENTRY, TWO_LEVELS).verdict == "invalid"


def test_a_doubt_keeps_a_verdict_from_being_better_than_undecided():
    doubt = (Note("few_counts", "few counts", doubt=True),)
    assert judge(outcome(0.5, notes=doubt), ENTRY, TWO_LEVELS).verdict == "undecided"
    assert judge(outcome(2.5, notes=doubt), ENTRY, TWO_LEVELS).verdict == "suspension"
    assert judge(outcome(0.5, notes=doubt), ENTRY, []).verdict == "recorded"
    plain = (Note("remark", "a remark"),)
    assert judge(outcome(0.5, notes=plain), ENTRY, TWO_LEVELS).verdict == "within"


def test_a_rule_without_an_uncertainty_says_so():
    found = judge(outcome(0.5), ENTRY, TWO_LEVELS, rule=Rule("guard_U"))
    assert found.verdict == "undecided"
    assert {note.code for note in found.notes} == {"no_uncertainty"}
    assert found.applied["total"][0].p_conform is None


def test_the_probability_goes_with_each_limit():
    found = judge(outcome(1.0, 0.1), ENTRY, TWO_LEVELS)
    assert [row.p_conform for row in found.applied["total"]] == [pytest.approx(0.5), pytest.approx(1.0)]


def test_a_classification_has_no_limits():
    words = Outcome("testing.everything", 1, {}, {"total": Value("grade A")})
    assert judge(words, ENTRY, TWO_LEVELS).verdict == "recorded"


@pytest.mark.parametrize(
    ("value", "row", "said"),
    [
        (0.95, {"high": 1.0}, True),
        (1.0, {"high": 1.0}, True),
        (1.0, {"low": 1.0}, True),
        (0.90, {"high": 1.0}, False),
        (1.01, {"high": 1.0}, False),
        (1.05, {"low": 1.0}, True),
        (1.2, {"low": 1.0}, False),
        (0.95, {"low": -1.0, "high": 1.0}, True),
    ],
)
def test_near_a_limit(value, row, said):
    """IEC 62353's 90 % rule: within, but compare with the reference value."""
    found = judge(outcome(value), ENTRY, [limit(near=0.9, **row)])
    assert [note.code for note in found.notes] == (["near_limit"] if said else [])
    with_reference = judge(outcome(value), ENTRY, [limit(near=0.9, **row)], context={"baseline.total": 0.4})
    assert [("0.4" in note.text) for note in with_reference.notes] == ([True] if said else [])


def test_a_missing_baseline_is_said_and_not_guessed():
    row = limit(kind="from_baseline", low=-0.1, high=0.1)
    found = judge(outcome(0.5), ENTRY, [row])
    assert (found.verdict, [note.code for note in found.notes]) == ("recorded", ["no_baseline"])
    assert judge(outcome(0.5), ENTRY, [row], context={"baseline.total": 0.45}).verdict == "within"
    assert judge(outcome(0.5), ENTRY, [row], context={"baseline.total": 0.3}).verdict == "suspension"


@given(
    st.lists(numbers, min_size=1, max_size=30),
    st.sampled_from(RULES),
    st.floats(0.0, 0.5) | st.none(),
)
def test_many_are_judged_as_one_by_one(values, rule, u):
    rows = [
        Bounds(limit(level="remedial", high=1.0), None, 1.0),
        Bounds(limit(low=-2.0, high=2.0), -2.0, 2.0),
    ]
    spread = None if u is None else np.full(len(values), u)
    together = judge_many(np.array(values), spread, rows, Rule(rule))
    for value, verdict in zip(values, together, strict=True):
        single = judge(
            outcome(value, u),
            ENTRY,
            [limit(level="remedial", high=1.0), limit(low=-2.0, high=2.0)],
            rule=Rule(rule),
        )
        assert single.verdict == verdict


def test_many_without_a_limit_are_recorded():
    assert judge_many(np.zeros(3), None, [], Rule()) == ["recorded"] * 3


@pytest.mark.parametrize(
    ("reading", "u", "said"),
    [
        ("0.30000001", "", True),  # shown as 0.3 beside `at most 0.3`
        ("0.30004", "0.02", True),  # shown as 0.300 beside 0.3
        ("0.3004", "", False),
        ("0.31", "0.002", False),
        ("0.3", "", False),
        ("0.29999999", "", False),
    ],
)
def test_a_value_that_is_outside_only_before_rounding_says_so(reading: str, u: str, said: bool) -> None:
    from kilter.measure.limit import shipped
    from kilter.measure.registry import entry, find
    from kilter.measure.run import run

    key = "medical_engineering.protective_earth"
    outcome = run(find(key), {"reading": reading}, u={"reading": u} if u else {})
    found = judge(outcome, entry(key), shipped(entry(key)), context={})
    texts = [note.text for note in found.notes if note.code == "outside_by_rounding"]
    assert texts == ([f"resistance is {reading} Ω before rounding: outside its limit"] if said else [])


def test_a_spread_far_wider_than_the_limits_decides_nothing() -> None:
    """The middle of [0, 0.01] with u = 2: 99.8 % of the distribution lies outside, and nothing is known."""
    assert code(0.005, 2.0, 0.0, 0.01, "probability") == UNDECIDED
    assert code(9.0, 2.0, 0.0, 0.01, "probability") == REJECTED


@pytest.mark.parametrize("k", [0.0, -1.0, float("nan"), float("inf")], ids=str)
def test_a_rule_needs_a_coverage_factor_that_is_a_number(k):
    with pytest.raises(BadInput, match="unknown decision rule"):
        Rule("guard_U", k=k)
