"""What the documentation prints: its pages, their fenced blocks, the commands and files in them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = tuple(
    sorted(
        path for path in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")) if not path.name.startswith(".")
    )
)
"""Every page, the front page and those about contributing included."""

FENCE = re.compile(r"^(`{3,})(.*)$")


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, the file it stands for (or ""), its line on the page, its text."""

    language: str
    file: str
    line: int
    text: str


@dataclass(frozen=True)
class Shown:
    """A command as printed, its words, and the lines printed under it."""

    words: tuple[str, ...]
    lines: tuple[str, ...]

    @property
    def whole(self) -> bool:
        """Say whether all of its output is printed; `...` at the end means its first lines only."""
        return not self.lines or self.lines[-1] != "..."


def name(page: Path) -> str:
    """Give a page's path from the root of the project."""
    return page.relative_to(ROOT).as_posix()


def blocks(text: str) -> Iterator[Block]:
    """Read the fenced blocks of a page.

    Raises:
        ValueError: a block is never closed.
    """
    opened: tuple[str, str, int] | None = None
    kept: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        found = FENCE.match(line)
        if opened is None:
            if found:
                opened, kept = (found[1], found[2].strip(), number), []
        elif found and found[1] == opened[0] and not found[2].strip():
            language, _, rest = opened[1].partition(" ")
            file = rest.partition("file=")[2]
            yield Block(language, file, opened[2], "".join(f"{one}\n" for one in kept))
            opened = None
        else:
            kept.append(line)
    if opened is not None:
        raise ValueError(f"the block of line {opened[2]} is never closed")


def shown(block: Block) -> list[Shown]:
    """Give the `$ kilter ...` commands of a console block with the output printed under each.

    Commands of other programs in the block are passed over, with their output.
    """
    found: list[tuple[str, list[str]]] = []
    for line in block.text.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        elif found:
            found[-1][1].append(line)
    return [
        Shown(tuple(shlex.split(command)[1:]), tuple(lines))
        for command, lines in found
        if command.startswith("kilter ")
    ]
