"""The activities and the shipped roles, read from their data files."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

from kilter.measure.error import Fault

HERE = Path(__file__).resolve().parent
LEVELS = ("trainee", "independent", "expert")
"""Levels of an authorisation, least first; each covers those before it."""


@dataclass(frozen=True, slots=True)
class Activity:
    """Something a person may do: its key, its words, and the level it needs, "" where a role suffices."""

    key: str
    words: str
    level: str = ""


@cache
def activities() -> Mapping[str, Activity]:
    """Give every activity by key.

    Raises:
        Fault: the data file names an unknown level or field.

    """
    rooms = tomllib.loads((HERE / "activities.toml").read_text(encoding="utf-8"))
    found: dict[str, Activity] = {}
    for room, rows in rooms.items():
        for name, row in rows.items():
            key = f"{room}.{name}"
            if set(row) - {"words", "level"} or row.get("level", "") not in ("", *LEVELS):
                raise Fault(f"activities.toml: {key} is not well formed")
            found[key] = Activity(key, row["words"], row.get("level", ""))
    return MappingProxyType(found)


def activity(key: str) -> Activity:
    """Give one activity.

    Raises:
        Fault: nobody declared it; asking for it is a mistake of ours.

    """
    try:
        return activities()[key]
    except KeyError:
        raise Fault(f"there is no activity {key!r} in activities.toml") from None
