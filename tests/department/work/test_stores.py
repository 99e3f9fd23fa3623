"""Parts in stores: the number is the sum of its movements and never below nothing."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models import Sum
from hypothesis import given, settings
from hypothesis import strategies as st

from kilter.department.ledger import clock
from kilter.department.work import actions, queries
from kilter.department.work.models import Stock, StockMove
from kilter.measure.error import BadInput, Conflict, KilterError, NotPermitted

pytestmark = pytest.mark.django_db


@pytest.fixture
def battery(shop: Any) -> Stock:
    """Five batteries in the workshop, at 12.50 each."""
    store = actions.add_store(by=shop.engineer, name="Workshop")
    part = actions.add_part(
        by=shop.engineer, number="B-12", name="Battery", maker="Northfield", reorder_level=3
    )
    return actions.receive_part(
        by=shop.engineer, part=part, store=store, quantity=5, lot="L1", unit_cost="12.50"
    ).stock


@pytest.fixture
def job(shop: Any) -> Any:
    return actions.open_job(by=shop.engineer, device=shop.pump, text="battery flat")


def test_a_part_goes_to_a_job_and_back(shop: Any, battery: Stock, job: Any) -> None:
    actions.issue_part(by=shop.engineer, job=job, stock=battery, quantity=2)
    assert str(queries.costs(job)) == "25.00"
    assert queries.to_reorder() == [(battery.part, 3)]
    with pytest.raises(BadInput, match="this job has 2 of them"):
        actions.return_part(by=shop.engineer, job=job, stock=battery, quantity=3, reason="not needed")
    actions.return_part(by=shop.engineer, job=job, stock=battery, quantity=1, reason="not needed")
    assert str(queries.costs(job)) == "12.50"
    assert queries.to_reorder() == []
    assert [one.quantity for one in queries.stock_on_hand(part=battery.part)] == [4]
    assert [move.quantity for move in queries.parts_of(job)] == [-2, 1]


def test_no_more_than_there_are(shop: Any, battery: Stock, job: Any) -> None:
    with pytest.raises(BadInput, match="only 5 in this store"):
        actions.issue_part(by=shop.engineer, job=job, stock=battery, quantity=6)
    with pytest.raises(IntegrityError), transaction.atomic():
        Stock.objects.filter(pk=battery.pk).update(quantity=-1)


def test_what_expired_goes_nowhere(shop: Any, battery: Stock, job: Any) -> None:
    today = clock.now().date()
    yesterday = date.fromordinal(today.toordinal() - 1)
    old = actions.receive_part(
        by=shop.engineer, part=battery.part, store=battery.store, quantity=1, lot="L0", expires=yesterday
    ).stock
    with pytest.raises(Conflict, match="this lot expired on"):
        actions.issue_part(by=shop.engineer, job=job, stock=old, quantity=1)
    with pytest.raises(BadInput, match="with the expiry"):
        actions.receive_part(by=shop.engineer, part=battery.part, store=battery.store, quantity=1, lot="L0")
    actions.correct_stock(by=shop.engineer, stock=old, counted=0, reason="expired, thrown away")
    assert [one.lot for one in queries.stock_on_hand()] == ["L1"]
    with pytest.raises(Conflict, match="there are 0 already"):
        actions.correct_stock(by=shop.engineer, stock=old, counted=0, reason="x")


def test_nothing_is_entered_twice_and_nothing_goes_to_an_ended_job(
    shop: Any, battery: Stock, job: Any
) -> None:
    with pytest.raises(Conflict, match="a store called Workshop"):
        actions.add_store(by=shop.engineer, name="Workshop ")
    with pytest.raises(Conflict, match="B-12 is entered"):
        actions.add_part(by=shop.engineer, number="B-12", name="x", maker="Northfield")
    actions.cancel_job(by=shop.engineer, job=job, reason="typed twice")
    with pytest.raises(Conflict, match="cancelled"):
        actions.issue_part(by=shop.engineer, job=job, stock=battery, quantity=1)
    with pytest.raises(Conflict, match="cancelled"):
        actions.log_labour(by=shop.engineer, job=job, minutes=5, text="x")


@pytest.mark.parametrize("quantity", [0, -1, True, 1.0, "1", 10**9])
def test_a_number_that_is_none(shop: Any, battery: Stock, job: Any, quantity: Any) -> None:
    with pytest.raises(BadInput, match="whole number"):
        actions.issue_part(by=shop.engineer, job=job, stock=battery, quantity=quantity)


def test_stores_are_not_everybodys(shop: Any, battery: Stock, hire: Any) -> None:
    with pytest.raises(NotPermitted):
        actions.correct_stock(by=hire("technologist"), stock=battery, counted=1, reason="x")


MOVES = st.lists(
    st.tuples(st.sampled_from(("receive", "issue", "return", "count")), st.integers(0, 9)), max_size=20
)


@settings(max_examples=40)
@given(MOVES)
def test_the_number_is_the_sum_of_its_movements(
    shop: Any, battery: Stock, job: Any, moves: list[tuple[str, int]]
) -> None:
    by = shop.engineer
    with transaction.atomic():
        for verb, n in moves:
            acts = {
                "receive": lambda n=n: actions.receive_part(
                    by=by, part=battery.part, store=battery.store, quantity=n, lot="L1"
                ),
                "issue": lambda n=n: actions.issue_part(by=by, job=job, stock=battery, quantity=n),
                "return": lambda n=n: actions.return_part(
                    by=by, job=job, stock=battery, quantity=n, reason="x"
                ),
                "count": lambda n=n: actions.correct_stock(by=by, stock=battery, counted=n, reason="x"),
            }
            try:
                with transaction.atomic():
                    acts[verb]()
            except KilterError:
                continue
            held = Stock.objects.get(pk=battery.pk).quantity
            assert 0 <= held == StockMove.objects.filter(stock=battery).aggregate(n=Sum("quantity"))["n"]
        transaction.set_rollback(True)
