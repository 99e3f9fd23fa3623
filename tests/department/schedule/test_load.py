"""The load of the coming year: what comes again, what is overdue, the time there is for it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.department.schedule.test_plans import PUMP, done, later, plan

from kilter.department.equipment import actions as equipment
from kilter.department.policy import actions as policy
from kilter.department.schedule import load
from kilter.department.schedule.recompute import add_months, recompute
from kilter.department.schedule.site import today
from kilter.measure.error import BadInput

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def test_what_comes_again_is_counted_each_time(shop: Any) -> None:
    plan(shop, months=3, duration=HOUR)
    plan(shop, PUMP, months=12)
    done(shop, days_ago=0)
    months = load.coming()
    assert [month.first for month in months] == [add_months(today().replace(day=1), n) for n in range(12)]
    assert [month.planned for month in months] == [HOUR * (n in (3, 6, 9)) for n in range(12)]
    assert sum(month.tests for month in months) == 4
    assert sum(month.unplanned for month in months) == 1


def test_what_is_overdue_is_work_of_this_month(shop: Any) -> None:
    plan(shop, months=24, duration=HOUR)
    with later(100):
        assert [month.planned for month in load.coming()] == [HOUR] + [timedelta()] * 11
        assert [(place.name, place.due, place.late) for place in load.by_place()] == [("no place", 1, 1)]


def test_what_is_suspended_is_no_work(shop: Any) -> None:
    plan(shop, suspends=True, duration=HOUR)
    equipment.withdraw(by=shop.head, device=shop.pump, reason="store")
    recompute()
    assert sum(month.tests for month in load.coming()) == 0
    assert load.by_place() == []


def test_capacity_is_what_all_people_have_together(shop: Any) -> None:
    from kilter.department.ledger import clock

    def give(person: Any, hours: float, **more: Any) -> None:
        policy.set_capacity(by=shop.head, person=person, monthly=hours * HOUR, **more)

    assert {month.capacity for month in load.coming()} == {timedelta()}
    give(shop.engineer, 60)
    give(shop.second, 20)
    give(shop.second, 30, effective_from=clock.now() + timedelta(days=62))
    found = [month.capacity / HOUR for month in load.coming()]
    assert found[0] == found[1] == 80.0
    assert set(found[3:]) == {90.0}
    for hours in (-1, 745):
        with pytest.raises(BadInput, match="monthly"):
            give(shop.engineer, hours)
    with pytest.raises(BadInput, match="person"):
        give(None, 1)


def test_the_load_takes_two_queries(shop: Any) -> None:
    plan(shop, scope_kind="all", scope_key="", months=1)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        load.coming()
    assert len(asked) == 2
    with CaptureQueriesContext(connection) as asked:
        load.by_place()
    assert len(asked) == 1
