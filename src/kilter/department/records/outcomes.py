"""What tests found: one line for each visit, for figures over many devices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from kilter.department.equipment.models import Device
from kilter.department.records.queries import corrected_visits, standing

FOUND = ("suspension", "remedial")
"""Verdicts by which a test found a failure; one that is undecided or not valid found none and passed none."""


@dataclass(frozen=True, slots=True)
class VisitOutcome:
    """A protocol was carried out on a device at an instant, and found a failure or did not."""

    device: int
    protocol: str
    at: datetime
    failed: bool


def visit_outcomes(devices: Sequence[int] | QuerySet[Device, Any], since: datetime) -> list[VisitOutcome]:
    """List the visits to some devices in time, as their records stand now. Two queries.

    A correction is part of the visit that it corrects. History from before is not counted: nobody here
    sealed it.

    Args:
        devices: row ids, or a query for them.
        since: from when.
    """
    first = corrected_visits(devices)
    rows = standing().filter(device__in=devices, performed_at__gte=since).exclude(protocol="")
    visits: dict[tuple[int, str, UUID], tuple[datetime, bool]] = {}
    columns = ("device_id", "protocol", "visit", "performed_at", "verdict")
    for device, protocol, visit, when, verdict in rows.values_list(*columns).iterator(chunk_size=5000):
        assert device is not None  # chosen by device above
        origin, when = first.get(visit, (visit, when))
        earlier, failed = visits.get((device, protocol, origin), (when, False))
        visits[device, protocol, origin] = (min(when, earlier), failed or verdict in FOUND)
    found = [VisitOutcome(device, protocol, *said) for (device, protocol, _), said in visits.items()]
    return sorted(found, key=lambda one: (one.at, one.device, one.protocol))
