"""The room as Django knows it."""

from django.apps import AppConfig


class SafetyConfig(AppConfig):
    """Alerts, incidents and hazards."""

    name = "kilter.department.safety"
    label = "safety"
