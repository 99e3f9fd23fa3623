"""Limits in force: adopted as a whole, countersigned where they are looser, and of their day."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from kilter.department.ledger import clock
from kilter.department.policy import actions
from kilter.department.policy.queries import load, loosened, to_be_confirmed
from kilter.measure.error import BadInput, Conflict, NotPermitted
from kilter.measure.limit import read_limits, shipped
from kilter.measure.registry import entry

pytestmark = pytest.mark.django_db

AREA = "medical_engineering"
EARTH = entry("medical_engineering.protective_earth")


def rows(high: float = 0.3) -> dict[str, Any]:
    """The published limits of the earth path, the one with the cord set anew."""
    found = [row.as_data() for row in shipped(EARTH)]
    found[0]["high"] = high
    return {"protective_earth": found}


def high_in_force(device: Any, instant: Any = None) -> float:
    limits = load().limits(EARTH, device, instant or clock.now()).limits
    return next(row.high for row in limits if row.when == {"arrangement": "with_cord"})


def test_nothing_is_in_force_before_it_is_adopted(shop):
    schedule = actions.propose_limits(by=shop.head, specialty=AREA, reason="tighter", rows=rows(0.25))
    assert high_in_force(shop.pump) == 0.3
    assert EARTH.key in to_be_confirmed(AREA)
    actions.adopt_limits(by=shop.second, schedule=schedule, specialty=AREA)
    assert high_in_force(shop.pump) == 0.25
    assert EARTH.key not in to_be_confirmed(AREA)
    with pytest.raises(Conflict):
        actions.adopt_limits(by=shop.second, schedule=schedule, specialty=AREA)


def test_looser_limits_wait_for_a_second_person(shop, hire):
    schedule = actions.propose_limits(by=shop.head, specialty=AREA, reason="old estate", rows=rows(0.5))
    assert schedule.looser
    actions.adopt_limits(by=shop.second, schedule=schedule, specialty=AREA)
    assert high_in_force(shop.pump) == 0.3
    for one in (shop.head, shop.second):
        with pytest.raises(NotPermitted):
            actions.countersign_limits(by=one, schedule=schedule, specialty=AREA)
    third = hire("lead_engineer", name="Third Person", authorised="expert")
    actions.countersign_limits(by=third, schedule=schedule, specialty=AREA)
    assert high_in_force(shop.pump) == 0.5


def test_a_schedule_begins_on_its_day(shop):
    soon = clock.now() + timedelta(days=7)
    schedule = actions.propose_limits(
        by=shop.head, specialty=AREA, reason="tighter", rows=rows(0.25), effective_from=soon
    )
    actions.adopt_limits(by=shop.second, schedule=schedule, specialty=AREA)
    assert high_in_force(shop.pump) == 0.3
    assert high_in_force(shop.pump, soon) == 0.25


def test_the_narrowest_scope_judges(shop):
    for kind, key, high in (("all", "", 0.28), ("device_kind", "infusion_pump", 0.26)):
        schedule = actions.propose_limits(
            by=shop.head, specialty=AREA, reason="x", rows=rows(high), scope_kind=kind, scope_key=key
        )
        actions.adopt_limits(by=shop.second, schedule=schedule, specialty=AREA)
    assert high_in_force(shop.pump) == 0.26
    assert high_in_force(shop.tester) == 0.28


@pytest.mark.parametrize(
    ("change", "looser"),
    [
        ({"high": 0.3}, False),
        ({"high": 0.2}, False),
        ({"high": 0.31}, True),
        ({"high": None, "low": 0.0}, True),
        ({"high": 300.0, "unit": "mohm"}, True),
    ],
)
def test_what_is_looser(change, looser):
    found = [row.as_data() for row in shipped(EARTH)]
    found[0] = {name: value for name, value in {**found[0], **change}.items() if value is not None}
    assert bool(loosened(EARTH, read_limits({"limit": found}, EARTH))) == looser


def test_a_limit_left_out_is_looser():
    found = [row.as_data() for row in shipped(EARTH)][1:]
    assert "left out" in loosened(EARTH, read_limits({"limit": found}, EARTH))[0]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"reason": " "}, "reason"),
        ({"scope_kind": "ward", "scope_key": "x"}, "scope_kind"),
        ({"scope_kind": "device"}, "scope_kind"),
        ({"rows": {"no_such_thing": []}}, "rows"),
    ],
)
def test_a_proposal_that_will_not_do_is_named(shop, changes, field):
    with pytest.raises(BadInput) as problem:
        actions.propose_limits(**{"by": shop.head, "specialty": AREA, "reason": "x", **changes})
    assert problem.value.field == field
