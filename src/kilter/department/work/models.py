"""Rows of the work room."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q

from kilter.department.equipment.models import Device
from kilter.department.ledger import clock
from kilter.department.people.models import Person
from kilter.department.work.course import JobState


class Job(models.Model):
    """Something to be done to a device."""

    class Kind(models.TextChoices):
        """Why the job was opened."""

        FAILED_TEST = "failed_test", "failed test"
        ATTENTION = "attention", "attention level exceeded"
        RETEST = "retest", "retest"
        FAULT = "fault", "reported fault"
        OTHER = "other", "other"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="jobs")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    text = models.CharField(max_length=500)
    state = models.CharField(max_length=8, choices=[(s, s) for s in JobState], default=JobState.OPEN)
    procedure = models.CharField(max_length=120, blank=True)
    protocol = models.CharField(max_length=120, blank=True)
    evidence = models.UUIDField(null=True, blank=True)
    opened_at = models.DateTimeField(default=clock.now)
    opened_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    taken_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, blank=True, related_name="jobs")
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    closing_text = models.CharField(max_length=500, blank=True)
    closing_evidence = models.UUIDField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["opened_at"], name="work_job_open", condition=~Q(state="closed")),
            models.Index(fields=["device", "-opened_at"], name="work_job_of_device"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.text}"


class JobNote(models.Model):
    """What somebody wrote on a job."""

    job = models.ForeignKey(Job, on_delete=models.PROTECT, related_name="notes")
    text = models.CharField(max_length=2000)
    at = models.DateTimeField(default=clock.now)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return self.text
