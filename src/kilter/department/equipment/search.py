"""Search by words over asset, serial, model, maker and place, on an index of the database's own.

Words are normalised here, alike for both engines; SQLite keeps them in an FTS5 table with prefix
indexes, PostgreSQL as a tsvector under a GIN index. The actions that change a word bring it up to date.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

from django.db import connection
from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL

from kilter.department.equipment import first_found
from kilter.department.equipment.lifecycle import State
from kilter.department.equipment.models import Device, Location
from kilter.department.ledger.texts import as_key

WORD = re.compile(r"[^\W_]+")
WORD_MOST = 60
TERMS_MOST = 8
CHUNK = 400
"""Rows a statement; SQLite allows 999 parameters in old builds."""

TABLE = {
    "sqlite": [
        "CREATE VIRTUAL TABLE equipment_search USING fts5(words, detail=none, prefix='1 2 3')",
        "CREATE TRIGGER equipment_search_gone AFTER DELETE ON equipment_device "
        "BEGIN DELETE FROM equipment_search WHERE rowid = OLD.id; END",
    ],
    "postgresql": [
        "CREATE TABLE equipment_search (rowid bigint PRIMARY KEY, words tsvector NOT NULL)",
        "CREATE INDEX equipment_search_words ON equipment_search USING gin (words)",
        "CREATE FUNCTION equipment_search_gone() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN DELETE FROM equipment_search WHERE rowid = OLD.id; RETURN OLD; END $$",
        "CREATE TRIGGER equipment_search_gone AFTER DELETE ON equipment_device "
        "FOR EACH ROW EXECUTE FUNCTION equipment_search_gone()",
    ],
}
"""The statements that make the index, by engine; the migration runs them."""

UNMADE = {
    "sqlite": ["DROP TRIGGER IF EXISTS equipment_search_gone", "DROP TABLE equipment_search"],
    "postgresql": [
        "DROP TRIGGER equipment_search_gone ON equipment_device",
        "DROP FUNCTION equipment_search_gone()",
        "DROP TABLE equipment_search",
    ],
}
"""The statements that take it away again."""


def words_of(text: str) -> list[str]:
    """Give the words of a text: lower case, without accents, cut at 60 characters."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return [word[:WORD_MOST] for word in WORD.findall(plain)]


def _words_of_label(label: str) -> list[str]:
    """Give the words of a number on a label, and the whole of it without its dashes."""
    words = words_of(label)
    return [*words, "".join(words)[:WORD_MOST]] if len(words) > 1 else words


def index(devices: Iterable[int]) -> None:
    """Bring the words of some devices up to date, by row id."""
    ids = sorted(set(devices))
    for start in range(0, len(ids), CHUNK):
        _index_chunk(ids[start : start + CHUNK])


def _index_chunk(ids: Sequence[int]) -> None:
    """Write the words of a chunk of devices."""
    kept = Device.objects.filter(pk__in=ids).exclude(state=State.ENTERED_IN_ERROR)
    rows = list(kept.select_related("model", "location"))
    above = {pk for row in rows if row.location for pk in row.location.ancestor_ids()}
    names = dict(Location.objects.filter(pk__in=above).values_list("pk", "name"))
    written = []
    for row in rows:
        places = [names[pk] for pk in row.location.ancestor_ids()] if row.location else []
        labelled = [*_words_of_label(row.asset), *_words_of_label(row.serial)]
        words = [
            *labelled,
            *(first_found.MARK + word for word in labelled if connection.vendor == "postgresql"),
            *words_of(f"{row.model.maker} {row.model.name} {row.model.kind.replace('_', ' ')}"),
            *(word for place in places for word in words_of(place)),
        ]
        written.append((row.pk, list(dict.fromkeys(words))))
    marks = ", ".join(["%s"] * len(ids))
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM equipment_search WHERE rowid IN ({marks})", list(ids))
        if connection.vendor == "sqlite":
            statement = "INSERT INTO equipment_search (rowid, words) VALUES (%s, %s)"
            cursor.executemany(statement, [(pk, " ".join(words)) for pk, words in written])
        else:
            statement = (
                "INSERT INTO equipment_search (rowid, words) VALUES (%s, array_to_tsvector(%s::text[]))"
            )
            cursor.executemany(statement, written)


def _matching(terms: Sequence[str]) -> RawSQL:
    """Give the subquery of the devices that hold every term as a word or its beginning."""
    if connection.vendor == "sqlite":
        sought = " ".join(f'"{term}"*' for term in terms)
        return RawSQL("SELECT rowid FROM equipment_search WHERE equipment_search MATCH %s", [sought])
    sought = " & ".join(f"'{term}':*" for term in terms)
    return RawSQL("SELECT rowid FROM equipment_search WHERE words @@ %s::tsquery", [sought])


def _heads_read(among: QuerySet[Device] | None) -> bool:
    """Say whether the first devices are found by model and place: over the whole of a PostgreSQL register."""
    return among is None and connection.vendor == "postgresql"


def search(text: str, *, most: int = 50, among: QuerySet[Device] | None = None) -> list[Device]:
    """Find devices: every word of the text is a word, or the beginning of one, of the device.

    A device whose whole asset number or serial was typed comes first; then by asset number.

    Args:
        text: what was typed; more than eight words are not looked at.
        most: devices at most.
        among: devices to look among; all where it is not given.

    Returns:
        Devices with model and place read; none for a text without a word. At most two queries, and two more
        of models and places on PostgreSQL.
    """
    terms = words_of(text)[:TERMS_MOST]
    if not terms:
        return []
    devices = (Device.objects.all() if among is None else among).select_related("model", "location")
    whole = as_key(text)
    exact = list(devices.filter(Q(asset_key=whole) | Q(serial_key=whole)).order_by("asset_key")[:most])
    most_found = most + len(exact)
    first = first_found.statement(terms, words_of, most_found) if _heads_read(among) else None
    bearing = RawSQL(first.sql, first.values) if first else _matching(terms)
    found = devices.filter(pk__in=bearing).order_by("asset_key")[:most_found]
    seen = {one.pk for one in exact}
    return [*exact, *(one for one in found if one.pk not in seen)][:most]
