"""Incidents with a device: what happened, what is kept, where it was reported, what is done about it."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q

from kilter.department.equipment.models import Device, Hold
from kilter.department.ledger import clock
from kilter.department.ledger.models import StoredFile
from kilter.department.people.models import Person
from kilter.department.work.models import Job


class Incident(models.Model):
    """Something that went wrong with a device and did harm or could have. It names no patient."""

    class Harm(models.TextChoices):
        """Physical harm to a person, graded as patient safety events are recorded in England (LFPSE)."""

        NONE = "none", "no harm"
        LOW = "low", "low"
        MODERATE = "moderate", "moderate"
        SEVERE = "severe", "severe"
        FATAL = "fatal", "fatal"
        UNKNOWN = "unknown", "not known yet"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    title = models.CharField(max_length=200)
    text = models.TextField()
    happened_at = models.DateTimeField()
    harm = models.CharField(max_length=10, choices=Harm.choices)
    reported_at = models.DateTimeField(default=clock.now)
    reported_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    finding = models.CharField(max_length=1000, blank=True)
    found_at = models.DateTimeField(null=True, blank=True)
    found_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    closing_text = models.CharField(max_length=1000, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["reported_at"], name="safety_incident_open", condition=Q(closed_at=None))
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(closed_at=None) | Q(found_at__isnull=False), name="safety_incident_found_first"
            )
        ]

    def __str__(self) -> str:
        return self.title


class IncidentDevice(models.Model):
    """A device of an incident, and the quarantine in which it was put."""

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="devices")
    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="incidents")
    hold = models.OneToOneField(Hold, on_delete=models.PROTECT, related_name="incident_device")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["incident", "device"], name="safety_incident_device_once")
        ]

    def __str__(self) -> str:
        return str(self.device)


class IncidentEvidence(models.Model):
    """Something kept for the investigation: a file, or where a thing is. Append-only."""

    class Kind(models.TextChoices):
        """What is kept."""

        SETTINGS = "settings", "settings as they were"
        LOG = "log", "log of the device"
        PHOTO = "photo", "photograph"
        CONSUMABLE = "consumable", "consumable or accessory"
        STATEMENT = "statement", "what somebody saw"
        OTHER = "other", "other"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="evidence")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    text = models.CharField(max_length=1000)
    kept = models.CharField(max_length=200, blank=True)
    file = models.ForeignKey(StoredFile, on_delete=models.PROTECT, null=True, related_name="+")
    name = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField(default=clock.now)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.text}"


class ExternalReference(models.Model):
    """Where an incident was reported outside the department, and under which number. Append-only."""

    class System(models.TextChoices):
        """To whom."""

        YELLOW_CARD = "yellow_card", "MHRA Yellow Card"
        LFPSE = "lfpse", "LFPSE"
        MAKER = "maker", "maker"
        HSE = "hse", "HSE (RIDDOR)"
        CQC = "cqc", "CQC"
        LOCAL = "local", "the hospital's own system"
        OTHER = "other", "other"

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="references")
    system = models.CharField(max_length=12, choices=System.choices)
    number = models.CharField(max_length=80)
    at = models.DateTimeField(default=clock.now)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["incident", "system", "number"], name="safety_reference_once")
        ]

    def __str__(self) -> str:
        return f"{self.get_system_display()} {self.number}"


class CorrectiveAction(models.Model):
    """What is to be done so that it does not happen again; a job may carry it out."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="actions")
    text = models.CharField(max_length=500)
    owner = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    due = models.DateField()
    job = models.ForeignKey(Job, on_delete=models.PROTECT, null=True, related_name="corrective_actions")
    set_at = models.DateTimeField(default=clock.now)
    set_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    done_text = models.CharField(max_length=500, blank=True)

    def __str__(self) -> str:
        return self.text
