"""Rows of the schedule room: what was computed, never typed in."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from kilter.department.equipment.models import Device


class Due(models.Model):
    """A protocol is due on a device on a day."""

    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="dues")
    protocol = models.CharField(max_length=120)
    due = models.DateField(db_index=True)
    opens = models.DateField()
    last_passed = models.DateTimeField(null=True)
    months = models.PositiveSmallIntegerField()
    withdraw_when_overdue = models.BooleanField(default=False)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["opens", "due"], name="schedule_due_window")]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["device", "protocol"], name="schedule_due_once")
        ]

    def __str__(self) -> str:
        return f"{self.protocol} due {self.due}"
