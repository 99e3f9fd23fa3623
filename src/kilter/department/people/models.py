"""Rows of the people room."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.db import models
from django.utils import timezone

from kilter.department.ledger import clock
from kilter.department.people.activities import LEVELS


class People(BaseUserManager["Person"]):
    """Finds people; accounts are opened by `actions.create_person` and the founding alone."""

    def get_by_natural_key(self, username: str | None) -> Person:
        """Find the account of a login name, in whatever case it was typed."""
        return self.get(username=Person.normalize_username(username or "").lower().replace("\0", ""))


class Person(AbstractBaseUser, PermissionsMixin):
    """Somebody with an account. Rights come from roles and authorisations, never from these flags."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    username = models.CharField(max_length=150, unique=True, validators=[UnicodeUsernameValidator()])
    display_name = models.CharField(max_length=150)
    is_active = models.BooleanField(default=True)
    joined_at = models.DateTimeField(default=clock.now)
    left_at = models.DateTimeField(null=True, blank=True)
    email = models.EmailField(blank=True)
    """Where a daily digest goes; without one, none is sent."""
    pin_hash = models.CharField(max_length=128, blank=True)
    failed_confirmations = models.PositiveSmallIntegerField(default=0)
    confirmation_waits_until = models.DateTimeField(null=True, blank=True)

    objects = People()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["display_name"]

    def __str__(self) -> str:
        return self.display_name

    def clean_username(self) -> None:
        """Bring the login name into the one form in which it is stored."""
        self.username = self.normalize_username(self.username).lower()


class ApiToken(models.Model):
    """A token with which a program acts for a person; only its digest is kept."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="tokens")
    name = models.CharField(max_length=80)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    made_at = models.DateTimeField(default=clock.now)
    expires = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")

    def __str__(self) -> str:
        return f"{self.name} of {self.person}"


class CalendarFeed(models.Model):
    """An address at which a calendar programme reads a person's agenda; only its digest is kept."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="feeds")
    digest = models.CharField(max_length=64, unique=True, editable=False)
    made_at = models.DateTimeField(default=clock.now)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["person"], condition=models.Q(revoked_at=None), name="people_one_feed"
            )
        ]

    def __str__(self) -> str:
        return f"calendar of {self.person}"


class DigestSent(models.Model):
    """A person was sent the digest of a day: once, however often it is asked for."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    day = models.DateField()
    at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["person", "day"], name="people_digest_once")]

    def __str__(self) -> str:
        return f"{self.person}: {self.day}"


class Role(models.Model):
    """A list of activities under a name; seeded from `roles.toml`."""

    key = models.CharField(max_length=40, unique=True)
    words = models.CharField(max_length=80)
    activities: models.JSONField[Any, list[str]] = models.JSONField(default=list)
    changed_here = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.words


class RoleHeld(models.Model):
    """A person holds a role from an instant, until another one where there is one."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="roles_held")
    role = models.ForeignKey(Role, on_delete=models.PROTECT, related_name="holders")
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField(null=True, blank=True)
    granted_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    ended_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(valid_until=None) | models.Q(valid_until__gte=models.F("valid_from")),
                name="people_role_held_forwards",
            )
        ]

    def __str__(self) -> str:
        return f"{self.person}: {self.role}"


class Authorisation(models.Model):
    """A person may work at a level on a scope between two instants.

    The scope is a kind and a key, so that nothing right of this room is named: all (key ""),
    specialty, procedure, device_kind, device (its uuid).
    """

    class Scope(models.TextChoices):
        """What an authorisation reaches."""

        ALL = "all", "everything"
        SPECIALTY = "specialty", "a specialty"
        PROCEDURE = "procedure", "a procedure"
        DEVICE_KIND = "device_kind", "a kind of device"
        DEVICE = "device", "one device"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="authorisations")
    scope_kind = models.CharField(max_length=12, choices=Scope.choices)
    scope_key = models.CharField(max_length=120, blank=True)
    level = models.CharField(max_length=12, choices=[(level, level) for level in LEVELS])
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField()
    granted_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    granted_at = models.DateTimeField(default=timezone.now)
    reason = models.CharField(max_length=300, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    revoked_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["person", "valid_until"], name="people_authorisation_until")
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(valid_until__gt=models.F("valid_from")),
                name="people_authorisation_forwards",
            ),
            models.CheckConstraint(
                condition=~models.Q(person=models.F("granted_by")), name="people_nobody_authorises_themself"
            ),
            models.CheckConstraint(
                condition=models.Q(scope_kind="all", scope_key="")
                | (~models.Q(scope_kind="all") & ~models.Q(scope_key="")),
                name="people_authorisation_scope",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person}: {self.level} for {self.scope_kind} {self.scope_key}".rstrip()
