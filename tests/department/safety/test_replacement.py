"""The replacement ranking of a register: what is counted for each device, and a year that stays as it was."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from kilter.department.equipment import actions as equipment
from kilter.department.ledger import clock
from kilter.department.safety import actions, replacement
from kilter.department.safety.models import RankedDevice, ReplacementPolicy, ReplacementRanking
from kilter.department.safety.ranking import YEAR, shipped
from kilter.department.work import actions as work
from kilter.measure.error import BadInput, Conflict, NotFound

pytestmark = pytest.mark.django_db


def set_terms(shop: Any, **changes: Any) -> ReplacementPolicy:
    terms = {**shipped().as_data(), **changes}
    return actions.set_replacement_policy(by=shop.head, terms=terms, reason="decided by the group")


def facts_of(shop: Any, device: Any, now: Any) -> Any:
    found = replacement.rank(shipped(), now)
    return next(one.facts for one in found if one.device.pk == device.pk)


def test_what_is_counted_for_a_device(shop: Any) -> None:
    start, pump = clock.now(), shop.pump
    equipment.edit_model(by=shop.head, model=pump.model, changes={"expected_life_years": 10})
    changes = {"cost": "1000", "installed": (start - timedelta(days=round(5 * YEAR))).date().isoformat()}
    equipment.edit_device(by=shop.head, device=pump, version=pump.version, changes=changes)
    with clock.at(start + timedelta(days=10)):
        job = work.report_fault(by=shop.head, device=pump, text="does not start", unsafe=False)
        work.state_decontamination(by=shop.head, job=job, answer="not_needed")
        visit = work.sign_in_engineer(by=shop.head, job=job, name="A. Visitor", company="Northfield")
    with clock.at(start + timedelta(days=11)):
        work.sign_out_engineer(by=shop.head, visit=visit, report="board changed", cost="120.50")
        first = equipment.place_hold(by=shop.head, device=pump, cause="statement", text="x")
    with clock.at(start + timedelta(days=13)):
        equipment.place_hold(by=shop.head, device=pump, cause="statement", text="y")
        equipment.release_hold(by=shop.head, device=pump, hold=first, text="ok")
    now = start + timedelta(days=100)
    found = facts_of(shop, pump, now)
    assert found.age == pytest.approx(5 + 100 / YEAR, abs=2 / YEAR)
    assert (found.life, found.price, found.faults, found.spent) == (10.0, 1000.0, 1, 120.5)
    assert found.history == pytest.approx(100, abs=0.1)
    assert found.down == pytest.approx(89, abs=0.1)  # both holds together, from day 11 on
    other = facts_of(shop, shop.tester, now)
    assert (other.faults, other.down, other.spent, other.age) == (0, 0.0, 0.0, None)
    assert (found.alike, found.of_kind) == (1, 1)


def test_parts_count_at_what_they_last_cost_and_those_brought_back_do_not(shop: Any) -> None:
    job = work.report_fault(by=shop.head, device=shop.pump, text="does not start", unsafe=False)
    store = work.add_store(by=shop.head, name="Main store")
    part = work.add_part(by=shop.head, number="P1", name="Battery", maker="Northfield")
    received = work.receive_part(by=shop.head, part=part, store=store, quantity=5, unit_cost="20.00")
    stock = received.stock
    work.issue_part(by=shop.head, job=job, stock=stock, quantity=3)
    work.return_part(by=shop.head, job=job, stock=stock, quantity=1, reason="not needed")
    assert facts_of(shop, shop.pump, clock.now() + timedelta(days=1)).spent == 40.0


def test_a_cancelled_fault_is_no_failure_and_what_left_is_not_ranked(shop: Any) -> None:
    job = work.report_fault(by=shop.head, device=shop.pump, text="does not start", unsafe=False)
    now = clock.now() + timedelta(days=1)
    assert facts_of(shop, shop.pump, now).faults == 1
    work.cancel_job(by=shop.head, job=job, reason="wrong device")
    assert facts_of(shop, shop.pump, now).faults == 0
    equipment.condemn(by=shop.head, device=shop.pump, reason="beyond repair")
    assert [one.device for one in replacement.rank(shipped(), now)] == [shop.tester]
    assert replacement.rank(shipped(), now, kind="infusion_pump") == []


def test_an_unresolved_alert_and_the_end_of_support_put_a_device_first(shop: Any) -> None:
    yesterday = (clock.now() - timedelta(days=1)).date()
    model = equipment.edit_model(by=shop.head, model=shop.tester.model, changes={"support_ends": yesterday})
    assert model.support_ends == yesterday
    first = replacement.rank(shipped())[0]
    assert (first.device, first.scored.triggers) == (shop.tester, ("support_ended",))
    alert = actions.add_alert(
        by=shop.head, reference="FSN-1", source="fsn", title="Latch", issued=yesterday.isoformat()
    )
    criteria = {"makers": [shop.pump.model.maker], "models": [shop.pump.model.name]}
    actions.confirm_criteria(by=shop.head, alert=alert, criteria=criteria)
    assert {one.device: one.scored.triggers for one in replacement.rank(shipped())} == {
        shop.tester: ("support_ended",),
        shop.pump: ("alert_unresolved",),
    }


def test_the_number_of_queries_does_not_grow_with_the_register(shop: Any) -> None:
    with CaptureQueriesContext(
        connection,
    ) as few:
        replacement.rank(shipped())
    rows = [{"asset": f"X{n}", "model": shop.pump.model, "state": "in_service"} for n in range(30)]
    equipment.register_devices(by=shop.head, rows=rows, reason="going live")
    with CaptureQueriesContext(connection) as many:
        assert len(replacement.rank(shipped())) == 32
    assert len(many) == len(few)


def test_a_year_is_frozen_once_with_its_weights_and_stays(shop: Any) -> None:
    year = clock.now().year
    with pytest.raises(Conflict, match="set the weights first"):
        actions.freeze_ranking(by=shop.head, year=year)
    policy = set_terms(shop)
    row = actions.freeze_ranking(by=shop.head, year=year)
    before = [(one.rank, one.device, one.score, one.figures) for one in replacement.ranked(row)]
    assert [rank for rank, *_ in before] == [1, 2]
    assert (row.counted, row.policy) == (2, policy)
    with pytest.raises(Conflict, match="frozen before"):
        actions.freeze_ranking(by=shop.head, year=year)
    newer = set_terms(shop, years=5)
    work.report_fault(by=shop.head, device=shop.pump, text="does not start", unsafe=True)
    equipment.condemn(by=shop.head, device=shop.tester, reason="x")
    kept = replacement.ranking_of(year)
    assert (newer.number, kept.policy.number) == (2, 1)
    assert [(one.rank, one.device, one.score, one.figures) for one in replacement.ranked(kept)] == before
    assert replacement.rankings() == [row]


def test_the_score_can_be_computed_again_from_what_was_frozen(shop: Any) -> None:
    set_terms(shop)
    row = actions.freeze_ranking(by=shop.head, year=clock.now().year)
    for one in replacement.ranked(row):
        weights, found = row.policy.terms["weights"], one.figures["factors"]
        known = {name: weight for name, weight in weights.items() if found[name] is not None}
        summed = sum(weight * found[name] for name, weight in known.items())
        assert one.score == pytest.approx(100 * summed / sum(known.values()))
        assert one.known == pytest.approx(100 * sum(known.values()) / sum(weights.values()))


@pytest.mark.parametrize("years", [-1, 2, True])
def test_only_this_year_and_the_next_are_frozen(shop: Any, years: Any) -> None:
    set_terms(shop)
    year = years if years is True else clock.now().year + years
    with pytest.raises(BadInput) as caught:
        actions.freeze_ranking(by=shop.head, year=year)
    assert caught.value.field == "year"


def test_terms_need_a_reason(shop: Any) -> None:
    with pytest.raises(BadInput) as caught:
        actions.set_replacement_policy(by=shop.head, terms=shipped().as_data(), reason=" ")
    assert caught.value.field == "reason"
    assert replacement.policy() is None
    with pytest.raises(NotFound):
        replacement.ranking_of(1999)


@pytest.mark.parametrize("table", [ReplacementPolicy, ReplacementRanking, RankedDevice])
def test_the_database_itself_refuses_to_change_a_ranking(shop: Any, table: Any) -> None:
    set_terms(shop)
    actions.freeze_ranking(by=shop.head, year=clock.now().year)
    for change in (lambda: table.objects.update(id=99), lambda: table.objects.all()._raw_delete("default")):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    assert table.objects.exists()
