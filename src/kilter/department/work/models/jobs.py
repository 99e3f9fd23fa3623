"""Rows of the work room: jobs, what happened to them, what they took, the stores, and the library."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q

from kilter.department.equipment.models import Device, DeviceModel, Hold, Location
from kilter.department.ledger import clock
from kilter.department.people.models import Person
from kilter.department.work.course import WORDS, JobState


class Priority(models.IntegerChoices):
    """Clinical priority of a job; the smaller number is seen to first."""

    EMERGENCY = 1, "emergency"
    URGENT = 2, "urgent"
    ROUTINE = 3, "routine"
    LOW = 4, "low"


class Target(models.Model):
    """How soon a priority is to be answered and solved, in minutes. Append-only; the newest counts.

    `opens` and `closes` are minutes of the day at the site and `days` weekdays from Monday, such as
    `01234`, between which the clock runs; without `days` it runs day and night. `stops` are the kinds of
    waiting, parted by commas, during which it stands still.
    """

    priority = models.PositiveSmallIntegerField(choices=Priority.choices)
    respond = models.PositiveIntegerField()
    resolve = models.PositiveIntegerField()
    days = models.CharField(max_length=7, blank=True)
    opens = models.PositiveSmallIntegerField(default=0)
    closes = models.PositiveSmallIntegerField(default=1440)
    stops = models.CharField(max_length=80, blank=True)
    reason = models.CharField(max_length=500)
    set_at = models.DateTimeField(default=clock.now)
    set_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"{self.get_priority_display()}: {self.respond} min, {self.resolve} min"


class Job(models.Model):
    """Something to be done to a device. `closed_at` is empty while it is to be done."""

    class Kind(models.TextChoices):
        """Why the job was opened."""

        FAILED_TEST = "failed_test", "failed test"
        ATTENTION = "attention", "attention level exceeded"
        RETEST = "retest", "retest"
        FAULT = "fault", "reported fault"
        PLANNED = "planned", "planned maintenance"
        OTHER = "other", "other"

    class Wait(models.TextChoices):
        """What a waiting job waits for."""

        PARTS = "parts", "parts"
        THIRD_PARTY = "third_party", "a third party"
        ACCESS = "access", "access to the device"
        DECONTAMINATION = "decontamination", "decontamination"
        DECISION = "decision", "a decision"

    class Outcome(models.TextChoices):
        """How a job ended."""

        REPAIRED = "repaired", "repaired"
        NO_FAULT = "no_fault", "no fault found"
        USER_HELPED = "user_helped", "the user was helped"
        BEYOND_REPAIR = "beyond_repair", "beyond repair"
        NOT_LOCATED = "not_located", "could not be located"
        DONE = "done", "done"

    class Decontamination(models.TextChoices):
        """Whether the device is clean enough to be worked on."""

        DONE = "done", "decontaminated"
        NOT_NEEDED = "not_needed", "not needed"
        NOT_DONE = "not_done", "not decontaminated"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="jobs")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    text = models.CharField(max_length=500)
    state = models.CharField(
        max_length=12, choices=[(s.value, WORDS[s]) for s in JobState], default=JobState.OPEN
    )
    priority = models.PositiveSmallIntegerField(choices=Priority.choices, default=Priority.ROUTINE)
    unsafe = models.BooleanField(default=False)
    reporter = models.CharField(max_length=120, blank=True)
    error_code = models.CharField(max_length=40, blank=True)
    procedure = models.CharField(max_length=120, blank=True)
    protocol = models.CharField(max_length=120, blank=True)
    evidence = models.UUIDField(null=True, blank=True)
    opened_at = models.DateTimeField(default=clock.now)
    opened_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    taken_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, blank=True, related_name="jobs")
    waits_for = models.CharField(max_length=16, choices=Wait.choices, blank=True)
    decontamination = models.CharField(max_length=12, choices=Decontamination.choices, blank=True)
    responded_at = models.DateTimeField(null=True, blank=True)
    target = models.ForeignKey(Target, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    respond_by = models.DateTimeField(null=True, blank=True)
    resolve_by = models.DateTimeField(null=True, blank=True)
    stopped_at = models.DateTimeField(null=True, blank=True)
    repaired_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=16, choices=Outcome.choices, blank=True)
    failure_code = models.CharField(max_length=30, blank=True)
    cause_code = models.CharField(max_length=30, blank=True)
    action_code = models.CharField(max_length=30, blank=True)
    same_as = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="duplicates"
    )
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    closing_text = models.CharField(max_length=500, blank=True)
    closing_evidence = models.UUIDField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["opened_at"], name="work_job_open", condition=Q(closed_at=None)),
            models.Index(
                fields=["priority", "opened_at", "id"], name="work_job_board", condition=Q(closed_at=None)
            ),
            models.Index(
                fields=["state", "priority", "opened_at", "id"],
                name="work_job_board_state",
                condition=Q(closed_at=None),
            ),
            models.Index(
                fields=["taken_by", "priority", "opened_at", "id"],
                name="work_job_board_mine",
                condition=Q(closed_at=None),
            ),
            models.Index(fields=["device", "-opened_at"], name="work_job_of_device"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.text}"


class JobNote(models.Model):
    """What somebody wrote on a job."""

    job = models.ForeignKey(Job, on_delete=models.PROTECT, related_name="notes")
    text = models.CharField(max_length=2000)
    at = models.DateTimeField(default=clock.now)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return self.text


class JobEvent(models.Model):
    """A verb of the course that was done to a job. Append-only."""

    job = models.ForeignKey(Job, on_delete=models.PROTECT, related_name="events")
    verb = models.CharField(max_length=12)
    before = models.CharField(max_length=12, blank=True)
    after = models.CharField(max_length=12)
    at = models.DateTimeField(default=clock.now)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=500, blank=True)
    detail: models.JSONField[Any, dict[str, Any]] = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"{self.verb}: {self.after}"


class JobHold(models.Model):
    """A hold that a job placed on its device: at a dangerous report, and until the test of a repair."""

    job = models.ForeignKey(Job, on_delete=models.PROTECT, related_name="holds")
    hold = models.OneToOneField(Hold, on_delete=models.PROTECT, related_name="job_hold")

    def __str__(self) -> str:
        return str(self.hold)


class WardReport(models.Model):
    """A report that came without an account: from which address, as a keyed digest, and when. Append-only."""

    job = models.OneToOneField(Job, on_delete=models.PROTECT, related_name="ward_report")
    address = models.CharField(max_length=64)
    at = models.DateTimeField(default=clock.now)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["address", "at"], name="work_ward_report_from")]

    def __str__(self) -> str:
        return f"report of {self.job}"


class JobWord(models.Model):
    """A word of a job's text under the device's model: the index of similar faults."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="words")
    model = models.ForeignKey(DeviceModel, on_delete=models.PROTECT, related_name="+")
    word = models.CharField(max_length=40)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["job", "word"], name="work_word_once")]
        indexes: ClassVar = [models.Index(fields=["model", "word", "job"], name="work_word_of_model")]

    def __str__(self) -> str:
        return self.word


