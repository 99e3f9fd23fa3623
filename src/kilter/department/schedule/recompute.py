"""Compute every due date from policy and evidence; running it twice changes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
from django.db import transaction

from kilter.department.equipment.lifecycle import State
from kilter.department.equipment.models import Device
from kilter.department.ledger import clock, rows
from kilter.department.policy.models import Basis, Frequency
from kilter.department.policy.queries import load
from kilter.department.records.queries import last_passed
from kilter.department.schedule import days as calendar
from kilter.department.schedule.columns import COLUMNS, Row
from kilter.department.schedule.completions import note_completions
from kilter.department.schedule.evidence import Absence, absences, counted, deferrals
from kilter.department.schedule.models import Due
from kilter.department.schedule.plan import Plan, Planned, read
from kilter.department.schedule.site import local_day as local_day
from kilter.department.schedule.usage import Read, reached

PLANNED = (State.IN_SERVICE, State.OUT_OF_SERVICE, State.COULD_NOT_LOCATE)
"""States in which maintenance stays planned; a lost device stays overdue rather than fall out of sight."""

CHUNK = 20_000


@dataclass(frozen=True)
class Evidence:
    """What was done, said and counted, of some devices."""

    passed: dict[tuple[int, str], datetime]
    absent: dict[int, Absence]
    counters: dict[tuple[int, str], list[Read]]
    deferred: dict[tuple[int, str, date], date]


def add_months(day: date, months: int) -> date:
    """Add calendar months; the last day of a month stays the last where the next is shorter."""
    found: date = calendar.add_months(np.array([day], dtype="datetime64[D]"), months)[0].item()
    return found


def recompute(devices: Sequence[int] | None = None) -> int:
    """Compute what is due, for some devices or for all.

    Args:
        devices: row ids; all where None.

    Returns:
        How many rows stand afterwards for them.
    """
    plan = Plan(load(), clock.now())
    if devices is not None:
        return _some(list(devices), plan)
    return sum(_some(ids, plan) for ids in _stretches())


def _stretches() -> Iterator[range]:
    """Give stretches of row ids that together hold all devices: each is one range of an index."""
    last = 0
    while True:
        ids = Device.objects.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)
        ends = list(ids[CHUNK - 1 : CHUNK]) or list(ids.reverse()[:1])
        if not ends:
            return
        yield range(last + 1, ends[0] + 1)
        last = ends[0]


def _some(ids: Sequence[int], plan: Plan) -> int:
    devices = read(ids, PLANNED)
    sorted_out = plan.by_frequency(devices)
    counters = any(frequency.counter for frequency in sorted_out)
    suspending = any(frequency.suspends for frequency in sorted_out)
    evidence = Evidence(
        last_passed(ids),
        absences([one.pk for one in devices if one.state == State.IN_SERVICE]) if suspending else {},
        counted(ids) if counters else {},
        deferrals(ids),
    )
    wanted = [row for frequency, some in sorted_out.items() for row in dues_under(frequency, some, evidence)]
    _write(ids, wanted)
    return len(wanted)


def dues_under(frequency: Frequency, devices: Sequence[Planned], evidence: Evidence) -> list[Row]:
    """Give what is due under one frequency: exactly one row for each device.

    Args:
        frequency: the schedule.
        devices: those it reaches.
        evidence: what was done on them.
    """
    passed = [evidence.passed.get((one.pk, frequency.protocol)) for one in devices]
    last = _days([None if when is None else local_day(when) for when in passed])
    registered = _days([local_day(one.registered_at) for one in devices])
    planned = _planned(frequency, registered, last).tolist()
    return [
        _row(frequency, device, day, when, evidence)
        for device, day, when in zip(devices, planned, passed, strict=True)
    ]


def _days(given: Sequence[date | None]) -> calendar.Days:
    return np.array([np.datetime64("NaT") if day is None else day for day in given], dtype="datetime64[D]")


def _planned(frequency: Frequency, registered: calendar.Days, last: calendar.Days) -> calendar.Days:
    """Give the dates by time alone: a device never tested here is due one window after it was registered."""
    first = registered + np.timedelta64(frequency.window_days, "D")
    if frequency.basis != Basis.SCHEDULED:
        return calendar.floating(first, last, frequency.months)
    if frequency.anchor is not None:
        anchor = np.datetime64(frequency.anchor, "D")
        first = calendar.first_after(anchor, registered, frequency.months)
    return calendar.fixed(first, last, frequency.months, frequency.window_days)


def _row(frequency: Frequency, device: Planned, day: date, last: datetime | None, evidence: Evidence) -> Row:
    restart = False
    if frequency.counter:
        readings = evidence.counters.get((device.pk, frequency.counter), [])
        use = reached(readings, last, frequency.every or 0.0)
        day = min(day, local_day(use)) if use is not None else day
    absence = evidence.absent.get(device.pk) if frequency.suspends else None
    if absence is not None and absence.spans(day):
        day, restart = absence.back, True
    closes = day + timedelta(days=frequency.after_days)
    until = evidence.deferred.get((device.pk, frequency.protocol, day))
    return Row(
        device.pk,
        frequency.protocol,
        day,
        day if restart else day - timedelta(days=frequency.window_days),
        closes if until is None else max(closes, until),
        until,
        frequency.suspends and device.state == State.OUT_OF_SERVICE,
        restart,
        last,
        frequency.months,
        frequency.withdraw_when_overdue,
        frequency.duration,
    )


def _write(ids: Sequence[int], wanted: Sequence[Row]) -> None:
    """Bring the table in line: only what differs is written."""
    with transaction.atomic():
        stand = {
            Row(*row[1:]): row[0]
            for row in Due.objects.filter(rows.among("device", ids)).values_list("pk", *COLUMNS)
        }
        new = [row for row in wanted if row not in stand]
        note_completions(list(stand), new)
        if len(stand) - (len(wanted) - len(new)):
            kept = set(wanted)
            Due.objects.filter(pk__in=[pk for row, pk in stand.items() if row not in kept]).delete()
        rows.insert(Due, COLUMNS, new)
