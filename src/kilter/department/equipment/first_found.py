"""The first devices of a search by asset number, found through their models and places.

Most words that people type are of a model or a place and mean a large part of the register. Those devices are
not gathered and sorted: the first of each model or place stand at the head of an index. What a word of a
label means is few, and is taken from the index of words, where such words stand under a mark as well.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from kilter.department.equipment.lifecycle import State
from kilter.department.equipment.models import DeviceModel, Location

MARK = "="
"""Stands before a word that an asset or serial number bears; no word that is typed holds it."""
HEADS_MOST = 400
"""Heads of an index that are read at most; a word of more models or places is in no need of it."""

Split = Callable[[str], list[str]]


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement that gives row ids, and its values."""

    sql: str
    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Cells:
    """Devices of some models in some places; None for all of them."""

    models: tuple[int, ...] | None
    places: tuple[int, ...] | None

    @property
    def heads(self) -> int:
        """Count the heads of an index that are read for it."""
        return len(self.models or (0,)) * len(self.places or (0,))


def statement(terms: Sequence[str], split: Split, most: int) -> Statement | None:
    """Give the statement for the first devices that bear every term as the beginning of a word.

    Args:
        terms: as `split` gives them.
        split: gives the words of a text.
        most: devices at most; others may follow them.

    Returns:
        None where a term is of so many models and places that walking through the register is faster. Two
        queries.
    """
    cells = _cells(terms, split)
    if sum(one.heads for one in cells) > HEADS_MOST:
        return None
    parts = [_labelled(terms, most), *(_heads(one, most) for one in cells)]
    union = " UNION ".join(f"({part.sql})" for part in parts)
    values = tuple(value for part in parts for value in part.values)
    sql = f"SELECT id FROM ({union}) AS found ORDER BY asset_key LIMIT %s"
    return Statement(sql, (*values, most))


def _cells(terms: Sequence[str], split: Split) -> list[Cells]:
    """Give which models in which places bear all terms between them: the models sorted by what they leave."""
    places = {pk: _borne(words, terms) for pk, words in _places(split).items()}
    left: dict[frozenset[str], list[int]] = {}
    for pk, *names in DeviceModel.objects.order_by("pk").values_list("pk", "maker", "name", "kind"):
        words = tuple(word for name in names for word in _words(split, name.replace("_", " ")))
        left.setdefault(frozenset(terms) - _borne(words, terms), []).append(pk)
    found = []
    for missing, models in left.items():
        fitting = tuple(pk for pk, borne in places.items() if missing <= borne)
        if not missing:
            found.append(Cells(tuple(models), None))
        elif fitting:  # a place that bears every term needs no model
            found.append(Cells(tuple(models) if missing < frozenset(terms) else None, fitting))
    return found


def _places(split: Split) -> dict[int, tuple[str, ...]]:
    """Give the words of each place, with those of the places around it."""
    rows = list(Location.objects.only("pk", "path", "name"))
    own = {row.pk: _words(split, row.name) for row in rows}
    return {row.pk: tuple(word for pk in row.ancestor_ids() for word in own.get(pk, ())) for row in rows}


@lru_cache(maxsize=20_000)
def _words(split: Split, name: str) -> tuple[str, ...]:
    return tuple(split(name))


def _borne(words: Sequence[str], terms: Sequence[str]) -> frozenset[str]:
    """Give the terms with which one of the words begins."""
    return frozenset(term for term in terms if any(word.startswith(term) for word in words))


def _heads(cells: Cells, most: int) -> Statement:
    """Give the first devices of each model, of each place, or of each model in each place."""
    given = {"model_id": cells.models, "location_id": cells.places}
    asked = {column: ids for column, ids in given.items() if ids is not None}
    lists = ", ".join(f"unnest(%s::bigint[]) AS {column}s (pk)" for column in asked)
    where = " AND ".join(f"{column} = {column}s.pk" for column in asked)
    sql = (
        f"SELECT head.id, head.asset_key FROM {lists} CROSS JOIN LATERAL (SELECT id, asset_key "
        f"FROM equipment_device WHERE {where} AND state <> %s ORDER BY asset_key LIMIT %s) AS head"
    )
    values = [list(ids) for ids in asked.values()]
    return Statement(sql, (*values, State.ENTERED_IN_ERROR.value, most))


def _labelled(terms: Sequence[str], most: int) -> Statement:
    """Give the first devices that bear every term, at least one of them on a label."""
    marked = " | ".join(f"'{MARK}{term}':*" for term in terms)
    every = " & ".join(f"'{term}':*" for term in terms)
    sql = (
        "SELECT device.id, device.asset_key FROM equipment_device AS device "
        "JOIN equipment_search AS known ON known.rowid = device.id "
        "WHERE known.words @@ %s::tsquery AND known.words @@ %s::tsquery ORDER BY device.asset_key LIMIT %s"
    )
    return Statement(sql, (marked, every, most))
