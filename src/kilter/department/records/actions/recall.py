"""An instrument was found wrong: what it measured is traced, held and tested again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from kilter.department.equipment import actions as equipment
from kilter.department.equipment.models import Device, Hold
from kilter.department.equipment.queries import certificate_in_force
from kilter.department.ledger import audit, clock, identity, moments, outbox
from kilter.department.people.confirmation import Confirmation
from kilter.department.people.gate import action
from kilter.department.people.models import Person
from kilter.department.records.chain import Unsealed, append
from kilter.department.records.models import Record
from kilter.department.records.sealing import check_confirmation, role_of
from kilter.department.records.traceability import Affected, FoundError, Traced, trace
from kilter.department.records.visit import device_data
from kilter.measure.error import BadInput


@action("records.recall")
def recall(
    *,
    by: Person,
    device: Device,
    errors: Sequence[FoundError],
    since: datetime,
    text: str,
    confirmation: Confirmation,
) -> tuple[Record, Traced]:
    """Say that a test instrument was found wrong, hold it, and recall what it could have misjudged.

    Its certificate ends, it is held, and every record since then whose verdict could have been another is
    listed in a sealed statement. A device in use on the strength of such a record is held until it has
    been tested with another instrument, and a job asks for that test.

    Args:
        by: the acting person.
        device: the instrument.
        errors: as found, by line of its certificate.
        since: when it was last known to be right.
        text: what was found, in words.
        confirmation: fresh, of this person.

    Returns:
        The sealed statement, and what was traced.

    Raises:
        BadInput: there is no text, no error, or one in no known unit.
        NotPermitted: not confirmed.
    """
    check_confirmation(confirmation, by)
    words = text.strip()[:300]
    if not words:
        raise BadInput("say what was found", field="text")
    traced = trace(device, errors, clock.as_instant(since, "since"))
    _take_out(device, by, words)
    record = _seal(device, by, words, errors, traced)
    retests = [one for one in traced.affected if one.to_be_retested]
    _hold(device, by, retests)
    audit.write("records.recall", by=by, subject=record, count=len(traced.affected))
    moments.happen("records.suspected", records=[one.record for one in retests], instrument=device, by=by)
    for pk in {device.pk, *(one.record.device_id for one in retests)}:
        outbox.emit("records.stated", {"device": pk})
    return record, traced


def _take_out(device: Device, by: Person, words: str) -> None:
    """End the certificate in force and hold the instrument."""
    paper = certificate_in_force(device)
    if paper is not None:
        equipment.withdraw_certificate(by=by, device=device, certificate=paper, reason=words)
    equipment.place_hold(by=by, device=device, cause="fault", text=f"Found out of tolerance: {words}")


def _seal(device: Device, by: Person, words: str, errors: Sequence[FoundError], traced: Traced) -> Record:
    found = [
        {"quantity": one.quantity, "unit": one.unit, "offset": one.offset, "share": one.share}
        for one in errors
    ]
    given = {
        "since": traced.since.isoformat(),
        "errors": found,
        "used": traced.used,
        "affected": [
            {"record": one.record.number, "verdict": one.record.verdict, "could_be": list(one.could_be)}
            for one in traced.affected
        ],
    }
    document = {
        "statement": {"act": "recall", "text": words, "given": given},
        "person": {"role": role_of(by, clock.now())},
        "device": device_data(device),
    }
    uuid = identity.new_id()
    return append([Unsealed(uuid, "statement", uuid, by, clock.now(), document, device)])[0]


def _hold(instrument: Device, by: Person, affected: Sequence[Affected]) -> None:
    Hold.objects.bulk_create(
        Hold(
            device=one.record.device,
            cause="suspect_instrument",
            text=f"measured with {instrument.asset}, found wrong since (record {one.record.number})",
            evidence=one.record.uuid,
            placed_at=clock.now(),
            placed_by=by,
        )
        for one in affected
    )
