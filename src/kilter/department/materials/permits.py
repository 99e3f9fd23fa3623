"""What a permit allows: which limit counts for a nuclide, over which span, and how much went already."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings

from kilter.department.ledger import clock
from kilter.department.materials.decaying import SLACK
from kilter.department.materials.models import Movement, Permit, PermitLimit
from kilter.measure.error import Conflict

Past = Sequence[tuple[datetime, str, float]]
"""Movements as (at, nuclide, MBq at that instant), in the order of time."""

GROUPS = ("other", "all")
"""Groups of a limit that are no nuclide."""


def month_of(instant: datetime) -> tuple[datetime, datetime]:
    """Give the calendar month of the site that holds an instant: its first instant and that of the next."""
    here = instant.astimezone(ZoneInfo(settings.SITE_ZONE))
    first = here.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    after = first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)
    return clock.as_instant(first), clock.as_instant(after)


def counts_for(limit: PermitLimit, nuclide: str, named: Iterable[str]) -> bool:
    """Say whether a limit counts a nuclide.

    Args:
        limit: the limit.
        nuclide: such as Tc-99m.
        named: the nuclides that the permit names for this route.
    """
    if limit.group == "all":
        return True
    return nuclide not in named if limit.group == "other" else nuclide == limit.group


def named_nuclides(limits: Iterable[PermitLimit]) -> set[str]:
    """Give the nuclides that limits name."""
    return {row.group for row in limits} - set(GROUPS)


def total(limit: PermitLimit, past: Past, named: set[str], end: datetime) -> float:
    """Add up what went under a limit in the period that ends at an instant, in MBq, that instant with it."""
    if limit.period == PermitLimit.Period.CALENDAR_MONTH:
        since = month_of(end)[0]
        rows = [row for row in past if since <= row[0] <= end]
    elif limit.period == PermitLimit.Period.ROLLING_DAYS:
        since = end - timedelta(days=limit.days)
        rows = [row for row in past if since < row[0] <= end]
    else:
        rows = [row for row in past if row[0] == end]
    return sum(activity for _, nuclide, activity in rows if counts_for(limit, nuclide, named))


def highest(limit: PermitLimit, past: Past, named: set[str], at: datetime) -> float:
    """Give the largest total of the periods that hold an instant: a late entry counts for later ones, too."""
    ends = {at} | {when for when, _, _ in past if at < when <= _last_end(limit, at)}
    return max(total(limit, past, named, end) for end in ends)


def _last_end(limit: PermitLimit, at: datetime) -> datetime:
    """Give the last instant at which a period that holds `at` may end."""
    if limit.period == PermitLimit.Period.CALENDAR_MONTH:
        return month_of(at)[1] - timedelta(microseconds=1)
    if limit.period == PermitLimit.Period.ROLLING_DAYS:
        return at + timedelta(days=limit.days) - timedelta(microseconds=1)
    return at


def gone(permit: Permit, route: str, since: datetime | None = None) -> Past:
    """List what went by a route under a permit; one query."""
    rows = Movement.objects.filter(permit=permit, route=route)
    if since is not None:
        rows = rows.filter(at__gte=since)
    return list(rows.order_by("at", "id").values_list("at", "nuclide", "activity"))


def refuse_beyond(permit: Permit, route: str, at: datetime, leaving: Mapping[str, float]) -> None:
    """Refuse what a permit does not allow, on its locked row.

    Args:
        permit: locked until the action ends.
        route: by which the activity would leave.
        at: when.
        leaving: MBq at that instant, by nuclide.

    Raises:
        Conflict: the permit is not valid then, says nothing of a nuclide, or a total would pass its limit.
    """
    if at < permit.valid_from or (permit.valid_until is not None and at >= permit.valid_until):
        raise Conflict(f"permit {permit.number} is not valid at this time", field="permit")
    limits = list(PermitLimit.objects.filter(permit=permit, route=route))
    named = named_nuclides(limits)
    for nuclide in leaving:
        if not any(counts_for(row, nuclide, named) for row in limits):
            message = f"permit {permit.number} says nothing of {nuclide} by {PermitLimit.Route(route).label}"
            raise Conflict(message, field="route", code="not_in_permit")
    longest = max((row.days for row in limits), default=0)
    past = gone(permit, route, min(month_of(at)[0], at - timedelta(days=longest)))
    with_it = sorted([*past, *((at, nuclide, activity) for nuclide, activity in leaving.items())])
    for row in limits:
        if not any(counts_for(row, nuclide, named) for nuclide in leaving):
            continue
        most = highest(row, with_it, named, at)
        if most > row.limit * (1 + SLACK):
            before = highest(row, past, named, at)
            raise Conflict(_beyond(permit, row, before, most), field="permit", code="above_permit")


def _beyond(permit: Permit, row: PermitLimit, before: float, most: float) -> str:
    period = f"{row.days} days" if row.days else row.get_period_display()
    where = f"{row.get_route_display()}, {row.group}, {period}"
    allows = f"permit {permit.number} ({where}) allows {row.limit:g} MBq"
    return f"{allows}; {before:.4g} MBq went before, and this makes {most:.4g} MBq"
