"""Reads of stocktakes: what was seen, what is missing, what stands elsewhere in the register."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from kilter.department.equipment.lifecycle import State
from kilter.department.equipment.models import Device, Location, Stocktake
from kilter.department.equipment.queries import devices, within
from kilter.measure.error import NotFound

EXPECTED = (State.RECEIVED, State.IN_SERVICE, State.OUT_OF_SERVICE, State.CONDEMNED)
"""A device in one of these states should be found where the register has it."""
LOST = (State.COULD_NOT_LOCATE, State.WRITTEN_OFF)


@dataclass(frozen=True, slots=True)
class Reconciled:
    """A stocktake beside the register. Each device stands once in `seen`, and where it belongs besides.

    `elsewhere` are those seen here that the register has in another place or in none; `found` those
    that were given up as lost; `unknown` the labels that lead to no single device.
    """

    seen: tuple[Device, ...]
    missing: tuple[Device, ...]
    elsewhere: tuple[Device, ...]
    found: tuple[Device, ...]
    unknown: tuple[str, ...]


def stands_in(device: Device, place: Location) -> bool:
    """Say whether the register has a device in a place or in one below it."""
    return device.location is not None and device.location.path.startswith(place.path)


def expected_in(place: Location) -> QuerySet[Device]:
    """Give the devices that should be found in a place, by asset number."""
    return devices().filter(within(place), state__in=EXPECTED).order_by("asset_key")


def stocktakes() -> QuerySet[Stocktake]:
    """Give all stocktakes, the newest first."""
    return Stocktake.objects.select_related("location", "started_by", "finished_by").order_by("-id")


def stocktake_by_uuid(uuid: UUID) -> Stocktake:
    """Find a stocktake by its public id.

    Raises:
        NotFound: there is none.
    """
    found = stocktakes().filter(uuid=uuid).first()
    if found is None:
        raise NotFound("there is no such stocktake", field="stocktake")
    return found


def reconcile(stocktake: Stocktake) -> Reconciled:
    """Put a stocktake beside the register. Three queries, however much was scanned.

    Of a finished stocktake, `missing` is what was missing then.
    """
    ids: dict[int, None] = {}
    unknown: dict[str, None] = {}
    for device, label in stocktake.sightings.order_by("id").values_list("device_id", "label"):
        if device is None:
            unknown[label] = None
        else:
            ids[device] = None
    scanned = stocktake.sightings.exclude(device=None).values("device_id")
    rows = {row.pk: row for row in devices().filter(pk__in=scanned)}
    seen = tuple(rows[pk] for pk in ids)
    place = stocktake.location
    if stocktake.finished_at is None:
        absent = expected_in(place).exclude(
            pk__in=stocktake.sightings.exclude(device=None).values("device_id")
        )
    else:
        absent = devices().filter(asset__in=stocktake.missing).order_by("asset_key")
    return Reconciled(
        seen=seen,
        missing=tuple(absent),
        elsewhere=tuple(one for one in seen if not stands_in(one, place)),
        found=tuple(one for one in seen if one.state in LOST),
        unknown=tuple(unknown),
    )
