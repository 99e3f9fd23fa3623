"""Rows of the ledger. It stands left of every other room, so people are named by uuid and name."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models

from kilter.department.ledger import clock


class AuditEntry(models.Model):
    """Who did what to what, when. Append-only; written by `audit.write` in the action's transaction.

    `detail` never holds what identifies a patient.
    """

    at = models.DateTimeField(default=clock.now, db_index=True)
    actor = models.UUIDField(null=True)
    actor_name = models.CharField(max_length=150)
    activity = models.CharField(max_length=80)
    subject_kind = models.CharField(max_length=40, blank=True)
    subject = models.UUIDField(null=True)
    count = models.PositiveIntegerField(default=1)
    detail = models.JSONField(default=dict)
    request_id = models.CharField(max_length=64, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["subject", "-at"], name="ledger_audit_subject"),
            models.Index(fields=["actor", "-at"], name="ledger_audit_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.actor_name} {self.activity}"


class StoredFile(models.Model):
    """A file whose bytes stand in the content store under their SHA-256. Append-only."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    sha256 = models.CharField(max_length=64, unique=True)
    size = models.PositiveBigIntegerField()
    media_type = models.CharField(max_length=100)
    stored_at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return f"{self.sha256[:12]} ({self.size} bytes)"


class Outbox(models.Model):
    """Something that happened, to be acted on after commit at least once."""

    kind = models.CharField(max_length=80)
    payload = models.JSONField(default=dict)
    created = models.DateTimeField(default=clock.now)
    handled_at = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    last_error = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["attempts", "id"], name="ledger_outbox_open", condition=models.Q(handled_at=None)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} #{self.pk}"
