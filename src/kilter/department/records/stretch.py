"""What a worker of a spread replay does with its stretch of the chain; it writes nothing.

A worker is a bare process that reaches this module before Django is ready: what needs it is imported later.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kilter import __version__
from kilter.measure.error import Conflict

if TYPE_CHECKING:
    from kilter.department.records.replay import Replayed

ELSEWHERE = "a worker has another version of Kilter or sees another database"


@dataclass(frozen=True, slots=True)
class Expected:
    """What a worker has to find where it works: this version, and the end of this chain."""

    version: str
    number: int
    seal: str


def replay_stretch(numbers: Sequence[int], expected: Expected, current_limits: bool) -> list[Replayed]:
    """Replay some records; runs in a worker.

    Raises:
        Conflict: the worker has another version or sees another database.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kilter.server.settings")
    import django

    django.setup()
    from kilter.department.policy.queries import load
    from kilter.department.records.models import Record
    from kilter.department.records.replay import replay_one

    with only_reading():
        known = Record.objects.filter(number=expected.number).values_list("sha256", flat=True).first()
        if (__version__, known) != (expected.version, expected.seal):
            raise Conflict(ELSEWHERE, field="scheduler")
        policy = load() if current_limits else None
        rows = Record.objects.filter(number__in=list(numbers)).order_by("number")
        return [replay_one(record, policy) for record in rows.select_related("device__model")]


@contextmanager
def only_reading() -> Iterator[None]:
    """Let the database refuse every change over this thread's connection, which ends with the block."""
    from django.db import connection

    refuse = {"sqlite": "PRAGMA query_only = ON", "postgresql": "SET default_transaction_read_only = on"}
    connection.close()
    try:
        with connection.cursor() as cursor:
            cursor.execute(refuse[connection.vendor])
        yield
    finally:
        connection.close()
