"""The one way in which a person's word becomes a sealed record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from kilter.department.equipment.models import Device
from kilter.department.ledger import audit, clock, outbox
from kilter.department.people.models import Person
from kilter.department.records.chain import Unsealed, append
from kilter.department.records.models import Record
from kilter.department.records.personal import enciphered, sealed_with
from kilter.department.records.sealing import role_of
from kilter.department.records.visit import device_data


def seal_statement(
    uuid: UUID,
    by: Person,
    device: Device | None,
    act: str,
    text: str,
    given: Mapping[str, Any],
    *,
    personal: Mapping[str, Any] | None = None,
) -> Record:
    """Seal what a person states; the caller has checked the confirmation and acts in the same transaction.

    Args:
        uuid: of the record to be.
        by: whose word it is.
        device: what it is about, where it is a device.
        act: what is done by it, such as `place_hold`.
        text: the words; a thousand characters of them are kept.
        given: what the act was given besides, as plain data.
        personal: what identifies or describes a patient; it is kept enciphered beside the chain, which
            holds its keyed digest only.
    """
    statement = {"act": act, "text": text.strip()[:1000], "given": dict(given)}
    document: dict[str, Any] = {"statement": statement, "person": {"role": role_of(by, clock.now())}}
    if device is not None:
        document["device"] = device_data(device)
    part = enciphered(personal) if personal else None
    if part is not None:
        document["personal"] = sealed_with(part)
    sealed = append([Unsealed(uuid, "statement", uuid, by, clock.now(), document, device)])[0]
    if part is not None:
        part.record = sealed
        part.save(force_insert=True)
    audit.write("records.state", by=by, subject=sealed, detail={"act": act})
    if device is not None:
        outbox.emit("records.stated", {"device": device.pk})
    return sealed
