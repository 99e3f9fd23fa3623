"""Defibrillators, electrosurgery, endoscopy, powered tools, robotic arms."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.specialties.medical_engineering.run_one import judged, outcome, value

from kilter.measure.error import BadInput
from kilter.specialties.medical_engineering.defibrillator import DRAWN_POINTS, defibrillator_waveform


@given(st.floats(100, 3000), st.floats(25, 175), st.floats(2, 20))
def test_a_half_sine_has_half_the_energy_of_its_peak(peak, load, length):
    """The mean of sin^2 over half a period is 1/2, and trapezia are exact for it."""
    voltages = peak * np.sin(np.linspace(0, np.pi, 201))
    inputs = {"voltages": voltages, "interval": length / 200, "resistance": load}
    found = outcome("defibrillator_waveform", inputs).results
    assert found["energy"].value == pytest.approx(peak**2 / load * length / 1000 / 2, rel=1e-9)
    assert found["peak_current"].value == pytest.approx(peak / load)


@given(st.lists(st.floats(-2000, 2000), min_size=3, max_size=50))
def test_both_phases_give_energy(voltages):
    one, other = (
        value("defibrillator_waveform", "energy", voltages=v, interval=0.1)
        for v in (voltages, [-volt for volt in voltages])
    )
    assert one == other >= 0


def test_the_energy_of_a_discharge_has_the_uncertainty_of_its_load():
    inputs = {"voltages": [0, 1000, 1000, 1000, 0], "interval": 1}
    found = outcome("defibrillator_waveform", inputs, u={"resistance": 0.5}).results["energy"]
    assert found.u / found.value == pytest.approx(0.01, rel=1e-6)


def test_a_long_record_is_drawn_thin():
    pulse = defibrillator_waveform(voltages=np.ones(50_000), interval=0.001)
    assert len(pulse.curve.spec["data"]["values"]) <= DRAWN_POINTS


def test_two_samples_are_no_pulse():
    with pytest.raises(BadInput) as refused:
        outcome("defibrillator_waveform", {"voltages": [0, 1], "interval": 1})
    assert refused.value.field == "voltages"


PACING = {
    "set_current": 70, "current": 71.5, "current_tolerance": 5, "set_rate": 80, "rate": 79.5,
    "rate_tolerance": 2, "set_width": 20, "width": 20.5, "width_tolerance": 1,
}  # fmt: skip
INSUFFLATOR = {
    "set_pressure": 12, "pressure": 13, "pressure_tolerance": 2, "set_flow": 20, "flow": 18.5,
    "flow_tolerance": 2, "release": 17, "highest_release": 20,
}  # fmt: skip
LIGHT = {"illuminance": 60e3, "reference": 1e5, "least": 50}
BIPOLAR = {"current": 70, "rated_power": 100}


@pytest.mark.parametrize(
    ("name", "inputs", "change"),
    [
        ("defibrillator_charge", {"time": 15}, {"time": 15.1}),
        ("defibrillator_sync", {"delay": 60}, {"delay": 61}),
        ("external_pacing", PACING, {"current": 76}),
        ("external_pacing", PACING, {"rate": 77}),
        ("external_pacing", PACING, {"width": 22}),
        ("electrosurgical_leakage", {"current": 150}, {"current": 151}),
        ("electrosurgical_leakage", {"current": 100, "where": "at_terminals"}, {"current": 101}),
        ("bipolar_leakage", BIPOLAR, {"current": 71}),
        ("contact_quality_alarm", {"resistance": 140, "stated": 135, "tolerance": 6}, {"resistance": 128}),
        ("insufflator", INSUFFLATOR, {"pressure": 14.5}),
        ("insufflator", INSUFFLATOR, {"flow": 17}),
        ("insufflator", INSUFFLATOR, {"release": 21}),
        ("light_source", LIGHT, {"illuminance": 49e3}),
        ("light_source", LIGHT, {"background": 11e3}),
        ("endoscope_transmission", {"leaving": 3000, "entering": 1e4, "least": 25}, {"leaving": 2400}),
        ("tool_speed", {"speed": 39e3, "stated": 4e4, "tolerance": 2e3}, {"speed": 37e3}),
        ("tool_torque", {"torque": 4, "least": 3.5}, {"torque": 3.4}),
    ],
)
def test_either_side_of_the_limit(name, inputs, change):
    assert judged(name, inputs).verdict == "within"
    assert judged(name, {**inputs, **change}).verdict == "suspension"


POWER = {"current": 1000, "load": 300, "set_power": 250, "rated_power": 400}


@pytest.mark.parametrize(
    ("current", "verdict"), [(1000, "within"), (1005, "suspension"), (815, "suspension")]
)
def test_power_within_a_fifth(current, verdict):
    assert judged("electrosurgical_power", {**POWER, "current": current}).verdict == verdict


def test_below_a_tenth_of_rated_power_there_is_no_tolerance():
    found = outcome("electrosurgical_power", {**POWER, "current": 100, "set_power": 39})
    assert "error" not in found.results
    assert [note.code for note in found.notes] == ["below_a_tenth"]
    assert outcome("electrosurgical_power", {**POWER, "set_power": 40}).notes == ()


@given(st.lists(st.floats(0, 400), min_size=2, max_size=20), st.randoms())
def test_output_rises_in_whatever_order_it_was_read(powers, shuffle):
    pairs = list(enumerate(powers, 1))
    shuffle.shuffle(pairs)
    inputs = {"set_powers": [float(s) for s, _ in pairs], "powers": [p for _, p in pairs]}
    rises = powers == sorted(powers)
    assert (judged("electrosurgical_monotony", inputs).verdict == "within") == rises


@pytest.mark.parametrize(
    ("name", "inputs", "field"),
    [
        ("electrosurgical_monotony", {"set_powers": [1, 2], "powers": [1]}, "powers"),
        ("electrosurgical_monotony", {"set_powers": [1, 1], "powers": [1, 2]}, "set_powers"),
        ("robot_arm_position", {"commanded": [[0, 0]], "reached": [[0, 0]], "tolerance": 1}, "reached"),
        (
            "robot_arm_position",
            {"commanded": [[0, 0, 0]], "reached": [[0, 0, 0], [1, 1, 1]], "tolerance": 1},
            "reached",
        ),
        ("tool_speed", {"speed": "600Hz", "stated": 4e4, "tolerance": 1}, "speed"),
    ],
)
def test_inputs_that_cannot_be(name, inputs, field):
    with pytest.raises(BadInput) as refused:
        outcome(name, inputs)
    assert refused.value.field == field


points = st.lists(st.tuples(*[st.floats(-500, 500)] * 3), min_size=1, max_size=20)


@given(points, st.tuples(*[st.floats(-5, 5)] * 3))
def test_an_arm_that_is_shifted_has_one_distance(commanded, shift):
    reached = [[a + b for a, b in zip(point, shift, strict=True)] for point in commanded]
    inputs = {"commanded": [list(point) for point in commanded], "reached": reached, "tolerance": 10}
    found = {name: item.value for name, item in outcome("robot_arm_position", inputs).results.items()}
    for one in found.values():
        assert one == pytest.approx(np.linalg.norm(shift), abs=1e-9)
    assert judged("robot_arm_position", {**inputs, "tolerance": 8.7}).verdict == "within"
