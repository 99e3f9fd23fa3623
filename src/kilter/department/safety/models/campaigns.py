"""Rows of campaigns: one thing to be done to every device of some kind, and what was said of each device."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from kilter.department.equipment.models import Device
from kilter.department.ledger import clock
from kilter.department.people.models import Person
from kilter.department.work.models import Job


class Campaign(models.Model):
    """Something to be done once to every device that the criteria mean, such as an update.

    `criteria` are the lists of `criteria.Criteria`.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    title = models.CharField(max_length=200)
    text = models.CharField(max_length=2000)
    criteria: models.JSONField[Any, dict[str, list[str]]] = models.JSONField()
    begun_at = models.DateTimeField(default=clock.now)
    begun_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    closing_text = models.CharField(max_length=2000, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["begun_at"], name="safety_campaign_open", condition=Q(closed_at=None))
        ]

    def __str__(self) -> str:
        return self.title


class CampaignItem(models.Model):
    """A device of a campaign, and how surely the criteria mean it. Append-only."""

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="items")
    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="campaigns")
    verdict = models.CharField(max_length=14)
    reasons: models.JSONField[Any, list[str]] = models.JSONField(default=list)
    job = models.OneToOneField(Job, on_delete=models.PROTECT, null=True, related_name="campaign_item")
    added_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["campaign", "device"], name="safety_campaign_item_once")
        ]

    def __str__(self) -> str:
        return str(self.device)


class CampaignAnswer(models.Model):
    """What was said of a device of a campaign. Append-only; the newest counts."""

    class Answer(models.TextChoices):
        """What became of the device; `open` takes back what was said."""

        OPEN = "open", "open"
        DONE = "done", "done"
        NOT_APPLICABLE = "not_applicable", "does not apply"
        COULD_NOT_LOCATE = "could_not_locate", "could not be located"

    item = models.ForeignKey(CampaignItem, on_delete=models.PROTECT, related_name="answers")
    answer = models.CharField(max_length=16, choices=Answer.choices)
    text = models.CharField(max_length=500, blank=True)
    record = models.UUIDField(null=True, blank=True)
    at = models.DateTimeField(default=clock.now)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")

    class Meta:
        indexes: ClassVar = [models.Index(fields=["item", "-id"], name="safety_campaign_newest")]

    def __str__(self) -> str:
        return self.get_answer_display()
