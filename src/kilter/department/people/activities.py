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


@dataclass(frozen=True, slots=True)
class ShippedRole:
    """A role as shipped: key, words, and the keys of its activities."""

    key: str
    words: str
    activities: tuple[str, ...]


@cache
def shipped_roles() -> tuple[ShippedRole, ...]:
    """Give the shipped roles, with `room.*` spelled out.

    Raises:
        Fault: a role names an activity that does not exist.

    """
    rows = tomllib.loads((HERE / "roles.toml").read_text(encoding="utf-8"))
    roles = []
    for key, row in rows.items():
        keys = [found for pattern in row["activities"] for found in _spelled_out(pattern)]
        roles.append(ShippedRole(key, row["words"], tuple(sorted(set(keys)))))
    return tuple(roles)


def _spelled_out(pattern: str) -> list[str]:
    """Give the activities a line of a role stands for."""
    room, _, name = pattern.partition(".")
    found = [key for key in activities() if key == pattern or (name == "*" and key.startswith(f"{room}."))]
    if not found:
        raise Fault(f"roles.toml: there is no activity {pattern!r}")
    return found


def sync_roles() -> None:
    """Write the shipped roles into the table; those the department changed are left as they are."""
    from kilter.department.people.models import Role

    for shipped in shipped_roles():
        role, created = Role.objects.get_or_create(
            key=shipped.key, defaults={"words": shipped.words, "activities": list(shipped.activities)}
        )
        if not created and not role.changed_here and role.activities != list(shipped.activities):
            role.activities = list(shipped.activities)
            role.save(update_fields=["activities"])
