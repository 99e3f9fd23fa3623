"""Rows of the patients room. What identifies somebody stands in them enciphered only."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from kilter.department.ledger import clock, identity
from kilter.department.people.models import Person


class Patient(models.Model):
    """A patient: a pseudonym everywhere, and what identifies them enciphered with the site's key."""

    uuid = models.UUIDField(default=identity.new_id, unique=True, editable=False)
    pseudonym = models.CharField(max_length=12, unique=True)
    payload = models.BinaryField(null=True)
    registered_at = models.DateTimeField(default=clock.now)
    registered_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    erased_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.pseudonym


class PatientNumber(models.Model):
    """A number by which a patient is found: its digest under the site's key, never the number."""

    class Kind(models.TextChoices):
        """Whose number it is."""

        NHS = "nhs_number", "NHS number"
        CHI = "chi_number", "CHI number"
        HOSPITAL = "hospital_number", "hospital number"

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="numbers")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    digest = models.CharField(max_length=64)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["kind", "digest"], name="patients_number_once"),
            models.UniqueConstraint(fields=["patient", "kind"], name="patients_number_of_a_kind"),
        ]

    def __str__(self) -> str:
        return self.get_kind_display()


class LookUp(models.Model):
    """Somebody saw who a patient is, and why. Append-only.

    `agreed` is what an identity check gave; nothing where none was made.
    """

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="look_ups")
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=clock.now)
    reason = models.CharField(max_length=300)
    purpose = models.CharField(max_length=20)
    agreed = models.BooleanField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["patient", "-at"], name="patients_look_up_of"),
            models.Index(fields=["-at"], name="patients_look_up_at"),
        ]

    def __str__(self) -> str:
        return f"{self.patient}: {self.reason}"
