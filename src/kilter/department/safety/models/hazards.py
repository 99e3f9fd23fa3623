"""The hazard and risk register: what could harm somebody, per kind of device, version after version."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models

from kilter.department.equipment.models import DeviceModel
from kilter.department.ledger import clock
from kilter.department.people.models import Person


class Hazard(models.Model):
    """A hazard of a kind of device, or of one model of it. What is said of it stands in its versions."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=60, db_index=True)
    model = models.ForeignKey(DeviceModel, on_delete=models.PROTECT, null=True, related_name="hazards")

    def __str__(self) -> str:
        return f"hazard of {self.model or self.kind}"


class HazardVersion(models.Model):
    """What was thought of a hazard from an instant on. Append-only; the highest number holds.

    Severity and probability are grades from 1 to 5, before the controls and with them.
    """

    hazard = models.ForeignKey(Hazard, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=200)
    sequence = models.CharField(max_length=1000)
    situation = models.CharField(max_length=500)
    harm = models.CharField(max_length=500)
    severity_before = models.PositiveSmallIntegerField()
    probability_before = models.PositiveSmallIntegerField()
    controls = models.CharField(max_length=2000)
    severity_after = models.PositiveSmallIntegerField()
    probability_after = models.PositiveSmallIntegerField()
    withdrawn = models.BooleanField(default=False)
    reason = models.CharField(max_length=500)
    at = models.DateTimeField(default=clock.now)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["hazard", "number"], name="safety_hazard_version_once")
        ]

    def __str__(self) -> str:
        return f"{self.name}, version {self.number}"
