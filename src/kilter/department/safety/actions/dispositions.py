"""What is done about the devices of an alert: held, worked on, dealt with, or found not to be meant."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from kilter.department.equipment.actions import place_hold
from kilter.department.equipment.lifecycle import FINAL
from kilter.department.equipment.models import Device
from kilter.department.ledger import audit, clock
from kilter.department.ledger.texts import text as read_text
from kilter.department.people.gate import action
from kilter.department.people.models import Person
from kilter.department.safety.models import Alert, AlertDevice, AlertEvent
from kilter.department.safety.register import LOST
from kilter.department.work.actions import open_job
from kilter.measure.error import BadInput, Conflict

MOST = 5000
"""Devices that one act may settle."""


@action("safety.hold_devices")
def hold_devices(*, by: Person, alert: Alert, devices: Sequence[Device]) -> list[AlertDevice]:
    """Hold devices because of an alert; one that is held because of it already stays so.

    Raises:
        BadInput: no device is given, or one is not listed under the alert.
        Conflict: the alert is closed, or a device is settled or has left the department for good.
    """
    found = _listed(alert, devices)
    words = f"{alert.reference}: {alert.title}"[:500]
    for one in found:
        _refuse_settled(one)
        if one.device.state in FINAL:
            raise Conflict(f"{one.device.asset} is no longer the department's", field="devices")
        if one.hold is None or one.hold.released_at is not None:
            one.hold = place_hold(
                by=by, device=one.device, cause="safety_alert", text=words, evidence=alert.uuid
            )
            one.save(update_fields=["hold"])
    return _written("hold_devices", "hold", alert, found, by, words)


@action("safety.open_alert_jobs")
def open_alert_jobs(
    *, by: Person, alert: Alert, devices: Sequence[Device], text: str, priority: int = 3
) -> list[AlertDevice]:
    """Open a job on each device because of an alert; the device is not dealt with while it is open.

    Raises:
        BadInput: the text is missing, no such priority, no device, or one is not listed.
        Conflict: the alert is closed, a device is settled, or it has an open job because of it.
    """
    found = _listed(alert, devices)
    words = read_text("text", text, most=400, needed=True)
    for one in found:
        _refuse_settled(one)
        if one.job is not None and one.job.closed_at is None:
            raise Conflict(f"{one.device.asset} has an open job because of this alert", field="devices")
        one.job = open_job(
            by=by, device=one.device, text=f"{alert.reference}: {words}"[:500], priority=priority
        )
        one.save(update_fields=["job"])
    return _written("open_alert_jobs", "job", alert, found, by, words)


@action("safety.settle_devices")
def settle_devices(
    *,
    by: Person,
    alert: Alert,
    devices: Sequence[Device],
    outcome: str,
    text: str,
    evidence: UUID | None = None,
) -> list[AlertDevice]:
    """Say of devices that they are dealt with, or that the alert does not apply to them, and why.

    No hold is released by it: that takes its own evidence.

    Args:
        by: the acting person.
        alert: the alert.
        devices: devices listed under it.
        outcome: `done` or `does_not_apply`.
        text: what was done, or why it does not apply.
        evidence: the record or document that shows it, where there is one.

    Raises:
        BadInput: the text is missing, the outcome is none, no device is given or one is not listed.
        Conflict: the alert is closed, a device is settled, its job is open, or nobody knows where it is.
    """
    settled = (AlertDevice.Disposition.DONE, AlertDevice.Disposition.DOES_NOT_APPLY)
    if outcome not in settled:
        raise BadInput("outcome: must be one of done, does_not_apply", field="outcome")
    if evidence is not None and not isinstance(evidence, UUID):
        raise BadInput("evidence: must be the uuid of a record", field="evidence")
    found, words = _listed(alert, devices), read_text("text", text, most=500, needed=True)
    for one in found:
        _refuse_settled(one)
        if outcome == AlertDevice.Disposition.DONE:
            _refuse_undone(one)
        one.disposition, one.words, one.evidence = outcome, words, evidence
        one.decided_at, one.decided_by = clock.now(), by
    names = ["disposition", "words", "evidence", "decided_at", "decided_by"]
    AlertDevice.objects.bulk_update(found, names, batch_size=500)
    return _written("settle_devices", outcome, alert, found, by, words)


@action("safety.unsettle_device")
def unsettle_device(*, by: Person, alert: Alert, device: Device, reason: str) -> AlertDevice:
    """Take back that a device was settled; it keeps the alert open from then on.

    Raises:
        BadInput: the reason is missing, or the device is not listed.
        Conflict: the alert is closed, or the device is open.
    """
    found, words = _listed(alert, [device]), read_text("reason", reason, most=500, needed=True)
    row = found[0]
    if row.disposition == AlertDevice.Disposition.OPEN:
        raise Conflict(f"{device.asset} is open", field="device")
    row.disposition, row.words = AlertDevice.Disposition.OPEN, ""
    row.evidence = row.decided_at = row.decided_by = None
    row.save()
    _written("unsettle_device", "unsettle", alert, found, by, words)
    return row


def _listed(alert: Alert, devices: Sequence[Device]) -> list[AlertDevice]:
    """Lock an open alert and give the rows of some devices of it, by asset number."""
    row = Alert.objects.select_for_update(of=("self",)).get(pk=alert.pk)
    if row.closed_at is not None:
        raise Conflict("the alert is closed; open it again first", field="alert")
    wanted = {one.pk for one in devices}
    if not 0 < len(wanted) <= MOST:
        raise BadInput(f"devices: choose from 1 to {MOST}", field="devices")
    rows = AlertDevice.objects.select_for_update(of=("self",)).filter(alert=row, device_id__in=wanted)
    found = list(rows.select_related("device__model", "hold", "job").order_by("device__asset_key"))
    if len(found) != len(wanted):
        raise BadInput("devices: one is not listed under this alert", field="devices")
    return found


def _refuse_settled(one: AlertDevice) -> None:
    if one.disposition != AlertDevice.Disposition.OPEN:
        said = one.get_disposition_display()
        raise Conflict(f"{one.device.asset} is settled already: {said}", field="devices")


def _refuse_undone(one: AlertDevice) -> None:
    """Refuse that something was done to a device that nobody can find, or is still being worked on."""
    if one.device.state in LOST:
        raise Conflict(f"{one.device.asset} could not be located: nothing was done to it", field="devices")
    if one.job is not None and one.job.closed_at is None:
        raise Conflict(f"{one.device.asset}: its job is still open", field="devices")


def _written(
    activity: str, verb: str, alert: Alert, found: list[AlertDevice], by: Person, words: str
) -> list[AlertDevice]:
    """Write the event and the audit entry of an act on some devices."""
    alone = found[0].device if len(found) == 1 else None
    AlertEvent.objects.create(
        alert=alert, verb=verb, text=words, count=len(found), device=alone, by=by, at=clock.now()
    )
    assets = [one.device.asset for one in found]
    detail = {"reference": alert.reference, "verb": verb, "devices": assets}
    audit.write(f"safety.{activity}", by=by, subject=alert, detail=detail, count=len(found))
    return found
