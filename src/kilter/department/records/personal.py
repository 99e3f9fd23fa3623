"""What identifies a patient, kept beside the chain: opened again and held against what was sealed."""

from __future__ import annotations

import hmac
import json
import secrets
from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

from cryptography.fernet import InvalidToken
from django.db.models import Q

from kilter.department.ledger.cipher import cipher, keyed_digest
from kilter.department.records.models import PersonalPart, Record
from kilter.measure.document import canonical
from kilter.measure.error import Fault, NotFound


def enciphered(payload: Mapping[str, Any]) -> PersonalPart:
    """Encipher what identifies a patient, as a part that waits for its record and is not saved yet."""
    text, key = canonical(payload), secrets.token_bytes(32)
    part = PersonalPart(uuid=uuid4(), digest=keyed_digest(key, text))
    part.key, part.payload = key, cipher(make=True).encrypt(text.encode("utf-8"))
    return part


def sealed_with(part: PersonalPart) -> list[dict[str, str]]:
    """Give what the sealed document says of a personal part: which it is, and its keyed digest."""
    return [{"id": str(part.uuid), "digest": part.digest}]


def personal_parts(record: Record) -> list[PersonalPart]:
    """Give what stands beside a record, and beside what was stated about it, oldest first; one query."""
    rows = PersonalPart.objects.filter(Q(record=record) | Q(record__about=record))
    return list(rows.select_related("record", "destroyed_by").order_by("pk"))


def personal_part(record: Record, part: UUID) -> PersonalPart:
    """Find one part that was sealed with a record.

    Raises:
        NotFound: there is none.
    """
    found = PersonalPart.objects.filter(record=record, uuid=part).first()
    if found is None:
        raise NotFound("there is no such personal part", field="personal")
    return found


def read_personal(part: PersonalPart) -> dict[str, Any]:
    """Open a personal part and check it against its digest.

    Raises:
        NotFound: it was destroyed.
        Fault: it is not what was sealed, or the site's key does not open it.
    """
    if part.payload is None or part.key is None:
        raise NotFound("what identified the patient was destroyed", field="personal")
    try:
        text = cipher().decrypt(bytes(part.payload)).decode("utf-8")
    except InvalidToken:
        raise Fault("the site's key does not open this personal part") from None
    if not hmac.compare_digest(keyed_digest(bytes(part.key), text), part.digest):
        raise Fault("this personal part is not what was sealed")
    return dict(json.loads(text))
