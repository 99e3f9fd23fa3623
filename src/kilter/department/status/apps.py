"""The room as Django knows it."""

from django.apps import AppConfig


class StatusConfig(AppConfig):
    """Status of devices."""

    name = "kilter.department.status"
    label = "status"

    def ready(self) -> None:
        """Let the rooms act on one another; status stands furthest right, so all are there by now."""
        from kilter.department import reactions

        reactions.connect()
