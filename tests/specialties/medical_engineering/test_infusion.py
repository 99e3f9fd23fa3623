"""Infusion pumps: flow by weighing, the trumpet, the blocked line."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.specialties.medical_engineering.run_one import judged, outcome, value

from kilter.measure.error import BadInput
from kilter.specialties.medical_engineering.trumpet import WINDOWS, infusion_trumpet

SIDES = [(f"lowest_{window}_min", f"highest_{window}_min") for window in WINDOWS]


@given(st.floats(0.1, 1000), st.floats(1, 500), st.floats(0, 10))
def test_flow_is_volume_over_time(rate, minutes, evaporation):
    mass = rate * minutes / 60 / 1.0029
    found = outcome(
        "infusion_flow",
        {"mass": mass, "duration": minutes, "set_rate": rate, "evaporation": evaporation},
    ).results
    more = 1.0029 * evaporation
    assert found["volume"].value == pytest.approx(rate * minutes / 60 + more)
    assert found["flow"].value == pytest.approx(rate + more * 60 / minutes)
    assert found["error"].value == pytest.approx(100 * more * 60 / minutes / rate, abs=1e-9)


@pytest.mark.parametrize(
    ("pump", "mass", "verdict"),
    [("volumetric", 26.1, "within"), ("volumetric", 26.3, "suspension"), ("syringe", 26.1, "suspension")],
)
def test_a_syringe_pump_is_held_to_less(pump, mass, verdict):
    inputs = {"mass": mass, "duration": "1h", "set_rate": 25, "z": 1, "pump": pump}
    assert judged("infusion_flow", inputs).verdict == verdict


def test_the_uncertainty_of_a_flow():
    """u(Q)/Q = sqrt((0.01/25)^2 + (0.02/60)^2) with Z exact: 0.0130 mL/h of 25."""
    inputs = {"mass": 25, "duration": 60, "set_rate": 25, "z": 1}
    found = outcome("infusion_flow", inputs, u={"mass": 0.01, "duration": 0.02}).results
    assert found["flow"].u == pytest.approx(25 * np.hypot(0.01 / 25, 0.02 / 60), rel=1e-6)
    assert found["error"].u == pytest.approx(100 * np.hypot(0.01 / 25, 0.02 / 60), rel=1e-6)


def trumpet(masses: object, **more: object) -> dict[str, float]:
    inputs = {"masses": masses, "set_rate": 60.0, "z": 1.0, **more}
    found = outcome("infusion_trumpet", inputs).results
    return {name: item.value for name, item in found.items()}


@given(st.floats(0.5, 500), st.sampled_from([5.0, 10.0, 15.0, 30.0]), st.integers(31, 90))
def test_a_constant_flow_has_one_error_everywhere(flow, interval, minutes):
    masses = flow / 3600 * interval * np.arange(minutes * round(60 / interval) + 1)
    found = trumpet(masses, interval=interval)
    expected = 100 * (flow - 60) / 60
    assert all(one == pytest.approx(expected, abs=1e-6) for one in found.values())


@given(st.lists(st.floats(0.3, 0.7), min_size=62, max_size=150))
def test_the_trumpet_holds_the_mean_of_its_windows_between_its_sides(steps):
    found = trumpet(np.concatenate(([0.0], np.cumsum(steps))))
    for low, high in SIDES:
        assert found[low] <= found[high] + 1e-9
    flows = np.array(steps) * 120
    worst = 100 * (flows.max() - 60) / 60
    assert all(found[high] <= worst + 1e-9 for _, high in SIDES)


def test_a_bolus_shows_in_the_short_window_most():
    """Half a gram at once in the middle of 60 min at 60 mL/h: 25 % of 2 g, 10 % of 5 g, and so on."""
    masses = np.arange(121) * 0.5
    masses[60:] += 0.5
    found = trumpet(masses)
    for (_, high), window in zip(SIDES, WINDOWS, strict=True):
        assert found[high] == pytest.approx(100 * 0.5 / window)
    assert found["overall"] == pytest.approx(100 * 0.5 / 60)


@pytest.mark.parametrize(
    ("masses", "interval", "field"),
    [([0.5 * k for k in range(62)], 30, "masses"), ([0.5 * k for k in range(90)], 25, "interval")],
)
def test_too_short_a_record_and_an_odd_interval_are_refused(masses, interval, field):
    with pytest.raises(BadInput) as refused:
        trumpet(masses, interval=interval)
    assert refused.value.field == field


def test_the_figure_and_the_table_say_what_the_results_say():
    found = infusion_trumpet(masses=np.arange(121) * 0.55, set_rate=60.0, z=1.0)
    assert [row[0] for row in found.windows.rows] == list(WINDOWS)
    assert all(row[1] == pytest.approx(10.0) for row in found.windows.rows)
    assert "2 min from 10.00 % to 10.00 %" in found.curve.alt
    assert len(found.curve.spec["layer"][0]["data"]["values"]) == 2 * len(WINDOWS)


def test_the_uncertainty_of_the_trumpet_is_drawn():
    """Each reading with 1 mg: over 2 min the difference of two readings is 1.4 mg in 2 g, 0.07 %."""
    masses = [0.5 * k for k in range(64)]
    found = outcome("infusion_trumpet", {"masses": masses, "set_rate": 60, "z": 1}, u={"masses": 0.001})
    assert found.method == "monte_carlo"
    assert 0 < found.results["highest_2_min"].u < 0.0707
    assert found.results["overall"].u == pytest.approx(100 * 0.001 * 2**0.5 / 31.5, rel=0.05)


OCCLUSION = {
    "pressure": 310, "set_pressure": 300, "pressure_tolerance": 50, "time": 45, "longest_time": 60,
    "released": 0.2, "largest_bolus": 0.5,
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "result"),
    [
        ({}, None),
        ({"pressure": 360}, "pressure_error"),
        ({"pressure": 240}, "pressure_error"),
        ({"time": 61}, "alarm_time"),
        ({"released": 0.6}, "bolus"),
    ],
)
def test_an_occlusion_is_held_to_the_figures_of_the_maker(change, result):
    found = judged("infusion_occlusion", {**OCCLUSION, **change})
    assert [name for name, verdict in found.verdicts.items() if verdict != "within"] == (
        [result] if result else []
    )


def test_a_figure_of_the_maker_that_is_not_there_is_asked_for():
    with pytest.raises(BadInput, match="longest_time is missing"):
        outcome("infusion_occlusion", {k: v for k, v in OCCLUSION.items() if k != "longest_time"})


def test_a_volume_is_no_mass():
    with pytest.raises(BadInput) as refused:
        value("infusion_flow", "flow", mass="25mL", duration="1h", set_rate=25)
    assert refused.value.field == "mass"
