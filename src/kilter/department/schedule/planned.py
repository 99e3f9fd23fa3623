"""Planned jobs: which dues wait for one, and which jobs a passing visit ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Exists, F, OuterRef, QuerySet

from kilter.department.equipment.lifecycle import State
from kilter.department.equipment.models import Device, Location
from kilter.department.equipment.queries import within
from kilter.department.people.models import Person
from kilter.department.records.models import LegacyEvidence, Record
from kilter.department.records.queries import last_passed
from kilter.department.schedule.models import Due, PlannedTest
from kilter.department.schedule.queries import Visit, visits
from kilter.department.schedule.recompute import add_months
from kilter.department.schedule.site import today
from kilter.department.work.models import Job, JobEvent
from kilter.department.work.step import move, save


@dataclass(frozen=True, slots=True)
class Waiting:
    """Visits of a period that have no job yet: those to be opened now, and how many devices are left over."""

    visits: list[Visit]
    left: int


def last_day(month: date) -> date:
    """Give the last day of the month in which a day lies."""
    return add_months(month.replace(day=1), 1) - timedelta(days=1)


def end_of(day: date) -> datetime:
    """Give the instant at which a day of the site is over."""
    return datetime.combine(day + timedelta(days=1), time(), ZoneInfo(settings.SITE_ZONE))


def _without_job() -> QuerySet[Due]:
    """Select what is due on devices that can be found, and that no open job is to see through."""
    planned = PlannedTest.objects.filter(
        device=OuterRef("device"), protocol=OuterRef("protocol"), job__closed_at=None
    )
    rows = Due.objects.filter(~Exists(planned), suspended=False)
    return rows.exclude(device__state=State.COULD_NOT_LOCATE)


def waiting(month: date, place: Location | None = None, *, most: int) -> Waiting:
    """Give the visits that fall due by the end of a month and have no open job; what is late comes along.

    Whatever else may be done on the day of such a visit is merged into it. A device that could not be located
    is left to the ladder of its searches. Two queries.

    Args:
        month: any day of the month.
        place: only there and within; everywhere where None.
        most: devices at most, those with the earliest dates first.
    """
    until = max(last_day(month), today())
    rows = _without_job().filter(due__lte=until)
    if place is not None:
        rows = rows.filter(within(place, "device__location__"))
    order = dict.fromkeys(rows.order_by("due", "id").values_list("device_id", flat=True))
    chosen = list(order)[:most]
    dues = _without_job().filter(device__in=chosen, opens__lte=until)
    found = visits(dues.select_related("device__model", "device__location"), today())
    return Waiting([one for one in found if one.day <= until], len(order) - len(chosen))


def _open_jobs(devices: Sequence[int]) -> dict[Job, list[PlannedTest]]:
    """Give the open planned jobs of devices, locked, with their tests."""
    found: dict[Job, list[PlannedTest]] = {}
    rows = Job.objects.filter(device__in=list(devices), kind=Job.Kind.PLANNED, closed_at=None)
    if not rows.exists():  # most visits close nothing, and the locked rows are wide
        return found
    jobs = {
        one.pk: one for one in rows.select_for_update(of=("self",)).select_related("target", "device__model")
    }
    for test in PlannedTest.objects.filter(job__in=jobs).order_by("id"):
        found.setdefault(jobs[test.job_id], []).append(test)
    return found


def close_passed(devices: Sequence[int], by: Person, evidence: Record | None = None) -> list[Job]:
    """Close the planned jobs of devices of which every test was passed since they were opened.

    A job that was opened again after it had ended waits for passes after that. Running it twice changes
    nothing.

    Args:
        devices: row ids.
        by: whose visit it was.
        evidence: the record that was sealed.
    """
    jobs = _open_jobs(devices)
    if not jobs:
        return []
    passed = last_passed(list(devices))
    events = JobEvent.objects.filter(job__in=jobs, verb="reopen").order_by("id")
    again = dict(events.values_list("job_id", "at"))
    ended = []
    for job, tests in jobs.items():
        since = again.get(job.pk)
        if all(_answered(one, passed.get((one.device_id, one.protocol)), since) for one in tests):
            _close(job, by, evidence)
            ended.append(job)
    return ended


def _answered(test: PlannedTest, passed: datetime | None, again: datetime | None) -> bool:
    after = again or test.passed_before
    return passed is not None and (after is None or passed > after)


def _close(job: Job, by: Person, evidence: Record | None) -> None:
    words = f"passed (record {evidence.number})" if evidence else "passed"
    move(job, "close", by, evidence=str(evidence.uuid) if evidence else "")
    job.outcome, job.closing_text = Job.Outcome.DONE, words
    job.closing_evidence = evidence.uuid if evidence else None
    save(job, "work.close_job", by, planned=True)


def on_sealed(*, device: Device, records: Sequence[Record], by: Person) -> None:
    """Close what the records of a visit have ended, in the transaction that seals them."""
    close_passed([device.pk], by, records[-1] if records else None)


def on_looked_at(*, record: Record, second: Record, by: Person) -> None:
    """Close what a passing visit ends once it is countersigned."""
    if second.kind == "countersignature" and record.device_id is not None:
        close_passed([record.device_id], by, record)


def on_history(devices: Sequence[int]) -> None:
    """Close what history that was brought in has ended; the act is theirs who brought it."""
    rows = LegacyEvidence.objects.filter(
        device__in=list(devices), passed=True, device__planned_tests__job__closed_at=None
    ).filter(protocol=F("device__planned_tests__protocol"))
    for row in rows.select_related("imported_by").order_by("device", "-imported_at").distinct():
        close_passed([row.device_id], row.imported_by)


def planned_tests(job: Job) -> list[tuple[PlannedTest, bool]]:
    """List the tests of a planned job, each with whether it was passed since the job was opened."""
    tests = list(PlannedTest.objects.filter(job=job).order_by("due", "id"))
    if not tests:
        return []
    passed = last_passed([job.device_id])
    again = JobEvent.objects.filter(job=job, verb="reopen").order_by("-id").values_list("at", flat=True)
    since = again.first() if job.closed_at is None else None
    return [(one, _answered(one, passed.get((one.device_id, one.protocol)), since)) for one in tests]
