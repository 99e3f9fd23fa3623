"""What identifies a patient: added to beside the chain, or destroyed, and the chain still holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from kilter.department.ledger import audit, clock
from kilter.department.ledger.texts import text
from kilter.department.patients.free_text import names_nobody
from kilter.department.people.confirmation import Confirmation
from kilter.department.people.gate import action
from kilter.department.people.models import Person
from kilter.department.records.chain import Unsealed, append
from kilter.department.records.models import PersonalPart, Record
from kilter.department.records.personal import enciphered, personal_parts, read_personal, sealed_with
from kilter.department.records.sealing import check_confirmation, role_of
from kilter.measure.error import BadInput, Conflict, NotFound


@action("records.add_to_personal")
def add_to_personal(
    *, by: Person, record: Record, payload: Mapping[str, Any], confirmation: Confirmation
) -> PersonalPart:
    """Add what identifies the patient of a record, or rectify it by addition; the digest is sealed.

    Raises:
        BadInput: there is nothing to add.
        NotPermitted: not confirmed.
    """
    check_confirmation(confirmation, by)
    if not payload:
        raise BadInput("there is nothing to add", field="payload")
    part = enciphered(
        {text("what", word, most=60, needed=True): _said(said) for word, said in payload.items()}
    )
    document = {
        "about": {"id": str(record.uuid), "sha256": record.sha256, "number": record.number},
        "personal": sealed_with(part),
        "statement": {"text": "What identifies the patient was added beside the record."},
        "person": {"role": role_of(by, clock.now())},
    }
    item = Unsealed(
        uuid4(), "statement", record.visit, by, clock.now(), document, record.device, about=record
    )
    part.record = append([item])[0]
    part.save(force_insert=True)
    audit.write("records.add_to_personal", by=by, subject=part)
    return part


def _said(value: Any) -> Any:
    return text("said", value, most=4000, needed=True) if isinstance(value, str) else value


@action("records.see_personal")
def see_personal(
    *, by: Person, record: Record, reason: str
) -> list[tuple[PersonalPart, dict[str, Any] | None]]:
    """Show what identifies the patient of a record, oldest first; that it was seen stays, with the reason.

    Returns:
        Each personal part with what it holds; None in place of what was destroyed.

    Raises:
        BadInput: there is no reason.
        NotFound: nothing that identifies a patient stands beside this record.
        Fault: a part is not what was sealed, or the site's key does not open it.
    """
    words = text("reason", reason, most=300, needed=True)
    names_nobody("reason", words)
    parts = personal_parts(record)
    if not parts:
        raise NotFound("nothing that identifies a patient stands beside this record", field="record")
    found = [(part, None if part.destroyed_at else read_personal(part)) for part in parts]
    audit.write("records.see_personal", by=by, subject=record, detail={"reason": words})
    return found


@action("records.erase_personal")
def erase_personal(*, by: Person, part: PersonalPart, reason: str, confirmation: Confirmation) -> Record:
    """Destroy a personal part: payload and key go, a sealed tombstone says who, when and why.

    Raises:
        Conflict: it was destroyed before.
        BadInput: there is no reason.
        NotPermitted: not confirmed.
    """
    check_confirmation(confirmation, by)
    if not reason.strip():
        raise BadInput("destroying needs a reason", field="reason")
    row = PersonalPart.objects.select_for_update(of=("self",)).select_related("record").get(pk=part.pk)
    if row.destroyed_at is not None:
        raise Conflict("this was destroyed before", field="personal")
    row.key, row.payload, row.destroyed_at, row.destroyed_by = None, None, clock.now(), by
    row.save(update_fields=["key", "payload", "destroyed_at", "destroyed_by"])
    document = {
        "about": {"id": str(row.record.uuid), "sha256": row.record.sha256, "number": row.record.number},
        "personal": sealed_with(row),
        "statement": {"text": reason.strip()[:1000]},
        "person": {"role": role_of(by, clock.now())},
    }
    item = Unsealed(
        uuid4(), "erasure", row.record.visit, by, clock.now(), document, row.record.device, about=row.record
    )
    sealed = append([item])[0]
    audit.write("records.erase_personal", by=by, subject=row)
    return sealed
