"""Signed statements: a hold, a loss, a restriction, a release, an adoption is a person's sealed word."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Model
from django.utils.duration import duration_iso_string

from kilter.department.equipment import actions as equipment
from kilter.department.equipment.actions.holds import CAUSES
from kilter.department.equipment.lendings import is_here
from kilter.department.equipment.models import Device, Hold, LifecycleFact
from kilter.department.ledger import identity
from kilter.department.people.confirmation import Confirmation
from kilter.department.people.gate import action
from kilter.department.people.models import Person
from kilter.department.policy import actions as policy
from kilter.department.records.clearing import TESTED, clearing, passing_test, tested_since
from kilter.department.records.models import Record
from kilter.department.records.sealing import check_confirmation
from kilter.department.records.stating import seal_statement
from kilter.measure.error import BadInput

ACTS: dict[str, Callable[..., Any]] = {
    "place_hold": equipment.place_hold,
    "record_investigation": equipment.record_investigation,
    "restrict": equipment.restrict,
    "lift_restriction": equipment.lift_restriction,
    "report_lost": equipment.report_lost,
    "report_found": equipment.report_found,
    "withdraw": equipment.withdraw,
    "condemn": equipment.condemn,
    "reinstate": equipment.reinstate,
    "return_lent_device": equipment.return_lent_device,
    "put_in_service": equipment.put_in_service,
    "adopt_limits": policy.adopt_limits,
    "countersign_limits": policy.countersign_limits,
    "permit_use": policy.permit_use,
    "set_frequency": policy.set_frequency,
    "set_ladder": policy.set_ladder,
    "set_capacity": policy.set_capacity,
}
"""What may be stated: each is an action of another room, with its own permission."""


@action("records.state")
def state(
    *,
    by: Person,
    act: str,
    text: str,
    confirmation: Confirmation,
    device: Device | None = None,
    arguments: Mapping[str, Any] | None = None,
) -> Record:
    """Do something that is a person's word, and seal the word.

    Args:
        by: whose word it is.
        act: a key of `ACTS`; its own permission is asked as well.
        text: the statement, in words.
        confirmation: fresh, of this person.
        device: what it is about, where it is a device.
        arguments: what the act needs besides.

    Raises:
        BadInput: there is no such act, or no text; and what the act itself raises.
        NotPermitted: not confirmed, or the act is not permitted.
        Conflict: a device that was lost or condemned was not tested since.
    """
    check_confirmation(confirmation, by)
    if act not in ACTS:
        raise BadInput(f"there is no act {act[:40]!r}", field="act")
    if not text.strip():
        raise BadInput("say it in words", field="text")
    uuid, given = identity.new_id(), dict(arguments or {})
    if act == "put_in_service":
        given["evidence"] = _ground_for_service(device, given.get("evidence"), uuid)
    about = {"device": device} if device is not None else {}
    if act == "put_in_service":  # it rests on a record, which may be this very statement
        sealed = seal_statement(uuid, by, device, act, text, _plain(given))
        ACTS[act](by=by, **about, **given)
        return sealed
    ACTS[act](by=by, **about, **given)
    return seal_statement(uuid, by, device, act, text, _plain(given))


def _ground_for_service(device: Device | None, evidence: object, uuid: UUID) -> UUID:
    """Give the record on which a device goes into service: a passing test, or else the statement itself.

    Words alone do for a device that was accepted or that a person took out; one that was lost or condemned
    is tested first, and so is one that is lent to us.
    """
    if device is None:
        raise BadInput("say which device", field="device")
    if evidence:
        return passing_test(device, _uuid(evidence)).uuid
    last = LifecycleFact.objects.filter(device=device).order_by("-id").first()
    if last is not None and last.verb in ("report_found", "reinstate"):
        return tested_since(device, last.at).uuid
    if device.accepted_at is None and is_here(device):
        return tested_since(device, device.registered_at).uuid
    return uuid


def _uuid(given: object) -> UUID:
    try:
        return given if isinstance(given, UUID) else UUID(str(given))
    except ValueError:
        raise BadInput("evidence: must be the uuid of a record", field="evidence") from None


def _plain(given: Mapping[str, Any]) -> dict[str, Any]:
    """Write down what an act was given: rows by their public id, times as text."""
    plain: dict[str, Any] = {}
    for name, value in given.items():
        if isinstance(value, Model):
            plain[name] = str(value.uuid)  # type: ignore[attr-defined]
        elif isinstance(value, date | datetime):
            plain[name] = value.isoformat()
        elif isinstance(value, timedelta):
            plain[name] = duration_iso_string(value)
        else:
            plain[name] = str(value) if isinstance(value, UUID) else value
    return plain


@action("equipment.release_hold")
def release(*, by: Person, device: Device, hold: Hold, text: str, confirmation: Confirmation) -> Record:
    """Release a hold as a signed statement; one that a test placed needs a passing test after it.

    Raises:
        Conflict: no passing test stands behind it, or its limits are not adopted yet.
        BadInput: there is no text.
        NotPermitted: not confirmed.
    """
    check_confirmation(confirmation, by)
    uuid, evidence = identity.new_id(), None
    if CAUSES[hold.cause].evidence:
        evidence = clearing(device, hold).uuid if hold.cause in TESTED else uuid
    given = {"hold": str(hold.uuid), "evidence": str(evidence or "")}
    sealed = seal_statement(uuid, by, device, "release_hold", text, given)
    equipment.release_hold(by=by, device=device, hold=hold, text=text, evidence=evidence)
    return sealed
