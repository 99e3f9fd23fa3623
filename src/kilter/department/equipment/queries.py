"""Reads of the equipment room."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Prefetch, Q, QuerySet

from kilter.department.equipment.lifecycle import FIRST, WORDS, State
from kilter.department.equipment.models import (
    Certificate,
    CertifiedQuantity,
    Device,
    DeviceChange,
    DeviceModel,
    Hold,
    LifecycleFact,
    Location,
    ReferenceValue,
    Restriction,
)
from kilter.department.ledger import clock
from kilter.department.ledger.texts import as_key
from kilter.formats.label import Label, scan
from kilter.measure.error import NotFound

BEARING_MOST = 100
TIMELINE_MOST = 500


def devices() -> QuerySet[Device]:
    """Give all devices with model and place, the start of every list."""
    return Device.objects.select_related("model", "location")


def within(location: Location, prefix: str = "location__") -> Q:
    """Select what stands in a place or in one below it: one range of the path's index.

    Args:
        location: the place.
        prefix: how the place is reached; "" for the places themselves.
    """
    beyond = f"{int(location.path) + 1:0{len(location.path)}d}"
    return Q(**{f"{prefix}path__gte": location.path, f"{prefix}path__lt": beyond})


def device_by_uuid(uuid: UUID) -> Device:
    """Find a device by its public id.

    Raises:
        NotFound: there is none.
    """
    found = devices().filter(uuid=uuid).first()
    if found is None:
        raise NotFound("there is no such device", field="device")
    return found


def device_by_asset(asset: str) -> Device:
    """Find a device by its asset number, in whatever case.

    Raises:
        NotFound: there is none.
    """
    found = devices().filter(asset_key=as_key(asset)).first()
    if found is None:
        raise NotFound(f"there is no device with the asset number {asset[:40]}", field="asset")
    return found


def devices_by_serial(serial: str) -> list[Device]:
    """Give the devices that bear a serial, in whatever case; serials do repeat."""
    key = as_key(serial)
    return list(devices().filter(serial_key=key).order_by("asset_key")) if key else []


def same_serial(device: Device) -> list[Device]:
    """Give the other devices of the same model that bear the same serial."""
    if not device.serial_key:
        return []
    same = devices().filter(serial_key=device.serial_key, model_id=device.model_id)
    return list(same.exclude(pk=device.pk).order_by("asset_key"))


def device_by_scan(text: str) -> Device:
    """Find the device a scanned label means: our own label, an asset number, a serial, or a UDI.

    A UDI means the device of the model with its device identifier that bears its serial or, where it
    says none, the only one of its lot.

    Raises:
        BadInput: nothing, or too long for a label.
        NotFound: no device, or several bear this label; the sentence says which.
    """
    label = scan(text)
    if label.device is not None:
        return device_by_uuid(label.device)
    found = devices().filter(asset_key=as_key(label.text)).first()
    if found is not None:
        return found
    bearing = devices_by_serial(label.text) or devices_by_udi(label)
    if len(bearing) == 1:
        return bearing[0]
    if bearing:
        assets = ", ".join(one.asset for one in bearing[:5])
        raise NotFound(f"{len(bearing)} devices bear this serial: {assets}", field="scan", code="ambiguous")
    raise NotFound("no device bears this label", field="scan")


def devices_by_udi(label: Label) -> list[Device]:
    """Give the devices a UDI means; none where it names no model, or neither serial nor lot."""
    if not label.device_identifier or not (label.serial or label.lot):
        return []
    rows = devices().filter(model__udi_di=label.device_identifier)
    rows = rows.filter(serial_key=as_key(label.serial)) if label.serial else rows.filter(lot=label.lot)
    return list(rows.order_by("asset_key")[:BEARING_MOST])


def model_of_label(label: Label) -> DeviceModel | None:
    """Give the only model that a label's device identifier names, or None."""
    if not label.device_identifier:
        return None
    rows = list(DeviceModel.objects.filter(udi_di=label.device_identifier)[:2])
    return rows[0] if len(rows) == 1 else None


