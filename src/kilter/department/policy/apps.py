"""The room as Django knows it."""

from django.apps import AppConfig


class PolicyConfig(AppConfig):
    """Limits, rules and frequencies in force."""

    name = "kilter.department.policy"
    label = "policy"
