"""The sealed form: canonical, exact, and readable without what made it."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kilter.measure.document import (
    canonical,
    describe,
    digest,
    instant,
    limit_text,
    open_document,
    plain_value,
    row_text,
)
from kilter.measure.error import BadInput
from kilter.measure.judge import Rule, judge
from kilter.measure.limit import Limit, shipped
from kilter.measure.quantity import File
from kilter.measure.registry import entry, find
from kilter.measure.run import run

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
finite = st.floats(allow_nan=False, allow_infinity=False)
trees = st.recursive(
    st.none() | st.booleans() | st.integers() | finite | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(texts, trees, max_size=5))
def test_what_is_written_is_read_back_and_written_alike(document):
    document["form"] = 1
    text = canonical(document)
    opened = open_document(text)
    assert opened == document
    assert canonical(opened) == text
    shuffled = dict(reversed(list(document.items())))
    assert canonical(shuffled) == text
    assert len(digest(text)) == 64


@given(finite)
def test_floats_are_the_shortest_that_read_back(value):
    text = canonical({"v": value})
    assert json.loads(text)["v"] == value
    assert text == f'{{"v":{value!r}}}'


def test_the_text_is_this():
    assert canonical({"b": 1.0, "a": "Ω", "c": [None, True]}) == '{"a":"Ω","b":1.0,"c":[null,true]}'
    expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert digest("abc") == expected  # FIPS 180-4, the one-block example


@pytest.mark.parametrize(
    "value",
    [math.nan, math.inf, -math.inf, object(), {1, 2}, b"x", datetime(2026, 1, 1, tzinfo=UTC), "\ud800"],
    ids=range(8),
)
def test_what_json_cannot_say(value):
    with pytest.raises(BadInput) as refused:
        canonical({"a": [value]})
    assert refused.value.code == "not_json"


def test_nesting_without_end():
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(BadInput):
        canonical({"a": deep})
    with pytest.raises(BadInput):
        open_document("[" * 100_000)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        "[]",
        "5",
        "null",
        "{}",
        '{"form":2}',
        '{"form":true}',
        '{"form":"1"}',
        '{"form":1,"a":NaN}',
    ],
)
def test_what_is_no_document(text):
    with pytest.raises(BadInput):
        open_document(text)


def test_instants_are_in_utc():
    summer = timezone(timedelta(hours=1))
    assert instant(datetime(2026, 3, 29, 2, 30, tzinfo=summer)) == "2026-03-29T01:30:00Z"
    assert instant(datetime(2026, 1, 1, 0, 0, 0, 5, tzinfo=UTC)) == "2026-01-01T00:00:00.000005Z"


def test_values_as_json_has_them():
    abc = File("a.txt", b"abc")
    assert plain_value(np.array([[1.0, 2.0]])) == [[1.0, 2.0]]
    assert plain_value(abc) == {"name": "a.txt", "sha256": digest("abc"), "size": 3}
    assert plain_value((abc,)) == [plain_value(abc)]


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        (None, 0.3, "at most 0.3 Ω"),
        (2.0, None, "at least 2 Ω"),
        (1.0, 2.0, "from 1 Ω to 2 Ω"),
        (None, None, "no figure"),
    ],
)
def test_limits_in_words(low, high, text):
    assert limit_text(low, high, "ohm") == text


def test_a_run_is_described_whole_and_small():
    item = entry("medical_engineering.protective_earth")
    outcome = run(find(item.key), {"reading": "245mohm", "test_lead": "45mohm"}, u={"reading": "4mohm"})
    described = describe(item, outcome, judge(outcome, item, shipped(item), rule=Rule("guard_U")))
    row = described["results"]["resistance"]
    assert row["text"] == "0.2000 Ω ± 0.0080 Ω"  # U = 2 x 4 mohm, two digits of it
    assert row["limits"][0]["text"] == "at most 0.3 Ω"
    assert row["limits"][0]["read"] == "no"
    assert described["inputs"]["reading"] == {
        "label": described["inputs"]["reading"]["label"],
        "value": 0.245,
        "unit": "ohm",
        "typed": "245mohm",
        "u": 0.004,
    }
    assert described["word"] == "pass"
    assert len(canonical(described).encode()) < 2048


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ({"kind": "share", "at_least": 3, "fixed_unit": "J"}, "of set_energy, or 3 J where that is more"),
        ({"kind": "relative", "plus": 4, "fixed_unit": "mL"}, "of set_energy, and 4 mL more"),
        ({"kind": "relative"}, "of set_energy"),
        ({"kind": "from_baseline"}, "from the device's reference value"),
        ({}, ""),
    ],
)
def test_a_row_of_a_limit_file_in_words(more, text):
    row = Limit("error", "suspension", "TEST", "1", "percent", low=-15, high=15, of="set_energy", **more)
    assert row_text(row) == f"from −15 % to 15 % {text}".strip()
