"""Reads of the records room."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Case, Exists, Max, Min, OuterRef, Q, QuerySet, When

from kilter.department.equipment.models import Device
from kilter.department.ledger import clock
from kilter.department.ledger.rows import among
from kilter.department.people.models import Person
from kilter.department.people.queries import activities_of, may
from kilter.department.records.models import Attachment, Draft, LegacyEvidence, Reading, Record
from kilter.measure.document import open_document
from kilter.measure.error import NotFound, NotPermitted

BAD = ("suspension", "remedial", "undecided", "invalid")
"""Verdicts after which a replaced reading needs a reason."""

PASSED = ("within", "recorded")
"""Verdicts with which a result passes."""


def record_by_uuid(uuid: UUID) -> Record:
    """Find a record.

    Raises:
        NotFound: there is none.
    """
    found = Record.objects.select_related("device__model", "person").filter(uuid=uuid).first()
    if found is None:
        raise NotFound("there is no such record", field="record")
    return found


def draft_by_uuid(uuid: UUID) -> Draft:
    """Find a draft.

    Raises:
        NotFound: there is none.
    """
    found = Draft.objects.select_related("device__model", "owner").filter(uuid=uuid).first()
    if found is None:
        raise NotFound("there is no such draft", field="draft")
    return found


def document_of(record: Record) -> dict[str, Any]:
    """Open a record's sealed document."""
    return open_document(record.text)


def standing() -> QuerySet[Record]:
    """Select the results that stand: not superseded."""
    newer = Record.objects.filter(supersedes=OuterRef("pk"))
    return Record.objects.filter(kind="result").exclude(Exists(newer))


def counts(record: Record) -> bool:
    """Say whether a result counts: it is valid, and countersigned where that is wanted."""
    if record.verdict == "invalid":
        return False
    return not record.countersign or record.later.filter(kind="countersignature").exists()


def records_of(device: Device, *, most: int = 100) -> list[Record]:
    """List a device's newest records of every kind, with who signed."""
    rows = Record.objects.filter(device=device).select_related("person").defer("text")
    return list(rows.order_by("-performed_at", "-number")[:most])


def before(device: Device, number: int | None, *, most: int = 100) -> list[Record]:
    """List a device's records below a number of the chain, or the newest, in falling order."""
    rows = Record.objects.filter(device=device).select_related("person").defer("text")
    if number is not None:
        rows = rows.filter(number__lt=number)
    return list(rows.order_by("-number")[:most])


def superseding(record: Record) -> Record | None:
    """Find the record that supersedes another, if one does."""
    return Record.objects.filter(supersedes=record).first()


def visit(uuid: UUID) -> list[Record]:
    """List the results of one visit in the order of the chain."""
    return list(Record.objects.filter(visit=uuid, kind="result").select_related("person").order_by("number"))


def open_drafts(*, owner: Person | None = None, device: Device | None = None) -> list[Draft]:
    """List open drafts of a person or on a device, the newest first."""
    rows = Draft.objects.filter(state=Draft.State.OPEN).select_related("device__model", "owner", "asked")
    if owner is not None:
        rows = rows.filter(owner=owner)
    if device is not None:
        rows = rows.filter(device=device)
    return list(rows.order_by("-saved_at")[:200])


def to_countersign(*, most: int = 100) -> list[Record]:
    """List the passing results that wait for a second signature."""
    second = Record.objects.filter(about=OuterRef("pk"), kind="countersignature")
    rows = standing().filter(countersign=True).exclude(Exists(second)).exclude(verdict="suspension")
    return list(rows.select_related("device__model", "person").order_by("number")[:most])


def to_review(*, most: int = 100) -> list[Record]:
    """List what was signed under a broken glass and not yet reviewed, the most urgent first."""
    second = Record.objects.filter(about=OuterRef("pk"), kind="review")
    rows = Record.objects.exclude(review_by=None).exclude(Exists(second))
    return list(rows.select_related("device__model", "person").order_by("review_by")[:most])


def file_of(record: Record, sha256: str, person: Person) -> Attachment:
    """Find a file that a record names; an image can show who a patient is, so not everybody opens it.

    Raises:
        NotPermitted: the person neither checks records nor is authorised for such a measurement.
        NotFound: the record names no such file.
    """
    checks = "records.verify" in activities_of(person)
    if not checks and not may(person, "records.sign", record.device, procedure=record.procedure):
        raise NotPermitted("Files of a record are for who may make or check it.", field="file")
    found = record.attachments.select_related("file").filter(file__sha256=sha256).first()
    if found is None:
        raise NotFound("the record names no such file", field="file")
    return found


def trend(device: Device, procedure: str, result: str, *, most: int = 5000) -> list[Reading]:
    """Give the readings of one result of a device in time, superseded ones left out."""
    newer = Record.objects.filter(supersedes=OuterRef("record_id"))
    rows = Reading.objects.filter(device=device, procedure=procedure, result=result).exclude(Exists(newer))
    return list(reversed(rows.order_by("-performed_at")[:most]))


def results_of(device: Device) -> list[tuple[str, str]]:
    """List which results of which procedures a device has readings of."""
    rows = Reading.objects.filter(device=device).values_list("procedure", "result")
    return sorted(rows.distinct())


