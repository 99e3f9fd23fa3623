"""Many devices edited at once: what is given is set on all of them, what is not given is left alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kilter.department.equipment import search
from kilter.department.equipment.fields import BULK, SEARCHED, as_json, read_fields
from kilter.department.equipment.models import Device, DeviceChange
from kilter.department.ledger import audit, outbox
from kilter.department.people.gate import action
from kilter.department.people.models import Person
from kilter.measure.error import BadInput, Conflict

CHUNK = 400
MOST = 20_000
NAMED = 5


@action("equipment.edit_devices")
def edit_devices(*, by: Person, devices: Sequence[tuple[Device, int]], changes: Mapping[str, object]) -> int:
    """Set some fields on many devices, on all or on none of them.

    A field that is not among the changes stays as each device has it; one that is given empty is
    emptied. Each device is edited as it was read at its version: where somebody meanwhile changed one
    of these fields to something else, nothing is changed and the devices are named.

    Args:
        by: the acting person.
        devices: each device and the version that was read when the editing began.
        changes: the fields to set, by name; asset, serial, label and parent are a device's own.

    Returns:
        How many devices were changed; one that has the values already is not counted.

    Raises:
        BadInput: there is no device or no field, a field is unknown, wrong or a device's own, or a
            version is none of its device's.
        Conflict: somebody changed one of the fields meanwhile.
    """
    versions = {device.pk: version for device, version in devices}
    if not versions or len(versions) > MOST:
        raise BadInput(f"devices: choose from 1 to {MOST}", field="devices")
    if not changes:
        raise BadInput("changes: say what is to be set", field="changes")
    own = next((name for name in changes if name not in BULK), None)
    if own is not None:
        raise BadInput(f"{own}: cannot be set on many devices at once", field=own)
    read = read_fields(changes)
    changed = 0
    ids = sorted(versions)
    for start in range(0, len(ids), CHUNK):
        changed += _edit(by, ids[start : start + CHUNK], versions, read)
    detail = {"set": {name: as_json(value) for name, value in read.items() if name != "notes"}}
    audit.write("equipment.edit_devices", by=by, detail=detail, count=changed)
    return changed


def _edit(by: Person, ids: Sequence[int], versions: Mapping[int, int], read: Mapping[str, Any]) -> int:
    """Edit one chunk; five statements, however many devices it has."""
    locked = Device.objects.select_for_update(of=("self",)).select_related("model", "location")
    rows = list(locked.filter(pk__in=ids).order_by("pk"))
    for row in rows:
        version = versions[row.pk]
        if isinstance(version, bool) or not isinstance(version, int) or not 1 <= version <= row.version:
            raise BadInput(f"version: {row.asset} has no such version", field="version")
    _refuse_overlaps(rows, versions, read)
    history: list[DeviceChange] = []
    touched: list[Device] = []
    for row in rows:
        differs = {name: value for name, value in read.items() if getattr(row, name) != value}
        if differs:
            row.version += 1
            history += [_set(row, by, name, value) for name, value in differs.items()]
            touched.append(row)
    if touched:
        Device.objects.bulk_update(touched, [*read, "version"])
        DeviceChange.objects.bulk_create(history, batch_size=CHUNK)
        if SEARCHED & set(read):
            search.index(row.pk for row in touched)
        outbox.emit("equipment.edited_in_bulk", {"devices": [row.pk for row in touched]})
    return len(touched)


def _set(row: Device, by: Person, name: str, value: Any) -> DeviceChange:
    """Set one field and give its row of history."""
    before = as_json(getattr(row, name))
    setattr(row, name, value)
    return DeviceChange(
        device=row, version=row.version, field=name, before=before, after=as_json(value), by=by
    )


def _refuse_overlaps(rows: Sequence[Device], versions: Mapping[int, int], read: Mapping[str, Any]) -> None:
    """Refuse where somebody set one of the fields to something else since the version that was read."""
    stale = [row for row in rows if versions[row.pk] < row.version]
    if not stale:
        return
    later = DeviceChange.objects.filter(device__in=stale, field__in=list(read))
    since = {
        (device, field)
        for device, field, version in later.values_list("device_id", "field", "version")
        if version > versions[device]
    }
    named = [
        f"{row.asset} ({name})"
        for row in stale
        for name, value in read.items()
        if (row.pk, name) in since and getattr(row, name) != value
    ]
    if named:
        more = f" and {len(named) - NAMED} more" if len(named) > NAMED else ""
        raise Conflict(
            f"somebody changed meanwhile: {', '.join(named[:NAMED])}{more}; nothing was changed",
            field="devices",
        )
