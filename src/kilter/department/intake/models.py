"""Rows of the intake room: how a sheet's columns are read, and which imports there were."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.db import models

from kilter.department.ledger import clock
from kilter.department.ledger.models import StoredFile
from kilter.department.people.models import Person


class ColumnMapping(models.Model):
    """How the columns of a sheet from somewhere are read: the sheet's words to the register's fields."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=80, unique=True)
    columns: models.JSONField[Any, dict[str, str]] = models.JSONField(default=dict)
    saved_at = models.DateTimeField(default=clock.now)
    saved_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return self.name


class DeviceImport(models.Model):
    """One sheet of devices taken into the register; each of its devices bears its uuid as `batch`."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    reason = models.CharField(max_length=300)
    file = models.ForeignKey(StoredFile, on_delete=models.PROTECT, null=True, related_name="+")
    count = models.PositiveIntegerField()
    at = models.DateTimeField(default=clock.now)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    undone_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return self.reason
