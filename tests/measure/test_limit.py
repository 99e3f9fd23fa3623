"""Limit rows: which apply, what they become in the result's unit, and one clear line for each bad row."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.measure.declared import entry_of, everything

from kilter.measure.error import BadInput
from kilter.measure.limit import Limit, applying, bounds, read_limits, shipped
from kilter.measure.registry import entry

ENTRY = entry_of(everything)
GOOD = {"result": "total", "level": "suspension", "cite": "TEST", "edition": "1", "high": 0.3}


def read(**changes: Any) -> Limit:
    row = {key: value for key, value in {**GOOD, **changes}.items() if value is not ...}
    return read_limits({"limit": [row]}, ENTRY)[0]


def test_a_good_row():
    row = read()
    assert (row.high, row.low, row.unit, row.kind, row.read, row.when) == (
        0.3,
        None,
        "ohm",
        "absolute",
        "no",
        {},
    )
    assert row.as_data() == {**GOOD, "unit": "ohm", "read": "no"}
    assert read_limits({}, ENTRY) == ()


BAD = {
    "result": [..., "nothing", "", 5],
    "level": [..., "fail", "", 5, ["suspension"]],
    "cite": [..., 5],
    "edition": [..., 2014],
    "high": [..., "0.3", True, math.nan, math.inf, [1]],
    "low": ["0", 0.3, 0.5, -math.inf],
    "unit": ["V", "Ohm", "furlong", 5],
    "kind": ["guess", 5],
    "read": ["maybe", True],
    "when": ["left", ["side"], 5],
    "near": ["0.9", True, math.nan],
    "steps": [[[1, 2]], [["a", 1, 2]], [[1, "x", 2]], 5, "abc", [[math.inf, 1, 2]], [[1, math.nan, 2]], [5]],
    "colour": ["red"],
    "clause": [5],
    "at_least": ["3", True, math.nan, [3]],
    "plus": ["3", False, math.inf],
    "fixed_unit": [5, "ohm"],
    "remark": [[]],
}
CASES = [(name, value) for name, values in BAD.items() for value in values]


@pytest.mark.parametrize(("name", "value"), CASES, ids=[f"{name}-{i}" for i, (name, _) in enumerate(CASES)])
def test_a_bad_row_is_named(name, value):
    with pytest.raises(BadInput) as refused:
        read_limits(
            {"limit": [GOOD, {k: v for k, v in {**GOOD, name: value}.items() if v is not ...}]}, ENTRY
        )
    assert refused.value.message.startswith("limit row 2 ")
    assert (refused.value.field, refused.value.code) == ("limits", "bad_limit")
    assert "\n" not in refused.value.message


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "relative"},
        {"kind": "from_table"},
        {"kind": "relative", "of": "single"},
        {"kind": "relative", "of": "share", "unit": "percent"},
        {"kind": "relative", "of": "side", "unit": "percent"},
        {"kind": "from_baseline", "unit": "V"},
        {"kind": "share", "unit": "percent"},
        {"kind": "share", "of": "single"},
        {"kind": "share", "of": "share", "unit": "percent"},
        {"at_least": 3},
        {"kind": "from_baseline", "plus": 3},
        {"kind": "share", "of": "single", "unit": "percent", "at_least": 0},
        {"kind": "share", "of": "single", "unit": "percent", "plus": -1},
        {"kind": "share", "of": "single", "unit": "percent", "plus": 1, "at_least": 1},
        {"kind": "share", "of": "single", "unit": "percent", "plus": 1, "fixed_unit": "V"},
        {"kind": "share", "of": "single", "unit": "percent", "fixed_unit": "ohm"},
        {"kind": "share", "of": "single", "unit": "percent", "plus": 1, "low": 0, "high": 5},
        {"kind": "relative", "of": "single", "unit": "percent", "at_least": 1, "low": -9, "high": -1},
    ],
    ids=range(18),
)
def test_a_share_of_what(changes):
    """A share is in percent, and of something in the result's own unit."""
    with pytest.raises(BadInput, match=r"^limit row 1 "):
        read(**changes)


@pytest.mark.parametrize(
    "data", [{"limits": []}, {"limit": {}}, {"limit": "x"}, {"limit": [5]}, {"limit": [[]]}]
)
def test_a_file_of_another_shape(data):
    with pytest.raises(BadInput):
        read_limits(data, ENTRY)


