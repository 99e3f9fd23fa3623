"""Codes of failure, cause and action, read from their data file."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from kilter.measure.error import BadInput

FILE = Path(__file__).with_name("codes.toml")


@cache
def codes() -> Mapping[str, Mapping[str, str]]:
    """Give the codes with their words, by `failure`, `cause` and `action`."""
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


def code(group: str, given: str, *, needed: bool = False) -> str:
    """Read a code of a group.

    Raises:
        BadInput: there is no such code, or none though needed; `field` names the group.
    """
    if not given and not needed:
        return ""
    if given not in codes()[group]:
        raise BadInput(f"{group}: must be one of {', '.join(codes()[group])}", field=f"{group}_code")
    return given
