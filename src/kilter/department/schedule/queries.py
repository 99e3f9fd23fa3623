"""Reads of the schedule room."""

from __future__ import annotations

from datetime import date

from django.db.models import Count

from kilter.department.equipment.models import Device
from kilter.department.ledger import clock
from kilter.department.schedule.models import Due
from kilter.department.schedule.recompute import local_day


def today() -> date:
    """Give the day at the site."""
    return local_day(clock.now())


def dues_of(device: Device) -> list[Due]:
    """List what is due on a device, the earliest first."""
    return list(Due.objects.filter(device=device).order_by("due", "protocol"))


def due_now(*, most: int = 100) -> list[Due]:
    """List what may be done now, overdue first: its window is open."""
    rows = Due.objects.filter(opens__lte=today()).select_related("device__model", "device__location")
    return list(rows.order_by("due", "id")[:most])


def counts() -> tuple[int, int]:
    """Count what is overdue, and what is due in its window and not overdue."""
    day = today()
    overdue = Due.objects.filter(due__lt=day).count()
    return overdue, Due.objects.filter(opens__lte=day, due__gte=day).count()


def by_month(*, most: int = 24) -> list[tuple[date, int]]:
    """Count what falls due in each month, the earliest first; the index of days is read, not the rows."""
    months: dict[date, int] = {}
    rows = Due.objects.values_list("due").annotate(n=Count("id")).order_by("due")
    for day, n in rows:
        month = day.replace(day=1)
        months[month] = months.get(month, 0) + n
    return list(months.items())[:most]
