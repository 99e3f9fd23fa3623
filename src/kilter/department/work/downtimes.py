"""Reads of planned downtime, and of the visitors who come for it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from kilter.department.equipment.models import Device
from kilter.department.ledger import clock
from kilter.department.work.models import Downtime, EngineerVisit
from kilter.measure.error import NotFound


def ahead(*, device: Device | None = None, most: int = 100) -> list[Downtime]:
    """List the downtime that is booked and not over, the nearest first; one query."""
    rows = _standing().filter(ends__gt=clock.now())
    return list((rows.filter(device=device) if device is not None else rows).order_by("starts", "id")[:most])


def overlapping(device: Device, starts: datetime, ends: datetime) -> Downtime | None:
    """Give a downtime of a device that lies partly in some time; None where it is free."""
    return _standing().filter(device=device, starts__lt=ends, ends__gt=starts).order_by("starts").first()


def downtime_by_uuid(uuid: UUID) -> Downtime:
    """Find a planned downtime.

    Raises:
        NotFound: there is none.
    """
    rows = Downtime.objects.select_related("device__model", "booked_by", "acknowledged_by")
    found = rows.filter(uuid=uuid).first()
    if found is None:
        raise NotFound("there is no such downtime", field="downtime")
    return found


def visitors(*, most: int = 200) -> list[EngineerVisit]:
    """List visiting engineers: who is in the house first, then who was, the newest first; two queries."""
    rows = EngineerVisit.objects.select_related("job__device__model", "signed_in_by", "signed_out_by")
    inside = list(rows.filter(signed_out_at=None).order_by("-signed_in_at", "-id")[:most])
    gone = list(rows.exclude(signed_out_at=None).order_by("-signed_in_at", "-id")[: most - len(inside)])
    return inside + gone


def _standing() -> QuerySet[Downtime]:
    rows = Downtime.objects.filter(cancelled_at=None)
    return rows.select_related("device__model", "device__location", "booked_by", "acknowledged_by")
