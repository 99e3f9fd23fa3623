"""Reads of introductions."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from kilter.department.work.introduction import Answer, is_live
from kilter.department.work.models import Introduction, StageAnswer
from kilter.measure.error import NotFound


def introduction_by_uuid(uuid: UUID) -> Introduction:
    """Find an introduction.

    Raises:
        NotFound: there is none.
    """
    rows = Introduction.objects.select_related("model", "begun_by", "abandoned_by")
    found = rows.filter(uuid=uuid).first()
    if found is None:
        raise NotFound("there is no such introduction", field="introduction")
    return found


def of_model(model: int) -> Introduction | None:
    """Give the introduction of a model by its row id; None where there is none that was not given up."""
    return Introduction.objects.filter(model=model, abandoned_at=None).first()


def answers_of(found: Introduction) -> list[StageAnswer]:
    """List every answer, the oldest first."""
    return list(found.answers.select_related("by", "device__model", "file").order_by("id"))


def by_stage(rows: Iterable[StageAnswer]) -> dict[tuple[str, int | None], Answer]:
    """Give the newest answer by stage and device; the rows come in the order in which they were given."""
    return {(row.stage, row.device_id): Answer(row.answer) for row in rows}


def newest(found: Introduction) -> dict[tuple[str, int | None], Answer]:
    """Give the newest answers of an introduction; one query."""
    return by_stage(found.answers.order_by("id").only("stage", "device_id", "answer"))


def introductions(*, most: int = 200) -> list[tuple[Introduction, bool]]:
    """List introductions with whether each is live, the newest first; two queries."""
    found = list(Introduction.objects.select_related("model").order_by("-id")[:most])
    rows: dict[int, list[StageAnswer]] = {one.pk: [] for one in found}
    for row in StageAnswer.objects.filter(introduction__in=rows).order_by("id"):
        rows[row.introduction_id].append(row)
    return [(one, one.abandoned_at is None and is_live(by_stage(rows[one.pk]))) for one in found]
