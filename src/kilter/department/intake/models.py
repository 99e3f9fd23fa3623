"""Rows of the intake room: how a sheet's columns are read, and which imports there were."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from kilter.department.equipment.models import Device
from kilter.department.ledger import clock
from kilter.department.ledger.identity import new_id
from kilter.department.ledger.models import StoredFile
from kilter.department.people.models import Person


class ColumnMapping(models.Model):
    """How a sheet from somewhere is read: which column is which field, and the rest of a `Reading`."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=80, unique=True)
    columns: models.JSONField[Any, dict[str, str]] = models.JSONField(default=dict)
    dates = models.CharField(max_length=20, default="year-first", blank=True)
    years_from = models.PositiveSmallIntegerField(default=1950)
    amounts = models.CharField(max_length=20, default="1250.00", blank=True)
    all_rows: models.JSONField[Any, dict[str, str]] = models.JSONField(default=dict)
    words: models.JSONField[Any, dict[str, dict[str, str]]] = models.JSONField(default=dict)
    page = models.CharField(max_length=100, blank=True)
    encoding = models.CharField(max_length=20, blank=True)
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


class Arrival(models.Model):
    """A DICOM object that a device or an archive sent, until a person starts a test with it or sets it aside.

    What it says of itself is read after it was taken in; who a patient is stands in its file alone, and
    `names_patient` says whether it does. `beside` is an earlier object of the same identifier with other
    bytes. `times` counts how often the same bytes came. `proposals` are those of the specialties.
    """

    uuid = models.UUIDField(default=new_id, unique=True, editable=False)
    file = models.ForeignKey(StoredFile, on_delete=models.PROTECT, related_name="+")
    sop_class = models.CharField(max_length=64)
    sop_instance = models.CharField(max_length=64)
    caller = models.CharField(max_length=16)
    address = models.CharField(max_length=45)
    received_at = models.DateTimeField(default=clock.now)
    times = models.PositiveIntegerField(default=1)
    beside = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    attempts = models.PositiveSmallIntegerField(default=0)
    read_at = models.DateTimeField(null=True, blank=True)
    kind = models.CharField(max_length=120, blank=True)
    study = models.CharField(max_length=64, blank=True)
    series = models.CharField(max_length=64, blank=True)
    modality = models.CharField(max_length=16, blank=True)
    image_type = models.CharField(max_length=120, blank=True)
    size = models.CharField(max_length=40, blank=True)
    maker = models.CharField(max_length=120, blank=True)
    model = models.CharField(max_length=120, blank=True)
    serial = models.CharField(max_length=80, blank=True)
    station = models.CharField(max_length=80, blank=True)
    acquired_at = models.DateTimeField(null=True, blank=True)
    names_patient = models.BooleanField(default=False)
    proposals: models.JSONField[Any, list[dict[str, Any]]] = models.JSONField(default=list)
    remark = models.CharField(max_length=300, blank=True)

    device = models.ForeignKey(Device, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    draft = models.UUIDField(null=True, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["sop_instance", "file"], name="intake_arrival_once")
        ]
        indexes: ClassVar = [
            models.Index(fields=["id"], name="intake_arrival_unread", condition=Q(read_at=None)),
            models.Index(
                fields=["series", "id"], name="intake_arrival_waiting", condition=Q(settled_at=None)
            ),
            models.Index(fields=["-settled_at"], name="intake_arrival_settled"),
        ]

    def __str__(self) -> str:
        return f"{self.kind or 'DICOM object'} from {self.caller}"


class SourceName(models.Model):
    """A station name, or the AE title of a sender, of which a person said whose it is."""

    class Kind(models.TextChoices):
        """What bears the name."""

        STATION = "station", "station name"
        CALLER = "caller", "AE title"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    key = models.CharField(max_length=80)
    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="+")
    said_at = models.DateTimeField(default=clock.now)
    said_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["kind", "key"], name="intake_source_name_once")
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.key}"
