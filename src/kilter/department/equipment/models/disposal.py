"""How a device leaves for good: its data wiped, itself decontaminated, by which route it went."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models

from kilter.department.equipment.models.register import Device
from kilter.department.equipment.models.supply import Document
from kilter.department.ledger import clock
from kilter.department.people.models import Person


class Wipe(models.Model):
    """A certificate that what a device kept of patients is gone. Append-only."""

    class Method(models.TextChoices):
        """How the data were removed."""

        OVERWRITTEN = "overwritten", "overwritten"
        ERASED = "erased", "erased by the device's own secure function"
        KEY_DESTROYED = "key_destroyed", "enciphered, and its key destroyed"
        MEDIA_DESTROYED = "media_destroyed", "its media destroyed"
        NONE_FOUND = "none_found", "opened: it holds no media"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="wipes")
    method = models.CharField(max_length=16, choices=Method.choices)
    media = models.CharField(max_length=500)
    number = models.CharField(max_length=80, blank=True)
    done_by = models.CharField(max_length=120)
    done_on = models.DateField()
    document = models.ForeignKey(Document, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    at = models.DateTimeField(default=clock.now)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")

    class Meta:
        indexes: ClassVar = [models.Index(fields=["device", "id"], name="equipment_wipe_of_device")]

    def __str__(self) -> str:
        return f"{self.get_method_display()}, {self.done_on:%d %b %Y}, by {self.done_by}"


class Disposal(models.Model):
    """By which route a device went, with whom and on which note. Append-only; once for each device."""

    class Route(models.TextChoices):
        """Where a device goes."""

        RECYCLED = "recycled", "recycled as electrical waste"
        DESTROYED = "destroyed", "destroyed"
        HAZARDOUS = "hazardous", "hazardous or radioactive waste"
        SOLD = "sold", "sold or auctioned"
        DONATED = "donated", "donated"
        MAKER = "maker", "taken back by its maker"

    class Cleaned(models.TextChoices):
        """Whether it went decontaminated."""

        DONE = "done", "decontaminated"
        NOT_NEEDED = "not_needed", "not needed"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    device = models.OneToOneField(Device, on_delete=models.PROTECT, related_name="disposal")
    route = models.CharField(max_length=10, choices=Route.choices)
    company = models.CharField(max_length=120)
    note_number = models.CharField(max_length=80)
    left_on = models.DateField()
    decontamination = models.CharField(max_length=10, choices=Cleaned.choices)
    decontaminated_by = models.CharField(max_length=200)
    parts_kept = models.CharField(max_length=1000, blank=True)
    wipe = models.ForeignKey(Wipe, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    at = models.DateTimeField(default=clock.now)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"{self.get_route_display()}: {self.company}, note {self.note_number}"
