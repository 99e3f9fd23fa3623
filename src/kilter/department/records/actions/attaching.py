"""Photos and other files that belong to a visit: taken in beside its draft, named in every record of it."""

from __future__ import annotations

from typing import Any

from kilter.department.equipment.models import Device
from kilter.department.ledger import audit, clock, files
from kilter.department.ledger.texts import text as read_text
from kilter.department.patients.free_text import names_nobody
from kilter.department.people.gate import action
from kilter.department.people.models import Person
from kilter.department.records.drafts import check_ours
from kilter.department.records.models import Draft
from kilter.measure.error import BadInput, NotFound

LARGEST = 25_000_000
"""Bytes that one file may have."""
MOST = 20
"""Files that one visit may have."""


@action("records.draft")
def attach_file(
    *, by: Person, device: Device, procedure: str, draft: Draft, version: int, name: str, content: bytes
) -> Draft:
    """Take a photo or another file into a draft; signing names it, by its SHA-256, in every record.

    The same bytes again are one file.

    Args:
        by: whose draft it is.
        device: of the draft.
        procedure: the draft's protocol.
        draft: what it belongs to.
        version: the version this is done on.
        name: as it was called where it came from.
        content: its bytes.

    Raises:
        BadInput: it is empty, too large or one too many, or its name looks like a patient's details.
        Conflict: the draft was saved elsewhere in between, is signed, or another person's.
    """
    row = Draft.objects.select_for_update().get(pk=draft.pk)
    check_ours(row, by, version, device, procedure)
    called = read_text("attached", name.replace("\\", "/").rpartition("/")[2], most=255) or "file"
    names_nobody("attached", called)
    if len(content) > LARGEST:
        raise BadInput(f"a file has {LARGEST // 1_000_000} MB at most", field="attached")
    attached: list[dict[str, Any]] = list(row.content.get("attached", []))
    if len(attached) >= MOST:
        raise BadInput(f"a visit has {MOST} files at most", field="attached")
    kept = files.store(content, media_type="application/octet-stream")
    if kept.sha256 not in {one["sha256"] for one in attached}:
        attached.append({"name": called, "sha256": kept.sha256, "size": kept.size})
    _save(row, attached)
    audit.write("records.draft", by=by, subject=row, detail={"attached": kept.sha256})
    return row


@action("records.draft")
def detach_file(
    *, by: Person, device: Device, procedure: str, draft: Draft, version: int, sha256: str
) -> Draft:
    """Take a file out of a draft again; that it was there stays in the audit.

    Raises:
        NotFound: the draft has no such file.
        Conflict: the draft was saved elsewhere in between, is signed, or another person's.
    """
    row = Draft.objects.select_for_update().get(pk=draft.pk)
    check_ours(row, by, version, device, procedure)
    before = row.content.get("attached", [])
    attached = [one for one in before if one["sha256"] != sha256]
    if len(attached) == len(before):
        raise NotFound("the draft has no such file", field="attached")
    _save(row, attached)
    audit.write("records.draft", by=by, subject=row, detail={"detached": sha256})
    return row


def _save(row: Draft, attached: list[dict[str, Any]]) -> None:
    row.content = {**row.content, "attached": attached}
    row.version, row.saved_at = row.version + 1, clock.now()
    row.save(update_fields=["content", "version", "saved_at"])
