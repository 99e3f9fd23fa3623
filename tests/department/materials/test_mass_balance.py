"""Random sequences of actions: nothing appears or vanishes, and nothing comes from what is not fit.

A plain book beside the room is kept by the test, from what the actions gave back. 500 sequences in an
ordinary run, ten thousand with `-m soak`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.db.models import Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.department.materials.conftest import BREAKTHROUGH, IMPURE, PURE, PURITY, START

from kilter.department.ledger import clock
from kilter.department.materials.balance import differences
from kilter.department.materials.models import Lot, Movement, PermitLimit
from kilter.department.materials.permits import gone
from kilter.measure.error import KilterError

pytestmark = pytest.mark.django_db
CONSTANT = {"Tc-99m": math.log(2) / (6.015 * 3600), "Mo-99": math.log(2) / (65.94 * 3600)}
VERBS = (
    "elute", "pass", "fail", "release", "prepare", "purity", "impure", "dispense", "dispense", "draw",
    "contain", "close", "dispose", "reject", "wait",
)  # fmt: skip
STEPS = st.lists(
    st.tuples(st.sampled_from(VERBS), st.integers(0, 7), st.floats(0.01, 1.4)), min_size=4, max_size=14
)


@dataclass
class Book:
    """What the test itself knows: which lots are bad, and what came in, as (at, nuclide, MBq)."""

    bad: set[int] = field(default_factory=set)
    parents: dict[int, set[int]] = field(default_factory=dict)
    came: list[tuple[datetime, str, float]] = field(default_factory=list)
    untested: set[int] = field(default_factory=set)

    def line(self, pk: int) -> set[int]:
        return {pk}.union(*(self.line(one) for one in self.parents.get(pk, ())))

    def may_give(self, pk: int, now: datetime) -> bool:
        line = self.line(pk)
        expired = Lot.objects.filter(pk__in=line, expires__lte=now).exists()
        return not (line & self.bad or line & self.untested or expired)


def pick(kinds: tuple[str, ...], number: int) -> Any:
    rows = list(Lot.objects.filter(kind__in=kinds).order_by("pk"))
    return rows[number % len(rows)] if rows else None


def take(lab: Any, book: Book, verb: str, number: int, share: float) -> None:
    """Draw from a lot, by whatever verb, and note what must not have happened."""
    vial = pick(("eluate", "batch"), number)
    if vial is None:
        return
    fit = book.may_give(vial.pk, clock.now())
    if verb == "prepare":
        kits = Lot.objects.get(kind="stock")
        new = lab.batch(vial, kits, share * 4000.0, worksheet={"purification": {"yield": 100.0 - number}})
        book.parents[new.pk] = {vial.pk, kits.pk}
        if number:
            book.bad.add(Lot.objects.get(label=f"{new.label}-R").pk)
    else:
        asked = {"volume": share} if verb == "draw" else {"activity": share * 500.0}
        new = lab.dose(vial, **asked)
        book.parents[new.pk] = {vial.pk}
    assert fit, f"{new.label} came from a lot that was not fit"


def step(lab: Any, book: Book, verb: str, number: int, share: float) -> None:
    now = clock.now()
    if verb == "elute":
        generator = Lot.objects.get(kind="generator")
        new = lab.eluate(generator, share * 6000.0)
        book.parents[new.pk] = {generator.pk}
        book.untested.add(new.pk)
        book.came.append((now, "Tc-99m", new.activity))
    elif verb in ("prepare", "dispense", "draw"):
        take(lab, book, verb, number, share)
    elif verb in ("pass", "fail") and (lot := pick(("eluate",), number)):
        inputs = lab.breakthrough(lot, 0.02 if verb == "pass" else 0.5)
        lab.act("run_test", lot=lot, procedure=BREAKTHROUGH, inputs=inputs)
        book.bad |= {lot.pk} if verb == "fail" else set()
    elif verb in ("purity", "impure") and (lot := pick(("batch",), number)):
        inputs = PURE if verb == "purity" else IMPURE
        lab.act("run_test", lot=lot, procedure=PURITY, inputs=inputs)
        book.bad |= {lot.pk} if verb == "impure" else set()
    elif verb == "release" and (lot := pick(("eluate",), number)):
        lab.act("release", by=lab.physicist, lot=lot)
        book.untested.discard(lot.pk)
    elif verb == "reject" and (lot := pick(("eluate", "batch", "stock"), number)):
        lab.act("reject", lot=lot, reason="tried")
        book.bad.add(lot.pk)
    else:
        leave(lab, verb, number)


def leave(lab: Any, verb: str, number: int) -> None:
    box = Lot.objects.filter(kind="container", sealed_at=None).first()
    if verb == "contain" and (lot := pick(("syringe", "residue"), number)):
        box = box or lab.act("open_container", label=lab.label("W"))
        lab.act("put_in_container", lot=lot, container=box)
    elif verb == "close" and box is not None:
        lab.act("seal_container", container=box)
    elif verb == "dispose" and (lot := pick(("syringe", "container", "batch", "residue"), number)):
        route = ("drain", "solid")[number % 2]
        lab.act("dispose", lot=lot, route=route, permit=lab.permit)


def decay(rows: Any, nuclide: str, end: datetime) -> float:
    return math.fsum(
        activity * math.exp(-CONSTANT[nuclide] * (end - at).total_seconds())
        for at, name, activity in rows
        if name == nuclide
    )


def check(lab: Any, book: Book, end: datetime) -> None:
    lots = list(Lot.objects.all())
    assert all(min(lot.activity, lot.volume, lot.amount, lot.left_behind) >= 0 for lot in lots)
    assert differences(end, lots) == []
    left = [(row.at, row.nuclide, row.activity) for row in Movement.objects.filter(verb="dispose")]
    for nuclide in CONSTANT:
        came = decay(book.came, nuclide, end)
        here = decay([(lot.reference, lot.nuclide, lot.activity) for lot in lots], nuclide, end)
        assert here + decay(left, nuclide, end) == pytest.approx(came, rel=1e-9, abs=1e-9 * (1 + came))
    total = 0.0
    for route in PermitLimit.Route.values:
        total += math.fsum(activity for _, _, activity in gone(lab.permit, route))
    parts = Movement.objects.filter(verb="dispose").exclude(nuclide="").aggregate(n=Sum("activity"))["n"]
    assert total == pytest.approx(parts or 0.0, rel=1e-12)


@settings(max_examples=60, suppress_health_check=list(HealthCheck), deadline=None)
@given(steps=STEPS)
def test_nothing_appears_or_vanishes(lab: Any, steps: list[tuple[str, int, float]]) -> None:
    tried(lab, steps)


@pytest.mark.slow
@settings(max_examples=500, suppress_health_check=list(HealthCheck), deadline=None)
@given(steps=STEPS)
def test_nothing_appears_or_vanishes_in_five_hundred_sequences(
    lab: Any, steps: list[tuple[str, int, float]]
) -> None:
    tried(lab, steps)


@pytest.mark.soak
@settings(max_examples=10_000, suppress_health_check=list(HealthCheck), deadline=None)
@given(steps=STEPS)
def test_nothing_appears_or_vanishes_in_ten_thousand_sequences(
    lab: Any, steps: list[tuple[str, int, float]]
) -> None:
    tried(lab, steps)


def tried(lab: Any, steps: list[tuple[str, int, float]]) -> None:
    """Try one sequence, and hold the books against the test's own."""
    with transaction.atomic():
        generator = lab.generator()
        lab.kits(3.0)
        lab.released(lab.eluate(generator))
        eluate = Lot.objects.get(kind="eluate")
        book = Book(parents={eluate.pk: {generator.pk}})
        book.came += [(START, "Mo-99", 20_000.0), (START, "Tc-99m", 9000.0)]
        now = START
        for verb, number, share in steps:
            now += timedelta(minutes=90 * share) if verb == "wait" else timedelta(minutes=5)
            with clock.at(now):
                try:
                    with transaction.atomic():
                        step(lab, book, verb, number, share)
                except KilterError:
                    pass  # refused: the books must be as they were
        check(lab, book, now + timedelta(minutes=1))
        transaction.set_rollback(True)


def test_a_row_that_does_not_agree_with_its_movements_is_named(lab: Any) -> None:
    eluate = lab.eluate(lab.generator())
    assert differences(START) == []
    Lot.objects.filter(pk=eluate.pk).update(activity=8999.0)
    with_one = differences(START)
    assert [one.lot for one in with_one] == [eluate]
    assert (with_one[0].row.activity, with_one[0].moved.activity) == (8999.0, 9000.0)
