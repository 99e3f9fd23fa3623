"""A visit on the screen: read from a draft or a form, saved back as a draft; files kept by their hash."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest

from kilter.department.equipment import queries as equipment
from kilter.department.equipment.models import Device
from kilter.department.ledger import files as store
from kilter.department.records import actions, queries
from kilter.department.records.drafts import check_may_save
from kilter.department.records.models import Draft, Record
from kilter.department.records.visit import as_read, context_of
from kilter.interfaces.web.fields import read_form
from kilter.interfaces.web.page import person_of
from kilter.measure.error import BadInput, NotFound
from kilter.measure.protocol import Protocol, Step
from kilter.measure.protocol import protocol as find_protocol


@dataclass
class Visit:
    """A draft on the screen, saved or not yet."""

    uuid: UUID
    version: int
    protocol: Protocol
    device: Device
    content: dict[str, Any]
    draft: Draft | None
    supersedes: Record | None = None

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps that apply to the device."""
        return self.protocol.steps_for(context_of(self.device))

    @property
    def href(self) -> str:
        """Address of the draft."""
        return f"/drafts/{self.uuid}/"


def read_uuid(text: str) -> UUID:
    """Read an id out of an address or a form.

    Raises:
        NotFound: it is none.
    """
    try:
        return UUID(text)
    except ValueError:
        raise NotFound("there is nothing at this address") from None


def content_of_record(visit: Visit) -> dict[str, Any]:
    """Take what a record was made of as the beginning of its correction."""
    assert visit.supersedes is not None
    document = queries.document_of(visit.supersedes)
    key = visit.protocol.steps[0].key
    inputs = {}
    for name, row in document["inputs"].items():
        value = as_read(row)
        inputs[name] = row.get("typed") or value if isinstance(value, str | int | float) else value
        if isinstance(inputs[name], int | float):
            inputs[name] = f"{inputs[name]!r}{row.get('unit', '')}"
    instruments = [row["id"] for row in document.get("instruments", []) if "id" in row]
    return {"steps": {key: {"inputs": inputs}}, "instruments": instruments}


def read_again(visit: Visit) -> Visit:
    """Read the draft again: a refused act may have saved it."""
    row = Draft.objects.select_related("device__model", "owner").filter(uuid=visit.uuid).first()
    if row is not None:
        visit.draft, visit.version, visit.content = row, row.version, row.content
    return visit


def read_visit(request: HttpRequest, uuid: UUID) -> Visit:
    """Give the visit of a draft, or a new one from what a form posts.

    Raises:
        NotFound: there is no such draft, and the form names no device.
    """
    row = (
        Draft.objects.select_related("device__model", "device__location", "owner", "asked")
        .filter(uuid=uuid)
        .first()
    )
    if row is not None:
        old = queries.record_by_uuid(row.supersedes) if row.supersedes else None
        return Visit(uuid, row.version, find_protocol(row.protocol), row.device, row.content, row, old)
    if request.method == "GET" or "device" not in request.POST:
        raise NotFound("there is no such draft", field="draft")
    device = equipment.device_by_uuid(read_uuid(request.POST["device"]))
    old = (
        queries.record_by_uuid(read_uuid(request.POST["supersedes"]))
        if request.POST.get("supersedes")
        else None
    )
    return Visit(uuid, 0, find_protocol(request.POST.get("protocol", "")), device, {}, None, old)


def as_typed(request: HttpRequest, visit: Visit) -> dict[str, Any]:
    """Give what the form holds, beside what the draft keeps, without saving it."""
    form = read_form(visit.protocol, request.POST, visit.content, context_of(visit.device))
    return {**visit.content, "steps": form["steps"], "instruments": form["instruments"]}


def _version(request: HttpRequest) -> int:
    text = request.POST.get("version", "0")
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise BadInput("the form carries no version", field="version")
    return int(text)


def save(request: HttpRequest, visit: Visit, content: Mapping[str, Any] | None = None) -> Visit:
    """Save what the form holds; where nothing changed, nothing is saved."""
    if content is None:
        form = read_form(visit.protocol, request.POST, visit.content, context_of(visit.device))
        content = _with_files(request, visit, form)
    given = dict(content)
    unchanged = (
        visit.draft is not None
        and not given.get("reasons")
        and {k: given.get(k) for k in ("steps", "instruments")}
        == {k: visit.content.get(k) for k in ("steps", "instruments")}
        and visit.draft.performed_at == _performed_at(request, visit.draft)
    )
    if unchanged:
        return visit
    row = actions.save_draft(
        by=person_of(request),
        device=visit.device,
        procedure=visit.protocol.key,
        uuid=visit.uuid,
        version=_version(request) if visit.draft is not None else 0,
        content=given,
        performed_at=_performed_at(request, visit.draft),
        supersedes=visit.supersedes if visit.draft is None else None,
        reason=request.POST.get("supersede_reason", ""),
    )
    return Visit(row.uuid, row.version, visit.protocol, visit.device, row.content, row, visit.supersedes)


def _performed_at(request: HttpRequest, draft: Draft | None) -> datetime | None:
    """Read when it was performed; a form that does not ask leaves what the draft says."""
    if "performed_at" not in request.POST:
        return draft.performed_at if draft is not None else None
    text = request.POST.get("performed_at", "").strip()
    if not text:
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(settings.SITE_ZONE))
    except ValueError:
        raise BadInput("write when it was performed as 2026-03-29T14:05", field="performed_at") from None


def kept(request: HttpRequest, visit: Visit, name: str) -> list[dict[str, Any]]:
    """Keep the files of one field by their SHA-256; give their names, hashes and sizes.

    Raises:
        NotPermitted, Conflict: the draft is not this person's to save; nothing is kept then.
    """
    sent: list[dict[str, Any]] = []
    if name in request.FILES:
        check_may_save(
            by=person_of(request),
            device=visit.device,
            procedure=visit.protocol.key,
            draft=visit.draft,
            version=_version(request),
        )
    for one in request.FILES.getlist(name):
        kept = store.store(one.read(), media_type="application/octet-stream")
        sent.append({"name": (one.name or "file")[:255], "sha256": kept.sha256, "size": kept.size})
    return sent


def _with_files(request: HttpRequest, visit: Visit, content: dict[str, Any]) -> dict[str, Any]:
    """Take the files that a form without script sends along."""
    for step in visit.steps:
        for item in step.entry.signature.inputs:
            if item.type in ("file", "files") and (sent := kept(request, visit, f"{step.key}.{item.name}")):
                part = content["steps"].setdefault(step.key, {"inputs": {}})
                part["inputs"][item.name] = sent if item.type == "files" else sent[-1]
    return content
