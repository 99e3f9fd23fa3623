"""Rows of the schedule room: what was computed, and what people said of it."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q

from kilter.department.equipment.models import Device, DeviceModel, Location
from kilter.department.ledger import clock
from kilter.department.people.models import Person
from kilter.department.policy.models import Frequency
from kilter.department.work.models import Job


class Due(models.Model):
    """A protocol is due on a device on a day. Computed, and never typed in.

    It may be done from `opens`, and is overdue after `closes`: the days of grace and a deferral move that
    day and never `due`. While `suspended` it is not asked for; with `restart` it fell due while the device
    was out of service, and is asked for on the day it came back.
    """

    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="dues")
    protocol = models.CharField(max_length=120)
    due = models.DateField(db_index=True)
    opens = models.DateField()
    closes = models.DateField()
    deferred_until = models.DateField(null=True)
    suspended = models.BooleanField(default=False)
    restart = models.BooleanField(default=False)
    last_passed = models.DateTimeField(null=True)
    months = models.PositiveSmallIntegerField()
    withdraw_when_overdue = models.BooleanField(default=False)
    duration = models.DurationField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["opens", "due"], name="schedule_due_window"),
            models.Index(fields=["closes"], name="schedule_due_closes", condition=Q(suspended=False)),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["device", "protocol"], name="schedule_due_once")
        ]

    def __str__(self) -> str:
        return f"{self.protocol} due {self.due}"


class CounterReading(models.Model):
    """What a counter of a device showed at an instant. Append-only.

    `anew` says that the counter was exchanged or set back just before, and began at `start`.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="counter_readings")
    counter = models.CharField(max_length=40)
    value = models.FloatField()
    anew = models.BooleanField(default=False)
    start = models.FloatField(default=0.0)
    at = models.DateTimeField()
    entered_at = models.DateTimeField(default=clock.now)
    entered_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["device", "counter", "at"], name="schedule_counter_of_device")
        ]

    def __str__(self) -> str:
        return f"{self.counter}: {self.value}"


class Deferral(models.Model):
    """Somebody asks that what is due may wait until a day; another person decides.

    It speaks of one date of one schedule (`due`), and means nothing once that date has moved.
    """

    class State(models.TextChoices):
        """What became of it."""

        ASKED = "asked", "asked"
        APPROVED = "approved", "approved"
        REFUSED = "refused", "refused"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="deferrals")
    protocol = models.CharField(max_length=120)
    due = models.DateField()
    until = models.DateField()
    reason = models.CharField(max_length=500)
    state = models.CharField(max_length=8, choices=State.choices, default=State.ASKED)
    asked_at = models.DateTimeField(default=clock.now)
    asked_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    decision = models.CharField(max_length=500, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["device", "protocol"], name="schedule_deferral_of"),
            models.Index(fields=["asked_at"], name="schedule_deferral_open", condition=Q(state="asked")),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(decided_by=F("asked_by")),
                name="schedule_deferral_two_people",
            ),
            models.UniqueConstraint(
                fields=["device", "protocol"],
                condition=Q(state="asked"),
                name="schedule_deferral_asked_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.protocol} until {self.until}"


class Attempt(models.Model):
    """A planned visit that could not be made. Append-only; it moves no date.

    `step` is its number among the attempts since the protocol was last passed, from 1, and `act` what the
    ladder in force asked for then.
    """

    class Outcome(models.TextChoices):
        """Why not."""

        COULD_NOT_LOCATE = "could_not_locate", "could not be located"
        NO_ACCESS = "no_access", "no access"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="attempts")
    protocol = models.CharField(max_length=120)
    due = models.DateField()
    outcome = models.CharField(max_length=20, choices=Outcome.choices)
    step = models.PositiveSmallIntegerField()
    act = models.CharField(max_length=20)
    again_on = models.DateField(null=True, blank=True)
    text = models.CharField(max_length=500, blank=True)
    told = models.CharField(max_length=120, blank=True)
    at = models.DateTimeField(default=clock.now)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["device", "protocol", "at"], name="schedule_attempt_of"),
            models.Index(fields=["again_on"], name="schedule_attempt_again"),
        ]

    def __str__(self) -> str:
        return f"{self.get_outcome_display()} ({self.step})"


