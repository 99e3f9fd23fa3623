"""The values of a due as a plain row: what is compared and written for many devices at once."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import NamedTuple


class Row(NamedTuple):
    """The values of one due, named as its columns."""

    device_id: int
    protocol: str
    due: date
    opens: date
    closes: date
    deferred_until: date | None
    suspended: bool
    restart: bool
    last_passed: datetime | None
    months: int
    withdraw_when_overdue: bool
    duration: timedelta | None


COLUMNS = Row._fields
