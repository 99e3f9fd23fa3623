"""The room as Django knows it."""

from django.apps import AppConfig


class ScheduleConfig(AppConfig):
    """What is due."""

    name = "kilter.department.schedule"
    label = "schedule"
