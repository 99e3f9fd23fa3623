"""Planned downtime: never two at once, acknowledged by the modality's lead; the visitors' register."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from kilter.department.ledger import clock
from kilter.department.people import actions as people
from kilter.department.work import actions, downtimes
from kilter.department.work.models import Downtime
from kilter.measure.error import BadInput, Conflict, NotFound, NotPermitted

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def book(shop: Any, start: float, end: float, **more: Any) -> Downtime:
    now = clock.now()
    words = {"reason": "tube change", **more}
    return actions.book_downtime(
        by=shop.engineer, device=shop.pump, starts=now + start * HOUR, ends=now + end * HOUR, **words
    )


@pytest.fixture
def lead_of(hire: Any, head: Any) -> Any:
    """Make the lead of a modality: of a kind of device, or of one device."""

    def make(kind: str, key: str) -> Any:
        person = hire("modality_lead", name=f"Lead of {key}")
        people.authorise(
            by=head,
            person=person,
            scope_kind=kind,
            scope_key=key,
            level="independent",
            until=clock.now() + timedelta(days=30),
        )
        return person

    return make


def acknowledge(shop: Any, by: Any, row: Downtime, **more: Any) -> Downtime:
    return actions.acknowledge_downtime(by=by, device=more.pop("device", shop.pump), downtime=row, **more)


def test_the_lead_of_its_kind_acknowledges_and_no_other(shop: Any, lead_of: Any) -> None:
    row = book(shop, 24, 28, visitor="Northfield Service")
    other, mine = lead_of("device_kind", "ct_scanner"), lead_of("device_kind", "infusion_pump")
    for wrong in (other, shop.engineer, shop.second):
        with pytest.raises(NotPermitted):
            acknowledge(shop, wrong, row)
    done = acknowledge(shop, mine, row, remark="list moved to room 2")
    assert (done.acknowledged_by, done.remark) == (mine, "list moved to room 2")
    assert downtimes.ahead(device=shop.pump) == [row]
    with pytest.raises(Conflict, match="acknowledged before"):
        acknowledge(shop, mine, row)


def test_nobody_acknowledges_what_they_booked(shop: Any, lead_of: Any) -> None:
    mine, now = lead_of("device", str(shop.pump.uuid)), clock.now()
    row = actions.book_downtime(
        by=mine, device=shop.pump, starts=now, ends=now + HOUR, reason="mould removal"
    )
    with pytest.raises(Conflict, match="booked it does not acknowledge"):
        acknowledge(shop, mine, row)


def test_what_is_over_cancelled_or_another_devices(shop: Any, lead_of: Any) -> None:
    mine = lead_of("all", "")
    row, now = book(shop, 0, 1), clock.now()
    with pytest.raises(BadInput) as refused:
        acknowledge(shop, mine, row, device=shop.tester)
    assert refused.value.field == "downtime"
    with clock.at(now + 2 * HOUR):
        assert downtimes.ahead() == []
        with pytest.raises(Conflict, match="is over"):
            acknowledge(shop, mine, row)
    with pytest.raises(BadInput, match="reason"):
        actions.cancel_downtime(by=shop.engineer, device=shop.pump, downtime=row, reason=" ")
    actions.cancel_downtime(by=shop.engineer, device=shop.pump, downtime=row, reason="part late")
    assert downtimes.ahead() == []
    for again in (
        lambda: acknowledge(shop, mine, row),
        lambda: actions.cancel_downtime(by=shop.engineer, device=shop.pump, downtime=row, reason="x"),
    ):
        with pytest.raises(Conflict, match="was cancelled"):
            again()
    book(shop, 0, 1)  # the time is free again
    assert downtimes.downtime_by_uuid(row.uuid) == row
    with pytest.raises(NotFound):
        downtimes.downtime_by_uuid(uuid4())


@pytest.mark.parametrize(
    ("start", "end", "more", "field"),
    [
        (2, 1, {}, "ends"),
        (1, 1, {}, "ends"),
        (-5, -1, {}, "ends"),
        (1, 24 * 400, {}, "ends"),
        (1, 2, {"reason": " "}, "reason"),
        (1, 2, {"reason": "for NHS number 943 476 5919"}, "reason"),
        (1, 2, {"visitor": "x" * 201}, "visitor"),
    ],
)
def test_what_a_booking_refuses(shop: Any, start: float, end: float, more: Any, field: str) -> None:
    with pytest.raises(BadInput) as refused:
        book(shop, start, end, **more)
    assert refused.value.field == field
    assert not Downtime.objects.exists()


@given(tries=st.lists(st.tuples(st.integers(0, 60), st.integers(1, 20)), max_size=12))
@settings(max_examples=40)
def test_however_it_is_booked_no_two_meet(shop: Any, tries: list[tuple[int, int]]) -> None:
    with transaction.atomic(), clock.at(clock.now()):
        for start, length in tries:
            taken = [(one.starts, one.ends) for one in downtimes.ahead(device=shop.pump)]
            begin, end = clock.now() + start * HOUR, clock.now() + (start + length) * HOUR
            free = all(end <= one or two <= begin for one, two in taken)
            try:
                book(shop, start, start + length)
                assert free
            except Conflict:
                assert not free
        rows = downtimes.ahead(device=shop.pump)
        assert all(one.ends <= two.starts for one, two in pairwise(rows))
        transaction.set_rollback(True)


def test_the_register_of_visitors_begins_with_who_is_here(shop: Any, django_assert_num_queries: Any) -> None:
    visits = []
    for name in ("A. One", "B. Two", "C. Three"):
        job = actions.report_fault(by=shop.engineer, device=shop.pump, text=name)
        actions.state_decontamination(by=shop.engineer, job=job, answer="done")
        visits.append(actions.sign_in_engineer(by=shop.engineer, job=job, name=name, company="Northfield"))
    for visit in (visits[0], visits[2]):
        actions.sign_out_engineer(by=shop.engineer, visit=visit, report="done")
    with django_assert_num_queries(2):
        shown = downtimes.visitors()
        assert all(one.job.device.model.maker for one in shown)
    assert [one.name for one in shown] == ["B. Two", "C. Three", "A. One"]
