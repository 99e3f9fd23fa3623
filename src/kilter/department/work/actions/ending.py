"""How a job ends: by an outcome, and each outcome by what proves it."""

from __future__ import annotations

from uuid import UUID

from kilter.department.equipment.lifecycle import State
from kilter.department.ledger.texts import text as read_text
from kilter.department.people.gate import action
from kilter.department.people.models import Person
from kilter.department.work.codes import code
from kilter.department.work.course import JobState
from kilter.department.work.models import EngineerVisit, Job, JobHold
from kilter.department.work.step import locked, move, save
from kilter.measure.error import BadInput, Conflict

GONE = {
    Job.Outcome.BEYOND_REPAIR: (State.CONDEMNED, State.DISPOSED, State.RETURNED, State.WRITTEN_OFF),
    Job.Outcome.NOT_LOCATED: (State.COULD_NOT_LOCATE, State.WRITTEN_OFF),
}
"""Outcomes that leave the device out of use, and the states of its life that prove them."""


@action("work.close_job")
def close_job(
    *,
    by: Person,
    job: Job,
    text: str,
    outcome: str = "done",
    failure_code: str = "",
    cause_code: str = "",
    action_code: str = "",
    evidence: UUID | None = None,
) -> Job:
    """Close a job by hand; one that a test opened is closed by its passing retest alone.

    A fault ends as repaired only after the repair was declared, and no job that returns the device to use
    ends while a hold of it stands: the hold is released on a test signed after the repair.

    Raises:
        BadInput: there is no text, no such outcome or code, or the job waits for a test.
        Conflict: it has ended, or what the outcome says is not proven.
    """
    if outcome not in Job.Outcome.values:
        raise BadInput(f"outcome: must be one of {', '.join(Job.Outcome.values)}", field="outcome")
    row = locked(job)
    move(row, "close", by, outcome=outcome)
    repaired = row.repaired_at is not None
    _proven(row, Job.Outcome(outcome), ready=repaired)
    if EngineerVisit.objects.filter(job=row, signed_out_at=None).exists():
        raise Conflict("a visiting engineer has not signed out", field="visit")
    row.outcome, row.closing_text, row.closing_evidence = (
        outcome,
        read_text("text", text, most=500, needed=True),
        evidence,
    )
    needed = row.kind == Job.Kind.FAULT and outcome == Job.Outcome.REPAIRED
    row.failure_code = code("failure", failure_code, needed=needed)
    row.cause_code = code("cause", cause_code, needed=needed)
    row.action_code = code("action", action_code, needed=needed)
    return save(row, "work.close_job", by, outcome=outcome)


def _proven(row: Job, outcome: Job.Outcome, *, ready: bool) -> None:
    """Refuse an outcome that nothing proves."""
    if outcome in GONE:
        if row.device.state not in GONE[outcome]:
            raise Conflict(
                f"the device is not {_WORDS[outcome]} yet: say so on its page first", field="outcome"
            )
        return
    if row.kind == Job.Kind.PLANNED:
        message = "this job ends with a visit that passes; cancel it where it is not to be done"
        raise BadInput(message, field="job", code="needs_visit")
    if row.procedure and row.kind != Job.Kind.ATTENTION:
        raise BadInput("this job ends with a passing retest", field="job", code="needs_retest")
    if row.kind == Job.Kind.FAULT and outcome == Job.Outcome.DONE:
        raise BadInput("outcome: say how the fault ended", field="outcome")
    if outcome == Job.Outcome.REPAIRED and not ready:
        raise Conflict(f"say first that it is {JobState.READY.value} for its test", field="outcome")
    if JobHold.objects.filter(job=row, hold__released_at=None).exists():
        message = "the device is still held for this job: a passing test releases the hold first"
        raise Conflict(message, field="hold")


_WORDS = {
    Job.Outcome.BEYOND_REPAIR: "condemned",
    Job.Outcome.NOT_LOCATED: "reported as not located",
}
