"""Planned jobs: what falls due in a period becomes one job for each visit to a device."""

from __future__ import annotations

from datetime import date

from kilter.department.equipment.models import Device, Location
from kilter.department.ledger import audit
from kilter.department.people.gate import action
from kilter.department.people.models import Person
from kilter.department.schedule.models import PlannedTest
from kilter.department.schedule.planned import end_of, last_day, waiting
from kilter.department.schedule.queries import Visit
from kilter.department.schedule.recompute import add_months
from kilter.department.schedule.site import today
from kilter.department.schedule.titles import protocol_title
from kilter.department.work.models import Job
from kilter.department.work.step import opened
from kilter.measure.error import BadInput

MOST = 500
"""Devices for which one act opens jobs; the next act goes on with the rest."""

MONTHS_AHEAD = 12


@action("schedule.open_planned_jobs")
def open_planned_jobs(*, by: Person, month: date, place: Location | None = None) -> list[Job]:
    """Open one job for each visit that falls due by the end of a month and has none yet.

    Done twice it opens nothing anew. What is late comes along, and so does whatever may be done on the day of
    a visit. Devices that could not be located are left to the ladder of their searches.

    Args:
        by: the acting person.
        month: any day of the month.
        place: only there and within; everywhere where None.

    Raises:
        BadInput: the month is over, or more than a year ahead.
    """
    if not last_day(today()) <= last_day(month) <= last_day(add_months(today(), MONTHS_AHEAD)):
        raise BadInput("month: this one, or one of the next twelve", field="month")
    found = waiting(month, place, most=MOST)
    # two people who open the same month wait for each other here, and the second finds nothing left
    pks = sorted({visit.device.pk for visit in found.visits})
    list(Device.objects.select_for_update(of=("self",)).filter(pk__in=pks).order_by("pk").values_list("pk"))
    jobs = [_opened(by, visit) for visit in waiting(month, place, most=MOST).visits]
    detail = {"month": f"{month:%Y-%m}", "place": place.name if place else "", "jobs": len(jobs)}
    audit.write("schedule.open_planned_jobs", by=by, detail=detail)
    return jobs


def _opened(by: Person, visit: Visit) -> Job:
    """Open the job of a visit, to be done by the first of its last days."""
    titles = "; ".join(protocol_title(due.protocol) for due in visit.dues)
    job = opened(
        by=by,
        device=visit.device,
        kind=Job.Kind.PLANNED,
        text=titles[:500],
        protocol=visit.dues[0].protocol,
        resolve_by=end_of(min(due.closes for due in visit.dues)),
    )
    PlannedTest.objects.bulk_create(
        PlannedTest(
            job=job, device=visit.device, protocol=due.protocol, due=due.due, passed_before=due.last_passed
        )
        for due in visit.dues
    )
    return job
