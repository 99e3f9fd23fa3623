"""The door: every type of input, read or refused by name."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.measure.declared import everything, mean_of

from kilter.measure.door import LONGEST_TEXT, Measured, Uncertainty, parse, read_instant
from kilter.measure.error import BadInput
from kilter.measure.quantity import File, Instrument, Sheet

SIGNATURE = everything.signature
FILE = File("flood.dcm", b"DICM")
METER = Instrument("Safe 62", "T1", "C-1", "Calibra", date(2026, 1, 1), date(2027, 1, 1))


def read(name: str, value: object, u: object = None) -> Any:
    """What one input became; the required one is filled in beside it."""
    raw = {"single": 1.0, name: value}
    return parse(SIGNATURE, raw, None if u is None else {name: u})[name]


def refused(name: str, value: object, u: object = None) -> BadInput:
    with pytest.raises(BadInput) as caught:
        read(name, value, u)
    assert "\n" not in caught.value.message
    return caught.value


def test_left_out_inputs_have_their_defaults():
    found = parse(SIGNATURE, {"single": "1"})
    assert [found[name].value for name in ("share", "ratio", "side", "sealed", "remark")] == [
        50.0,
        1.0,
        "left",
        False,
        "",
    ]
    assert found["readings"].value is None
    assert found["share"].typed == ""  # nobody typed it
    assert parse(SIGNATURE, {"single": 1, "share": None})["share"].value == 50.0


def test_a_missing_input_is_named():
    with pytest.raises(BadInput, match="single is missing") as caught:
        parse(SIGNATURE, {"share": 5})
    assert (caught.value.field, caught.value.code) == ("single", "missing")


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("singel", "did you mean single?"),
        ("Readings", "did you mean readings?"),
        ("zzz", "the inputs are single"),
    ],
)
def test_an_unknown_input_is_named_with_what_is_near(name, hint):
    with pytest.raises(BadInput) as caught:
        parse(SIGNATURE, {"single": 1, name: 1})
    assert hint in caught.value.message
    assert (caught.value.field, caught.value.code) == (name, "unknown_input")


def test_an_unknown_name_of_any_length_gives_one_short_line():
    for name in ("x" * 100_000, "a\nb", "\ud800", ""):
        with pytest.raises(BadInput) as caught:
            parse(SIGNATURE, {"single": 1, name: 1})
        assert len(caught.value.message) < 400
        assert len(caught.value.field) <= 60


@pytest.mark.parametrize(
    ("given_value", "expected", "typed"),
    [
        ("120mohm", 0.12, "120mohm"),
        (" 5 ", 5.0, "5"),
        (5, 5.0, "5.0ohm"),
        (np.float64(2.5), 2.5, "2.5ohm"),
        (np.int32(2), 2.0, "2.0ohm"),
        ({"value": 120, "unit": "mohm"}, 0.12, "120.0mohm"),
        ({"value": "120", "unit": "mohm"}, 0.12, "120mohm"),
        ({"value": 0.5, "unit": None, "u": None}, 0.5, "0.5ohm"),
        (Measured(0.2, "kohm", "electric_resistance"), 200.0, "0.2kohm"),
    ],
)
def test_a_quantity_in_each_of_its_forms(given_value, expected, typed):
    found = read("single", given_value)
    assert (found.value, found.typed, found.unit) == (expected, typed, "ohm")
    assert found.uncertainty is None


def test_a_typed_number_beside_its_unit_is_that_number():
    """The unit of a plain ratio is 1; it must not run into the digits."""
    assert read("ratio", {"value": "0.5", "unit": "1"}).value == 0.5
    assert read("ratio", {"value": "0.5"}).value == 0.5
    assert read("ratio", {"value": "1e5", "unit": "1"}).value == 1e5
    assert read("share", {"value": "0.5", "unit": "1"}).value == 50.0


def test_a_unit_given_twice_is_refused():
    found = refused("single", {"value": "5mohm", "unit": "ohm"})
    assert (found.field, found.code) == ("single", "two_units")


def test_an_uncertainty_comes_in_its_values_unit():
    found = read("single", {"value": 120, "unit": "mohm", "u": 5})
    assert found.uncertainty == Uncertainty(0.005)
    warm = read("warmth", {"value": 68, "unit": "degF", "u": 0.9})
    assert warm.value == pytest.approx(20, abs=1e-12)
    assert warm.uncertainty == Uncertainty(0.5)


@pytest.mark.parametrize(
    ("stated", "u"),
    [
        ("5mohm", 0.005),
        ("0.005", 0.005),
        (0.005, 0.005),
        ("2%", 0.02),
        ("0 ohm", 0.0),
        (Uncertainty(0.1, 7), 0.1),
    ],
)
def test_stated_uncertainties(stated, u):
    assert read("single", 1.0, stated).uncertainty.u == pytest.approx(u, rel=1e-15)


def test_the_uncertainty_of_a_temperature_is_a_difference():
    assert read("warmth", "20 degC", "0.5K").uncertainty.u == 0.5
    assert read("warmth", "20 degC", "0.9degF").uncertainty.u == 0.5
    assert refused("warmth", "20 degC", "2%").code == "bad_uncertainty"
    assert refused("share", "20", "2%").code == "bad_uncertainty"  # of the value, or points of percent?
    assert read("share", "20", "2percent").uncertainty.u == 2.0


BAD_U = [
    "-1",
    -0.1,
    "1e999",
    "1e999ohm",
    "1e999%",
    "nan",
    math.nan,
    math.inf,
    "5 V",
    True,
    None.__class__,
    [],
    {},
]


@pytest.mark.parametrize("stated", BAD_U, ids=[f"u{i}" for i in range(len(BAD_U))])
def test_refused_uncertainties(stated):
    assert refused("single", 1.0, stated).field == "single"


@pytest.mark.parametrize("name", ["side", "remark", "sealed", "dose"])
def test_what_takes_no_uncertainty(name):
    value = {"side": "left", "remark": "x", "sealed": True, "dose": [[1.0]]}[name]
    assert refused(name, value, "1").code == "bad_uncertainty"


def test_an_uncertainty_of_nothing_is_refused():
    with pytest.raises(BadInput, match="no value"):
        parse(SIGNATURE, {"single": 1}, {"readings": "1V"})
    with pytest.raises(BadInput, match="there is no input"):
        parse(SIGNATURE, {"single": 1}, {"reeding": "1V"})


NOT_NUMBERS = [
    True, False, None.__class__, "", "0x1", [1], (1,), {}, {"value": True}, {"value": None}, {"value": [1]},
    {"value": {"value": 1}}, {"unit": "ohm"}, {"value": 1, "extra": 1}, {"value": 1, "unit": 5},
    {"value": 1, "unit": "V"}, {"value": 1, "unit": "furlong"}, {"value": 1, "u": "0.1"}, {"value": 1,
    "u": True},
    {"value": 1, "u": -1}, {"value": math.nan}, {"value": 1, "u": math.inf}, b"1", 1j, object(), {1}, 10**400,
    math.nan, math.inf, -math.inf, np.array([1.0]), np.bool_(True), datetime(2026, 1, 1, tzinfo=UTC),
    FILE, METER, "1 V", "1 Sv",
]  # fmt: skip


@pytest.mark.parametrize("value", NOT_NUMBERS, ids=[f"v{i}" for i in range(len(NOT_NUMBERS))])
def test_what_is_no_single_quantity(value):
    assert refused("single", value).field == "single"


def test_ranges_hold_at_both_ends():
    assert read("single", 0).value == 0
    assert read("single", "1Mohm").value == 1e6
    for outside in (-1e-300, "1.0000001Mohm", -1):
        found = refused("single", outside)
        assert (found.code, found.field) == ("out_of_range", "single")
    assert refused("share", 100.001).message.startswith("share cannot be above 100 percent")


def test_a_kind_is_more_than_a_dimension():
    found = refused("ratio", Measured(0.66, "1", "tissue_phantom_ratio"))
    assert found.code == "wrong_kind"
    assert found.message == "ratio wants ratio, not tissue phantom ratio"


@pytest.mark.parametrize(
    "value",
    [
        [1, 2, 3],
        (1.0, 2.0, 3.0),
        np.array([1.0, 2.0, 3.0]),
        "1 2 3",
        "1;2;3",
        "1V\n2V\n3V",
        ["1V", "2", 3],
        ["1000mV", {"value": 2}, {"value": 0.003, "unit": "kV"}],
        {"value": [1000, 2000, 3000], "unit": "mV"},
        {"value": ["1", "2", "3"], "unit": "V"},
        Measured(np.array([1.0, 2.0, 3.0]), "V", "electric_potential"),
    ],
    ids=range(11),
)
def test_repeated_readings_in_each_of_their_forms(value):
    found = read("readings", value)
    assert found.value.tolist() == [1.0, 2.0, 3.0]
    assert found.value.dtype == np.float64
    assert not found.value.flags.writeable
    assert found.unit == "V"


def test_one_reading_is_a_list_of_one():
    assert read("readings", 2).value.tolist() == [2.0]
    assert read("readings", {"value": 2, "unit": "V"}).value.tolist() == [2.0]


def test_one_uncertainty_for_all_readings():
    assert read("readings", {"value": [1, 2], "unit": "V", "u": 0.1}).uncertainty == Uncertainty(0.1)
    assert read("readings", {"value": [1, 2], "unit": "mV", "u": 100}).uncertainty == Uncertainty(0.1)
    assert refused("readings", [{"value": 1, "u": 0.1}, {"value": 2, "u": 0.1}]).code == "bad_uncertainty"


NO_LIST = [
    [], "", " ", True, {}, {"value": []}, [[1]], [None], [True], [math.nan], [1, math.inf], [11], "1,2",
    "1 x",
    {"value": [1], "unit": "ohm"}, {"value": [1], "more": 2}, {"value": [1], "u": "x"}, None.__class__, FILE,
    Measured(np.array([1.0]), "V", "another_kind"), np.array([[1.0]]), {"value": [1], "unit": 3},
]  # fmt: skip


@pytest.mark.parametrize("value", NO_LIST, ids=[f"r{i}" for i in range(len(NO_LIST))])
def test_what_is_no_list_of_readings(value):
    assert refused("readings", value).field in ("readings", "")


@pytest.mark.parametrize(
    "value",
    [
        "1,2;3,4",
        "1,2\n3,4\n",
        "1 Gy,200cGy;3,4000mGy",
        [[1, 2], [3, 4]],
        np.array([[1, 2], [3, 4]]),
        {"value": [[100, 200], [300, 400]], "unit": "cGy"},
    ],
    ids=range(6),
)
def test_grids_in_each_of_their_forms(value):
    found = read("dose", value)
    assert found.value.tolist() == [[1.0, 2.0], [3.0, 4.0]]
    assert not found.value.flags.writeable


NO_GRID = [
    "1,2;3", [[1], [2, 3]], [], [[]], [[], []], "", ";", [1, 2], [[None]], [[True]], [[math.nan]], "1,,2", 5,
    {"value": [[1]], "unit": "Sv"}, {"value": [[1]], "u": 0.1}, [[[1]]], "a,b", {"value": [[1]], "shape": 1},
]  # fmt: skip


@pytest.mark.parametrize("value", NO_GRID, ids=[f"g{i}" for i in range(len(NO_GRID))])
def test_what_is_no_grid(value):
    assert refused("dose", value).field == "dose"


def test_choices_are_exact():
    assert read("side", "right").value == "right"
    for value in ("Right", " right", "", "middle", None.__class__, 1, True, ["left"], "x" * 10_000, "\ud800"):
        found = refused("side", value)
        assert found.code == "not_a_choice"
        assert "left, right" in found.message
        assert len(found.message) < 120


def test_yes_and_no():
    for value, expected in (("yes", True), ("NO", False), (True, True), (False, False), (" no ", False)):
        assert read("sealed", value).value is expected
    for value in (1, 0, "true", "1", "y", "", "nein", [], 1.0):
        assert refused("sealed", value).code == "not_yes_no"


def test_text_without_control_characters():
    assert read("remark", "Ünïcode\tand\nlines").value == "Ünïcode\tand\nlines"
    assert read("remark", "x" * LONGEST_TEXT).value == "x" * LONGEST_TEXT
    assert refused("remark", "x" * (LONGEST_TEXT + 1)).code == "too_long"
    for value in ("\x00", "a\x1bb", "\x07", "\ud800", "\udfff"):
        assert refused("remark", value).code == "control_characters"
    for value in (5, True, None.__class__, b"x", ["x"]):
        assert refused("remark", value).code == "wrong_type"


def test_instants_need_their_offset():
    expected = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
    for value in ("2026-03-29T01:30:00+01:00", "2026-03-29T00:30:00Z", " 2026-03-29 00:30Z ", expected):
        assert read("when", value).value == expected
    assert refused("when", "2026-03-29T01:30:00").code == "no_offset"
    assert refused("when", datetime(2026, 3, 29)).code == "no_offset"  # noqa: DTZ001
    assert refused("when", "2026-03-29").code == "no_offset"


NO_INSTANT = [
    "", "today", "29/03/2026", "2026-02-30T00:00:00Z", "2026-01-01T25:00:00Z", "2026-01-01T00:00:00+25:00",
    "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "２０２６-01-01T00:00:00Z",
    "\x00", "1" * 10_000,
    "2026-01-01T00:00:00." + "0" * 60 + "Z",
]  # fmt: skip


@pytest.mark.parametrize("value", NO_INSTANT, ids=[f"i{i}" for i in range(len(NO_INSTANT))])
def test_what_is_no_instant(value):
    assert refused("when", value).code == "not_an_instant"
    with pytest.raises(BadInput):
        read_instant(value)


def test_types_that_are_no_instant():
    for value in (5, True, [], date(2026, 1, 1), b"2026"):
        assert refused("when", value).code == "wrong_type"


@given(st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1)), st.integers(-14 * 60, 14 * 60))  # noqa: DTZ001
def test_every_instant_is_read_back(naive, minutes):
    instant = naive.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    assert read_instant(instant.isoformat()) == instant


def test_files_instruments_and_sheets_are_handed_in_not_named():
    sheet = Sheet(("a",), (("1",),))
    assert read("flood", FILE).typed == "flood.dcm"
    assert read("series", FILE).value == (FILE,)
    assert read("series", [FILE, FILE]).typed == "2 files"
    assert read("meter", METER).typed == "C-1"
    assert read("listing", sheet).value is sheet
    for name in ("flood", "series", "meter", "listing"):
        for value in ("/etc/passwd", b"bytes", 5, {"name": "x"}, [], [5]):
            found = refused(name, value)
            assert (found.field, found.code) == (name, "wrong_type")


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.binary(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["value", "unit", "u", "x"]), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from([item.name for item in SIGNATURE.inputs]), anything, max_size=4))
def test_anything_is_parsed_or_refused_by_name(raw):
    try:
        found = parse(SIGNATURE, raw)
    except BadInput as caught:
        assert caught.field in SIGNATURE_NAMES
        assert caught.message
    else:
        assert set(found) == SIGNATURE_NAMES
        for item in SIGNATURE.inputs:
            if item.numeric and found[item.name].value is not None:
                assert np.all(np.isfinite(found[item.name].value))


SIGNATURE_NAMES = {item.name for item in SIGNATURE.inputs}


def test_a_mean_is_given_what_was_read():
    found = parse(mean_of.signature, {"readings": "1 2 3"}, {"readings": "10%"})
    assert found["readings"].uncertainty.u == pytest.approx(0.2)  # a tenth of the mean size
