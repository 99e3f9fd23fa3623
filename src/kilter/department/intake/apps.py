"""The room as Django knows it."""

from django.apps import AppConfig


class IntakeConfig(AppConfig):
    """Imports of devices and history, and how sheets are read."""

    name = "kilter.department.intake"
    label = "intake"
