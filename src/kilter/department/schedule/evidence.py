"""What moves a due date besides passing records: absence, counters, approved deferrals. One query each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from kilter.department.equipment.lifecycle import State
from kilter.department.equipment.models import LifecycleFact
from kilter.department.ledger.rows import among
from kilter.department.schedule.models import CounterReading, Deferral
from kilter.department.schedule.site import local_day
from kilter.department.schedule.usage import Read

AWAY = (State.OUT_OF_SERVICE,)
"""States in which a schedule that suspends is not asked for."""


@dataclass(frozen=True, slots=True)
class Absence:
    """The last time a device was out of service: from which day, until which."""

    gone: date
    back: date

    def spans(self, day: date) -> bool:
        """Say whether a date fell within it; one that was passed before it stays overdue."""
        return self.gone <= day < self.back


def absences(ids: Sequence[int]) -> dict[int, Absence]:
    """Give the last ended absence of each device that had one."""
    facts = LifecycleFact.objects.filter(among("device", ids)).order_by("device", "id")
    found: dict[int, Absence] = {}
    before: tuple[int, str, datetime] | None = None
    for device, state, at in facts.values_list("device_id", "state", "at"):
        if before is not None and before[0] == device and before[1] in AWAY and state == State.IN_SERVICE:
            found[device] = Absence(local_day(before[2]), local_day(at))
        before = (device, state, at)
    return found


def counted(ids: Sequence[int]) -> dict[tuple[int, str], list[Read]]:
    """Give the readings of each counter of each device, in time."""
    found: dict[tuple[int, str], list[Read]] = {}
    rows = CounterReading.objects.filter(among("device", ids)).order_by("at", "id")
    columns = ("device_id", "counter", "at", "value", "anew", "start")
    for device, counter, at, value, anew, start in rows.values_list(*columns):
        found.setdefault((device, counter), []).append(Read(at, value, anew, start))
    return found


def deferrals(ids: Sequence[int]) -> dict[tuple[int, str, date], date]:
    """Give until when each date was deferred, by device, protocol and that date; the last decision counts."""
    approved = Deferral.objects.filter(among("device", ids), state=Deferral.State.APPROVED)
    rows = approved.order_by("decided_at", "id")
    return {
        (device, protocol, due): until
        for device, protocol, due, until in rows.values_list("device_id", "protocol", "due", "until")
    }
