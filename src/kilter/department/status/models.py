"""The one row of the status room: a cache that says how long it holds and can be rebuilt."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models

from kilter.department.equipment.models import Device


class CachedStatus(models.Model):
    """A device's status as last computed."""

    device = models.OneToOneField(
        Device, on_delete=models.CASCADE, primary_key=True, related_name="cached_status"
    )
    state = models.CharField(max_length=20, db_index=True)
    reasons: models.JSONField[Any, list[list[Any]]] = models.JSONField(default=list)
    overdue = models.BooleanField(default=False)
    valid_until = models.DateTimeField(null=True, db_index=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["overdue", "state"], name="status_overdue")]

    def __str__(self) -> str:
        return self.state
