"""Drafts: saved as they are typed, taken over, passed on. A reading that is replaced is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from kilter.department.equipment.models import Device, Hold
from kilter.department.ledger import audit, clock
from kilter.department.ledger.models import StoredFile
from kilter.department.people.gate import action
from kilter.department.people.models import Person
from kilter.department.people.queries import may
from kilter.department.policy.queries import load
from kilter.department.records.drafts import check_ours
from kilter.department.records.models import Draft, Record
from kilter.department.records.visit import baselines_of, instruments_named, measure
from kilter.measure.error import BadInput, Conflict, KilterError, NotPermitted
from kilter.measure.protocol import Protocol, Step
from kilter.measure.protocol import protocol as find_protocol
from kilter.measure.quantity import Instrument

LARGEST = 200_000
"""Characters of typed content that a draft may hold; files stand beside it by their hash."""


@action("records.draft")
def save_draft(
    *,
    by: Person,
    device: Device,
    procedure: str,
    uuid: UUID,
    version: int,
    content: Mapping[str, Any],
    performed_at: datetime | None = None,
    supersedes: Record | None = None,
    reason: str = "",
    source: tuple[StoredFile, str] | None = None,
) -> Draft:
    """Save a draft, or begin it where `version` is 0.

    A reading that differs from the one saved before goes to the discarded ones; where the earlier
    one was outside its limits, signing will ask for the reason.

    Args:
        by: who types.
        device: what is measured.
        procedure: key of the protocol, or of a single procedure.
        uuid: made by the client, so that a retry is the same draft.
        version: the version this save was made on.
        content: `{"steps": {key: {"inputs", "u"}}, "instruments": [uuid], "reasons": {number: text}}`.
        performed_at: when the measurement was made; when its last reading was saved where None.
        supersedes: a record that this draft will correct, and
        reason: why.
        source: the stored file, and its name, from which the readings were taken; it goes into every record.

    Raises:
        Conflict: saved elsewhere in between, signed, or another person's.
        BadInput: the content is not of this form, or too large.
    """
    protocol = find_protocol(procedure)
    _check_content(protocol, content)
    draft = Draft.objects.select_for_update().filter(uuid=uuid).first()
    if draft is None:
        if version:
            raise Conflict("this draft is no longer there", field="draft")
        if not protocol.fits(device.kind):
            kind = device.kind.replace("_", " ")
            raise BadInput(f"{protocol.title} is not made for a device of kind {kind}", field="protocol")
        draft = _begun(uuid, by, device, procedure, supersedes, reason)
    else:
        check_ours(draft, by, version, device, procedure)
    detail = {"protocol": procedure, "device": device.asset, "version": version + 1}
    audit.write("records.draft", by=by, subject=draft, detail=detail)
    draft.content = _content(protocol, draft, content, device, by, source)
    draft.version, draft.saved_at = draft.version + 1, clock.now()
    if draft.supersedes is None:  # a correction keeps the hour of what it corrects
        draft.performed_at = clock.as_instant(performed_at) if performed_at else None
    draft.save()
    return draft


def _begun(
    uuid: UUID, by: Person, device: Device, procedure: str, supersedes: Record | None, reason: str
) -> Draft:
    """Give a new draft, unsaved; a correction names its record and why."""
    draft = Draft(
        uuid=uuid, version=0, protocol=procedure, device=device, owner=by, content={"discarded": []}
    )
    if supersedes is not None:
        if not reason.strip():
            raise BadInput("a correction needs a reason", field="reason")
        draft.supersedes, draft.supersede_reason = supersedes.uuid, reason.strip()
        draft.performed_at = supersedes.performed_at  # the reading was taken then, whatever was typed
    return draft


def _content(
    protocol: Protocol,
    draft: Draft,
    content: Mapping[str, Any],
    device: Device,
    by: Person,
    source: tuple[StoredFile, str] | None,
) -> dict[str, Any]:
    """Give the content to save: what was typed, every reading that it replaces, and where it came from."""
    discarded = [*draft.content.get("discarded", []), *_replaced(protocol, draft, content, device, by)]
    _give_reasons(discarded, content.get("reasons", {}))
    new: dict[str, Any] = {
        "steps": dict(content.get("steps", {})),
        "instruments": list(content.get("instruments", [])),
        "discarded": discarded,
    }
    if source is not None:
        new["source"] = {"name": source[1], "sha256": source[0].sha256, "size": source[0].size}
    elif draft.content.get("source"):
        new["source"] = draft.content["source"]
    if draft.content.get("attached"):
        new["attached"] = draft.content["attached"]
    return new


def _check_content(protocol: Protocol, content: Mapping[str, Any]) -> None:
    steps, instruments = content.get("steps", {}), content.get("instruments", [])
    reasons = content.get("reasons", {})
    if not all(isinstance(part, dict) for part in (content, steps, reasons)) or not isinstance(
        instruments, list
    ):
        raise BadInput("the draft is not of the form that is expected", field="content")
    known = {step.key for step in protocol.steps}
    for key, part in steps.items():
        if key not in known:
            raise BadInput(f"{protocol.title} has no step {str(key)[:60]!r}", field="content")
        if not isinstance(part, dict) or not all(
            isinstance(part.get(name, {}), dict) for name in ("inputs", "u")
        ):
            raise BadInput(f"the step {key} is not of the form that is expected", field=key)
    if len(str(content)) > LARGEST:
        raise BadInput("the draft is too large; long data belong in a file", field="content")


def _replaced(
    protocol: Protocol, draft: Draft, content: Mapping[str, Any], device: Device, by: Person
) -> list[dict[str, Any]]:
    """List the readings that this save replaces, with the verdict they had."""
    found: list[dict[str, Any]] = []
    instruments = instruments_named(draft.content, clock.now())
    for step in protocol.steps:
        before = draft.content.get("steps", {}).get(step.key, {})
        changed = _changed(step, before, content.get("steps", {}).get(step.key, {}))
        if changed:
            verdict = _verdict(step, before, device, instruments)
            found += [
                {
                    "step": step.key,
                    "name": name,
                    "typed": value if isinstance(value, str) else str(value)[:200],
                    "verdict": verdict,
                    "reason": "",
                    "at": clock.now().isoformat(),
                    "by": by.display_name,
                }
                for name, value in changed.items()
            ]
    return found


def _changed(step: Step, before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """Give what was typed and is now otherwise: readings, and uncertainties, which can turn a verdict too.

    In the order of the declaration: a database may keep the keys of JSON in its own.
    """
    changed = {}
    for part, label in (("inputs", "{}"), ("u", "u of {}")):
        typed, now = before.get(part, {}), after.get(part, {})
        for item in step.entry.signature.inputs:
            old = typed.get(item.name)
            if old not in ("", None, []) and now.get(item.name) != old:
                changed[label.format(item.name)] = old
    return changed


def _verdict(
    step: Step, content: Mapping[str, Any], device: Device, instruments: Sequence[Instrument]
) -> str:
    """Give the verdict that a step had; a half-typed one has none."""
    try:
        done = measure(
            step,
            content,
            device=device,
            policy=load(),
            baselines=baselines_of(device, clock.now()),
            performed_at=clock.now(),
            instruments=instruments,
            strict=False,
        )
    except KilterError:
        return ""
    return done.judgement.verdict


def _give_reasons(discarded: list[dict[str, Any]], reasons: Mapping[str, Any]) -> None:
    for number, text in reasons.items():
        known = str(number) in {str(place) for place in range(len(discarded))}
        if not known or not isinstance(text, str):
            raise BadInput("there is no such discarded reading", field="reasons")
        row = discarded[int(number)]
        if text.strip() and not row["reason"]:
            row["reason"] = text.strip()[:500]


@action("records.ask_for_help")
def ask_for_help(
    *, by: Person, device: Device, procedure: str, draft: Draft, colleague: Person, question: str
) -> Draft:
    """Pass a draft to an authorised colleague; the device is held until they have signed or released it.

    Raises:
        NotPermitted: the colleague may not sign this.
        Conflict: the draft is signed, or another person's.
        BadInput: there is no question.
    """
    row = Draft.objects.select_for_update().get(pk=draft.pk)
    check_ours(row, by, row.version, device, procedure)
    permission = may(colleague, "records.sign", device, procedure=procedure)
    if not permission:
        raise NotPermitted(" ".join(permission.reasons), field="colleague")
    if not question.strip():
        raise BadInput("say what you need help with", field="question")
    row.asked, row.question, row.owner = colleague, question.strip()[:1000], colleague
    row.version += 1
    row.save(update_fields=["asked", "question", "owner", "version"])
    if not Hold.objects.filter(device=device, cause="help_asked", released_at=None).exists():
        words = f"{by.display_name} asked {colleague.display_name}: {row.question}"[:500]
        Hold.objects.create(
            device=device, cause="help_asked", text=words, placed_at=clock.now(), placed_by=by
        )
    audit.write("records.ask_for_help", by=by, subject=row, detail={"asked": str(colleague.uuid)})
    return row


@action("records.take_over")
def take_over(*, by: Person, device: Device, procedure: str, draft: Draft) -> Draft:
    """Take over an open draft; its readings stay, and who began it stays in the audit.

    Raises:
        Conflict: it is signed or abandoned, or of another device.
    """
    row = Draft.objects.select_for_update(of=("self",)).get(pk=draft.pk)
    check_ours(row, row.owner, row.version, device, procedure)
    before = row.owner
    row.owner, row.version = by, row.version + 1
    row.save(update_fields=["owner", "version"])
    audit.write("records.take_over", by=by, subject=row, detail={"from": str(before.uuid)})
    return row


@action("records.draft")
def abandon(*, by: Person, device: Device, procedure: str, draft: Draft, reason: str) -> Draft:
    """Give up a draft; what was typed stays in it.

    Raises:
        Conflict: it is signed, or another person's.
        BadInput: there is no reason.
    """
    row = Draft.objects.select_for_update().get(pk=draft.pk)
    check_ours(row, by, row.version, device, procedure)
    if not reason.strip():
        raise BadInput("giving up a draft needs a reason", field="reason")
    row.state = Draft.State.ABANDONED
    row.save(update_fields=["state"])
    audit.write("records.draft", by=by, subject=row, detail={"abandoned": reason.strip()[:500]})
    return row
