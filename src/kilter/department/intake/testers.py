"""A tester's batch becomes drafts, one for each asset; a person looks at them and signs.

Nothing is guessed and nothing is lost: a result that has no place in the protocol, an asset that is not
in the register, a reading without a unit is named by its line, and the export itself is kept by its hash.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from django.conf import settings

from kilter.department.equipment.models import Device
from kilter.department.intake.models import UnmatchedBlock
from kilter.department.intake.results import Meanings, meanings
from kilter.department.ledger import audit, clock
from kilter.department.ledger import files as store
from kilter.department.ledger.models import StoredFile
from kilter.department.people.gate import action
from kilter.department.people.models import Person
from kilter.department.records.actions import save_draft
from kilter.department.records.models import Draft
from kilter.department.records.sealing import EARLIEST
from kilter.department.records.visit import context_of
from kilter.formats.tester import Batch, Test
from kilter.measure.error import KilterError
from kilter.measure.quantity import File

NAMESPACE = UUID("6d0a2f6e-0f0c-5b0e-9b0d-2c1f6e3a7b62")
"""Of the drafts made from a block: the same block again is the same draft."""
MOST_REPORTED = 500
CLOCKS_DIFFER = timedelta(minutes=5)
"""By how much a tester's clock may be ahead, as in signing."""


@dataclass(frozen=True)
class Planned:
    """What a block would become: device and content of a draft, or the reason why not; and what to know."""

    test: Test
    device: Device | None
    content: dict[str, Any] = field(default_factory=dict)
    performed_at: datetime | None = None
    refusal: str = ""
    remarks: tuple[str, ...] = ()

    @property
    def uuid(self) -> UUID:
        """Of the draft, the same for the same block."""
        return uuid5(NAMESPACE, f"{self.test.asset}\n{self.test.text}")


@dataclass(frozen=True)
class Taken:
    """What a batch became: drafts made, blocks refused, and every line of the report."""

    drafts: tuple[UUID, ...]
    refused: int
    lines: tuple[str, ...]


def plan(batch: Batch) -> list[Planned]:
    """Say what each block would become; nothing is changed."""
    keys = {test.asset.upper() for test in batch.tests}
    known: dict[str, Device] = {}
    for chunk in chunks(sorted(keys)):
        known |= {
            one.asset_key: one for one in Device.objects.filter(asset_key__in=chunk).select_related("model")
        }
    testers = _testers(batch)
    table = meanings()
    return [_planned(test, known.get(test.asset.upper()), testers, table) for test in batch.tests]


def plan_for(one: Planned, device: Device) -> tuple[Planned, Meanings]:
    """Say what a block would become as a test of a device that a person chose, and by which table."""
    table = meanings()
    return _planned(one.test, device, _testers(Batch((one.test,))), table), table


def chunks(keys: list[str]) -> Iterable[list[str]]:
    """Part a list into pieces that a database takes as parameters."""
    return (keys[start : start + 400] for start in range(0, len(keys), 400))


def _testers(batch: Batch) -> dict[str, Device | None]:
    """Find the test instruments by serial; None where more than one device bears it."""
    found: dict[str, Device | None] = {}
    for serial in {test.serial for test in batch.tests if test.serial}:
        rows = Device.objects.filter(serial_key=serial.upper(), certificates__isnull=False).distinct()
        if rows:
            found[serial] = rows[0] if len(rows) == 1 else None
    return found


