"""Rows of the intake room: how a sheet's columns are read, and which imports there were."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from kilter.department.equipment.models import Device
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


class UnmatchedBlock(models.Model):
    """A block of a tester's file whose asset is not in the register, until a person says what it is.

    `uuid` is that of the draft it becomes. It is settled by a device, or by the reason why it is put aside.
    """

    uuid = models.UUIDField(unique=True, editable=False)
    file = models.ForeignKey(StoredFile, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=255)
    line = models.PositiveIntegerField()
    asset = models.CharField(max_length=200)
    tester = models.CharField(max_length=200, blank=True)
    day = models.DateField()
    found_at = models.DateTimeField(default=clock.now)
    found_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    device = models.ForeignKey(Device, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    reason = models.CharField(max_length=300, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["id"], name="intake_block_waiting", condition=Q(settled_at=None))
        ]

    def __str__(self) -> str:
        return f"{self.asset}, line {self.line} of {self.name}"
