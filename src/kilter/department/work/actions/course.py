"""The verbs of a job's course. Each is a row of `course.TRANSITIONS`."""

from __future__ import annotations

from kilter.department.equipment.actions import place_hold
from kilter.department.equipment.models import Device
from kilter.department.ledger import audit, clock
from kilter.department.ledger.texts import text as read_text
from kilter.department.people.gate import action
from kilter.department.people.models import Person
from kilter.department.people.queries import may
from kilter.department.work.course import ENDED
from kilter.department.work.models import Job, JobHold, JobNote, Priority
from kilter.department.work.step import locked, move, opened, save, set_clocks
from kilter.measure.error import BadInput, Conflict


def _words(field: str, text: str, most: int = 500) -> str:
    return read_text(field, text, most=most, needed=True)


@action("work.open_job")
def open_job(
    *, by: Person, device: Device, text: str, kind: str = "other", error_code: str = "", priority: int = 3
) -> Job:
    """Open a job on a device by hand.

    Raises:
        BadInput: there is no text, no such kind of job, or no such priority.
    """
    kinds = [one for one in Job.Kind.values if one != Job.Kind.PLANNED]  # those come from what is due
    if kind not in kinds:
        raise BadInput(f"the kind of a job is one of {', '.join(kinds)}", field="kind")
    return opened(
        by=by,
        device=device,
        kind=kind,
        text=_words("text", text),
        error_code=read_text("error_code", error_code, most=40),
        priority=_priority(priority),
    )


@action("work.triage_job")
def triage_job(*, by: Person, job: Job, priority: int, reason: str) -> Job:
    """Set the clinical priority of a job; its clocks run anew from when it was opened.

    Raises:
        BadInput: no such priority, or the reason is missing.
        Conflict: the job has ended.
    """
    row, before = locked(job), job.priority
    row.priority = _priority(priority)
    move(row, "triage", by, reason=_words("reason", reason), priority=row.priority)
    if row.priority != before and row.stopped_at is None:
        set_clocks(row, row.opened_at)
    return save(row, "work.triage_job", by, priority=row.priority)


@action("work.assign_job")
def assign_job(*, by: Person, job: Job, person: Person, reason: str = "") -> Job:
    """Give a job to somebody who may take it.

    Raises:
        BadInput: that person may take no jobs.
        Conflict: the job has ended, or waits.
    """
    if not isinstance(person, Person) or not may(person, "work.take_job"):
        raise BadInput("person: may not take jobs", field="person")
    row = locked(job)
    row.taken_by = person
    move(row, "assign", by, reason=read_text("reason", reason, most=500), person=person.display_name)
    return save(row, "work.assign_job", by, person=str(person.uuid))


@action("work.take_job")
def take_job(*, by: Person, job: Job) -> Job:
    """Begin work on a job, from nobody or from somebody else.

    Raises:
        Conflict: it has ended or waits, or nobody has said yet that the device is clean.
    """
    row = locked(job)
    clean = (Job.Decontamination.DONE, Job.Decontamination.NOT_NEEDED)
    if row.kind == Job.Kind.FAULT and row.decontamination not in clean:
        message = "say first whether the device was decontaminated, or that it is not needed"
        raise Conflict(message, field="decontamination")
    row.taken_by, row.repaired_at = by, None
    move(row, "take", by)
    return save(row, "work.take_job", by)


@action("work.wait_job")
def wait_job(*, by: Person, job: Job, waits_for: str, reason: str) -> Job:
    """Put a job aside until parts, a third party, access, decontamination or a decision come.

    Raises:
        BadInput: it is not said for what, or why.
        Conflict: it was not triaged yet, or has ended.
    """
    if waits_for not in Job.Wait.values:
        raise BadInput(f"waits_for: must be one of {', '.join(Job.Wait.values)}", field="waits_for")
    row = locked(job)
    row.waits_for = waits_for
    move(row, "wait", by, reason=_words("reason", reason), waits_for=waits_for)
    return save(row, "work.wait_job", by, waits_for=waits_for)


@action("work.resume_job")
def resume_job(*, by: Person, job: Job, reason: str = "") -> Job:
    """Go on with a job that waited; whoever goes on has it.

    Raises:
        Conflict: it does not wait, or the device is not clean enough to be worked on.
    """
    row = locked(job)
    if row.decontamination == Job.Decontamination.NOT_DONE:
        raise Conflict("the device is not decontaminated", field="decontamination")
    row.taken_by = by
    move(row, "resume", by, reason=read_text("reason", reason, most=500))
    return save(row, "work.resume_job", by)


