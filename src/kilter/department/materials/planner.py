"""The morning planner: what to elute and what to draw when, from the wanted doses and the generator.

The plan changes nothing: it is worked out anew from what the generator holds by then. What is at hand of
eluates is drawn from first. The elutions are the fewest that a look ahead from the first dose finds: each is
as early as it can be and serves all that it can.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from kilter.department.ledger import clock
from kilter.department.materials.custody import needs
from kilter.department.materials.decaying import SLACK, activity_at, decayed
from kilter.department.materials.figures import number
from kilter.department.materials.models import Lot
from kilter.measure.error import BadInput
from kilter.measure.registry import find
from kilter.measure.run import run

YIELD = "nuclear_medicine.generator_yield"
STEP = timedelta(minutes=15)
"""How finely the instants of elution are tried."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A dose that is wanted: MBq at an instant, for what, and in which product."""

    at: datetime
    activity: float
    words: str = ""
    product: str = ""


@dataclass(frozen=True, slots=True)
class Practice:
    """How a site works: efficiency as a share, mL of an eluate, times from elution to draw and to dose."""

    efficiency: float = 0.9
    volume: float = 6.0
    before_draw: timedelta = timedelta(minutes=30)
    before_dose: timedelta = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Draw:
    """A dose of the plan: when to draw it, MBq then, and the volume of eluate that holds it."""

    wanted: Wanted
    at: datetime
    activity: float
    volume: float


@dataclass(frozen=True, slots=True)
class Elution:
    """An elution of the plan: when, what it gives, what of it is planned at that instant, and its draws.

    Where the eluate is at hand already, `held` is its lot, and `at` the instant from which it is planned on.
    """

    at: datetime
    gives: float
    planned: float
    expires: datetime
    draws: Sequence[Draw]
    held: Lot | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """Elutions in the order of time, and what cannot be served."""

    elutions: Sequence[Elution]
    short: Sequence[Wanted]


@dataclass(slots=True)
class _Column:
    """A generator while it is planned: its parent, and what the last planned elution left of the daughter."""

    parent: str
    daughter: str
    parent_activity: float
    reference: datetime
    eluted_at: datetime
    residual: float

    def there(self, at: datetime) -> float:
        """Give the daughter's activity in the column at an instant, in MBq."""
        parent = decayed(self.parent_activity, self.parent, self.reference, self.eluted_at)
        inputs = {
            "parent_activity": f"{parent!r} MBq",
            "elapsed": f"{(at - self.eluted_at).total_seconds() / 3600!r} h",
            "residual": f"{self.residual!r} MBq",
            "pair": f"{self.parent}/{self.daughter}",
        }
        return float(run(find(YIELD), inputs).results["activity"].value)

    def elute(self, at: datetime, efficiency: float) -> float:
        """Elute in thought: give what comes out, and keep what stays behind."""
        there = self.there(at)
        self.residual, self.eluted_at = there * (1.0 - efficiency), at
        return there * efficiency


def plan(
    generator: Lot,
    wanted: Sequence[Wanted],
    earliest: datetime,
    practice: Practice | None = None,
    stock: Sequence[Lot] = (),
) -> Plan:
    """Plan a list of doses on a generator.

    Args:
        generator: as it stands now.
        wanted: doses, in any order.
        earliest: before which nobody elutes.
        practice: of the site.
        stock: eluates at hand that may be drawn from; what expires first is drawn from first.

    Raises:
        BadInput: a dose, an instant or the practice is impossible, or the lot is no generator.
    """
    way, start = practice or Practice(), clock.as_instant(earliest, "earliest")
    _check(way)
    column, shelf = _column(generator), _shelf(generator)
    left = sorted((_checked(one) for one in wanted), key=lambda one: one.at)
    elutions, left = _of_stock(stock, left, start, column.daughter, way)
    short: list[Wanted] = []
    begin = max(start, column.eluted_at + STEP)
    while left:
        at = _first_instant(column, left[0], max(begin, left[0].at - shelf + STEP), way)
        if at is None or (generator.expires is not None and at >= generator.expires):
            short.append(left.pop(0))
            continue
        end = min(at + shelf, generator.expires or at + shelf)
        before = replace(column)
        gives = column.elute(at, way.efficiency)
        served, left = _fill(left, at, end, gives, column.daughter, way)
        if not served:  # the generator expires before the first dose
            short.append(left.pop(0))
            column = before
            continue
        elutions.append(_elution(served, at, end, gives, column.daughter, way))
        begin = at + STEP
    return Plan(elutions, short)