@given(
    st.dictionaries(
        st.sampled_from([*BAD, "of"]),
        st.none() | st.booleans() | st.floats() | st.text(max_size=5) | st.lists(st.floats(), max_size=3),
    )
)
def test_any_row_is_read_or_refused(changes):
    try:
        found = read_limits({"limit": [{**GOOD, **changes}]}, ENTRY)
    except BadInput as refused:
        assert refused.message.startswith("limit row 1 ")
    else:
        assert found[0].result == "total"


def test_rows_that_apply():
    left, right = read(when={"side": "left"}), read(when={"side": "right"}, high=0.5)
    assert applying([left, right], "total", {"side": "right"}) == [right]
    assert applying([left, right], "other", {}) == []


def test_none_applies_where_one_is_required():
    rows = [read(when={"side": "left"})]
    with pytest.raises(BadInput, match="side must be known") as refused:
        applying(rows, "total", {})
    assert (refused.value.field, refused.value.code) == ("side", "no_limit")
    with pytest.raises(BadInput, match="other inputs"):
        applying(rows, "total", {"side": "middle"})


@pytest.mark.parametrize(
    ("first", "second", "clash"),
    [
        ({}, {"high": 0.4}, True),
        ({}, {"high": ..., "low": 0.1}, False),
        ({}, {"level": "remedial", "high": 0.2}, False),
        ({}, {"kind": "from_baseline", "unit": "percent", "high": 10}, False),
        ({"low": 0.1}, {"high": ..., "low": 0.2}, True),
        ({"when": {"side": "left"}}, {}, True),
        (
            {"kind": "from_table", "of": "share", "high": ..., "steps": [[0, -math.inf, 1.0]]},
            {"kind": "from_table", "of": "share", "high": ..., "steps": [[0, -math.inf, 2.0]]},
            True,
        ),
        (
            {"kind": "from_table", "of": "share", "high": ..., "steps": [[0, 1.0, math.inf]]},
            {"kind": "from_table", "of": "share", "high": ..., "steps": [[0, 0.5, math.inf]]},
            True,
        ),
        (
            {"kind": "from_table", "of": "share", "high": ..., "steps": [[0, 1.0, math.inf]]},
            {"kind": "from_table", "of": "share", "high": ..., "steps": [[0, -math.inf, 2.0]]},
            False,
        ),
    ],
    ids=range(9),
)
def test_two_rows_that_claim_the_same_place(first, second, clash):
    rows = [read(**first), read(**second)]
    if not clash:
        assert applying(rows, "total", {"side": "left"}) == rows
        return
    with pytest.raises(BadInput, match="at once") as refused:
        applying(rows, "total", {"side": "left"})
    assert refused.value.code == "two_limits"


def test_yes_and_no_among_the_conditions():
    row = read(when={"sealed": True})
    for fact in (True, "yes"):
        assert applying([row], "total", {"sealed": fact}) == [row]
    for fact in (False, "no", None):
        with pytest.raises(BadInput):
            applying([row], "total", {"sealed": fact})


def edges(row: Limit, facts: dict[str, object] | None = None) -> tuple[float | None, float | None] | None:
    found = bounds(row, "ohm", facts or {})
    return None if found is None else (found.low, found.high)


def test_an_absolute_row_in_another_unit():
    assert edges(read(unit="mohm", high=300)) == (None, 0.3)
    assert edges(read(unit="kohm", low=1, high=2)) == (1000.0, 2000.0)


def test_a_row_relative_to_an_input():
    row = read(kind="relative", of="single", unit="percent", low=-10, high=10)
    low, high = edges(row, {"single": 200.0})
    assert (low, high) == (pytest.approx(180), pytest.approx(220))
    low, high = edges(row, {"single": -200.0})
    assert (low, high) == (pytest.approx(-220), pytest.approx(-180))
    for facts in ({}, {"single": "much"}, {"single": True}, {"single": None}):
        with pytest.raises(BadInput, match="needs single"):
            edges(row, facts)


SHARE = {"kind": "share", "of": "single", "unit": "percent", "low": -15, "high": 15}


