"""Permits with their limits, and what is booked ahead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from kilter.department.ledger import audit, clock
from kilter.department.ledger.texts import text
from kilter.department.materials.custody import needs
from kilter.department.materials.decaying import check_nuclide
from kilter.department.materials.figures import number
from kilter.department.materials.models import WAYS_UNDER_PERMIT, Booking, Permit, PermitLimit
from kilter.department.materials.permits import GROUPS
from kilter.department.patients.models import Patient
from kilter.department.people.gate import action
from kilter.department.people.models import Person
from kilter.measure.error import BadInput, Conflict


@dataclass(frozen=True, slots=True)
class Allowed:
    """One row of a permit: the most in MBq of a nuclide, of `other` or of `all`, by a route in a period."""

    route: str
    group: str
    limit: float
    period: str
    days: int = 0


@action("materials.add_permit")
def add_permit(
    *,
    by: Person,
    number_of_permit: str,
    authority: str,
    valid_from: datetime,
    limits: Sequence[Allowed],
    valid_until: datetime | None = None,
) -> Permit:
    """Enter a permit with its limits; a change of a permit is a permit of its own.

    Raises:
        BadInput: a row is not as it must be, or there is none.
        Conflict: the number is entered already.
    """
    name = text("number_of_permit", number_of_permit, most=60, needed=True)
    since = clock.as_instant(valid_from, "valid_from")
    until = clock.as_instant(valid_until, "valid_until") if valid_until is not None else None
    needs(until is None or until > since, "valid_until", "lies before the beginning")
    needs(limits, "limits", "a permit has at least one limit")
    if Permit.objects.filter(number=name).exists():
        raise Conflict(f"the permit {name} is entered already", field="number_of_permit")
    permit = Permit.objects.create(
        number=name,
        authority=text("authority", authority, most=120, needed=True),
        valid_from=since,
        valid_until=until,
        entered_by=by,
        entered_at=clock.now(),
    )
    PermitLimit.objects.bulk_create([_limit(permit, row) for row in limits])
    rows = [[row.route, row.group, row.limit, row.period, row.days] for row in limits]
    audit.write("materials.add_permit", by=by, subject=permit, detail={"limits": rows})
    return permit


def _limit(permit: Permit, row: Allowed) -> PermitLimit:
    routes = (*WAYS_UNDER_PERMIT, PermitLimit.Route.HOLDING)
    needs(row.route in routes, "route", "is none of the routes")
    needs(row.period in PermitLimit.Period.values, "period", "is none of the periods")
    holding = row.route == PermitLimit.Route.HOLDING
    at_once = row.period == PermitLimit.Period.AT_ANY_TIME
    needs(holding == at_once, "period", "what is held is limited at any time, what leaves by month or days")
    rolling = row.period == PermitLimit.Period.ROLLING_DAYS
    if isinstance(row.days, bool) or not isinstance(row.days, int) or not 0 <= row.days <= 3660:
        raise BadInput("days: must be a whole number of days", field="days")
    needs(rolling == (row.days > 0), "days", "are given for a rolling period, and only for it")
    group = row.group if row.group in GROUPS else check_nuclide(row.group)
    needs(group, "group", "name a nuclide, other or all")
    return PermitLimit(
        permit=permit,
        route=row.route,
        group=group,
        limit=number("limit", row.limit),
        period=row.period,
        days=row.days,
    )


@action("materials.book")
def book(
    *,
    by: Person,
    at: datetime,
    nuclide: str,
    activity: float,
    route: str,
    excreted: float,
    words: str = "",
    patient: Patient | None = None,
) -> Booking:
    """Book activity ahead: what will be given, and the share of it that will leave by a route.

    Raises:
        BadInput: a field is impossible.
    """
    needs(route in WAYS_UNDER_PERMIT, "route", "is no way out")
    needs(nuclide, "nuclide", "name the nuclide")
    booking = Booking.objects.create(
        at=clock.as_instant(at, "at"),
        nuclide=check_nuclide(nuclide),
        activity=number("activity", activity, above=0.0),
        route=route,
        excreted=number("excreted", excreted, most=1.0),
        words=text("words", words, most=200),
        patient=patient,
        made_by=by,
        made_at=clock.now(),
    )
    audit.write(
        "materials.book", by=by, subject=booking, detail={"nuclide": nuclide, "MBq": booking.activity}
    )
    return booking


@action("materials.cancel_booking")
def cancel_booking(*, by: Person, booking: Booking, reason: str) -> Booking:
    """Cancel a booking, with a reason.

    Raises:
        BadInput: there is no reason.
        Conflict: it was cancelled before.
    """
    words = text("reason", reason, most=300, needed=True)
    row = Booking.objects.select_for_update(of=("self",)).get(pk=booking.pk)
    if row.cancelled_at is not None:
        raise Conflict("this booking was cancelled before", field="booking")
    row.cancelled_at = clock.now()
    row.save(update_fields=["cancelled_at"])
    audit.write("materials.cancel_booking", by=by, subject=row, detail={"reason": words})
    return row
