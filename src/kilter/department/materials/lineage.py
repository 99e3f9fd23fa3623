"""Where a lot comes from and where it went: the graph of the movements, one query for each step of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from kilter.department.materials.models import Movement

MOST_STEPS = 60
"""No chain from a generator to a waste container is longer."""


def ancestors(pks: Iterable[int]) -> set[int]:
    """Give the row ids of everything that went into some lots, those lots among them."""
    return _walk(pks, "to_lot", "from_lot")


def descendants(pks: Iterable[int]) -> set[int]:
    """Give the row ids of everything that came out of some lots, those lots among them."""
    return _walk(pks, "from_lot", "to_lot")


def lines_of(pks: Iterable[int]) -> dict[int, set[int]]:
    """Give for each of some lots the row ids of everything that went into it, itself among them."""
    wanted = set(pks)
    parents: dict[int, set[int]] = {}
    seen, edge = set(wanted), set(wanted)
    for _ in range(MOST_STEPS):
        if not edge:
            break
        rows = Movement.objects.filter(to_lot__in=edge, from_lot__isnull=False)
        for child, parent in rows.values_list("to_lot_id", "from_lot_id"):
            parents.setdefault(child, set()).add(parent)
        edge = {one for child in edge for one in parents.get(child, ())} - seen
        seen |= edge
    return {pk: _closure(pk, parents) for pk in wanted}


def _closure(pk: int, parents: Mapping[int, set[int]]) -> set[int]:
    found, edge = {pk}, {pk}
    while edge:
        edge = {one for child in edge for one in parents.get(child, ())} - found
        found |= edge
    return found


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
