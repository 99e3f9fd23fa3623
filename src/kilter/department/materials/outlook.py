"""What a permit has left: totals now, and a forecast from stock and bookings with its first breach."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from kilter.department.materials.course import AT_HAND
from kilter.department.materials.decaying import constant
from kilter.department.materials.models import Booking, Lot, Movement, Permit, PermitLimit
from kilter.department.materials.permits import counts_for, gone, month_of, named_nuclides, total
from kilter.numerics.permit import SLACK, Floats, Line, Period, held, running, smallest_delay, totals_at

DAY = 86_400.0
HOLDING = PermitLimit.Route.HOLDING.value


@dataclass(frozen=True, slots=True)
class Used:
    """A limit, and what of it is used at an instant, in MBq."""

    limit: PermitLimit
    used: float

    @property
    def left(self) -> float:
        """MBq that may still go; never below nothing."""
        return max(0.0, self.limit.limit - self.used)


def totals(permit: Permit, instant: datetime) -> list[Used]:
    """Give what of each limit of a permit is used at an instant; a query for each route, and two more.

    What leaves is added up over the period that ends at the instant; what is held is what stands at hand.
    """
    limits = list(PermitLimit.objects.filter(permit=permit).order_by("route", "group", "period", "days"))
    found = []
    for route in sorted({row.route for row in limits}):
        rows = [row for row in limits if row.route == route]
        named = named_nuclides(rows)
        if route == HOLDING:
            there = stock_by_nuclide(instant)
            found += [
                Used(row, sum(mbq for name, mbq in there.items() if counts_for(row, name, named)))
                for row in rows
            ]
            continue
        longest = max(row.days for row in rows)
        past = gone(permit, route, min(month_of(instant)[0], instant - timedelta(days=longest)))
        found += [Used(row, total(row, past, named, instant)) for row in rows]
    return found


def stock_by_nuclide(instant: datetime) -> dict[str, float]:
    """Add up the activity at hand by nuclide at an instant, in MBq; one query."""
    found: dict[str, float] = {}
    for name, (activity, reference) in _stock(instant).items():
        found[name] = float(np.sum(activity * np.exp(reference * constant(name))))
    return found


def _stock(start: datetime) -> dict[str, tuple[Floats, Floats]]:
    """Read the stock by nuclide: MBq, and reference times in s after `start`."""
    rows = Lot.objects.filter(state__in=AT_HAND, activity__gt=0).exclude(nuclide="")
    apart: dict[str, list[tuple[float, float]]] = {}
    zero = start.timestamp()
    for nuclide, activity, reference in rows.values_list("nuclide", "activity", "reference"):
        apart.setdefault(nuclide, []).append((activity, reference.timestamp() - zero))
    return {name: _columns(pairs) for name, pairs in apart.items()}


def _columns(pairs: Sequence[tuple[float, float]]) -> tuple[Floats, Floats]:
    table = np.array(pairs, dtype=float).reshape(-1, 2)
    return table[:, 0], table[:, 1]


@dataclass(frozen=True, slots=True)
class Breach:
    """The first time a limit would be passed: when, by which booking, and the smallest delay to avoid it.

    `booking` is None where what is gone already passes the limit; `delay` is None where no delay helps.
    """

    limit: PermitLimit
    at: datetime
    total: float
    booking: Booking | None
    delay: timedelta | None


@dataclass(frozen=True, slots=True)
class Outlook:
    """Limits over the days to come: the highest total of each on every day, and the first breach of each."""

    days: Sequence[datetime]
    lines: Sequence[tuple[PermitLimit, Floats]]
    breaches: Sequence[Breach]


def forecast(permit: Permit, start: datetime, *, days: int = 365) -> Outlook:
    """Forecast a permit from what has gone, what is at hand and what is booked; four queries.

    A booking leaves by its route, its excreted share at once and undecayed: the least favourable case. What
    is held decays where it stands, and a booking is held on its own day as a whole.

    Args:
        permit: which.
        start: from when.
        days: how many.
    """
    limits = list(PermitLimit.objects.filter(permit=permit).order_by("route", "group", "period", "days"))
    until = start + timedelta(days=days)
    booked = list(Booking.objects.filter(at__gte=start, at__lt=until, cancelled_at=None).order_by("at", "id"))
    since = start - timedelta(days=max([31, *(row.days for row in limits)]))
    past = list(
        Movement.objects.filter(permit=permit, at__gte=min(since, month_of(start)[0]), at__lte=start)
        .order_by("at", "id")
        .values_list("at", "route", "nuclide", "activity")
    )
    ends = [start + timedelta(days=day) for day in range(1, days + 1)]
    marks = np.asarray(np.arange(1, days + 1) * DAY, dtype=np.float64)
    stock = _stock(start)
    lines: list[tuple[PermitLimit, Floats]] = []
    breaches: list[Breach] = []
    for route in sorted({row.route for row in limits}):
        rows = [row for row in limits if row.route == route]
        if route == HOLDING:
            for row in rows:
                found, breach = _holding(row, named_nuclides(rows), stock, booked, start, marks)
                lines.append((row, found))
                breaches += [breach] if breach is not None else []
            continue
        flow = Flow.of(start, [one for one in past if one[1] == route], booked, route)
        for row in rows:
            lines.append((row, flow.at(row, rows, marks)))
            one = flow.breach(row, rows)
            breaches += [one] if one is not None else []
    return Outlook(ends, lines, sorted(breaches, key=lambda one: one.at))


def _holding(
    row: PermitLimit,
    named: set[str],
    stock: dict[str, tuple[Floats, Floats]],
    booked: Sequence[Booking],
    start: datetime,
    marks: Floats,
) -> tuple[Floats, Breach | None]:
    """Give what is held on each day, and the first day that passes the limit."""
    begins = marks - DAY
    found = np.zeros(len(marks))
    for name, (activity, reference) in stock.items():
        if counts_for(row, name, named):
            stays = np.full(len(activity), np.inf)
            found += held(begins, 0.0, activity, reference, stays, constant(name))
    for one in booked:
        if counts_for(row, one.nuclide, named):
            found[int((one.at - start).total_seconds() // DAY)] += one.activity
    above = np.flatnonzero(found > row.limit * (1 + SLACK))
    if not len(above):
        return found, None
    day = int(above[0])
    at = start + timedelta(days=day)
    return found, Breach(row, at, float(found[day]), None, None)


@dataclass(frozen=True)
class Flow:
    """What goes by one route: past and booked events together, in the order of time, in s after the start."""

    start: datetime
    times: Floats
    amounts: Floats
    nuclides: Sequence[str]
    bookings: Sequence[Booking | None]

    @staticmethod
    def of(
        start: datetime,
        past: Iterable[tuple[datetime, str, str, float]],
        booked: Iterable[Booking],
        route: str,
    ) -> Flow:
        """Join what has gone by a route with what is booked for it."""
        rows: list[tuple[float, float, str, Booking | None]] = [
            ((at - start).total_seconds(), activity, nuclide, None) for at, _, nuclide, activity in past
        ]
        rows += [
            ((one.at - start).total_seconds(), one.activity * one.excreted, one.nuclide, one)
            for one in booked
            if one.route == route
        ]
        rows.sort(key=lambda row: row[0])
        return Flow(
            start,
            np.array([row[0] for row in rows], dtype=float),
            np.array([row[1] for row in rows], dtype=float),
            [row[2] for row in rows],
            [row[3] for row in rows],
        )

    def at(self, row: PermitLimit, rows: Sequence[PermitLimit], marks: Floats) -> Floats:
        """Give the highest total of a limit on each day that ends at a mark."""
        chosen = self._counts(row, rows)
        times, period = self.times[chosen], self._period(row)
        found = running(times, self.amounts[chosen], period)
        highest = totals_at(np.nextafter(marks, 0.0), times, self.amounts[chosen], period)
        place = np.searchsorted(marks, times, side="right")
        ahead = (times >= 0) & (place < len(marks))
        np.maximum.at(highest, place[ahead], found[ahead])
        return highest

    def breach(self, row: PermitLimit, rows: Sequence[PermitLimit]) -> Breach | None:
        """Give the first breach of a limit from the start on, with its remedy."""
        chosen = self._counts(row, rows)
        where = np.flatnonzero(chosen)
        times, amounts, period = self.times[chosen], self.amounts[chosen], self._period(row)
        found = running(times, amounts, period)
        future = np.where(times >= 0, found, 0.0)
        above = np.flatnonzero(future > row.limit * (1 + SLACK))
        if not len(above):
            return None
        place = int(where[above[0]])
        booking = self.bookings[place]
        delay = None if booking is None else self._delay(place, rows)
        at = self.start + timedelta(seconds=float(self.times[place]))
        return Breach(row, at, float(found[above[0]]), booking, delay)

    def _delay(self, place: int, rows: Sequence[PermitLimit]) -> timedelta | None:
        lines = [
            Line(counts, self._period(row), row.limit)
            for row in rows
            if (counts := self._counts(row, rows))[place]
        ]
        found = smallest_delay(place, self.times, self.amounts, lines)
        return None if found is None else timedelta(seconds=found)

    def _counts(self, row: PermitLimit, rows: Sequence[PermitLimit]) -> NDArray[np.bool_]:
        named = named_nuclides(rows)
        return np.array([counts_for(row, one, named) for one in self.nuclides], dtype=bool)

    def _period(self, row: PermitLimit) -> Period:
        if row.period == PermitLimit.Period.ROLLING_DAYS:
            return Period(rolling=row.days * DAY)
        return Period(edges=month_edges(self.start))


def month_edges(start: datetime, *, months: int = 36) -> Floats:
    """Give the beginnings of the site's months in s after an instant: two before it, the rest after."""
    edge = month_of(month_of(month_of(start)[0] - timedelta(days=1))[0] - timedelta(days=1))[0]
    found = []
    for _ in range(months):
        found.append((edge - start).total_seconds())
        edge = month_of(edge)[1]
    return np.array(found, dtype=float)
