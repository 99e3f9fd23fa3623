"""Budgets: the Guide's own examples, GTC on random models, Monte Carlo against what is known exactly."""

from __future__ import annotations

import math
from typing import Any

import GTC
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.measure.declared import budget, mean_of

from kilter.measure.door import Uncertainty, parse
from kilter.measure.error import BadInput, CannotTell
from kilter.measure.run import run
from kilter.measure.uncertainty import coverage_factor, first_order, monte_carlo


def plain(*names: str) -> dict[str, str]:
    return dict.fromkeys(names, "1")


def propagated(item: Any, values: dict[str, Any], u: dict[str, Any], correlation: Any = None) -> Any:
    return first_order(item, parse(item.signature, values, u), correlation)


# --- JCGM 100:2008, annex H.1: end-gauge calibration, lengths in nm

GAUGE_INPUTS = ("l_s", "d", "d_random", "d_systematic", "d_alpha", "d_theta", "theta", "delta", "alpha_s")


def _gauge(*, l_s, d, d_random, d_systematic, d_alpha, d_theta, theta, delta, alpha_s):
    difference = d + d_random + d_systematic
    return (l_s + difference - l_s * (d_alpha * (theta + delta) + alpha_s * d_theta),)


GAUGE = budget(plain(*GAUGE_INPUTS), plain("length"), _gauge)
ROOT3 = math.sqrt(3)
GAUGE_U = {
    "l_s": Uncertainty(25, 18),
    "d": Uncertainty(5.8, 24),
    "d_random": Uncertainty(3.9, 5),
    "d_systematic": Uncertainty(6.7, 8),
    "d_alpha": Uncertainty(1e-6 / ROOT3, 50, "rectangular"),
    "d_theta": Uncertainty(0.05 / ROOT3, 2, "rectangular"),
    "theta": Uncertainty(0.2),
    "delta": Uncertainty(0.5 / math.sqrt(2), math.inf, "arcsine"),
    "alpha_s": Uncertainty(2e-6 / ROOT3, math.inf, "rectangular"),
}
GAUGE_VALUES = {
    "l_s": 50_000_623, "d": 215, "d_random": 0, "d_systematic": 0, "d_alpha": 0, "d_theta": 0,
    "theta": -0.1, "delta": 0, "alpha_s": 11.5e-6,
}  # fmt: skip


def test_gum_h1_end_gauge():
    outcome = run(GAUGE, GAUGE_VALUES, u=GAUGE_U)
    length = outcome.results["length"]
    assert length.value == 50_000_838
    assert length.u == pytest.approx(31.664, abs=0.0005)
    assert length.dof == pytest.approx(16.75, abs=0.005)
    k = coverage_factor(length.dof, 0.99)
    assert k == pytest.approx(2.921, abs=0.0005)
    assert k * length.u == pytest.approx(92.5, abs=0.05)


def test_gum_h1_budget_lines():
    """Table H.1: contributions of 25, 5.8, 3.9, 6.7, 2.9 and 16.6 nm; the others have none at first order."""
    lines = {line.input: line for line in run(GAUGE, GAUGE_VALUES, u=GAUGE_U).budget}
    expected = {"l_s": 25, "d": 5.8, "d_random": 3.9, "d_systematic": 6.7, "d_alpha": 2.9, "d_theta": 16.6}
    for name, size in expected.items():
        assert abs(lines[name].contribution) == pytest.approx(size, abs=0.05), name
    for name in ("theta", "delta", "alpha_s"):
        assert abs(lines[name].contribution) < 1e-6


def test_gum_h1_second_order_shows_in_monte_carlo():
    """With second-order terms the Guide has 34 nm (H.1.7)."""
    drawn = monte_carlo(GAUGE, parse(GAUGE.signature, GAUGE_VALUES, _without_dof(GAUGE_U)), draws=400_000)
    assert drawn["length"].u == pytest.approx(33.8, abs=0.2)


def _without_dof(stated: dict[str, Uncertainty]) -> dict[str, Uncertainty]:
    return {name: Uncertainty(one.u, math.inf, one.distribution) for name, one in stated.items()}


# --- JCGM 100:2008, annex H.2: resistance and reactance from simultaneous readings

VOLTS = np.array([5.007, 4.994, 5.005, 4.990, 4.999])
MILLIAMPERES = np.array([19.663, 19.639, 19.640, 19.685, 19.678])
RADIANS = np.array([1.0456, 1.0438, 1.0468, 1.0428, 1.0433])


def _impedance(*, volts, amperes, phase):
    size = volts / amperes
    return size * np.cos(phase), size * np.sin(phase), size


