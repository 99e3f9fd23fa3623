"""What one person has before them: jobs, planned visits, bookings, downtimes; named by device alone.

Neither the words of a ward nor a borrower's name is given away here: they may name a patient.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from kilter.department.equipment.models import Device, Location
from kilter.department.ledger import clock
from kilter.department.people.models import Person
from kilter.department.schedule.models import PlannedTest
from kilter.department.schedule.site import local_day
from kilter.department.schedule.titles import protocol_title
from kilter.department.work.models import Downtime, Job, Loan

MOST = 500


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing: what kind it is, its id, when, and on which device.

    `starts` is a day where only the day is known; `path` is where its page is.
    """

    kind: str
    uuid: UUID
    starts: datetime | date
    ends: datetime | None
    title: str
    device: Device
    path: str
    detail: str = ""

    @property
    def place(self) -> str:
        """Name its place; a patient's home has no name here."""
        place = self.device.location
        return "" if place is None or place.kind == Location.Kind.HOME else place.name


def agenda(person: Person) -> list[Entry]:
    """Give what a person has before them, in time. Four queries.

    Jobs that they have taken stand at the instant by which they are to be solved; planned ones on the day of
    their earliest test; bookings and downtimes of theirs for their time.
    """
    found = [*_jobs(person), *_loans(person), *_downtimes(person)]
    return sorted(found, key=lambda one: (_day(one.starts), one.kind, str(one.uuid)))


def _day(starts: datetime | date) -> date:
    return local_day(starts) if isinstance(starts, datetime) else starts


def _jobs(person: Person) -> list[Entry]:
    rows = Job.objects.filter(taken_by=person, closed_at=None).select_related(
        "device__model", "device__location"
    )
    jobs = list(rows.order_by("opened_at", "id")[:MOST])
    tests: dict[int, list[PlannedTest]] = {}
    for test in PlannedTest.objects.filter(job__in=[job.pk for job in jobs]).order_by("due", "protocol"):
        tests.setdefault(test.job_id, []).append(test)
    found = []
    for job in jobs:
        planned = tests.get(job.pk, [])
        starts: datetime | date = job.resolve_by or local_day(job.opened_at)
        if planned:
            starts = planned[0].due
        detail = "; ".join(protocol_title(test.protocol) for test in planned)
        title = "Planned visit" if planned else job.get_kind_display().capitalize()
        found.append(Entry("job", job.uuid, starts, None, title, job.device, f"/work/{job.uuid}/", detail))
    return found


def _loans(person: Person) -> list[Entry]:
    rows = Loan.objects.filter(booked_by=person, cancelled_at=None, returned_at=None)
    rows = rows.select_related("pool__device__model", "pool__device__location").order_by("starts", "id")
    return [
        Entry("loan", one.uuid, one.starts, one.ends, "Loan", one.pool.device, "/library/")
        for one in rows[:MOST]
    ]


def _downtimes(person: Person) -> list[Entry]:
    rows = Downtime.objects.filter(cancelled_at=None, ends__gt=clock.now())
    mine = rows.filter(booked_by=person) | rows.filter(acknowledged_by=person)
    mine = mine.select_related("device__model", "device__location").order_by("starts", "id")
    return [
        Entry(
            "downtime",
            one.uuid,
            one.starts,
            one.ends,
            "Planned downtime",
            one.device,
            "/downtime/",
            "acknowledged" if one.acknowledged_at else "not acknowledged yet",
        )
        for one in mine[:MOST]
    ]
