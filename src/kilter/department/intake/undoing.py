"""Imports undone, unless somebody worked on what they brought."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Model

from kilter.department.equipment import actions as equipment
from kilter.department.equipment.lifecycle import State
from kilter.department.equipment.models import Device, LifecycleFact
from kilter.department.intake.models import DeviceImport
from kilter.department.intake.testers import chunks
from kilter.department.ledger import audit, clock
from kilter.department.ledger.texts import text
from kilter.department.people.gate import action
from kilter.department.people.models import Person
from kilter.measure.error import Conflict, NotFound

OF_ITSELF = frozenset({"schedule.Due", "status.CachedStatus"})
"""What the house computes about every device; it is no work of anybody's."""
NAMED = 5


def import_by_uuid(uuid: UUID) -> DeviceImport:
    """Find an import by its public id.

    Raises:
        NotFound: there is none.
    """
    found = DeviceImport.objects.filter(uuid=uuid).first()
    if found is None:
        raise NotFound("there is no such import", field="batch")
    return found


@action("intake.undo_import")
def undo_import(*, by: Person, batch: DeviceImport, reason: str) -> int:
    """Take back every device that an import brought.

    Returns:
        How many devices were taken back.

    Raises:
        BadInput: the reason is missing.
        Conflict: it was undone before, or devices were edited, moved on or worked with since; they are
            named, and nothing is taken back.
    """
    row = DeviceImport.objects.select_for_update(of=("self",)).get(pk=batch.pk)
    if row.undone_at is not None:
        raise Conflict("this import was undone before", field="batch")
    reason = text("reason", reason, most=300, needed=True)
    devices = list(Device.objects.filter(batch=row.uuid).exclude(state=State.ENTERED_IN_ERROR))
    worked = worked_on(devices)
    if worked:
        more = f" and {len(worked) - NAMED} more" if len(worked) > NAMED else ""
        raise Conflict(
            f"worked on since: {', '.join(worked[:NAMED])}{more}; nothing was taken back", field="batch"
        )
    count = equipment.enter_in_error(by=by, devices=devices, reason=reason)
    row.undone_at, row.undone_by, row.undone_reason = clock.now(), by, reason
    row.save(update_fields=["undone_at", "undone_by", "undone_reason"])
    audit.write("intake.undo_import", by=by, subject=row, detail={"reason": reason}, count=count)
    return count


def worked_on(devices: Iterable[Device]) -> list[str]:
    """Give the asset numbers of devices that something was done with since they were registered.

    Every table of every room that points at a device is asked, so a room that is added is asked too.
    """
    devices = list(devices)
    keys = [str(one.pk) for one in devices]
    touched = {one.pk for one in devices if one.version > 1}
    for relation in Device._meta.related_objects:
        other: type[Model] = relation.related_model
        if other._meta.label in OF_ITSELF:
            continue
        name = relation.field.name
        for chunk in chunks(keys):
            rows = other._base_manager.filter(**{f"{name}__in": [int(key) for key in chunk]})
            if other is LifecycleFact:
                rows = rows.exclude(verb="register")
            touched |= set(rows.values_list(name, flat=True))
    return sorted(one.asset for one in devices if one.pk in touched)