@pytest.mark.parametrize(("single", "expected"), [(10, 3.0), (20, 3.0), (200, 30.0), (0, 3.0), (-200, 30.0)])
def test_the_greater_of_a_share_and_a_fixed_departure(single, expected):
    """15 % or 3, whichever is greater, at 10, 20 and 200: 3, 3 and 30."""
    row = read(**SHARE, at_least=3)
    assert row.fixed_unit == "ohm"
    assert edges(row, {"single": float(single)}) == (pytest.approx(-expected), pytest.approx(expected))
    around = read(**{**SHARE, "kind": "relative"}, at_least=3000, fixed_unit="mohm")
    low, high = edges(around, {"single": float(single)})
    assert (low, high) == (pytest.approx(single - expected), pytest.approx(single + expected))


def test_the_sum_of_a_share_and_a_fixed_departure():
    """15 % and 4 more, at 500: 79."""
    assert edges(read(**SHARE, plus=4), {"single": 500.0}) == (pytest.approx(-79), pytest.approx(79))
    one_side = read(**{**SHARE, "low": ..., "kind": "relative"}, plus=4)
    assert edges(one_side, {"single": 500.0}) == (None, pytest.approx(579))
    for facts in ({}, {"single": True}):
        with pytest.raises(BadInput, match="needs single"):
            edges(one_side, facts)


@given(st.floats(0, 1e6), st.floats(0.1, 100), st.floats(1e-3, 1e3))
def test_a_greater_of_has_no_step_where_its_parts_meet(single, percentage, fixed):
    row = read(**{**SHARE, "low": -percentage, "high": percentage}, at_least=fixed)
    meet = fixed / percentage * 100
    below, above = (edges(row, {"single": meet * factor})[1] for factor in (1 - 1e-9, 1 + 1e-9))
    assert below == pytest.approx(above, rel=1e-8)
    low, high = edges(row, {"single": single})
    assert high == -low == pytest.approx(max(fixed, single * percentage / 100))


def test_rows_without_a_fixed_part_are_written_as_before():
    assert {"at_least", "plus", "fixed_unit"} & set(read().as_data()) == set()
    row = read(**SHARE, plus=4)
    assert read_limits({"limit": [row.as_data()]}, ENTRY)[0] == row


def test_a_departure_from_the_baseline():
    absolute = read(kind="from_baseline", unit="mohm", low=-50, high=50)
    assert edges(absolute, {"baseline.total": 0.2}) == (pytest.approx(0.15), pytest.approx(0.25))
    share = read(kind="from_baseline", unit="percent", high=50)
    assert edges(share, {"baseline.total": 0.2}) == (None, pytest.approx(0.3))
    assert edges(absolute, {}) is None
    assert edges(absolute, {"baseline.total": "unknown"}) is None


def test_a_departure_of_a_temperature_is_a_difference():
    """1.8 degF up is 1 degC up, not minus 16.8."""
    row = Limit("warmth", "remedial", "T", "1", "degF", low=-1.8, high=1.8, kind="from_baseline")
    found = bounds(row, "degC", {"baseline.warmth": 37.0})
    assert found is not None
    assert (found.low, found.high) == (pytest.approx(36), pytest.approx(38))


TABLE = [[0, -math.inf, 1.0], [50, 0.5, 2.0], [100, -math.inf, 5.0]]


@pytest.mark.parametrize(
    ("share", "expected"),
    [(0, (None, 1.0)), (49.9, (None, 1.0)), (50, (0.5, 2.0)), (99, (0.5, 2.0)), (1e6, (None, 5.0))],
)
def test_the_nearest_lower_row_of_a_table(share, expected):
    row = read(kind="from_table", of="share", high=..., steps=TABLE)
    assert edges(row, {"share": share}) == expected


def test_below_the_table_is_refused():
    row = read(kind="from_table", of="share", high=..., steps=TABLE)
    with pytest.raises(BadInput, match="lies below the table"):
        edges(row, {"share": -1})


def test_published_limits_of_the_earth_path():
    rows = shipped(entry("medical_engineering.protective_earth"))
    found = {row.when["arrangement"]: row.high for row in rows}
    assert found == {"with_cord": 0.3, "without_cord": 0.2, "cord_alone": 0.1, "multi_socket": 0.5}
    assert {row.read for row in rows} == {"no"}
