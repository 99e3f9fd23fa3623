"""Devices: registered one by one or many at once, and edited by several people without loss."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from kilter.department.equipment import search
from kilter.department.equipment.fields import SEARCHED, as_json, read_fields
from kilter.department.equipment.lifecycle import BROUGHT_OVER, FIRST, State
from kilter.department.equipment.models import Device, DeviceChange, LifecycleFact
from kilter.department.equipment.queries import same_serial
from kilter.department.ledger import audit, clock, outbox
from kilter.department.ledger.texts import text
from kilter.department.people.gate import action
from kilter.department.people.models import Person
from kilter.measure.error import BadInput, Conflict

CHUNK = 400


@action("equipment.register_device")
def register_device(*, by: Person, fields: Mapping[str, object], ordered: bool = False) -> Device:
    """Register a device, as received, or as ordered. It is not in service by that.

    A serial that another device of the model bears is allowed (makers do repeat them) and is
    named in the audit entry; `queries.same_serial` gives the others.

    Args:
        by: the acting person.
        fields: by name, as in `fields.FIELDS`; asset and model are needed.
        ordered: whether it has yet to come.

    Raises:
        BadInput: a field is unknown, wrong or missing; `field` names it.
        Conflict: the asset number is taken.
    """
    state = State.ORDERED if ordered else State.RECEIVED
    device = _unsaved(fields, state)
    if Device.objects.filter(asset_key=device.asset_key).exists():
        raise Conflict(f"the asset number {device.asset} is taken", field="asset")
    device.save()
    LifecycleFact.objects.create(device=device, state=state, verb="register", by=by, at=device.registered_at)
    search.index([device.pk])
    detail = {"asset": device.asset, "same_serial": [one.asset for one in same_serial(device)]}
    audit.write("equipment.register_device", by=by, subject=device, detail=detail)
    return device


@action("equipment.register_devices")
def register_devices(
    *, by: Person, rows: Sequence[Mapping[str, object]], reason: str, batch: UUID | None = None
) -> list[Device]:
    """Register many devices at once, all or none, on going live or from an import.

    Args:
        by: the acting person.
        rows: fields of each device, and `state` where it is not `received`: a device comes over in
            the state it had in the system used before, on the reason given.
        reason: where the rows come from; kept with every device.
        batch: the import they come with, by which they can be taken back.

    Raises:
        BadInput: a row will not do; the sentence says which and names the field.
        Conflict: an asset number is taken or comes twice.
    """
    reason = text("reason", reason, most=300, needed=True)
    if not rows:
        raise BadInput("rows: there is none", field="rows")
    devices = []
    for number, row in enumerate(rows, 1):
        given = dict(row)
        state = given.pop("state", State.RECEIVED)
        try:
            if state not in FIRST | BROUGHT_OVER:
                raise BadInput(f"state: a device cannot come over as {state!r}", field="state")
            devices.append(_unsaved(given, State(str(state))))
        except BadInput as problem:
            raise BadInput(f"row {number}: {problem.message}", field=problem.field) from problem
    _refuse_taken(devices)
    for one in devices:
        one.batch = batch
    made = Device.objects.bulk_create(devices, batch_size=CHUNK)
    facts = [
        LifecycleFact(
            device=one, state=one.state, verb="register", by=by, reason=reason, at=one.registered_at
        )
        for one in made
    ]
    LifecycleFact.objects.bulk_create(facts, batch_size=CHUNK)
    search.index(one.pk for one in made)
    audit.write("equipment.register_devices", by=by, detail={"reason": reason}, count=len(made))
    return made


@action("equipment.enter_in_error")
def enter_in_error(*, by: Person, devices: Sequence[Device], reason: str) -> int:
    """Take back devices that should never have been entered; their numbers are free again.

    They stay on record with their history and are no longer found by number or word. Whether they were
    worked on is for the caller to look at.

    Returns:
        How many were taken back.

    Raises:
        BadInput: the reason is missing, or there is no device.
    """
    reason = text("reason", reason, most=300, needed=True)
    rows = list(Device.objects.select_for_update(of=("self",)).filter(pk__in=[one.pk for one in devices]))
    if not rows:
        raise BadInput("devices: there is none", field="devices")
    for row in rows:
        row.state = State.ENTERED_IN_ERROR
        row.set_keys()
    Device.objects.bulk_update(rows, ["state", "asset_key", "serial_key"], batch_size=CHUNK)
    facts = [
        LifecycleFact(device=row, state=row.state, verb="enter_in_error", by=by, reason=reason)
        for row in rows
    ]
    LifecycleFact.objects.bulk_create(facts, batch_size=CHUNK)
    search.index(row.pk for row in rows)
    outbox.emit("equipment.edited_in_bulk", {"devices": [row.pk for row in rows]})
    audit.write("equipment.enter_in_error", by=by, detail={"reason": reason}, count=len(rows))
    return len(rows)


@action("equipment.edit_device")
def edit_device(*, by: Person, device: Device, version: int, changes: Mapping[str, object]) -> Device:
    """Change some fields of a device as it was read at a version.

    Two people who change different fields both keep their change. Who changes a field that
    another changed meanwhile to something else gets a conflict that names it, and changes nothing.

    Args:
        by: the acting person.
        device: the device.
        version: the version that was read when the editing began.
        changes: the fields changed, by name; no others.

    Raises:
        BadInput: a field is unknown or wrong, or the version is none of this device's.
        Conflict: a field was changed by somebody meanwhile, or the asset number is taken.
    """
    row = Device.objects.select_for_update(of=("self",)).select_related("model", "location", "parent").get(
        pk=device.pk
    )  # fmt: skip
    if isinstance(version, bool) or not isinstance(version, int) or not 1 <= version <= row.version:
        raise BadInput("version: this device has no such version", field="version")
    read = read_fields(changes)
    changed = {name: value for name, value in read.items() if getattr(row, name) != value}
    _refuse_overlap(row, version, changed)
    _refuse_wrong(row, changed)
    before = {name: as_json(getattr(row, name)) for name in changed}
    for name, value in changed.items():
        setattr(row, name, value)
    if changed:
        _save_edit(row, by, before, changed)
    detail = {name: [before[name], as_json(value)] for name, value in changed.items() if name != "notes"}
    audit.write("equipment.edit_device", by=by, subject=row, detail=detail, count=len(changed))
    return row


def _save_edit(row: Device, by: Person, before: Mapping[str, Any], changed: Mapping[str, Any]) -> None:
    """Write an edit as the next version, with one row of history for each field."""
    row.version += 1
    row.set_keys()
    row.save()
    DeviceChange.objects.bulk_create(
        DeviceChange(
            device=row, version=row.version, field=name, before=before[name], after=as_json(value), by=by
        )
        for name, value in changed.items()
    )
    if SEARCHED & set(changed):
        search.index([row.pk])


def _refuse_overlap(row: Device, version: int, changed: Mapping[str, Any]) -> None:
    """Refuse a change of a field that somebody changed since the version that was read."""
    since = DeviceChange.objects.filter(device=row, version__gt=version, field__in=list(changed))
    newest = since.select_related("by").order_by("-version").first()
    if newest is not None:
        raise Conflict(
            f"{newest.field}: {newest.by.display_name} changed it meanwhile; look at it again",
            field=newest.field,
        )


def _refuse_wrong(row: Device, changed: Mapping[str, Any]) -> None:
    """Refuse a taken asset number, and a device that would be a part of itself."""
    asset = changed.get("asset")
    if asset is not None and Device.objects.filter(asset_key=asset.upper()).exclude(pk=row.pk).exists():
        raise Conflict(f"the asset number {asset} is taken", field="asset")
    parent = changed.get("parent")
    above = Device.objects.filter(pk=parent.pk).first() if parent is not None else None
    seen = {row.pk}
    while above is not None:
        if above.pk in seen:
            raise BadInput("parent: a device cannot be a part of itself", field="parent")
        seen.add(above.pk)
        above = Device.objects.filter(pk=above.parent_id).first() if above.parent_id else None


def _unsaved(fields: Mapping[str, object], state: State) -> Device:
    """Make the checked row of a new device."""
    read = read_fields(fields)
    for name in ("asset", "model"):
        if name not in read:
            raise BadInput(f"{name}: must be given", field=name)
    device = Device(**read, state=state, registered_at=clock.now())
    device.set_keys()
    return device


def _refuse_taken(devices: Sequence[Device]) -> None:
    """Refuse asset numbers that come twice or are taken."""
    keys: set[str] = set()
    for number, device in enumerate(devices, 1):
        if device.asset_key in keys:
            raise Conflict(f"row {number}: the asset number {device.asset} comes twice", field="asset")
        keys.add(device.asset_key)
    ordered = sorted(keys)
    for start in range(0, len(ordered), CHUNK):
        chunk = ordered[start : start + CHUNK]
        taken = Device.objects.filter(asset_key__in=chunk).values_list("asset", flat=True).first()
        if taken is not None:
            raise Conflict(f"the asset number {taken} is taken", field="asset")
