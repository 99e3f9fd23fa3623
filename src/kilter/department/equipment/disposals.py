"""Reads of wiping and disposal."""

from __future__ import annotations

from kilter.department.equipment.lifecycle import State
from kilter.department.equipment.models import Device, Disposal, LifecycleFact, Wipe


def wipes_of(device: Device) -> list[Wipe]:
    """List the wipe certificates of a device, the newest first."""
    return list(Wipe.objects.filter(device=device).select_related("by", "document").order_by("-id"))


def wiped(device: Device) -> Wipe | None:
    """Give the wipe certificate that still speaks of a device: it was not in service again after it."""
    newest = Wipe.objects.filter(device=device).order_by("-id").first()
    if newest is None:
        return None
    facts = LifecycleFact.objects.filter(device=device, state=State.IN_SERVICE)
    return None if facts.filter(at__gt=newest.at).exists() else newest


def disposal_of(device: Device) -> Disposal | None:
    """Give the disposal record of a device; None where it is still here, or went before records were kept."""
    return Disposal.objects.filter(device=device).select_related("wipe", "by").first()
