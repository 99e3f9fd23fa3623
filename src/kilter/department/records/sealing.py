"""How a draft becomes sealed records: measured, judged, held where it fails, and made known. No gate here.

Only the actions call this; they have asked whether the person may.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from kilter.department.equipment.lifecycle import WORDS, State
from kilter.department.equipment.models import Certificate, Device, Hold
from kilter.department.equipment.queries import certificate_in_force
from kilter.department.ledger import audit, clock, identity, moments, outbox
from kilter.department.ledger import files as store
from kilter.department.ledger.models import StoredFile
from kilter.department.people.confirmation import Confirmation
from kilter.department.people.models import Person, RoleHeld
from kilter.department.people.queries import may
from kilter.department.policy.queries import Policy, load
from kilter.department.records.chain import Unsealed, append
from kilter.department.records.models import Draft, Record
from kilter.department.records.queries import unexplained
from kilter.department.records.telling import with_tell
from kilter.department.records.visit import (
    Measured,
    as_instrument,
    baselines_of,
    context_of,
    document_of,
    files_of,
    measure,
    started,
)
from kilter.measure.error import BadInput, Conflict, NotPermitted
from kilter.measure.protocol import protocol as find_protocol
from kilter.measure.quantity import Instrument

REVIEW_WITHIN = timedelta(hours=24)
"""How soon a broken glass is reviewed by a second person."""

DISCARDED = ("name", "typed", "verdict", "reason", "at", "by")
"""What a sealed document says of a discarded reading."""

EARLIEST = timedelta(days=31)
"""How long ago a measurement may have been made when it is signed."""


@dataclass(frozen=True)
class Override:
    """A second person's word that an instrument out of calibration, or none, was used all the same."""

    person: Person
    confirmation: Confirmation
    reason: str


@dataclass(frozen=True)
class Terms:
    """On what terms a visit is sealed: by whom, in which role, on whose second word, under a broken glass."""

    by: Person
    role: str
    override: Override | None = None
    emergency: str = ""


def check_confirmation(confirmation: Confirmation, by: Person) -> None:
    """Refuse a stale or foreign confirmation.

    Raises:
        NotPermitted: the person has not just said who they are.
    """
    if not confirmation.holds_for(by):
        raise NotPermitted("Confirm with your PIN or password again.", field="confirmation", code="confirm")


def role_of(person: Person, instant: datetime) -> str:
    """Give the words of the roles a person holds at an instant."""
    held = (
        RoleHeld.objects.filter(person=person, valid_from__lte=instant).select_related("role").order_by("id")
    )
    return ", ".join(one.role.words for one in held if one.valid_until is None or one.valid_until > instant)


def performed_at_of(draft: Draft) -> datetime:
    """Give when a draft's measurement was made: as said, else when its last reading was saved.

    Readings that were typed before a failure would otherwise be signed as a retest made after it.

    Raises:
        BadInput: it lies in the future or too far back.
    """
    now = clock.now()
    performed_at = draft.performed_at or draft.saved_at
    if performed_at > now + timedelta(minutes=5):
        raise BadInput("a measurement cannot lie in the future", field="performed_at")
    if performed_at < now - EARLIEST and draft.supersedes is None:
        raise BadInput("this lies too far back to be signed; import it as history", field="performed_at")
    return performed_at


def seal(draft: Draft, performed_at: datetime, terms: Terms) -> list[Record]:
    """Measure, judge and seal every step of a draft, hold the device where one fails, and let others know.

    Raises:
        BadInput: as `sign`.
        Conflict: an instrument is out of calibration and nobody overrides it.
        NotPermitted: this use of results is not permitted here.
    """
    device, policy = draft.device, load()
    if missing := unexplained(draft):
        names = ", ".join(f"{row['name']} = {row['typed']}" for row in missing[:3])
        raise BadInput(f"say why the reading was discarded: {names}", field="discarded", code="unexplained")
    instruments = _instruments(draft, performed_at, terms)
    papers = [as_instrument(*pair) for pair in instruments]  # in the order of the sealed list
    measured = measure_all(
        draft, device, policy, performed_at, instruments=papers, strict=terms.override is None
    )
    for item in measured:
        if not policy.use_permitted(item.step.entry, performed_at):
            words = item.step.entry.use.replace("_", " ")
            raise NotPermitted(f"A result of use {words} is not permitted here yet.", field=item.step.key)
    superseded = _superseded(draft, measured)
    items = [unsealed(draft, item, performed_at, terms, policy, instruments, superseded) for item in measured]
    if left := _left_out(draft, measured):
        items[0].document["discarded"] = [*items[0].document.get("discarded", []), *left]
    records = append(items)
    draft.state = Draft.State.SIGNED
    draft.save(update_fields=["state"])
    activity = "records.break_glass" if terms.emergency else "records.sign"
    numbers = [record.number for record in records]
    audit.write(activity, by=terms.by, subject=draft, detail={"records": numbers}, count=len(records))
    hold_where_failed(device, records, terms.by)
    moments.happen("records.sealed", device=device, records=records, by=terms.by)
    outbox.emit("records.sealed", {"device": device.pk, "visit": str(draft.uuid)})
    return records


