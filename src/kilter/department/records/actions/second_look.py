"""The second person: countersignatures of passing results, reviews of a broken glass."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kilter.department.equipment.models import Device, Hold
from kilter.department.ledger import audit, clock, identity, moments, outbox
from kilter.department.people.confirmation import Confirmation
from kilter.department.people.gate import action
from kilter.department.people.models import Person
from kilter.department.records.chain import Unsealed, append
from kilter.department.records.models import Record
from kilter.department.records.queries import superseding
from kilter.department.records.sealing import check_confirmation, role_of
from kilter.department.records.visit import device_data
from kilter.measure.error import BadInput, Conflict, NotPermitted


def _about(record: Record, by: Person, text: str) -> dict[str, Any]:
    document: dict[str, Any] = {
        "about": {"id": str(record.uuid), "sha256": record.sha256, "number": record.number},
        "statement": {"text": text},
        "person": {"role": role_of(by, clock.now())},
    }
    if record.device is not None:
        document["device"] = device_data(record.device)
    return document


def _second(
    kind: str, by: Person, record: Record, text: str, found: Mapping[str, Any] | None = None
) -> Record:
    if record.person_id == by.pk:
        raise NotPermitted("A second person looks, not the one who signed.", field="by")
    if Record.objects.filter(about=record, kind=kind).exists():
        raise Conflict("this was done before", field="record")
    item = Unsealed(
        uuid=identity.new_id(),
        kind=kind,
        visit=record.visit,
        person=by,
        performed_at=clock.now(),
        document=_about(record, by, text) | dict(found or {}),
        device=record.device,
        protocol=record.protocol,
        about=record,
    )
    sealed = append([item])[0]
    audit.write(
        f"records.{'countersign' if kind == 'countersignature' else 'review_break_glass'}",
        by=by,
        subject=sealed,
    )
    moments.happen("records.looked_at", record=record, second=sealed, by=by)
    if record.device_id is not None:
        outbox.emit("records.sealed", {"device": record.device_id, "visit": str(record.visit)})
    return sealed


@action("records.countersign")
def countersign(
    *,
    by: Person,
    device: Device,
    procedure: str,
    record: Record,
    confirmation: Confirmation,
    remark: str = "",
) -> Record:
    """Countersign a record: a sealed record of its own, naming the hash of the first.

    Raises:
        NotPermitted: the same person signed it, or not confirmed.
        Conflict: it was countersigned or corrected before, or waits for no second signature.
        BadInput: the record is not of this device and procedure.
    """
    check_confirmation(confirmation, by)
    if record.device_id != device.pk or record.procedure != procedure:
        raise BadInput("the record is of another device or procedure", field="record")
    if not record.countersign:
        raise Conflict("this record waits for no second signature", field="record")
    if superseding(record) is not None:
        raise Conflict("this record was corrected; countersign the newer one", field="record")
    return _second("countersignature", by, record, remark.strip()[:1000] or "Countersigned.")


@action("records.review_break_glass")
def review(
    *, by: Person, record: Record, confirmation: Confirmation, finding: str, adverse: bool = False
) -> Record:
    """Review what was signed under a broken glass; an adverse finding holds the device at once.

    Raises:
        NotPermitted: the same person signed it, or not confirmed.
        Conflict: it was reviewed before, or needs no review.
        BadInput: there is no finding.
    """
    check_confirmation(confirmation, by)
    if record.review_by is None:
        raise Conflict("this record needs no review", field="record")
    if not finding.strip():
        raise BadInput("say what the review found", field="finding")
    second = _second("review", by, record, finding.strip()[:1000], {"adverse": True} if adverse else {})
    if adverse and record.device is not None:
        Hold.objects.create(
            device=record.device,
            cause="review",
            text=f"Record {record.number} was reviewed and does not stand: {finding.strip()}"[:500],
            evidence=record.uuid,  # the same procedure, passed after it, ends the hold
            placed_at=clock.now(),
            placed_by=by,
        )
    return second
