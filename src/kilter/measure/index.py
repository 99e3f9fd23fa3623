"""Write a specialty's `index.json`, and refuse a change of shape or numbers that no version owns up to.

The index is a file in the diff: signatures and the outcomes of the worked examples. Where either
changes, the procedure's version must rise and `changes.toml` must say why.
"""

from __future__ import annotations

import json
from typing import Any

from kilter.measure.error import BadInput
from kilter.measure.example import examples
from kilter.measure.registry import Entry, Specialty, collect, load
from kilter.measure.run import run

# Examples are compared to this relative distance, so that another BLAS is no change of numbers; what is
# smaller than the second is rounding of nothing, such as the angle of lines that are not turned.
_SAME, _NOTHING = 1e-9, 1e-12


def fresh_index(special: Specialty) -> dict[str, Any]:
    """Build the index of a specialty from its modules and examples."""
    return {"procedures": [_row(entry) for entry in collect(special).values()]}


def _row(entry: Entry) -> dict[str, Any]:
    return {**entry.as_data()}


def outcomes(entry: Entry) -> dict[str, dict[str, float | str]]:
    """Give the results of every worked example of a procedure, by its name."""
    found = {}
    for number, item in enumerate(examples(entry), 1):
        outcome = run(load(entry), item.inputs)
        found[item.name or str(number)] = {name: value.value for name, value in outcome.results.items()}
    return found


def fresh_outcomes(special: Specialty) -> dict[str, Any]:
    """Build the snapshot of example outcomes of a specialty."""
    listed = collect(special).values()
    return {entry.key: {"version": entry.version, "outcomes": outcomes(entry)} for entry in listed}


def undeclared(special: Specialty) -> list[str]:
    """List the procedures whose shape or numbers changed without a higher version and a change note.

    Compares the modules with the files written last; a new procedure needs only its note.
    """
    index, snapshot = _read(special, "index.json"), _read(special, "outcomes.json")
    before = {row["key"]: row for row in index.get("procedures", [])}
    notes = special.data(".", "changes")
    faults = []
    for entry in collect(special).values():
        note = notes.get(entry.name, {}).get(str(entry.version))
        if not note:
            faults.append(f"{entry.key}: changes.toml has no note for version {entry.version}")
        old = before.get(entry.key)
        if old is None or entry.version > old["version"]:
            continue
        if old["signature"] != json.loads(json.dumps(entry.signature.as_data())):
            faults.append(f"{entry.key}: its inputs or results changed; raise its version and say why")
        if entry.version < old["version"]:
            faults.append(f"{entry.key}: its version went down")
        faults += _moved(entry, snapshot.get(entry.key, {}).get("outcomes", {}))
    return faults


def _moved(entry: Entry, before: dict[str, Any]) -> list[str]:
    now = outcomes(entry)
    return [
        f"{entry.key}: the example {name!r} gives another {result}; raise its version and say why"
        for name, results in before.items()
        for result, value in results.items()
        if name in now and not _same(now[name].get(result), value)
    ]


def _same(now: object, then: object) -> bool:
    if isinstance(now, float | int) and isinstance(then, float | int):
        return abs(now - then) <= max(_SAME * max(abs(now), abs(then)), _NOTHING)
    return now == then


def _read(special: Specialty, name: str) -> dict[str, Any]:
    path = special.folder / name
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}


def write(special: Specialty) -> None:
    """Write both files of a specialty.

    Raises:
        BadInput: something changed that no version owns up to; nothing is written.
    """
    faults = undeclared(special)
    if faults:
        raise BadInput("; ".join(faults), code="undeclared_change")
    for name, data in (("index.json", fresh_index(special)), ("outcomes.json", fresh_outcomes(special))):
        text = json.dumps(data, indent=1, ensure_ascii=False, sort_keys=True)
        (special.folder / name).write_text(text + "\n", encoding="utf-8")


def stale(special: Specialty) -> list[str]:
    """List the files of a specialty that no longer say what its modules say."""
    faults = []
    index = json.loads(json.dumps(fresh_index(special)))
    if _read(special, "index.json") != index:
        faults.append(f"{special.key}: index.json is stale; run kilter index")
    if set(_read(special, "outcomes.json")) != set(collect(special)):
        faults.append(f"{special.key}: outcomes.json is stale; run kilter index")
    return faults