IMPEDANCE = budget(
    {"volts": "V", "amperes": "A", "phase": "rad"}, dict.fromkeys(("r", "x", "z"), "ohm"), _impedance
)


def _within(found: Any, name: str, value: float, u: float, slack: float) -> None:
    assert found.results[name].value == pytest.approx(value, abs=slack)
    assert found.results[name].u == pytest.approx(u, abs=0.0006 if u < 0.1 else 0.006)


def test_gum_h2_from_rounded_inputs():
    values = {"volts": 4.999, "amperes": 19.661e-3, "phase": 1.04446}
    u = {"volts": 0.0032, "amperes": 0.0095e-3, "phase": 0.00075}
    r = {("volts", "amperes"): -0.36, ("volts", "phase"): 0.86, ("amperes", "phase"): -0.65}
    found = run(IMPEDANCE, values, u=u, correlation=r)
    _within(found, "r", 127.732, 0.070, 0.0006)
    _within(found, "x", 219.85, 0.30, 0.006)
    _within(found, "z", 254.26, 0.24, 0.006)


def test_gum_h2_from_the_five_readings():
    columns = {"volts": VOLTS, "amperes": MILLIAMPERES * 1e-3, "phase": RADIANS}
    values = {name: float(np.mean(column)) for name, column in columns.items()}
    spread = {name: float(np.std(column, ddof=1)) for name, column in columns.items()}
    u = {name: Uncertainty(s / math.sqrt(5), 4) for name, s in spread.items()}
    names = list(columns)
    matrix = np.corrcoef([columns[name] for name in names])
    r = {(names[i], names[j]): float(matrix[i, j]) for i in range(3) for j in range(i)}
    found = run(IMPEDANCE, values, u=u, correlation=r)
    for name, value, size in (("r", 127.732, 0.071), ("x", 219.847, 0.295), ("z", 254.260, 0.236)):
        assert found.results[name].value == pytest.approx(value, abs=0.0005)
        assert found.results[name].u == pytest.approx(size, abs=0.001)  # the Guide rounds on the way
    for pair, expected in {("r", "x"): -0.588, ("r", "z"): -0.485, ("x", "z"): 0.993}.items():
        assert found.correlation[pair] == pytest.approx(expected, abs=0.0006)


# --- against GTC

SMOOTH = ("a", "b", "c", "d", "e", "f")


def _smooth(lib: Any, *, a, b, c, d, e, f):
    return a * b + lib.exp(c / 4) + lib.sin(d) * e, a / f + lib.sqrt(b) * lib.log(f) - d * d


class _Numpy:
    exp, sin, sqrt, log = np.exp, np.sin, np.sqrt, np.log


RANDOM = budget(plain(*SMOOTH), plain("first", "second"), lambda **given: _smooth(_Numpy, **given))
SLOW = budget(
    plain(*SMOOTH), plain("first", "second"), lambda **given: _smooth(_Numpy, **given), elementwise=False
)
sixes = st.lists(st.floats(0.5, 3.0), min_size=6, max_size=6)


def _gtc(values: list[float], u: list[float], dofs: list[float]) -> Any:
    made = [GTC.ureal(x, s, n, label=name) for x, s, n, name in zip(values, u, dofs, SMOOTH, strict=True)]
    return _smooth(GTC, **dict(zip(SMOOTH, made, strict=True)))


@settings(max_examples=60)
@given(
    sixes,
    st.lists(st.floats(1e-6, 0.05), min_size=6, max_size=6),
    st.lists(st.integers(2, 100) | st.just(math.inf), min_size=6, max_size=6),
    st.sampled_from([RANDOM, SLOW]),
)
def test_smooth_budgets_agree_with_gtc(values, share, dofs, item):
    u = [x * part for x, part in zip(values, share, strict=True)]
    stated = {name: Uncertainty(s, n) for name, s, n in zip(SMOOTH, u, dofs, strict=True)}
    found = propagated(item, dict(zip(SMOOTH, values, strict=True)), stated)
    answers = _gtc(values, u, dofs)
    for name, theirs in zip(("first", "second"), answers, strict=True):
        assert found.u[name] == pytest.approx(GTC.uncertainty(theirs), rel=1e-9)
        nu = GTC.dof(theirs)
        assert found.dof[name] == pytest.approx(nu, rel=1e-7) or (nu > 1e9 and found.dof[name] > 1e9)


