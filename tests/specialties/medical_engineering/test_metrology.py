"""Probability of conformance, calibration intervals, drift."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import linregress, t
from tests.specialties.medical_engineering.run_one import outcome, value

from kilter.measure.error import BadInput


@pytest.mark.parametrize(("y", "p"), [(2.3, "0.9599"), (2.34, "0.9505"), (3.0, "0.5000")])
def test_probability_within_three_millimetres_of_mercury(y, p):
    found = value("conformance_probability", "probability", value=y, uncertainty=0.4, low=-3, high=3)
    assert f"{found:.4f}" == p


@given(st.floats(-5, 5), st.floats(0.01, 3), st.floats(-3, 0), st.floats(0.1, 3))
def test_one_side_and_the_other(y, u, low, high):
    both, upper, lower = (
        value("conformance_probability", "probability", value=y, uncertainty=u, **side)
        for side in ({"low": low, "high": high}, {"high": high}, {"low": low})
    )
    assert both == pytest.approx(upper + lower - 1, abs=1e-9)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"low": None, "high": None}, "high"),
        ({"low": 3, "high": 3}, "low"),
        ({"uncertainty": 0}, "uncertainty"),
        ({"in_unit": "furlong"}, "in_unit"),
    ],
)
def test_a_tolerance_that_is_none(change, field):
    given_inputs = {"value": 1, "uncertainty": 0.1, "low": -1, "high": 1, **change}
    with pytest.raises(BadInput) as refused:
        outcome("conformance_probability", {k: v for k, v in given_inputs.items() if v is not None})
    assert refused.value.field == field


A3 = {"in_tolerance": 15, "calibrations": 20, "interval": 365}


def test_the_tutorials_interval():
    found = {name: item.value for name, item in outcome("calibration_interval", A3).results.items()}
    assert round(found["interval"]) == 231
    assert round(found["rejection"], 4) == 0.9949
    assert (round(found["low"], 4), round(found["high"], 4)) == (0.6516, 0.8286)


@pytest.mark.parametrize(
    ("change", "interval"),
    [
        ({"confidence": 0.999}, 365.0),
        ({"in_tolerance": 2}, 182.5),
        ({"in_tolerance": 2, "largest_change": 5}, 73.0),
        ({"shortest": 300}, 300.0),
        ({"interval": 900, "longest": 500}, 500.0),
        ({"in_tolerance": 19}, 365.0),
    ],
)
def test_caps_and_no_evidence(change, interval):
    assert value("calibration_interval", "interval", **{**A3, **change}) == pytest.approx(interval)


@given(st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.floats(0.6, 0.98))
def test_an_interval_moves_towards_the_target_and_keeps_its_caps(counts, target):
    found, number = counts
    inputs = {"in_tolerance": found, "calibrations": number, "interval": 365, "target": target}
    results = {name: item.value for name, item in outcome("calibration_interval", inputs).results.items()}
    assert 182.5 <= results["interval"] <= 730
    if results["interval"] != 365:
        assert (results["interval"] < 365) == (found / number < target)
    assert 0 <= results["low"] <= results["reliability"] <= results["high"] <= 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"in_tolerance": 21}, "in_tolerance"),
        ({"in_tolerance": 1.5}, "in_tolerance"),
        ({"shortest": 400, "longest": 300}, "shortest"),
        ({"calibrations": 0}, "calibrations"),
    ],
)
def test_counts_and_caps_that_cannot_be(change, field):
    with pytest.raises(BadInput) as refused:
        outcome("calibration_interval", {**A3, **change})
    assert refused.value.field == field


ERRORS, DAYS = [0.11, 0.19, 0.33, 0.38, 0.52], [0.0, 365.0, 731.0, 1096.0, 1461.0]


def drift(**more: object) -> dict[str, float]:
    found = outcome("drift_projection", {"errors": ERRORS, "days": DAYS, "limit": 1, **more})
    return {name: item.value for name, item in found.results.items()}


def test_the_line_is_scipys_and_the_crossing_meets_the_limit():
    line = linregress(DAYS, ERRORS)
    found = drift()
    assert found["yearly_change"] == pytest.approx(line.slope * 365.25, rel=1e-9)
    assert found["latest"] == pytest.approx(line.intercept + line.slope * 1461, rel=1e-9)
    away = np.array(DAYS) - np.mean(DAYS)
    spread = found["scatter"] * math.sqrt(1 + 1 / 5 + (found["reached"] - np.mean(DAYS)) ** 2 / (away @ away))
    there = line.intercept + line.slope * found["reached"] + t.ppf(0.975, 3) * spread
    assert there == pytest.approx(1.0, rel=1e-9)


def test_more_confidence_and_more_uncertainty_come_sooner():
    days = [
        drift(**more)["reached"] for more in ({}, {"confidence": 0.99}, {"confidence": 0.99, "expanded": 0.3})
    ]
    assert days[0] > days[1] > days[2] > 1461


@given(st.floats(0.01, 10), st.floats(-0.05, 0.05))
def test_a_drift_downwards_is_a_mirrored_one(scale, offset):
    errors = [scale * (error + offset) for error in ERRORS]
    up = outcome("drift_projection", {"errors": errors, "days": DAYS, "limit": 5 * scale}).results
    down = outcome(
        "drift_projection", {"errors": [-error for error in errors], "days": DAYS, "limit": 5 * scale}
    ).results
    assert up["reached"].value == pytest.approx(down["reached"].value)
    assert up["latest"].value == pytest.approx(-down["latest"].value)


def test_equal_weights_give_the_same_line():
    assert drift(uncertainties=[0.02] * 5)["yearly_change"] == pytest.approx(drift()["yearly_change"])
    pulled = drift(uncertainties=[0.02, 0.02, 0.02, 0.02, 1e6])
    assert pulled["yearly_change"] == pytest.approx(linregress(DAYS[:4], ERRORS[:4]).slope * 365.25, rel=1e-6)


def test_a_limit_that_is_met_already_and_one_that_is_never_met():
    now = outcome("drift_projection", {"errors": ERRORS, "days": DAYS, "limit": 0.4})
    assert now.results["reached"].value == 1461
    assert ([note.code for note in now.notes], now.doubtful) == (["already_met"], True)
    never = outcome("drift_projection", {"errors": [0.1] * 4, "days": DAYS[:4], "limit": 1})
    assert "reached" not in never.results
    assert [note.code for note in never.notes] == ["beyond_horizon"]


@pytest.mark.parametrize(
    "change",
    [{"days": DAYS[:4]}, {"errors": [1, 2], "days": [0, 1]}, {"days": [5] * 5}, {"uncertainties": [1, 1]}],
)
def test_points_that_make_no_line(change):
    with pytest.raises(BadInput) as refused:
        drift(**change)
    assert refused.value.field == "days"
