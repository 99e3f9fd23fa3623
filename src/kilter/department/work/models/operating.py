"""Rows of operating: what those who use a device wrote down of it."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models

from kilter.department.equipment.models import Device
from kilter.department.ledger import clock
from kilter.department.people.models import Person


class OperatingNote(models.Model):
    """A line of a device's operating log, by whoever uses it; never about a patient. Append-only."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="operating_notes")
    text = models.CharField(max_length=500)
    at = models.DateTimeField(default=clock.now)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")

    class Meta:
        indexes: ClassVar = [models.Index(fields=["device", "at"], name="work_operating_of_device")]

    def __str__(self) -> str:
        return self.text
