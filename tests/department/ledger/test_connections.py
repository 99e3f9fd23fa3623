"""What a connection to PostgreSQL is told: nothing is compiled, and instants read as they were stored."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from django.db import connection

pytestmark = pytest.mark.django_db

INSTANTS = [
    datetime(2026, 3, 29, 0, 59, 59, 999999, tzinfo=UTC),
    datetime(2026, 10, 25, 1, 30, 0, 100, tzinfo=timezone(timedelta(hours=1))),
    datetime(1, 1, 1, tzinfo=UTC),
    datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC),
]


def test_instants_read_back_in_utc() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite keeps instants as text")
    with connection.cursor() as cursor:
        cursor.execute("SHOW jit")
        assert cursor.fetchone() == ("off",)
        for at in INSTANTS:
            cursor.execute("SELECT %s::timestamptz", [at])
            (read,) = cursor.fetchone()
            assert (read, read.tzinfo) == (at, UTC)
