"""The room as Django knows it."""

from django.apps import AppConfig


class WorkConfig(AppConfig):
    """Jobs."""

    name = "kilter.department.work"
    label = "work"
