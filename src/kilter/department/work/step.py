"""One step of a job's course: locked, by the table, with its clocks and its event."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from kilter.department.equipment.models import Device, Hold
from kilter.department.ledger import audit, clock, rows
from kilter.department.people.models import Person
from kilter.department.work import clocks
from kilter.department.work.course import ENDED, JobState, next_state
from kilter.department.work.models import Job, JobEvent, JobWord, Target
from kilter.department.work.wording import words_of
from kilter.measure.error import Conflict

SEARCHED = (Job.Kind.FAULT, Job.Kind.OTHER)
"""Kinds of job whose words a person wrote, so that they can be like another's."""

CHANGING = ("take", "resume", "repair")
"""Verbs after which somebody works on the device."""


EVENT_COLUMNS = ("job_id", "verb", "before", "after", "at", "by_id", "reason", "detail")


def locked(job: Job) -> Job:
    """Read a job again, locked until the end of the transaction."""
    return (
        Job.objects.select_for_update(of=("self",)).select_related("target", "device__model").get(pk=job.pk)
    )


def opened(*, by: Person, device: Device, activity: str = "work.open_job", **fields: Any) -> Job:
    """Write a new job with its clocks, its words, its first event and its audit entry."""
    job = Job(device=device, opened_by=by, opened_at=clock.now(), **fields)
    set_clocks(job, job.opened_at)
    job.save()
    if job.kind in SEARCHED:
        words = words_of(job.text, job.error_code)
        JobWord.objects.bulk_create(JobWord(job=job, model_id=device.model_id, word=word) for word in words)
    write_event(job, "open", "", by)
    detail = {"device": device.asset, "kind": job.kind, "unsafe": job.unsafe}
    audit.write(activity, by=by, subject=job, detail=detail)
    return job


def refuse_quarantined(device: Device) -> None:
    """Refuse to work on a device that is kept as an incident left it.

    The finding of the investigation sets it free for repair. The hold itself stays until a test has passed:
    were repair to wait for that, what is broken could never be mended.

    Raises:
        Conflict: it is quarantined, and was not investigated yet.
    """
    kept = Hold.objects.filter(device=device, cause="quarantine", released_at=None, investigated_at=None)
    if kept.exists():
        message = "the device is quarantined after an incident: nobody works on it before the finding"
        raise Conflict(message, field="device", code="quarantined")


def move(job: Job, verb: str, by: Person, *, reason: str = "", **detail: Any) -> None:
    """Do a verb of the course to a locked job: state, clocks, event. The caller saves and audits.

    Raises:
        Conflict: the table has no such row, or the device is quarantined and this would change it.
    """
    before, now = job.state, clock.now()
    if verb in CHANGING:
        refuse_quarantined(job.device)
    job.state = next_state(before, verb)
    if verb in ("triage", "assign", "take") and job.responded_at is None:
        job.responded_at = now
    if job.state != JobState.WAITING:
        job.waits_for = ""
    _stop_or_go(job, now)
    if job.state in ENDED:
        job.closed_at, job.closed_by = now, by
    write_event(job, verb, before, by, reason=reason, detail=detail)


def write_event(
    job: Job, verb: str, before: str, by: Person, *, reason: str = "", detail: dict[str, Any] | None = None
) -> None:
    """Write that a verb was done to a job."""
    event = (job.pk, verb, before, job.state, clock.now(), by.pk, reason, detail or {})
    rows.insert(JobEvent, EVENT_COLUMNS, [event])


def save(job: Job, activity: str, by: Person, **detail: Any) -> Job:
    """Save a job that was moved, and write the audit entry."""
    job.save()
    audit.write(activity, by=by, subject=job, detail=detail)
    return job


def set_clocks(job: Job, start: datetime) -> None:
    """Let the clocks of a job's priority run from an instant; none where no target is set.

    A planned job has no clock of its own: it is to be done by the last day of what is due, as it was opened.
    """
    if job.kind == Job.Kind.PLANNED:
        return
    target = Target.objects.filter(priority=job.priority).order_by("-id").first()
    job.target, job.stopped_at = target, None
    if target is None:
        job.respond_by = job.resolve_by = None
        return
    hours = hours_of(target)
    job.respond_by = clocks.after(start, timedelta(minutes=target.respond), hours)
    job.resolve_by = clocks.after(start, timedelta(minutes=target.resolve), hours)


def hours_of(target: Target) -> clocks.Hours:
    """Give when the clock of a target runs."""
    return clocks.Hours(target.days, target.opens, target.closes, settings.SITE_ZONE)


def stops(job: Job) -> Iterable[str]:
    """Give the kinds of waiting that stop a job's clock."""
    return job.target.stops.split(",") if job.target and job.target.stops else ()


def _stop_or_go(job: Job, now: datetime) -> None:
    """Stop the clock of what waits for others, or let it go on with what was left of it."""
    halted = job.state == JobState.WAITING and job.waits_for in stops(job)
    if halted and job.stopped_at is None:
        job.stopped_at = now
    elif not halted and job.stopped_at is not None:
        if job.target is not None and job.resolve_by is not None:
            hours = hours_of(job.target)
            left = clocks.between(job.stopped_at, job.resolve_by, hours)
            if left:
                job.resolve_by = clocks.after(now, left, hours)
        job.stopped_at = None
