"""Thermometers, incubators, stores; scales and hoists; acceptance of new devices."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.specialties.medical_engineering.run_one import edges, judged, outcome, value

from kilter.measure.error import BadInput

STEADY = np.tile([36.0, 36.2, 35.9, 36.1, 36.0], (60, 1))
AIR = {"set_temperature": 36, "displayed": 36.1}


def air(**changes: object) -> dict[str, str]:
    inputs = {"temperatures": STEADY, **AIR, **changes}
    return dict(judged("incubator_air", inputs).verdicts)


def moved(column: int, by: float, rows: slice = slice(None)) -> np.ndarray:
    table = STEADY.copy()
    table[rows, column] += by
    return table


def test_an_incubator_that_is_well():
    assert set(air().values()) == {"within", "recorded"}


@pytest.mark.parametrize(
    ("changes", "result"),
    [
        ({"temperatures": moved(1, 0.7)}, "uniformity"),
        ({"temperatures": moved(0, 0.6, slice(0, 1))}, "stability"),
        ({"displayed": 36.9}, "display_error"),
        ({"set_temperature": 34.4}, "control_error"),
    ],
)
def test_each_departure_is_found(changes, result):
    assert [name for name, verdict in air(**changes).items() if verdict == "suspension"] == [result]


def test_a_tilted_mattress_is_given_more():
    table = moved(1, 0.7)
    assert air(temperatures=table, mattress="tilted")["uniformity"] == "within"


def test_the_correction_is_common_to_all_sensors():
    """0.1 K on every reading moves the mean, not the differences."""
    found = outcome("incubator_air", {"temperatures": STEADY, **AIR}, u={"correction": 0.1}).results
    assert found["mean"].u == pytest.approx(0.1, rel=1e-6)
    assert found["uniformity"].u == pytest.approx(0.0, abs=1e-9)
    assert found["display_error"].u == pytest.approx(0.1, rel=1e-6)


@pytest.mark.parametrize("shape", [(1, 5), (3, 4), (3, 6)])
def test_a_table_of_another_shape_is_refused(shape):
    with pytest.raises(BadInput) as refused:
        outcome("incubator_air", {"temperatures": np.full(shape, 36.0).tolist(), **AIR})
    assert refused.value.field == "temperatures"


SAFETY = {
    "skin_reading": 36.2, "skin_reference": 36, "peak": 37, "set_temperature": 36,
    "cut_out_temperature": 37.9,
}  # fmt: skip
AROUND = {"carbon_dioxide": 0.3, "sound": 58, "air_speed": 0.3}


@pytest.mark.parametrize(
    ("name", "inputs", "change"),
    [
        ("incubator_safety", SAFETY, {"skin_reading": 36.4}),
        ("incubator_safety", SAFETY, {"peak": 38.1}),
        ("incubator_safety", SAFETY, {"cut_out_temperature": 38.1}),
        ("incubator_safety", {**SAFETY, "cut_out_range": "override"}, {"cut_out_temperature": 40.1}),
        ("incubator_surroundings", AROUND, {"carbon_dioxide": 0.6}),
        ("incubator_surroundings", AROUND, {"sound": 61}),
        ("incubator_surroundings", AROUND, {"air_speed": 0.4}),
        ("thermometer", {"reading": 37.25, "reference": 37}, {"kind": "ear"}),
        ("thermometer", {"reading": 36.8, "reference": 37}, {"reading": 36.6}),
        ("hoist_proof_load", {"load": 160, "safe_working_load": 160}, {"load": 159}),
        ("hoist_proof_load", {"load": 160, "safe_working_load": 160}, {"purpose": "after_repair"}),
        ("hoist_creep", {"start": 1500, "end": 1492, "most": 10}, {"end": 1489}),
        ("acceptance_earth", {"voltage_drop": 2.4}, {"voltage_drop": 2.6}),
        ("acceptance_earth", {"voltage_drop": 4.9, "cord": "fixed"}, {"voltage_drop": 5.1}),
    ],
)
def test_either_side_of_the_limit(name, inputs, change):
    assert judged(name, inputs).verdict == "within"
    assert judged(name, {**inputs, **change}).verdict == "suspension"


temperatures = st.lists(st.floats(-30, 40), min_size=1, max_size=30)


@given(temperatures)
def test_the_mean_kinetic_temperature_is_above_the_mean_and_below_the_highest(column):
    found = outcome("storage_mapping", {"temperatures": [[t] for t in column], "store": "other"}).results
    assert found["mean"].value - 1e-9 <= found["mean_kinetic"].value <= found["highest"].value + 1e-9
    assert found["lowest"].value == min(column)


@pytest.mark.parametrize(
    ("table", "verdict"), [([[2, 8]], "within"), ([[1.9, 5]], "suspension"), ([[5, 8.1]], "suspension")]
)
def test_a_refrigerator(table, verdict):
    assert judged("storage_mapping", {"temperatures": table}).verdict == verdict


def test_each_sensor_of_a_store_has_its_row():
    found = outcome("storage_mapping", {"temperatures": [[4, 5], [6, 7]]})
    assert found.tables["sensors"].rows == (("1", 4.0, 5.0, 6.0), ("2", 5.0, 6.0, 7.0))


@pytest.mark.parametrize(
    ("mass", "verification", "most"),
    [
        (50, "initial", 0.5), (50, "in_service", 1.0), (50.1, "in_service", 2.0), (200, "initial", 1.0),
        (200, "in_service", 2.0), (200.1, "in_service", 3.0), (1000, "initial", 1.5),
    ],
)  # fmt: skip
def test_what_class_iii_allows(mass, verification, most):
    """E = 100 g: 500 e is 50 kg, 2000 e is 200 kg, both ends within."""
    inputs = {"reading": mass, "mass": mass, "interval": "100g", "verification": verification}
    assert edges("scales_load", "error_in_e", **inputs) == (-most, most)
    several = {**inputs, "readings": [mass] * 3}
    del several["reading"]
    for name, result in (
        ("scales_eccentricity", "largest_error_in_e"),
        ("scales_repeatability", "spread_in_e"),
    ):
        assert edges(name, result, **several) == (None, most)


@given(st.lists(st.floats(60, 80), min_size=3, max_size=9))
def test_repeatability_is_a_range_and_eccentricity_the_worst(readings):
    inputs = {"readings": readings, "mass": 70, "interval": 0.1}
    assert value("scales_repeatability", "spread_in_e", **inputs) == pytest.approx(10 * np.ptp(readings))
    worst = max(abs(one - 70) for one in readings)
    assert value("scales_eccentricity", "largest_error", **inputs) == pytest.approx(worst)


@pytest.mark.parametrize(
    ("name", "inputs", "field"),
    [
        ("scales_load", {"reading": 1100, "mass": 1100, "interval": 0.1}, "mass"),
        ("scales_repeatability", {"readings": [70, 70], "mass": 70, "interval": 0.1}, "readings"),
        ("hoist_proof_load", {"load": "160N", "safe_working_load": 160}, "load"),
        ("thermometer", {"reading": "37K", "reference": 37}, "reading"),
        ("acceptance_patient_leakage", {"current": 5}, "part_type"),
        ("acceptance_earth", {"voltage_drop": 2, "current": 1}, "current"),
    ],
)
def test_inputs_that_cannot_be(name, inputs, field):
    with pytest.raises(BadInput) as refused:
        outcome(name, inputs)
    assert refused.value.field == field


PATIENT = [
    (part, component, condition, 10 if component == "dc" or part == "CF" else 100)
    for part in ("B", "BF", "CF")
    for component in ("ac", "dc")
    for condition in ("normal", "single_fault")
]


@pytest.mark.parametrize(("part", "component", "condition", "normal"), PATIENT)
def test_patient_leakage_by_part_component_and_condition(part, component, condition, normal):
    """In a single fault five times as much as in normal condition."""
    inputs = {"current": 1, "part_type": part, "component": component, "condition": condition}
    most = normal * (5 if condition == "single_fault" else 1)
    assert edges("acceptance_patient_leakage", "leakage", **inputs) == (None, most)


@pytest.mark.parametrize(
    ("edition", "condition", "most"),
    [("2", "normal", 500), ("2", "single_fault", 1000), ("3", "normal", 5000), ("3", "single_fault", 10000)],
)
def test_earth_leakage_by_edition(edition, condition, most):
    inputs = {"current": 1, "edition": edition, "condition": condition}
    assert edges("acceptance_earth_leakage", "leakage", **inputs) == (None, most)


def test_touch_current_and_mains_on_the_part():
    assert edges("acceptance_touch_current", "leakage", current=1) == (None, 100)
    assert edges("acceptance_touch_current", "leakage", current=1, condition="single_fault") == (None, 500)
    assert edges("acceptance_mains_on_part", "leakage", current=1, part_type="BF") == (None, 5000)
    assert edges("acceptance_mains_on_part", "leakage", current=1, part_type="CF") == (None, 50)


@given(st.floats(1, 1e4), st.floats(200, 260))
def test_leakage_is_brought_to_110_percent_of_nominal_mains(current, mains):
    found = value("acceptance_touch_current", "leakage", current=current, mains_voltage=mains)
    assert found == pytest.approx(current * 253 / mains, rel=1e-12)
    assert value("acceptance_touch_current", "leakage", current=current) == current
