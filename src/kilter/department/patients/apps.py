"""The room as Django knows it."""

from django.apps import AppConfig


class PatientsConfig(AppConfig):
    """Patients."""

    name = "kilter.department.patients"
    label = "patients"
