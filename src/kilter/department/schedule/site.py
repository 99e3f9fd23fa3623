"""Days as they begin at the site."""

from __future__ import annotations

from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.conf import settings

from kilter.department.ledger import clock


@lru_cache(2)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def local_day(instant: datetime) -> date:
    """Give the day of an instant at the site."""
    return instant.astimezone(_zone(settings.SITE_ZONE)).date()


def today() -> date:
    """Give the day at the site."""
    return local_day(clock.now())
