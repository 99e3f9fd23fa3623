"""The room as Django knows it."""

from django.apps import AppConfig


class RecordsConfig(AppConfig):
    """Drafts, records, readings and the chain."""

    name = "kilter.department.records"
    label = "records"
