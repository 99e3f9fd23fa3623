"""Is the site sound? One finding for each thing that has to be right before anybody relies on it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from kilter.department.ledger import cipher, clock, outbox
from kilter.department.ledger.models import StoredFile
from kilter.department.patients.models import Patient
from kilter.department.people.models import Person
from kilter.department.records.chain import anchor_path, read_anchors
from kilter.department.records.models import ChainHead, PersonalPart, Record
from kilter.measure.error import KilterError

LEAST_FREE = 1 << 30
"""Bytes that have to be free on the disk of the home folder."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: its name, whether it is as it should be, and what was seen."""

    name: str
    sound: bool
    text: str


def examine() -> list[Finding]:
    """Look at everything; nothing is changed but a temporary file in the content store."""
    looks: tuple[tuple[str, Callable[[], tuple[bool, str]]], ...] = (
        ("settings", _settings),
        ("database", _database),
        ("migrations", _migrations),
        ("people", _people),
        ("files", _files),
        ("key", _key),
        ("disk", _disk),
        ("anchor", _anchor),
        ("clock", _clock),
        ("background", _background),
    )
    found = []
    for name, look in looks:
        try:
            sound, text = look()
        except KilterError as problem:
            sound, text = False, problem.message
        except (DatabaseError, OSError) as problem:
            sound, text = False, f"could not be looked at ({type(problem).__name__})"
        found.append(Finding(name, sound, text))
    return found


def _settings() -> tuple[bool, str]:
    config = settings.KILTER
    return True, f"{config.department}; home {config.home}; {'demo' if config.demo else 'in earnest'}"


def _database() -> tuple[bool, str]:
    with connection.cursor() as cursor:
        if connection.vendor != "sqlite":
            cursor.execute("SHOW server_version")
            return True, f"PostgreSQL {cursor.fetchone()[0].split()[0]}"
        cursor.execute("PRAGMA journal_mode")
        journal = cursor.fetchone()[0]
        cursor.execute("PRAGMA synchronous")
        flushed = cursor.fetchone()[0] >= 2
        cursor.execute("PRAGMA quick_check(1)")
        whole = cursor.fetchone()[0] == "ok"
    text = f"SQLite, journal {journal}, {'flushed' if flushed else 'NOT flushed'} at commit"
    return journal == "wal" and flushed and whole, text if whole else f"{text}, file damaged"


def _migrations() -> tuple[bool, str]:
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if plan:
        first = plan[0][0]
        return (
            False,
            f"{len(plan)} not applied, {first.app_label}.{first.name} first; `kilter serve` applies them",
        )
    return True, "all applied"


def _people() -> tuple[bool, str]:
    heads = (
        Person.objects.filter(is_active=True, roles_held__role__key="head_of_department").distinct().count()
    )
    if not heads:
        return False, "there is no head of department; `kilter found` opens the first account"
    return True, f"{Person.objects.filter(is_active=True).count()} active"


def _files() -> tuple[bool, str]:
    folder = Path(settings.FILE_STORE)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".check-") as probe:
        probe.write(b"probe")
        probe.flush()
    return True, f"{folder} can be written"


def _key() -> tuple[bool, str]:
    path = cipher.key_path()
    if path.exists():
        return (
            True,
            f"{cipher.KEY_FILE} with the mark {cipher.mark_of(cipher.read_key(path))}; keep a copy apart",
        )
    needed = StoredFile.objects.exists() or PersonalPart.objects.exists() or Patient.objects.exists()
    return not needed, f"{cipher.KEY_FILE} is not there" + (": nothing stored opens" if needed else " yet")


def _disk() -> tuple[bool, str]:
    free = shutil.disk_usage(settings.KILTER.home).free
    return free >= LEAST_FREE, f"{free / (1 << 30):.1f} GiB free, {LEAST_FREE >> 30} GiB wanted"


def _anchor() -> tuple[bool, str]:
    head = ChainHead.objects.get(pk=1)
    if not anchor_path().exists():
        return head.count == 0, f"no anchor; the chain has {head.count} records"
    anchors = read_anchors(anchor_path())
    last = max(anchors, default=0)
    if last > head.count:
        return False, f"the anchor knows {last} records, the chain has {head.count}: its end was cut off"
    if last == head.count and last and anchors[last] != head.head:
        return False, f"the anchor has another hash for record {last}"
    return True, f"at {last} of {head.count} records"


def _clock() -> tuple[bool, str]:
    now = clock.now()
    shown = now.astimezone(ZoneInfo(settings.SITE_ZONE))
    newest = Record.objects.order_by("-number").values_list("sealed_at", flat=True).first()
    text = f"{shown:%Y-%m-%d %H:%M} in {settings.SITE_ZONE}"
    if newest is not None and newest > now + timedelta(minutes=5):
        return False, f"{text}, but the newest record was sealed at {newest:%Y-%m-%d %H:%M} UTC"
    return True, text


def _background() -> tuple[bool, str]:
    stuck, waiting = len(outbox.poisoned()), outbox.open_rows()
    if stuck:
        return False, f"{stuck} reactions failed again and again and wait for a person"
    return True, f"{waiting} waiting"