@settings(max_examples=30)
@given(sixes, st.lists(st.floats(0.05, 0.3), min_size=6, max_size=6))
def test_wide_budgets_agree_with_gtc(values, share):
    u = [x * part for x, part in zip(values, share, strict=True)]
    stated = {name: Uncertainty(s) for name, s in zip(SMOOTH, u, strict=True)}
    found = propagated(RANDOM, dict(zip(SMOOTH, values, strict=True)), stated)
    for name, theirs in zip(("first", "second"), _gtc(values, u, [math.inf] * 6), strict=True):
        assert found.u[name] == pytest.approx(GTC.uncertainty(theirs), rel=1e-6)


@settings(max_examples=30)
@given(sixes, st.floats(-0.9, 0.9))
def test_correlated_inputs_agree_with_gtc(values, r):
    u = [0.02 * x for x in values]
    stated = {name: Uncertainty(s) for name, s in zip(SMOOTH, u, strict=True)}
    found = propagated(RANDOM, dict(zip(SMOOTH, values, strict=True)), stated, {("a", "b"): r})
    made = [GTC.ureal(x, s, independent=False) for x, s in zip(values, u, strict=True)]
    GTC.set_correlation(r, made[0], made[1])
    answers = _smooth(GTC, **dict(zip(SMOOTH, made, strict=True)))
    for name, theirs in zip(("first", "second"), answers, strict=True):
        assert found.u[name] == pytest.approx(GTC.uncertainty(theirs), rel=1e-9)
    expected = GTC.get_correlation(*answers)
    assert found.correlation["first", "second"] == pytest.approx(expected, abs=1e-8)


# --- correlations that cannot be

TWO = budget(plain("x", "y"), plain("total"), lambda *, x, y: (x + y,))


@pytest.mark.parametrize(("r", "u"), [(1.0, 0.7), (-1.0, 0.1), (0.0, 0.5), (0.5, math.sqrt(0.37))])
def test_a_sum_of_two_correlated_inputs(r, u):
    found = propagated(TWO, {"x": 1, "y": 2}, {"x": 0.3, "y": 0.4}, {("x", "y"): r})
    assert found.u["total"] == pytest.approx(u, rel=1e-12)


@pytest.mark.parametrize(
    "correlation",
    [{("x", "y"): 1.1}, {("x", "x"): 0.5}, {("x", "z"): 0.5}, {("x", "y"): math.nan}],
    ids=["above one", "with itself", "of nothing", "no number"],
)
def test_refused_correlations(correlation):
    with pytest.raises(BadInput):
        propagated(TWO, {"x": 1, "y": 2}, {"x": 0.3, "y": 0.4}, correlation)


def test_a_correlation_with_an_exact_input_is_refused():
    with pytest.raises(BadInput, match="y has no single uncertainty"):
        propagated(TWO, {"x": 1, "y": 2}, {"x": 0.3}, {("x", "y"): 0.5})


def test_correlations_that_contradict_one_another_are_refused():
    r = {("a", "b"): 0.9, ("b", "c"): 0.9, ("a", "c"): -0.9}
    with pytest.raises(BadInput, match="contradict"):
        propagated(RANDOM, dict.fromkeys(SMOOTH, 1.0), dict.fromkeys(SMOOTH, 0.1), r)


# --- repeats, and the unknown


@given(st.lists(st.floats(1.0, 2.0), min_size=2, max_size=12))
def test_repeats_are_type_a(readings):
    outcome = run(mean_of, {"readings": readings})
    n = len(readings)
    s = float(np.std(readings, ddof=1))
    mean = outcome.results["mean"]
    assert mean.value == pytest.approx(float(np.mean(readings)), rel=1e-14)
    assert (mean.u or 0.0) == pytest.approx(s / math.sqrt(n), rel=1e-9, abs=1e-14)
    if s > 1e-6:
        assert mean.dof == pytest.approx(n - 1, rel=1e-9)
        assert [line.evaluation for line in outcome.budget] == ["A"]


def test_repeats_with_a_common_part():
    """s/sqrt(n) = 0.1/sqrt(4) beside 0.05 common to all: sqrt(0.05^2 + 0.05^2), nu = 3 x 2^2."""
    spread = [1 - 0.1 * math.sqrt(3) / 2, 1 + 0.1 * math.sqrt(3) / 2] * 2
    outcome = run(mean_of, {"readings": spread}, u={"readings": "0.05V"})
    assert outcome.results["mean"].u == pytest.approx(math.sqrt(2) * 0.05, rel=1e-9)
    assert outcome.results["mean"].dof == pytest.approx(12, rel=1e-8)


