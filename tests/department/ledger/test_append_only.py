"""The database itself refuses to change what is append-only."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction

from kilter.department.ledger import audit
from kilter.department.ledger.append_only import REFUSAL, AppendOnly, backward_statements, forward_statements
from kilter.department.ledger.models import AuditEntry
from kilter.measure.error import Fault

TABLES = [
    "ledger_auditentry", "ledger_storedfile", "equipment_lifecyclefact", "equipment_devicechange",
    "equipment_referencevalue",
]  # fmt: skip


@pytest.fixture
def entry(head):
    return AuditEntry.objects.order_by("-id").first()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_auditentry SET actor_name = 'Eve' WHERE id = %s",
        "UPDATE ledger_auditentry SET id = id WHERE id = %s",
        "DELETE FROM ledger_auditentry WHERE id = %s",
    ],
)
def test_a_shell_is_refused(entry, statement):
    with pytest.raises(DatabaseError, match=REFUSAL), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, [entry.pk])
    assert AuditEntry.objects.filter(pk=entry.pk, actor_name=entry.actor_name).exists()


def test_our_own_code_is_refused(entry):
    entry.actor_name = "Eve"
    with pytest.raises(DatabaseError, match=REFUSAL), transaction.atomic():
        entry.save()
    with pytest.raises(DatabaseError, match=REFUSAL), transaction.atomic():
        entry.delete()
    with pytest.raises(DatabaseError, match=REFUSAL), transaction.atomic():
        AuditEntry.objects.all().delete()


def test_emptying_the_table_is_refused(entry):
    verb = (
        "TRUNCATE ledger_auditentry" if connection.vendor == "postgresql" else "DELETE FROM ledger_auditentry"
    )
    with pytest.raises(DatabaseError, match=REFUSAL), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(verb)


@pytest.mark.parametrize("table", TABLES)
def test_the_triggers_stand_on_every_such_table(db, table):
    assert table in {model._meta.db_table for model in apps.get_models()}
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(
                "SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s", [table]
            )
        else:
            cursor.execute(
                "SELECT count(*) FROM pg_trigger WHERE tgrelid = %s::regclass"
                " AND tgname LIKE 'append_only%%'",
                [table],
            )
        assert cursor.fetchone()[0] == 2


def test_back_and_forth(db):
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE scratch_rows (id integer)")
        cursor.execute("INSERT INTO scratch_rows VALUES (1)")
        for statement in forward_statements(connection.vendor, "scratch_rows"):
            cursor.execute(statement)
    with (
        pytest.raises(DatabaseError, match="scratch_rows"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("UPDATE scratch_rows SET id = 2")
    with connection.cursor() as cursor:
        for statement in backward_statements(connection.vendor, "scratch_rows"):
            cursor.execute(statement)
        cursor.execute("UPDATE scratch_rows SET id = 2")
        cursor.execute("DROP TABLE scratch_rows")


@pytest.mark.parametrize("table", ["x; DROP TABLE y", "Robert'", "", "x" * 60])
def test_a_strange_name_is_our_fault(table):
    with pytest.raises(Fault):
        forward_statements("sqlite", table)


def test_an_unknown_engine_is_our_fault():
    with pytest.raises(Fault, match="oracle"):
        forward_statements("oracle", "rows")


def test_the_operation_can_be_written_down():
    name, args, kwargs = AppendOnly("rows").deconstruct()
    assert (name, args, kwargs) == ("AppendOnly", ["rows"], {})
    assert "rows" in AppendOnly("rows").describe()


def test_an_entry_needs_nobody_only_at_the_founding(head):
    first = AuditEntry.objects.order_by("id").first()
    assert (first.actor, first.actor_name) == (None, "founding")
    audit.write("people.set_pin", by=head, detail={"a": 1}, count=3)
    newest = AuditEntry.objects.order_by("-id").first()
    assert (newest.actor_name, newest.count, newest.detail, newest.subject) == ("Ada Head", 3, {"a": 1}, None)
