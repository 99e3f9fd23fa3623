"""The room as Django knows it."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


def _sync_roles(**_: Any) -> None:
    """Bring the shipped roles up to date after each migration."""
    from kilter.department.people.roles import sync_roles

    sync_roles()


class PeopleConfig(AppConfig):
    """Accounts, roles, authorisations and the gate."""

    name = "kilter.department.people"
    label = "people"

    def ready(self) -> None:
        """Seed the roles whenever the tables are brought up to date."""
        post_migrate.connect(_sync_roles, sender=self, dispatch_uid="people.sync_roles")
