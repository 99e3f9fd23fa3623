"""One migrated SQLite database for a whole run of the tests: made once, copied wherever one is wanted."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
SHARED = "TESTS_SHARED"
"""Names the folder that every process of a run shares."""


def migrated() -> Path:
    """Give the file; whoever asks first makes it, and the others wait."""
    shared = Path(os.environ[SHARED])
    made = shared / "migrated.sqlite3"
    with (shared / "migrating").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            _make(shared / "migrating-home", made)
    return made


def _make(home: Path, made: Path) -> None:
    home.mkdir()
    kept = {n: v for n, v in os.environ.items() if not n.startswith(("KILTER_", "DJANGO_", "DATABASE_"))}
    kept |= {"KILTER_HOME": str(home), "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}
    subprocess.run([sys.executable, "-m", "tests.sites.signer", "migrate"], env=kept, cwd=home, check=True)
    with (
        closing(sqlite3.connect(home / "kilter.sqlite3")) as whole,
        closing(sqlite3.connect(made)) as copy,
    ):
        whole.backup(copy)


@contextmanager
def migrations_at_once() -> Iterator[None]:
    """Let the test database begin as a copy, so that its migrations have nothing left to do."""
    from django.core import management
    from django.db import connection

    plain: Any = management.call_command

    def called(name: str, *words: Any, **options: Any) -> Any:
        if name == "migrate" and connection.vendor == "sqlite":
            management.call_command = plain  # later calls are those of tests
            connection.ensure_connection()
            with closing(sqlite3.connect(migrated())) as made:
                made.backup(connection.connection)
        return plain(name, *words, **options)

    management.call_command = called
    try:
        yield
    finally:
        management.call_command = plain
