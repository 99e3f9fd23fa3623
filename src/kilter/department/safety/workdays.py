"""When an alert is to be acknowledged: within two working days of its issue, at the site."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAYS = 2
"""Working days; the Central Alerting System's time for an acknowledgement. Its text was not read here."""


def acknowledge_by(issued: date, zone: str) -> datetime:
    """Give the end of the second working day after the day of issue, as an instant in UTC.

    Saturdays and Sundays are no working days; public holidays are not known here, so that the clock runs out
    too early rather than too late.
    """
    day, left = issued, DAYS
    while left:
        day += timedelta(days=1)
        left -= day.weekday() < 5
    end = datetime.combine(day + timedelta(days=1), time(), ZoneInfo(zone))
    return end.astimezone(UTC)
