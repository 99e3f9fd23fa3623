"""Rows of the equipment room: places, models, devices, and what happened to them."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar
from uuid import UUID

from django.db import models
from django.db.models import Q

from kilter.department.equipment.lifecycle import State
from kilter.department.ledger import clock
from kilter.department.ledger.models import StoredFile
from kilter.department.people.models import Person

PATH_STEP = 8
"""Digits of one step of a location's path."""


class Location(models.Model):
    """A place in the tree of places.

    `path` is the row ids from the root to here, eight digits each: a subtree is one range of an
    index, in whatever collation, because only digits are compared.
    """

    class Kind(models.TextChoices):
        """What kind of place."""

        SITE = "site", "site"
        BUILDING = "building", "building"
        WARD = "ward", "ward"
        ROOM = "room", "room"
        HOME = "home", "patient's home"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="children"
    )
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    path = models.CharField(max_length=PATH_STEP * 12, db_index=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["parent", "name"], name="equipment_location_name"),
            models.UniqueConstraint(
                fields=["name"], condition=Q(parent=None), name="equipment_location_root_name"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def ancestor_ids(self) -> list[int]:
        """Give the row ids from the root to here."""
        return [int(self.path[start : start + PATH_STEP]) for start in range(0, len(self.path), PATH_STEP)]


class DeviceModel(models.Model):
    """A type of device of one maker."""

    class EquipmentClass(models.TextChoices):
        """Protection against electric shock."""

        CLASS_I = "I", "class I"
        CLASS_II = "II", "class II"
        NONE = "none", "not mains powered"

    class AppliedPart(models.TextChoices):
        """Type of the applied part."""

        B = "B", "type B"
        BF = "BF", "type BF"
        CF = "CF", "type CF"
        NONE = "none", "no applied part"

    class PowerCord(models.TextChoices):
        """How the mains lead is arranged; it decides the limit of the protective earth."""

        DETACHABLE = "detachable", "detachable cord"
        FIXED = "fixed", "fixed cord"
        PERMANENT = "permanent", "permanently installed"
        NONE = "none", "no cord"

    class Connector(models.TextChoices):
        """Family of the small-bore connector, after the parts of ISO 80369."""

        NONE = "", "none"
        RESPIRATORY = "respiratory", "respiratory (ISO 80369-2)"
        ENTERAL = "enteral", "enteral (ISO 80369-3)"
        CUFF = "cuff", "limb cuff inflation (ISO 80369-5)"
        NEURAL = "neural", "neuraxial (ISO 80369-6, NRFit)"
        LUER = "luer", "intravascular or hypodermic (ISO 80369-7, Luer)"
        OTHER = "other", "other"

    class LaserClass(models.TextChoices):
        """Class of a laser product, after IEC 60825-1."""

        NONE = "", "no laser"
        ONE = "1", "class 1"
        ONE_C = "1C", "class 1C"
        ONE_M = "1M", "class 1M"
        TWO = "2", "class 2"
        TWO_M = "2M", "class 2M"
        THREE_R = "3R", "class 3R"
        THREE_B = "3B", "class 3B"
        FOUR = "4", "class 4"

    class MagneticResonance(models.TextChoices):
        """What the label says of use in the magnetic resonance environment, after ASTM F2503."""

        UNSAID = "", "not said"
        SAFE = "safe", "MR safe"
        CONDITIONAL = "conditional", "MR conditional"
        UNSAFE = "unsafe", "MR unsafe"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    maker = models.CharField(max_length=120)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=60, db_index=True)
    udi_di = models.CharField(max_length=60, blank=True, db_index=True)
    equipment_class = models.CharField(max_length=4, choices=EquipmentClass.choices)
    applied_part = models.CharField(max_length=4, choices=AppliedPart.choices)
    power_cord = models.CharField(max_length=12, choices=PowerCord.choices)
    expected_life_years = models.PositiveSmallIntegerField(null=True, blank=True)
    support_ends = models.DateField(null=True, blank=True)
    security_support_ends = models.DateField(null=True, blank=True)
    """Until when its maker supports it, and gives security updates for it; that day included."""
    holds_data = models.BooleanField(default=False)
    connector = models.CharField(max_length=12, choices=Connector.choices, blank=True)
    laser_class = models.CharField(max_length=2, choices=LaserClass.choices, blank=True)
    radioactive_source = models.BooleanField(default=False)
    controlled_area = models.BooleanField(default=False)
    ionising = models.BooleanField(null=True, blank=True)
    lifting = models.BooleanField(null=True, blank=True)
    pressure = models.BooleanField(null=True, blank=True)
    """Whether a regulation's list holds it; where nothing is said, its kind decides (`regulations`)."""
    photo = models.ForeignKey(StoredFile, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    brand = models.CharField(max_length=120, blank=True)
    catalogue_number = models.CharField(max_length=80, blank=True)
    mri_safety = models.CharField(max_length=12, choices=MagneticResonance.choices, blank=True)
    single_use = models.BooleanField(null=True, blank=True)
    distribution_ends = models.DateField(null=True, blank=True)
    """The day on which its maker stopped, or stops, selling it."""
    label_bears: models.JSONField[Any, list[str] | None] = models.JSONField(null=True, blank=True)
    """Which of lot, serial, made and expires stand on its label; None where nobody said."""

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["maker", "name"], name="equipment_model_name")
        ]

    def __str__(self) -> str:
        return f"{self.maker} {self.name}"


