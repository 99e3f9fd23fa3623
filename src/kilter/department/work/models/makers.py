"""Rows of the queries with makers: one thread for each, of what we and they wrote."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models

from kilter.department.equipment.models import DeviceModel
from kilter.department.ledger import clock
from kilter.department.ledger.models import StoredFile
from kilter.department.people.models import Person
from kilter.department.work.models.jobs import Job


class MakerQuery(models.Model):
    """A question to the maker of a model, perhaps because of a job. Append-only."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    model = models.ForeignKey(DeviceModel, on_delete=models.PROTECT, related_name="maker_queries")
    job = models.ForeignKey(
        Job, on_delete=models.PROTECT, null=True, blank=True, related_name="maker_queries"
    )
    subject = models.CharField(max_length=200)
    at = models.DateTimeField(default=clock.now)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return self.subject


class MakerMessage(models.Model):
    """What was written in a query, by us or by the maker. Append-only.

    The newest one says where the query stands: open where it is ours, answered where it is the maker's.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    query = models.ForeignKey(MakerQuery, on_delete=models.PROTECT, related_name="messages")
    from_maker = models.BooleanField()
    whom = models.CharField(max_length=120)
    text = models.TextField()
    file = models.ForeignKey(StoredFile, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    name = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField(default=clock.now)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")

    class Meta:
        indexes: ClassVar = [models.Index(fields=["query", "id"], name="work_message_of_query")]

    def __str__(self) -> str:
        return self.text[:80]
