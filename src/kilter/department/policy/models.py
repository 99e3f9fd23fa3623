"""Rows of the policy room. Nothing is edited: a new row takes over from its effective date."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.db import models

from kilter.department.ledger import clock
from kilter.department.people.models import Person


class Scope(models.TextChoices):
    """What a row of policy reaches; the narrower one wins."""

    ALL = "all", "every device"
    DEVICE_KIND = "device_kind", "a kind of device"
    LOCATION = "location", "a place and all within it"
    MODEL = "model", "a model"
    DEVICE = "device", "one device"


class LimitSchedule(models.Model):
    """The limits of a specialty (or of some of its procedures, for some devices) as one signed paper.

    `rows` holds limit rows as data by procedure name. In force from `effective_from` once adopted and,
    where any row is looser than its citation, countersigned by a second person.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    specialty = models.CharField(max_length=60, db_index=True)
    scope_kind = models.CharField(max_length=12, choices=Scope.choices, default=Scope.ALL)
    scope_key = models.CharField(max_length=120, blank=True)
    rows: models.JSONField[Any, dict[str, list[dict[str, Any]]]] = models.JSONField()
    looser: models.JSONField[Any, list[str]] = models.JSONField(default=list)
    reason = models.CharField(max_length=1000)
    effective_from = models.DateTimeField()
    proposed_at = models.DateTimeField(default=clock.now)
    proposed_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    adopted_at = models.DateTimeField(null=True, blank=True)
    adopted_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    countersigned_at = models.DateTimeField(null=True, blank=True)
    countersigned_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")

    def __str__(self) -> str:
        return f"limits of {self.specialty} from {self.effective_from:%Y-%m-%d}"


class DecisionRule(models.Model):
    """Which decision rule judges a specialty or one procedure from an instant on."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    applies_to = models.CharField(max_length=120)
    rule = models.CharField(max_length=20)
    coverage_factor = models.FloatField(default=2.0)
    threshold = models.FloatField(default=0.95)
    reason = models.CharField(max_length=1000)
    effective_from = models.DateTimeField()
    set_at = models.DateTimeField(default=clock.now)
    set_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"{self.applies_to}: {self.rule}"


class Basis(models.TextChoices):
    """From what the next date of a schedule is counted."""

    COMPLETED = "completed", "from the last completion"
    SCHEDULED = "scheduled", "on fixed dates, whenever it was last done"


class Frequency(models.Model):
    """How often a protocol is due on some devices; 0 months ends it for them.

    It may be done from `window_days` before its date until `after_days` after it, and is overdue then.
    Fixed dates are counted from `anchor`, or from when the device was first due. Where a `counter` is named,
    it is due after `every` of it as well, whichever comes first. `suspends` leaves it out while a device is
    out of service; what fell in that time is due on the day it comes back.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    protocol = models.CharField(max_length=120, db_index=True)
    scope_kind = models.CharField(max_length=12, choices=Scope.choices)
    scope_key = models.CharField(max_length=120, blank=True)
    months = models.PositiveSmallIntegerField()
    basis = models.CharField(max_length=10, choices=Basis.choices, default=Basis.COMPLETED)
    anchor = models.DateField(null=True, blank=True)
    window_days = models.PositiveSmallIntegerField(default=28)
    after_days = models.PositiveSmallIntegerField(default=0)
    counter = models.CharField(max_length=40, blank=True)
    every = models.FloatField(null=True, blank=True)
    suspends = models.BooleanField(default=False)
    withdraw_when_overdue = models.BooleanField(default=False)
    duration = models.DurationField(null=True, blank=True)
    supplier = models.CharField(max_length=120, blank=True)
    reason = models.CharField(max_length=1000)
    effective_from = models.DateTimeField()
    set_at = models.DateTimeField(default=clock.now)
    set_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"{self.protocol}: every {self.months} months"


class Ladder(models.Model):
    """What follows when a planned visit could not be made, time after time. The newest in force counts.

    `steps` is a list of {"act", "days"}: what is done at the first attempt, the second and so on (the last
    again and again), and after how many days it is tried again.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    outcome = models.CharField(max_length=20)
    steps: models.JSONField[Any, list[dict[str, Any]]] = models.JSONField()
    reason = models.CharField(max_length=1000)
    effective_from = models.DateTimeField()
    set_at = models.DateTimeField(default=clock.now)
    set_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"{self.outcome}: {len(self.steps)} steps"


class Capacity(models.Model):
    """How much time a person has for planned maintenance in a month. The newest in force counts."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="capacities")
    monthly = models.DurationField()
    reason = models.CharField(max_length=1000, blank=True)
    effective_from = models.DateTimeField()
    set_at = models.DateTimeField(default=clock.now)
    set_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"{self.person}: {self.monthly}"


class Countersigning(models.Model):
    """Whether a passing result of a procedure or specialty counts only once countersigned."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    applies_to = models.CharField(max_length=120)
    wanted = models.BooleanField()
    reason = models.CharField(max_length=1000)
    effective_from = models.DateTimeField()
    set_at = models.DateTimeField(default=clock.now)
    set_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"{self.applies_to}: {'countersigned' if self.wanted else 'one signature'}"


class UsePermission(models.Model):
    """The safety officer's word on how independent checks or patient results of a specialty are used here."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    specialty = models.CharField(max_length=60)
    use = models.CharField(max_length=20, choices=[("independent_check",) * 2, ("patient_result",) * 2])
    how = models.TextField()
    permitted = models.BooleanField(default=True)
    effective_from = models.DateTimeField()
    set_at = models.DateTimeField(default=clock.now)
    set_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")

    class Meta:
        indexes: ClassVar = [models.Index(fields=["specialty", "use"], name="policy_use_of_specialty")]

    def __str__(self) -> str:
        return f"{self.specialty}: {self.use}"
