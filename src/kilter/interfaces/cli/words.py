"""A parser whose complaints are one line, and words that mix with options in any order."""

from __future__ import annotations

import argparse
from typing import NoReturn

from kilter.measure.error import BadInput


class Parser(argparse.ArgumentParser):
    """An argument parser that raises instead of printing its usage."""

    def __init__(self, command: str, about: str) -> None:
        """Make a parser for `kilter COMMAND`."""
        super().__init__(prog=f"kilter {command}", description=about, allow_abbrev=False)

    def error(self, message: str) -> NoReturn:
        """Refuse an argument.

        Raises:
            BadInput: always.
        """
        raise BadInput(message.replace("\n", " ")[:300], field="arguments", code="bad_arguments")

    def read(self, words: list[str]) -> argparse.Namespace:
        """Parse words and options in any order.

        Raises:
            BadInput: an unknown option or a missing word.
        """
        return self.parse_intermixed_args(words)


def printable(text: str) -> str:
    """Write half characters (a file name of another encoding has them) as escapes, which JSON has too."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def pairs(words: list[str], what: str) -> list[tuple[str, str]]:
    """Split `name=value` words.

    Raises:
        BadInput: a word without an equals sign or without a name.
    """
    found = []
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name:
            raise BadInput(f"{word[:60]!r} is not {what} written as name=value", field="arguments")
        found.append((name, value))
    return found


def once(given: list[tuple[str, str]], what: str) -> dict[str, str]:
    """Make a mapping of pairs that may each stand once.

    Raises:
        BadInput: a name stands twice.
    """
    found: dict[str, str] = {}
    for name, value in given:
        if name in found:
            raise BadInput(f"{what} {name} is given twice", field=name, code="given_twice")
        found[name] = value
    return found
