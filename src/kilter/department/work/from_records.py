"""Jobs that records open and close, in the transaction that seals them."""

from __future__ import annotations

from collections.abc import Sequence

from kilter.department.equipment.models import Device
from kilter.department.people.models import Person
from kilter.department.people.queries import may
from kilter.department.records.clearing import unended
from kilter.department.records.models import Record
from kilter.department.records.telling import with_tell
from kilter.department.work.models import Job, Priority
from kilter.department.work.step import move, opened, save
from kilter.measure.protocol import is_user_check
from kilter.measure.words import plain, verdict_word

_KIND = {
    "suspension": Job.Kind.FAILED_TEST,
    "remedial": Job.Kind.ATTENTION,
    "undecided": Job.Kind.RETEST,
    "invalid": Job.Kind.RETEST,
}
_PRIORITY = {
    Job.Kind.FAILED_TEST: Priority.URGENT,
    Job.Kind.ATTENTION: Priority.ROUTINE,
    Job.Kind.RETEST: Priority.ROUTINE,
}


def on_sealed(*, device: Device, records: Sequence[Record], by: Person) -> None:
    """Open a job for each record outside its limits; close those that a passing retest ends."""
    open_jobs = list(
        Job.objects.select_for_update(of=("self",))
        .filter(device=device, procedure__in=[record.procedure for record in records])
        .filter(closed_at=None)
    )
    waiting = {job.procedure: job for job in open_jobs}
    for record in records:
        if record.verdict not in _KIND and not _only_a_user_check(record, by):
            _close(open_jobs, record, by)
        elif record.verdict in _KIND and record.procedure not in waiting:
            waiting[record.procedure] = _open(device, record, by)
        elif record.verdict == "suspension" and waiting[record.procedure].kind != Job.Kind.FAILED_TEST:
            job = waiting[record.procedure]
            job.kind, job.evidence = Job.Kind.FAILED_TEST, record.uuid
            job.priority = min(job.priority, Priority.URGENT)
            job.save(update_fields=["kind", "evidence", "priority"])


def on_suspected(*, records: Sequence[Record], instrument: Device, by: Person) -> None:
    """Open a retest for every record that an instrument found wrong could have misjudged."""
    waiting = set(
        Job.objects.filter(device__in={record.device_id for record in records})
        .filter(closed_at=None)
        .values_list("device_id", "procedure")
    )
    for record in records:
        if record.device is None or (record.device.pk, record.procedure) in waiting:
            continue
        what = plain(record.procedure.partition(".")[2])
        waiting.add((record.device.pk, record.procedure))
        opened(
            by=by,
            device=record.device,
            kind=Job.Kind.RETEST,
            text=f"{what}: measured with {instrument.asset}, found wrong",
            procedure=record.procedure,
            protocol=record.protocol,
            evidence=record.uuid,
            priority=Priority.URGENT,
        )


def on_looked_at(*, record: Record, second: Record, by: Person) -> None:
    """Close what a passing result ends once it is countersigned."""
    if second.kind == "countersignature" and record.verdict not in _KIND:
        rows = Job.objects.filter(device=record.device, procedure=record.procedure)
        _close(list(rows.filter(closed_at=None)), record, by)


def _only_a_user_check(record: Record, by: Person) -> bool:
    """Say whether a passing result is a check by somebody who may close no job.

    A ward that repeats its check until it passes has not mended the device: the workshop looks first.
    """
    return is_user_check(record.protocol) and not may(by, "work.close_job")


def _open(device: Device, record: Record, by: Person) -> Job:
    kind = _KIND[record.verdict]
    area, _, name = record.procedure.partition(".")
    word = verdict_word(area, record.verdict)
    return opened(
        by=by,
        device=device,
        kind=kind,
        text=with_tell(f"{plain(name)}: {word} (record {record.number})", record),
        procedure=record.procedure,
        protocol=record.protocol,
        evidence=record.uuid,
        priority=_PRIORITY[kind],
    )


def _close(jobs: Sequence[Job], record: Record, by: Person) -> None:
    """Close the jobs behind which every failure has been ended, each measured as it was then."""
    for job in jobs:
        if job.procedure == record.procedure and not unended(job.device, job.procedure, job.evidence):
            move(job, "close", by, evidence=str(record.uuid))
            job.outcome = Job.Outcome.REPAIRED if job.repaired_at else Job.Outcome.DONE
            job.closing_text, job.closing_evidence = f"passed (record {record.number})", record.uuid
            save(job, "work.close_job", by, record=record.number)
