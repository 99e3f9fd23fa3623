"""Waste containers: what lies in them, and until when it decays in storage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from kilter.department.materials.course import AT_HAND, LotState
from kilter.department.materials.decaying import activity_at
from kilter.department.materials.models import Lot
from kilter.numerics.decay import half_life

HALF_LIVES = 10
"""Half-lives of the longest-lived content that a container is stored: 1/1024 of it is left."""

LONGEST = timedelta(days=120)
"""Half-life above which waste is not for decay in storage (10 CFR 35.92, to be confirmed)."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A container with its contents, MBq by nuclide at the instant, and when its storage may end.

    `ready_at` is None where nothing in it decays; `too_long` names nuclides that decay in storage does not
    suit. A survey still has to be made.
    """

    container: Lot
    contents: Sequence[Lot]
    activities: dict[str, float]
    ready_at: datetime | None
    too_long: Sequence[str]


def containers(instant: datetime) -> list[Stored]:
    """List the waste containers at hand, oldest first; two queries.

    Storage is counted from the instant at which the container was closed, or from now while it is open.
    """
    boxes = Lot.objects.filter(kind=Lot.Kind.CONTAINER, state__in=AT_HAND).select_related("location")
    kept: dict[int, list[Lot]] = {box.pk: [] for box in boxes}
    rows = Lot.objects.filter(container__in=kept).exclude(state=LotState.DISPOSED).select_related("product")
    for row in rows.order_by("pk"):
        if row.container_id is not None:
            kept[row.container_id].append(row)
    return [_stored(box, kept[box.pk], instant) for box in sorted(boxes, key=lambda one: one.pk)]


def _stored(box: Lot, contents: Sequence[Lot], instant: datetime) -> Stored:
    activities: dict[str, float] = {}
    for one in contents:
        if one.nuclide:
            activities[one.nuclide] = activities.get(one.nuclide, 0.0) + activity_at(one, instant)
    lives = {nuclide: timedelta(seconds=half_life(nuclide)) for nuclide in activities}
    too_long = sorted(nuclide for nuclide, life in lives.items() if life > LONGEST)
    ready = None
    if lives:
        ready = (box.sealed_at or instant) + HALF_LIVES * max(lives.values())
    return Stored(box, contents, dict(sorted(activities.items())), ready, too_long)