class Labour(models.Model):
    """Minutes that a person worked on a job. Append-only; a correction is a row below zero."""

    job = models.ForeignKey(Job, on_delete=models.PROTECT, related_name="labour")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    minutes = models.IntegerField()
    text = models.CharField(max_length=300)
    at = models.DateTimeField(default=clock.now)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"{self.minutes} min: {self.text}"


class EngineerVisit(models.Model):
    """A third party's engineer on a job, from signing in to signing out."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    job = models.ForeignKey(Job, on_delete=models.PROTECT, related_name="visits")
    name = models.CharField(max_length=120)
    company = models.CharField(max_length=120)
    signed_in_at = models.DateTimeField(default=clock.now)
    signed_in_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    signed_out_at = models.DateTimeField(null=True, blank=True)
    signed_out_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    report = models.CharField(max_length=1000, blank=True)
    cost = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.name} ({self.company})"


class JobTest(models.Model):
    """A signed record that belongs to a job: as the device was found, or as it was left. Append-only."""

    class Phase(models.TextChoices):
        """Before or after the work."""

        AS_FOUND = "as_found", "as found"
        AS_LEFT = "as_left", "as left"

    job = models.ForeignKey(Job, on_delete=models.PROTECT, related_name="tests")
    record = models.UUIDField()
    phase = models.CharField(max_length=8, choices=Phase.choices)
    at = models.DateTimeField(default=clock.now)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["job", "record"], name="work_test_once")]

    def __str__(self) -> str:
        return f"{self.phase}: {self.record}"


class Store(models.Model):
    """A place where parts are kept."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=120, unique=True)
    location = models.ForeignKey(
        Location, on_delete=models.PROTECT, null=True, blank=True, related_name="stores"
    )

    def __str__(self) -> str:
        return self.name


