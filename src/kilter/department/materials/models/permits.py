"""Permits with their limits by route and nuclide, and the bookings that will use them."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from kilter.department.ledger import clock, identity
from kilter.department.patients.models import Patient
from kilter.department.people.models import Person


class Permit(models.Model):
    """A permit to hold and dispose of radioactive material; locked while something leaves under it."""

    uuid = models.UUIDField(default=identity.new_id, unique=True, editable=False)
    number = models.CharField(max_length=60, unique=True)
    authority = models.CharField(max_length=120)
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField(null=True, blank=True)
    entered_at = models.DateTimeField(default=clock.now)
    entered_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return self.number


class PermitLimit(models.Model):
    """The most, in MBq, of a group of nuclides by one route in one period. Append-only.

    `group` is a nuclide such as `Tc-99m`, `other` for all that the permit does not name for this route, or
    `all`. A period of rolling days looks back `days` days from each instant.
    """

    class Route(models.TextChoices):
        """By which road activity leaves; `holding` is what is kept, `cleared` is counted by no permit."""

        AIR = "air", "air"
        DRAIN = "drain", "drain"
        SOLID = "solid", "solid waste"
        INCINERATION = "incineration", "incineration"
        TRANSFER = "transfer", "transfer to another holder"
        HOLDING = "holding", "holding"
        CLEARED = "cleared", "ordinary waste, decayed"

    class Period(models.TextChoices):
        """Over which the activity is added up."""

        CALENDAR_MONTH = "calendar_month", "calendar month"
        ROLLING_DAYS = "rolling_days", "rolling days"
        AT_ANY_TIME = "at_any_time", "at any time"

    permit = models.ForeignKey(Permit, on_delete=models.PROTECT, related_name="limits")
    route = models.CharField(max_length=12, choices=Route.choices)
    group = models.CharField(max_length=12)
    limit = models.FloatField()
    period = models.CharField(max_length=14, choices=Period.choices)
    days = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["permit", "route", "group", "period", "days"], name="materials_limit_once"
            ),
            models.CheckConstraint(condition=Q(limit__gte=0), name="materials_limit_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.permit}: {self.get_route_display()}, {self.group}"


WAYS_UNDER_PERMIT = tuple(
    one for one in PermitLimit.Route if one not in (PermitLimit.Route.HOLDING, PermitLimit.Route.CLEARED)
)
"""Routes by which activity leaves under a permit."""


class Booking(models.Model):
    """Activity that will be given, and the share of it that will leave by a route."""

    uuid = models.UUIDField(default=identity.new_id, unique=True, editable=False)
    at = models.DateTimeField(db_index=True)
    nuclide = models.CharField(max_length=12)
    activity = models.FloatField()
    route = models.CharField(max_length=12, choices=PermitLimit.Route.choices)
    excreted: models.FloatField[Any, float] = models.FloatField(default=1.0)
    words = models.CharField(max_length=200, blank=True)
    patient = models.ForeignKey(
        Patient, on_delete=models.PROTECT, null=True, blank=True, related_name="bookings"
    )
    made_at = models.DateTimeField(default=clock.now)
    made_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    cancelled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(activity__gte=0, excreted__gte=0, excreted__lte=1),
                name="materials_booking_possible",
            ),
        ]

    @property
    def code(self) -> str:
        """What is scanned to pick it."""
        return f"BK-{self.pk}"

    def __str__(self) -> str:
        return f"{self.activity:g} MBq {self.nuclide} on {self.at:%Y-%m-%d}"
