"""Ventilators, monitors, cuffs, suction and flow: formulas, limits, refusals."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.specialties.medical_engineering.run_one import judged, outcome, value

from kilter.measure.error import BadInput
from kilter.specialties.medical_engineering.ventilation import saturated_vapour


@given(st.floats(1, 5000), st.floats(500, 800))
def test_gas_of_the_lung_stays_as_it_is(volume, barometric):
    """Saturated at body temperature: both factors are one, whatever the weather."""
    found = value(
        "ventilator_volume", "volume",
        volume=volume, barometric_pressure=barometric, temperature=37, water_vapour=47,
    )  # fmt: skip
    assert found == pytest.approx(volume, rel=1e-12)


@given(st.floats(1, 5000), st.floats(5, 36), st.floats(0, 40))
def test_gas_of_a_room_grows_in_the_lung(volume, temperature, vapour):
    inputs = {"volume": volume, "temperature": temperature, "water_vapour": vapour}
    found = value("ventilator_volume", "volume", **inputs)
    assert found > volume
    expected = volume * (760 - vapour) / (760 - 47) * 310 / (273 + temperature)
    assert found == pytest.approx(expected, rel=1e-12)
    assert value("ventilator_volume", "volume", **{**inputs, "barometric_pressure": "101325Pa"}) == (
        pytest.approx(found, rel=1e-6)
    )


@pytest.mark.parametrize(("temperature", "hectopascal"), [(0, 6.11), (20, 23.39), (37, 62.80)])
def test_saturated_vapour_is_that_of_the_tables(temperature, hectopascal):
    """Steam tables: 6.11, 23.39 and 62.80 hPa at 0, 20 and 37 °C; the formula is good to 0.3 %."""
    assert saturated_vapour(temperature) * 1.33322387415 == pytest.approx(hectopascal, rel=3e-3)


def test_humidity_is_a_share_of_saturation_unless_the_vapour_is_typed():
    inputs = {"volume": 500, "temperature": 20}
    half = value("ventilator_volume", "volume", **inputs, humidity=50)
    typed = value("ventilator_volume", "volume", **inputs, water_vapour=saturated_vapour(20) / 2)
    assert half == pytest.approx(typed, rel=1e-12)
    both = value("ventilator_volume", "volume", **inputs, humidity=50, water_vapour=0)
    assert both == value("ventilator_volume", "volume", **inputs)


def test_without_a_set_volume_there_is_no_error_to_judge():
    found = judged("ventilator_volume", {"volume": 500})
    assert "error" not in found.verdicts
    assert found.verdict == "recorded"


def test_the_uncertainty_of_a_tidal_volume():
    """Of 500 mL dry at 20 °C: 1 % of the reading is 1 % of the result; 1 K is 1/293 of it."""
    found = outcome(
        "ventilator_volume", {"volume": 500, "temperature": 20}, u={"volume": 5, "temperature": 1}
    ).results["volume"]
    assert found.u / found.value == pytest.approx((0.01**2 + (1 / 293) ** 2) ** 0.5, rel=1e-6)


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("nibp_leak", {"start": 250, "end": 238, "duration": 2}, {"start": 250, "end": 237, "duration": 2}),
        (
            "ventilator_pressure",
            {"set_pressure": 20, "pressure": 22.7},
            {"set_pressure": 20, "pressure": 22.9},
        ),
        ("ventilator_oxygen", {"set_oxygen": 21, "oxygen": 24}, {"set_oxygen": 21, "oxygen": 24.1}),
        ("monitor_heart_rate", {"simulated": 40, "reading": 45}, {"simulated": 40, "reading": 45.5}),
        ("monitor_pressure", {"reference": -10, "reading": -14}, {"reference": -10, "reading": -14.5}),
        ("monitor_carbon_dioxide", {"reference": 5, "reading": 5.8}, {"reference": 5, "reading": 5.9}),
        ("flowmeter", {"indicated": 1, "measured": 1.5}, {"indicated": 1, "measured": 1.6}),
        (
            "spo2_function",
            {"simulated": 97, "reading": 95, "tolerance": 2},
            {"simulated": 97, "reading": 94, "tolerance": 2},
        ),
    ],
)
def test_either_side_of_the_limit(name, good, bad):
    assert judged(name, good).verdict == "within"
    assert judged(name, bad).verdict == "suspension"


@pytest.mark.parametrize(
    ("patient", "condition", "limit"),
    [
        ("adult", "normal", 300),
        ("adult", "single_fault", 330),
        ("neonatal", "normal", 150),
        ("neonatal", "single_fault", 165),
    ],
)
def test_the_pressure_of_a_cuff_ends_somewhere(patient, condition, limit):
    for pressure, verdict in ((limit, "within"), (limit + 1, "suspension")):
        inputs = {"pressure": pressure, "patient": patient, "condition": condition}
        assert judged("nibp_overpressure", inputs).verdict == verdict


def test_an_oximeter_on_a_simulator_never_speaks_of_accuracy():
    found = outcome("spo2_function", {"simulated": 97, "reading": 97, "tolerance": 2})
    assert [note.code for note in found.notes] == ["function_only"]
    assert "nothing of the accuracy on patients" in found.notes[0].text
    assert "accuracy" not in found.results


@pytest.mark.parametrize(
    ("vacuum", "vacuum_class", "flow", "flow_class", "verdict"),
    [
        (60, "high", 20, "high", "within"),
        (59, "high", 20, "high", "suspension"),
        (65, "high", 19, "high", "suspension"),
        (40, "medium", 19, "low", "within"),
        (61, "medium", 19, "low", "suspension"),
        (20, "low", 10, "low", "within"),
        (21, "low", 10, "low", "suspension"),
    ],
)
def test_classes_of_suction(vacuum, vacuum_class, flow, flow_class, verdict):
    inputs = {"vacuum_reached": vacuum, "vacuum_class": vacuum_class, "flow": flow, "flow_class": flow_class}
    assert judged("suction", inputs).verdict == verdict


@pytest.mark.parametrize(
    ("name", "inputs", "field"),
    [
        ("nibp_static", {"reading": "150cm", "reference": 150}, "reading"),
        ("nibp_leak", {"start": 250, "end": 240, "duration": 0}, "duration"),
        ("ventilator_volume", {"volume": -1}, "volume"),
        ("ventilator_volume", {"volume": 500, "temperature": "293K"}, "temperature"),
        ("ventilator_oxygen", {"set_oxygen": 21, "oxygen": 101}, "oxygen"),
        ("monitor_heart_rate", {"simulated": "60Hz", "reading": 60}, "simulated"),
        ("monitor_carbon_dioxide", {"reference": "38mmHg", "reading": 5}, "reference"),
        (
            "suction",
            {"vacuum_reached": 102, "flow": 20, "vacuum_class": "high", "flow_class": "high"},
            "vacuum_reached",
        ),
    ],
)
def test_inputs_that_cannot_be(name, inputs, field):
    with pytest.raises(BadInput) as refused:
        outcome(name, inputs)
    assert refused.value.field == field
