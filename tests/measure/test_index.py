"""What counts as a change of an example's numbers, and what as the rounding of another machine."""

import json

import pytest

from kilter.measure import index
from kilter.measure.registry import specialties


@pytest.fixture
def altered(tmp_path, monkeypatch):
    """Run `undeclared` against a snapshot in which one outcome stands otherwise."""
    special = specialties()["nuclear_medicine"]
    snapshot = json.loads((special.folder / "outcomes.json").read_text(encoding="utf-8"))
    outcomes = snapshot["nuclear_medicine.line_source"]["outcomes"]["two capillaries 50 mm apart"]

    def faults(name, value):
        kept = outcomes[name]
        outcomes[name] = value
        read = index._read
        told = {"outcomes.json": snapshot}
        monkeypatch.setattr(index, "_read", lambda of, file: told.get(file) or read(of, file))
        try:
            return [line for line in index.undeclared(special) if f"another {name}" in line]
        finally:
            outcomes[name] = kept

    return faults


@pytest.mark.parametrize(
    ("name", "value"),
    [("fwhm", 5.999193929276312 * (1 + 5e-10)), ("angle", -9e-14), ("angle", 0.0), ("lines", 2)],
)
def test_rounding_is_no_change_of_numbers(altered, name, value):
    assert altered(name, value) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("fwhm", 5.999193929276312 * (1 + 3e-9)),
        ("angle", 1e-11),
        ("lines", 3.0),
        ("fwhm", "6"),
        ("fwhm", None),
    ],
)
def test_anything_more_needs_a_version(altered, name, value):
    (line,) = altered(name, value)
    assert "raise its version and say why" in line
