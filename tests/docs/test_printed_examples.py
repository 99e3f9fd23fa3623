"""Every example that the documentation prints is run, and says what is printed."""

from __future__ import annotations

import importlib
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from kilter.interfaces.cli import look
from kilter.interfaces.cli.main import COMMANDS, main
from kilter.measure import registry
from tests.docs.printed import PAGES, Block, Shown, blocks, name, shown

RUN_PAGES = [page for page in PAGES if any(shown(one) for one in blocks(page.read_text(encoding="utf-8")))]
NAMED = re.compile(r"(?:^|[\s`(/])kilter ([a-z][a-z-]+)((?: [^\n`|;&]*)?)", re.MULTILINE)


def _files(page: Path) -> dict[str, str]:
    found = {one.file: one.text for one in blocks(page.read_text(encoding="utf-8")) if one.file}
    assert all(".." not in file and not file.startswith("/") for file in found)
    return found


def _install(folder: Path, project: str) -> list[str]:
    """Make the printed package known as an installer would: by its entry points."""
    about = tomllib.loads(project)["project"]
    info = folder / f"{about['name'].replace('-', '_')}-{about['version']}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {about['name']}\nVersion: {about['version']}\n", encoding="utf-8"
    )
    lines = []
    for group, points in about["entry-points"].items():
        lines += [f"[{group}]", *(f"{key} = {value}" for key, value in points.items())]
    (info / "entry_points.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return [value for points in about["entry-points"].values() for value in points.values()]


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder to work in, from which packages can be imported; nothing of them stays loaded."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    before = set(sys.modules)
    yield tmp_path
    monkeypatch.undo()
    for made in set(sys.modules) - before:
        if str(getattr(sys.modules[made], "__file__", "") or "").startswith(str(tmp_path)):
            del sys.modules[made]
    importlib.invalidate_caches()
    registry.forget()


def _lay_out(page: Path, folder: Path) -> list[str]:
    files = _files(page)
    for file, text in files.items():
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text(text, encoding="utf-8")
    packages = _install(folder, files["pyproject.toml"]) if "pyproject.toml" in files else []
    importlib.invalidate_caches()
    registry.forget()
    return packages


@pytest.mark.parametrize("page", RUN_PAGES, ids=name)
def test_each_command_says_what_is_printed(page, bench, capsys, monkeypatch):
    packages = _lay_out(page, bench)
    found = registry.specialties()
    if packages:  # an index is written for the printed package alone, never into the tree
        ours = {key: found[key] for key in found if found[key].package in packages}
        monkeypatch.setattr(look, "specialties", lambda: ours)
    for block in blocks(page.read_text(encoding="utf-8")):
        for command in shown(block):
            main(list(command.words))
            captured = capsys.readouterr()
            said = (captured.out + captured.err).splitlines()
            _compare(command, said, block)


def _compare(command: Shown, said: list[str], block: Block) -> None:
    where = f"line {block.line}: kilter {' '.join(command.words)}"
    if command.whole:
        assert said == list(command.lines), where
        return
    wanted = list(command.lines[:-1])
    assert wanted, where
    assert said[: len(wanted)] == wanted, where
    assert len(said) > len(wanted), where


def test_there_are_pages_that_print_examples():
    assert {"README.md", "docs/add-a-procedure.md"} <= {name(page) for page in RUN_PAGES}


def test_four_files_make_the_printed_procedure():
    page = next(page for page in RUN_PAGES if name(page) == "docs/add-a-procedure.md")
    about_it = [file for file in _files(page) if "flow_rate" in file or file.endswith("changes.toml")]
    assert sorted(about_it) == [
        "hospital_pumps/changes.toml",
        "hospital_pumps/examples/flow_rate.toml",
        "hospital_pumps/flow_rate.py",
        "hospital_pumps/limits/flow_rate.toml",
    ]
    assert all(file.endswith((".py", ".toml")) for file in _files(page))


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_each_command_and_option_named_is_there(page, capsys):
    for command, rest in NAMED.findall(page.read_text(encoding="utf-8")):
        if command not in COMMANDS:
            assert not rest.strip().startswith("-"), f"kilter {command}: no such command"
            continue
        options = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", rest))
        if options:
            assert main([command, "--help"]) == 0
            known = set(re.findall(r"--[a-z][a-z-]*", capsys.readouterr().out))
            assert options <= known, f"kilter {command}: {sorted(options - known)}"


def test_a_block_that_is_never_closed_is_named():
    with pytest.raises(ValueError, match="line 2"):
        list(blocks("text\n```console\n$ kilter --help\n"))


def test_a_block_is_read_with_its_file_and_its_commands():
    text = "```console\n$ ls\na\n$ kilter run a 'b c'\nx\n...\n```\n```toml file=a/b.toml\nk = 1\n```\n"
    console, toml = blocks(text)
    assert shown(console) == [Shown(("run", "a", "b c"), ("x", "..."))]
    assert not shown(console)[0].whole
    assert (toml.language, toml.file, toml.text, toml.line) == ("toml", "a/b.toml", "k = 1\n", 8)
