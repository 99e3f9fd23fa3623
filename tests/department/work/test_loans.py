"""The equipment library: no overlap, only what may be used goes out, and what comes back is looked at."""

from __future__ import annotations

import threading
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.sites.place import ENGINE

from kilter.department.equipment import actions as equipment
from kilter.department.equipment.models import Hold
from kilter.department.ledger import clock
from kilter.department.records import actions as records
from kilter.department.status import queries as status
from kilter.department.work import actions, queries
from kilter.department.work.models import Job, Loan, PoolDevice
from kilter.measure.error import BadInput, Conflict, KilterError

DAY = timedelta(days=1)


@pytest.fixture
def pool(shop: Any) -> PoolDevice:
    return actions.add_to_pool(by=shop.engineer, device=shop.pump)


def book(shop: Any, pool: PoolDevice, start: float, end: float, **more: Any) -> Loan:
    """Book from so many days ahead to so many."""
    now = clock.now()
    given_ = {
        "borrower": "ward",
        "name": "Ward 7",
        "starts": now + start * DAY,
        "ends": now + end * DAY,
        **more,
    }
    return actions.book_loan(by=shop.engineer, pool=pool, **given_)


@pytest.mark.django_db
def test_out_and_back(shop: Any, pool: PoolDevice) -> None:
    loan = book(shop, pool, 0, 2)
    actions.hand_out(by=shop.engineer, loan=loan)
    assert [one.handed_out_by for one in queries.loans_ahead()] == [shop.engineer]
    with pytest.raises(Conflict, match="handed out or cancelled before"):
        actions.hand_out(by=shop.engineer, loan=loan)
    with pytest.raises(Conflict, match="handed out or cancelled before"):
        actions.cancel_loan(by=shop.engineer, loan=loan, reason="x")
    with pytest.raises(Conflict, match="booked or out"):
        actions.remove_from_pool(by=shop.engineer, pool=pool, reason="x")
    actions.return_loan(by=shop.engineer, loan=loan, decontaminated=True, finding="whole and clean")
    assert (queries.loans_ahead(), status.of(shop.pump).state) == ([], "in_use")
    with pytest.raises(Conflict, match="is not out"):
        actions.return_loan(by=shop.engineer, loan=loan, decontaminated=True, finding="x")
    actions.remove_from_pool(by=shop.engineer, pool=pool, reason="too old")
    assert queries.pool_devices() == []
    with pytest.raises(Conflict, match="does not lend this device"):
        book(shop, pool, 1, 2)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("start", "end", "free"),
    [
        (0, 2, True),
        (0, 2.1, False),
        (3, 4, False),
        (4.9, 9, False),
        (5, 6, True),
        (1, 9, False),
        (2, 5, False),
    ],
)
def test_two_bookings_never_overlap_and_may_touch(
    shop: Any, pool: PoolDevice, start: float, end: float, free: bool
) -> None:
    with clock.at(clock.now()):
        book(shop, pool, 2, 5)
        if free:
            assert book(shop, pool, start, end)
        else:
            with pytest.raises(Conflict, match="it is booked for Ward 7"):
                book(shop, pool, start, end)


@pytest.mark.django_db
def test_what_should_be_back_and_is_not_is_neither_free_nor_handed_out_again(
    shop: Any, pool: PoolDevice
) -> None:
    start = clock.now()
    with clock.at(start):
        first, second = book(shop, pool, 0, 1), book(shop, pool, 2, 3)
        actions.hand_out(by=shop.engineer, loan=first)
    with clock.at(start + 2 * DAY):
        with pytest.raises(Conflict, match="has not come back"):
            actions.hand_out(by=shop.engineer, loan=second)
        actions.return_loan(by=shop.engineer, loan=first, decontaminated=True, finding="late")
        actions.hand_out(by=shop.engineer, loan=second)
    with clock.at(start + 9 * DAY):
        actions.return_loan(by=shop.engineer, loan=second, decontaminated=True, finding="later still")
        nobody = book(shop, pool, 0, 1)
    with clock.at(start + 11 * DAY):
        with pytest.raises(Conflict, match="this booking is over"):
            actions.hand_out(by=shop.engineer, loan=nobody)
        assert book(shop, pool, 0, 1)


@pytest.mark.django_db
def test_a_later_booking_does_not_jump_an_earlier_one(shop: Any, pool: PoolDevice) -> None:
    first, second = book(shop, pool, 0, 1), book(shop, pool, 1, 2)
    with pytest.raises(Conflict, match="another booking comes before"):
        actions.hand_out(by=shop.engineer, loan=second)
    actions.cancel_loan(by=shop.engineer, loan=first, reason="not needed")
    actions.hand_out(by=shop.engineer, loan=second)


