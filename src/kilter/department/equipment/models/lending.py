"""Devices that are lent to us: on which terms, and how each went back."""

from __future__ import annotations

import uuid

from django.db import models

from kilter.department.equipment.models.disposal import Wipe
from kilter.department.equipment.models.register import Device
from kilter.department.ledger import clock
from kilter.department.people.models import Person


class Lending(models.Model):
    """A device belongs to somebody else and is here until a day. Append-only."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    device = models.OneToOneField(Device, on_delete=models.PROTECT, related_name="lending")
    lender = models.CharField(max_length=120)
    agreement = models.CharField(max_length=200)
    indemnity = models.CharField(max_length=200)
    due_back = models.DateField(db_index=True)
    at = models.DateTimeField(default=clock.now)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"lent by {self.lender}, due back {self.due_back:%d %b %Y}"


class LentReturn(models.Model):
    """A device that was lent to us went back to its owner. Append-only."""

    class Cleaned(models.TextChoices):
        """Whether it went decontaminated."""

        DONE = "done", "decontaminated"
        NOT_NEEDED = "not_needed", "not needed"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    lending = models.OneToOneField(Lending, on_delete=models.PROTECT, related_name="returned")
    decontamination = models.CharField(max_length=10, choices=Cleaned.choices)
    decontaminated_by = models.CharField(max_length=200)
    condition = models.CharField(max_length=500)
    note_number = models.CharField(max_length=80)
    wipe = models.ForeignKey(Wipe, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    at = models.DateTimeField(default=clock.now)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"returned, note {self.note_number}"
