"""Risk scores, failure rates, availability, compliance."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, poisson
from tests.specialties.medical_engineering.run_one import outcome, value

from kilter.measure.error import BadInput
from kilter.specialties.medical_engineering.reliability import wilson


@pytest.mark.parametrize(
    ("failures", "years", "low", "high"),
    [(0, 100, "0", "0.0369"), (3, 100, "0.00619", "0.0877"), (10, 250, "0.0192", "0.0736")],
)
def test_published_failure_rates(failures, years, low, high):
    found = outcome("failure_rate", {"failures": failures, "exposure": years}).results
    assert f"{found['low'].value:.3g}" == low
    assert f"{found['high'].value:.3g}" == high
    assert found["rate"].value == failures / years


@given(st.integers(0, 400), st.floats(0.1, 1e4), st.floats(0.6, 0.999))
def test_the_ends_of_the_interval_are_poissons(failures, years, confidence):
    """At either end the count seen or a more extreme one has the probability alpha / 2."""
    found = outcome(
        "failure_rate", {"failures": failures, "exposure": years, "confidence": confidence}
    ).results
    low, high = found["low"].value * years, found["high"].value * years
    assert poisson.cdf(failures, high) == pytest.approx((1 - confidence) / 2, rel=1e-6)
    if failures:
        assert poisson.sf(failures - 1, low) == pytest.approx((1 - confidence) / 2, rel=1e-6)
    assert found["low"].value <= found["rate"].value <= found["high"].value


def test_published_availability():
    found = outcome("availability", {"devices": 100, "time": "8760h", "failures": 25, "mttr": "3d"}).results
    assert found["mtbf"].value == 35040.0
    assert found["availability"].value == pytest.approx(0.997949, abs=5e-7)


@given(st.floats(1, 1e4), st.floats(1, 1e4), st.floats(1, 1e3), st.floats(0, 1e4))
def test_availability_is_a_share_and_falls_with_repair_time(devices, time, failures, mttr):
    inputs = {"devices": devices, "time": time, "failures": failures}
    now, slower = (value("availability", "availability", **inputs, mttr=m) for m in (mttr, mttr + 1))
    assert 0 <= slower < now <= 1


@given(st.integers(1, 2000).flatmap(lambda due: st.tuples(st.integers(0, due), st.just(due))))
def test_wilsons_interval_is_scipys_and_holds_the_proportion(counts):
    done, due = counts
    low, high = wilson(done, due, 0.95)
    other = binomtest(done, due).proportion_ci(0.95, method="wilson")
    assert (low, high) == (pytest.approx(other.low, abs=1e-12), pytest.approx(other.high, abs=1e-12))
    assert 0 <= low <= done / due <= high <= 1


@pytest.mark.parametrize(("done", "due", "low", "high"), [(81, 263, 25.53, 36.62), (1, 29, 0.61, 17.18)])
def test_newcombes_examples(done, due, low, high):
    found = outcome("compliance", {"done": done, "due": due}).results
    assert (round(found["low"].value, 2), round(found["high"].value, 2)) == (low, high)


def test_devices_not_found_stay_in_what_was_due():
    found = outcome("compliance", {"done": 80, "due": 100, "could_not_locate": 12, "no_access": 5}).results
    assert found["compliance"].value == 80
    assert (found["not_located"].value, found["without_access"].value) == (12, 5)


@pytest.mark.parametrize(
    ("inputs", "field"),
    [
        ({"done": 101, "due": 100}, "done"),
        ({"done": 90, "due": 100, "could_not_locate": 6, "no_access": 5}, "done"),
        ({"done": 1.5, "due": 100}, "done"),
        ({"done": 1, "due": 0}, "due"),
        ({"done": 1, "due": 10, "no_access": 0.5}, "no_access"),
    ],
)
def test_counts_that_cannot_be(inputs, field):
    with pytest.raises(BadInput) as refused:
        outcome("compliance", inputs)
    assert refused.value.field == field


scores = st.tuples(st.integers(2, 10), st.integers(1, 5), st.integers(1, 5), st.integers(-2, 2))


@given(scores)
def test_the_score_is_a_sum_and_chooses_the_band(parts):
    names = ("function", "risk", "maintenance", "history")
    found = outcome("risk_score", dict(zip(names, parts, strict=True))).results
    score = sum(parts)
    assert found["score"].value == score
    assert found["included"].value == ("yes" if score >= 12 else "no")
    interval = 3 if score >= 18 else 6 if score >= 15 else 12 if score >= 12 else None
    assert (found["interval"].value if "interval" in found else None) == interval


def test_bands_are_a_local_choice():
    parts = {"function": 8, "risk": 3, "maintenance": 2}
    assert value("risk_score", "included", **parts) == "yes"
    assert value("risk_score", "included", **parts, include_from=14) == "no"
    assert value("risk_score", "interval", **parts, twice_a_year_from=13) == 6.0


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"function": 11}, "function"),
        ({"function": 1}, "function"),
        ({"risk": 2.5}, "risk"),
        ({"history": 3}, "history"),
        ({"include_from": 16}, "twice_a_year_from"),
    ],
)
def test_scores_that_cannot_be(change, field):
    with pytest.raises(BadInput) as refused:
        outcome("risk_score", {"function": 8, "risk": 3, "maintenance": 2, **change})
    assert refused.value.field == field


def test_cost_of_service():
    assert value("cost_of_service", "ratio", support=700, acquisition=10000) == pytest.approx(7)
