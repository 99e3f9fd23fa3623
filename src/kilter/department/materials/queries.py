"""Reads of the materials room: what is there and how active, what expires, where a lot came from and went."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

import numpy as np
from django.db.models import F, Q, QuerySet
from numpy.typing import NDArray

from kilter.department.ledger.texts import as_key
from kilter.department.materials.course import AT_HAND, LotState
from kilter.department.materials.custody import is_tested
from kilter.department.materials.decaying import constant
from kilter.department.materials.fitness import reasons_against
from kilter.department.materials.lineage import ancestors, descendants
from kilter.department.materials.models import (
    Booking,
    Lot,
    LotTest,
    Movement,
    Permit,
    Product,
    TestRule,
)
from kilter.measure.error import NotFound
from kilter.numerics.decay import activities_at

LETTERS = {
    Lot.Kind.GENERATOR.value: "G",
    Lot.Kind.ELUATE.value: "E",
    Lot.Kind.BATCH.value: "B",
    Lot.Kind.SYRINGE.value: "S",
    Lot.Kind.RESIDUE.value: "R",
    Lot.Kind.CONTAINER.value: "W",
    Lot.Kind.SOURCE.value: "Q",
    Lot.Kind.STOCK.value: "K",
}
"""With which letter a proposed label begins, by kind of lot."""


def lot_by_label(label: str) -> Lot:
    """Find a lot by what was scanned.

    Raises:
        NotFound: there is none.
    """
    found = _whole().filter(label=as_key(label)[:80]).first()
    if found is None:
        raise NotFound("no lot has this label", field="label")
    return found


def lot_by_uuid(uuid: UUID) -> Lot:
    """Find a lot by public id.

    Raises:
        NotFound: there is none.
    """
    found = _whole().filter(uuid=uuid).first()
    if found is None:
        raise NotFound("there is no such lot", field="lot")
    return found


def product_by_key(key: str) -> Product:
    """Find a product by its key.

    Raises:
        NotFound: there is none.
    """
    found = Product.objects.select_related("gives").filter(key=key[:60]).first()
    if found is None:
        raise NotFound("there is no such product", field="product")
    return found


def permit_by_number(number: str) -> Permit:
    """Find a permit by its number.

    Raises:
        NotFound: there is none.
    """
    found = Permit.objects.filter(number=number[:60]).first()
    if found is None:
        raise NotFound("there is no such permit", field="permit")
    return found


def permits_at(instant: datetime) -> list[Permit]:
    """List the permits that are valid at an instant."""
    rows = Permit.objects.filter(valid_from__lte=instant)
    return list(rows.filter(Q(valid_until=None) | Q(valid_until__gt=instant)).order_by("number"))


def permit_by_uuid(uuid: UUID) -> Permit:
    """Find a permit by public id.

    Raises:
        NotFound: there is none.
    """
    found = Permit.objects.filter(uuid=uuid).first()
    if found is None:
        raise NotFound("there is no such permit", field="permit")
    return found


def bookings_between(since: datetime, until: datetime) -> list[Booking]:
    """List what is booked from one instant up to another and not cancelled, in the order of time."""
    rows = Booking.objects.filter(at__gte=since, at__lt=until, cancelled_at=None)
    return list(rows.select_related("patient").order_by("at", "id"))


def booking_by_uuid(uuid: UUID) -> Booking:
    """Find a booking by public id.

    Raises:
        NotFound: there is none.
    """
    found = Booking.objects.select_related("patient").filter(uuid=uuid).first()
    if found is None:
        raise NotFound("there is no such booking", field="booking")
    return found


def rule_by_number(number: int) -> TestRule:
    """Find the rule of a test by its row id.

    Raises:
        NotFound: there is none.
    """
    found = TestRule.objects.select_related("product").filter(pk=number).first()
    if found is None:
        raise NotFound("there is no such rule", field="rule")
    return found


def next_label(kind: str, day: date) -> str:
    """Propose a label that no lot has: a letter for the kind, the day, and the next number of that day."""
    begin = f"{LETTERS[kind]}{day:%y%m%d}-"
    taken = Lot.objects.filter(label__startswith=begin).values_list("label", flat=True)
    numbers = [int(tail) for one in taken if (tail := one.removeprefix(begin)).isascii() and tail.isdigit()]
    return f"{begin}{max(numbers, default=0) + 1}"


def products() -> list[Product]:
    """List all products by name."""
    return list(Product.objects.select_related("gives").order_by("name", "id"))


def rules_of(product: Product | None) -> list[TestRule]:
    """List the tests that lots of a product have now."""
    return list(TestRule.objects.filter(product=product, ended_at=None).order_by("when", "test"))


def _whole() -> QuerySet[Lot]:
    return Lot.objects.select_related(
        "product", "parent", "container", "location", "custodian", "made_by", "patient"
    )


@dataclass(frozen=True, slots=True)
class Stock:
    """Lots at hand, and the activity of each at the instant that was asked for, in MBq."""

    lots: Sequence[Lot]
    activities: NDArray[np.float64]


def stock_at(instant: datetime, *, kinds: Sequence[str] = ()) -> Stock:
    """List the lots at hand with their activity at an instant; one query, and one call of the decay law.

    Args:
        instant: at which.
        kinds: of lots; all where none are named.
    """
    rows = _whole().filter(state__in=AT_HAND)
    lots = list((rows.filter(kind__in=list(kinds)) if kinds else rows).order_by("expires", "id"))
    return Stock(lots, _activities(lots, instant))


def _activities(lots: Sequence[Lot], instant: datetime) -> NDArray[np.float64]:
    """Give the activity of every lot at an instant, in MBq."""
    zero = instant.timestamp()  # counted from the instant itself, so that no microsecond is rounded away
    constants = {nuclide: constant(nuclide) for nuclide in {lot.nuclide for lot in lots}}
    return activities_at(
        0.0,
        np.array([lot.activity for lot in lots], dtype=float),
        np.array([lot.reference.timestamp() - zero for lot in lots], dtype=float),
        np.array([constants[lot.nuclide] for lot in lots], dtype=float),
    )


def expiring(instant: datetime, within: timedelta) -> list[Lot]:
    """List the usable lots that expire within a time, the next first; what has expired stands before them."""
    rows = _whole().filter(state__in=(LotState.QUARANTINED, LotState.RELEASED))
    return list(rows.filter(expires__lte=instant + within).order_by("expires", "id"))


def leak_tests_due(instant: datetime, within: timedelta = timedelta(0)) -> list[Lot]:
    """List the sources whose leak test is due by then, the longest overdue first."""
    rows = _whole().exclude(state=LotState.DISPOSED).filter(next_leak_test__lte=instant + within)
    return list(rows.order_by("next_leak_test", "id"))


@dataclass(frozen=True, slots=True)
class DueTest:
    """A test that a lot still wants: when it was last passed, and since or when it is due."""

    lot: Lot
    rule: TestRule
    last: datetime | None
    due: datetime


def tests_due(instant: datetime) -> list[DueTest]:
    """List the tests that lots at hand want by an instant: not yet made, or to be made again. Three queries.

    A test before or alongside use is due from when the lot was made until it has passed or failed; a
    periodical one again after its interval.
    """
    rules: dict[int, list[TestRule]] = {}
    for rule in TestRule.objects.filter(ended_at=None).order_by("id"):
        rules.setdefault(rule.product_id, []).append(rule)
    alive = Q(state=LotState.QUARANTINED) | Q(state=LotState.RELEASED)
    lots = list(_whole().filter(alive, product__in=rules).exclude(kind=Lot.Kind.SYRINGE).order_by("id"))
    made: dict[tuple[int, str], datetime] = {}
    for row in LotTest.objects.filter(lot__in=[lot.pk for lot in lots]).order_by("at", "id"):
        made[row.lot_id, row.test] = row.at
    found = []
    for lot in (one for one in lots if is_tested(one.product, one.kind)):
        for rule in rules.get(lot.product_id or 0, ()):
            last = made.get((lot.pk, rule.test))
            if last is not None and not rule.every_hours:
                continue
            due = lot.made_at if last is None else last + timedelta(hours=rule.every_hours)
            if due <= instant:
                found.append(DueTest(lot, rule, last, due))
    return sorted(found, key=lambda one: (one.due, one.lot.pk))


def why_not(lot: Lot, instant: datetime) -> list[str]:
    """Say why nothing may be taken from a lot at an instant; nothing said means it may."""
    line = list(Lot.objects.filter(pk__in=ancestors([lot.pk])))
    return reasons_against(lot, line, instant)


@dataclass(frozen=True, slots=True)
class Chain:
    """Where a lot came from and where it went: lots, oldest first, and every movement between them."""

    before: Sequence[Lot]
    after: Sequence[Lot]
    movements: Sequence[Movement]
    tests: Sequence[LotTest]


def chain_of(lot: Lot) -> Chain:
    """Give the whole chain of a lot; a query for each step of it, and three more."""
    up, down = ancestors([lot.pk]), descendants([lot.pk])
    every = up | down
    lots = {row.pk: row for row in _whole().filter(pk__in=every)}
    rows = Movement.objects.filter(Q(from_lot__in=every) | Q(to_lot__in=every))
    rows = rows.select_related("from_lot", "to_lot", "record", "by", "permit").order_by("at", "id")
    tests = LotTest.objects.filter(lot__in=every).select_related("lot", "record", "by").order_by("at", "id")

    def listed(pks: set[int]) -> list[Lot]:
        return sorted((lots[pk] for pk in pks - {lot.pk}), key=lambda row: (row.made_at, row.pk))

    return Chain(listed(up), listed(down), list(rows), list(tests))


def recall_list(lot: Lot) -> list[Lot]:
    """List all that came of a lot, with where it is now and for whom it was, oldest first."""
    came = descendants([lot.pk]) - {lot.pk}
    return list(_whole().filter(pk__in=came).order_by("made_at", "id"))


def movements_of(lot: Lot) -> list[Movement]:
    """List what happened to a lot, oldest first."""
    rows = Movement.objects.filter(Q(from_lot=lot) | Q(to_lot=lot))
    return list(rows.select_related("from_lot", "to_lot", "record", "by", "permit").order_by("at", "id"))


def elutions_of(generator: Lot) -> list[Movement]:
    """List the elutions of a generator with their sealed records, newest first."""
    rows = Movement.objects.filter(from_lot=generator, verb="elute")
    return list(rows.select_related("to_lot__product", "record", "by").order_by(F("at").desc(), "-id"))
