"""Whose a draft is, and who may save it: asked before anything is changed or kept."""

from __future__ import annotations

from kilter.department.equipment.models import Device
from kilter.department.people.models import Person
from kilter.department.people.queries import may
from kilter.department.records.models import Draft
from kilter.measure.error import Conflict, NotPermitted


def check_may_save(*, by: Person, device: Device, procedure: str, draft: Draft | None, version: int) -> None:
    """Refuse what goes with a draft before it is kept, where saving the draft would be refused after it.

    Raises:
        NotPermitted, Conflict: as `save_draft`.
    """
    permission = may(by, "records.draft", device, procedure=procedure)
    if not permission:
        raise NotPermitted(" ".join(permission.reasons), field="draft")
    if draft is not None:
        check_ours(draft, by, version, device, procedure)


def check_ours(draft: Draft, by: Person, version: int, device: Device, procedure: str) -> None:
    """Refuse to change a draft that is not open, another person's, of another device, or saved since.

    Raises:
        Conflict: it is one of these.
    """
    if draft.state != Draft.State.OPEN:
        raise Conflict(f"this draft is {draft.get_state_display()} already", field="draft", code="not_open")
    if draft.owner_id != by.pk:
        raise Conflict(
            f"this draft belongs to {draft.owner}; take it over first", field="draft", code="not_yours"
        )
    if (draft.device_id, draft.protocol) != (device.pk, procedure):
        raise Conflict("this draft is of another device or protocol", field="draft")
    if draft.version != version:
        raise Conflict(
            f"this draft was saved elsewhere (version {draft.version})", field="draft", code="stale"
        )