def latest_readings(device: Device) -> list[Reading]:
    """Give the newest reading of each result of a device."""
    found: dict[tuple[str, str], Reading] = {}
    newer = Record.objects.filter(supersedes=OuterRef("record_id"))
    rows = Reading.objects.filter(device=device).exclude(Exists(newer)).select_related("record")
    for row in rows.order_by("-performed_at")[:500]:
        found.setdefault((row.procedure, row.result), row)
    return list(found.values())


def last_passed(devices: Sequence[int] | None = None) -> dict[tuple[int, str], datetime]:
    """Give when each protocol was last passed on each device, from records and history.

    A visit passes where each of its results is within its limits and countersigned where that is wanted,
    corrections included; any other visit does not move what is due. Three queries, and a fourth and fifth
    where something was corrected: only the records of devices with a correction are read one by one.

    Args:
        devices: row ids, a `range` of them being the fastest; all devices where None.

    Returns:
        Instant by (row id of the device, key of the protocol).
    """
    chosen = Q(device__isnull=False) if devices is None else among("device", devices)
    corrections = Record.objects.filter(chosen).exclude(supersedes=None).order_by("device_id")
    corrected = list(corrections.values_list("device_id", flat=True).distinct())
    found = _passed_uncorrected(chosen & ~Q(device__in=corrected) if corrected else chosen)
    if corrected:
        found |= _passed_corrected(corrected)
    legacy = LegacyEvidence.objects.filter(chosen, passed=True).order_by()
    newest = legacy.values("device_id", "protocol").annotate(newest=Max("performed_at"))
    for device, protocol, when in newest.values_list("device_id", "protocol", "newest").iterator():
        found[device, protocol] = max(when, found.get((device, protocol), when))
    return found


def _visits(rows: QuerySet[Record]) -> Any:
    """Group results by visit: when it began, and whether a result falls `short` of a pass."""
    second = Record.objects.filter(about=OuterRef("pk"), kind="countersignature")
    rows = rows.filter(kind="result").exclude(protocol="")
    rows = rows.annotate(seconded=Case(When(countersign=True, then=Exists(second)), default=True))
    short = Case(When(Q(seconded=False) | ~Q(verdict__in=PASSED), then=1), default=0)
    grouped = rows.order_by().values("device_id", "protocol", "visit")
    return grouped.annotate(begun=Min("performed_at"), short=Max(short))


def _passed_uncorrected(chosen: Q) -> dict[tuple[int, str], datetime]:
    """Give when each protocol was last passed on devices without a correction: every visit stands for itself.

    The visits are counted up in the database, which gives one row for each protocol of a device.
    """
    visits = _visits(Record.objects.filter(chosen)).filter(short=0)
    inner, values = visits.values("device_id", "protocol", "begun").query.sql_with_params()
    outer = f"SELECT device_id, protocol, MAX(begun) FROM ({inner}) AS passed GROUP BY device_id, protocol"
    with connection.cursor() as cursor:
        cursor.execute(outer, values)
        return {(device, protocol): _instant(when) for device, protocol, when in cursor.fetchall()}


def _instant(stored: datetime | str) -> datetime:
    """Read an instant as the database gives it outside a model: SQLite keeps it as text, in UTC."""
    return stored if isinstance(stored, datetime) else datetime.fromisoformat(stored).replace(tzinfo=UTC)


def _passed_corrected(devices: Sequence[int]) -> dict[tuple[int, str], datetime]:
    """Give when each protocol was last passed on devices with corrections, visit by visit."""
    visits: dict[tuple[int, str, UUID], datetime] = {}
    failed: set[UUID] = set()
    first = corrected_visits(devices)
    columns = ("device_id", "protocol", "visit", "begun", "short")
    rows = _visits(standing().filter(device__in=devices)).values_list(*columns)
    for device, protocol, uuid, when, bad in rows.iterator(chunk_size=5000):
        assert device is not None  # chosen by device
        uuid, when = first.get(uuid, (uuid, when))
        visits[device, protocol, uuid] = min(when, visits.get((device, protocol, uuid), when))
        if bad:
            failed.add(uuid)
    found: dict[tuple[int, str], datetime] = {}
    for (device, protocol, uuid), when in visits.items():
        if uuid not in failed:
            found[device, protocol] = max(when, found.get((device, protocol), when))
    return found


def corrected_visits(
    devices: Sequence[int] | QuerySet[Device, Any] | None,
) -> dict[UUID, tuple[UUID, datetime]]:
    """Give, by the visit of each correction, the visit that it corrects and when that was performed.

    A correction stands for a part of the visit it corrects: without this, a failure found later would
    leave the rest of that visit standing as a pass.

    Args:
        devices: row ids, or a query for them; all devices where None.
    """
    rows = Record.objects.exclude(supersedes=None).order_by("number")
    if devices is not None:
        rows = rows.filter(device__in=devices)
    found: dict[UUID, tuple[UUID, datetime]] = {}
    for visit, older, when in rows.values_list("visit", "supersedes__visit", "supersedes__performed_at"):
        found[visit] = found.get(older, (older, when))
    return found


def overdue_reviews(instant: datetime | None = None) -> int:
    """Count the broken glasses that were not reviewed in time."""
    now = instant or clock.now()
    second = Record.objects.filter(about=OuterRef("pk"), kind="review")
    return Record.objects.filter(review_by__lt=now).exclude(Exists(second)).count()


def unexplained(draft: Draft) -> list[dict[str, Any]]:
    """List the discarded readings that were outside their limits and have no reason yet."""
    return [row for row in draft.content.get("discarded", []) if row["verdict"] in BAD and not row["reason"]]
