"""The rooms stand in their order: each imports only what stands left of it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from django.conf import settings

import kilter

HOUSE = Path(kilter.__file__).parent
ROOMS = [name.rpartition(".")[2] for name in settings.DEPARTMENT]
ABROAD = ("kilter.measure", "kilter.numerics", "kilter.formats", "kilter.__version__")
"""What any room may import besides rooms to its left."""


def imported(path: Path) -> set[str]:
    """Every module of ours that a file imports, at its top or inside a function."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            found |= {f"{node.module}.{name.name}" for name in node.names}
    return {name for name in found if name.startswith("kilter.")}


def within(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_leftwards_only(room):
    left = [f"kilter.department.{one}" for one in ROOMS[: ROOMS.index(room) + 1]]
    files = sorted((HOUSE / "department" / room).rglob("*.py"))
    assert files
    if room == ROOMS[-1]:  # the rightmost room lets the reactions register at start
        left.append("kilter.department.reactions")
    for path in files:
        for name in imported(path):
            assert any(within(name, one) for one in [*left, *ABROAD]), f"{path.name} imports {name}"


def test_every_room_on_disk_is_in_the_list():
    on_disk = {path.parent.name for path in (HOUSE / "department").glob("*/apps.py")}
    assert on_disk == set(ROOMS)


def test_nobody_but_the_doors_imports_the_server():
    for path in HOUSE.rglob("*.py"):
        if path.relative_to(HOUSE).parts[0] in ("server", "interfaces"):
            continue
        assert not any(within(name, "kilter.server") for name in imported(path)), path


@pytest.mark.parametrize("folder", ["server", "department"])
def test_files_and_functions_stay_short(folder):
    for path in (HOUSE / folder).rglob("*.py"):
        if "migrations" in path.parts:
            continue
        text = path.read_text(encoding="utf-8")
        assert len(text.splitlines()) <= 450, path
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                body = node.body[1:] if ast.get_docstring(node) else node.body
                length = (node.end_lineno or 0) - (body[0].lineno if body else node.lineno) + 1
                assert length <= 45, f"{path.name}: {node.name} has {length} lines"
