"""Reads of the queries with makers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import OuterRef, QuerySet, Subquery

from kilter.department.equipment.models import DeviceModel
from kilter.department.work.models import MakerMessage, MakerQuery
from kilter.measure.error import NotFound


def _all() -> QuerySet[Any]:
    """Select queries with `answered`: whether the newest message is the maker's."""
    newest = MakerMessage.objects.filter(query=OuterRef("pk")).order_by("-id")
    rows = MakerQuery.objects.select_related("model", "job", "by")
    return rows.annotate(
        answered=Subquery(newest.values("from_maker")[:1]), last_at=Subquery(newest.values("at")[:1])
    )


def queries_of(model: DeviceModel, *, most: int = 100) -> Sequence[Any]:
    """List the queries about a model, the open ones and the newest first. One query."""
    return list(_all().filter(model=model).order_by("answered", "-last_at", "-id")[:most])


def query_by_uuid(uuid: UUID) -> Any:
    """Find a query.

    Raises:
        NotFound: there is none.
    """
    found = _all().filter(uuid=uuid).first()
    if found is None:
        raise NotFound("there is no such query", field="query")
    return found


def messages_of(query: MakerQuery) -> list[MakerMessage]:
    """List what was written in a query, in time. One query."""
    return list(MakerMessage.objects.filter(query=query).select_related("by", "file").order_by("id"))


def message_by_uuid(uuid: UUID) -> MakerMessage:
    """Find a message that has a file.

    Raises:
        NotFound: there is none, or it has no file.
    """
    found = MakerMessage.objects.select_related("file").filter(uuid=uuid).exclude(file=None).first()
    if found is None:
        raise NotFound("there is no such file", field="message")
    return found