def state_at(device: Device, instant: datetime) -> State | None:
    """Give the state a device was in at an instant, None before it was registered."""
    facts = LifecycleFact.objects.filter(device=device, at__lte=clock.as_instant(instant))
    newest = facts.order_by("-id").values_list("state", flat=True).first()
    return State(newest) if newest else None


def held(devices: Sequence[int]) -> set[int]:
    """Give which of some devices are held, by row id; one query."""
    rows = Hold.objects.filter(device__in=devices, released_at=None)
    return set(rows.values_list("device_id", flat=True))


def open_holds(device: Device) -> list[Hold]:
    """Give the holds that stand on a device, oldest first."""
    return list(
        Hold.objects.filter(device=device, released_at=None).select_related("placed_by").order_by("id")
    )


def restrictions_in_force(device: Device, instant: datetime | None = None) -> list[Restriction]:
    """Give the restrictions of a device at an instant, oldest first.

    One that has run out is not in force; whether the device may then be used freely or not at all is
    `status`'s to say.
    """
    instant = clock.now() if instant is None else clock.as_instant(instant)
    rows = Restriction.objects.filter(
        Q(lifted_at=None) | Q(lifted_at__gt=instant),
        device=device,
        placed_at__lte=instant,
        expires__gt=instant,
    )
    return list(rows.select_related("approver").order_by("id"))


def _certificates_in_force(instant: datetime) -> QuerySet[Certificate]:
    """Give the certificates in force at an instant, the one that holds longest first."""
    return Certificate.objects.filter(
        Q(withdrawn_at=None) | Q(withdrawn_at__gt=instant), valid_from__lte=instant, valid_until__gt=instant
    ).order_by("-valid_until", "-id")


def certificate_in_force(device: Device, instant: datetime | None = None) -> Certificate | None:
    """Give the certificate of an instrument in force at an instant, with its quantities, or None."""
    instant = clock.now() if instant is None else clock.as_instant(instant)
    return _certificates_in_force(instant).filter(device=device).prefetch_related("quantities").first()


@dataclass(frozen=True, slots=True)
class Instrument:
    """A test instrument and the certificate that makes it one."""

    device: Device
    certificate: Certificate
    quantities: tuple[CertifiedQuantity, ...]


def instruments_in_calibration(
    instant: datetime | None = None, *, quantity: str = "", kind: str = ""
) -> list[Instrument]:
    """Give the instruments that may be used at an instant, by asset number. Two queries.

    An instrument has a certificate in force at the instant, is in service, and no hold stands on it.

    Args:
        instant: when; now where it is not given.
        quantity: only with a certificate that states this quantity.
        kind: only devices of this kind.
    """
    instant = clock.now() if instant is None else clock.as_instant(instant)
    held = Hold.objects.filter(released_at=None).values("device_id")
    rows = _certificates_in_force(instant).filter(device__state=State.IN_SERVICE).exclude(device_id__in=held)
    if quantity:
        rows = rows.filter(pk__in=CertifiedQuantity.objects.filter(name=quantity).values("certificate_id"))
    if kind:
        rows = rows.filter(device__model__kind=kind)
    rows = rows.select_related("device__model", "device__location")
    rows = rows.prefetch_related(Prefetch("quantities", CertifiedQuantity.objects.order_by("id")))
    found: dict[int, Instrument] = {}
    for row in rows:
        if row.device_id not in found:
            found[row.device_id] = Instrument(row.device, row, tuple(row.quantities.all()))
    return sorted(found.values(), key=lambda one: one.device.asset_key)


def reference_value(
    device: Device,
    procedure: str,
    result: str,
    context: Mapping[str, Any] | None = None,
    instant: datetime | None = None,
) -> ReferenceValue | None:
    """Give the reference value that holds at an instant under exactly this context, or None."""
    instant = clock.now() if instant is None else clock.as_instant(instant)
    rows = ReferenceValue.objects.filter(
        device=device, procedure=procedure, result=result, set_at__lte=instant
    ).order_by("-id")
    wanted = dict(context or {})
    return next((row for row in rows if row.context == wanted), None)


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a device's timeline: when, what kind, in words, by whom, on what evidence."""

    at: datetime
    kind: str
    words: str
    by: str
    evidence: UUID | None = None


