"""Reads of campaigns: the devices of each, what was said of them last, and how far it has come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from kilter.department.safety.criteria import read_criteria
from kilter.department.safety.matching import Match
from kilter.department.safety.models import Campaign, CampaignAnswer, CampaignItem
from kilter.department.safety.register import GONE, find
from kilter.measure.error import NotFound

Answer = CampaignAnswer.Answer


@dataclass(frozen=True, slots=True)
class Progress:
    """How many devices of a campaign have each answer."""

    by_answer: dict[str, int]

    @property
    def all(self) -> int:
        """Give the number of its devices."""
        return sum(self.by_answer.values())

    @property
    def settled(self) -> int:
        """Give how many are done, or do not need it."""
        return self.by_answer[Answer.DONE] + self.by_answer[Answer.NOT_APPLICABLE]


def items(campaign: Campaign) -> QuerySet[Any]:
    """Select the devices of a campaign with the newest answer on each as `now`; `open` where none is."""
    return _answered(
        CampaignItem.objects.filter(campaign=campaign).select_related(
            "device__model", "device__location", "job"
        )
    )


def _answered(rows: QuerySet[CampaignItem]) -> QuerySet[Any]:
    """Give devices of campaigns the newest answer on each."""
    newest = CampaignAnswer.objects.filter(item=OuterRef("pk")).order_by("-id")
    return rows.annotate(
        now=Coalesce(Subquery(newest.values("answer")[:1]), Value(Answer.OPEN.value)),
        said=Coalesce(Subquery(newest.values("text")[:1]), Value("")),
        shown_by=Subquery(newest.values("record")[:1]),
    )


def progress(campaign: Campaign) -> Progress:
    """Count the devices of a campaign by their newest answer. One query."""
    counted = dict(items(campaign).order_by().values_list("now").annotate(n=Count("pk")))
    return Progress({one.value: counted.get(one.value, 0) for one in Answer})


def progress_of(listed: Sequence[Campaign]) -> dict[int, Progress]:
    """Count the devices of several campaigns by their newest answer, by row id. One query."""
    rows = _answered(CampaignItem.objects.filter(campaign__in=[one.pk for one in listed]))
    counted = {
        (pk, now): n for pk, now, n in rows.order_by().values_list("campaign", "now").annotate(n=Count("pk"))
    }
    return {
        one.pk: Progress({answer.value: counted.get((one.pk, answer.value), 0) for answer in Answer})
        for one in listed
    }


def unlisted(campaign: Campaign) -> dict[int, Match]:
    """Give the devices that the criteria mean and that are not listed: those registered or changed since.

    Devices that are no longer used here are left out.
    """
    found = find(read_criteria(campaign.criteria))
    listed = set(CampaignItem.objects.filter(campaign=campaign).values_list("device_id", flat=True))
    return {pk: one for pk, one in found.matches.items() if pk not in listed and found.states[pk] not in GONE}


def campaigns(*, closed: bool = False, most: int = 200) -> list[Campaign]:
    """List the open campaigns, or the closed ones, the newest first."""
    rows = Campaign.objects.filter(closed_at__isnull=not closed).select_related("begun_by")
    return list(rows.order_by("-begun_at", "-id")[:most])


def campaign_by_uuid(uuid: UUID) -> Campaign:
    """Find a campaign.

    Raises:
        NotFound: there is none.
    """
    found = Campaign.objects.select_related("begun_by", "closed_by").filter(uuid=uuid).first()
    if found is None:
        raise NotFound("there is no such campaign", field="campaign")
    return found


def answers_of(campaign: Campaign, *, most: int = 200) -> list[CampaignAnswer]:
    """List what was said of the devices of a campaign, the newest first."""
    rows = CampaignAnswer.objects.filter(item__campaign=campaign).select_related("item__device", "by")
    return list(rows.order_by("-id")[:most])
