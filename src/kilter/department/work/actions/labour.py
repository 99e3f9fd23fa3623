"""What a job took: minutes, visiting engineers, and the tests that belong to it."""

from __future__ import annotations

from django.db.models import Sum

from kilter.department.ledger import audit, clock
from kilter.department.ledger.texts import text as read_text
from kilter.department.people.gate import action
from kilter.department.people.models import Person
from kilter.department.records.models import Record
from kilter.department.work.amounts import money
from kilter.department.work.course import ENDED, JobState
from kilter.department.work.models import EngineerVisit, Job, JobTest, Labour
from kilter.department.work.step import locked, refuse_quarantined, write_event
from kilter.measure.error import BadInput, Conflict

MOST_MINUTES = 1440


@action("work.log_labour")
def log_labour(*, by: Person, job: Job, minutes: int, text: str, person: Person | None = None) -> Labour:
    """Write how long somebody worked on a job; a correction is a number below zero.

    Raises:
        BadInput: not from 1 to 1440 minutes, or a correction beyond what was written; no text.
        Conflict: the job was cancelled or is a duplicate.
    """
    row, who = locked(job), person or by
    if row.state in (JobState.CANCELLED, JobState.DUPLICATE):
        raise Conflict(f"the job is {row.state}", field="state")
    if isinstance(minutes, bool) or not isinstance(minutes, int) or not 0 < abs(minutes) <= MOST_MINUTES:
        raise BadInput(f"minutes: must be from 1 to {MOST_MINUTES}", field="minutes")
    so_far = Labour.objects.filter(job=row, person=who).aggregate(n=Sum("minutes"))["n"] or 0
    if so_far + minutes < 0:
        raise BadInput(f"minutes: only {so_far} were written for {who.display_name}", field="minutes")
    entry = Labour.objects.create(
        job=row,
        person=who,
        minutes=minutes,
        text=read_text("text", text, most=300, needed=True),
        at=clock.now(),
        by=by,
    )
    audit.write("work.log_labour", by=by, subject=row, detail={"minutes": minutes, "person": str(who.uuid)})
    return entry


@action("work.state_decontamination")
def state_decontamination(*, by: Person, job: Job, answer: str) -> Job:
    """Say whether the device of a job is clean enough to be worked on; who said so is kept.

    Raises:
        BadInput: there is no such answer.
        Conflict: the job has ended, or the device is quarantined and was cleaned.
    """
    if answer not in Job.Decontamination.values:
        raise BadInput(
            f"decontamination: must be one of {', '.join(Job.Decontamination.values)}",
            field="decontamination",
        )
    row = locked(job)
    _not_ended(row)
    if answer == Job.Decontamination.DONE:
        refuse_quarantined(row.device)  # what sticks to it is evidence
    row.decontamination = answer
    row.save(update_fields=["decontamination"])
    write_event(row, "clean", row.state, by, reason=row.get_decontamination_display())
    audit.write("work.state_decontamination", by=by, subject=row, detail={"answer": answer})
    return row


@action("work.sign_in_engineer")
def sign_in_engineer(*, by: Person, job: Job, name: str, company: str) -> EngineerVisit:
    """Sign in a third party's engineer to a job.

    Raises:
        BadInput: name or company is missing.
        Conflict: the job has ended, or the device is not decontaminated or is quarantined.
    """
    row = locked(job)
    _not_ended(row)
    refuse_quarantined(row.device)
    if row.decontamination not in (Job.Decontamination.DONE, Job.Decontamination.NOT_NEEDED):
        message = "say first whether the device was decontaminated, or that it is not needed"
        raise Conflict(message, field="decontamination")
    visit = EngineerVisit.objects.create(
        job=row,
        name=read_text("name", name, most=120, needed=True),
        company=read_text("company", company, most=120, needed=True),
        signed_in_at=clock.now(),
        signed_in_by=by,
    )
    audit.write("work.sign_in_engineer", by=by, subject=row, detail={"company": visit.company})
    return visit


@action("work.sign_out_engineer")
def sign_out_engineer(*, by: Person, visit: EngineerVisit, report: str, cost: str = "") -> EngineerVisit:
    """Sign out a third party's engineer, with what was done and what it cost.

    Raises:
        BadInput: the report is missing, or the cost is no amount of money.
        Conflict: signed out before.
    """
    row = EngineerVisit.objects.select_for_update(of=("self",)).select_related("job").get(pk=visit.pk)
    if row.signed_out_at is not None:
        raise Conflict("this engineer has signed out already", field="visit")
    row.report = read_text("report", report, most=1000, needed=True)
    row.cost = money("cost", cost)
    row.signed_out_at, row.signed_out_by = clock.now(), by
    row.save()
    audit.write("work.sign_out_engineer", by=by, subject=row.job, detail={"visit": str(row.uuid)})
    return row


@action("work.link_test")
def link_test(*, by: Person, job: Job, record: Record, phase: str) -> JobTest:
    """Say that a signed record belongs to a job: as the device was found, or as it was left.

    Raises:
        BadInput: no such phase, or the record is another device's or was measured at the wrong time for it.
        Conflict: it belongs to the job already.
    """
    row = locked(job)
    if phase not in JobTest.Phase.values:
        raise BadInput(f"phase: must be one of {', '.join(JobTest.Phase.values)}", field="phase")
    if not isinstance(record, Record) or record.device_id != row.device_id or record.kind != "result":
        raise BadInput("record: must be a result of the job's device", field="record")
    left = phase == JobTest.Phase.AS_LEFT
    if left and (row.repaired_at is None or record.performed_at < row.repaired_at):
        raise BadInput("record: as left is what was measured after the repair", field="record")
    if not left and row.repaired_at is not None and record.performed_at >= row.repaired_at:
        raise BadInput("record: as found is what was measured before the repair", field="record")
    if JobTest.objects.filter(job=row, record=record.uuid).exists():
        raise Conflict("this record belongs to the job already", field="record")
    test = JobTest.objects.create(job=row, record=record.uuid, phase=phase, at=clock.now(), by=by)
    audit.write("work.link_test", by=by, subject=row, detail={"record": record.number, "phase": phase})
    return test


def _not_ended(row: Job) -> None:
    if row.state in ENDED:
        raise Conflict(f"the job is {row.state}", field="state")
