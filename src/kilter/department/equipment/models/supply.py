"""Who supplies and looks after devices, under which contract, and the papers that go with them."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q

from kilter.department.equipment.models.register import Device, DeviceModel
from kilter.department.ledger import clock
from kilter.department.ledger.models import StoredFile
from kilter.department.people.models import Person


class Supplier(models.Model):
    """A firm that devices are bought from, or that looks after them. `name_key` is the form looked up."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=120)
    name_key = models.CharField(max_length=120, unique=True, editable=False)
    account = models.CharField(max_length=60, blank=True)
    phone = models.CharField(max_length=60, blank=True)
    email = models.CharField(max_length=200, blank=True)
    address = models.CharField(max_length=500, blank=True)
    notes = models.TextField(blank=True)

    def __str__(self) -> str:
        return self.name


class Contract(models.Model):
    """What a supplier does for devices, between two days, both included.

    It covers the devices listed and every device of the models listed.
    """

    class Kind(models.TextChoices):
        """What the supplier does."""

        FULL = "full", "repair and maintenance, parts included"
        LABOUR = "labour", "repair and maintenance, parts extra"
        PLANNED = "planned", "planned maintenance only"
        CALIBRATION = "calibration", "calibration"
        SOFTWARE = "software", "software support"
        LEASE = "lease", "lease or rental"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    supplier = models.ForeignKey(Supplier, on_delete=models.PROTECT, related_name="contracts")
    number = models.CharField(max_length=60)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    starts = models.DateField()
    ends = models.DateField(db_index=True)
    cost = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    currency = models.CharField(max_length=3, default="GBP")
    response_hours = models.PositiveSmallIntegerField(null=True, blank=True)
    repair_hours = models.PositiveSmallIntegerField(null=True, blank=True)
    notes = models.TextField(blank=True)
    devices: models.ManyToManyField[Device, models.Model] = models.ManyToManyField(
        Device, related_name="contracts", blank=True
    )
    models: models.ManyToManyField[DeviceModel, models.Model] = models.ManyToManyField(
        DeviceModel, related_name="contracts", blank=True
    )

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["supplier", "number"], name="equipment_contract_once"),
            models.CheckConstraint(
                condition=Q(ends__gte=models.F("starts")), name="equipment_contract_forwards"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number}, {self.supplier}"


class Document(models.Model):
    """A paper that goes with one device, model, supplier or contract. Withdrawn, never taken away."""

    class Kind(models.TextChoices):
        """What kind of paper."""

        USER_MANUAL = "user_manual", "instructions for use"
        SERVICE_MANUAL = "service_manual", "service manual"
        CONFORMITY = "conformity", "declaration of conformity"
        PURCHASE = "purchase", "order, invoice or delivery note"
        CONTRACT = "contract", "contract"
        REPORT = "report", "report of a visit or an examination"
        DECONTAMINATION = "decontamination", "decontamination certificate"
        SECURITY = "security", "security statement (MDS2) or software bill"
        OTHER = "other", "other"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    file = models.ForeignKey(StoredFile, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=200)
    title = models.CharField(max_length=200)
    kind = models.CharField(max_length=16, choices=Kind.choices)
    dated = models.DateField(null=True, blank=True)
    device = models.ForeignKey(Device, on_delete=models.PROTECT, null=True, related_name="documents")
    model = models.ForeignKey(DeviceModel, on_delete=models.PROTECT, null=True, related_name="documents")
    supplier = models.ForeignKey(Supplier, on_delete=models.PROTECT, null=True, related_name="documents")
    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, null=True, related_name="documents")
    attached_at = models.DateTimeField(default=clock.now)
    attached_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    withdrawn_reason = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="equipment_document_of_one",
                condition=Q(device__isnull=False, model=None, supplier=None, contract=None)
                | Q(device=None, model__isnull=False, supplier=None, contract=None)
                | Q(device=None, model=None, supplier__isnull=False, contract=None)
                | Q(device=None, model=None, supplier=None, contract__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.title
