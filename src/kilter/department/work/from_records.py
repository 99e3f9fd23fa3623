"""Jobs that records open and close, in the transaction that seals them."""

from __future__ import annotations

from collections.abc import Sequence

from kilter.department.equipment.models import Device
from kilter.department.ledger import audit, clock
from kilter.department.people.models import Person
from kilter.department.records.clearing import unended
from kilter.department.records.models import Record
from kilter.department.work.course import JobState
from kilter.department.work.models import Job
from kilter.measure.words import plain, verdict_word

_KIND = {
    "suspension": Job.Kind.FAILED_TEST,
    "remedial": Job.Kind.ATTENTION,
    "undecided": Job.Kind.RETEST,
    "invalid": Job.Kind.RETEST,
}


def on_sealed(*, device: Device, records: Sequence[Record], by: Person) -> None:
    """Open a job for each record outside its limits; close those that a passing retest ends."""
    open_jobs = list(
        Job.objects.select_for_update(of=("self",))
        .filter(device=device, procedure__in=[record.procedure for record in records])
        .exclude(state=JobState.CLOSED)
    )
    waiting = {job.procedure: job for job in open_jobs}
    for record in records:
        if record.verdict not in _KIND:
            _close(open_jobs, record, by)
        elif record.procedure not in waiting:
            waiting[record.procedure] = _open(device, record, by)
        elif record.verdict == "suspension" and waiting[record.procedure].kind != Job.Kind.FAILED_TEST:
            job = waiting[record.procedure]
            job.kind, job.evidence = Job.Kind.FAILED_TEST, record.uuid
            job.save(update_fields=["kind", "evidence"])


def on_suspected(*, records: Sequence[Record], instrument: Device, by: Person) -> None:
    """Open a retest for every record that an instrument found wrong could have misjudged."""
    waiting = set(
        Job.objects.filter(device__in={record.device_id for record in records})
        .exclude(state=JobState.CLOSED)
        .values_list("device_id", "procedure")
    )
    for record in records:
        if record.device is None or (record.device.pk, record.procedure) in waiting:
            continue
        what = plain(record.procedure.partition(".")[2])
        waiting.add((record.device.pk, record.procedure))
        job = Job.objects.create(
            device=record.device,
            kind=Job.Kind.RETEST,
            text=f"{what}: measured with {instrument.asset}, found wrong",
            procedure=record.procedure,
            protocol=record.protocol,
            evidence=record.uuid,
            opened_at=clock.now(),
            opened_by=by,
        )
        audit.write("work.open_job", by=by, subject=job, detail={"record": record.number})


def on_looked_at(*, record: Record, second: Record, by: Person) -> None:
    """Close what a passing result ends once it is countersigned."""
    if second.kind == "countersignature" and record.verdict not in _KIND:
        rows = Job.objects.filter(device=record.device, procedure=record.procedure)
        _close(list(rows.exclude(state=JobState.CLOSED)), record, by)


def _open(device: Device, record: Record, by: Person) -> Job:
    kind = _KIND[record.verdict]
    area, _, name = record.procedure.partition(".")
    word = verdict_word(area, record.verdict)
    job = Job.objects.create(
        device=device,
        kind=kind,
        text=f"{plain(name)}: {word} (record {record.number})",
        procedure=record.procedure,
        protocol=record.protocol,
        evidence=record.uuid,
        opened_at=clock.now(),
        opened_by=by,
    )
    audit.write("work.open_job", by=by, subject=job, detail={"record": record.number})
    return job


def _close(jobs: Sequence[Job], record: Record, by: Person) -> None:
    """Close the jobs behind which every failure has been ended, each measured as it was then."""
    for job in jobs:
        if job.procedure == record.procedure and not unended(job.device, job.procedure, job.evidence):
            job.state, job.closed_at, job.closed_by = JobState.CLOSED, clock.now(), by
            job.closing_text, job.closing_evidence = f"passed (record {record.number})", record.uuid
            job.save(update_fields=["state", "closed_at", "closed_by", "closing_text", "closing_evidence"])
            audit.write("work.close_job", by=by, subject=job, detail={"record": record.number})
