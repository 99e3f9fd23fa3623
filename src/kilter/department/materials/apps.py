"""The room as Django knows it."""

from django.apps import AppConfig


class MaterialsConfig(AppConfig):
    """Materials."""

    name = "kilter.department.materials"
    label = "materials"
