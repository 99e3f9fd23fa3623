"""The work of the coming months against the time there is for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Count, Q, Sum

from kilter.department.policy.queries import capacity_at
from kilter.department.schedule.models import Due
from kilter.department.schedule.recompute import add_months
from kilter.department.schedule.site import today

MONTHS = 12


@dataclass(frozen=True, slots=True)
class Month:
    """One month: how many tests fall due, their planned time, how many have none, and the time there is."""

    first: date
    tests: int
    planned: timedelta
    unplanned: int
    capacity: timedelta


@dataclass(frozen=True, slots=True)
class Place:
    """What is due by the end of a month in one place, and how much of it is overdue now."""

    name: str
    due: int
    late: int


def coming(months: int = MONTHS) -> list[Month]:
    """Give the load of this month and those after it. Two queries, whatever the number of devices.

    What is overdue, and what may be done already and was due before, counts in this month. A test that
    comes again within these months is counted each time, as if it were done on its day.
    """
    now = today()
    first = now.replace(day=1)
    begins = [add_months(first, number) for number in range(months)]
    tests, none = dict.fromkeys(begins, 0), dict.fromkeys(begins, 0)
    planned = dict.fromkeys(begins, timedelta())
    rows = Due.objects.filter(suspended=False, due__lt=add_months(first, months))
    grouped = rows.values_list("due", "months").annotate(
        n=Count("id"), time=Sum("duration"), without=Count("id", filter=Q(duration=None))
    )
    for due, every, n, time_planned, without in grouped.order_by("due", "months"):
        for day in _again(max(due, now), every, add_months(first, months)):
            month = day.replace(day=1)
            tests[month] += n
            none[month] += without
            planned[month] += time_planned or timedelta()
    there_is = capacity_at([_ends(begin) for begin in begins])
    return [
        Month(begin, tests[begin], planned[begin], none[begin], capacity)
        for begin, capacity in zip(begins, there_is, strict=True)
    ]


def _again(day: date, months: int, end: date) -> Sequence[date]:
    """Give the days on which a test that is due on a day comes again, before an end."""
    found = []
    number = 0
    while (then := add_months(day, number * months)) < end:
        found.append(then)
        number += 1
    return found


def _ends(first: date) -> datetime:
    """Give the last instant of a month at the site: who begins within it counts for it."""
    after = datetime.combine(add_months(first, 1), time(), ZoneInfo(settings.SITE_ZONE))
    return after - timedelta(microseconds=1)


def by_place(*, most: int = 50) -> list[Place]:
    """Give what may be done now by place, the places with the most overdue first. One query."""
    now = today()
    rows = Due.objects.filter(suspended=False, opens__lte=now).values_list("device__location__name")
    counted = rows.annotate(n=Count("id"), late=Count("id", filter=Q(closes__lt=now)))
    ordered = counted.order_by("-late", "-n", "device__location__name")[:most]
    return [Place(name or "no place", n, late) for name, n, late in ordered]
