"""Reads of the status room."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Q

from kilter.department.equipment.models import Device, Hold, Restriction
from kilter.department.ledger import clock
from kilter.department.schedule.models import Due
from kilter.department.schedule.titles import protocol_title as protocol_title
from kilter.department.status.fold import DueFact, HoldFact, Reason, RestrictionFact, Status, fold
from kilter.department.status.models import CachedStatus

CHUNK = 5000


def of(device: Device, instant: datetime | None = None) -> Status:
    """Compute a device's status now or at another instant, from what is recorded today. Three queries."""
    return _many([device], instant or clock.now())[device.pk]


def _many(devices: Sequence[Device], instant: datetime) -> dict[int, Status]:
    ids = [device.pk for device in devices]
    holds: dict[int, list[HoldFact]] = defaultdict(list)
    for hold in Hold.objects.filter(device__in=ids, released_at=None).order_by("id"):
        holds[hold.device_id].append(HoldFact(hold.cause, hold.text, hold.placed_at))
    limits: dict[int, list[RestrictionFact]] = defaultdict(list)
    rows = Restriction.objects.filter(device__in=ids, lifted_at=None).select_related("approver")
    for row in rows.order_by("id"):
        limits[row.device_id].append(RestrictionFact(row.limits, row.approver.display_name, row.expires))
    dues: dict[int, list[DueFact]] = defaultdict(list)
    for due in Due.objects.filter(device__in=ids, suspended=False).order_by("due"):
        title = protocol_title(due.protocol)
        dues[due.device_id].append(DueFact(title, due.due, due.withdraw_when_overdue, due.closes))
    zone = settings.SITE_ZONE
    return {
        device.pk: fold(device.state, holds[device.pk], limits[device.pk], dues[device.pk], instant, zone)
        for device in devices
    }


def recompute(ids: Sequence[int] | None = None) -> int:
    """Compute and keep the status of some devices, or of all; running it twice changes nothing.

    Returns:
        How many were computed.
    """
    now, done = clock.now(), 0
    for chunk in _chunks(ids):
        rows = _many(list(Device.objects.filter(pk__in=chunk).only("pk", "state")), now)
        cached = [
            CachedStatus(
                device_id=pk,
                state=status.state,
                reasons=[[reason.code, reason.text, reason.blocks] for reason in status.reasons],
                overdue=status.overdue,
                valid_until=status.valid_until,
            )
            for pk, status in rows.items()
        ]
        with transaction.atomic():
            CachedStatus.objects.bulk_create(
                cached,
                batch_size=500,
                update_conflicts=True,
                unique_fields=["device"],
                update_fields=["state", "reasons", "overdue", "valid_until"],
            )
        done += len(cached)
    return done


def _chunks(ids: Sequence[int] | None) -> Iterable[list[int]]:
    if ids is not None:
        yield from (list(ids[start : start + CHUNK]) for start in range(0, len(ids), CHUNK))
        return
    last = 0
    while chunk := list(
        Device.objects.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:CHUNK]
    ):
        yield chunk
        last = chunk[-1]


def refresh_stale(*, most: int = 2000) -> int:
    """Compute again what time alone has changed."""
    stale = CachedStatus.objects.filter(valid_until__lte=clock.now()).values_list("pk", flat=True)
    return recompute(list(stale[:most]))


def cached(ids: Iterable[int]) -> dict[int, Status]:
    """Give the kept status of many devices for a list; one query.

    What has outlived its hour is computed, so that no list calls a device usable that is not.
    """
    rows, now = list(CachedStatus.objects.filter(device__in=list(ids))), clock.now()
    found = {
        row.pk: Status(
            row.state, tuple(Reason(*reason) for reason in row.reasons), row.overdue, row.valid_until
        )
        for row in rows
    }
    if stale := [row.pk for row in rows if row.valid_until is not None and row.valid_until <= now]:
        found |= _many(list(Device.objects.filter(pk__in=stale).only("pk", "state")), now)
    return found


def counts() -> dict[str, int]:
    """Count devices by status, and those overdue under `overdue`."""
    rows = CachedStatus.objects.values("state").annotate(
        n=Count("pk"), late=Count("pk", filter=Q(overdue=True))
    )
    found = {row["state"]: row["n"] for row in rows}
    return {**found, "overdue": sum(row["late"] for row in rows)}


def unusable(*, most: int = 50) -> list[CachedStatus]:
    """List devices that are held or quarantined, with their reasons."""
    rows = CachedStatus.objects.filter(state__in=("out_of_use", "quarantined"))
    return list(rows.select_related("device__model", "device__location").order_by("device__asset_key")[:most])
