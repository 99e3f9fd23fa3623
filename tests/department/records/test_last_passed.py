"""When a protocol was last passed: a visit counts whole or not at all."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.shop import SAFETY

from kilter.department.ledger import clock
from kilter.department.records import actions
from kilter.department.records.queries import last_passed

pytestmark = pytest.mark.django_db

EARTH = "medical_engineering.protective_earth"


def passed(shop: Any) -> Any:
    """When the safety test was last passed on the pump."""
    return last_passed([shop.pump.pk]).get((shop.pump.pk, SAFETY))


def test_a_visit_with_a_failure_moves_nothing(shop: Any) -> None:
    shop.visit(equipment_leakage={"current": "900", "method": "direct"})
    assert passed(shop) is None
    good = shop.visit()
    assert passed(shop) == good[0].performed_at


def test_a_visit_counts_only_once_every_result_that_waits_is_countersigned(shop: Any) -> None:
    from kilter.department.policy import actions as policy

    policy.require_countersignature(by=shop.head, applies_to=EARTH, wanted=True, reason="new tester")
    records = shop.visit()
    assert passed(shop) is None
    actions.countersign(
        by=shop.second,
        device=shop.pump,
        procedure=EARTH,
        record=records[1],
        confirmation=shop.confirm(shop.second),
    )
    assert passed(shop) == records[0].performed_at


def correct(shop: Any, record: Any, reading: str) -> Any:
    """Correct an earth reading."""
    content = {
        "steps": {"protective_earth": {"inputs": {"reading": reading}}},
        "instruments": [str(shop.tester.uuid)],
    }
    draft = shop.draft(protocol=EARTH, content=content, supersedes=record, reason="misread")
    return shop.sign(draft)[0]


def test_a_pass_corrected_to_a_failure_takes_its_whole_visit_back(shop: Any) -> None:
    records = shop.visit()
    assert passed(shop) is not None
    bad = correct(shop, records[1], "1.2")
    assert bad.verdict == "suspension"
    assert passed(shop) is None
    with clock.at(clock.now() + timedelta(days=1)):
        correct(shop, bad, "0.12")
    assert passed(shop) == records[0].performed_at  # the test was made then, whenever it was put right


def test_what_is_invalid_is_not_passed(shop: Any) -> None:
    from kilter.department.policy.queries import load
    from kilter.department.records.chain import append
    from kilter.department.records.sealing import Terms, measure_all, unsealed

    draft = shop.draft()
    now = clock.now()
    measured = measure_all(draft, shop.pump, load(), now)
    items = [
        unsealed(draft, one, now, Terms(shop.engineer, "Engineer"), load(), [], None) for one in measured
    ]
    items[1].document["verdict"], items[1].document["valid"] = "invalid", False
    append(items)
    assert passed(shop) is None