def _left_out(draft: Draft, measured: Sequence[Measured]) -> list[dict[str, Any]]:
    """List the discarded readings of steps that were then left out, so that no try is lost with its step."""
    kept = {item.step.key for item in measured}
    return [
        {**{name: row[name] for name in DISCARDED}, "name": f"{row['step']}.{row['name']}"}
        for row in draft.content.get("discarded", [])
        if row["step"] not in kept
    ]


def measure_all(
    draft: Draft,
    device: Device,
    policy: Policy,
    performed_at: datetime,
    *,
    instruments: Sequence[Instrument] = (),
    strict: bool = True,
) -> list[Measured]:
    """Measure every step of a draft that applies to its device.

    Raises:
        BadInput: a step that is not optional has nothing typed, or a reading is refused.
    """
    baselines, found = baselines_of(device, performed_at), []
    steps = find_protocol(draft.protocol).steps_for(context_of(device))
    for step in steps:
        content = draft.content.get("steps", {}).get(step.key, {})
        if not started(content):
            if step.optional:
                continue
            raise BadInput(f"{step.key.replace('_', ' ')} is not done yet", field=step.key, code="missing")
        found.append(
            measure(
                step,
                content,
                device=device,
                policy=policy,
                baselines=baselines,
                performed_at=performed_at,
                instruments=instruments,
                strict=strict,
            )
        )
    if not found:
        raise BadInput("nothing was measured", field="steps", code="missing")
    return found


def _instruments(
    draft: Draft, performed_at: datetime, terms: Terms
) -> list[tuple[Device, Certificate | None]]:
    """Find the test instruments and their certificates; an unfit one needs the word of two people."""
    found: list[tuple[Device, Certificate | None]] = []
    wanted = [str(key) for key in draft.content.get("instruments", [])]
    by_uuid = {
        str(one.uuid): one for one in Device.objects.filter(uuid__in=_uuids(wanted)).select_related("model")
    }
    for key in wanted:
        if key not in by_uuid:
            raise BadInput("there is no such test instrument", field="instruments")
        if by_uuid[key].pk == draft.device_id:
            raise BadInput("a device is not measured with itself", field="instruments")
        certificate = certificate_in_force(by_uuid[key], performed_at)
        why = unfit(by_uuid[key], certificate)
        if why and terms.override is None:
            message = f"{by_uuid[key].asset} {why}"
            raise Conflict(message, field="instruments", code="out_of_calibration")
        found.append((by_uuid[key], certificate))
    if not found and find_protocol(draft.protocol).needs_instrument and terms.override is None:
        raise BadInput("name the test instrument that was used", field="instruments", code="missing")
    if terms.override is not None:
        _check_override(draft, terms.override, terms.by)
    return found


def unfit(instrument: Device, certificate: Certificate | None) -> str:
    """Say why a test instrument may not be relied on; nothing is said where it may.

    What is known today counts for yesterday's readings.

    Args:
        instrument: which.
        certificate: that was in force when it was used.
    """
    if certificate is None:
        return "was not in calibration when this was measured"
    if instrument.state != State.IN_SERVICE:
        return f"is {WORDS[State(instrument.state)]}"
    hold = Hold.objects.filter(device=instrument, released_at=None).order_by("id").first()
    return f"is held: {hold.text}" if hold is not None else ""


def _uuids(texts: Sequence[str]) -> list[UUID]:
    try:
        return [UUID(text) for text in texts]
    except ValueError:
        raise BadInput("an instrument is named by its uuid", field="instruments") from None


