"""The figures of the service over a period: counted here, their intervals by the cited procedures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Avg, Count, Exists, F, OuterRef, Q
from django.db.models.functions import Coalesce, TruncDate

from kilter.department.equipment.lifecycle import State
from kilter.department.equipment.models import Device
from kilter.department.ledger import clock
from kilter.department.schedule.models import Attempt, Completion, Due
from kilter.department.schedule.site import local_day
from kilter.department.work.course import JobState
from kilter.department.work.models import Job
from kilter.measure.registry import entries, load
from kilter.measure.run import run

YEAR = timedelta(days=365.25)
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Share:
    """A share of a count in percent, with its interval; None where nothing was counted."""

    done: int
    of: int
    value: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Planned:
    """Planned tests of a period: the share done in its window, and what kept the others from it."""

    share: Share
    could_not_locate: int
    no_access: int


@dataclass(frozen=True, slots=True)
class Failures:
    """Failures over device-years, with the interval of the rate; MTBF and MTTR in hours; availability."""

    failures: int
    exposure: float
    rate: float | None = None
    low: float | None = None
    high: float | None = None
    repairs: int = 0
    mttr: float | None = None
    mtbf: float | None = None
    availability: float | None = None


@dataclass(frozen=True, slots=True)
class Period:
    """From the first day until the day after the last, at the site."""

    first: date
    end: date

    @property
    def instants(self) -> tuple[datetime, datetime]:
        """Give when it begins, and when it ends or now if it has not ended."""
        zone = ZoneInfo(settings.SITE_ZONE)
        begin, end = (datetime.combine(day, time(), zone) for day in (self.first, self.end))
        return begin, max(begin, min(end, clock.now()))


def year(number: int) -> Period:
    """Give a calendar year as a period."""
    return Period(date(number, 1, 1), date(number + 1, 1, 1))


def procedure_numbers(name: str, **inputs: float) -> dict[str, float]:
    """Run a procedure of medical engineering and give its numbers in their declared units."""
    outcome = run(load(entries()[f"medical_engineering.{name}"]), inputs)
    return {key: one.value for key, one in outcome.results.items() if not isinstance(one.value, str)}


def share(done: int, of: int, **apart: int) -> Share:
    """Give a share with Wilson's interval."""
    if not of:
        return Share(done, of)
    found = procedure_numbers("compliance", done=done, due=of, **apart)
    return Share(done, of, found["compliance"], found["low"], found["high"])


def planned(period: Period) -> Planned:
    """Count what was due in a period and done in its window. Two queries."""
    today = local_day(clock.now())
    within = Q(closes__gte=period.first, closes__lt=period.end)
    answered = Completion.objects.filter(within).aggregate(
        n=Count("id"),
        done=Count("id", filter=Q(in_window=True)),
        **_kept_from(Q(in_window=False)),
    )
    still = Due.objects.filter(within, suspended=False, closes__lt=today).aggregate(
        n=Count("id"), **_kept_from(Q())
    )
    lost = answered["lost"] + still["lost"]
    shut = answered["shut"] + still["shut"]
    made = share(answered["done"], answered["n"] + still["n"], could_not_locate=lost, no_access=shut)
    return Planned(made, lost, shut)


def _kept_from(which: Q) -> dict[str, Any]:
    """Count what was not done because the device was not found, else because there was no access."""
    same = Attempt.objects.filter(
        device=OuterRef("device"), protocol=OuterRef("protocol"), due=OuterRef("due")
    )
    lost = Exists(same.filter(outcome=Attempt.Outcome.COULD_NOT_LOCATE))
    shut = Exists(same.filter(outcome=Attempt.Outcome.NO_ACCESS))
    return {
        "lost": Count("id", filter=which & Q(lost)),
        "shut": Count("id", filter=which & Q(shut) & ~Q(lost)),
    }


def failures(period: Period) -> Failures:
    """Count failures, device-years and the time to repair. Three queries."""
    begin, end = period.instants
    endless = Q(outcome__in=[Job.Outcome.NO_FAULT, Job.Outcome.USER_HELPED])
    gone = Q(state__in=[JobState.CANCELLED, JobState.DUPLICATE])
    rows = Job.objects.filter(kind=Job.Kind.FAULT, opened_at__gte=begin, opened_at__lt=end)
    over = Coalesce("repaired_at", "closed_at")
    found = rows.exclude(endless | gone).aggregate(
        n=Count("id"),
        repairs=Count("id", filter=~Q(closed_at=None)),
        down=Avg(over - F("opened_at"), filter=~Q(closed_at=None)),
    )
    exposure, count = _exposure(begin, end), found["n"]
    if exposure <= timedelta():
        return Failures(count, 0.0, repairs=found["repairs"])
    rate = procedure_numbers("failure_rate", failures=count, exposure=exposure / YEAR)
    made = {"rate": rate["rate"], "low": rate["low"], "high": rate["high"], "repairs": found["repairs"]}
    if count and found["down"] is not None:
        mttr = found["down"] / HOUR
        each = procedure_numbers("availability", devices=1, time=exposure / HOUR, failures=count, mttr=mttr)
        made |= {"mttr": mttr, "mtbf": each["mtbf"], "availability": 100 * each["availability"]}
    return Failures(count, exposure / YEAR, **made)


def _exposure(begin: datetime, end: datetime) -> timedelta:
    """Give the device-time of the devices in service now, each from when it was registered. Two queries."""
    rows = Device.objects.filter(state=State.IN_SERVICE)
    whole = (end - begin) * rows.filter(registered_at__lt=begin).count()
    later = rows.filter(registered_at__gte=begin, registered_at__lt=end)
    zone = ZoneInfo(settings.SITE_ZONE)
    days = (
        later.annotate(day=TruncDate("registered_at", tzinfo=zone)).values_list("day").annotate(n=Count("id"))
    )
    for day, n in days.order_by("day"):
        noon = datetime.combine(day, time(12), zone)
        whole += max(end - noon, timedelta()) * n
    return whole


def clocks(period: Period) -> tuple[Share, Share]:
    """Count the faults answered, and those solved, in time. One query."""
    begin, end = period.instants
    now = clock.now()
    rows = Job.objects.filter(kind=Job.Kind.FAULT, opened_at__gte=begin, opened_at__lt=end)
    rows = rows.exclude(state__in=[JobState.CANCELLED, JobState.DUPLICATE]).exclude(respond_by=None)
    answered, solved = Q(responded_at__lte=F("respond_by")), Q(closed_at__lte=F("resolve_by"))
    stopped = Q(stopped_at=None)
    found = rows.aggregate(
        answered=Count("id", filter=answered),
        to_answer=Count("id", filter=answered | Q(respond_by__lt=now)),
        solved=Count("id", filter=solved),
        to_solve=Count("id", filter=solved | ~Q(closed_at=None) | (Q(resolve_by__lt=now) & stopped)),
    )
    return share(found["answered"], found["to_answer"]), share(found["solved"], found["to_solve"])
