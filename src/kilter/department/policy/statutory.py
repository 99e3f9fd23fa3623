"""How often the law has equipment examined, as data: what a department may take over as its frequency."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True, slots=True)
class Examination:
    """An examination that a regulation asks for: of which kinds (`*` for all others), how often, in words.

    `months` is None where a written scheme says it for each system.
    """

    protocol: str
    kinds: tuple[str, ...]
    words: str
    months: int | None = None


@cache
def examinations() -> Mapping[str, tuple[Examination, ...]]:
    """Give the examinations by the key of the regulation's list; those for named kinds stand first."""
    path = resources.files("kilter.department.policy") / "statutory.toml"
    rows = tomllib.loads(path.read_text(encoding="utf-8"))
    return {
        key: tuple(Examination(**{**row, "kinds": tuple(row["kinds"])}) for row in some)
        for key, some in rows.items()
    }


def examination_of(regulation: str, kind: str) -> Examination | None:
    """Give the examination of a kind of device under a regulation; None where it names none.

    Args:
        regulation: key of its list, such as `loler`.
        kind: key of the kind, such as `patient_hoist`.
    """
    for one in examinations().get(regulation, ()):
        if kind in one.kinds or "*" in one.kinds:
            return one
    return None