class Part(models.Model):
    """A kind of spare part or accessory."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    number = models.CharField(max_length=60)
    name = models.CharField(max_length=120)
    maker = models.CharField(max_length=120)
    reorder_level = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["maker", "number"], name="work_part_number_once")
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.number})"


class Stock(models.Model):
    """How many of a part a store holds of one lot: the sum of its movements, locked while one is made."""

    part = models.ForeignKey(Part, on_delete=models.PROTECT, related_name="stock")
    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="stock")
    lot = models.CharField(max_length=60, blank=True)
    expires = models.DateField(null=True, blank=True)
    quantity = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["part", "store", "lot"], name="work_stock_of_lot"),
            models.CheckConstraint(condition=Q(quantity__gte=0), name="work_stock_never_negative"),
        ]
        indexes: ClassVar = [
            models.Index(F("expires"), name="work_stock_expires", condition=Q(quantity__gt=0)),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of {self.part}"


class StockMove(models.Model):
    """Parts came, went to a job, came back, or were counted otherwise. Append-only."""

    class Kind(models.TextChoices):
        """Why the number changed."""

        RECEIPT = "receipt", "received"
        ISSUE = "issue", "issued to a job"
        RETURNED = "returned", "returned from a job"
        CORRECTION = "correction", "corrected"

    stock = models.ForeignKey(Stock, on_delete=models.PROTECT, related_name="moves")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    quantity = models.IntegerField()
    unit_cost = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    job = models.ForeignKey(Job, on_delete=models.PROTECT, null=True, blank=True, related_name="parts")
    reason = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField(default=clock.now)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"{self.quantity:+d} {self.stock.part}"


class PoolDevice(models.Model):
    """A device that the library lends. The row is locked while a booking of it is made."""

    device = models.OneToOneField(Device, on_delete=models.PROTECT, related_name="pool")
    added_at = models.DateTimeField(default=clock.now)
    added_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    removed_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return str(self.device)


class Loan(models.Model):
    """A device booked for somebody from an instant to another; then handed out, then returned.

    A loan outside the hospital bears the agreement under which it goes.
    """

    class Borrower(models.TextChoices):
        """Who borrows."""

        WARD = "ward", "a ward or department here"
        EXTERNAL = "external", "somebody outside the hospital"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    pool = models.ForeignKey(PoolDevice, on_delete=models.PROTECT, related_name="loans")
    borrower = models.CharField(max_length=10, choices=Borrower.choices)
    name = models.CharField(max_length=120)
    agreement = models.CharField(max_length=1000, blank=True)
    starts = models.DateTimeField()
    ends = models.DateTimeField()
    booked_at = models.DateTimeField(default=clock.now)
    booked_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    cancelled_at = models.DateTimeField(null=True, blank=True)
    handed_out_at = models.DateTimeField(null=True, blank=True)
    handed_out_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    returned_at = models.DateTimeField(null=True, blank=True)
    returned_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    decontaminated = models.BooleanField(null=True, blank=True)
    finding = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(ends__gt=F("starts")), name="work_loan_forwards"),
            models.UniqueConstraint(
                fields=["pool"],
                condition=Q(returned_at=None) & ~Q(handed_out_at=None),
                name="work_loan_out_once",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["pool", "starts"],
                name="work_loan_ahead",
                condition=Q(returned_at=None, cancelled_at=None),
            ),
            models.Index(
                fields=["starts"], name="work_loan_list", condition=Q(returned_at=None, cancelled_at=None)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pool.device.asset} to {self.name}"
