"""Rows of planned downtime: booked with the lead of a modality, and acknowledged by them."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from kilter.department.equipment.models import Device
from kilter.department.ledger import clock
from kilter.department.people.models import Person


class Downtime(models.Model):
    """A device is to be kept free of patients from an instant to another."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="downtimes")
    starts = models.DateTimeField()
    ends = models.DateTimeField()
    reason = models.CharField(max_length=300)
    visitor = models.CharField(max_length=200, blank=True)
    booked_at = models.DateTimeField(default=clock.now)
    booked_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    remark = models.CharField(max_length=300, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    cancelled_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    cancelled_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(ends__gt=F("starts")), name="work_downtime_forwards")
        ]
        indexes: ClassVar = [
            models.Index(fields=["ends"], name="work_downtime_ahead", condition=Q(cancelled_at=None)),
            models.Index(fields=["device", "ends"], name="work_downtime_of_device"),
        ]

    def __str__(self) -> str:
        return self.reason
