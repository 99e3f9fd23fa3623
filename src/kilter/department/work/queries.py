"""Reads of the work room."""

from __future__ import annotations

from uuid import UUID

from kilter.department.equipment.models import Device
from kilter.department.people.models import Person
from kilter.department.work.course import JobState
from kilter.department.work.models import Job
from kilter.measure.error import NotFound


def open_jobs(*, taken_by: Person | None = None, most: int = 200) -> list[Job]:
    """List open jobs, the oldest first; those of one person where one is given."""
    rows = Job.objects.exclude(state=JobState.CLOSED).select_related(
        "device__model", "device__location", "taken_by"
    )
    if taken_by is not None:
        rows = rows.filter(taken_by=taken_by)
    return list(rows.order_by("opened_at", "id")[:most])


def count_open() -> int:
    """Count open jobs."""
    return Job.objects.exclude(state=JobState.CLOSED).count()


def jobs_of(device: Device, *, most: int = 100) -> list[Job]:
    """List a device's jobs, the newest first."""
    return list(
        Job.objects.filter(device=device)
        .select_related("opened_by", "taken_by")
        .order_by("-opened_at")[:most]
    )


def job_by_uuid(uuid: UUID) -> Job:
    """Find a job.

    Raises:
        NotFound: there is none.
    """
    found = Job.objects.select_related("device__model", "taken_by", "opened_by").filter(uuid=uuid).first()
    if found is None:
        raise NotFound("there is no such job", field="job")
    return found
