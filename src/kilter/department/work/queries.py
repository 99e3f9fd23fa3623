"""Reads of the work room."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db.models import F, Q, QuerySet, Sum

from kilter.department.equipment.models import Device
from kilter.department.ledger import clock
from kilter.department.people.models import Person
from kilter.department.work.models import (
    EngineerVisit,
    Job,
    JobEvent,
    JobHold,
    JobWord,
    Labour,
    Loan,
    OperatingNote,
    Part,
    PoolDevice,
    Stock,
    StockMove,
    Target,
)
from kilter.department.work.wording import words_of
from kilter.measure.error import BadInput, NotFound

REPEAT = timedelta(days=30)
LOOKED_AT = 2000
"""Of each word, so many of the newest jobs are compared: enough to find a cure, and never more work."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page of the board ended: what the next one begins behind."""

    priority: int
    opened_at: datetime
    pk: int

    def __str__(self) -> str:
        return f"{self.priority}_{self.opened_at.isoformat()}_{self.pk}"

    @classmethod
    def read(cls, text: str) -> Place:
        """Read a place from an address.

        Raises:
            BadInput: it is none.
        """
        try:
            priority, opened_at, pk = text.split("_")
            return cls(int(priority), clock.as_instant(datetime.fromisoformat(opened_at)), int(pk))
        except (ValueError, OverflowError, BadInput):
            raise BadInput("after: is no place on the board", field="after") from None


@dataclass(frozen=True, slots=True)
class Similar:
    """An earlier job of the same model: how alike (0 to 1) and the job."""

    likeness: float
    job: Job


def open_jobs(*, taken_by: Person | None = None, most: int = 200) -> list[Job]:
    """List open jobs, the oldest first; those of one person where one is given."""
    rows = Job.objects.filter(closed_at=None).select_related("device__model", "device__location", "taken_by")
    if taken_by is not None:
        rows = rows.filter(taken_by=taken_by)
    return list(rows.order_by("opened_at", "id")[:most])


def board(
    *, state: str = "", taken_by: Person | None = None, after: Place | None = None, most: int = 50
) -> list[Job]:
    """Give a page of the board: the most urgent first, of those the oldest.

    Every filter reads a range of an index of the open jobs, whatever the number of closed ones.

    Args:
        state: only jobs in this state.
        taken_by: only jobs of this person.
        after: where the page before ended.
        most: rows at most.
    """
    rows = Job.objects.filter(closed_at=None)
    if state:
        rows = rows.filter(state=state)
    if taken_by is not None:
        rows = rows.filter(taken_by=taken_by)
    if after is not None:
        later = Q(opened_at__gt=after.opened_at) | Q(opened_at=after.opened_at, pk__gt=after.pk)
        rows = rows.filter(Q(priority__gt=after.priority) | Q(priority=after.priority) & later)
    rows = rows.select_related("device__model", "device__location", "taken_by")
    return list(rows.order_by("priority", "opened_at", "id")[:most])


def place_of(job: Job) -> Place:
    """Give the place of a job on the board."""
    return Place(job.priority, job.opened_at, job.pk)


def count_open() -> int:
    """Count open jobs."""
    return Job.objects.filter(closed_at=None).count()


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
    related = ("device__model", "taken_by", "opened_by", "target", "same_as")
    found = Job.objects.select_related(*related).filter(uuid=uuid).first()
    if found is None:
        raise NotFound("there is no such job", field="job")
    return found


def open_faults(device: Device, *, most: int = 5) -> list[Job]:
    """List the faults of a device that are reported and not ended, the newest first."""
    rows = Job.objects.filter(device=device, kind=Job.Kind.FAULT, closed_at=None)
    return list(rows.order_by("-opened_at")[:most])


def events_of(job: Job) -> list[JobEvent]:
    """List what happened to a job, the newest first."""
    return list(JobEvent.objects.filter(job=job).select_related("by").order_by("-id"))


def holds_of(job: Job) -> list[JobHold]:
    """List the holds of a job, the oldest first."""
    return list(JobHold.objects.filter(job=job).select_related("hold").order_by("id"))


def down_time(job: Job) -> timedelta:
    """Give how long the job's holds kept its device from use, until now where one stands.

    Stretches that overlap count once. It says nothing about how long anybody worked.
    """
    now = clock.now()
    total, covered = timedelta(), None
    for one in sorted(holds_of(job), key=lambda one: one.hold.placed_at):
        start, end = one.hold.placed_at, one.hold.released_at or now
        if covered is not None:
            start = max(start, covered)
        if end > start:
            total += end - start
            covered = end
    return total


def worked(job: Job) -> int:
    """Give the minutes that people worked on a job."""
    return Labour.objects.filter(job=job).aggregate(n=Sum("minutes"))["n"] or 0


def targets() -> dict[int, Target]:
    """Give the clock that runs for each priority now; a priority without one is not there. One query."""
    rows = Target.objects.select_related("set_by").order_by("id")
    return {row.priority: row for row in rows}


def visits_of(job: Job) -> list[EngineerVisit]:
    """List the visiting engineers of a job, the newest first."""
    return list(EngineerVisit.objects.filter(job=job).order_by("-id"))


