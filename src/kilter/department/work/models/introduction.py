"""Rows of introductions: what is introduced, the answers of each stage, and what a site asks for."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from kilter.department.equipment.models import Device, DeviceModel
from kilter.department.ledger import clock
from kilter.department.ledger.models import StoredFile
from kilter.department.people.models import Person
from kilter.department.work.introduction import STAGES, WORDS


class Introduction(models.Model):
    """The introduction of a model of device, or of a technique that needs none."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    title = models.CharField(max_length=200)
    model = models.ForeignKey(
        DeviceModel, on_delete=models.PROTECT, null=True, blank=True, related_name="introductions"
    )
    begun_at = models.DateTimeField(default=clock.now)
    begun_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    abandoned_at = models.DateTimeField(null=True, blank=True)
    abandoned_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    abandoned_reason = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["model"],
                condition=Q(abandoned_at=None) & Q(model__isnull=False),
                name="work_introduction_of_model",
            )
        ]

    def __str__(self) -> str:
        return self.title


class StageAnswer(models.Model):
    """What was found at a stage, by whom and on which record. Append-only; the newest counts."""

    introduction = models.ForeignKey(Introduction, on_delete=models.PROTECT, related_name="answers")
    stage = models.CharField(max_length=24, choices=[(key, row.words) for key, row in STAGES.items()])
    device = models.ForeignKey(Device, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    answer = models.CharField(max_length=10, choices=[(key.value, words) for key, words in WORDS.items()])
    text = models.CharField(max_length=2000)
    record = models.UUIDField(null=True, blank=True)
    file = models.ForeignKey(StoredFile, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    at = models.DateTimeField(default=clock.now)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")

    class Meta:
        indexes: ClassVar = [models.Index(fields=["introduction", "id"], name="work_answers_of")]

    def __str__(self) -> str:
        return f"{self.get_stage_display()}: {self.get_answer_display()}"


class EntryRule(models.Model):
    """What a site asks for before a device enters service for the first time. Append-only; the newest counts.

    `stages` come on top of those that are always asked for; with `every_model` a model that was never
    introduced is refused, too.
    """

    stages: models.JSONField[Any, list[str]] = models.JSONField(default=list)
    every_model = models.BooleanField(default=False)
    reason = models.CharField(max_length=500)
    set_at = models.DateTimeField(default=clock.now)
    set_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return ", ".join(self.stages) or "the stages that are always asked for"
