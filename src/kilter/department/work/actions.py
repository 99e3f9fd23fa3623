"""Actions of the work room."""

from __future__ import annotations

from uuid import UUID

from kilter.department.equipment.models import Device
from kilter.department.ledger import audit, clock
from kilter.department.people.gate import action
from kilter.department.people.models import Person
from kilter.department.work.course import next_state
from kilter.department.work.models import Job, JobNote
from kilter.measure.error import BadInput


def _words(field: str, text: str, most: int = 500) -> str:
    if not text.strip():
        raise BadInput(f"{field} is missing", field=field, code="missing")
    return text.strip()[:most]


@action("work.open_job")
def open_job(*, by: Person, device: Device, text: str, kind: str = "other") -> Job:
    """Open a job on a device by hand.

    Raises:
        BadInput: there is no text, or no such kind of job.
    """
    if kind not in Job.Kind.values:
        raise BadInput(f"the kind of a job is one of {', '.join(Job.Kind.values)}", field="kind")
    job = Job.objects.create(
        device=device, kind=kind, text=_words("text", text), opened_by=by, opened_at=clock.now()
    )
    audit.write("work.open_job", by=by, subject=job, detail={"device": device.asset})
    return job


def _locked(job: Job) -> Job:
    return Job.objects.select_for_update(of=("self",)).get(pk=job.pk)


@action("work.take_job")
def take_job(*, by: Person, job: Job) -> Job:
    """Take a job, from nobody or from somebody else.

    Raises:
        Conflict: it is closed.
    """
    row = _locked(job)
    row.state, row.taken_by = next_state(row.state, "take"), by
    row.save(update_fields=["state", "taken_by"])
    audit.write("work.take_job", by=by, subject=row)
    return row


@action("work.note_job")
def note_job(*, by: Person, job: Job, text: str) -> JobNote:
    """Write on a job what was found or done.

    Raises:
        BadInput: there is no text.
    """
    note = JobNote.objects.create(job=job, text=_words("text", text, 2000), by=by, at=clock.now())
    audit.write("work.note_job", by=by, subject=job)
    return note


@action("work.close_job")
def close_job(*, by: Person, job: Job, text: str, evidence: UUID | None = None) -> Job:
    """Close a job by hand; one that a test opened is closed by its passing retest alone.

    Raises:
        BadInput: there is no text, or the job waits for a test.
        Conflict: it is closed.
    """
    row = _locked(job)
    state = next_state(row.state, "close")
    if row.procedure and row.kind != Job.Kind.ATTENTION:
        raise BadInput("this job ends with a passing retest", field="job", code="needs_retest")
    row.state, row.closed_at, row.closed_by = state, clock.now(), by
    row.closing_text, row.closing_evidence = _words("text", text), evidence
    row.save(update_fields=["state", "closed_at", "closed_by", "closing_text", "closing_evidence"])
    audit.write("work.close_job", by=by, subject=row)
    return row


@action("work.reopen_job")
def reopen_job(*, by: Person, job: Job, reason: str) -> Job:
    """Open a closed job again.

    Raises:
        BadInput: there is no reason.
        Conflict: it is not closed.
    """
    row = _locked(job)
    row.state = next_state(row.state, "reopen")
    row.closed_at = row.closed_by = row.closing_evidence = None
    row.save(update_fields=["state", "closed_at", "closed_by", "closing_evidence"])
    JobNote.objects.create(job=row, text=_words("reason", reason, 2000), by=by, at=clock.now())
    audit.write("work.reopen_job", by=by, subject=row)
    return row
