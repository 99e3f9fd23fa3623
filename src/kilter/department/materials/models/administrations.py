"""Referrals, their justification and authorisation, and what was given to whom."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from kilter.department.ledger import clock, identity
from kilter.department.materials.models.lots import Lot, Product
from kilter.department.materials.models.permits import Permit, PermitLimit
from kilter.department.patients.models import Patient
from kilter.department.people.models import Person
from kilter.department.records.models import Record


class Guideline(models.Model):
    """What a practitioner has issued so that operators may authorise an exposure with one product.

    `least` and `most` are the activities in MBq that it covers. It is ended and not deleted.
    """

    uuid = models.UUIDField(default=identity.new_id, unique=True, editable=False)
    name = models.CharField(max_length=120)
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="guidelines")
    criteria = models.CharField(max_length=2000)
    least = models.FloatField()
    most = models.FloatField()
    issued_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    issued_at = models.DateTimeField(default=clock.now)
    record = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["name"], condition=Q(ended_at=None), name="materials_guideline_once"
            ),
            models.CheckConstraint(
                condition=Q(least__gte=0, most__gte=models.F("least")), name="materials_guideline_range"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Advice(models.Model):
    """What the site says of a product once it is in a patient; a change is a row of its own.

    `excreted` is the share that leaves by `route`. `interruption_hours` is how long breast-feeding is
    interrupted, and `stop_feeding` that it is ended for this child. `dose_rate` is that of the patient at
    1 m just after the administration, in uSv/h for each MBq, and falls with `effective_half_life` in days.
    `contacts` are rows of `who`, `hours_a_day`, `constraint` (mSv) and `contact_at` (m); `instructions` are
    the site's own sentences, one a line. Until a second person has confirmed it against `source`, it is
    shown as to be confirmed.
    """

    uuid = models.UUIDField(default=identity.new_id, unique=True, editable=False)
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="advice")
    excreted = models.FloatField()
    route = models.CharField(max_length=12, choices=PermitLimit.Route.choices)
    interruption_hours: models.FloatField[Any, float] = models.FloatField(default=0.0)
    stop_feeding = models.BooleanField(default=False)
    dose_rate = models.FloatField()
    effective_half_life = models.FloatField()
    contacts: models.JSONField[Any, list[dict[str, Any]]] = models.JSONField(default=list)
    instructions = models.CharField(max_length=1000, blank=True)
    source = models.CharField(max_length=300)
    set_at = models.DateTimeField(default=clock.now)
    set_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField(null=True, blank=True)
    confirmed_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["product"], condition=Q(ended_at=None), name="materials_advice_once"
            ),
            models.CheckConstraint(
                condition=Q(excreted__gte=0, excreted__lte=1, interruption_hours__gte=0, dose_rate__gte=0),
                name="materials_advice_possible",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.product}: {self.source}"


class Referral(models.Model):
    """A request to give a product to a patient, and who justified and authorised it, and when.

    Clinical details stand in the personal part of `record` and nowhere else. `prescribed` is in MBq at the
    time of administration. `guideline` is that under which an operator authorised it. Each step has its
    sealed record. An examination with several injections is one referral and its `doses`: each is `part_of`
    the first, has a word such as rest or stress, its own prescription, and is given by itself.
    """

    uuid = models.UUIDField(default=identity.new_id, unique=True, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="referrals")
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="referrals")
    referrer = models.CharField(max_length=120)
    examination = models.CharField(max_length=120)
    part_of = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="doses")
    dose = models.CharField(max_length=40, blank=True)
    received_at = models.DateTimeField(default=clock.now)
    received_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    record = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="+")
    justified_at = models.DateTimeField(null=True, blank=True)
    justified_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    justified_in = models.ForeignKey(
        Record, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    pregnancy_considered = models.BooleanField(default=False)
    authorised_at = models.DateTimeField(null=True, blank=True)
    authorised_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    authorised_in = models.ForeignKey(
        Record, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    guideline = models.ForeignKey(
        Guideline, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    prescribed: models.FloatField[Any, float] = models.FloatField(default=0.0)
    declined_at = models.DateTimeField(null=True, blank=True)
    declined_in = models.ForeignKey(Record, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    given_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(authorised_at=None) | Q(justified_at__isnull=False, prescribed__gt=0),
                name="materials_authorised_is_justified",
            ),
            models.CheckConstraint(
                condition=Q(given_at=None) | Q(authorised_at__isnull=False),
                name="materials_given_is_authorised",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["received_at"],
                name="materials_referral_open",
                condition=Q(given_at=None, declined_at=None),
            ),
            models.Index(fields=["patient", "-received_at"], name="materials_referral_of"),
        ]

    def __str__(self) -> str:
        return f"{self.name}, {self.patient}"

    @property
    def name(self) -> str:
        """The examination, with the word of its dose where it has several."""
        return f"{self.examination}: {self.dose}" if self.dose else self.examination


class Administration(models.Model):
    """What was given of a syringe to a patient, as it was measured. Append-only.

    `before` and `residual` are in MBq at `before_at` and `residual_at`; `administered` is their difference
    at `at`, and `difference` its distance from the prescription in percent. `extravasated` is the estimate
    in MBq. What was explained, and all remarks, stand in the personal part of `record`.
    """

    class Pregnancy(models.TextChoices):
        """What was found out about a pregnancy."""

        NOT_POSSIBLE = "not_possible", "not possible"
        EXCLUDED = "excluded", "asked, and excluded"
        POSSIBLE = "possible", "cannot be excluded"
        PREGNANT = "pregnant", "pregnant"

    class Feeding(models.TextChoices):
        """Whether the patient breast-feeds."""

        NO = "no", "does not breast-feed"
        YES = "yes", "breast-feeds"

    class Extravasation(models.TextChoices):
        """Whether some went beside the vein."""

        NONE = "none", "none"
        SUSPECTED = "suspected", "suspected"
        SEEN = "seen", "seen"

    uuid = models.UUIDField(default=identity.new_id, unique=True, editable=False)
    referral = models.OneToOneField(Referral, on_delete=models.PROTECT, related_name="administration")
    syringe = models.OneToOneField(Lot, on_delete=models.PROTECT, related_name="administration")
    residue = models.ForeignKey(Lot, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="administrations")
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(db_index=True)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    nuclide = models.CharField(max_length=12)
    prescribed = models.FloatField()
    before = models.FloatField()
    before_at = models.DateTimeField()
    residual = models.FloatField()
    residual_at = models.DateTimeField()
    administered = models.FloatField()
    difference = models.FloatField()
    verdict = models.CharField(max_length=12)
    pregnancy = models.CharField(max_length=12, choices=Pregnancy.choices)
    feeding = models.CharField(max_length=4, choices=Feeding.choices)
    extravasation = models.CharField(max_length=10, choices=Extravasation.choices)
    extravasated: models.FloatField[Any, float] = models.FloatField(default=0.0)
    explained_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    advice = models.ForeignKey(Advice, on_delete=models.PROTECT, related_name="+")
    permit = models.ForeignKey(Permit, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    record = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(before__gte=0, residual__gte=0, administered__gte=0, extravasated__gte=0),
                name="materials_given_not_negative",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["patient", "-at"], name="materials_given_to"),
        ]

    def __str__(self) -> str:
        return f"{self.administered:.4g} MBq, {self.patient}"


class Addition(models.Model):
    """What was found out about an administration only later. Append-only: the administration stays as it was.

    `activity` is in MBq at `at`, when it was measured or seen. A late residual lies in `residue`. What was
    seen stands in words in the personal part of `record`.
    """

    class What(models.TextChoices):
        """What was found."""

        EXTRAVASATION = "extravasation", "beside the vein"
        RESIDUAL = "residual", "not given after all"

    uuid = models.UUIDField(default=identity.new_id, unique=True, editable=False)
    administration = models.ForeignKey(Administration, on_delete=models.PROTECT, related_name="additions")
    what = models.CharField(max_length=14, choices=What.choices)
    activity = models.FloatField()
    at = models.DateTimeField()
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    residue = models.ForeignKey(Lot, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    record = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(activity__gte=0), name="materials_addition_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.get_what_display()}: {self.activity:.4g} MBq"
