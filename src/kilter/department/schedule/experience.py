"""What a department has seen of a model: time in service, planned tests, failures found and reported."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from kilter.department.equipment.lifecycle import State
from kilter.department.equipment.models import Device, DeviceModel, LifecycleFact
from kilter.department.records.outcomes import VisitOutcome, visit_outcomes
from kilter.department.work.course import JobState
from kilter.department.work.models import Job

YEAR = timedelta(days=365.25)
NO_FAILURE = (Job.Outcome.NO_FAULT, Job.Outcome.USER_HELPED)
REPAIRS = (Job.Kind.FAULT, Job.Kind.RETEST)
"""Jobs in the course of which a test is asked for by the job, and is no planned one."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen of a model over some years.

    `exposure` in device-years in service; `planned` the planned tests by protocol, and `found` how many of
    them found a failure; `reported` the failures between tests, and `preventable` those among them whose
    cause planned maintenance is there to prevent.
    """

    devices: int
    since: datetime | None
    exposure: float
    planned: dict[str, int]
    found: dict[str, int]
    reported: int
    preventable: int


@dataclass(frozen=True, slots=True)
class Fault:
    """A job on a device: from when until when, its kind, and how it ended."""

    device: int
    opened: datetime
    closed: datetime | None
    kind: str
    outcome: str
    cause: str

    def covers(self, instant: datetime) -> bool:
        """Say whether it was open at an instant."""
        return self.opened < instant and (self.closed is None or instant <= self.closed)


def seen(
    models: Sequence[DeviceModel], begin: datetime, end: datetime, preventable: Sequence[str]
) -> dict[int, Seen]:
    """Give what was seen of each model, by its row id. Five queries, whatever the number of devices.

    Args:
        models: which.
        begin: from when.
        end: until when.
        preventable: keys of the causes that planned maintenance is there to prevent.
    """
    of = dict(Device.objects.filter(model__in=models).values_list("pk", "model_id"))
    chosen = Device.objects.filter(model__in=models).values("pk")
    facts = LifecycleFact.objects.filter(device__in=chosen, at__lt=end).order_by("device", "id")
    spans = in_service(facts.values_list("device_id", "state", "at"), begin, end)
    faults = _faults(models, begin, end)
    visits = planned_only([one for one in visit_outcomes(chosen, begin) if one.at < end], faults)
    found: dict[int, Seen] = {}
    for model in models:
        mine = {device: spans[device] for device, pk in of.items() if pk == model.pk and device in spans}
        tests = [one for one in visits if of[one.device] == model.pk]
        failed = [
            one
            for one in faults
            if of[one.device] == model.pk and one.kind == Job.Kind.FAULT and one.outcome not in NO_FAILURE
        ]
        found[model.pk] = Seen(
            devices=len(mine),
            since=min((first for first, _ in mine.values()), default=None),
            exposure=sum((time for _, time in mine.values()), timedelta()) / YEAR,
            planned=_by_protocol(tests),
            found=_by_protocol([one for one in tests if one.failed]),
            reported=len(failed),
            preventable=sum(one.cause in preventable for one in failed),
        )
    return found


def in_service(
    facts: Iterable[tuple[int, str, datetime]], begin: datetime, end: datetime
) -> dict[int, tuple[datetime, timedelta]]:
    """Give, of each device that ever was, since when it is in service and for how long within a period.

    Args:
        facts: device, state and instant; of each device in their order.
        begin: of the period; what was before it does not count in its time.
        end: of the period.
    """
    first: dict[int, datetime] = {}
    time: dict[int, timedelta] = defaultdict(timedelta)
    came: dict[int, datetime] = {}
    for device, state, at in facts:
        if device in came:
            time[device] += max(min(at, end) - max(came.pop(device), begin), timedelta())
        if state == State.IN_SERVICE:
            came[device] = at
            first.setdefault(device, at)
    for device, at in came.items():
        time[device] += max(end - max(at, begin), timedelta())
    return {device: (at, time[device]) for device, at in first.items()}


def planned_only(visits: Sequence[VisitOutcome], faults: Sequence[Fault]) -> list[VisitOutcome]:
    """Leave out the tests that were no planned ones: of a repair, and after a failure until a pass.

    Args:
        visits: in time.
        faults: jobs on the same devices.
    """
    repairs: dict[int, list[Fault]] = defaultdict(list)
    for fault in faults:
        repairs[fault.device].append(fault)
    failing: set[tuple[int, str]] = set()
    found = []
    for one in visits:
        place = (one.device, one.protocol)
        again = place in failing or any(job.covers(one.at) for job in repairs[one.device])
        if not again:
            found.append(one)
        failing.discard(place)
        if one.failed:
            failing.add(place)
    return found


def _faults(models: Sequence[DeviceModel], begin: datetime, end: datetime) -> list[Fault]:
    gone = Q(state__in=[JobState.CANCELLED, JobState.DUPLICATE])
    rows = Job.objects.filter(device__model__in=models, kind__in=REPAIRS).exclude(gone)
    rows = rows.filter(opened_at__gte=begin, opened_at__lt=end).order_by("opened_at", "id")
    columns = ("device_id", "opened_at", "closed_at", "kind", "outcome", "cause_code")
    return [Fault(*row) for row in rows.values_list(*columns)]


def _by_protocol(tests: Sequence[VisitOutcome]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for one in tests:
        counts[one.protocol] = counts.get(one.protocol, 0) + 1
    return counts