class ModelCode(models.Model):
    """A code of a model in a nomenclature that the site supplies, such as GMDN or EMDN; it may have many."""

    model = models.ForeignKey(DeviceModel, on_delete=models.CASCADE, related_name="codes")
    system = models.CharField(max_length=20)
    code = models.CharField(max_length=40)
    term = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["model", "system", "code"], name="equipment_model_code")
        ]
        indexes: ClassVar = [models.Index(fields=["system", "code"], name="equipment_code")]

    def __str__(self) -> str:
        return f"{self.system} {self.code}"


class KindCode(models.Model):
    """A code under which a kind of device stands in a nomenclature that the site supplies; it may have many.

    It speaks for every model of the kind; a model's own codes (`ModelCode`) stand beside it.
    """

    kind = models.CharField(max_length=60, db_index=True)
    system = models.CharField(max_length=20)
    code = models.CharField(max_length=40)
    term = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["kind", "system", "code"], name="equipment_kind_code_once")
        ]
        indexes: ClassVar = [models.Index(fields=["system", "code"], name="equipment_kind_code")]

    def __str__(self) -> str:
        return f"{self.system} {self.code}"


class Device(models.Model):
    """One device. `state` repeats its newest lifecycle fact; `version` counts the edits of its fields.

    `expected_life_years` and `holds_data` stand for this one device where its model says otherwise;
    `udi` is the whole label as it was scanned. The `_key` columns hold the upper-case form by which
    labels are looked up.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    asset = models.CharField(max_length=40)
    asset_key = models.CharField(max_length=40, unique=True, editable=False)
    serial = models.CharField(max_length=80, blank=True)
    serial_key = models.CharField(max_length=80, db_index=True, editable=False)
    model = models.ForeignKey(DeviceModel, on_delete=models.PROTECT, related_name="devices")
    location = models.ForeignKey(
        Location, on_delete=models.PROTECT, null=True, blank=True, related_name="devices"
    )
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="parts")
    state = models.CharField(max_length=20, choices=[(state, state) for state in State], db_index=True)
    version = models.PositiveIntegerField(default=1)
    purchased = models.DateField(null=True, blank=True)
    installed = models.DateField(null=True, blank=True)
    warranty_until = models.DateField(null=True, blank=True)
    year_of_manufacture = models.PositiveSmallIntegerField(null=True, blank=True)
    cost = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    currency = models.CharField(max_length=3, default="GBP")
    owner = models.CharField(max_length=120, blank=True)
    custodian = models.CharField(max_length=120, blank=True)
    expected_life_years = models.PositiveSmallIntegerField(null=True, blank=True)
    holds_data = models.BooleanField(null=True, blank=True)
    udi = models.CharField(max_length=200, blank=True)
    supplier = models.CharField(max_length=120, blank=True)
    order_number = models.CharField(max_length=60, blank=True)
    software_version = models.CharField(max_length=60, blank=True)
    lot = models.CharField(max_length=60, blank=True)
    made = models.DateField(null=True, blank=True)
    expires = models.DateField(null=True, blank=True)
    notes = models.TextField(blank=True)
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    acceptance_evidence = models.UUIDField(null=True, blank=True)
    registered_at = models.DateTimeField(default=clock.now)
    batch = models.UUIDField(null=True, blank=True, db_index=True, editable=False)
    """The import it came with; undoing that import takes it away again."""

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["model", "asset_key"], name="equipment_device_of_model"),
            models.Index(fields=["location", "asset_key"], name="equipment_device_at_place"),
            models.Index(fields=["model", "location", "asset_key"], name="equipment_model_at_place"),
            models.Index(fields=["state", "asset_key"], name="equipment_device_in_state"),
            models.Index(fields=["owner", "asset_key"], name="equipment_device_of_owner"),
            models.Index(
                fields=["asset_key"],
                name="equipment_device_taken_over",
                condition=Q(state=State.IN_SERVICE.value, accepted_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.asset} ({self.model})"

    @property
    def kind(self) -> str:
        """Key of the device's kind, such as `infusion_pump`."""
        return self.model.kind

    @property
    def model_uuid(self) -> UUID:
        """Public id of the device's model."""
        return self.model.uuid

    @property
    def bears_data(self) -> bool:
        """Whether it keeps data of patients, so that it is wiped before it goes."""
        return self.model.holds_data if self.holds_data is None else self.holds_data

    def set_keys(self) -> None:
        """Bring the look-up columns in line with what is shown; one entered in error frees its number."""
        self.asset_key, self.serial_key = self.asset.upper(), self.serial.upper()
        if self.state == State.ENTERED_IN_ERROR:
            self.asset_key, self.serial_key = f"~{self.uuid.hex}", ""


