"""Rows of the records room. Record rows are append-only: the database refuses to change or delete them."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from kilter.department.equipment.models import Certificate, Device
from kilter.department.ledger import clock
from kilter.department.ledger.models import StoredFile
from kilter.department.people.models import Person


class Draft(models.Model):
    """A visit in the making: it saves itself, can go on elsewhere, and is never evidence.

    `content`: {"steps": {key: {"inputs", "u"}}, "instruments": [uuid], "discarded": [...]}.
    """

    class State(models.TextChoices):
        """Where a draft stands."""

        OPEN = "open", "open"
        SIGNED = "signed", "signed"
        ABANDONED = "abandoned", "abandoned"

    uuid = models.UUIDField(unique=True)
    version = models.PositiveIntegerField(default=1)
    protocol = models.CharField(max_length=120)
    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="drafts")
    owner = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="drafts")
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    content: models.JSONField[Any, dict[str, Any]] = models.JSONField(default=dict)
    performed_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(default=clock.now)
    saved_at = models.DateTimeField(default=clock.now)
    asked = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    question = models.CharField(max_length=1000, blank=True)
    supersedes = models.UUIDField(null=True, blank=True)
    supersede_reason = models.CharField(max_length=1000, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["owner", "saved_at"], name="records_draft_of", condition=Q(state="open")),
            models.Index(fields=["device"], name="records_draft_on", condition=Q(state="open")),
        ]

    def __str__(self) -> str:
        return f"{self.protocol} on {self.device}"


class ChainHead(models.Model):
    """The end of the chain; its one row is locked for the length of an append."""

    count = models.PositiveBigIntegerField(default=0)
    head = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"{self.count}: {self.head[:12]}"


class Record(models.Model):
    """A sealed document as its exact text, and the columns by which it is found.

    The columns repeat what the document says; `verify` compares them.
    """

    number = models.PositiveBigIntegerField(unique=True)
    uuid = models.UUIDField(unique=True)
    kind = models.CharField(max_length=20)
    text = models.TextField()
    sha256 = models.CharField(max_length=64)
    previous = models.CharField(max_length=64)
    visit = models.UUIDField(db_index=True)
    device = models.ForeignKey(
        Device, on_delete=models.PROTECT, null=True, related_name="records", db_index=False
    )
    protocol = models.CharField(max_length=120, blank=True)
    procedure = models.CharField(max_length=120, blank=True)
    version = models.PositiveIntegerField(default=0)
    verdict = models.CharField(max_length=12, blank=True)
    confirmed = models.BooleanField(default=True)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="records")
    performed_at = models.DateTimeField()
    sealed_at = models.DateTimeField()
    about = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="later")
    supersedes = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, related_name="superseded_by"
    )
    countersign = models.BooleanField(default=False)
    review_by = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["device", "-performed_at"], name="records_of_device"),
            models.Index(
                fields=[
                    "device",
                    "protocol",
                    "-performed_at",
                    "visit",
                    "kind",
                    "verdict",
                    "countersign",
                    "id",
                ],
                name="records_of_protocol",
            ),  # when each protocol was last passed is read from it alone, without the documents
            models.Index(fields=["review_by"], name="records_to_review", condition=~Q(review_by=None)),
            models.Index(fields=["kind", "about"], name="records_about", condition=~Q(about=None)),
            models.Index(fields=["number"], name="records_to_countersign", condition=Q(countersign=True)),
        ]

    def __str__(self) -> str:
        return f"record {self.number}"


class Reading(models.Model):
    """One numeric result of a record, narrow, for trends; can be rebuilt from the documents at will."""

    record = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="readings")
    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="readings", db_index=False)
    procedure = models.CharField(max_length=120)
    result = models.CharField(max_length=80)
    value = models.FloatField()
    unit = models.CharField(max_length=30)
    u = models.FloatField(null=True)
    verdict = models.CharField(max_length=12)
    performed_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["device", "procedure", "result", "performed_at"], name="records_reading_trend"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.result} = {self.value} {self.unit}"


class InstrumentUse(models.Model):
    """A record was measured with this instrument under this certificate: the way back from a failed meter."""

    record = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="instruments")
    instrument = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="uses", db_index=False)
    certificate = models.ForeignKey(Certificate, on_delete=models.PROTECT, null=True, related_name="uses")
    performed_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["instrument", "performed_at"], name="records_use_of_instrument")
        ]

    def __str__(self) -> str:
        return f"{self.instrument} in {self.record}"


class Attachment(models.Model):
    """A file that a record rests on; its hash is inside the sealed document."""

    record = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="attachments")
    file = models.ForeignKey(StoredFile, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=255)

    def __str__(self) -> str:
        return self.name


class KeptAnalysis(models.Model):
    """What a file behind results showed, kept so that a page need not analyse it again; never evidence.

    It stands under the hash of the file's bytes, the procedure and the version of the analysis, is not looked
    at under others, and may be deleted at any time: it is then found again. `values` is None where the file
    shows nothing that can be drawn.
    """

    sha256 = models.CharField(max_length=64)
    procedure = models.CharField(max_length=120)
    version = models.CharField(max_length=20)
    part = models.CharField(max_length=80)
    values: models.JSONField[Any, dict[str, Any] | None] = models.JSONField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["sha256", "procedure", "version"], name="records_analysis_once")
        ]

    def __str__(self) -> str:
        return f"{self.procedure} of {self.sha256[:12]}"


class PersonalPart(models.Model):
    """What identifies a patient, beside the chain: encrypted, and destroyed by dropping it and its key.

    The sealed document holds only `digest`, an HMAC under the part's own key.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    record = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="personal")
    digest = models.CharField(max_length=64)
    key = models.BinaryField(null=True)
    payload = models.BinaryField(null=True)
    destroyed_at = models.DateTimeField(null=True)
    destroyed_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")

    def __str__(self) -> str:
        return "destroyed" if self.destroyed_at else "personal part"


class LegacyEvidence(models.Model):
    """History from before: labelled, unsealed, good for due dates and trends and for nothing else."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="legacy")
    protocol = models.CharField(max_length=120)
    performed_at = models.DateTimeField()
    passed = models.BooleanField()
    summary = models.CharField(max_length=1000, blank=True)
    source = models.CharField(max_length=200)
    imported_at = models.DateTimeField(default=clock.now)
    imported_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["device", "protocol", "performed_at", "source"], name="records_legacy_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.protocol} before Kilter"
