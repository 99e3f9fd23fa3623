"""Blocks of testers whose asset is not in the register: they wait until a person says whose they are."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from kilter.department.equipment.models import Device
from kilter.department.intake.models import UnmatchedBlock
from kilter.department.intake.testers import Planned, plan_for
from kilter.department.ledger import audit, clock
from kilter.department.ledger import files as store
from kilter.department.ledger.texts import text
from kilter.department.people.gate import action
from kilter.department.people.models import Person
from kilter.department.records.actions import save_draft
from kilter.department.records.models import Draft
from kilter.formats.tester_batch import read_batch
from kilter.measure.error import BadInput, Conflict, Fault, NotFound
from kilter.measure.quantity import File


def waiting(*, after: int = 0, most: int = 100) -> list[UnmatchedBlock]:
    """List the blocks that wait behind a row's id, the oldest first; one query."""
    rows = UnmatchedBlock.objects.filter(settled_at=None, id__gt=after)
    return list(rows.select_related("found_by").order_by("id")[:most])


def block_by_uuid(uuid: UUID) -> UnmatchedBlock:
    """Find a block, waiting or settled.

    Raises:
        NotFound: there is none.
    """
    found = UnmatchedBlock.objects.select_related("file", "device", "settled_by").filter(uuid=uuid).first()
    if found is None:
        raise NotFound("there is no such block", field="block")
    return found


@action("intake.match_block")
def match_block(*, by: Person, block: UnmatchedBlock, device: Device) -> Draft:
    """Say whose a block is: it becomes a draft of that device, which the person looks at and signs.

    Raises:
        BadInput: the block cannot become a test of this device; the sentence says why.
        Conflict: it was settled before.
    """
    row = _locked(block)
    planned, table = plan_for(_block_in_file(row), device)
    if planned.refusal:
        raise BadInput(f"device: {planned.refusal}", field="device")
    draft = save_draft(
        by=by,
        device=device,
        procedure=table.protocol,
        uuid=row.uuid,
        version=0,
        content=planned.content,
        performed_at=planned.performed_at,
        source=(row.file, row.name),
    )
    row.device = device
    _settle(row, by)
    detail = {"asset": row.asset, "device": device.asset, "remarks": list(planned.remarks)[:50]}
    audit.write("intake.match_block", by=by, subject=row, detail=detail)
    return draft


@action("intake.dismiss_block")
def dismiss_block(*, by: Person, block: UnmatchedBlock, reason: str) -> UnmatchedBlock:
    """Put a block aside that is no test of a device of ours; the file it came in stays.

    Raises:
        BadInput: the reason is missing.
        Conflict: it was settled before.
    """
    row, why = _locked(block), text("reason", reason, most=300, needed=True)
    row.reason = why
    _settle(row, by)
    audit.write("intake.dismiss_block", by=by, subject=row, detail={"asset": row.asset, "reason": why})
    return row


def _locked(block: UnmatchedBlock) -> UnmatchedBlock:
    row = UnmatchedBlock.objects.select_for_update(of=("self",)).select_related("file").get(pk=block.pk)
    if row.settled_at is not None:
        raise Conflict("this block was settled before", field="block")
    return row


def _settle(row: UnmatchedBlock, by: Person) -> None:
    row.settled_at, row.settled_by = clock.now(), by
    row.save(update_fields=["device", "reason", "settled_at", "settled_by"])


def _block_in_file(row: UnmatchedBlock) -> Planned:
    """Find a block again in the file it came in."""
    batch = read_batch(File(row.name, store.read(row.file.sha256)))
    tests: Sequence[Planned] = [Planned(test, None) for test in batch.tests]
    for one in tests:
        if one.uuid == row.uuid:
            return one
    raise Fault(f"{row.name} no longer holds the block of {row.asset}")
