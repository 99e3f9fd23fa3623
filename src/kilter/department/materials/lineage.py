"""Where a lot comes from and where it went: the graph of the movements, one query for each step of it."""

from __future__ import annotations

from collections.abc import Iterable

from kilter.department.materials.models import Movement

MOST_STEPS = 60
"""No chain from a generator to a waste container is longer."""


def ancestors(pks: Iterable[int]) -> set[int]:
    """Give the row ids of everything that went into some lots, those lots among them."""
    return _walk(pks, "to_lot", "from_lot")


def descendants(pks: Iterable[int]) -> set[int]:
    """Give the row ids of everything that came out of some lots, those lots among them."""
    return _walk(pks, "from_lot", "to_lot")


def _walk(pks: Iterable[int], here: str, there: str) -> set[int]:
    found = set(pks)
    edge = set(found)
    for _ in range(MOST_STEPS):
        if not edge:
            break
        rows = Movement.objects.filter(**{f"{here}__in": edge, f"{there}__isnull": False})
        edge = set(rows.values_list(f"{there}_id", flat=True)) - found
        found |= edge
    return found