def parts_of(job: Job) -> list[StockMove]:
    """List the parts that went to a job and came back, in order."""
    rows = StockMove.objects.filter(job=job).select_related("stock__part", "stock__store", "by")
    return list(rows.order_by("id"))


def costs(job: Job) -> Decimal:
    """Give what a job cost: its parts at what each lot last cost, and its visiting engineers; no labour."""
    total = Decimal(0)
    moves = parts_of(job)
    prices = _prices({move.stock_id for move in moves})
    for move in moves:
        total -= move.quantity * prices.get(move.stock_id, Decimal(0))
    visits = EngineerVisit.objects.filter(job=job).exclude(cost=None).values_list("cost", flat=True)
    return sum((cost for cost in visits if cost is not None), total)


def _prices(stocks: Iterable[int]) -> dict[int, Decimal]:
    """Give what a piece of each lot cost when it last came in."""
    rows = StockMove.objects.filter(stock__in=stocks, kind="receipt").exclude(unit_cost=None).order_by("id")
    return {pk: cost for pk, cost in rows.values_list("stock_id", "unit_cost") if cost is not None}


def repeats(job: Job) -> list[Job]:
    """List the faults of the same device that had ended within 30 days before this one was reported."""
    if job.kind != Job.Kind.FAULT:
        return []
    rows = Job.objects.filter(
        device=job.device_id,
        kind=Job.Kind.FAULT,
        state="closed",
        closed_at__gte=job.opened_at - REPEAT,
        closed_at__lte=job.opened_at,
    )
    return list(rows.exclude(pk=job.pk).order_by("-closed_at"))


def similar(job: Job, *, most: int = 5) -> list[Similar]:
    """Find earlier jobs of the same model whose words are alike, the likest first.

    A word counts the more, the fewer jobs of the model hold it; a shown error code counts double. Per word
    the newest 2,000 jobs are read from an index, so that the work does not grow with the history.
    """
    words = words_of(job.text, job.error_code)
    scores: Counter[int] = Counter()
    whole = 0.0
    for word in words:
        rows = JobWord.objects.filter(model=job.device.model_id, word=word).exclude(job=job.pk)
        found = list(rows.order_by("-job_id").values_list("job_id", flat=True)[:LOOKED_AT])
        weight = math.log(1 + LOOKED_AT / (1 + len(found))) * (2 if word.startswith("code:") else 1)
        whole += weight
        for pk in found:
            scores[pk] += weight  # type: ignore[assignment]
    best = sorted(scores.items(), key=lambda pair: (-pair[1], -pair[0]))[:most]
    jobs = Job.objects.select_related("device").in_bulk([pk for pk, _ in best])
    return [Similar(score / whole, jobs[pk]) for pk, score in best]


def stock_on_hand(*, part: Part | None = None) -> list[Stock]:
    """List the lots that stores hold, by part and store, those that expire first first."""
    rows: QuerySet[Stock] = Stock.objects.filter(quantity__gt=0)
    if part is not None:
        rows = rows.filter(part=part)
    order = ("part__name", "part_id", "store__name", F("expires").asc(nulls_last=True), "id")
    return list(rows.select_related("part", "store").order_by(*order))


def to_reorder() -> list[tuple[Part, int]]:
    """List the parts of which no more than the reorder level is left in all stores, with how many are."""
    rows = Part.objects.annotate(held=Sum("stock__quantity")).filter(reorder_level__gt=0)
    rows = rows.filter(Q(held=None) | Q(held__lte=F("reorder_level"))).order_by("name", "id")
    return [(part, part.held or 0) for part in rows]


def late(jobs: Sequence[Job], instant: datetime | None = None) -> dict[int, str]:
    """Say which jobs are late, and with what: `response` or `resolution`; a stopped clock is not late."""
    now = clock.now() if instant is None else instant
    found: dict[int, str] = {}
    for job in jobs:
        stopped = job.stopped_at or now
        if job.responded_at is None and job.respond_by is not None and job.respond_by < now:
            found[job.pk] = "response"
        elif job.resolve_by is not None and job.resolve_by < stopped:
            found[job.pk] = "resolution"
    return found


def pool_devices() -> list[PoolDevice]:
    """List the devices that the library lends, by model and number."""
    rows = PoolDevice.objects.filter(removed_at=None).select_related("device__model", "device__location")
    return list(rows.order_by("device__model__maker", "device__model__name", "device__asset_key"))


def loans_ahead(*, most: int = 500) -> list[Loan]:
    """List what is out or booked, by when it begins."""
    rows = Loan.objects.filter(returned_at=None, cancelled_at=None).select_related("pool__device__model")
    return list(rows.order_by("starts", "id")[:most])


def loan_by_uuid(uuid: UUID) -> Loan:
    """Find a loan.

    Raises:
        NotFound: there is none.
    """
    found = Loan.objects.select_related("pool__device__model").filter(uuid=uuid).first()
    if found is None:
        raise NotFound("there is no such loan", field="loan")
    return found


def operating_notes(device: Device, *, most: int = 60) -> list[OperatingNote]:
    """List the newest lines of a device's operating log, the newest first; one query."""
    rows = OperatingNote.objects.filter(device=device).select_related("by")
    return list(rows.order_by("-at", "-id")[:most])
