"""Lethality, holding time and leaks of sterilisers and washer-disinfectors."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.specialties.medical_engineering.run_one import judged, outcome, value

cycles = st.lists(st.floats(60, 140), min_size=1, max_size=60)


def f0(temperatures: object, interval: object = 1.0, **more: object) -> float:
    return value("steriliser_f0", "f0", temperatures=temperatures, interval=interval, **more)


def test_published_lethalities():
    assert f0([134.0] * 3) == pytest.approx(58.495, abs=5e-4)
    assert f0([121.0] * 15) == pytest.approx(14.659, abs=5e-4)


@given(cycles, cycles)
def test_lethality_adds_up_over_time(first, then):
    assert f0(first + then) == pytest.approx(f0(first) + f0(then), rel=1e-12)


@given(cycles, st.floats(0.01, 10))
def test_lethality_goes_with_time_and_tenfold_with_z(cycle, interval):
    assert f0(cycle, interval) == pytest.approx(interval * f0(cycle), rel=1e-12)
    warmer = [temperature + 10 for temperature in cycle]
    assert f0(warmer) == pytest.approx(10 * f0(cycle), rel=1e-9)


def test_three_kelvin_double_it():
    """10^(3.0103/10) = 2."""
    assert f0([124.1103]) == pytest.approx(2.0, rel=1e-6)
    assert f0([121.1], correction=3.0103) == pytest.approx(2.0, rel=1e-6)


def test_the_sensor_is_the_same_for_every_reading():
    """A common 0.1 K is ln(10)/100 of F0, however many readings there are."""
    for count in (3, 30):
        inputs = {"temperatures": [121.1] * count, "interval": 1}
        common = outcome("steriliser_f0", inputs, u={"correction": 0.1}).results["f0"]
        apart = outcome("steriliser_f0", inputs, u={"temperatures": 0.1}).results["f0"]
        assert common.u == pytest.approx(count * np.log(10) / 100, rel=1e-6)
        assert apart.u == pytest.approx(count**0.5 * np.log(10) / 100, rel=1e-6)


@pytest.mark.parametrize(
    ("band", "temperature", "readings", "verdict"),
    [
        ("134_137", 134.0, 7, "within"),
        ("134_137", 134.0, 6, "suspension"),
        ("134_137", 137.0, 7, "within"),
        ("134_137", 133.9, 7, "suspension"),
        ("126_129", 126.5, 21, "within"),
        ("126_129", 126.5, 20, "suspension"),
        ("121_124", 121.0, 31, "within"),
        ("121_124", 121.0, 30, "suspension"),
    ],
)
def test_bands_and_their_holding_times(band, temperature, readings, verdict):
    inputs = {"temperatures": [90.0, *[temperature] * readings, 90.0], "interval": "30s", "band": band}
    assert judged("steriliser_hold", inputs).verdicts["hold"] == verdict


def test_a_reading_in_fahrenheit_at_the_edge_of_the_band():
    """273.2 degF is 134 degC: the last place of a double does not lose the run."""
    assert value("steriliser_hold", "hold", temperatures=["273.2degF"] * 5, interval=1, band="134_137") == 4.0


@given(st.lists(st.booleans(), min_size=1, max_size=60))
def test_the_longest_run(inside):
    temperatures = [135.0 if one else 120.0 for one in inside]
    runs = [len(run) for run in "".join("x" if one else " " for one in inside).split()]
    found = value("steriliser_hold", "hold", temperatures=temperatures, interval=1, band="134_137")
    assert found == max([*runs, 1]) - 1


def test_a_cycle_that_never_reached_the_band():
    found = outcome(
        "steriliser_hold", {"temperatures": [120.0] * 9, "interval": 1, "band": "134_137"}
    ).results
    assert found["hold"].value == 0.0
    assert "lowest_in_hold" not in found


def test_too_hot_fails_though_the_hold_was_long():
    inputs = {"temperatures": [135.0] * 9 + [137.5], "interval": 1, "band": "134_137"}
    found = judged("steriliser_hold", inputs)
    assert (found.verdicts["hold"], found.verdicts["highest"]) == ("within", "suspension")


def test_a_leak():
    assert judged("steriliser_leak", {"start": 4, "end": 5.29}).verdict == "within"
    assert judged("steriliser_leak", {"start": "40mbar", "end": "53.2mbar"}).verdict == "suspension"


def a0(temperatures: object, interval: float = 1.0, **more: object) -> float:
    return value("washer_disinfector_a0", "a0", temperatures=temperatures, interval=interval, **more)


@given(st.lists(st.floats(65, 95), min_size=1, max_size=60))
def test_a0_is_tenfold_ten_kelvin_higher(cycle):
    assert a0([t + 10 for t in cycle]) == pytest.approx(10 * a0(cycle), rel=1e-9)


@given(st.lists(st.floats(0, 64.99), max_size=30))
def test_cool_water_does_not_count(cool):
    assert a0([*cool, 80.0]) == pytest.approx(1.0, rel=1e-12)


@pytest.mark.parametrize(
    ("load", "seconds"), [("bedpans", 60), ("instruments", 600), ("heat_resistant_viruses", 3000)]
)
def test_what_the_load_asks_for(load, seconds):
    for more, verdict in ((0, "within"), (-1, "suspension")):
        inputs = {"temperatures": [80.0] * (seconds + more), "interval": 1, "load": load}
        assert judged("washer_disinfector_a0", inputs).verdict == verdict
