"""The room as Django knows it."""

from django.apps import AppConfig


class EquipmentConfig(AppConfig):
    """Devices, models, places, histories, holds and certificates."""

    name = "kilter.department.equipment"
    label = "equipment"
