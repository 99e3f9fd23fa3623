"""Alerts that tell devices apart by their model alone: all devices of a model get one verdict.

The verdict is found for each model, and the database lists the devices: none of them is brought here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import connection

from kilter.department.equipment.lifecycle import State
from kilter.department.equipment.models import Device
from kilter.department.ledger import clock
from kilter.department.safety.matching import Likely
from kilter.department.safety.models import Alert, AlertDevice

CHUNK = 500
"""Models a statement."""
COLUMNS = ("alert", "device", "verdict", "reasons", "found_at", "disposition", "words")


def count(models: Mapping[int, Likely]) -> int:
    """Count the devices of some models, without those entered in error."""
    return Device.objects.exclude(state=State.ENTERED_IN_ERROR).filter(model__in=list(models)).count()


def insert(alert: Alert, models: Mapping[int, Likely]) -> int:
    """List every device of some models that the alert does not list yet, open, by device.

    Args:
        alert: locked.
        models: verdict and reasons by row id of the model.

    Returns:
        How many devices were added.
    """
    said = sorted(models.items())
    return sum(_insert_chunk(alert, said[start : start + CHUNK]) for start in range(0, len(said), CHUNK))


def _insert_chunk(alert: Alert, said: list[tuple[int, Likely]]) -> int:
    """List the devices of a chunk of models."""
    fields = {field.name: field for field in AlertDevice._meta.concrete_fields}
    quote = connection.ops.quote_name
    columns = ", ".join(quote(str(fields[name].column)) for name in COLUMNS)
    listed = AlertDevice.objects.filter(alert=alert).values("device")
    devices = Device.objects.exclude(state=State.ENTERED_IN_ERROR).exclude(pk__in=listed)
    chosen, chosen_values = (
        devices.filter(model__in=[pk for pk, _ in said]).values("id", "model_id").query.sql_with_params()
    )

    def stored(name: str, value: Any) -> Any:
        return fields[name].get_db_prep_save(value, connection)

    marks = ", ".join(["(%s, %s, %s)"] * len(said))
    values = [
        part
        for pk, likely in said
        for part in (pk, likely.verdict.value, stored("reasons", list(likely.reasons)))
    ]
    statement = (
        f"INSERT INTO {quote(AlertDevice._meta.db_table)} ({columns}) "
        f"SELECT %s, chosen.id, said.column2, said.column3, %s, %s, '' FROM ({chosen}) AS chosen "
        f"JOIN (VALUES {marks}) AS said ON said.column1 = chosen.model_id ORDER BY chosen.id"
    )
    found_at = stored("found_at", clock.now())
    is_open = AlertDevice.Disposition.OPEN.value
    with connection.cursor() as cursor:
        cursor.execute(statement, [alert.pk, found_at, is_open, *chosen_values, *values])
        return int(cursor.rowcount)
