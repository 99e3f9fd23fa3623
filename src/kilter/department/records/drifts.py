"""Warning before the limit: results that move towards a limit, and when they are expected to meet it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from django.db.models import Exists, F, OuterRef, QuerySet, Window
from django.db.models.functions import RowNumber

from kilter.department.equipment.models import Device, ReferenceValue
from kilter.department.ledger import clock
from kilter.department.policy.queries import Policy, load
from kilter.department.records.models import Reading, Record
from kilter.department.records.queries import document_of
from kilter.department.records.visit import baseline_context, context_of
from kilter.measure.door import Given
from kilter.measure.error import BadInput, KilterError
from kilter.measure.limit import Bounds, applying, bounds
from kilter.measure.outcome import Outcome
from kilter.measure.registry import Entry, entries, find
from kilter.measure.run import run
from kilter.numerics.line import Lines, fit_lines

PROJECTION = "medical_engineering.drift_projection"
FEWEST, MOST = 3, 12
"""Readings of one series that are looked at, the newest."""
READ = 40
"""Readings of one result of a device that are read, before they are parted by what was chosen."""
CONFIDENCE = 0.99
"""With which a slope must be one before a warning is given, on either side."""
AHEAD = timedelta(days=730)

Key = tuple[int, str, str, str, tuple[tuple[str, object], ...]]


@dataclass(frozen=True, slots=True)
class Warned:
    """A bound that a result is moving towards: its value, whether it is the limit or the share near it.

    `line_meets` is the day on which the line itself is there, and `may_meet` the first on which a new
    reading may be, with 95 % confidence.
    """

    bound: float
    what: str
    line_meets: datetime
    may_meet: datetime


@dataclass(frozen=True, slots=True)
class Drifting:
    """A result of a device that moves towards a limit.

    `chosen` is what was chosen for the measurement, `reference` the device's own value where it has one;
    `yearly` the change in a year with its standard uncertainty, in the unit of the readings.
    """

    device: Device
    readings: tuple[Reading, ...]
    chosen: Mapping[str, object]
    yearly: float
    yearly_u: float
    reference: float | None
    warned: tuple[Warned, ...]

    @property
    def newest(self) -> Reading:
        """The newest reading."""
        return self.readings[-1]


def drifting(devices: Sequence[Device]) -> list[Drifting]:
    """Find what is drifting on some devices towards a limit in force, the soonest first; seven queries.

    A straight line is fitted to the newest readings of each result that were measured by the same procedure
    with the same choices and settings. It warns where the slope is one at 99 % on that side, so that noise
    alone seldom does, and a new reading may meet the bound within two years.

    Args:
        devices: with their models.
    """
    by_pk = {one.pk: one for one in devices}
    policy, now = load(), clock.now()
    series = _series(by_pk, policy, now)
    if not series:
        return []
    references: dict[int, list[ReferenceValue]] = {}
    for row in ReferenceValue.objects.filter(device__in=by_pk, set_at__lte=now).order_by("id"):
        references.setdefault(row.device_id, []).append(row)
    listed = list(series.items())
    lines = _lines([rows for _, rows in listed])
    moving = np.flatnonzero(lines.moving(CONFIDENCE))
    found = []
    for number in moving.tolist():
        key, rows = listed[number]
        one = _judged(by_pk[key[0]], key, rows, lines, number, policy, references.get(key[0], ()), now)
        if one is not None:
            found.append(one)
    return sorted(found, key=lambda one: (one.warned[0].may_meet, one.device.asset_key, one.newest.pk))


def _series(by_pk: Mapping[int, Device], policy: Policy, now: datetime) -> dict[Key, list[Reading]]:
    """Part the newest readings by device, procedure, result, unit and what was chosen; one query."""
    known = entries()
    found: dict[Key, list[Reading]] = {}
    settings: dict[tuple[int, str], tuple[str, ...]] = {}
    for row in _newest(list(by_pk)):
        entry = known.get(row.procedure)
        if entry is None:
            continue  # measured by a procedure that is no longer here
        place = (row.device_id, row.procedure)
        if place not in settings:
            settings[place] = _settings(entry, policy, by_pk[row.device_id], now)
        given = document_of(row.record).get("inputs", {})
        chosen = tuple((name, given[name]["value"]) for name in settings[place] if name in given)
        key = (row.device_id, row.procedure, row.result, row.unit, chosen)
        found.setdefault(key, []).append(row)
    return {key: rows[-MOST:] for key, rows in found.items() if len(rows) >= FEWEST}


def _newest(devices: Sequence[int]) -> QuerySet[Reading]:
    """Select the newest readings of each result with their records, in time; corrected ones are left out."""
    newer = Record.objects.filter(supersedes=OuterRef("record_id"))
    ranked = Reading.objects.filter(device__in=devices).exclude(verdict="invalid").exclude(Exists(newer))
    order = [F("performed_at").desc(), F("id").desc()]
    place = Window(RowNumber(), partition_by=["device", "procedure", "result"], order_by=order)
    rows = ranked.annotate(place=place).filter(place__lte=READ)
    return rows.select_related("record").order_by("performed_at", "id")


def _settings(entry: Entry, policy: Policy, device: Device, now: datetime) -> tuple[str, ...]:
    """Name the inputs that must be alike in a series: choices, and what its limits depend on."""
    limits = policy.limits(entry, device, now).limits
    named = {row.of for row in limits} | {name for row in limits for name in row.when}
    return tuple(item.name for item in entry.signature.inputs if item.choices or item.name in named)


def _lines(series: Sequence[Sequence[Reading]]) -> Lines:
    """Fit all series at once, against days from the first reading of each."""
    points = [
        (number, _days(rows[0], row), row.value, np.nan if row.u is None else row.u)
        for number, rows in enumerate(series)
        for row in rows
    ]
    which, days, values, u = zip(*points, strict=True)
    return fit_lines(which, days, values, u)


def _days(first: Reading, row: Reading) -> float:
    return (row.performed_at - first.performed_at) / timedelta(days=1)


def _judged(
    device: Device,
    key: Key,
    rows: Sequence[Reading],
    lines: Lines,
    number: int,
    policy: Policy,
    references: Sequence[ReferenceValue],
    now: datetime,
) -> Drifting | None:
    """Say which bounds a moving line meets soon; None where it meets none."""
    entry = entries()[key[1]]
    edges, reference = _bounds(device, entry, rows[-1], policy, references, now)
    rises = bool(lines.slope[number] > 0)
    warned = []
    for edge, what in _ahead(edges, rises):
        one = _meeting(rows, edge, what, lines, number)
        if one is not None and one.may_meet <= now + AHEAD:
            warned.append(one)
    if not warned:
        return None
    return Drifting(
        device,
        tuple(rows),
        dict(key[4]),
        float(lines.slope[number]) * 365.25,
        float(lines.slope_u[number]) * 365.25,
        reference,
        tuple(sorted(warned, key=lambda one: (one.may_meet, one.bound if rises else -one.bound))),
    )


def _bounds(
    device: Device,
    entry: Entry,
    newest: Reading,
    policy: Policy,
    references: Sequence[ReferenceValue],
    now: datetime,
) -> tuple[list[Bounds], float | None]:
    """Make the limits in force absolute under the conditions of the newest reading."""
    document = document_of(newest.record)
    inputs = {name: Given(name, "", one["value"]) for name, one in document.get("inputs", {}).items()}
    context, own = context_of(device), [row for row in references if row.procedure == entry.key]
    try:
        context |= baseline_context(own, entry, Outcome(entry.key, entry.version, inputs), context)
        results = {name: one.get("value") for name, one in document.get("results", {}).items()}
        facts: dict[str, Any] = {**context, **{name: one.value for name, one in inputs.items()}, **results}
        rows = applying(policy.limits(entry, device, now).limits, newest.result, facts)
        found = [edge for row in rows if (edge := bounds(row, newest.unit, facts)) is not None]
    except BadInput:
        return [], None  # no limit is known for it: the test itself says so by name
    reference = context.get(f"baseline.{newest.result}")
    return found, reference if isinstance(reference, float) else None


def _ahead(edges: Sequence[Bounds], rises: bool) -> list[tuple[float, str]]:
    """List the bounds on the side a line moves to, and the share of each from which it counts as near."""
    found = []
    for edge in edges:
        bound, near = edge.high if rises else edge.low, edge.limit.near
        if bound is None:
            continue
        found.append((bound, "limit"))
        if near is not None and rises and bound > 0:
            found.append((near * bound, f"{near:.0%} of the limit"))
        if near is not None and not rises and bound > 0 and edge.high is None:
            found.append((bound / near, f"{near:.0%} of the limit"))
    return found


def _meeting(rows: Sequence[Reading], edge: float, what: str, lines: Lines, number: int) -> Warned | None:
    """Project a line to a bound by the procedure for calibrations, which counts from zero to a limit above.

    The readings are counted from a place behind the smallest of them, in the direction of the drift.
    """
    slope, first = float(lines.slope[number]), rows[0]
    sign = 1.0 if slope > 0 else -1.0
    values = [sign * row.value for row in rows]
    behind = min(values) - max(max(values) - min(values), abs(sign * edge - max(values)), 1e-300)
    given: dict[str, Any] = {
        "errors": [value - behind for value in values],
        "days": [_days(first, row) for row in rows],
        "limit": sign * edge - behind,
        "expanded": 2.0 * max((row.u or 0.0) for row in rows),
    }
    if given["limit"] <= 0:
        return None  # it lies behind all readings: they are beyond it already, and judged so
    try:
        outcome = run(find(PROJECTION), given)
    except KilterError:
        return None
    if not outcome.valid or "reached" not in outcome.results:
        return None
    line = float(lines.centre[number]) + (edge - float(lines.level[number])) / slope
    reached = float(outcome.results["reached"].value)
    return Warned(edge, what, first.performed_at + timedelta(days=min(line, 36525.0)), _on(first, reached))


def _on(first: Reading, day: float) -> datetime:
    return first.performed_at + timedelta(days=day)
