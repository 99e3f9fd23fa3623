"""Running: what comes back, what is refused, and arrays through elementwise procedures."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.measure.declared import budget

from kilter.measure.error import BadInput, CannotTell, Fault
from kilter.measure.registry import find
from kilter.measure.run import run, run_many

EARTH = find("medical_engineering.protective_earth")
LEAKAGE = find("medical_engineering.equipment_leakage")


def one(body: Any, **more: Any) -> Any:
    return budget({"x": "V"}, {"y": "V"}, lambda *, x: (body(x),), **more)


def test_an_outcome_is_frozen_and_hands_its_values_on():
    outcome = run(EARTH, {"reading": "0.245ohm", "test_lead": "45mohm"}, u={"reading": "1mohm"})
    with pytest.raises(AttributeError):
        outcome.version = 2  # type: ignore[misc]
    value = outcome.results["resistance"]
    assert value.value == pytest.approx(0.2, abs=1e-15)
    again = run(EARTH, {"reading": value.measured()})
    assert again.results["resistance"].u == pytest.approx(0.001, rel=1e-9)
    assert again.plain_inputs()["reading"] == value.value


def test_what_cannot_be_told_is_an_answer():
    def refuse(x: float) -> float:
        raise CannotTell("there is no phantom", code="no_phantom")

    outcome = run(one(refuse), {"x": 1})
    assert not outcome.valid
    assert [(note.code, note.text) for note in outcome.notes] == [("no_phantom", "there is no phantom")]
    assert outcome.results == {}


@pytest.mark.parametrize(
    "body",
    [
        lambda x: math.nan,
        lambda x: math.inf,
        lambda x: 1 / (x - 1),
        lambda x: math.exp(1000 * x),
        lambda x: 10.0**400,
    ],
    ids=["nan", "inf", "division by zero", "overflow", "power"],
)
def test_no_finite_result_is_refused(body):
    with pytest.raises(BadInput) as refused:
        run(one(body), {"x": 1})
    assert refused.value.code == "not_finite"


def test_an_impossible_result_is_refused():
    with pytest.raises(BadInput, match="cannot be") as refused:
        run(EARTH, {"reading": "0.1ohm", "test_lead": "0.2ohm"})
    assert refused.value.code == "impossible_result"


def test_an_array_where_a_number_was_declared_is_our_fault():
    with pytest.raises(Fault):
        run(one(lambda x: np.array([x, x])), {"x": 1})


readings = st.lists(st.floats(0.5, 1e5), min_size=1, max_size=20)


@given(readings, st.floats(0.0, 0.4))
def test_many_are_run_as_one_by_one(values, lead):
    together = run_many(EARTH, {"reading": np.array(values), "test_lead": lead})["resistance"]
    single = [run(EARTH, {"reading": v, "test_lead": lead}).results["resistance"].value for v in values]
    assert together.tolist() == single


def test_arrays_that_are_refused():
    with pytest.raises(Fault):
        run_many(find("nuclear_medicine.uniformity"), {})
    for arrays, field in [
        ({"reeding": np.ones(2)}, "reeding"),
        ({}, "reading"),
        ({"reading": np.array([1.0, math.nan])}, "reading"),
        ({"reading": np.array([1.0, -1.0])}, "reading"),
        ({"reading": np.array([0.1]), "test_lead": np.array([0.2])}, "resistance"),
    ]:
        with pytest.raises(BadInput) as refused:
            run_many(EARTH, arrays)
        assert refused.value.field == field


def test_leakage_at_nominal_voltage_as_arrays():
    given_arrays = {"current": np.array([100.0, 55.0]), "mains_voltage": np.array([207.0, 253.0])}
    found = run_many(LEAKAGE, {**given_arrays, "method": "direct", "equipment_class": "I"})["leakage"]
    assert found == pytest.approx([1000 / 9, 50.0], rel=1e-15)
