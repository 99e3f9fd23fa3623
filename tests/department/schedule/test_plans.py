"""Many schedules on one device: their windows, suspension, grace, deferral, merged visits, lost devices."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models import Model
from tests.shop import SAFETY, accepted

from kilter.department.equipment import actions as equipment
from kilter.department.ledger import clock
from kilter.department.policy import actions as policy
from kilter.department.records import actions as records
from kilter.department.records.actions.history import Past
from kilter.department.schedule import actions, queries
from kilter.department.schedule.models import Attempt, CounterReading, Deferral, Due
from kilter.department.schedule.recompute import add_months, recompute
from kilter.department.schedule.site import local_day, today
from kilter.department.status import queries as status
from kilter.measure.error import BadInput, Conflict, NotFound, NotPermitted

pytestmark = pytest.mark.django_db

PUMP = "medical_engineering.infusion_pump"


def plan(shop: Any, protocol: str = SAFETY, **fields: Any) -> Any:
    """Set a frequency on the pump and compute."""
    given = {"scope_kind": "device", "scope_key": str(shop.pump.uuid), "months": 12, "reason": "risk"}
    row = policy.set_frequency(by=shop.head, protocol=protocol, **{**given, **fields})
    recompute()
    return row


def done(shop: Any, *, days_ago: float, protocol: str = SAFETY) -> None:
    """Let a protocol have been passed so many days ago."""
    line = Past(shop.pump, protocol, clock.now() - timedelta(days=days_ago), True, "old database")
    records.import_legacy(by=shop.head, lines=[line], source="old.csv")
    recompute()


def due(shop: Any, protocol: str = SAFETY) -> Due:
    return queries.due_of(shop.pump, protocol)


def later(days: int) -> Any:
    return clock.at(clock.now() + timedelta(days=days))


def test_two_schedules_of_one_device_are_independent(shop: Any) -> None:
    plan(shop)
    plan(shop, PUMP, months=6)
    done(shop, days_ago=10)
    day = local_day(clock.now() - timedelta(days=10))
    assert due(shop).due == add_months(day, 12)
    assert due(shop, PUMP).due == local_day(shop.pump.registered_at) + timedelta(days=28)


def test_fixed_dates_keep_their_day_whenever_it_was_done(shop: Any) -> None:
    anchor = add_months(today(), -20)
    plan(shop, basis="scheduled", anchor=anchor, months=12, window_days=30)
    expected = add_months(anchor, 24)
    assert due(shop).due == expected
    done(shop, days_ago=1)  # far before its window opens
    assert due(shop).due == expected
    with clock.at(clock.now() + timedelta(days=(expected - today()).days - 5)):
        done(shop, days_ago=0)
        assert due(shop).due == add_months(anchor, 36)


def test_a_place_is_narrower_than_a_kind_and_wider_than_a_model(shop: Any, ward: Any) -> None:
    equipment.edit_device(
        by=shop.head, device=shop.pump, version=shop.pump.version, changes={"location": ward}
    )
    shop.pump.refresh_from_db()
    for scope, key, months in (
        ("device_kind", "infusion_pump", 12),
        ("location", str(ward.parent.parent.uuid), 9),
        ("location", str(ward.uuid), 6),
    ):
        plan(shop, scope_kind=scope, scope_key=key, months=months)
    assert due(shop).months == 6
    plan(shop, scope_kind="model", scope_key=str(shop.pump.model.uuid), months=3)
    assert due(shop).months == 3
    assert Due.objects.count() == 1


def test_limits_do_not_follow_a_place(shop: Any, ward: Any) -> None:
    with pytest.raises(BadInput, match="not its place"):
        policy.propose_limits(
            by=shop.head,
            specialty="medical_engineering",
            reason="x",
            scope_kind="location",
            scope_key=str(ward.uuid),
        )


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"basis": "sometimes"}, "basis"),
        ({"basis": "scheduled", "months": 1, "window_days": 28}, "window_days"),
        ({"anchor": date(2026, 4, 1)}, "anchor"),
        ({"counter": "hours"}, "every"),
        ({"every": 10.0}, "every"),
        ({"counter": "Hours run", "every": 10.0}, "counter"),
        ({"counter": "hours", "every": float("nan")}, "every"),
        ({"counter": "hours", "every": 0.0}, "every"),
        ({"counter": "hours", "every": 9.0, "basis": "scheduled"}, "basis"),
        ({"after_days": 367}, "after_days"),
        ({"duration": timedelta(days=-1)}, "duration"),
        ({"supplier": "\x00"}, "supplier"),
        ({"scope_kind": "location", "scope_key": "ward"}, "scope_key"),
    ],
)
def test_what_a_frequency_may_not_say(shop: Any, fields: dict[str, Any], field: str) -> None:
    with pytest.raises(BadInput) as refused:
        plan(shop, **fields)
    assert refused.value.field == field


def test_use_brings_a_date_forward_and_time_stays_its_last_day(shop: Any) -> None:
    plan(shop, counter="hours", every=500.0)
    by_time = due(shop).due
    start = clock.now() - timedelta(days=10)
    actions.read_counter(by=shop.engineer, device=shop.pump, counter="hours", value=100.0, at=start)
    actions.read_counter(by=shop.engineer, device=shop.pump, counter="hours", value=500.0)
    recompute()
    assert due(shop).due == local_day(start + timedelta(days=12.5)) < by_time
    done(shop, days_ago=0)
    assert due(shop).due == local_day(clock.now() + timedelta(days=12.5))


def test_a_counter_does_not_run_backwards(shop: Any) -> None:
    def reading(value: float, **more: Any) -> CounterReading:
        return actions.read_counter(by=shop.engineer, device=shop.pump, counter="hours", value=value, **more)

    reading(100.0)
    with pytest.raises(BadInput, match="showed 100 before"):
        reading(99.0)
    with pytest.raises(BadInput, match="showed 100 later"):
        reading(101.0, at=clock.now() - timedelta(days=1))
    with pytest.raises(BadInput, match="future"):
        reading(200.0, at=clock.now() + timedelta(days=1))
    with pytest.raises(BadInput, match="value"):
        reading(float("inf"))
    with pytest.raises(BadInput, match="where it began"):
        reading(4.0, anew=True, start=5.0)
    assert reading(5.0, anew=True).value == 5.0


def test_what_fell_due_out_of_service_is_due_on_the_day_it_comes_back(shop: Any) -> None:
    plan(shop, suspends=True, withdraw_when_overdue=True)
    first = due(shop).due
    equipment.withdraw(by=shop.head, device=shop.pump, reason="spare in the store")
    with clock.at(clock.now() + timedelta(days=100)):
        recompute()
        assert due(shop).suspended
        assert due(shop).due == first
        assert queries.counts() == (0, 0)
        assert queries.due_now() == []
        shop.pump.refresh_from_db()
        assert not status.of(shop.pump).overdue
        equipment.put_in_service(by=shop.head, device=shop.pump, evidence=accepted(shop.head, shop.pump))
        recompute()
        back = due(shop)
        assert (back.due, back.opens, back.restart, back.suspended) == (today(), today(), True, False)
        done(shop, days_ago=0)
        assert due(shop).due == add_months(today(), 12)
        assert not due(shop).restart


def test_what_was_overdue_before_it_left_is_overdue_when_it_comes_back(shop: Any) -> None:
    plan(shop, suspends=True)
    first = due(shop).due
    with clock.at(clock.now() + timedelta(days=60)):
        equipment.withdraw(by=shop.head, device=shop.pump, reason="to the store")
    with clock.at(clock.now() + timedelta(days=90)):
        shop.pump.refresh_from_db()
        equipment.put_in_service(by=shop.head, device=shop.pump, evidence=accepted(shop.head, shop.pump))
        recompute()
        assert due(shop).due == first
        assert queries.counts() == (1, 0)


def test_days_of_grace(shop: Any) -> None:
    plan(shop, after_days=14)
    with later(35):  # 28 days of window after registration, then a week into the grace
        assert queries.counts() == (0, 1)
        assert not status.of(shop.pump).overdue
    with later(43):
        assert queries.counts() == (1, 0)
        assert status.of(shop.pump).overdue


def ask(shop: Any, **more: Any) -> Deferral:
    given = {"until": today() + timedelta(days=90), "reason": "in use on the unit until then"}
    return actions.ask_deferral(by=shop.engineer, device=shop.pump, protocol=SAFETY, **{**given, **more})


def test_a_deferral_is_signed_by_another_and_moves_no_date(shop: Any) -> None:
    plan(shop)
    first, asked = due(shop).due, ask(shop)
    recompute()
    assert due(shop).deferred_until is None  # asking changes nothing
    record = records.state(
        by=shop.second,
        act="approve_deferral",
        text="low risk: tested last month elsewhere",
        confirmation=shop.confirm(shop.second),
        device=shop.pump,
        arguments={"deferral": asked, "reason": "low risk"},
    )
    assert record.kind == "statement"
    recompute()
    row = due(shop)
    assert (row.due, row.deferred_until, row.closes) == (first, asked.until, asked.until)
    with later(60):
        assert queries.counts() == (0, 1)
        assert not status.of(shop.pump).overdue
    with later(91):
        assert queries.counts() == (1, 0)
        assert status.of(shop.pump).overdue
    done(shop, days_ago=0)  # and once it was done, the deferral means nothing
    assert due(shop).deferred_until is None


def test_nobody_decides_on_what_they_asked(shop: Any) -> None:
    plan(shop)
    asked = actions.ask_deferral(
        by=shop.second, device=shop.pump, protocol=SAFETY, until=today() + timedelta(days=90), reason="x"
    )
    for decide in (actions.approve_deferral, actions.refuse_deferral):
        with pytest.raises(NotPermitted, match="Somebody else"):
            decide(by=shop.second, device=shop.pump, deferral=asked, reason="x")
    with pytest.raises(IntegrityError), transaction.atomic():
        Deferral.objects.filter(pk=asked.pk).update(decided_by=shop.second)
    actions.refuse_deferral(by=shop.head, device=shop.pump, deferral=asked, reason="high risk")
    with pytest.raises(Conflict, match="refused before"):
        actions.approve_deferral(by=shop.head, device=shop.pump, deferral=asked, reason="x")


def test_what_cannot_be_deferred(shop: Any) -> None:
    with pytest.raises(NotFound, match="not planned"):
        ask(shop)
    plan(shop)
    with pytest.raises(BadInput, match="last day"):
        ask(shop, until=due(shop).closes)
    with pytest.raises(BadInput, match="more than a year"):
        ask(shop, until=due(shop).due + timedelta(days=367))
    with pytest.raises(BadInput, match="reason"):
        ask(shop, reason=" ")
    asked = ask(shop)
    with pytest.raises(Conflict, match="waits"):
        ask(shop)
    with pytest.raises(BadInput, match="another device"):
        actions.approve_deferral(by=shop.head, device=shop.tester, deferral=asked, reason="x")
    done(shop, days_ago=0)
    with pytest.raises(Conflict, match="another day"):
        actions.approve_deferral(by=shop.head, device=shop.pump, deferral=asked, reason="x")


def attempt(shop: Any, outcome: str = "could_not_locate", **more: Any) -> Attempt:
    given = {"by": shop.engineer, "device": shop.pump, "protocol": SAFETY, "text": "not on the ward"}
    return actions.record_attempt(outcome=outcome, **{**given, **more})


def test_the_ladder_of_a_device_that_cannot_be_located(shop: Any) -> None:
    plan(shop)
    first = due(shop).due
    assert attempt(shop).act == "again"
    with later(14):
        assert [row.device_id for row in queries.search_again()] == [shop.pump.pk]
        with pytest.raises(BadInput, match="who of the ward"):
            attempt(shop)
        assert attempt(shop, told="Sister Jones").act == "tell_ward"
        assert queries.search_again() == []  # not before its day
    with later(28):
        assert attempt(shop).act == "report_lost"
        shop.pump.refresh_from_db()
        assert shop.pump.state == "could_not_locate"
        assert attempt(shop).step == 4  # a lost device is looked for on and on
    recompute()
    assert due(shop).due == first  # and none of it moved the date


def test_no_access_has_a_ladder_of_its_own_and_a_pass_begins_anew(shop: Any) -> None:
    plan(shop)
    attempt(shop)
    assert attempt(shop, "no_access").step == 1
    assert attempt(shop, "no_access", told="A. Ward").step == 2
    assert attempt(shop, "no_access").act == "refer"
    done(shop, days_ago=0)
    with later(1):
        assert attempt(shop, "no_access").step == 1


def test_the_department_sets_its_own_ladder(shop: Any) -> None:
    steps = [{"act": "hold", "days": 5}]
    policy.set_ladder(by=shop.head, outcome="could_not_locate", steps=steps, reason="defibrillators")
    plan(shop)
    row = attempt(shop)
    assert (row.act, row.again_on) == ("hold", today() + timedelta(days=5))
    assert shop.pump.holds.get().evidence == row.uuid
    assert status.of(shop.pump).state == "out_of_use"


@pytest.mark.parametrize(
    ("outcome", "steps"),
    [
        ("done", [{"act": "again", "days": 1}]),
        ("no_access", []),
        ("no_access", [{"act": "again", "days": 1}] * 11),
        ("no_access", [{"act": "shout", "days": 1}]),
        ("no_access", [{"act": "again", "days": 0}]),
        ("no_access", [{"act": "again", "days": True}]),
        ("no_access", [{"act": "again"}]),
        ("no_access", [{"act": "report_lost", "days": 1}]),
    ],
)
def test_ladders_that_will_not_do(shop: Any, outcome: str, steps: list[dict[str, Any]]) -> None:
    with pytest.raises(BadInput):
        policy.set_ladder(by=shop.head, outcome=outcome, steps=steps, reason="x")


def test_an_attempt_says_what_was_tried(shop: Any) -> None:
    plan(shop)
    for bad in ({"outcome": "done"}, {"text": ""}, {"text": "x\x00"}):
        with pytest.raises(BadInput):
            attempt(shop, **bad)
    with pytest.raises(NotFound):
        attempt(shop, protocol=PUMP)
    assert not Attempt.objects.exists()


@pytest.mark.parametrize(
    "made",
    [
        attempt,
        lambda shop: actions.read_counter(by=shop.engineer, device=shop.pump, counter="hours", value=1.0),
    ],
)
def test_attempts_and_readings_are_added_to_and_never_changed(shop: Any, made: Any) -> None:
    plan(shop)
    row: Model = made(shop)
    for change in (lambda: type(row).objects.filter(pk=row.pk).update(device=shop.tester), row.delete):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            change()


def test_what_may_be_done_together_is_one_visit(shop: Any) -> None:
    day = today()

    def row(protocol: str, opens: int, due: int, closes: int, **more: Any) -> Due:
        days = [day + timedelta(days=n) for n in (due, opens, closes)]
        return Due(
            device=shop.pump, protocol=protocol, due=days[0], opens=days[1], closes=days[2], months=12, **more
        )

    rows = [
        row("a", 20, 30, 40),
        row("b", 0, 28, 28),
        row("c", 29, 60, 90),
        row("d", -9, -5, -3),
        row("e", 1, 9, 9, suspended=True),
    ]
    found = queries.visits(rows, day)
    assert [(visit.day, sorted(one.protocol for one in visit.dues)) for visit in found] == [
        (day, ["b", "d"]),  # the overdue one is for today, and what may be done today goes with it
        (day + timedelta(days=30), ["a", "c"]),
    ]


def test_the_visits_of_a_place(shop: Any, ward: Any) -> None:
    equipment.edit_device(
        by=shop.head, device=shop.pump, version=shop.pump.version, changes={"location": ward}
    )
    plan(shop)
    plan(shop, PUMP)
    month = today() + timedelta(days=31)
    (visit,) = queries.visits_until(month, within=ward.parent.path)
    assert visit.device == shop.pump
    assert len(visit.dues) == 2
    assert queries.visits_until(month, within="99999999") == []
    assert len(queries.visits_until(month)) == 1
