"""Makes sites for tests: a folder, a database of the engine under test, and commands run on them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

from tests.sites.migrated import migrated

ROOT = Path(__file__).resolve().parents[2]
ENGINE = "postgresql" if os.environ.get("DATABASE_URL", "").startswith("postgres") else "sqlite"


@dataclass(frozen=True)
class Ran:
    """What a command said and how it ended."""

    status: int
    out: str
    err: str

    @property
    def data(self) -> dict[str, Any]:
        """The JSON object on standard output."""
        return dict(json.loads(self.out))


@dataclass(frozen=True)
class Site:
    """A home folder and its database."""

    home: Path
    database_url: str = ""

    def environment(self) -> dict[str, str]:
        """The variables of a process on this site."""
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("KILTER_", "DJANGO_"))
        }
        kept |= {
            "KILTER_HOME": str(self.home),
            "DATABASE_URL": self.database_url,
            "KILTER_LOG_LEVEL": "ERROR",
        }
        return kept | {"PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}

    def _run(self, module: str, *words: str, text: str | None = None) -> Ran:
        done = subprocess.run(
            [sys.executable, "-m", module, *words],
            env=self.environment(),
            cwd=self.home.parent,
            capture_output=True,
            text=True,
            input=text,
            check=False,
            timeout=1800,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    def kilter(self, *words: str, text: str = "") -> Ran:
        """Run one command line of Kilter."""
        return self._run("kilter", *words, text=text)

    def task(self, *words: object) -> dict[str, Any]:
        """Run a task of `tests.sites.signer`."""
        done = self._run("tests.sites.signer", *map(str, words))
        assert done.status == 0, done.err[-2000:]
        return done.data


@contextmanager
def new_site(home: Path, *, bare: bool = False) -> Iterator[Site]:
    """Make an empty site; on PostgreSQL with a database of its own, dropped afterwards.

    Args:
        home: its folder, which is made.
        bare: without tables; otherwise on SQLite they are there already, copied, and empty.
    """
    home.mkdir(parents=True)
    if ENGINE == "sqlite":
        if not bare:
            shutil.copyfile(migrated(), home / "kilter.sqlite3")
        yield Site(home)
        return
    import psycopg

    name = f"kilter_site_{uuid4().hex[:12]}"
    server = os.environ["DATABASE_URL"]
    with psycopg.connect(server, autocommit=True) as link:
        link.execute(f"CREATE DATABASE {name}")
    try:
        yield Site(home, urlunsplit(urlsplit(server)._replace(path=f"/{name}")))
    finally:
        with psycopg.connect(server, autocommit=True) as link:
            link.execute(f"DROP DATABASE {name} WITH (FORCE)")
