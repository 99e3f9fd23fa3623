"""The nearest device that may stand in for another."""

from __future__ import annotations

from collections.abc import Iterable

from kilter.department.equipment.lifecycle import State
from kilter.department.equipment.models import PATH_STEP, Device, Location
from kilter.department.status import queries

LOOKED_AT = 200


def spares_for(device: Device, *, most: int = 3) -> list[Device]:
    """Find devices of the same site that may be used now: of the same model, then kind, the nearest first.

    Whether one is on a patient nobody knows here: the page says to ask. Devices in patients' homes, parts of
    other devices and those without a place are left out. Six queries at most, whatever the number of devices.
    """
    if device.location is None:
        return []
    found: list[Device] = []
    sorts: list[dict[str, object]] = [{"model": device.model_id}, {"model__kind": device.kind}]
    for same in sorts:
        found += [one for one in _usable(device, same) if one not in found]
        if len(found) >= most:
            break
    return found[:most]


def _usable(device: Device, same: dict[str, object]) -> list[Device]:
    """Give the usable devices of a sort in the same site, the nearest first."""
    assert device.location is not None
    place = device.location.path
    rows = Device.objects.filter(**same, state=State.IN_SERVICE, parent=None).exclude(pk=device.pk)
    rows = rows.filter(location__path__startswith=place[:PATH_STEP])
    rows = rows.exclude(location__kind=Location.Kind.HOME).select_related("model", "location")
    near = _nearest(rows.order_by("asset_key")[:LOOKED_AT], place)
    states = queries.cached([one.pk for one in near])
    return [one for one in near if one.pk in states and states[one.pk].state == "in_use"]


def _nearest(devices: Iterable[Device], place: str) -> list[Device]:
    """Put devices in the order of how many steps of the tree of places they share."""

    def shared(one: Device) -> int:
        path = one.location.path if one.location else ""
        steps = range(PATH_STEP, min(len(path), len(place)) + 1, PATH_STEP)
        return sum(path[:end] == place[:end] for end in steps)

    return sorted(devices, key=shared, reverse=True)
