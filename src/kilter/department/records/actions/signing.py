"""Signing: a draft becomes sealed records, once; a failing one holds the device in the same transaction."""

from __future__ import annotations

from collections.abc import Sequence

from kilter.department.equipment.models import Device
from kilter.department.ledger import audit, clock
from kilter.department.people.confirmation import Confirmation
from kilter.department.people.gate import action
from kilter.department.people.models import Person
from kilter.department.people.queries import may
from kilter.department.records.models import Draft, Record
from kilter.department.records.sealing import (
    Override,
    Terms,
    check_confirmation,
    performed_at_of,
    role_of,
    seal,
)
from kilter.measure.error import BadInput, Conflict, NotPermitted
from kilter.measure.protocol import protocol as find_protocol


@action("records.sign")
def sign(
    *,
    by: Person,
    device: Device,
    procedure: str,
    draft: Draft,
    version: int,
    confirmation: Confirmation,
    override: Override | None = None,
) -> list[Record]:
    """Sign a draft: one sealed record for each of its steps, all or none. A retry gives the same records.

    Args:
        by: who signs; authorised when the measurement was made and now.
        device: of the draft.
        procedure: the draft's protocol.
        draft: what is signed.
        version: the version that was on the screen.
        confirmation: fresh, of this person.
        override: a second person's, where an instrument is out of calibration.

    Raises:
        NotPermitted: not authorised at the time, or not confirmed.
        Conflict: changed or signed by somebody else in between.
        BadInput: a step is incomplete, a reading refused or left unexplained, an instrument missing.
    """
    check_confirmation(confirmation, by)
    row, done = _consume(draft, by, version, device, procedure)
    if done:
        audit.write("records.sign", by=by, subject=row, detail={"retry": True})
        return done
    performed_at = performed_at_of(row)
    # A correction keeps the hour of the measurement; who corrects it needs the right to do so now.
    asked_for = clock.now() if row.supersedes is not None else performed_at
    permission = may(by, "records.sign", device, asked_for, procedure=procedure)
    if not permission:
        raise NotPermitted(" ".join(permission.reasons), field="by")
    return seal(row, performed_at, Terms(by, role_of(by, clock.now()), override))


@action("records.sign_listed")
def sign_listed(
    *, by: Person, drafts: Sequence[tuple[Draft, int]], confirmation: Confirmation
) -> list[Record]:
    """Sign a list of drafts at once, all or none: each as it stands on the list with its version.

    Raises:
        NotPermitted, Conflict, BadInput: as `sign`; the sentence names the draft.
    """
    if not drafts:
        raise BadInput("there is nothing on the list", field="drafts")
    records: list[Record] = []
    for draft, version in drafts:
        try:
            records += sign(
                by=by,
                device=draft.device,
                procedure=draft.protocol,
                draft=draft,
                version=version,
                confirmation=confirmation,
            )
        except (BadInput, Conflict, NotPermitted) as problem:
            raise type(problem)(f"{draft.device.asset}: {problem.message}", field=problem.field) from None
    audit.write("records.sign_listed", by=by, detail={"records": len(records)}, count=len(drafts))
    return records


@action("records.break_glass")
def break_glass(
    *,
    by: Person,
    device: Device,
    procedure: str,
    draft: Draft,
    version: int,
    confirmation: Confirmation,
    reason: str,
) -> list[Record]:
    """Sign on call without the authorisation, on equipment only; a second person reviews within 24 hours.

    Raises:
        BadInput: there is no reason, or as `sign`.
        NotPermitted: the results are not of equipment, or not confirmed.
        Conflict: as `sign`.
    """
    check_confirmation(confirmation, by)
    if not reason.strip():
        raise BadInput("breaking the glass needs a reason", field="reason")
    if any(step.entry.use != "equipment" for step in find_protocol(procedure).steps):
        raise NotPermitted("The glass is broken for equipment only.", field="procedure")
    row, done = _consume(draft, by, version, device, procedure)
    if done:
        audit.write("records.break_glass", by=by, subject=row, detail={"retry": True})
        return done
    terms = Terms(by, role_of(by, clock.now()), emergency=reason.strip()[:1000])
    return seal(row, performed_at_of(row), terms)


def _consume(
    draft: Draft, by: Person, version: int, device: Device, procedure: str
) -> tuple[Draft, list[Record]]:
    """Lock the draft; give the records it has become where it was signed before."""
    row = (
        Draft.objects.select_for_update(of=("self",))
        .select_related("device__model", "owner")
        .get(pk=draft.pk)
    )
    if (row.device_id, row.protocol) != (device.pk, procedure):
        raise BadInput("this draft is of another device or protocol", field="draft")
    if row.state == Draft.State.SIGNED:
        records = list(Record.objects.filter(visit=row.uuid, kind="result").order_by("number"))
        if records and records[0].person_id == by.pk:
            return row, records
        raise Conflict("somebody else signed this draft", field="draft", code="not_open")
    if row.state != Draft.State.OPEN:
        raise Conflict("this draft was abandoned", field="draft", code="not_open")
    if row.owner_id != by.pk:
        raise Conflict(
            f"this draft belongs to {row.owner}; take it over first", field="draft", code="not_yours"
        )
    if row.version != version:
        raise Conflict(
            "the draft was saved since this page was shown; look again", field="draft", code="stale"
        )
    return row, []
