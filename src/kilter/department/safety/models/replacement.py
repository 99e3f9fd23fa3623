"""Rows of the replacement ranking: the policy by which it is drawn up, and each year's, frozen."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.db import models

from kilter.department.equipment.models import Device
from kilter.department.ledger import clock
from kilter.department.people.models import Person


class ReplacementPolicy(models.Model):
    """How devices are ranked for replacement. Append-only; the newest holds, and its number is its version.

    `terms` holds weights by factor, the values at which a factor counts in full, how many years are looked
    back on, and the clinical criticality of each kind of device.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    number = models.PositiveIntegerField(unique=True)
    terms: models.JSONField[Any, dict[str, Any]] = models.JSONField()
    reason = models.CharField(max_length=1000)
    set_at = models.DateTimeField(default=clock.now)
    set_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"version {self.number}"


class ReplacementRanking(models.Model):
    """The ranking of a year as it stood when it was frozen. Append-only, one for each year."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    year = models.PositiveIntegerField(unique=True)
    policy = models.ForeignKey(ReplacementPolicy, on_delete=models.PROTECT, related_name="rankings")
    counted = models.PositiveIntegerField()
    frozen_at = models.DateTimeField(default=clock.now)
    frozen_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"replacement ranking of {self.year}"


class RankedDevice(models.Model):
    """One device in the ranking of a year, with the figures that put it there. Append-only.

    `score` is in percent of the weights that are known for it, `known` the share of the weights that is, in
    percent. `figures` holds each factor from 0 to 1, or null where it is not known, and what it was counted
    from.
    """

    ranking = models.ForeignKey(ReplacementRanking, on_delete=models.PROTECT, related_name="devices")
    rank = models.PositiveIntegerField()
    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="rankings")
    kind = models.CharField(max_length=60)
    score = models.FloatField(null=True)
    known = models.FloatField()
    triggers: models.JSONField[Any, list[str]] = models.JSONField(default=list)
    figures: models.JSONField[Any, dict[str, Any]] = models.JSONField(default=dict)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["ranking", "rank"], name="safety_ranked_once"),
            models.UniqueConstraint(fields=["ranking", "device"], name="safety_ranked_device_once"),
        ]
        indexes: ClassVar = [models.Index(fields=["ranking", "kind", "rank"], name="safety_ranked_of_kind")]

    def __str__(self) -> str:
        return f"{self.rank}. {self.device}"
