"""Stocktakes: what was seen in a place, scan by scan."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q

from kilter.department.equipment.models.register import Device, Location
from kilter.department.ledger import clock
from kilter.department.people.models import Person


class Stocktake(models.Model):
    """One going through of a place with a scanner. At most one is open in a place."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="stocktakes")
    started_at = models.DateTimeField(default=clock.now)
    started_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    finished_at = models.DateTimeField(null=True, blank=True)
    finished_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    missing: models.JSONField[list[str], list[str]] = models.JSONField(default=list)
    """Asset numbers that were expected and not seen, as it was when the stocktake was finished."""

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["location"], condition=Q(finished_at=None), name="equipment_stocktake_open"
            )
        ]

    def __str__(self) -> str:
        return f"{self.location}, {self.started_at:%Y-%m-%d}"


class Sighting(models.Model):
    """One scan of a stocktake: which device, or none that is known. Append-only.

    `expected` says whether the register had the device in that place when it was scanned.
    """

    stocktake = models.ForeignKey(Stocktake, on_delete=models.PROTECT, related_name="sightings")
    label = models.CharField(max_length=200)
    device = models.ForeignKey(Device, on_delete=models.PROTECT, null=True, related_name="sightings")
    expected = models.BooleanField(default=False)
    at = models.DateTimeField(default=clock.now)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["stocktake", "id"], name="equipment_sighting_of"),
        ]

    def __str__(self) -> str:
        return self.label
