"""The one place where something that happened in one room acts on another.

In the same transaction: a sealed record opens and closes jobs. After it: dues and status are computed
again. Every handler here is idempotent: it may run twice, and it runs at least once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from kilter.department.equipment.models import Device, DeviceModel
from kilter.department.ledger import moments, outbox
from kilter.department.records import clearing
from kilter.department.records.actions import statements
from kilter.department.safety import register as safety
from kilter.department.schedule import actions as planning
from kilter.department.schedule import planned
from kilter.department.schedule import recompute as schedule
from kilter.department.status import queries as status
from kilter.department.work import entry, from_records
from kilter.measure.error import Conflict


def _device_changed(payload: Mapping[str, Any]) -> None:
    ids = [int(payload["device"])]
    schedule.recompute(ids)
    status.recompute(ids)


def _device_edited(payload: Mapping[str, Any]) -> None:
    _device_changed(payload)
    safety.match_devices([int(payload["device"])])


def _devices_registered(payload: Mapping[str, Any]) -> None:
    _devices_changed(payload)
    safety.match_devices([int(pk) for pk in payload["devices"]])


def _model_edited(payload: Mapping[str, Any]) -> None:
    pks = Device.objects.filter(model=int(payload["model"])).values_list("pk", flat=True)
    safety.match_devices(list(pks))


def _codes_changed(_: Mapping[str, Any]) -> None:
    safety.match_coded()


def _devices_changed(payload: Mapping[str, Any]) -> None:
    ids = [int(pk) for pk in payload["devices"]]
    schedule.recompute(ids)
    status.recompute(ids)


def _history_imported(payload: Mapping[str, Any]) -> None:
    _devices_changed(payload)
    with transaction.atomic():
        planned.on_history([int(pk) for pk in payload["devices"]])


def _policy_changed(_: Mapping[str, Any]) -> None:
    schedule.recompute()
    status.recompute()


AT_ONCE: dict[str, outbox.Handler] = {
    "records.sealed": _device_changed,
    "records.stated": _device_changed,
    "equipment.changed": _device_edited,
}
"""Handled right after the change has committed, by the process that made it."""

HANDLERS: dict[str, outbox.Handler] = {
    **AT_ONCE,
    "records.history_imported": _history_imported,
    "policy.changed": _policy_changed,
    "equipment.registered": _devices_registered,
    "equipment.edited_in_bulk": _devices_registered,
    "equipment.model_edited": _model_edited,
    "equipment.codes_changed": _codes_changed,
}
"""All that the worker handles."""

_WHOLE_POLICY = ("policy.set_frequency", "equipment.edit_model")


def _on_action(*, activity: str, device: Any, result: Any) -> None:
    """Let what an action changed be computed again."""
    if activity in _WHOLE_POLICY:
        outbox.emit("policy.changed", {"activity": activity})
    if not activity.startswith("equipment."):
        return
    if isinstance(result, DeviceModel):
        outbox.emit("equipment.model_edited", {"model": result.pk})
    touched = device if isinstance(device, Device) else result
    if isinstance(touched, Device):
        outbox.emit("equipment.changed", {"device": touched.pk})
    elif isinstance(touched, list) and touched and isinstance(touched[0], Device):
        outbox.emit("equipment.registered", {"devices": [one.pk for one in touched]})


def _handing_out(*, device: Device) -> None:
    """Let the library hand out only what may be used now.

    Raises:
        Conflict: it may not; the sentence says why.
    """
    now = status.of(device)
    if not now.usable:
        reasons = "; ".join(reason.text for reason in now.reasons) or now.state.replace("_", " ")
        raise Conflict(f"this device may not be used: {reasons}", field="device")


def connect() -> None:
    """Register who listens to what."""
    moments.listen("records.sealed", from_records.on_sealed)
    moments.listen("records.looked_at", from_records.on_looked_at)
    moments.listen("records.sealed", planned.on_sealed)
    moments.listen("records.looked_at", planned.on_looked_at)
    moments.listen("records.suspected", from_records.on_suspected)
    moments.listen("equipment.releasing_hold", clearing.check_release)
    moments.listen("equipment.entering_service", clearing.check_entry)
    moments.listen("equipment.entering_service", entry.on_entering_service)
    moments.listen("action.done", _on_action)
    moments.listen("work.handing_out", _handing_out)
    outbox.handle_at_once(AT_ONCE)
    # A person's word, so it is sealed.
    statements.ACTS["approve_deferral"] = planning.approve_deferral
    statements.ACTS["accept_interval"] = planning.accept_interval
