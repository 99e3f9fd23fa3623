"""A plug-in of its own distribution: found, listed, run and judged; and what an index refuses."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kilter.interfaces.cli.main import main
from kilter.measure import index, registry
from kilter.measure.error import BadInput, Fault, NotFound
from kilter.measure.example import examples, residuals
from kilter.measure.judge import judge
from kilter.measure.limit import shipped
from kilter.measure.run import run

FUNCTION = '''
from dataclasses import dataclass
from kilter.measure.citation import Citation
from kilter.measure.procedure import procedure
from kilter.measure.quantity import Ohm

@dataclass(frozen=True)
class Sum:
    """Two in a row."""
    total: Ohm

OHM = Citation("OHM", "Die galvanische Kette", "1827")

@procedure("bench.series", version=1, cites=[OHM], elementwise=True)
def series(*, first: Ohm, second: Ohm = 0.0) -> Sum:
    """Resistance of two resistors in series."""
    return Sum(total=first + second)
'''
LIMITS = """
[[limit]]
result = "total"
high = 10.0
unit = "ohm"
level = "suspension"
cite = "OHM"
edition = "1827"
read = "yes"
"""
EXAMPLE = """
[[example]]
name = "two and three"
inputs = { first = "2ohm", second = "3000mohm" }
expect = { total = 5.0 }
tolerance = { total = 0.0 }
truth = "analytic"
source = "2 + 3 = 5"
"""
NOTE = '[series]\n1 = "First version: the sum."\n'


class Bench:
    """The plug-in's folder, and ways to change it."""

    def __init__(self, root: Path) -> None:
        self.folder = root / "outside_bench"

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        self.forget()

    def change(self, name: str, before: str, after: str) -> None:
        text = (self.folder / name).read_text(encoding="utf-8")
        assert before in text
        self.write(name, text.replace(before, after))

    def forget(self) -> None:
        """Nothing of the plug-in stays loaded."""
        for name in [name for name in sys.modules if name.startswith("outside_bench")]:
            del sys.modules[name]
        sys.dont_write_bytecode = True
        importlib.invalidate_caches()
        registry.forget()

    @property
    def special(self) -> registry.Specialty:
        return registry.specialty("bench")


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """A distribution with one specialty, whose procedure is four files."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    made = Bench(tmp_path)
    made.write("__init__.py", '"""Somebody else\'s bench."""\n')
    made.write("series.py", FUNCTION)
    made.write("limits/series.toml", LIMITS)
    made.write("examples/series.toml", EXAMPLE)
    made.write("changes.toml", NOTE)
    about = tmp_path / "outside_bench-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: outside-bench\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[kilter.specialties]\nbench = outside_bench\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    made.forget()
    yield made
    monkeypatch.undo()
    made.forget()


def test_four_files_make_a_procedure(bench, capsys):
    assert main(["procedures"]) == 0
    assert "bench.series" in capsys.readouterr().out
    assert main(["run", "bench.series", "first=2ohm", "second=3ohm", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["results"]["total"]["value"] == 5.0
    assert said["verdict"] == "within"
    assert main(["run", "bench.series", "first=2kohm"]) == 1
    assert "at most 10 Ω" in capsys.readouterr().out
    assert main(["show", "bench.series"]) == 0
    assert "OHM:1827" in capsys.readouterr().out


def test_ours_are_still_there(bench):
    assert {"bench", "medical_engineering", "nuclear_medicine"} <= set(registry.specialties())
    assert "medical_engineering.protective_earth" in registry.entries()


def test_its_example_holds(bench):
    entry = registry.entry("bench.series")
    assert [one.holds for one in residuals(entry)] == [True]
    outcome = run(registry.find("bench.series"), {"first": 11})
    assert judge(outcome, entry, shipped(entry)).verdict == "suspension"


def test_an_index_lists_without_importing(bench):
    index.write(bench.special)
    bench.forget()
    assert registry.entry("bench.series").version == 1
    assert "outside_bench.series" not in sys.modules
    registry.find("bench.series")
    assert "outside_bench.series" in sys.modules
    assert index.stale(bench.special) == []
    assert index.undeclared(bench.special) == []


@pytest.mark.parametrize(
    ("name", "before", "after", "why"),
    [
        ("series.py", "second: Ohm = 0.0", "second: Ohm = 1.0", "inputs or results changed"),
        ("series.py", "first + second", "first + second * 2", "gives another total"),
        ("series.py", "first + second", "(first + second) * (1 + 1e-8)", "gives another total"),
        ("series.py", "version=1", "version=2", "no note for version 2"),
        ("changes.toml", '1 = "First', '9 = "First', "no note for version 1"),
    ],
    ids=["shape", "numbers", "small numbers", "no note", "note gone"],
)
def test_a_change_that_nobody_owns_up_to_is_refused(bench, name, before, after, why):
    index.write(bench.special)
    kept = (bench.folder / "index.json").read_bytes()
    bench.change(name, before, after)
    assert any(why in fault for fault in index.undeclared(bench.special))
    with pytest.raises(BadInput, match=why) as refused:
        index.write(bench.special)
    assert refused.value.code == "undeclared_change"
    assert (bench.folder / "index.json").read_bytes() == kept
    assert main(["index", "--check"]) == 2


def test_a_change_with_version_and_note_is_taken(bench):
    index.write(bench.special)
    bench.change("series.py", "version=1", "version=2")
    bench.change("series.py", "first + second", "first + second * 2")
    bench.change("changes.toml", "[series]", '[series]\n2 = "The second counts twice."')
    assert index.stale(bench.special) == ["bench: index.json is stale; run kilter index"]
    index.write(bench.special)
    assert json.loads((bench.folder / "outcomes.json").read_text())["bench.series"]["version"] == 2
    bench.change("series.py", "version=2", "version=1")
    assert any("went down" in fault for fault in index.undeclared(bench.special))


def test_rounding_of_another_machine_is_no_change(bench):
    index.write(bench.special)
    bench.change("series.py", "first + second", "(first + second) * (1 + 1e-12)")
    assert index.undeclared(bench.special) == []


def test_a_stale_index_is_our_fault_and_named(bench):
    index.write(bench.special)
    bench.change("series.py", "def series(", "def renamed(")
    with pytest.raises(Fault, match="stale"):
        registry.find("bench.series")


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("series.py", FUNCTION.replace("bench.series", "elsewhere.series"), "not this specialty's"),
        ("again.py", FUNCTION, "stands twice"),
    ],
)
def test_keys_belong_to_their_specialty_once(bench, name, text, why):
    bench.write(name, text)
    with pytest.raises(BadInput, match=why):
        registry.entries()


