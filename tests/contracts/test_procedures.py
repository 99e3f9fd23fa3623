"""What holds for every procedure that is installed, whoever wrote it."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest

import kilter.interfaces.cli as cli
from kilter.interfaces.declared import run_data
from kilter.measure import index
from kilter.measure.door import parse
from kilter.measure.example import Example, examples, residuals
from kilter.measure.judge import judge
from kilter.measure.limit import shipped
from kilter.measure.quantity import File
from kilter.measure.registry import entries, entry, find, specialties
from kilter.measure.run import run, run_many
from kilter.measure.unit import table, unit
from kilter.measure.words import label, title

KEYS = sorted(entries())
SCHEMA = json.loads(Path(cli.__file__).with_name("run.schema.json").read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
EXAMPLES = [(key, number) for key in KEYS for number in range(len(examples(entry(key))))]
IDS = [f"{key}-{number}" for key, number in EXAMPLES]


def example(key: str, number: int) -> Example:
    return examples(entry(key))[number]


def test_there_is_something_to_hold():
    assert {"medical_engineering.protective_earth", "nuclear_medicine.uniformity"} <= set(KEYS)


@pytest.mark.parametrize("key", KEYS)
def test_it_is_cited_with_an_edition(key):
    for cite in entry(key).cites:
        assert cite.key
        assert cite.title
        assert cite.edition


@pytest.mark.parametrize("key", KEYS)
def test_its_numbers_have_units_of_their_kind(key):
    signature = entry(key).signature
    for item in (*signature.inputs, *signature.results):
        if item.type in ("quantity", "repeated", "grid"):
            assert unit(item.unit).symbol == item.unit
            assert item.kind


@pytest.mark.parametrize("key", KEYS)
def test_it_has_words_for_everything(key):
    """Its own where somebody wrote them, else made of the name; no two inputs or results look alike."""
    item = entry(key)
    assert title(item)
    for part in (item.signature.inputs, item.signature.results):
        words = [label(item, one.name) for one in part]
        assert all(one and "_" not in one and one[0].isupper() for one in words), words
        assert len(set(words)) == len(words)


@pytest.mark.parametrize("key", KEYS)
def test_a_worked_example_holds(key):
    found = residuals(entry(key))
    assert found
    assert [f"{one.result}: {one.expected} {one.found}" for one in found if not one.holds] == []
    assert all(one.example.source for one in found)


@pytest.mark.parametrize(("key", "number"), EXAMPLES, ids=IDS)
def test_its_json_is_the_schemas(key, number):
    item, case = entry(key), example(key, number)
    outcome = run(find(key), case.inputs)
    data = json.loads(json.dumps(run_data(outcome, judge(outcome, item, shipped(item))), allow_nan=False))
    VALIDATOR.validate(data)
    assert set(data["results"]) == {
        r.name for r in item.signature.results if r.type in ("quantity", "classification")
    }


def test_the_schema_is_strict():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    item = entry("medical_engineering.protective_earth")
    outcome = run(find(item.key), {"reading": 0.1})
    good = run_data(outcome, judge(outcome, item, shipped(item)))
    for change in (
        {"extra": 1},
        {"verdict": "pass"},
        {"version": "1"},
        {"valid": 1},
        {"results": {"A b": {}}},
    ):
        assert not VALIDATOR.is_valid({**good, **change})
    assert VALIDATOR.is_valid({"error": {"field": "", "code": "bad_input", "message": "x"}})
    assert not VALIDATOR.is_valid({"error": {"field": "", "message": "x"}})


def _restated(value: Any, wanted: str, other: str) -> Any:
    """The same quantity in another unit, as a value that passes the door."""
    from kilter.measure.unit import convert

    if isinstance(value, np.ndarray):
        flat = [convert(float(part), unit(wanted), unit(other)) for part in value.ravel()]
        return {"value": np.array(flat).reshape(value.shape).tolist(), "unit": other}
    return {"value": convert(float(value), unit(wanted), unit(other)), "unit": other}


@pytest.mark.parametrize(("key", "number"), EXAMPLES, ids=IDS)
def test_the_same_answer_from_any_unit(key, number):
    item, case = entry(key), example(key, number)
    given = parse(item.signature, case.inputs)
    expected = run(find(key), case.inputs).results
    for wanted in item.signature.inputs:
        value = given[wanted.name].value
        if not wanted.numeric or value is None:
            continue
        for other in table().values():
            if other.kind != unit(wanted.unit).kind:
                continue
            restated = {**case.inputs, wanted.name: _restated(value, wanted.unit, other.symbol)}
            found = run(find(key), restated).results
            for name, result in expected.items():
                word = isinstance(result.value, str)
                same = result.value if word else pytest.approx(result.value, rel=1e-12)
                assert found[name].value == same, (wanted.name, other.symbol)


ELEMENTWISE = [key for key in KEYS if entry(key).elementwise]


@pytest.mark.parametrize("key", ELEMENTWISE)
def test_elementwise_is_one_by_one(key):
    """Fifty values spread around each example's own."""
    item, case = entry(key), example(key, 0)
    given = {
        name: one.value for name, one in parse(item.signature, case.inputs).items() if one.value is not None
    }
    numeric = [one.name for one in item.signature.inputs if one.type == "quantity" and one.name in given]
    factors = np.linspace(1.0, 1.5, 50)
    arrays = {**given, **{name: given[name] * (factors if i == 0 else 1.0) for i, name in enumerate(numeric)}}
    together = run_many(find(key), arrays)
    for place in (0, 7, 49):
        single = {name: float(arrays[name][place]) if name == numeric[0] else arrays[name] for name in arrays}
        found = run(find(key), single).results
        for name, values in together.items():
            assert values[place] == found[name].value


@pytest.mark.parametrize("key", KEYS)
def test_its_limits_read_and_say_where_they_come_from(key):
    item = entry(key)
    known = {cite.key for cite in item.cites}
    for row in shipped(item):
        # What only custom holds says so, and is to be confirmed like any text that nobody read.
        assert row.cite in known or (row.cite, row.read) == ("common practice", "no")
        assert row.read in ("yes", "no")  # `adopted` is a department's word, never ours


@pytest.mark.parametrize("key", KEYS)
def test_unread_limits_say_so_wherever_they_appear(key, capsys):
    from kilter.interfaces.cli.main import main

    main(["show", key])
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("Limit:")]
    rows = shipped(entry(key))
    assert len(lines) == len(rows)
    for line, row in zip(lines, rows, strict=True):
        assert ("to be confirmed" in line) == (row.read == "no")


@pytest.mark.parametrize("area", sorted(specialties()))
def test_the_index_is_fresh_and_every_change_owned(area):
    special = specialties()[area]
    assert index.undeclared(special) == []
    assert index.stale(special) == []


@pytest.mark.parametrize("area", sorted(specialties()))
def test_no_file_stands_beside_no_procedure(area):
    special = specialties()[area]
    names = {item.name for item in special.entries().values()}
    for kind in ("limits", "examples"):
        assert set(special.names(kind)) <= names
    changes = tomllib.loads((special.folder / "changes.toml").read_text(encoding="utf-8"))
    assert set(changes) == names


def test_files_of_examples_are_made_and_not_kept():
    kinds = {type(value) for key, n in EXAMPLES for value in example(key, n).inputs.values()}
    assert kinds <= {str, int, float, bool, list, dict, File}
