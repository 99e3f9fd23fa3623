"""What identifies a patient: added to beside the chain, or destroyed, and the chain still holds."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings

from kilter.department.ledger import audit, clock
from kilter.department.people.confirmation import Confirmation
from kilter.department.people.gate import action
from kilter.department.people.models import Person
from kilter.department.records.actions.signing import check_confirmation, role_of
from kilter.department.records.chain import Unsealed, append
from kilter.department.records.models import PersonalPart, Record
from kilter.measure.document import canonical
from kilter.measure.error import BadInput, Conflict, Fault, NotFound

KEY_FILE = "personal.key"


def _cipher() -> Fernet:
    """Open the site's key for personal parts: a file beside the database, never in it."""
    path = Path(settings.KILTER.home) / KEY_FILE
    try:
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return Fernet(path.read_bytes().strip())
    with os.fdopen(handle, "wb") as file:
        file.write(Fernet.generate_key())
        file.flush()
        os.fsync(file.fileno())
    return Fernet(path.read_bytes().strip())


def keyed_digest(key: bytes, text: str) -> str:
    """HMAC-SHA-256 of a text, hexadecimal; without the key nobody can try out names against it."""
    return hmac.new(key, text.encode("utf-8"), hashlib.sha256).hexdigest()


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
    text, key = canonical(payload), secrets.token_bytes(32)
    part = PersonalPart(uuid=uuid4(), digest=keyed_digest(key, text))
    document = {
        "about": {"id": str(record.uuid), "sha256": record.sha256, "number": record.number},
        "personal": [{"id": str(part.uuid), "digest": part.digest}],
        "statement": {"text": "What identifies the patient was added beside the record."},
        "person": {"role": role_of(by, clock.now())},
    }
    item = Unsealed(
        uuid4(), "statement", record.visit, by, clock.now(), document, record.device, about=record
    )
    part.record = append([item])[0]
    part.key, part.payload = key, _cipher().encrypt(text.encode("utf-8"))
    part.save(force_insert=True)
    audit.write("records.add_to_personal", by=by, subject=part)
    return part


def read_personal(part: PersonalPart) -> dict[str, Any]:
    """Open a personal part and check it against its digest.

    Raises:
        NotFound: it was destroyed.
        Fault: it is not what was sealed, or the site's key does not open it.
    """
    if part.payload is None or part.key is None:
        raise NotFound("what identified the patient was destroyed", field="personal")
    try:
        text = _cipher().decrypt(bytes(part.payload)).decode("utf-8")
    except InvalidToken:
        raise Fault("the site's key does not open this personal part") from None
    if not hmac.compare_digest(keyed_digest(bytes(part.key), text), part.digest):
        raise Fault("this personal part is not what was sealed")
    return dict(json.loads(text))


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
        "personal": [{"id": str(row.uuid), "digest": row.digest}],
        "statement": {"text": reason.strip()[:1000]},
        "person": {"role": role_of(by, clock.now())},
    }
    item = Unsealed(
        uuid4(), "erasure", row.record.visit, by, clock.now(), document, row.record.device, about=row.record
    )
    sealed = append([item])[0]
    audit.write("records.erase_personal", by=by, subject=row)
    return sealed
