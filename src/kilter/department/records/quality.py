"""Every test of one device over time: state, trends with the limits they were judged by, and evidence."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kilter.department.equipment.models import Device
from kilter.department.records.analyses import analyses, unreadable
from kilter.department.records.models import Reading, Record
from kilter.department.records.queries import standing
from kilter.measure.document import open_document
from kilter.measure.history import Analysis, History, Past

MOST_READINGS = 3000
PARTS = 4
"""Parts of a device, such as heads of a camera, whose files are looked at together."""


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
class Part:
    """One part of a device, such as a detector head: its results, and what their files showed in time.

    `name` is "" where the files do not tell it; `newest` is its newest valid result, and `records` the row
    ids of those that were looked at.
    """

    name: str
    newest: Record
    records: frozenset[int]
    past: tuple[Past, ...]


@dataclass(frozen=True)
class Evidence:
    """Files of results, part by part of the device, the one measured last first.

    `lost` counts files that cannot be read or are not what was stored, `waiting` those that are analysed
    when this is next asked.
    """

    parts: tuple[Part, ...]
    lost: int
    waiting: int


def evidence(device: Device, procedure: str, history: History) -> Evidence:
    """Give what the files of the newest valid results of a procedure show, by part of the device.

    Only a file that still is what was stored is drawn. What was found in a file is kept; of files that
    nothing is kept of, `history.most` are analysed at a time. The queries are as many however many files.
    """
    rows = standing().filter(device=device, procedure=procedure).exclude(verdict="invalid")
    given: list[tuple[Record, str]] = []
    names: dict[str, str] = {}
    for row in rows.order_by("-performed_at", "-number")[: PARTS * history.most]:
        value = open_document(row.text)["inputs"].get(history.input, {}).get("value")
        if isinstance(value, Mapping) and "sha256" in value:
            given.append((row, value["sha256"]))
            names.setdefault(value["sha256"], value["name"])
    found, lost = analyses(procedure, history, names, history.most)
    parts: dict[str, list[tuple[Record, str]]] = {}
    for row, sha256 in given:
        if sha256 in found:
            parts.setdefault(found[sha256].part, []).append((row, sha256))
    lost |= unreadable(list({sha256 for some in parts.values() for _, sha256 in some[: history.most]}))
    waiting = len(names.keys() - found.keys() - lost)
    made = [_part(name, some, history.most, found, lost) for name, some in parts.items()]
    return Evidence(tuple(made), len(lost), waiting)


def _part(
    name: str,
    some: Sequence[tuple[Record, str]],
    most: int,
    found: Mapping[str, Analysis],
    lost: Collection[str],
) -> Part:
    """Put together one part; its rows come the newest first."""
    past = [
        Past(row.performed_at, values)
        for row, sha256 in reversed(some[:most])
        if sha256 not in lost and (values := found[sha256].values) is not None
    ]
    return Part(name, some[0][0], frozenset(row.pk for row, _ in some), tuple(past))
