"""What every test of the department stands on: append-only tables between tests, and people to act.

Tests run on SQLite; with DATABASE_URL set (`tools/postgres.sh start` prints one) on PostgreSQL.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import TransactionTestCase
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from tests.sites.migrated import SHARED, migrations_at_once

hypothesis_settings.register_profile(
    "house",
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    # Where a change is judged, the same examples judge it each time; elsewhere they are drawn anew.
    derandomize="CI" in os.environ,
)
hypothesis_settings.load_profile("house")

PASSWORD = "a long enough pass phrase"


@pytest.fixture(scope="session", autouse=True)
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Name a folder that every process of this run shares."""
    own = tmp_path_factory.getbasetemp()
    os.environ[SHARED] = str(own.parent if "PYTEST_XDIST_WORKER" in os.environ else own)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, shared_folder: None
) -> Iterator[None]:
    """Give each worker its own test database, begun as a copy of one that is migrated."""
    with migrations_at_once():
        yield


def _sqlite_triggers() -> list[tuple[str, str]]:
    """Name and statement of every append-only trigger."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'append_only_%'"
        )
        return list(cursor.fetchall())


def _postgresql_tables() -> list[str]:
    """Every table that refuses TRUNCATE."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname LIKE 'append_only_whole_%'"
        )
        return [row[0] for row in cursor.fetchall()]


_teardown = TransactionTestCase._fixture_teardown


def _teardown_past_triggers(self: TransactionTestCase) -> None:
    """Empty the tables after a test that committed: the triggers step aside for just that."""
    if connection.vendor == "sqlite":
        triggers = _sqlite_triggers()
        off = [f"DROP TRIGGER {name}" for name, _ in triggers]
        on = [statement for _, statement in triggers]
    else:
        tables = _postgresql_tables()
        off = [f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in tables]
        on = [f"ALTER TABLE {table} ENABLE TRIGGER USER" for table in tables]
    with connection.cursor() as cursor:
        for statement in off:
            cursor.execute(statement)
    try:
        _teardown(self)
    finally:
        with connection.cursor() as cursor:
            for statement in on:
                cursor.execute(statement)


TransactionTestCase._fixture_teardown = _teardown_past_triggers  # type: ignore[method-assign]


@pytest.fixture(autouse=True)
def file_store(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, settings: Any) -> Path:
    """A content store of the test's own, and a home folder with a key of its own."""
    settings.FILE_STORE = tmp_path / "files"
    settings.KILTER = replace(settings.KILTER, home=tmp_path_factory.mktemp("home"))
    return tmp_path / "files"


@pytest.fixture
def head(db: None) -> Any:
    """The department's founder."""
    from kilter.department.people.founding import found_department

    return found_department(username="head", display_name="Ada Head", password=PASSWORD)


@pytest.fixture
def hire(head: Any) -> Callable[..., Any]:
    """Open an account: `hire("engineer", authorised="independent")`; the head gives what is asked."""
    from kilter.department.people import actions

    numbers = itertools.count(1)

    def make(*roles: str, name: str = "", authorised: str = "", until: datetime | None = None) -> Any:
        name = name or f"Person {next(numbers)}"
        person = actions.create_person(
            by=head, username=name.lower().replace(" ", "."), display_name=name, password=PASSWORD
        )
        for role in roles:
            actions.grant_role(by=head, person=person, role=role)
        if authorised:
            actions.authorise(
                by=head,
                person=person,
                scope_kind="all",
                level=authorised,
                until=until or datetime.now(UTC) + timedelta(days=365),
            )
        return person

    return make


@pytest.fixture
def lead(hire: Any) -> Any:
    """Somebody who may do everything with equipment, authorised as expert."""
    return hire("lead_engineer", name="Lead Engineer", authorised="expert")


@pytest.fixture
def ward(lead: Any) -> Any:
    """A ward in a building of a site."""
    from kilter.department.equipment import actions

    site = actions.add_location(by=lead, name="Royal Infirmary", kind="site")
    building = actions.add_location(by=lead, name="East Wing", kind="building", parent=site)
    return actions.add_location(by=lead, name="Ward 7", kind="ward", parent=building)


@pytest.fixture
def pump_model(lead: Any) -> Any:
    """A model of an infusion pump."""
    from kilter.department.equipment import actions

    fields = {"maker": "Acme", "name": "Volumatic 3", "kind": "infusion_pump", "equipment_class": "I"}
    return actions.add_model(by=lead, fields={**fields, "applied_part": "CF", "power_cord": "detachable"})


@pytest.fixture
def register(lead: Any, pump_model: Any) -> Callable[..., Any]:
    """Register a device: `register(serial="S1")`; it has a new asset number and the pump's model."""
    from kilter.department.equipment import actions

    numbers = itertools.count(1)

    def make(*, ordered: bool = False, **fields: object) -> Any:
        given = {"asset": f"ME-{next(numbers):05d}", "model": pump_model, **fields}
        return actions.register_device(by=lead, fields=given, ordered=ordered)

    return make


@pytest.fixture
def at_instant() -> Callable[[datetime], Any]:
    """The clock's own block."""
    from kilter.department.ledger import clock

    return clock.at


@pytest.fixture(autouse=True)
def _same_clock() -> Iterator[None]:
    """No test leaves the clock moved."""
    from kilter.department.ledger import clock

    before = clock._moved.get()
    yield
    assert clock._moved.get() is before