def test_unknown_is_none_and_never_zero():
    assert run(TWO, {"x": 1, "y": 2}).results["total"].u is None
    assert run(mean_of, {"readings": [1.0]}).results["mean"].u is None
    assert run(TWO, {"x": 1, "y": 2}).method == "none"


def test_what_was_taken_as_exact_is_named():
    notes = run(TWO, {"x": 1, "y": 2}, u={"x": 0.1}).notes
    assert [note.code for note in notes] == ["taken_as_exact"]
    assert "y" in notes[0].text


def test_no_derivative_is_no_answer():
    item = budget(plain("x"), plain("y"), lambda *, x: (np.sqrt(x),))
    with np.errstate(invalid="ignore"), pytest.raises(CannotTell):
        propagated(item, {"x": 0.0}, {"x": 0.1})
    assert not run(item, {"x": 0.0}, u={"x": 0.1}).valid


@pytest.mark.parametrize("size", [1e-200, 1e-100, 1e100, 1e150])
def test_degrees_of_freedom_at_any_size(size):
    stated = {"x": Uncertainty(3 * size, 5), "y": Uncertainty(4 * size, 10)}
    found = propagated(TWO, {"x": 0.0, "y": 0.0}, stated)
    assert found.u["total"] == pytest.approx(5 * size, rel=1e-9, abs=0) or size < 1e-150
    if size > 1e-150:
        assert found.dof["total"] == pytest.approx(625 / (81 / 5 + 256 / 10), rel=1e-8)


def test_too_large_an_uncertainty_is_refused():
    with pytest.raises(BadInput, match="too large"):
        propagated(TWO, {"x": 1, "y": 2}, {"x": 1e200})


# --- coverage: JCGM 100:2008, table G.2

G2 = {
    0.95: {1: 12.71, 2: 4.30, 3: 3.18, 4: 2.78, 5: 2.57, 8: 2.31, 10: 2.23, 20: 2.09, 50: 2.01, 100: 1.984},
    0.99: {1: 63.66, 2: 9.92, 5: 4.03, 8: 3.36, 10: 3.17, 16: 2.92, 20: 2.85, 50: 2.68, 100: 2.626},
    0.6827: {1: 1.84, 5: 1.11, 10: 1.05, 100: 1.005},
    0.9545: {1: 13.97, 5: 2.65, 10: 2.28, 100: 2.025},
}  # fmt: skip


@pytest.mark.parametrize("coverage", sorted(G2))
def test_coverage_factors_of_table_g2(coverage):
    for dof, t in G2[coverage].items():
        digits = 0.0005 if dof == 100 else 0.005
        assert coverage_factor(dof, coverage) == pytest.approx(t, abs=digits)
        assert coverage_factor(dof + 0.99, coverage) == coverage_factor(dof, coverage)  # truncated (G.4.1)


def test_coverage_of_the_normal_distribution():
    for coverage, k in {
        0.6827: 1.000,
        0.90: 1.645,
        0.95: 1.960,
        0.9545: 2.000,
        0.99: 2.576,
        0.9973: 3.000,
    }.items():
        assert coverage_factor(math.inf, coverage) == pytest.approx(k, abs=0.0005)
    assert coverage_factor(0.5) == coverage_factor(1)


# --- Monte Carlo

FOUR = budget(plain("a", "b", "c", "d"), plain("y"), lambda *, a, b, c, d: (a + b + c + d,))


def drawn(u: dict[str, Uncertainty], item: Any = FOUR, **more: Any) -> Any:
    values = dict.fromkeys(u, 0.0)
    return monte_carlo(item, parse(item.signature, values, u), **more)["y"]


def test_jcgm_101_additive_normal():
    """JCGM 101:2008, 9.2.2, table 2: u 2.00, interval -3.92 to 3.92."""
    found = drawn(dict.fromkeys("abcd", Uncertainty(1.0)), draws=1_000_000)
    assert found.u == pytest.approx(2.00, abs=0.006)
    assert (found.low, found.high) == (pytest.approx(-3.92, abs=0.03), pytest.approx(3.92, abs=0.03))


def test_jcgm_101_additive_rectangular():
    """JCGM 101:2008, 9.2.3, table 3: u 2.00, interval -3.88 to 3.88."""
    found = drawn(dict.fromkeys("abcd", Uncertainty(1.0, distribution="rectangular")), draws=1_000_000)
    assert found.u == pytest.approx(2.00, abs=0.006)
    assert (found.low, found.high) == (pytest.approx(-3.88, abs=0.025), pytest.approx(3.88, abs=0.025))


