"""Tables that are added to and never edited: the database itself refuses UPDATE and DELETE.

`AppendOnly("table")` is a migration operation for any room. Whoever reaches the database past our
code (a shell, a bulk update, a mistaken migration) meets the same refusal as our code.
"""

from __future__ import annotations

import re
from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from kilter.measure.error import Fault

REFUSAL = "is append-only"
"""Part of the database's sentence when it refuses."""


def forward_statements(vendor: str, table: str) -> list[str]:
    """Give the statements that put the triggers on a table.

    Raises:
        Fault: the database is neither SQLite nor PostgreSQL, or the name is not a plain one.

    """
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,40}", table):
        raise Fault(f"{table!r} is not the name of a table")
    if vendor == "sqlite":
        return [
            f"CREATE TRIGGER append_only_{verb}_{table} BEFORE {verb} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} {REFUSAL}'); END"
            for verb in ("UPDATE", "DELETE")
        ]
    if vendor == "postgresql":
        return [
            f"CREATE FUNCTION append_only_{table}() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{table} {REFUSAL}' USING ERRCODE = 'integrity_constraint_violation'; "
            f"END $$",
            f"CREATE TRIGGER append_only_{table} BEFORE UPDATE OR DELETE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION append_only_{table}()",
            f"CREATE TRIGGER append_only_whole_{table} BEFORE TRUNCATE ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION append_only_{table}()",
        ]
    raise Fault(f"append-only tables are not known on {vendor}")


def backward_statements(vendor: str, table: str) -> list[str]:
    """Give the statements that take the triggers off again, for a migration that goes back."""
    if vendor == "sqlite":
        return [f"DROP TRIGGER IF EXISTS append_only_{verb}_{table}" for verb in ("UPDATE", "DELETE")]
    return [
        f"DROP TRIGGER IF EXISTS append_only_whole_{table} ON {table}",
        f"DROP TRIGGER IF EXISTS append_only_{table} ON {table}",
        f"DROP FUNCTION IF EXISTS append_only_{table}()",
    ]


class AppendOnly(Operation):
    """Migration operation: the database refuses UPDATE, DELETE and TRUNCATE on a table from here on.

    On SQLite a later migration that rebuilds the table drops its triggers; repeat the operation there.

    Args:
        table: name of the table.

    """

    reversible = True
    reduces_to_sql = True

    def __init__(self, table: str) -> None:
        self.table = table

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        """Give what is needed to write the operation down."""
        return (self.__class__.__qualname__, [self.table], {})

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Change nothing: triggers are not part of the models."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        """Put the triggers on."""
        for statement in forward_statements(schema_editor.connection.vendor, self.table):
            schema_editor.execute(statement)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        """Take the triggers off."""
        for statement in backward_statements(schema_editor.connection.vendor, self.table):
            schema_editor.execute(statement)

    def describe(self) -> str:
        """Say what the operation does."""
        return f"The table {self.table} is append-only"
