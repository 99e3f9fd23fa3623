"""Devices over HTTP: found, with their computed status, what is due, and their records."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from ninja import Query, Router

from kilter.department.equipment import queries as equipment
from kilter.department.equipment.models import Device
from kilter.department.equipment.search import search
from kilter.department.ledger.texts import as_key
from kilter.department.records import queries as records
from kilter.department.records.models import Reading, Record
from kilter.department.schedule.queries import dues_of
from kilter.department.status import queries as status
from kilter.department.status.fold import Status
from kilter.interfaces.api import cursor as cursors
from kilter.interfaces.api import schema
from kilter.interfaces.api.problems import REFUSALS
from kilter.measure.error import BadInput

router = Router(tags=["devices"])
Limit = Annotated[int, Query(50, ge=1, le=200)]
Cursor = Annotated[str, Query("", max_length=cursors.LONGEST)]


@router.get("/devices", response={200: schema.Devices, **REFUSALS}, operation_id="list_devices")
def devices(
    request: HttpRequest,
    q: Annotated[str, Query("", max_length=200)],
    limit: Limit,
    cursor: Cursor,
) -> Any:
    """List devices by asset number, or those that all words of `q` are found on, page by page.

    A device whose whole asset number or serial is `q` stands first, on the first page.
    """
    after = cursors.decode(cursor)
    among = equipment.devices().filter(asset_key__gt=after) if after else equipment.devices()
    if not q:
        rows = list(among.order_by("asset_key")[: limit + 1])
        page, more = rows[:limit], len(rows) > limit
    else:
        page, more = _found(q, among, limit, first=not after)
    kept = status.cached(row.pk for row in page)
    end = page[-1].asset_key if more and page else ""
    return {
        "devices": [device_data(row, kept.get(row.pk)) for row in page],
        "next": cursors.encode(end) if end else None,
    }


def _found(q: str, among: QuerySet[Device], limit: int, *, first: bool) -> tuple[list[Device], bool]:
    """Search one page; what bears the whole text stands before all others and counts for no cursor."""
    whole = as_key(q)
    bearing = Q(asset_key=whole) | Q(serial_key=whole)
    exact = list(among.filter(bearing).order_by("asset_key")[:limit]) if first and whole else []
    rows = search(q, most=limit + 1, among=among.exclude(bearing) if whole else among)
    room = max(1, limit - len(exact)) if rows else 0
    return [*exact, *rows[:room]], len(rows) > room


@router.get("/devices/{uuid}", response={200: schema.DeviceInFull, **REFUSALS}, operation_id="show_device")
def device(request: HttpRequest, uuid: UUID) -> Any:
    """Show a device with its status and reasons, what is due, and its newest readings."""
    row = equipment.device_by_uuid(uuid)
    return {
        **device_data(row, status.of(row)),
        "dues": [
            {"protocol": due.protocol, "due": due.due, "opens": due.opens, "last_passed": due.last_passed}
            for due in dues_of(row)
        ],
        "readings": [_reading(reading) for reading in records.latest_readings(row)],
    }


@router.get(
    "/devices/{uuid}/records", response={200: schema.Records, **REFUSALS}, operation_id="list_device_records"
)
def device_records(request: HttpRequest, uuid: UUID, limit: Limit, cursor: Cursor) -> Any:
    """List a device's sealed records, the newest in the chain first."""
    row = equipment.device_by_uuid(uuid)
    rows = records.before(row, _number(cursor), most=limit + 1)
    end = rows[limit - 1].number if len(rows) > limit else None
    return {
        "records": [record_data(one) for one in rows[:limit]],
        "next": cursors.encode(str(end)) if end is not None else None,
    }


def _number(cursor: str) -> int | None:
    place = cursors.decode(cursor)
    if not place:
        return None
    if not (place.isascii() and place.isdigit() and len(place) < 19):
        raise BadInput("this is no cursor of ours", field="cursor", code="bad_cursor")
    return int(place)


def device_data(row: Device, computed: Status | None) -> dict[str, Any]:
    """Give a device and its status."""
    return {
        "uuid": row.uuid,
        "asset": row.asset,
        "serial": row.serial,
        "kind": row.kind,
        "maker": row.model.maker,
        "model": row.model.name,
        "location": row.location.name if row.location else None,
        "life": row.state,
        "status": None if computed is None else _status(computed),
    }


def _status(computed: Status) -> dict[str, Any]:
    reasons: Iterable[Any] = computed.reasons
    return {
        "state": computed.state,
        "usable": computed.usable,
        "overdue": computed.overdue,
        "reasons": [{"code": one.code, "text": one.text, "blocks": one.blocks} for one in reasons],
        "valid_until": computed.valid_until,
    }


def _reading(row: Reading) -> dict[str, Any]:
    names = ("procedure", "result", "value", "unit", "u", "verdict", "performed_at")
    return {**{name: getattr(row, name) for name in names}, "record": row.record.uuid}


def record_data(row: Record) -> dict[str, Any]:
    """Give a record's place in a list."""
    names = ("uuid", "number", "kind", "procedure", "protocol", "verdict", "performed_at", "sealed_at")
    return {**{name: getattr(row, name) for name in names}, "person": row.person.display_name}
