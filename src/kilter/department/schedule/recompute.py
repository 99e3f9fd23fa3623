"""Compute every due date from policy and evidence; running it twice changes nothing."""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from kilter.department.equipment.lifecycle import State
from kilter.department.equipment.models import Device
from kilter.department.ledger import clock
from kilter.department.policy.models import Frequency
from kilter.department.policy.queries import Policy, load
from kilter.department.records.queries import last_passed
from kilter.department.schedule.models import Due

PLANNED = (State.IN_SERVICE, State.OUT_OF_SERVICE, State.COULD_NOT_LOCATE)
"""States in which maintenance stays planned; a lost device stays overdue rather than fall out of sight."""

CHUNK = 5000


def local_day(instant: datetime) -> date:
    """Give the day of an instant at the site."""
    return instant.astimezone(ZoneInfo(settings.SITE_ZONE)).date()


def add_months(day: date, months: int) -> date:
    """Add calendar months; the last day of a month stays the last where the next is shorter."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def due_day(frequency: Frequency, last: datetime | None, registered: datetime) -> date:
    """Give the day on which a protocol is due.

    Counted from the last visit that passed, so that an early completion moves it; a device that was
    never tested here is due one window after it was registered.
    """
    if last is None:
        return local_day(registered) + timedelta(days=frequency.window_days)
    return add_months(local_day(last), frequency.months)


def recompute(devices: Sequence[int] | None = None) -> int:
    """Compute what is due, for some devices or for all.

    Args:
        devices: row ids; all where None.

    Returns:
        How many rows stand afterwards for them.
    """
    policy, written = load(), 0
    if devices is not None:
        return _some(list(devices), policy)
    last = 0
    while True:
        ids = list(Device.objects.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:CHUNK])
        if not ids:
            return written
        written += _some(ids, policy)
        last = ids[-1]


def _some(ids: list[int], policy: Policy) -> int:
    rows = Device.objects.filter(pk__in=ids, state__in=PLANNED).select_related("model")
    done, now = last_passed(ids), clock.now()
    wanted = [
        _row(device, f, done.get((device.pk, f.protocol)))
        for device in rows
        for f in _frequencies(policy, device, now)
    ]
    with transaction.atomic():
        Due.objects.filter(device__in=ids).delete()
        Due.objects.bulk_create(wanted, batch_size=1000)
    return len(wanted)


def _frequencies(policy: Policy, device: Device, now: datetime) -> Iterable[Frequency]:
    return policy.frequencies_for(device, now)


def _row(device: Device, frequency: Frequency, last: datetime | None) -> Due:
    day = due_day(frequency, last, device.registered_at)
    return Due(
        device=device,
        protocol=frequency.protocol,
        due=day,
        opens=day - timedelta(days=frequency.window_days),
        last_passed=last,
        months=frequency.months,
        withdraw_when_overdue=frequency.withdraw_when_overdue,
    )
