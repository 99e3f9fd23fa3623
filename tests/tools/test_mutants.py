"""The tool that changes the sources and asks the tests: what it changes, says, and leaves alone."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from tools.mutants import main, mutants_of, passes

SUM = b'''"""Sums."""

LIMIT = 3


def inside(value: int) -> bool:
    """Say whether a value is inside."""
    if value < 0:
        raise ValueError(f"{value - 1} \xc2\xb5A")
    return value <= LIMIT


def half(values: list[int | None]) -> float:
    """Give half of a sum."""
    found = [one for one in values if one is not None]
    return sum(found) / 2
'''
TESTS = """
import pytest
from sums import half, inside


def test_inside():
    assert inside(3) and inside(2) and not inside(4)
    with pytest.raises(ValueError):
        inside(-1)


def test_half():
    assert half([4]) == 2
"""


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of two functions, with a test that is blind to some changes."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    made = tmp_path / "project"
    for name, content in {
        "src/sums.py": SUM,
        "test_sums.py": TESTS.encode(),
        "pytest.ini": b"[pytest]",
    }.items():
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        (made / name).write_bytes(content)
    return made


def test_what_is_changed():
    found = [(one.line, one.was, one.text) for one in mutants_of(Path("sums.py"), SUM)]
    assert found == [
        (3, "3", "(4)"),
        (8, "value < 0", "(value <= 0)"),
        (8, "0", "(1)"),
        (9, 'raise ValueError(f"{value - 1} µA")', "pass"),
        (10, "return value <= LIMIT", "return not (value <= LIMIT)"),
        (10, "value <= LIMIT", "(value < LIMIT)"),
        (15, "one is not None", "(one is None)"),
        (16, "sum(found) / 2", "(sum(found) * 2)"),
        (16, "2", "(3)"),
    ]


@pytest.mark.parametrize(
    ("source", "changed"),
    [
        ("a = b and not c", {"a = (b or not c)", "a = b and (c)"}),
        ("a = 0 < b != -1", {"a = (0 <= b != -1)", "a = (0 < b == -1)", "a = (1) < b != -1"}),
        ("a += b", {"a -= b"}),
        ("check(a)", {"pass"}),
        ("a = True", {"a = (False)"}),
        ("if a:\n    b = c\nelse:\n    b = d", {"if a:\n    pass\nelse:\n    b = d"}),
        ("with a:\n    return b", {"with a:\n    pass"}),
        ("@dataclass(frozen=True)\nclass A:\n    a: int | None", set()),
        ("'''Words.'''", set()),
    ],
)
def test_each_kind_of_change(source: str, changed: set[str]):
    found = mutants_of(Path("x.py"), source.encode())
    texts = {source[: one.start] + one.text + source[one.end :] for one in found}
    assert changed <= texts
    assert bool(changed) == bool(texts)


def test_a_change_of_a_module_can_be_read_and_says_something_else():
    path = Path(__file__).parents[2] / "src/kilter/measure/judge.py"
    source = path.read_bytes()
    before = ast.dump(ast.parse(source))
    found = mutants_of(path, source)
    assert len(found) > 100
    for one in found[::7]:
        assert ast.dump(ast.parse(source[: one.start] + one.text.encode() + source[one.end :])) != before


def test_survivors_are_named_with_the_score_and_the_tree_is_left_alone(root: Path, capsys):
    before = {path: path.read_bytes() for path in root.rglob("*.py")}
    main(["src/sums.py:8", "src/sums.py:10", "--tests", "test_sums.py", "--root", str(root), "--jobs", "2"])
    said = capsys.readouterr().out.splitlines()
    assert said == [
        "src/sums.py:8: value < 0  ->  (value <= 0)",
        "src/sums.py:8: 0  ->  (1)",
        "2 of 4 noticed (50%), seed 1",
    ]
    assert {path: path.read_bytes() for path in root.rglob("*.py")} == before


def test_a_sample_is_drawn_by_its_seed(root: Path, capsys):
    main(["src/sums.py", "--tests", "test_sums.py", "--root", str(root), "--sample", "1", "--seed", "5"])
    assert capsys.readouterr().out.splitlines()[-1].endswith("of 1 noticed (100%), seed 5")


def test_tests_that_fail_already_tell_nothing(root: Path):
    (root / "test_sums.py").write_text("def test_it():\n    assert False\n")
    with pytest.raises(SystemExit, match="do not pass on the sources as they are"):
        main(["src/sums.py", "--tests", "test_sums.py", "--root", str(root)])


def test_tests_that_hang_are_ended_and_do_not_pass(root: Path):
    (root / "test_sums.py").write_text("import time\n\n\ndef test_it():\n    time.sleep(60)\n")
    assert not passes(root, ["test_sums.py"], 1.0)
