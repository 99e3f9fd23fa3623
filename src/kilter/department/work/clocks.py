"""The clocks of a job: how long until it must be answered and solved, by working hours where a site has them.

Pure: instants and spans in, instants and spans out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAY = 1440
NOTHING = timedelta()


@dataclass(frozen=True, slots=True)
class Hours:
    """When a clock runs: weekdays from Monday (0), between two minutes of the day at the site.

    Without days it runs day and night.
    """

    days: str = ""
    opens: int = 0
    closes: int = DAY
    zone: str = "UTC"


def after(start: datetime, span: timedelta, hours: Hours) -> datetime:
    """Give the instant at which a span has run down.

    Args:
        start: aware instant at which the clock starts.
        span: how long it runs, not below zero.
        hours: when it runs.
    """
    if not hours.days:
        return start + span
    left = span
    for opens, closes in _windows(start, hours):
        begins = max(opens, start)
        if closes - begins >= left:
            return begins + left
        left -= closes - begins
    raise AssertionError("the windows never end")  # pragma: no cover


def between(start: datetime, end: datetime, hours: Hours) -> timedelta:
    """Give how long the clock runs between two instants; nothing where the end is not later."""
    if end <= start:
        return NOTHING
    if not hours.days:
        return end - start
    run = NOTHING
    for opens, closes in _windows(start, hours):
        if opens >= end:
            return run
        run += min(closes, end) - max(opens, start)
    raise AssertionError("the windows never end")  # pragma: no cover


def _windows(start: datetime, hours: Hours) -> Iterator[tuple[datetime, datetime]]:
    """Give the stretches in which the clock runs, from the one that holds or follows an instant."""
    zone = ZoneInfo(hours.zone)
    day = start.astimezone(zone).date()
    while True:
        if str(day.weekday()) in hours.days:
            opens, closes = (
                datetime.combine(day + timedelta(days=minute // DAY), _time(minute % DAY), zone)
                for minute in (hours.opens, hours.closes)
            )
            # in UTC: a difference within one zone would be of wall clocks, an hour wrong on two days a year
            if closes.astimezone(UTC) > start:
                yield opens.astimezone(UTC), closes.astimezone(UTC)
        day += timedelta(days=1)


def _time(minute: int) -> time:
    return time(minute // 60, minute % 60)
