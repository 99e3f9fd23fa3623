"""Holds and restrictions: a person's word that a device is not to be used, or only so far."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from kilter.department.equipment.models import Device, Hold, Restriction
from kilter.department.ledger import audit, clock, moments
from kilter.department.ledger.texts import text as read_text
from kilter.department.people.gate import action
from kilter.department.people.models import Person
from kilter.measure.error import BadInput, Conflict


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a hold is placed, what its release needs, and whether a person may place it by their word."""

    words: str
    evidence: bool = False
    investigation: bool = False
    by_hand: bool = True


CAUSES: dict[str, Cause] = {
    "failed_test": Cause("a test failed", evidence=True, by_hand=False),
    "suspect_instrument": Cause("it was tested with an instrument found wrong", evidence=True, by_hand=False),
    "fault": Cause("a fault was reported", evidence=True),
    "quarantine": Cause("quarantined after an incident", evidence=True, investigation=True),
    "safety_alert": Cause("a safety alert applies", evidence=True),
    "decontamination": Cause("to be decontaminated", evidence=True),
    "help_asked": Cause("a colleague was asked for help with its test", by_hand=False),
    "review": Cause("a review found against what was signed on call", evidence=True, by_hand=False),
    "statement": Cause("somebody's word"),
}
"""Every cause of a hold by key; only a record gives those that are not `by_hand`."""


@action("equipment.place_hold")
def place_hold(*, by: Person, device: Device, cause: str, text: str, evidence: UUID | None = None) -> Hold:
    """Place a hold on a device: it is not used until the hold is released.

    Args:
        by: the acting person.
        device: the device.
        cause: a key of `CAUSES` that is given by hand.
        text: what is the matter, in words.
        evidence: uuid of the record, alert or incident behind it, where there is one.

    Raises:
        BadInput: the cause is unknown or a record's to give, the text missing, or the evidence no uuid.
    """
    if cause not in CAUSES or not CAUSES[cause].by_hand:
        by_hand = [key for key, known in CAUSES.items() if known.by_hand]
        raise BadInput(f"cause: must be one of {', '.join(by_hand)}", field="cause")
    hold = Hold.objects.create(
        device=device,
        cause=cause,
        text=_words("text", text),
        evidence=_uuid_or_none("evidence", evidence),
        placed_at=clock.now(),
        placed_by=by,
    )
    detail = {"hold": str(hold.uuid), "cause": cause, "evidence": str(evidence or "")}
    audit.write("equipment.place_hold", by=by, subject=device, detail=detail)
    return hold


@action("equipment.record_investigation")
def record_investigation(*, by: Person, device: Device, hold: Hold, finding: str) -> Hold:
    """Record what the investigation of a quarantine found; only then can it be released.

    Raises:
        BadInput: the finding is missing, or the hold is not of this device.
        Conflict: the hold needs no investigation, is released, or was investigated before.
    """
    row = _open_hold(device, hold)
    if not CAUSES[row.cause].investigation:
        raise Conflict("this hold needs no investigation", field="hold")
    if row.investigated_at is not None:
        raise Conflict("the finding is recorded already", field="hold")
    row.investigated_at, row.investigated_by = clock.now(), by
    row.finding = _words("finding", finding, 1000)
    row.save(update_fields=["investigated_at", "investigated_by", "finding"])
    audit.write("equipment.record_investigation", by=by, subject=device, detail={"hold": str(row.uuid)})
    return row


@action("equipment.release_hold")
def release_hold(*, by: Person, device: Device, hold: Hold, text: str, evidence: UUID | None = None) -> Hold:
    """Release a hold, on the evidence its cause asks for. It returns no device to service by itself.

    The records room looks at the evidence: it is a record of this device, and where the cause asks for a
    test, the test that ends this hold.

    Raises:
        BadInput: the text or the evidence is missing or will not do, or the hold is not of this device.
        Conflict: it is released already, or a quarantine was not investigated.
    """
    row = _open_hold(device, hold)
    cause = CAUSES[row.cause]
    if cause.investigation and row.investigated_at is None:
        raise Conflict("the quarantine was not investigated yet", field="hold")
    if cause.evidence and not isinstance(evidence, UUID):
        raise BadInput("evidence: releasing this hold needs a record", field="evidence")
    moments.happen("equipment.releasing_hold", device=device, hold=row, evidence=evidence)
    row.released_at, row.released_by = clock.now(), by
    row.release_text, row.release_evidence = _words("text", text), _uuid_or_none("evidence", evidence)
    row.save(update_fields=["released_at", "released_by", "release_text", "release_evidence"])
    detail = {"hold": str(row.uuid), "cause": row.cause, "evidence": str(evidence or "")}
    audit.write("equipment.release_hold", by=by, subject=device, detail=detail)
    return row


@action("equipment.restrict")
def restrict(*, by: Person, device: Device, limits: str, reason: str, expires: datetime) -> Restriction:
    """Let a device be used within limits only, until an instant; whoever acts is the approver.

    Raises:
        BadInput: limits or reason are missing, or the end is not in the future.
    """
    end = clock.as_instant(expires, "expires")
    if end <= clock.now():
        raise BadInput("expires: must lie in the future", field="expires")
    row = Restriction.objects.create(
        device=device,
        limits=_words("limits", limits),
        reason=_words("reason", reason),
        approver=by,
        placed_at=clock.now(),
        expires=end,
    )
    detail = {"restriction": str(row.uuid), "limits": row.limits, "expires": end.isoformat()}
    audit.write("equipment.restrict", by=by, subject=device, detail=detail)
    return row


@action("equipment.lift_restriction")
def lift_restriction(*, by: Person, device: Device, restriction: Restriction, reason: str) -> Restriction:
    """Lift a restriction before it ends.

    Raises:
        BadInput: the reason is missing, or the restriction is not of this device.
        Conflict: it was lifted before.
    """
    row = Restriction.objects.select_for_update(of=("self",)).get(pk=restriction.pk)
    if row.device_id != device.pk:
        raise BadInput("restriction: it is another device's", field="restriction")
    if row.lifted_at is not None:
        raise Conflict("the restriction was lifted before", field="restriction")
    row.lifted_at, row.lifted_by, row.lift_reason = clock.now(), by, _words("reason", reason)
    row.save(update_fields=["lifted_at", "lifted_by", "lift_reason"])
    audit.write("equipment.lift_restriction", by=by, subject=device, detail={"restriction": str(row.uuid)})
    return row


def _words(field: str, given: str, most: int = 500) -> str:
    """Read words that must be there."""
    return read_text(field, given, most=most, needed=True)


def _uuid_or_none(field: str, given: UUID | None) -> UUID | None:
    """Refuse what is neither a uuid nor nothing."""
    if given is not None and not isinstance(given, UUID):
        raise BadInput(f"{field}: must be the uuid of a record", field=field)
    return given


def _open_hold(device: Device, hold: Hold) -> Hold:
    """Read a hold again, locked; it must be this device's, because the gate asked about this device."""
    row = Hold.objects.select_for_update(of=("self",)).get(pk=hold.pk)
    if row.device_id != device.pk:
        raise BadInput("hold: it is another device's", field="hold")
    if row.released_at is not None:
        raise Conflict("the hold is released already", field="hold")
    return row
