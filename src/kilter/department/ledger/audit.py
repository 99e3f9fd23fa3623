"""Audit entries: written in the transaction of the action they tell of, or not at all."""

from __future__ import annotations

import uuid as uuids
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any, Protocol

from kilter.department.ledger import clock, rows
from kilter.department.ledger.models import AuditEntry
from kilter.department.ledger.request import request_id

COLUMNS = (
    "at", "actor", "actor_name", "activity", "subject_kind", "subject", "count", "detail", "request_id",
)  # fmt: skip
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
) -> None:
    """Write one entry.

    Args:
        activity: key of the activity, such as `equipment.register_device`.
        by: the acting person; nobody only at the founding of a department.
        subject: the row that was changed, where there is one.
        detail: what changed, as JSON; never what identifies a patient.
        count: how many rows a bulk action changed.

    """
    who = (by.uuid, by.display_name) if by else (None, "founding")
    what = (type(subject).__name__, subject.uuid) if subject is not None else ("", None)
    entry = (clock.now(), *who, activity, *what, count, dict(detail or {}), request_id.get())
    rows.insert(AuditEntry, COLUMNS, [entry])
    _written.set(_written.get() + 1)


def entries_written() -> int:
    """Count the entries written in this context so far; the gate compares before and after an action."""
    return _written.get()
