"""Reads of the schedule room."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, F, OuterRef, QuerySet, Subquery

from kilter.department.equipment.models import Device
from kilter.department.schedule.models import Attempt, Deferral, Due, RiskAnswer
from kilter.department.schedule.site import today as today
from kilter.measure.error import NotFound


def dues_of(device: Device) -> list[Due]:
    """List what is due on a device, the earliest first."""
    return list(Due.objects.filter(device=device).order_by("due", "protocol"))


def due_now(*, most: int = 100) -> list[Due]:
    """List what may be done now, overdue first: its window is open."""
    return list(asked_for()[:most])


def asked_for(*, late: bool = False) -> QuerySet[Due]:
    """Select what may be done now, or what is overdue alone; the earliest date first."""
    rows = Due.objects.filter(suspended=False)
    rows = rows.filter(closes__lt=today()) if late else rows.filter(opens__lte=today())
    return rows.select_related("device__model", "device__location").order_by("due", "id")


def late_by_risk() -> QuerySet[Due]:
    """Select what is overdue by the risk score of its model (`score`), then by how long it is overdue.

    A model whose questions of risk nobody answered comes after those that have a score.
    """
    newest = RiskAnswer.objects.filter(model=OuterRef("device__model")).order_by("-id").values("score")[:1]
    rows = asked_for(late=True).annotate(score=Subquery(newest))
    return rows.order_by(F("score").desc(nulls_last=True), "closes", "id")


def counts() -> tuple[int, int]:
    """Count what is overdue, and what is due in its window and not overdue."""
    day = today()
    rows = Due.objects.filter(suspended=False)
    return rows.filter(closes__lt=day).count(), rows.filter(opens__lte=day, closes__gte=day).count()


def by_month(*, most: int = 24) -> list[tuple[date, int]]:
    """Count what falls due in each month, the earliest first; the index of days is read, not the rows."""
    months: dict[date, int] = {}
    rows = Due.objects.filter(suspended=False).values_list("due").annotate(n=Count("id")).order_by("due")
    for day, n in rows:
        month = day.replace(day=1)
        months[month] = months.get(month, 0) + n
    return list(months.items())[:most]


@dataclass(frozen=True)
class Visit:
    """What can be done together on one device on one day: each within its own window."""

    device: Device
    day: date
    dues: tuple[Due, ...]


def visits(dues: Iterable[Due], on: date) -> list[Visit]:
    """Merge what is due into the fewest visits to each device.

    The due whose window closes first fixes a visit on its own date, or on this day where that is past;
    whatever may be done on that day too is done with it. Nothing is put after its last day for the sake of
    another.

    Args:
        dues: with their devices; suspended ones are left out.
        on: the day on which the plan is made.

    Returns:
        The visits by day.
    """
    waiting: dict[int, list[Due]] = {}
    for due in dues:
        if not due.suspended:
            waiting.setdefault(due.device_id, []).append(due)
    found = []
    for some in waiting.values():
        left = sorted(some, key=lambda due: (due.closes, due.due, due.protocol))
        while left:
            day = max(left[0].due, on)
            together = [due for due in left if due.opens <= day <= max(due.closes, on)]
            found.append(Visit(left[0].device, day, tuple(together)))
            left = [due for due in left if due not in together]
    return sorted(found, key=lambda visit: (visit.day, visit.device.pk))


def visits_until(day: date, *, within: str = "", most: int = 2000) -> list[Visit]:
    """Give the visits that fall due by a day: on all devices, or in a place and all within it.

    Args:
        day: the last day.
        within: path of the place.
        most: how many dues are looked at, the earliest first.
    """
    late = Due.objects.filter(suspended=False, due__lte=day, device__location__path__startswith=within)
    if not within:
        late = Due.objects.filter(suspended=False, due__lte=day)
    devices = {pk for (pk,) in late.order_by("due", "id").values_list("device_id")[:most]}
    rows = Due.objects.filter(device__in=devices, suspended=False, opens__lte=day)
    return visits(rows.select_related("device__model", "device__location"), today())


def due_of(device: Device, protocol: str) -> Due:
    """Find what is due on a device by its protocol.

    Raises:
        NotFound: that is not planned on it.
    """
    found = Due.objects.filter(device=device, protocol=protocol).first()
    if found is None:
        raise NotFound("this is not planned on this device", field="protocol")
    return found


def deferrals_asked(*, most: int = 200) -> list[Deferral]:
    """List the deferrals that wait for a decision, the oldest first."""
    rows = Deferral.objects.filter(state=Deferral.State.ASKED)
    return list(rows.select_related("device__model", "asked_by").order_by("asked_at", "id")[:most])


def attempts_at(due: Due) -> QuerySet[Attempt]:
    """Select the visits that could not be made since the protocol was last passed."""
    rows = Attempt.objects.filter(device=due.device_id, protocol=due.protocol)
    return rows.filter(at__gt=due.last_passed) if due.last_passed else rows


def search_again(*, most: int = 200) -> list[Attempt]:
    """List the devices to be looked for again by today: the newest attempt of each, still not done since."""
    newest: dict[tuple[int, str], Attempt] = {}
    rows = Attempt.objects.filter(again_on__lte=today()).select_related("device__model", "device__location")
    rows = rows.filter(device__dues__protocol=F("protocol"), device__dues__due=F("due"))
    for row in rows.order_by("again_on", "id"):
        newest[row.device_id, row.protocol] = row
    later = Attempt.objects.filter(device__in=[pk for pk, _ in newest], again_on__gt=today())
    for device, protocol in later.values_list("device_id", "protocol"):
        newest.pop((device, protocol), None)
    return list(newest.values())[:most]
