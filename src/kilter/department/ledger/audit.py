"""Audit entries: written in the transaction of the action they tell of, or not at all."""

from __future__ import annotations

import uuid as uuids
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any, Protocol

from kilter.department.ledger.models import AuditEntry
from kilter.department.ledger.request import request_id

_written: ContextVar[int] = ContextVar("written", default=0)


class Actor(Protocol):
    """Who acts: somebody with a uuid and a name to show."""

    @property
    def uuid(self) -> uuids.UUID:
        """The person's public id."""

    @property
    def display_name(self) -> str:
        """The person's name as shown."""


class Subject(Protocol):
    """What is acted on: a row with a uuid."""

    @property
    def uuid(self) -> uuids.UUID:
        """The row's public id."""


def write(
    activity: str,
    *,
    by: Actor | None,
    subject: Subject | None = None,
    detail: Mapping[str, Any] | None = None,
    count: int = 1,
) -> AuditEntry:
    """Write one entry.

    Args:
        activity: key of the activity, such as `equipment.register_device`.
        by: the acting person; nobody only at the founding of a department.
        subject: the row that was changed, where there is one.
        detail: what changed, as JSON; never what identifies a patient.
        count: how many rows a bulk action changed.

    """
    entry = AuditEntry.objects.create(
        actor=by.uuid if by else None,
        actor_name=by.display_name if by else "founding",
        activity=activity,
        subject_kind=type(subject).__name__ if subject is not None else "",
        subject=subject.uuid if subject is not None else None,
        count=count,
        detail=dict(detail or {}),
        request_id=request_id.get(),
    )
    _written.set(_written.get() + 1)
    return entry


def entries_written() -> int:
    """Count the entries written in this context so far; the gate compares before and after an action."""
    return _written.get()
