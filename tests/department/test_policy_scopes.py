"""A scope that names nothing would never apply, and nobody would know."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.shop import SAFETY

from kilter.department.ledger import clock
from kilter.department.policy import actions
from kilter.department.policy.queries import load
from kilter.measure.error import BadInput
from kilter.measure.registry import entry

pytestmark = pytest.mark.django_db

EARTH = "medical_engineering.protective_earth"
STRICT = {
    "result": "resistance",
    "high": 0.1,
    "unit": "ohm",
    "level": "suspension",
    "cite": "local",
    "edition": "2026",
}


@pytest.mark.parametrize("kind", ["device", "model", "device_kind"])
@pytest.mark.parametrize("key", ["ME0001", "a8098c1a-f86e-11da-bd1a-00112444be1e", "Infusion Pump"])
def test_a_scope_that_names_nothing_is_refused(shop: Any, kind: str, key: str) -> None:
    with pytest.raises(BadInput) as caught:
        actions.propose_limits(
            by=shop.head,
            specialty="medical_engineering",
            reason="stricter here",
            rows={"protective_earth": [STRICT]},
            scope_kind=kind,
            scope_key=key,
        )
    assert caught.value.field == "scope_key"
    with pytest.raises(BadInput):
        actions.set_frequency(
            by=shop.head, protocol=SAFETY, scope_kind=kind, scope_key=key, months=6, reason="risk"
        )


def test_a_scope_is_found_however_its_id_is_written(shop: Any, hire: Any) -> None:
    schedule = actions.propose_limits(
        by=shop.head,
        specialty="medical_engineering",
        reason="stricter here",
        rows={"protective_earth": [{**STRICT, "when": {"arrangement": "with_cord"}}]},
        scope_kind="device",
        scope_key=str(shop.pump.uuid).upper(),
    )
    actions.adopt_limits(by=shop.second, schedule=schedule, specialty="medical_engineering")
    actions.countersign_limits(
        by=hire("lead_engineer", authorised="expert"), schedule=schedule, specialty="medical_engineering"
    )
    limits = load().limits(entry(EARTH), shop.pump, clock.now()).limits
    assert [limit.high for limit in limits] == [0.1]


@pytest.mark.parametrize("days", [-1, 5000, 10**9])
def test_a_window_is_of_some_days(shop: Any, days: int) -> None:
    with pytest.raises(BadInput) as caught:
        actions.set_frequency(
            by=shop.head, protocol=SAFETY, scope_kind="all", months=12, reason="plan", window_days=days
        )
    assert caught.value.field == "window_days"


def test_a_schedule_judges_nothing_that_was_measured_before_it_was_agreed(shop: Any, hire: Any) -> None:
    measured = clock.now()
    with clock.at(measured + timedelta(days=2)):
        loose = {**STRICT, "high": 5.0, "when": {"arrangement": "with_cord"}}
        schedule = actions.propose_limits(
            by=shop.head,
            specialty="medical_engineering",
            reason="so that last week's reading passes",
            rows={"protective_earth": [loose]},
            effective_from=measured - timedelta(days=1),
        )
        actions.adopt_limits(by=shop.second, schedule=schedule, specialty="medical_engineering")
        adopted = clock.now()
    with clock.at(measured + timedelta(days=3)):
        third = hire("lead_engineer", authorised="expert")
        actions.countersign_limits(by=third, schedule=schedule, specialty="medical_engineering")
        agreed = clock.now()

    def high(instant: Any) -> float | None:
        return load().limits(entry(EARTH), shop.pump, instant).limits[0].high

    assert [high(measured), high(adopted), high(agreed)] == [0.3, 0.3, 5.0]
