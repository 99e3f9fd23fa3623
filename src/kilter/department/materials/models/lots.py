"""Products, lots, movements and tests: the chain of custody."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from kilter.department.equipment.models import Location
from kilter.department.ledger import clock, identity
from kilter.department.materials.course import WORDS, LotState
from kilter.department.materials.models.permits import Permit, PermitLimit
from kilter.department.patients.models import Patient
from kilter.department.people.models import Person
from kilter.department.records.models import Record


class Product(models.Model):
    """What lots are of: a generator, an eluate, a kit, a gas; with what its maker and the site say of it.

    `largest_activity` in MBq and `largest_volume` in mL are the most that a kit takes; `dead_volume` in mL
    cannot be drawn. `gives` is the product of a generator's eluates. `second_person` lists the verbs that a
    second person confirms. Zero means that nothing is said.
    """

    class Kind(models.TextChoices):
        """What sort of material it is."""

        RADIOACTIVE = "radioactive", "radioactive"
        GENERATOR = "generator", "generator"
        KIT = "kit", "kit"
        GAS = "gas", "medical gas"
        CONTRAST = "contrast", "contrast medium"
        CONCENTRATE = "concentrate", "dialysis concentrate"
        PART = "part", "part that expires"

    uuid = models.UUIDField(default=identity.new_id, unique=True, editable=False)
    key = models.CharField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    nuclide = models.CharField(max_length=12, blank=True)
    shelf_hours: models.FloatField[Any, float] = models.FloatField(default=0.0)
    largest_activity: models.FloatField[Any, float] = models.FloatField(default=0.0)
    largest_volume: models.FloatField[Any, float] = models.FloatField(default=0.0)
    dead_volume: models.FloatField[Any, float] = models.FloatField(default=0.0)
    most_doses = models.PositiveSmallIntegerField(default=0)
    unit = models.CharField(max_length=20, blank=True)
    gives = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    second_person: models.JSONField[Any, list[str]] = models.JSONField(default=list)
    leak_test_days = models.PositiveSmallIntegerField(default=0)
    entered_at = models.DateTimeField(default=clock.now)
    entered_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return self.name


class TestRule(models.Model):
    """That lots of a product have a test, and when. `fixed` holds inputs that the product decides.

    A rule is ended and not deleted; what it asked of earlier lots stays to be read.
    """

    __test__ = False

    class When(models.TextChoices):
        """When the test is made."""

        BEFORE_USE = "before_use", "before use"
        ALONGSIDE = "alongside", "alongside use"
        PERIODICALLY = "periodically", "periodically"

    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="rules")
    test = models.CharField(max_length=120)
    when = models.CharField(max_length=12, choices=When.choices)
    every_hours: models.FloatField[Any, float] = models.FloatField(default=0.0)
    fixed: models.JSONField[Any, dict[str, Any]] = models.JSONField(default=dict)
    set_at = models.DateTimeField(default=clock.now)
    set_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["product", "test"], condition=Q(ended_at=None), name="materials_rule_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.product}: {self.test} {self.get_when_display()}"


class Lot(models.Model):
    """One thing that can be scanned: a generator, a vial, a syringe, a source, a waste container.

    `activity` in MBq at `reference` is the sum of its movements and can be rebuilt from them. A generator's
    is that of its parent nuclide; `left_behind` is its daughter's in MBq at `eluted_at`. A container has no
    activity of its own: what lies in it keeps its own lot, with `container` set. `amount` is in the unit of
    the product. `rejected_at` is when it was rejected, whatever became of it since, and
    `rejected_by` the failed test that did it; a person's rejection leaves that empty.
    """

    class Kind(models.TextChoices):
        """What it is in the chain."""

        GENERATOR = "generator", "generator"
        ELUATE = "eluate", "eluate"
        BATCH = "batch", "batch"
        SYRINGE = "syringe", "syringe"
        RESIDUE = "residue", "residue"
        CONTAINER = "container", "waste container"
        SOURCE = "source", "sealed source"
        STOCK = "stock", "stock"

    uuid = models.UUIDField(default=identity.new_id, unique=True, editable=False)
    product = models.ForeignKey(Product, on_delete=models.PROTECT, null=True, blank=True, related_name="lots")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    label = models.CharField(max_length=80, unique=True)
    batch_number = models.CharField(max_length=60, blank=True)
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="children"
    )
    container = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="contents"
    )
    nuclide = models.CharField(max_length=12, blank=True)
    activity: models.FloatField[Any, float] = models.FloatField(default=0.0)
    reference = models.DateTimeField(default=clock.now)
    volume: models.FloatField[Any, float] = models.FloatField(default=0.0)
    amount: models.FloatField[Any, float] = models.FloatField(default=0.0)
    doses = models.PositiveIntegerField(default=0)
    made_at = models.DateTimeField(default=clock.now)
    made_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    last_moved_at = models.DateTimeField(default=clock.now)
    expires = models.DateTimeField(null=True, blank=True)
    location = models.ForeignKey(
        Location, on_delete=models.PROTECT, null=True, blank=True, related_name="lots"
    )
    custodian = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, blank=True, related_name="lots"
    )
    state = models.CharField(max_length=12, choices=[(one.value, WORDS[one]) for one in LotState])
    rejected_at = models.DateTimeField(null=True, blank=True)
    rejected_by = models.ForeignKey(
        "LotTest", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    eluted_at = models.DateTimeField(null=True, blank=True)
    left_behind: models.FloatField[Any, float] = models.FloatField(default=0.0)
    sealed_at = models.DateTimeField(null=True, blank=True)
    next_leak_test = models.DateTimeField(null=True, blank=True)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, null=True, blank=True, related_name="lots")
    prescribed: models.FloatField[Any, float] = models.FloatField(default=0.0)
    intended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(activity__gte=0, volume__gte=0, amount__gte=0, left_behind__gte=0),
                name="materials_lot_never_negative",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["expires"], name="materials_lot_expires", condition=~Q(state=LotState.DISPOSED.value)
            ),
            models.Index(fields=["state", "kind"], name="materials_lot_state"),
            models.Index(
                fields=["next_leak_test"],
                name="materials_lot_leak",
                condition=~Q(next_leak_test=None) & ~Q(state=LotState.DISPOSED.value),
            ),
        ]

    def __str__(self) -> str:
        return self.label


class Movement(models.Model):
    """Something went from one lot to another, in or out of the department. Append-only.

    `activity` is in MBq of `nuclide` at `at`, `volume` in mL, `amount` in the unit of the product. Without
    `from_lot` it came in, without `to_lot` it went out: by a route, under a permit, or to a patient.
    """

    at = models.DateTimeField(db_index=True)
    verb = models.CharField(max_length=20)
    from_lot = models.ForeignKey(
        Lot, on_delete=models.PROTECT, null=True, blank=True, related_name="moves_out"
    )
    to_lot = models.ForeignKey(Lot, on_delete=models.PROTECT, null=True, blank=True, related_name="moves_in")
    nuclide = models.CharField(max_length=12, blank=True)
    activity: models.FloatField[Any, float] = models.FloatField(default=0.0)
    volume: models.FloatField[Any, float] = models.FloatField(default=0.0)
    amount: models.FloatField[Any, float] = models.FloatField(default=0.0)
    route = models.CharField(max_length=12, blank=True, choices=PermitLimit.Route.choices)
    permit = models.ForeignKey(
        Permit, on_delete=models.PROTECT, null=True, blank=True, related_name="movements"
    )
    patient = models.ForeignKey(
        Patient, on_delete=models.PROTECT, null=True, blank=True, related_name="movements"
    )
    location = models.ForeignKey(Location, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    custodian = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    record = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(activity__gte=0, volume__gte=0, amount__gte=0),
                name="materials_move_never_negative",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["permit", "route", "at"], name="materials_move_permit", condition=~Q(permit=None)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.activity:g} MBq"


class LotTest(models.Model):
    """A test of a lot, sealed as a record; passed only when every judged result lay within. Append-only."""

    __test__ = False

    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="tests")
    test = models.CharField(max_length=120)
    record = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="+")
    passed = models.BooleanField()
    at = models.DateTimeField()
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["lot", "test", "-at"], name="materials_test_of_lot"),
            models.Index(fields=["lot"], name="materials_test_failed", condition=Q(passed=False)),
        ]

    def __str__(self) -> str:
        return f"{self.test} of {self.lot}: {'passed' if self.passed else 'failed'}"
