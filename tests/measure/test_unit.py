"""Units: every one against pint, exactness, kinds that never mix, and numbers as people type them."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pint
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kilter.measure.error import BadInput
from kilter.measure.unit import (
    convert,
    convert_uncertainty,
    factor,
    fold,
    read_quantity,
    split_number,
    table,
    unit,
)

TABLE = table()
PINT = pint.UnitRegistry()

# How pint spells a unit, where it does not understand our symbol or takes it for something else.
SPELLED = {
    "1": "dimensionless",
    "percent": "percent",
    "permille": "permille",
    "L": "liter",
    "Nm": "newton*meter",
    "mNm": "millinewton*meter",
    "VA": "volt*ampere",
    "kVA": "kilovolt*ampere",
    "C": "coulomb",
    "nit": "candela/meter**2",
    "in": "inch",
    "d": "day",
    "h": "hour",
    "y": "julian_year",
    "m2": "meter**2",
    "cm2": "centimeter**2",
    "mm2": "millimeter**2",
    "m3": "meter**3",
    "cm3": "centimeter**3",
    "kg/m3": "kilogram/meter**3",
    "Gy.cm2": "gray*centimeter**2",
    "mGy.cm": "milligray*centimeter",
    "Bq/cm2": "becquerel/centimeter**2",
    "cps": "count/second",
    "kcps": "kilocount/second",
    "Mcps": "megacount/second",
    "cps/MBq": "count/second/megabecquerel",
    "per_min": "1/minute",
    "per_y": "1/julian_year",
    "mL/g": "milliliter/gram",
    "m3/kg": "meter**3/kilogram",
    "mbar/min": "millibar/minute",
    "rpm": "revolution/minute",
    "bpm": "beat/minute",
    "ug/mL": "microgram/milliliter",
    "mg/mL": "milligram/milliliter",
    "MBq.h": "megabecquerel*hour",
    "GBq.h": "gigabecquerel*hour",
    "uSv.m2/MBq.h": "microsievert*meter**2/(megabecquerel*hour)",
    "mGy/MBq.h": "milligray/(megabecquerel*hour)",
    "lp/mm": "1/millimeter",
    "lp/cm": "1/centimeter",
    "1/m": "1/meter",
    "degC": "delta_degree_Celsius",
    "degF": "delta_degree_Fahrenheit",
    "pixel": "pixel",
    "deg": "degree",
    "T": "tesla",
    "F": "farad",
    "H": "henry",
    "g": "gram",
    "lb": "pound",
    "cmH2O": "cmH2O",
    "mmHg/min": "mmHg/minute",
    "kPa/min": "kilopascal/minute",
}
LACKING = {
    "HU": "a scale defined by two materials, not a multiple of anything",
    "dB": "a level; pint has it only with its reference, as a logarithmic unit",
    "dBA": "a level with a frequency weighting, which pint does not know",
    "month": "calendar months for intervals of work; pint's month is a twelfth of a mean year",
    "rpm": "pint counts a revolution as 2 pi rad; ours is revolutions, compared below",
    "bpm": "pint's beat is its own turn; ours is beats, compared below",
}


def in_pint(symbol: str) -> pint.Unit:
    return PINT.Unit(SPELLED.get(symbol, symbol))


def reference_of(kind: str) -> str:
    return next(one.symbol for one in TABLE.values() if one.kind == kind and one.scale == 1)


def test_each_kind_has_exactly_one_reference_unit_or_a_named_scale():
    for kind in {one.kind for one in TABLE.values()}:
        members = [one.symbol for one in TABLE.values() if one.kind == kind]
        without = {"absorbed_dose_rate", "dose_equivalent_rate"}
        single = {
            "dose_area_product", "dose_length_product", "activity_concentration", "surface_activity",
            "activity_ratio", "dose_coefficient", "activity_per_mass", "sensitivity",
        }  # fmt: skip
        has = any(TABLE[symbol].scale == 1 for symbol in members)
        assert has or kind in without | single, kind


@pytest.mark.parametrize("symbol", sorted(set(TABLE) - set(LACKING)))
def test_each_unit_is_pints(symbol):
    """Every pair of units of a kind has pint's ratio; pint is given the multiple of the kind's first unit."""
    ours = TABLE[symbol]
    for other in (one for one in TABLE.values() if one.kind == ours.kind):
        if other.symbol in LACKING:
            continue
        there = (1.0 * in_pint(symbol)).to(in_pint(other.symbol)).magnitude
        assert float(ours.scale / other.scale) == pytest.approx(there, rel=1e-9), other.symbol


# What the kinds without a coherent unit stand on: the same ratio taken through SI base units.
COHERENT = {
    "mGy/h": 1e-3 / 3600, "Gy/min": 1 / 60, "mGy/s": 1e-3, "uGy/s": 1e-6, "uSv/h": 1e-6 / 3600,
    "mSv/h": 1e-3 / 3600, "kPa/min": 1000 / 60, "Gy.cm2": 1e-4, "mGy.cm": 1e-5, "Bq/mL": 1e6,
    "kBq/mL": 1e9, "MBq/mL": 1e12, "Bq/cm2": 1e4, "mSv/MBq": 1e-9, "MBq/kg": 1e6, "cps/MBq": 1e-6,
    "psi": 6894.757293168361, "mmHg": 133.322387415, "cmH2O": 98.0665, "atm": 101325.0, "y": 31557600.0,
    "lp/mm": 1e3, "L/h": 1e-3 / 3600, "m3": 1.0, "kg": 1.0,
}  # fmt: skip


@pytest.mark.parametrize("symbol", sorted(COHERENT))
def test_pint_gives_these_in_base_units_too(symbol):
    assert (1.0 * in_pint(symbol)).to_base_units().magnitude == pytest.approx(COHERENT[symbol], rel=1e-9)


def test_what_pint_lacks_is_named_and_stands_alone():
    assert set(LACKING) <= set(TABLE)
    for symbol in LACKING:
        assert [one for one in TABLE.values() if one.kind == TABLE[symbol].kind] == [TABLE[symbol]]
    assert (1 * PINT.revolution / PINT.minute).to("turn/minute").magnitude == TABLE["rpm"].scale


def test_temperatures_have_pints_offsets():
    for value in (-40.0, 0.0, 36.6, 98.6, 451.0):
        there = PINT.Quantity(value, "degF").to("degC").magnitude
        assert convert(value, unit("degF"), unit("degC")) == pytest.approx(there, abs=1e-10)
    assert convert(-40.0, unit("degC"), unit("degF")) == -40.0
    assert convert(212.0, unit("degF"), unit("degC")) == 100.0
    assert convert_uncertainty(0.9, unit("degF"), unit("degC")) == 0.5  # scaled, never shifted


APART = [
    ("Gy", "Sv"), ("Bq", "Hz"), ("K", "degC"), ("degC", "K"), ("cps", "Bq"), ("Hz", "rpm"), ("bpm", "Hz"),
    ("J", "Nm"), ("W", "VA"), ("eV", "J"), ("count", "1"), ("pixel", "mm"), ("HU", "1"), ("dB", "1"),
    ("month", "d"), ("percent", "mSv/MBq"), ("Gy/min", "mSv/h"), ("1/m", "m"), ("per_min", "Hz"),
    ("per_y", "per_min"), ("mL/g", "g/mL"), ("per_y", "Hz"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), APART)
def test_kinds_never_mix(one, other):
    for source, target in ((one, other), (other, one)):
        with pytest.raises(BadInput, match="is wanted") as refused:
            convert(1.0, unit(source), unit(target), field="dose")
        assert (refused.value.field, refused.value.code) == ("dose", "wrong_unit")


SAME_KIND = [
    (one.symbol, other.symbol) for one in TABLE.values() for other in TABLE.values() if one.kind == other.kind
]
finite = st.floats(-1e12, 1e12, allow_nan=False)


@given(st.sampled_from(SAME_KIND), finite)
def test_there_and_back(pair, value):
    source, target = (unit(symbol) for symbol in pair)
    back = convert(convert(value, source, target), target, source)
    slack = 4e-16 * (
        abs(value) + abs(float(source.offset / source.scale)) + abs(float(target.offset / source.scale))
    )
    assert abs(back - value) <= max(slack, 1e-300)


@given(st.sampled_from(SAME_KIND), finite)
def test_one_value_is_the_nearest_double_and_an_array_one_rounding_further(pair, value):
    source, target = (unit(symbol) for symbol in pair)
    exact = (Fraction(value) * source.scale + source.offset - target.offset) / target.scale
    single = convert(value, source, target)
    assert single == float(exact)
    several = convert(np.array([value, value]), source, target)
    assert several.dtype == np.float64
    size = max(abs(single), abs(float((source.offset - target.offset) / target.scale)))
    assert np.all(np.abs(several - single) <= 1e-15 * size)


@given(
    st.decimals("-1e6", "1e6", allow_nan=False, places=4), st.sampled_from(["mohm", "uohm", "kohm", "Mohm"])
)
def test_typed_decimals_become_the_nearest_double(number, symbol):
    exact = Fraction(number) * TABLE[symbol].scale
    assert read_quantity(f"{number}{symbol}", unit("ohm")) == float(exact)


def test_known_readings():
    ohm, microampere = unit("ohm"), unit("uA")
    assert read_quantity("120mohm", ohm) == 0.12
    assert read_quantity("0.2 Gohm", unit("Mohm")) == 200.0
    assert read_quantity("85", microampere) == 85.0
    assert read_quantity("1.5e-3 mA", microampere) == 1.5
    assert read_quantity("+.5E3mohm", ohm) == 0.5
    assert read_quantity("−3 degC", unit("degC")) == -3.0  # a true minus sign
    assert read_quantity("5eV", unit("keV")) == 0.005  # e of the unit, not of an exponent
    assert read_quantity("5e3eV", unit("keV")) == 5.0


@pytest.mark.parametrize("typed", ["7\u00b5A", "7\u03bcA", "7 uA", "7uA"])
def test_both_micro_signs(typed):
    assert read_quantity(typed, unit("A")) == 7e-6


@pytest.mark.parametrize("typed", ["2M\u2126", "2M\u03a9", "2 Mohm", "2e6\u03a9", "2e6 \u2126", "2e6ohms"])
def test_both_ohm_signs(typed):
    assert read_quantity(typed, unit("ohm")) == 2e6


def test_both_code_points_fold_to_one():
    assert fold("\u00b5\u2126") == fold("\u03bc\u03a9") == "uohm"


@pytest.mark.parametrize(
    ("symbol", "hint"), [("MOHM", "mohm or Mohm"), ("gy", "Gy"), ("BQ", "Bq"), ("MMHG", "mmHg"), ("ua", "uA")]
)
def test_case_matters_and_a_slip_is_named(symbol, hint):
    with pytest.raises(BadInput, match=f"did you mean {hint}") as refused:
        unit(symbol, field="reading")
    assert refused.value.code == "unknown_unit"
    assert unit("mohm").scale * 10**9 == unit("Mohm").scale


REFUSED_NUMBERS = [
    "1,2", "1,200", "1'000", "1_000", "1 000", "٣", "１２", "1２", "1٫5", "²", "½", "0x10", "nan", "NaN",
    "inf",
    "-inf", "Infinity", "∞", "", "   ", "ohm", "e5", ".", "+", "-", "--1", "+-1", "1.2.3", "1e", "1e+",
    "1e5000",
    "1" * 201, "1e5e5", "\x00", "1\x002", "12;", "$12", "True", "None", "1e400", "-1e999",
]  # fmt: skip


@pytest.mark.parametrize("typed", REFUSED_NUMBERS, ids=[f"n{i}" for i in range(len(REFUSED_NUMBERS))])
def test_refused_numbers(typed):
    with pytest.raises(BadInput) as refused:
        read_quantity(typed, unit("ohm"), field="reading")
    assert refused.value.field == "reading"
    assert refused.value.code in ("not_a_number", "unknown_unit", "out_of_range")
    assert len(refused.value.message) < 160


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("1,2", "write a decimal point"),
        ("1'000", "and no separators"),
        ("1_000", "and no separators"),
        ("1２", "write a decimal point"),
        ("  ", "nothing was given"),
        ("1" * 201, "too long for a number"),
    ],
)
def test_what_is_wrong_with_a_number_is_said(typed, said):
    with pytest.raises(BadInput, match=said) as refused:
        split_number(typed)
    assert refused.value.code == "not_a_number"


def test_a_typed_temperature_is_moved_and_scaled():
    """37 degC are 98.6 degF, water freezes at 32 degF, and -40 is the same in both."""
    celsius, fahrenheit = unit("degC"), unit("degF")
    assert read_quantity("37 degC", fahrenheit) == 98.6
    assert read_quantity("32degF", celsius) == 0.0
    assert read_quantity("-40 °C", fahrenheit) == read_quantity("-40 degF", celsius) == -40.0


def test_tiny_and_huge():
    assert read_quantity("5e-324", unit("ohm")) == 5e-324
    assert read_quantity("1e-999", unit("ohm")) == 0.0  # the nearest double
    assert read_quantity("1.7976931348623157e308", unit("ohm")) == 1.7976931348623157e308
    with pytest.raises(BadInput, match="too large"):
        read_quantity("1e305Mohm", unit("ohm"))
    with pytest.raises(BadInput, match="too large"):
        convert(1e305, unit("Mohm"), unit("ohm"))


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(typed):
    try:
        value = read_quantity(typed, unit("ohm"), field="reading")
    except BadInput as refused:
        assert refused.field == "reading"
    else:
        assert math.isfinite(value)
        assert typed.strip()[0] in "+-−.0123456789"


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_what_python_prints_is_read_back(value):
    assert read_quantity(repr(value), unit("ohm")) == value
    number, symbol = split_number(f"{value!r}V")
    assert (float(number), symbol) == (value, "V")


def test_factor_is_exact():
    assert factor(unit("mL/h"), unit("L/min")) == Fraction(1, 60000)
    assert factor(unit("L/h"), unit("mL/h")) == 1000
    assert factor(unit("deg"), unit("mrad")) == Fraction(math.pi) / 180 * 1000
