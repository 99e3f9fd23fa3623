"""Holds and restrictions: what a release needs, and whose device it is."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest

from kilter.department.equipment import actions, queries
from kilter.department.equipment.actions.holds import CAUSES
from kilter.department.equipment.models import Hold
from kilter.department.ledger import clock
from kilter.department.records.clearing import TESTED
from kilter.measure.error import BadInput, Conflict, NotPermitted


@pytest.mark.parametrize("cause", CAUSES)
def test_each_cause_asks_for_what_it_says(shop, cause):
    shop.adopt()
    by, device = shop.second, shop.pump
    if CAUSES[cause].by_hand:
        hold = actions.place_hold(by=by, device=device, cause=cause, text="why")
    else:  # a record's to give, never a person's
        with pytest.raises(BadInput, match="must be one of") as refused:
            actions.place_hold(by=by, device=device, cause=cause, text="why")
        assert refused.value.field == "cause"
        hold = Hold.objects.create(device=device, cause=cause, text="why", placed_by=by)
    assert queries.open_holds(device) == [hold]
    release = {"by": by, "device": device, "hold": hold, "text": "done"}
    record = shop.visit()[-1].uuid
    if CAUSES[cause].investigation:
        with pytest.raises(Conflict, match="not investigated"):
            actions.release_hold(**release, evidence=record)
        actions.record_investigation(by=by, device=device, hold=hold, finding="a loose wire")
    if CAUSES[cause].evidence:
        with pytest.raises(BadInput) as caught:
            actions.release_hold(**release)
        assert caught.value.field == "evidence"
    actions.release_hold(**release, evidence=record)
    assert queries.open_holds(device) == []
    with pytest.raises(Conflict, match="released already"):
        actions.release_hold(**release, evidence=record)


@pytest.mark.parametrize("cause", CAUSES)
def test_no_hold_is_released_on_a_uuid_that_proves_nothing(shop, register, cause):
    """Nobody's uuid, another device's record, and for a test's hold a test from before it."""
    shop.adopt()
    old = shop.visit()[-1].uuid
    shop.pump, pump = register(), shop.pump
    foreign = shop.visit()[-1].uuid
    hold = Hold.objects.create(
        device=pump, cause=cause, text="why", placed_by=shop.second, investigated_at=clock.now()
    )
    for wrong in (uuid.uuid4(), foreign, *([old] if cause in TESTED else [])):
        with pytest.raises((BadInput, Conflict)) as caught:
            actions.release_hold(by=shop.second, device=pump, hold=hold, text="done", evidence=wrong)
        assert caught.value.field in ("evidence", "hold")
        assert queries.open_holds(pump) == [hold]


def test_a_release_returns_nothing_to_service(shop):
    shop.adopt()
    hold = actions.place_hold(by=shop.second, device=shop.pump, cause="fault", text="no flow")
    actions.withdraw(by=shop.second, device=shop.pump, reason="no flow")
    evidence = shop.visit()[-1].uuid
    actions.release_hold(by=shop.second, device=shop.pump, hold=hold, text="mended", evidence=evidence)
    assert queries.device_by_uuid(shop.pump.uuid).state == "out_of_service"


def test_a_hold_is_released_on_its_own_device_only(lead, register):
    """The gate asked about the device named; the hold must be that one's."""
    device, other = register(), register()
    hold = actions.place_hold(by=lead, device=device, cause="statement", text="why")
    with pytest.raises(BadInput) as caught:
        actions.release_hold(by=lead, device=other, hold=hold, text="done")
    assert caught.value.field == "hold"


@pytest.mark.parametrize(
    ("role", "may_release"), [("trainee", False), ("on_call", False), ("engineer", True)]
)
def test_anybody_technical_may_hold_but_not_all_release(hire, register, role, may_release):
    device, person = register(), hire(role)
    hold = actions.place_hold(by=person, device=device, cause="statement", text="why")
    if may_release:
        actions.release_hold(by=person, device=device, hold=hold, text="done")
    else:
        with pytest.raises(NotPermitted):
            actions.release_hold(by=person, device=device, hold=hold, text="done")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"cause": "whim"}, "cause"),
        ({"text": " "}, "text"),
        ({"text": "x" * 501}, "text"),
        ({"evidence": "x"}, "evidence"),
    ],
)
def test_a_hold_that_will_not_do_is_named(lead, register, wrong, field):
    with pytest.raises(BadInput) as caught:
        actions.place_hold(**{"by": lead, "device": register(), "cause": "fault", "text": "t", **wrong})
    assert caught.value.field == field


def test_an_investigation_is_for_quarantine_and_once(lead, register):
    device = register()
    plain = actions.place_hold(by=lead, device=device, cause="fault", text="t")
    with pytest.raises(Conflict, match="needs no"):
        actions.record_investigation(by=lead, device=device, hold=plain, finding="f")
    hold = actions.place_hold(by=lead, device=device, cause="quarantine", text="t")
    with pytest.raises(BadInput):
        actions.record_investigation(by=lead, device=device, hold=hold, finding="")
    actions.record_investigation(by=lead, device=device, hold=hold, finding="f")
    with pytest.raises(Conflict, match="already"):
        actions.record_investigation(by=lead, device=device, hold=hold, finding="g")


def test_a_restriction_holds_until_its_instant_or_its_lifting(lead, register):
    device = register()
    start = clock.now()
    end = start + timedelta(days=10)
    row = actions.restrict(by=lead, device=device, limits="mains only", reason="battery", expires=end)
    tick = timedelta(microseconds=1)
    assert queries.restrictions_in_force(device, end - tick) == [row]
    assert queries.restrictions_in_force(device, end) == []
    assert row.approver == lead
    with clock.at(start + timedelta(days=2)):
        actions.lift_restriction(by=lead, device=device, restriction=row, reason="new battery")
        with pytest.raises(Conflict):
            actions.lift_restriction(by=lead, device=device, restriction=row, reason="again")
    assert queries.restrictions_in_force(device, start + timedelta(days=2)) == []
    assert queries.restrictions_in_force(device, start + timedelta(days=1)) != []


def test_a_restriction_ends_in_the_future_and_is_lifted_on_its_device(lead, register):
    device, other = register(), register()
    with pytest.raises(BadInput) as caught:
        actions.restrict(by=lead, device=device, limits="a", reason="b", expires=clock.now())
    assert caught.value.field == "expires"
    row = actions.restrict(
        by=lead, device=device, limits="a", reason="b", expires=clock.now() + timedelta(days=1)
    )
    with pytest.raises(BadInput):
        actions.lift_restriction(by=lead, device=other, restriction=row, reason="x")
