"""A consistent copy of the whole database, and its way back, on both engines.

SQLite: its own online backup, which reads one snapshot while others write. PostgreSQL: its own
`pg_dump` and `pg_restore`; nothing else is exact (docs/decisions/0004).
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from pathlib import Path

from django.db import DatabaseError, connection, connections

from kilter.measure.error import BadInput, Conflict, Fault

SQLITE_MEMBER = "database.sqlite3"
POSTGRESQL_MEMBER = "database.dump"


def member() -> str:
    """Give the name that a copy of this site's database bears in an archive."""
    return SQLITE_MEMBER if connection.vendor == "sqlite" else POSTGRESQL_MEMBER


def snapshot(folder: Path) -> Path:
    """Copy the database as of one instant, whatever is being signed meanwhile.

    Args:
        folder: where the copy goes, under the name `member()`.

    Raises:
        Conflict: PostgreSQL's own tools are not installed.
        Fault: the copy failed or is damaged.
    """
    target = folder / member()
    if connection.vendor != "sqlite":
        _run("pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={target}")
        return target
    try:
        source = sqlite3.connect(f"file:{_quoted(sqlite_path())}?mode=ro", uri=True, timeout=20)
        copy = sqlite3.connect(target)
        try:
            source.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")
            sound = copy.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok"
        finally:
            copy.close()
            source.close()
    except sqlite3.Error as problem:
        raise Fault(f"the database could not be copied ({problem})") from problem
    if not sound:
        raise Fault("the database file is damaged; SQLite's own check does not pass")
    return target


def _quoted(path: Path) -> str:
    return str(path).replace("%", "%25").replace("?", "%3f").replace("#", "%23")


def sqlite_path() -> Path:
    """Give the file of the SQLite database."""
    return Path(str(connection.settings_dict["NAME"]))


def occupied() -> bool:
    """Say whether a database of this site stands already.

    Raises:
        Fault: PostgreSQL cannot be reached.
    """
    if connection.vendor == "sqlite":
        return sqlite_path().exists()
    try:
        return bool(connection.introspection.table_names())
    except DatabaseError as problem:
        raise Fault(f"the database cannot be reached ({type(problem).__name__})") from problem


def set_aside(folder: Path) -> None:
    """Move the database that stands here into a folder (SQLite), or into a dump there (PostgreSQL)."""
    if connection.vendor != "sqlite":
        snapshot(folder)
        return
    connections.close_all()
    for ending in ("", "-wal", "-shm"):
        path = Path(f"{sqlite_path()}{ending}")
        if path.exists():
            shutil.move(path, folder / path.name)


def put_in_place(copy: Path) -> None:
    """Make a copy the site's database.

    Raises:
        BadInput: the copy is of the other engine.
        Conflict: PostgreSQL's own tools are not installed.
        Fault: PostgreSQL refused the copy.
    """
    if copy.name != member():
        other = "PostgreSQL" if copy.name == POSTGRESQL_MEMBER else "SQLite"
        raise BadInput(
            f"the archive holds a database of {other}; this site uses the other engine", field="file"
        )
    if connection.vendor == "sqlite":
        connections.close_all()
        sqlite_path().parent.mkdir(parents=True, exist_ok=True)
        shutil.move(copy, sqlite_path())
        return
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA public CASCADE")
        cursor.execute("CREATE SCHEMA public")
    connections.close_all()
    _run("pg_restore", "--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction", str(copy))
    connections.close_all()


def _run(program: str, *arguments: str) -> None:
    """Run one of PostgreSQL's tools on this site's database; the password goes by environment."""
    found = shutil.which(program)
    if found is None:
        raise Conflict(f"{program} is not installed (Debian: postgresql-client)", field="database")
    said = connection.settings_dict
    where = {"-h": said["HOST"], "-p": said["PORT"], "-U": said["USER"], "-d": said["NAME"]}
    words = [word for option, value in where.items() if value for word in (option, str(value))]
    environment = {**os.environ, "PGPASSWORD": str(said["PASSWORD"]), "PGCONNECT_TIMEOUT": "20"}
    done = subprocess.run(
        [found, "--no-password", *words, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise Fault(f"{program} failed: {last[:200]}")
