"""What every command of the department needs: the site opened, a person who acts, instants, JSON out."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from kilter.measure.error import BadInput, Conflict, Fault, NotFound

if TYPE_CHECKING:
    from kilter.department.people.models import Person


def open_site(*, migrated: bool = True) -> None:
    """Read the settings and load the rooms.

    Args:
        migrated: also insist on a database that is reachable and up to date.

    Raises:
        BadInput: a setting is wrong.
        Fault: the database cannot be reached.
        Conflict: the database is of another version than this program.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kilter.server.settings")
    import django

    django.setup()
    if migrated:
        missing = missing_migrations()
        if missing:
            raise Conflict(
                f"the database lacks {len(missing)} migrations ({missing[0]} first); `kilter serve` applies"
                " them, on a new site `kilter found` does",
                field="database",
                code="not_migrated",
            )


def missing_migrations() -> list[str]:
    """List what `migrate` would apply, in order.

    Raises:
        Fault: the database cannot be reached.
    """
    from django.db import DatabaseError, connection
    from django.db.migrations.executor import MigrationExecutor

    try:
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as problem:
        raise Fault(f"the database cannot be reached ({type(problem).__name__})") from problem
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]


def migrate() -> None:
    """Bring the database up to date.

    Raises:
        Fault: a migration failed; what it did was undone.
    """
    from django.core.management import call_command
    from django.db import DatabaseError

    try:
        call_command("migrate", verbosity=0, interactive=False)
    except DatabaseError as problem:
        raise Fault(f"the database could not be brought up to date ({type(problem).__name__})") from problem


def acting(username: str) -> Person:
    """Find the person in whose name a command acts; without a name the account of the operating system.

    Raises:
        NotFound: nobody has this login name.
        BadInput: neither was a name given nor is the operating system's account a person here.
    """
    import getpass

    from kilter.department.people.models import Person

    wanted = username
    if not wanted:
        try:
            wanted = getpass.getuser()
        except (KeyError, OSError):
            wanted = ""
    found = Person.objects.filter(username=wanted.lower(), is_active=True).first()
    if found is not None:
        return found
    if username:
        raise NotFound(f"nobody here has the login name {username[:60]!r}", field="by")
    raise BadInput("say in whose name: --by USERNAME", field="by", code="nobody")


def read_day_or_instant(text: str, field: str) -> datetime:
    """Read a day (from its first moment in the site's zone) or an instant with its offset.

    Raises:
        BadInput: neither.
    """
    from django.conf import settings

    from kilter.measure.door import read_instant

    try:
        day = date.fromisoformat(text)
    except ValueError:
        return read_instant(text, field=field)
    return datetime.combine(day, time(), ZoneInfo(settings.SITE_ZONE))


def say(data: Mapping[str, Any]) -> None:
    """Print one JSON object on a line of its own."""
    print(json.dumps(data, ensure_ascii=False, allow_nan=False), flush=True)