def _of_stock(
    stock: Sequence[Lot], left: list[Wanted], start: datetime, daughter: str, way: Practice
) -> tuple[list[Elution], list[Wanted]]:
    """Serve what the eluates at hand can, and give the rest; they need no time before the first draw."""
    found = []
    far = start + timedelta(days=365)
    for lot in sorted(stock, key=lambda one: one.expires or far):
        needs(lot.nuclide == daughter, "stock", f"{lot.label} is not of this generator's nuclide")
        end, gives = lot.expires or far, activity_at(lot, start)
        at_hand = replace(way, before_draw=timedelta(0), volume=lot.volume)
        served, left = _fill(left, start, end, gives, daughter, at_hand)
        if served:
            found.append(replace(_elution(served, start, end, gives, daughter, at_hand), held=lot))
    return found, left


def _check(way: Practice) -> None:
    number("efficiency", way.efficiency, above=0.0, most=1.0)
    number("volume", way.volume, above=0.0)
    if way.before_draw < timedelta(0) or way.before_dose < timedelta(0):
        raise BadInput("practice: a time is below nothing", field="practice")


def _checked(one: Wanted) -> Wanted:
    number("activity", one.activity, above=0.0)
    return Wanted(clock.as_instant(one.at, "at"), one.activity, one.words, one.product)


def _column(generator: Lot) -> _Column:
    product = generator.product.gives if generator.product is not None else None
    needs(generator.kind == Lot.Kind.GENERATOR and product is not None, "generator", "is no generator")
    eluted = generator.eluted_at or generator.made_at
    daughter = product.nuclide if product is not None else ""
    return _Column(
        generator.nuclide, daughter, generator.activity, generator.reference, eluted, generator.left_behind
    )


def _shelf(generator: Lot) -> timedelta:
    product = generator.product.gives if generator.product is not None else None
    return timedelta(hours=product.shelf_hours if product is not None else 0.0)


def _needed(one: Wanted, at: datetime, daughter: str) -> float:
    """Give what a dose takes of an eluate at an earlier instant, in MBq."""
    return decayed(one.activity, daughter, one.at, at)


def _first_instant(column: _Column, one: Wanted, begin: datetime, way: Practice) -> datetime | None:
    """Find the first instant from which the column gives a dose in time; None where there is none."""
    last, at = one.at - way.before_dose - way.before_draw, begin
    while at <= last:
        if column.there(at) * way.efficiency >= _needed(one, at, column.daughter):
            return at
        at += STEP
    return None


def _fill(
    left: Sequence[Wanted], at: datetime, end: datetime, gives: float, daughter: str, way: Practice
) -> tuple[list[Wanted], list[Wanted]]:
    """Part the doses into those that an elution serves, the earliest first, and the rest."""
    served: list[Wanted] = []
    rest: list[Wanted] = []
    used = 0.0
    for one in left:
        needed = _needed(one, at, daughter)
        in_time = at + way.before_draw <= one.at - way.before_dose
        if in_time and one.at < end and used + needed <= gives * (1 + SLACK):
            served.append(one)
            used += needed
        else:
            rest.append(one)
    return served, rest


def _elution(
    served: Sequence[Wanted], at: datetime, end: datetime, gives: float, daughter: str, way: Practice
) -> Elution:
    draws = []
    for one in served:
        when = one.at - way.before_dose
        share = _needed(one, at, daughter) / gives
        draws.append(Draw(one, when, decayed(one.activity, daughter, one.at, when), share * way.volume))
    planned = math.fsum(_needed(one, at, daughter) for one in served)
    return Elution(at, gives, planned, end, draws)