class DeviceChange(models.Model):
    """One field of a device changed by an edit. Append-only; merging two edits reads these rows."""

    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="changes")
    version = models.PositiveIntegerField()
    field = models.CharField(max_length=40)
    before: models.JSONField[Any, Any] = models.JSONField(null=True)
    after: models.JSONField[Any, Any] = models.JSONField(null=True)
    at = models.DateTimeField(default=clock.now)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["device", "version", "field"], name="equipment_change_once")
        ]

    def __str__(self) -> str:
        return f"{self.field}: {self.before} -> {self.after}"


class LifecycleFact(models.Model):
    """A device came into a state. Append-only; the newest row is where it stands."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="facts")
    state = models.CharField(max_length=20, choices=[(state, state) for state in State])
    verb = models.CharField(max_length=20)
    at = models.DateTimeField(default=clock.now)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=300, blank=True)
    evidence = models.UUIDField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["device", "id"], name="equipment_fact_of_device")]

    def __str__(self) -> str:
        return f"{self.verb}: {self.state}"


class Hold(models.Model):
    """Something that keeps a device from being used until somebody releases it."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="holds")
    cause = models.CharField(max_length=30)
    text = models.CharField(max_length=500)
    evidence = models.UUIDField(null=True, blank=True)
    placed_at = models.DateTimeField(default=clock.now)
    placed_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    investigated_at = models.DateTimeField(null=True, blank=True)
    investigated_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    finding = models.CharField(max_length=1000, blank=True)
    released_at = models.DateTimeField(null=True, blank=True)
    released_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    release_text = models.CharField(max_length=500, blank=True)
    release_evidence = models.UUIDField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["device"], name="equipment_hold_open", condition=Q(released_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.cause}: {self.text}"


class Restriction(models.Model):
    """A device may be used within limits said in words, on somebody's word, until an instant."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="restrictions")
    limits = models.CharField(max_length=500)
    reason = models.CharField(max_length=500)
    approver = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    placed_at = models.DateTimeField(default=clock.now)
    expires = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifted_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    lift_reason = models.CharField(max_length=500, blank=True)

    def __str__(self) -> str:
        return self.limits


class Certificate(models.Model):
    """A calibration certificate of a test instrument, in force between two instants."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="certificates")
    number = models.CharField(max_length=80)
    laboratory = models.CharField(max_length=120)
    issued = models.DateTimeField()
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField()
    coverage_factor = models.FloatField()
    entered_at = models.DateTimeField(default=clock.now)
    entered_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    document = models.ForeignKey(
        StoredFile, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    withdrawn_reason = models.CharField(max_length=500, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["device", "valid_until"], name="equipment_certificate_until")
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["laboratory", "number", "device"], name="equipment_certificate_once"
            ),
            models.CheckConstraint(
                condition=Q(valid_until__gt=models.F("valid_from")), name="equipment_certificate_forwards"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.laboratory} {self.number}"


class CertifiedQuantity(models.Model):
    """One line of a certificate: what to add to a reading, and its expanded uncertainty, in `unit`.

    It speaks of readings from `low` to `high`; U is `expanded_uncertainty` and, besides, `relative` percent
    of the reading. `as_found` is the error (reading less truth) with which the instrument arrived; whether
    it was `in_tolerance` follows from `tolerance`, the greatest error that is wanted.
    """

    certificate = models.ForeignKey(Certificate, on_delete=models.PROTECT, related_name="quantities")
    name = models.CharField(max_length=80)
    unit = models.CharField(max_length=30)
    correction = models.FloatField()
    expanded_uncertainty = models.FloatField()
    relative = models.FloatField(default=0.0)
    nominal = models.FloatField(null=True, blank=True)
    low = models.FloatField(null=True, blank=True)
    high = models.FloatField(null=True, blank=True)
    as_found = models.FloatField(null=True, blank=True)
    tolerance = models.FloatField(null=True, blank=True)
    in_tolerance = models.BooleanField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.name}: {self.correction} ± {self.expanded_uncertainty} {self.unit}"


class ReferenceValue(models.Model):
    """What a result of a procedure is compared with on this device. Append-only; the newest counts."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="reference_values")
    procedure = models.CharField(max_length=120)
    result = models.CharField(max_length=80)
    context: models.JSONField[Any, dict[str, Any]] = models.JSONField(default=dict)
    value = models.FloatField()
    unit = models.CharField(max_length=30)
    reason = models.CharField(max_length=500)
    record = models.UUIDField(null=True, blank=True)
    set_at = models.DateTimeField(default=clock.now)
    set_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["device", "procedure", "result", "id"], name="equipment_reference_of")
        ]

    def __str__(self) -> str:
        return f"{self.result} = {self.value} {self.unit}"
