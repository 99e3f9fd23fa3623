"""Daily checks: which a ward does, and a list of them completed with one confirmation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from kilter.department.equipment.models import Device, Location
from kilter.department.equipment.queries import within
from kilter.department.ledger import audit, clock
from kilter.department.ledger.texts import text as read_text
from kilter.department.patients.free_text import names_nobody
from kilter.department.people.confirmation import Confirmation
from kilter.department.people.gate import action
from kilter.department.people.models import Person
from kilter.department.records.actions import save_draft, sign
from kilter.department.records.models import Draft, Record
from kilter.department.schedule.models import WardCheck
from kilter.department.schedule.site import today
from kilter.measure.error import BadInput, Conflict, NotPermitted
from kilter.measure.protocol import Protocol, user_checks

MOST = 200
"""Checks that one confirmation signs at most."""


@dataclass(frozen=True)
class Answered:
    """One check as answered: the items that were not in order, none where all were.

    `draft` is made by the client, so that the same list sent twice is signed once.
    """

    device: Device
    protocol: str
    draft: UUID
    failed: tuple[str, ...] = ()
    remark: str = ""


@action("schedule.set_ward_check")
def set_ward_check(
    *, by: Person, location: Location, protocol: str, wanted: bool, reason: str, since: date | None = None
) -> WardCheck:
    """Say whether those who work in a place do a daily check of its devices.

    Args:
        by: the acting person.
        location: the place, with all within it.
        protocol: key of a check that users do.
        wanted: whether it is done there.
        reason: why.
        since: the first day; today where None.

    Raises:
        BadInput: this is no check that users do, the reason is missing, or the day lies ahead.
    """
    _user_check(protocol)
    first = since or today()
    if first > today():
        raise BadInput("since: must be a day that has come", field="since")
    row = WardCheck.objects.create(
        location=location,
        protocol=protocol,
        wanted=wanted,
        since=first,
        reason=read_text("reason", reason, most=500, needed=True),
        set_at=clock.now(),
        set_by=by,
    )
    audit.write("schedule.set_ward_check", by=by, subject=row, detail={"protocol": protocol, "on": wanted})
    return row


@action("schedule.complete_user_checks")
def complete_user_checks(
    *, by: Person, place: Location, answered: Sequence[Answered], confirmation: Confirmation
) -> list[Record]:
    """Sign the daily checks of a place as answered, all or none, with one confirmation.

    Each becomes a sealed record by the road of every other; the gate asks for each whether the person is
    authorised for it. A check that fails holds its device and opens a job.

    Args:
        by: who looked.
        place: where the devices stand.
        answered: what was found.
        confirmation: fresh, of this person.

    Raises:
        BadInput: nothing is answered, a device stands elsewhere, or an answer will not do; the sentence
            names the device.
        NotPermitted, Conflict: as `records.sign`.
    """
    if not 0 < len(answered) <= MOST:
        raise BadInput("answered: tick what you have checked", field="answered")
    here = Device.objects.filter(within(place), pk__in=[one.device.pk for one in answered])
    stands = set(here.values_list("pk", flat=True))
    records: list[Record] = []
    for one in answered:
        try:
            if one.device.pk not in stands:
                raise BadInput(f"it does not stand in {place.name}", field="answered")
            records += _signed(by, one, confirmation)
        except (BadInput, Conflict, NotPermitted) as problem:
            message = f"{one.device.asset}: {problem.message}"
            raise type(problem)(message, field=problem.field, code=problem.code) from None
    detail = {"place": place.name, "records": [record.number for record in records]}
    audit.write("schedule.complete_user_checks", by=by, subject=place, detail=detail, count=len(records))
    return records


def _signed(by: Person, one: Answered, confirmation: Confirmation) -> list[Record]:
    """Draft and sign one check; the same one sent again gives the records of the first time."""
    steps = _steps(_user_check(one.protocol), one)
    draft = Draft.objects.filter(uuid=one.draft).first()
    if draft is None:
        draft = save_draft(
            by=by,
            device=one.device,
            procedure=one.protocol,
            uuid=one.draft,
            version=0,
            content={"steps": steps, "instruments": []},
        )
    elif draft.content.get("steps") != steps:
        raise Conflict("this list was signed before with other answers; load it again", field="answered")
    return sign(
        by=by,
        device=one.device,
        procedure=one.protocol,
        draft=draft,
        version=draft.version,
        confirmation=confirmation,
    )


def _user_check(key: str) -> Protocol:
    """Find a check that users do, by its key."""
    for one in user_checks():
        if one.key == key:
            return one
    raise BadInput("protocol: this is no check that users do", field="protocol")


def _steps(protocol: Protocol, one: Answered) -> Mapping[str, Any]:
    """Give the answers as a draft holds them: every item passes that was not said to fail."""
    remark = read_text("remark", one.remark, most=300)
    names_nobody("remark", remark)
    known = {item for step in protocol.steps for item in step.listed.items}
    if not set(one.failed) <= known:
        raise BadInput("failed: there is no such item in this check", field="failed")
    steps: dict[str, Any] = {}
    for step in protocol.steps:
        found = {item: "fail" if item in one.failed else "pass" for item in step.listed.items}
        steps[step.key] = {"inputs": {**found, **({"remark": remark} if remark else {})}}
    return steps
