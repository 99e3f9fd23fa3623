"""What the figures of a year mean: the shipped definitions, and those that a year was frozen with."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from kilter.department.schedule.models import FrozenDefinitions


@dataclass(frozen=True, slots=True)
class Definition:
    """What a figure means: its title, its version, and the text."""

    title: str
    version: int
    text: str


@cache
def shipped() -> dict[str, dict[str, Any]]:
    """Give the definitions as shipped, by key."""
    path = resources.files("kilter.department.schedule") / "figures.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


def in_force(year: int) -> tuple[dict[str, Definition], FrozenDefinitions | None]:
    """Give the definitions of a year, and the row that froze them, None while nobody has."""
    row = FrozenDefinitions.objects.select_related("frozen_by").filter(year=year).first()
    given = row.definitions if row else shipped()
    return {key: Definition(**one) for key, one in given.items()}, row
