"""Stored readings judged again by other limits: what would come out otherwise? Nothing is rewritten.

A new limit never changes a verdict that was given under an old one; it makes a list. Readings are
narrow rows, so a million of them are judged in one call.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import connection
from django.db.models import Case, SmallIntegerField, When
from django.db.models.functions import Coalesce
from numpy.typing import NDArray

from kilter.department.equipment.models import Device
from kilter.department.records.models import Reading, Record
from kilter.measure.error import BadInput
from kilter.measure.judge import ORDER, Rule, Verdict, judge_many
from kilter.measure.limit import Bounds
from kilter.measure.unit import Floats

ABOUT = ("kind", "equipment_class", "applied_part", "power_cord")
"""What of a device's model may choose the readings."""

_CODE = {verdict: number for number, verdict in enumerate(ORDER)}
ROW = np.dtype(
    [("place", "i1"), ("record", "i8"), ("device", "i8"), ("value", "f8"), ("u", "f8"), ("verdict", "i1")]
)
NOT_WANTED, UNKNOWN = -1, -1.0
"""What stands in a row for a result that was not asked for, and for an uncertainty that is not known."""


@dataclass(frozen=True)
class Column:
    """The readings of one result that stand, as arrays of one length, in the order of the chain.

    Attributes:
        records: row ids of the records, which are their numbers in the chain.
        values: in the declared unit.
        u: standard uncertainties; NaN where unknown.
        verdicts: places of the sealed verdicts in `judge.ORDER`.
        devices: row ids of the devices.
    """

    records: NDArray[np.int64]
    values: Floats
    u: Floats
    verdicts: NDArray[np.int8]
    devices: NDArray[np.int64]

    def taken(self, where: NDArray[Any]) -> Column:
        """Give some of the readings, by a mask or by places."""
        parts = (self.records, self.values, self.u, self.verdicts, self.devices)
        return Column(*(part[where] for part in parts))


@dataclass(frozen=True)
class Changed:
    """One reading that would come out otherwise: the record's number, the value, both verdicts."""

    record: int
    value: float
    before: Verdict
    now: Verdict


def column(procedure: str, result: str, about: Mapping[str, str] | None = None) -> Column:
    """Read the readings of one result of a procedure; superseded ones are left out. Three queries.

    Args:
        procedure: key of the procedure.
        result: name of the result.
        about: only devices whose model has these values, such as {"equipment_class": "I"}.

    Raises:
        BadInput: a model has no such field to choose by.
    """
    _check(about or {})
    read = columns([(procedure, result)])[procedure, result]
    return read if about is None else of_models(read, about)


def columns(wanted: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Column]:
    """Read the readings of several results in one pass over the table. Two queries.

    Args:
        wanted: pairs of the key of a procedure and the name of a result.
    """
    places = [
        When(procedure=procedure, result=result, then=place)
        for place, (procedure, result) in enumerate(wanted)
    ]
    codes = [When(verdict=verdict, then=code) for verdict, code in _CODE.items()]
    rows = (
        Reading.objects.filter(procedure__in={procedure for procedure, _ in wanted})
        .annotate(
            place=Case(*places, default=NOT_WANTED, output_field=SmallIntegerField()),
            spread=Coalesce("u", UNKNOWN),
            code=Case(*codes, output_field=SmallIntegerField()),
        )
        .values_list("place", "record_id", "device_id", "value", "spread", "code")
    )
    with connection.cursor() as cursor:  # a million rows: straight from the driver into the array
        cursor.execute(*rows.order_by().query.sql_with_params())
        found = np.fromiter(cursor, ROW)
    found = found[np.argsort(found["record"], kind="stable")]
    found = found[~np.isin(found["record"], _superseded())]
    found["u"][found["u"] == UNKNOWN] = np.nan
    return {pair: _of(found[found["place"] == place]) for place, pair in enumerate(wanted)}


def _of(rows: NDArray[Any]) -> Column:
    return Column(
        *(np.ascontiguousarray(rows[name]) for name in ("record", "value", "u", "verdict", "device"))
    )


def _superseded() -> NDArray[np.int64]:
    rows = Record.objects.exclude(supersedes=None).values_list("supersedes_id", flat=True)
    return np.array(list(rows), np.int64)


def of_models(read: Column, about: Mapping[str, str]) -> Column:
    """Give the readings of devices whose model has these values; a join would look up two rows for each.

    Raises:
        BadInput: a model has no such field to choose by.
    """
    _check(about)
    chosen = Device.objects.filter(**{f"model__{name}": value for name, value in about.items()})
    return read.taken(np.isin(read.devices, np.array(list(chosen.values_list("pk", flat=True)), np.int64)))


def _check(about: Mapping[str, str]) -> None:
    strange = [name for name in about if name not in ABOUT]
    if strange:
        raise BadInput(f"readings are chosen by {', '.join(ABOUT)}, not by {strange[0]}", field="about")


def rejudge(read: Column, edges: Sequence[Bounds], rule: Rule | None = None) -> list[Changed]:
    """Judge a column by other limits and list what would come out otherwise.

    Args:
        read: the readings; all of one context, so that the same limits apply to each.
        edges: the limits, absolute, in the result's unit.
        rule: the decision rule; `simple` where None.
    """
    now = judge_many(read.values, read.u, edges, rule or Rule())
    codes = np.array([_CODE[verdict] for verdict in now], np.int8)
    return [
        Changed(int(read.records[at]), float(read.values[at]), ORDER[read.verdicts[at]], ORDER[codes[at]])
        for at in np.flatnonzero(codes != read.verdicts)
    ]