@pytest.mark.parametrize(
    "bad",
    [
        FUNCTION.replace("*, first", "first"),
        FUNCTION.replace("-> Sum", "-> float"),
        FUNCTION.replace("first: Ohm,", "first: dict,"),
        FUNCTION.replace("total: Ohm", "total: set"),
        FUNCTION.replace("[OHM]", "[]"),
        FUNCTION.replace("version=1", "version=0"),
        FUNCTION.replace('    """Resistance of two resistors in series."""\n', ""),
        FUNCTION.replace("bench.series", "series"),
    ],
    ids=[
        "positional",
        "no dataclass",
        "strange input",
        "strange result",
        "no citation",
        "version",
        "docs",
        "key",
    ],
)
def test_a_broken_declaration_is_a_fault_that_says_where(bench, bad):
    bench.write("series.py", bad)
    with pytest.raises(Fault):
        index.fresh_index(bench.special)


@pytest.mark.parametrize(
    "bad",
    [
        EXAMPLE.replace('source = "2 + 3 = 5"', ""),
        EXAMPLE.replace("analytic", "guessed"),
        EXAMPLE.replace("expect = { total", "expect = { sum"),
        EXAMPLE.replace("tolerance = { total = 0.0 }", ""),
        EXAMPLE + "colour = 1\n",
        EXAMPLE.replace("[[example]]", "[[example"),
    ],
    ids=["source", "truth", "result", "tolerance", "unknown key", "no TOML"],
)
def test_a_broken_example_is_a_fault(bench, bad):
    bench.write("examples/series.toml", bad)
    with pytest.raises(Fault):
        examples(registry.entry("bench.series"))


def test_an_example_that_does_not_hold_is_shown(bench, capsys):
    bench.change("examples/series.toml", "expect = { total = 5.0", "expect = { total = 5.1")
    assert not residuals(registry.entry("bench.series"))[0].holds
    assert main(["validate"]) == 1
    assert "FAILS  bench.series  total: expected 5.1, found 5.0" in capsys.readouterr().out


def test_two_packages_of_one_name_and_a_package_that_is_not_there(bench, tmp_path):
    other = tmp_path / "other-1.0.dist-info"
    other.mkdir()
    (other / "METADATA").write_text("Metadata-Version: 2.1\nName: other\nVersion: 1.0\n")
    (other / "entry_points.txt").write_text("[kilter.specialties]\nbench = outside_bench.absent\n")
    bench.forget()
    with pytest.raises(Fault, match="no package"):
        registry.specialties()
    (tmp_path / "second_bench").mkdir()
    (tmp_path / "second_bench" / "__init__.py").write_text("")
    (other / "entry_points.txt").write_text("[kilter.specialties]\nbench = second_bench\n")
    bench.forget()
    with pytest.raises(Fault, match="two packages claim"):
        registry.specialties()


def test_near_keys_are_named():
    with pytest.raises(NotFound, match=r"did you mean medical_engineering\.protective_earth"):
        registry.entry("medical_engineering.protectiv_earth")
    with pytest.raises(NotFound):
        registry.entry("x" * 10_000)
    with pytest.raises(NotFound):
        registry.specialty("alchemy")


def test_an_entry_survives_its_json():
    for entry in registry.entries().values():
        assert registry.Entry.from_data(json.loads(json.dumps(entry.as_data()))) == entry
