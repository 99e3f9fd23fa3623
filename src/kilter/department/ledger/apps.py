"""The room as Django knows it."""

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    """Audit entries, stored files and the outbox."""

    name = "kilter.department.ledger"
    label = "ledger"

    def ready(self) -> None:
        """Prepare connections as they are opened."""
        from kilter.department.ledger import connections

        connections.attend()