def test_jcgm_101_one_large_rectangular():
    """JCGM 101:2008, 9.2.4, table 4: u 10.1, interval -17.0 to 17.0, where first order has 19.9."""
    stated = dict.fromkeys("abc", Uncertainty(1.0, distribution="rectangular"))
    stated["d"] = Uncertainty(10.0, distribution="rectangular")
    found = drawn(stated, draws=1_000_000)
    assert found.u == pytest.approx(10.1, abs=0.06)
    assert (found.low, found.high) == (pytest.approx(-17.0, abs=0.06), pytest.approx(17.0, abs=0.06))


SQUARE = budget(plain("x"), plain("y"), lambda *, x: (x * x,))


def test_a_square_at_zero_is_chi_squared():
    """X ~ N(0, 1): x^2 has mean 1, standard deviation sqrt(2), quantiles 0.000982 and 5.024."""
    found = monte_carlo(SQUARE, parse(SQUARE.signature, {"x": 0}, {"x": Uncertainty(1.0)}), draws=1_000_000)[
        "y"
    ]
    assert found.mean == pytest.approx(1, abs=0.01)
    assert found.u == pytest.approx(math.sqrt(2), abs=0.02)
    assert found.low == pytest.approx(0.000982, abs=0.0001)
    assert found.high == pytest.approx(5.024, abs=0.05)
    assert propagated(SQUARE, {"x": 0}, {"x": 1.0}).u["y"] == pytest.approx(0, abs=1e-9)


@settings(max_examples=12)
@given(
    st.lists(st.floats(0.1, 2.0), min_size=4, max_size=4),
    st.sampled_from(["normal", "rectangular", "triangular", "arcsine"]),
    st.integers(0, 2**31),
)
def test_linear_models_agree_with_first_order(sizes, distribution, seed):
    stated = {name: Uncertainty(u, distribution=distribution) for name, u in zip("abcd", sizes, strict=True)}
    expected = math.sqrt(sum(u * u for u in sizes))
    found = drawn(stated, draws=40_000, seed=seed)
    assert found.u == pytest.approx(expected, rel=5 / math.sqrt(40_000))
    assert abs(found.mean) < 5 * expected / math.sqrt(40_000)


def test_few_degrees_of_freedom_draw_from_student():
    """U of t with nu = 5 is sqrt(5/3) wider; its 95 % interval is 2.571."""
    found = drawn({**dict.fromkeys("bcd", Uncertainty(0.0)), "a": Uncertainty(1.0, 5)}, draws=1_000_000)
    assert found.u == pytest.approx(math.sqrt(5 / 3), rel=0.02)
    assert found.high == pytest.approx(2.571, abs=0.02)


@pytest.mark.parametrize("r", [-0.8, 0.0, 0.8])
def test_correlated_draws(r):
    given_two = parse(TWO.signature, {"x": 1, "y": 2}, {"x": 0.3, "y": 0.4})
    found = monte_carlo(TWO, given_two, draws=200_000, correlation={("x", "y"): r})["total"]
    assert found.u == pytest.approx(math.sqrt(0.09 + 0.16 + 2 * r * 0.12), rel=0.01)


def test_draws_are_the_same_each_time():
    stated = dict.fromkeys("abcd", Uncertainty(1.0))
    assert drawn(stated, draws=1000) == drawn(stated, draws=1000)
    assert drawn(stated, draws=1000) != drawn(stated, draws=1000, seed=2)


def test_no_uncertainty_draws_nothing_and_a_strange_one_is_refused():
    assert monte_carlo(TWO, parse(TWO.signature, {"x": 1, "y": 2})) == {}
    with pytest.raises(BadInput, match="unknown distribution"):
        drawn(dict.fromkeys("abcd", Uncertainty(1.0, distribution="cauchy")))


def test_point_by_point_gives_what_all_at_once_gives():
    slow = budget(plain("x", "y"), plain("total"), lambda *, x, y: (x * y,), elementwise=False)
    quick = budget(plain("x", "y"), plain("total"), lambda *, x, y: (x * y,))
    values, u = {"x": 2, "y": 3}, {"x": 0.1, "y": 0.2}
    one, other = (monte_carlo(item, parse(item.signature, values, u), draws=500) for item in (slow, quick))
    assert one["total"].u == pytest.approx(other["total"].u, rel=1e-12)


def test_the_declared_method_is_used():
    item = budget(plain("x"), plain("y"), lambda *, x: (x * x,), uncertainty="monte_carlo")
    outcome = run(item, {"x": 0}, u={"x": 1.0})
    assert outcome.method == "monte_carlo"
    assert outcome.results["y"].u == pytest.approx(math.sqrt(2), rel=0.03)
