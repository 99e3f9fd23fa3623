"""Many rows written at once, as values: what a sealed list needs, without an object for each row.

The values go through the database's own adapters, as those of a saved object do; nothing is written that
`bulk_create` would not have written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any

from django.db import connection, models
from django.db.models import Q

Adapter = Callable[[Any], Any]
_Adapted = tuple[int, Adapter]

COPIED_FROM = 100
"""Rows from which PostgreSQL is sent one stream of values rather than a statement for each."""


def among(field: str, ids: Sequence[int]) -> Q:
    """Select by row ids: one stretch of the index where they are a `range`, else each by itself.

    Args:
        field: what is compared, such as `device`.
        ids: row ids; a range has a step of one.
    """
    if isinstance(ids, range) and len(ids):
        return Q(**{f"{field}__gte": ids[0], f"{field}__lte": ids[-1]})
    return Q(**{f"{field}__in": ids})


def insert(model: type[models.Model], names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert rows of one model, inside the transaction of the action.

    Args:
        model: whose table.
        names: attribute names of its columns, such as `device_id`.
        rows: values in the order of the names; every column without a default must be among them.
    """
    table, columns, wanted = _plan(model, tuple(names), connection.vendor)
    adapted = [_adapted(row, wanted) for row in rows]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql" and len(adapted) >= COPIED_FROM:
            _copy(cursor, f"COPY {table} ({columns}) FROM STDIN", adapted)
        else:
            marks = ", ".join(["%s"] * len(names))
            cursor.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", adapted)


def _copy(cursor: Any, statement: str, rows: Iterable[Sequence[Any]]) -> None:
    """Send rows as one stream; what the database refuses is raised as for any other statement."""
    with connection.wrap_database_errors, cursor.copy(statement) as stream:
        for row in rows:
            stream.write_row(row)


@lru_cache(64)
def _plan(model: type[models.Model], names: tuple[str, ...], vendor: str) -> tuple[str, str, list[_Adapted]]:
    """Give table, columns, and what adapts which place of a row; the same for every row of a table."""
    by_name = {field.attname: field for field in model._meta.concrete_fields}
    fields = [by_name[name] for name in names]
    quote = connection.ops.quote_name
    columns = ", ".join(quote(field.column or field.name) for field in fields)
    adapters = [(place, _adapter(field)) for place, field in enumerate(fields)]
    return (
        quote(model._meta.db_table),
        columns,
        [(place, adapt) for place, adapt in adapters if adapt is not None],
    )


def _adapted(row: Sequence[Any], wanted: Sequence[_Adapted]) -> list[Any]:
    values = list(row)
    for place, adapt in wanted:
        if values[place] is not None:
            values[place] = adapt(values[place])
    return values


def _adapter(field: models.Field[Any, Any]) -> Adapter | None:
    """Give what brings a value into the form the database takes, None where it takes it as it is."""
    if isinstance(field, models.UUIDField):
        return None if connection.features.has_native_uuid_field else _hex
    if isinstance(field, models.DateTimeField):
        return lru_cache(1024)(connection.ops.adapt_datetimefield_value)  # a list is sealed at one instant
    plain = (models.CharField, models.TextField, models.IntegerField, models.FloatField, models.BooleanField)
    if isinstance(field, (*plain, models.ForeignKey)):
        return None
    return lambda value: field.get_db_prep_save(value, connection)


def _hex(value: Any) -> str:
    text: str = value.hex
    return text