class Completion(models.Model):
    """A due that was answered: written when a later pass moves its date, taken back when that pass falls.

    From these rows, and from what is open, comes the share that was done in its window.
    """

    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="completions")
    protocol = models.CharField(max_length=120)
    due = models.DateField()
    closes = models.DateField()
    passed_at = models.DateTimeField()
    in_window = models.BooleanField()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["closes", "in_window"], name="schedule_completion_in"),
            models.Index(fields=["device", "protocol"], name="schedule_completion_of"),
        ]

    def __str__(self) -> str:
        return f"{self.protocol} due {self.due}, passed {self.passed_at:%Y-%m-%d}"


class FrozenDefinitions(models.Model):
    """What each figure of a year means, as it was settled. Append-only; one row a year."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    year = models.PositiveSmallIntegerField(unique=True)
    definitions: models.JSONField[Any, dict[str, dict[str, Any]]] = models.JSONField()
    frozen_at = models.DateTimeField(default=clock.now)
    frozen_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"figures of {self.year}"


class PlannedTest(models.Model):
    """A protocol that a planned job is to see through on its device. Append-only.

    `passed_before` is when it had last been passed as the job was opened: a pass after that answers it.
    """

    job = models.ForeignKey(Job, on_delete=models.PROTECT, related_name="planned_tests")
    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="planned_tests")
    protocol = models.CharField(max_length=120)
    due = models.DateField()
    passed_before = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["device", "protocol"], name="schedule_planned_of")]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["job", "protocol"], name="schedule_planned_once")
        ]

    def __str__(self) -> str:
        return f"{self.protocol} due {self.due}"


class WardCheck(models.Model):
    """Whether those who work in a place do a daily check of its devices. Append-only; the newest row counts.

    It reaches the place and all within it; a row of a place within stands for that place instead.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="ward_checks")
    protocol = models.CharField(max_length=120)
    wanted = models.BooleanField()
    since = models.DateField()
    reason = models.CharField(max_length=500)
    set_at = models.DateTimeField(default=clock.now)
    set_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"{self.protocol} at {self.location}"


class RiskAnswer(models.Model):
    """What was answered for a model, and the score it came to. Append-only; the newest counts."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    model = models.ForeignKey(DeviceModel, on_delete=models.PROTECT, related_name="risk_answers")
    function = models.PositiveSmallIntegerField()
    risk = models.PositiveSmallIntegerField()
    maintenance = models.PositiveSmallIntegerField()
    history = models.SmallIntegerField(default=0)
    score = models.SmallIntegerField()
    reason = models.CharField(max_length=500)
    at = models.DateTimeField(default=clock.now)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")

    class Meta:
        indexes: ClassVar = [models.Index(fields=["model", "-id"], name="schedule_risk_of_model")]

    def __str__(self) -> str:
        return f"{self.model}: {self.score}"


class IntervalDecision(models.Model):
    """A proposed interval was accepted: its figures, and the frequency set by it. Append-only."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    model = models.ForeignKey(DeviceModel, on_delete=models.PROTECT, related_name="interval_decisions")
    protocol = models.CharField(max_length=120)
    before = models.PositiveSmallIntegerField()
    months = models.PositiveSmallIntegerField()
    figures: models.JSONField[Any, dict[str, Any]] = models.JSONField()
    proposed = models.CharField(max_length=1000)
    reason = models.CharField(max_length=500)
    frequency = models.OneToOneField(Frequency, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=clock.now)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")

    class Meta:
        indexes: ClassVar = [models.Index(fields=["model", "-id"], name="schedule_interval_of_model")]

    def __str__(self) -> str:
        return f"{self.model}, {self.protocol}: {self.before} to {self.months} months"
