"""Alerts, the devices that they mean or may mean, and what was done."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from kilter.department.equipment.models import Device, Hold
from kilter.department.ledger import clock
from kilter.department.ledger.models import StoredFile
from kilter.department.people.models import Person
from kilter.department.work.models import Job


class Alert(models.Model):
    """A safety alert or a maker's notice. It is closed only while none of its devices is open.

    `criteria` are the lists of `Criteria`: proposed until `confirmed_at`, and no device is matched before.
    """

    class Source(models.TextChoices):
        """Who issued it, and how."""

        NATPSA = "natpsa", "National Patient Safety Alert"
        DSI = "dsi", "Device Safety Information"
        FSN = "fsn", "field safety notice of a maker"
        OTHER = "other", "other"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    reference = models.CharField(max_length=80)
    reference_key = models.CharField(max_length=80, editable=False)
    source = models.CharField(max_length=8, choices=Source.choices)
    title = models.CharField(max_length=300)
    text = models.TextField(blank=True)
    issued = models.DateField()
    received_at = models.DateTimeField(default=clock.now)
    received_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    file = models.ForeignKey(StoredFile, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    """The file it came as, where it came from a watched folder; the same file is received once."""
    acknowledge_by = models.DateTimeField()
    action_by = models.DateField(null=True, blank=True)
    criteria: models.JSONField[Any, dict[str, list[str]]] = models.JSONField(default=dict)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    confirmed_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    matched_at = models.DateTimeField(null=True, blank=True)
    looked_at = models.PositiveIntegerField(default=0)
    """How many devices of a model that may be meant were held against it when it was last matched."""
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    closed_with = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    closing_text = models.CharField(max_length=2000, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["source", "reference_key"], name="safety_alert_once")
        ]
        indexes: ClassVar = [
            models.Index(fields=["acknowledge_by"], name="safety_alert_open", condition=Q(closed_at=None))
        ]

    def __str__(self) -> str:
        return f"{self.reference}: {self.title}"


class AlertDevice(models.Model):
    """A device that an alert means or may mean, why, and what became of it.

    `hold` and `job` are those that were made because of this alert; neither settles it.
    """

    class Disposition(models.TextChoices):
        """What became of it; all but `open` settle it."""

        OPEN = "open", "open"
        DONE = "done", "dealt with"
        DOES_NOT_APPLY = "does_not_apply", "does not apply"
        UNLOCATED = "unlocated", "could not be located, named by two people"

    class Meant(models.TextChoices):
        """Whether the alert means it, as `matching.Verdict`."""

        EXACT = "exact", "exact"
        LIKELY = "likely", "likely"
        CANNOT_EXCLUDE = "cannot_exclude", "cannot be excluded"
        NONE = "none", "no match any more"

    alert = models.ForeignKey(Alert, on_delete=models.PROTECT, related_name="devices")
    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="alerts")
    verdict = models.CharField(max_length=14, choices=Meant.choices)
    reasons: models.JSONField[Any, list[str]] = models.JSONField(default=list)
    found_at = models.DateTimeField(default=clock.now)
    disposition = models.CharField(max_length=14, choices=Disposition.choices, default=Disposition.OPEN)
    words = models.CharField(max_length=500, blank=True)
    evidence = models.UUIDField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    hold = models.OneToOneField(Hold, on_delete=models.PROTECT, null=True, related_name="alert_device")
    job = models.OneToOneField(Job, on_delete=models.PROTECT, null=True, related_name="alert_device")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["alert", "device"], name="safety_alert_device_once")
        ]
        indexes: ClassVar = [
            models.Index(fields=["alert", "disposition", "verdict"], name="safety_alert_device_list")
        ]

    def __str__(self) -> str:
        return f"{self.alert.reference}, {self.device}: {self.get_disposition_display()}"


class AlertEvent(models.Model):
    """Something that was done to an alert, or that a change of the register did. Append-only.

    `by` is empty where nobody did it: a device was registered or edited, and was matched anew.
    """

    alert = models.ForeignKey(Alert, on_delete=models.PROTECT, related_name="events")
    verb = models.CharField(max_length=20)
    text = models.CharField(max_length=2000, blank=True)
    count = models.PositiveIntegerField(default=1)
    device = models.ForeignKey(Device, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(default=clock.now)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")

    def __str__(self) -> str:
        return f"{self.verb}: {self.text}"
