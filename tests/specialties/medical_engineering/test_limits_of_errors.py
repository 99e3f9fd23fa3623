"""Limits that grow with what is measured: the standards' figures at their points of test."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.specialties.medical_engineering.run_one import edges, judged, outcome

from kilter.measure.document import describe
from kilter.measure.limit import shipped
from kilter.measure.registry import entries, entry

KEYS = sorted(key for key in entries() if key.startswith("medical_engineering."))


@pytest.mark.parametrize(("set_energy", "half"), [(10, 3.0), (20, 3.0), (200, 30.0)])
def test_a_defibrillator_may_be_15_percent_or_3_joules_off(set_energy, half):
    inputs = {"set_energy": set_energy, "measured": set_energy}
    assert edges("defibrillator_energy", "error", **inputs) == (pytest.approx(-half), pytest.approx(half))
    for off, verdict in ((0.99 * half, "within"), (1.01 * half, "suspension")):
        for sign in (-1, 1):
            found = judged("defibrillator_energy", {**inputs, "measured": set_energy + sign * off})
            assert found.verdicts["error"] == verdict


@pytest.mark.parametrize(("reference", "half"), [(0, 3.0), (150, 3.0), (280, 5.6)])
def test_a_cuff_pressure_may_be_3_mmhg_or_2_percent_off(reference, half):
    low, high = edges("nibp_static", "error", reading=reference, reference=reference)
    assert (low, high) == (pytest.approx(-half), pytest.approx(half))


@pytest.mark.parametrize(
    ("name", "inputs", "half"),
    [
        ("ventilator_volume", {"volume": 500, "set_volume": 500}, 79.0),
        ("ventilator_volume", {"volume": 20, "set_volume": 20}, 7.0),
        ("ventilator_pressure", {"pressure": 30, "set_pressure": 30}, 3.2),
        ("ventilator_oxygen", {"oxygen": 40, "set_oxygen": 40}, 3.5),
        ("ventilator_rate", {"rate": 12, "set_rate": 12, "tolerance": 0.7}, 0.7),
        ("monitor_heart_rate", {"reading": 30, "simulated": 30}, 5.0),
        ("monitor_heart_rate", {"reading": 180, "simulated": 180}, 18.0),
        ("monitor_ecg_amplitude", {"reading": 0.2, "simulated": 0.2}, 0.1),
        ("monitor_ecg_amplitude", {"reading": 1, "simulated": 1}, 0.2),
        ("monitor_pressure", {"reading": 0, "reference": 0}, 4.0),
        ("monitor_pressure", {"reading": 200, "reference": 200}, 8.0),
        ("monitor_carbon_dioxide", {"reading": 5, "reference": 5}, 0.83),
        ("flowmeter", {"indicated": 2, "measured": 2}, 0.5),
        ("flowmeter", {"indicated": 15, "measured": 15}, 1.5),
    ],
)
def test_errors_that_are_allowed(name, inputs, half):
    low, high = edges(name, "error", **inputs)
    assert (low, high) == (pytest.approx(-half), pytest.approx(half))


@given(st.floats(1, 900), st.floats(-60, 60), st.floats(0.01, 20))
def test_the_probability_of_conformance_is_that_of_the_applied_limit(set_energy, error, u):
    measured = max(set_energy + error, 0.0)
    inputs = {"set_energy": set_energy, "measured": measured}
    (row,) = judged("defibrillator_energy", inputs, u={"measured": u}).applied["error"]
    half, off = max(3.0, 0.15 * set_energy), measured - set_energy
    expected = 0.5 * (math.erf((half - off) / u / math.sqrt(2)) + math.erf((half + off) / u / math.sqrt(2)))
    assert row.p_conform == pytest.approx(expected, abs=1e-6)


def test_a_guard_band_is_kept_clear_of_a_limit_that_grows():
    inputs = {"set_energy": 200, "measured": 228}
    assert judged("defibrillator_energy", inputs, "guard_U", u={"measured": 0.9}).verdict == "within"
    assert judged("defibrillator_energy", inputs, "guard_U", u={"measured": 1.1}).verdict == "undecided"


def test_the_seal_holds_the_limit_as_it_was_applied():
    item = entry("medical_engineering.defibrillator_energy")
    inputs = {"set_energy": 10, "measured": 12}
    document = describe(item, outcome("defibrillator_energy", inputs), judged("defibrillator_energy", inputs))
    (row,) = document["results"]["error"]["limits"]
    assert (row["low"], row["high"], row["unit"], row["read"]) == (-3.0, 3.0, "J", "no")
    assert row["text"] == "from −3 J to 3 J"


@pytest.mark.parametrize("key", KEYS)
def test_no_limit_was_read_and_none_pretends_so(key):
    assert {row.read for row in shipped(entry(key))} <= {"no"}


@pytest.mark.parametrize("key", KEYS)
def test_what_a_limit_refers_to_is_an_input_or_a_result(key):
    signature = entry(key).signature
    for row in shipped(entry(key)):
        names = [*row.when, *([row.of] if row.of else [])]
        assert all(signature.input(name) or signature.result(name) for name in names)
        for name, wanted in row.when.items():
            item = signature.input(name) or signature.result(name)
            assert wanted in item.choices


@pytest.mark.parametrize("key", KEYS)
def test_every_choice_is_judged_by_one_row_of_each_side(key):
    """Whatever is chosen, a result that has limits at all has one that applies."""
    from itertools import product

    from kilter.measure.limit import applying

    rows = shipped(entry(key))
    signature = entry(key).signature
    for result in {row.result for row in rows}:
        own = [row for row in rows if row.result == result]
        names = sorted({name for row in own for name in row.when})
        choices = [(signature.input(name) or signature.result(name)).choices for name in names]
        for chosen in product(*choices):
            assert applying(rows, result, dict(zip(names, chosen, strict=True)))