@pytest.mark.django_db
def test_only_what_may_be_used_goes_out(shop: Any, pool: PoolDevice) -> None:
    loan = book(shop, pool, 0, 1)
    equipment.place_hold(by=shop.engineer, device=shop.pump, cause="statement", text="door loose")
    with pytest.raises(Conflict, match=r"may not be used: .*door loose"):
        actions.hand_out(by=shop.engineer, loan=loan)
    received = equipment.register_device(by=shop.head, fields={"asset": "ME9", "model": shop.pump.model})
    with pytest.raises(Conflict, match="in service"):
        actions.add_to_pool(by=shop.engineer, device=received)
    with pytest.raises(Conflict, match="lends this device already"):
        actions.add_to_pool(by=shop.engineer, device=shop.pump)


@pytest.mark.django_db
def test_what_comes_back_dirty_broken_or_from_outside_is_held(shop: Any, pool: PoolDevice) -> None:
    shop.adopt()
    with pytest.raises(BadInput, match="agreement: must not be empty"):
        book(shop, pool, 0, 1, borrower="external", name="Hospice")
    loan = book(shop, pool, 0, 1, borrower="external", name="Hospice", agreement="Indemnity of 1 Nov, signed")
    actions.hand_out(by=shop.engineer, loan=loan)
    actions.return_loan(by=shop.engineer, loan=loan, decontaminated=False, finding="door broken", fault=True)
    causes = sorted(Hold.objects.values_list("cause", flat=True))
    assert causes == ["decontamination", "fault", "fault"]
    assert Job.objects.get().text == "door broken"
    outside = Hold.objects.get(text__contains="outside the hospital")
    with pytest.raises(Conflict, match="no passing test"):
        records.release(
            by=shop.engineer,
            device=shop.pump,
            hold=outside,
            text="x",
            confirmation=shop.confirm(shop.engineer),
        )


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"start": -1}, "starts"),
        ({"end": 0}, "ends"),
        ({"end": 400}, "ends"),
        ({"borrower": "friend"}, "borrower"),
        ({"name": " "}, "name"),
        ({"name": "home of 943 476 5919"}, "name"),
    ],
)
def test_a_booking_that_will_not_do_names_its_field(
    shop: Any, pool: PoolDevice, given: dict[str, Any], field: str
) -> None:
    with pytest.raises(BadInput) as refused:
        book(shop, pool, **{"start": 0, "end": 1, **given})
    assert refused.value.field == field


@pytest.mark.skipif(
    ENGINE == "sqlite", reason="threads cannot share a database in memory; it has one writer anyway"
)
@pytest.mark.django_db(transaction=True)
def test_of_bookings_made_at_once_one_is_kept(shop: Any, pool: PoolDevice) -> None:
    outcomes: list[str] = []

    def try_it() -> None:
        try:
            book(shop, pool, 1, 2)
            outcomes.append("booked")
        except (Conflict, OperationalError) as refusal:
            outcomes.append(type(refusal).__name__)
        finally:
            connection.close()

    threads = [threading.Thread(target=try_it) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == 4
    assert Loan.objects.count() == 1
    assert sorted(outcomes) == ["Conflict", "Conflict", "Conflict", "booked"]


STEPS = st.lists(
    st.tuples(st.sampled_from(("book", "out", "back", "cancel")), st.integers(0, 8)), max_size=20
)


@pytest.mark.django_db
@settings(max_examples=40)
@given(STEPS)
def test_no_walk_lends_a_device_twice(shop: Any, pool: PoolDevice, steps: list[tuple[str, int]]) -> None:
    start = clock.now()
    with transaction.atomic():
        for number, (verb, n) in enumerate(steps):
            with clock.at(start + number * DAY / 2):
                loans = list(Loan.objects.order_by("id"))
                try:
                    with transaction.atomic():
                        if verb == "book":
                            book(shop, pool, n / 2, n / 2 + 1.5)
                        elif loans:
                            _walk(shop, verb, loans[n % len(loans)])
                except KilterError:
                    continue
        rows = [one for one in Loan.objects.all() if one.handed_out_at is not None]
        rows.sort(key=lambda one: one.handed_out_at)
        for one, after in pairwise(rows):
            assert one.returned_at is not None
            assert one.returned_at <= after.handed_out_at
        transaction.set_rollback(True)


def _walk(shop: Any, verb: str, loan: Loan) -> None:
    if verb == "out":
        actions.hand_out(by=shop.engineer, loan=loan)
    elif verb == "back":
        actions.return_loan(by=shop.engineer, loan=loan, decontaminated=True, finding="clean")
    else:
        actions.cancel_loan(by=shop.engineer, loan=loan, reason="x")
