"""Every test of one device over time: state, trends with the limits they were judged by, and evidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kilter.department.equipment.models import Device
from kilter.department.ledger import files
from kilter.department.records.models import Reading, Record
from kilter.department.records.queries import standing
from kilter.measure.document import open_document
from kilter.measure.history import History, Past
from kilter.measure.quantity import File

MOST_READINGS = 3000


@dataclass(frozen=True)
class Trend:
    """One result: its readings in time, and the limits that the newest was judged by."""

    result: str
    readings: tuple[Reading, ...]
    limits: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class Tested:
    """One procedure on a device: the newest record, and the trend of each of its results."""

    procedure: str
    newest: Record
    records: int
    trends: tuple[Trend, ...]


def tested(device: Device) -> list[Tested]:
    """Give every test with readings, the one measured last first; two queries however long the history is."""
    rows = Reading.objects.filter(device=device, record__in=standing())
    newest_first = list(rows.order_by("-performed_at", "-pk")[:MOST_READINGS])
    series: dict[str, dict[str, list[Reading]]] = {}
    for row in newest_first:
        series.setdefault(row.procedure, {}).setdefault(row.result, []).append(row)
    last = {key: next(iter(some.values()))[0].record_id for key, some in series.items()}
    records = Record.objects.select_related("person").in_bulk(last.values())
    return [_tested(key, some, records[last[key]]) for key, some in series.items()]


def _tested(procedure: str, series: Mapping[str, list[Reading]], newest: Record) -> Tested:
    results = open_document(newest.text).get("results", {})
    trends = tuple(
        Trend(result, tuple(reversed(rows)), tuple(results.get(result, {}).get("limits", ())))
        for result, rows in series.items()
    )
    count = len({row.record_id for rows in series.values() for row in rows})
    return Tested(procedure, newest, count, trends)


@dataclass(frozen=True)
class Evidence:
    """Files of results in time, and how many more cannot be read or are not what was stored."""

    past: tuple[Past, ...]
    lost: int


def evidence(device: Device, procedure: str, history: History) -> Evidence:
    """Give the files of the newest valid results of a procedure; two queries however many they are."""
    rows = standing().filter(device=device, procedure=procedure).exclude(verdict="invalid")
    given = []
    for row in rows.order_by("-performed_at", "-number")[: history.most]:
        value = open_document(row.text)["inputs"].get(history.input, {}).get("value")
        if isinstance(value, Mapping) and "sha256" in value:
            given.append((row.performed_at, value["name"], value["sha256"]))
    content = files.read_many(sha256 for _, _, sha256 in given)
    past = [
        Past(at, File(name, data))
        for at, name, sha256 in reversed(given)
        if (data := content[sha256]) is not None
    ]
    return Evidence(tuple(past), len(given) - len(past))
