"""Reads of what is lent to us."""

from __future__ import annotations

from kilter.department.equipment.models import Device, Lending


def lending_of(device: Device) -> Lending | None:
    """Give on which terms a device is or was lent to us; None where it is our own. One query."""
    rows = Lending.objects.filter(device=device).select_related("returned", "by")
    return rows.first()


def lent_to_us(*, most: int = 500) -> list[Lending]:
    """List what is lent to us and has not gone back, the first due back first. One query."""
    rows = Lending.objects.filter(returned=None).select_related("device__model", "device__location")
    return list(rows.order_by("due_back", "id")[:most])


def is_here(device: Device) -> bool:
    """Say whether a device belongs to somebody else and has not gone back."""
    return Lending.objects.filter(device=device, returned=None).exists()