def history(device: Device, *, most: int = TIMELINE_MOST) -> list[Event]:
    """Give the timeline of a device, newest first. Six queries, however long it is."""
    events: list[Event] = []
    for source in (_facts, _changes, _holds, _restrictions, _certificates, _references):
        events.extend(source(device, most))
    events.sort(key=lambda one: one.at, reverse=True)
    return events[:most]


def _facts(device: Device, most: int) -> Iterable[Event]:
    """Give the steps of its life."""
    for row in LifecycleFact.objects.filter(device=device).select_related("by").order_by("-id")[:most]:
        came = "taken over: " if row.verb == "register" and row.state not in FIRST else ""
        words = came + WORDS[State(row.state)] + (f": {row.reason}" if row.reason else "")
        yield Event(row.at, "lifecycle", words, row.by.display_name, row.evidence)


def _shown(value: Any) -> str:
    """Show a value as the history of edits keeps it."""
    if isinstance(value, dict):
        return str(value.get("shown", ""))
    return "nothing" if value in (None, "") else str(value)


def _changes(device: Device, most: int) -> Iterable[Event]:
    """Give the edits of its fields."""
    for row in DeviceChange.objects.filter(device=device).select_related("by").order_by("-id")[:most]:
        words = f"{row.field.replace('_', ' ')}: {_shown(row.before)} → {_shown(row.after)}"
        yield Event(row.at, "edit", words, row.by.display_name)


def _holds(device: Device, most: int) -> Iterable[Event]:
    """Give its holds: placed, investigated, released."""
    rows = Hold.objects.filter(device=device).select_related("placed_by", "investigated_by", "released_by")
    for row in rows.order_by("-id")[:most]:
        yield Event(row.placed_at, "hold", f"held: {row.text}", row.placed_by.display_name, row.evidence)
        if row.investigated_at and row.investigated_by:
            yield Event(
                row.investigated_at, "hold", f"investigated: {row.finding}", row.investigated_by.display_name
            )
        if row.released_at and row.released_by:
            words = f"released: {row.release_text}"
            yield Event(row.released_at, "hold", words, row.released_by.display_name, row.release_evidence)


def _restrictions(device: Device, most: int) -> Iterable[Event]:
    """Give its restrictions: placed, lifted."""
    rows = Restriction.objects.filter(device=device).select_related("approver", "lifted_by")
    for row in rows.order_by("-id")[:most]:
        yield Event(row.placed_at, "restriction", f"restricted: {row.limits}", row.approver.display_name)
        if row.lifted_at and row.lifted_by:
            yield Event(
                row.lifted_at, "restriction", f"lifted: {row.lift_reason}", row.lifted_by.display_name
            )


def _certificates(device: Device, most: int) -> Iterable[Event]:
    """Give its certificates: entered, withdrawn."""
    rows = Certificate.objects.filter(device=device).select_related("entered_by", "withdrawn_by")
    for row in rows.order_by("-id")[:most]:
        yield Event(
            row.entered_at, "certificate", f"certificate {row}", row.entered_by.display_name, row.uuid
        )
        if row.withdrawn_at and row.withdrawn_by:
            words = f"certificate {row} withdrawn: {row.withdrawn_reason}"
            yield Event(row.withdrawn_at, "certificate", words, row.withdrawn_by.display_name, row.uuid)


def _references(device: Device, most: int) -> Iterable[Event]:
    """Give its reference values."""
    rows = ReferenceValue.objects.filter(device=device).select_related("set_by").order_by("-id")[:most]
    for row in rows:
        yield Event(row.set_at, "reference", f"reference value {row}", row.set_by.display_name, row.record)