def _check_override(draft: Draft, override: Override, by: Person) -> None:
    if override.person.pk == by.pk:
        raise NotPermitted("The second word is another person's.", field="override")
    check_confirmation(override.confirmation, override.person)
    if not override.reason.strip():
        raise BadInput("an override needs a reason", field="override")
    permission = may(override.person, "records.override", draft.device, procedure=draft.protocol)
    if not permission:
        raise NotPermitted(" ".join(permission.reasons), field="override")


def _superseded(draft: Draft, measured: Sequence[Measured]) -> Record | None:
    if draft.supersedes is None:
        return None
    old = Record.objects.filter(uuid=draft.supersedes, kind="result").first()
    if old is None or old.device_id != draft.device_id:
        raise BadInput("the record to be corrected is not this device's", field="supersedes")
    if Record.objects.filter(supersedes=old).exists():
        raise Conflict("that record was corrected before; correct the newer one", field="supersedes")
    if [item.step.entry.key for item in measured] != [old.procedure]:
        raise BadInput("a correction repeats the one procedure of the record", field="supersedes")
    return old


def unsealed(
    draft: Draft,
    item: Measured,
    performed_at: datetime,
    terms: Terms,
    policy: Policy,
    instruments: Sequence[tuple[Device, Certificate | None]],
    superseded: Record | None,
) -> Unsealed:
    """Give a measured step as the document that waits for its place in the chain; its files are stored.

    Args:
        draft: of the visit; its discarded readings and reasons go into the document.
        item: the step as measured and judged.
        performed_at: when it was measured.
        terms: by whom and on what terms it is sealed.
        policy: loaded policy, which says whether a second signature is wanted.
        instruments: test instruments with the certificates that were in force.
        superseded: the record that this one corrects, or None.
    """
    discarded = [
        {name: row[name] for name in DISCARDED}
        for row in draft.content.get("discarded", [])
        if row["step"] == item.step.key
    ]
    document = document_of(item, draft.device, role=terms.role, instruments=instruments, discarded=discarded)
    document |= _extras(draft, terms, superseded)
    taken_in = files_of(item.outcome) if "files" in document else []
    files = [(store.store(f.content, media_type="application/octet-stream"), f.name) for f in taken_in]
    if beside := _beside(draft):
        document["files"] = [*document.get("files", []), *beside]
        kept = StoredFile.objects.in_bulk([one["sha256"] for one in beside], field_name="sha256")
        files += [(kept[one["sha256"]], one["name"]) for one in beside]
    return Unsealed(
        uuid=identity.new_id(),
        kind="result",
        visit=draft.uuid,
        person=terms.by,
        performed_at=performed_at,
        document=document,
        device=draft.device,
        protocol=old_protocol(draft, superseded),
        confirmed=item.in_force.confirmed,
        supersedes=superseded,
        countersign=policy.countersigned(item.step.entry, performed_at),
        review_by=clock.now() + REVIEW_WITHIN if terms.emergency else None,
        instruments=instruments,
        files=files,
    )


def _beside(draft: Draft) -> list[dict[str, Any]]:
    """List the files of a visit that no procedure took in: where its readings came from, and its photos."""
    source = draft.content.get("source")
    return [*([source] if source else []), *draft.content.get("attached", [])]


def old_protocol(draft: Draft, superseded: Record | None) -> str:
    """Give the protocol a record counts for: a correction counts for what it corrects."""
    return superseded.protocol if superseded is not None else draft.protocol


def _extras(draft: Draft, terms: Terms, superseded: Record | None) -> Mapping[str, Any]:
    extras: dict[str, Any] = {}
    if superseded is not None:
        extras["supersedes"] = {"id": str(superseded.uuid), "reason": draft.supersede_reason}
    if terms.override is not None:
        second = terms.override.person
        extras["override"] = {
            "person": {"id": str(second.uuid), "name": second.display_name},
            "reason": terms.override.reason.strip(),
        }
    if terms.emergency:
        extras["emergency"] = {"reason": terms.emergency}
    return extras


def hold_where_failed(device: Device, records: Sequence[Record], by: Person) -> list[Hold]:
    """Hold a device for every record that says it must not be used."""
    failed = [record for record in records if record.verdict == "suspension"]
    return Hold.objects.bulk_create(
        Hold(
            device=device,
            cause="failed_test",
            text=with_tell(
                f"{record.procedure.partition('.')[2].replace('_', ' ')} failed (record {record.number})",
                record,
            ),
            evidence=record.uuid,
            placed_at=clock.now(),
            placed_by=by,
        )
        for record in failed
    )
