"""Texts as people type them: read once, so that whatever passes can be stored on every engine."""

from __future__ import annotations

from kilter.measure.error import BadInput


def text(name: str, given: object, *, most: int, needed: bool = False) -> str:
    """Read a text.

    Raises:
        BadInput: not a text, too long, missing though needed, or with characters no database keeps.
    """
    if not isinstance(given, str):
        raise BadInput(f"{name}: must be a text", field=name)
    if not all(storable(letter) for letter in given):
        raise BadInput(f"{name}: holds characters that cannot be stored", field=name)
    given = given.strip()
    if needed and not given:
        raise BadInput(f"{name}: must not be empty", field=name)
    if len(given) > most:
        raise BadInput(f"{name}: longer than {most} characters", field=name)
    return given


def as_key(given: str) -> str:
    """Give the form of a label by which it is looked up: upper case, without what no database keeps."""
    return "".join(letter for letter in given if storable(letter)).strip().upper()


def storable(letter: str) -> bool:
    """Say whether a character can be stored: no control character but line ends and tabs, no surrogate."""
    return not 0xD800 <= ord(letter) <= 0xDFFF and (letter >= " " or letter in "\n\r\t")
