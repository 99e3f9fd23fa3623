"""The roles as shipped, and how they come into the table."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache

from kilter.department.people.activities import HERE, activities
from kilter.department.people.models import Role
from kilter.measure.error import Fault


@dataclass(frozen=True, slots=True)
class ShippedRole:
    """A role as shipped: key, words, and the keys of its activities."""

    key: str
    words: str
    activities: tuple[str, ...]


@cache
def shipped_roles() -> tuple[ShippedRole, ...]:
    """Give the shipped roles, with `room.*` spelled out, and without what a role's `except` names.

    Raises:
        Fault: a role names an activity that does not exist.

    """
    rows = tomllib.loads((HERE / "roles.toml").read_text(encoding="utf-8"))
    roles = []
    for key, row in rows.items():
        left_out = [found for pattern in row.get("except", ()) for found in _spelled_out(pattern)]
        keys = [found for pattern in row["activities"] for found in _spelled_out(pattern)]
        keys = [key for key in keys if key not in left_out]
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
    for shipped in shipped_roles():
        role, created = Role.objects.get_or_create(
            key=shipped.key, defaults={"words": shipped.words, "activities": list(shipped.activities)}
        )
        if not created and not role.changed_here and role.activities != list(shipped.activities):
            role.activities = list(shipped.activities)
            role.save(update_fields=["activities"])