@action("work.repair_job")
def repair_job(*, by: Person, job: Job, text: str) -> Job:
    """Say that a device is repaired and ready for its test; it is held until that test is passed.

    The hold is a new one even where the fault placed one already: a test that passed before the repair
    ends the first and never this.

    Raises:
        BadInput: it is not said what was done.
        Conflict: nobody is at work on it.
    """
    row, done = locked(job), _words("text", text)
    row.repaired_at = clock.now()
    move(row, "repair", by, reason=done)
    saved = save(row, "work.repair_job", by)
    if not row.procedure or row.kind == Job.Kind.ATTENTION:  # the others are held by their failed test
        words = f"repaired, to be tested before use: {done}"[:500]
        hold = place_hold(by=by, device=row.device, cause="fault", text=words, evidence=row.uuid)
        JobHold.objects.create(job=row, hold=hold)
    return saved


@action("work.note_job")
def note_job(*, by: Person, job: Job, text: str) -> JobNote:
    """Write on a job what was found or done.

    Raises:
        BadInput: there is no text.
    """
    note = JobNote.objects.create(job=job, text=_words("text", text, 2000), by=by, at=clock.now())
    audit.write("work.note_job", by=by, subject=job)
    return note


@action("work.cancel_job")
def cancel_job(*, by: Person, job: Job, reason: str) -> Job:
    """Cancel a job that nobody began, and that keeps no device from use.

    Raises:
        BadInput: the reason is missing, or the job waits for a test.
        Conflict: it was begun, has ended, or its hold stands.
    """
    row = locked(job)
    _no_way_out(row)
    move(row, "cancel", by, reason=_words("reason", reason))
    row.closing_text = reason.strip()
    return save(row, "work.cancel_job", by)


@action("work.merge_job")
def merge_job(*, by: Person, job: Job, same_as: Job, reason: str) -> Job:
    """End a job as a duplicate of another of the same device; a hold it placed goes over to that one.

    Raises:
        BadInput: the other is this one, another device's, or has ended; or the reason is missing.
        Conflict: this one was begun or has ended.
    """
    row = locked(job)
    other = locked(same_as)
    if other.pk == row.pk or other.device_id != row.device_id or other.state in ENDED:
        raise BadInput("same_as: must be another open job of this device", field="same_as")
    if row.procedure and row.kind != Job.Kind.ATTENTION:
        raise BadInput("this job ends with a passing retest", field="job", code="needs_retest")
    row.same_as = other
    move(row, "merge", by, reason=_words("reason", reason), same_as=str(other.uuid))
    JobHold.objects.filter(job=row).update(job=other)
    row.closing_text = reason.strip()
    return save(row, "work.merge_job", by, same_as=str(other.uuid))


@action("work.reopen_job")
def reopen_job(*, by: Person, job: Job, reason: str) -> Job:
    """Open a job again that has ended; its clocks run anew, and what was unsafe is held again.

    Raises:
        BadInput: there is no reason.
        Conflict: it has not ended.
    """
    row, why = locked(job), _words("reason", reason)
    move(row, "reopen", by, reason=why)
    row.closed_at = row.closed_by = row.closing_evidence = row.repaired_at = row.same_as = None
    row.outcome = row.closing_text = row.decontamination = ""
    set_clocks(row, clock.now())
    JobNote.objects.create(job=row, text=why, by=by, at=clock.now())
    saved = save(row, "work.reopen_job", by)
    if row.unsafe:
        hold = place_hold(by=by, device=row.device, cause="fault", text=row.text, evidence=row.uuid)
        JobHold.objects.create(job=row, hold=hold)
    return saved


def _priority(given: object) -> int:
    if isinstance(given, bool) or given not in Priority.values:
        raise BadInput("priority: must be from 1 (emergency) to 4 (low)", field="priority")
    return int(given)


def _no_way_out(row: Job) -> None:
    """Refuse to let go of a job that a test or a hold still waits for."""
    if row.procedure and row.kind != Job.Kind.ATTENTION:
        raise BadInput("this job ends with a passing retest", field="job", code="needs_retest")
    if JobHold.objects.filter(job=row, hold__released_at=None).exists():
        raise Conflict("the device is still held for this job: release the hold first", field="hold")