def _planned(
    test: Test, device: Device | None, testers: Mapping[str, Device | None], table: Meanings
) -> Planned:
    remarks = [f"line {line}: {text[:80]!r} could not be read" for line, text in test.unread]
    if device is None:
        return Planned(test, None, refusal=f"there is no device {test.asset}", remarks=tuple(remarks))
    performed_at = _performed_at(test)
    now = clock.now()
    if performed_at > now + CLOCKS_DIFFER:
        return Planned(test, device, refusal=f"{test.day} lies in the future", remarks=tuple(remarks))
    if performed_at < now - EARLIEST:
        words = f"{test.day} lies too far back to be signed; import it as history"
        return Planned(test, device, refusal=words, remarks=tuple(remarks))
    read = table.read(test, context_of(device))
    remarks += read.remarks
    instrument = testers.get(test.serial)
    if instrument is None:
        remarks.append(
            f"the tester {test.model} {test.serial}".rstrip() + " is not in the register with a certificate"
        )
    content = {"steps": read.steps, "instruments": [str(instrument.uuid)] if instrument else []}
    if not read.steps:
        return Planned(
            test, device, refusal="it holds no result that could be taken over", remarks=tuple(remarks)
        )
    return Planned(test, device, content, performed_at, remarks=tuple(remarks))


def _performed_at(test: Test) -> datetime:
    """Give the instant of a test in the site's zone: noon where the tester gave the day alone."""
    zone = ZoneInfo(settings.SITE_ZONE)
    if test.time:
        return clock.as_instant(datetime.combine(test.day, time.fromisoformat(test.time), zone))
    noon = clock.as_instant(datetime.combine(test.day, time(12), zone))
    today = test.day == clock.now().astimezone(zone).date()
    return min(noon, clock.now()) if today else noon


@action("records.import_batch")
def import_batch(*, by: Person, file: File, batch: Batch) -> Taken:
    """Make a draft of each block that fits a device, and keep the export; no record is made.

    A block that was taken over before is left as it is. A block that cannot be taken over is named and
    does not keep the others out.

    Args:
        by: who takes the batch over; the drafts are theirs.
        file: the export.
        batch: as it was read.

    Raises:
        BadInput: the export is empty.
    """
    kept = store.store(file.content, media_type="text/csv")
    table, drafts, lines, refused = meanings(), [], [], 0
    planned = plan(batch)
    for one in planned:
        head = f"line {one.test.line}, {one.test.asset}"
        lines += [f"{head}: {remark}" for remark in one.remarks]
        refusal = one.refusal
        if not refusal and Draft.objects.filter(uuid=one.uuid).exists():
            refusal = "was taken over before"
        if not refusal and one.device is not None:
            try:
                draft = save_draft(
                    by=by,
                    device=one.device,
                    procedure=table.protocol,
                    uuid=one.uuid,
                    version=0,
                    content=one.content,
                    performed_at=one.performed_at,
                    source=(kept, file.name),
                )
                drafts.append(draft.uuid)
            except KilterError as problem:
                refusal = problem.message
        if refusal:
            refused += 1
            lines.append(f"{head}: not taken over: {refusal}")
    _keep(planned, drafts, kept, file.name, by)
    detail = {"file": file.name, "sha256": kept.sha256, "drafts": len(drafts), "refused": refused}
    audit.write(
        "records.import_batch",
        by=by,
        subject=kept,
        detail={**detail, "lines": lines[:MOST_REPORTED]},
        count=len(drafts),
    )
    return Taken(tuple(drafts), refused, tuple(lines))


def _keep(
    planned: Iterable[Planned], drafts: Iterable[UUID], kept: StoredFile, name: str, by: Person
) -> None:
    """Let the blocks without a device wait; those that waited and are drafts now wait no more."""
    now = clock.now()
    rows = [
        UnmatchedBlock(
            uuid=one.uuid,
            file=kept,
            name=name[:255],
            line=one.test.line,
            asset=one.test.asset[:200],
            tester=f"{one.test.model} {one.test.serial}".strip()[:200],
            day=one.test.day,
            found_at=now,
            found_by=by,
        )
        for one in planned
        if one.device is None
    ]
    UnmatchedBlock.objects.bulk_create(rows, batch_size=400, ignore_conflicts=True)
    made = [str(uuid) for uuid in drafts]
    for chunk in chunks(made):
        for row in UnmatchedBlock.objects.filter(uuid__in=chunk, settled_at=None):
            row.device = Draft.objects.get(uuid=row.uuid).device
            row.settled_at, row.settled_by = now, by
            row.save(update_fields=["device", "settled_at", "settled_by"])
