"""Reference values: the one that held then, under its own conditions, in the unit of the result."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from kilter.department.equipment import actions as equipment
from kilter.department.ledger import clock
from kilter.department.policy import actions as policy
from kilter.measure.error import BadInput

pytestmark = pytest.mark.django_db

EARTH = "medical_engineering.protective_earth"


@pytest.fixture
def against(shop: Any, hire: Any) -> Any:
    """The shop, whose earth readings may leave their reference value by 0.05 ohm."""
    row = {
        "result": "resistance",
        "kind": "from_baseline",
        "low": -0.05,
        "high": 0.05,
        "unit": "ohm",
        "level": "suspension",
        "cite": "local",
        "edition": "2026",
    }
    schedule = policy.propose_limits(
        by=shop.head,
        specialty="medical_engineering",
        reason="compare",
        rows={"protective_earth": [row]},
    )
    policy.adopt_limits(by=shop.second, schedule=schedule, specialty="medical_engineering")
    third = hire("lead_engineer", authorised="expert")
    policy.countersign_limits(by=third, schedule=schedule, specialty="medical_engineering")
    return shop


def refer(shop: Any, value: float, unit: str = "ohm", **context: str) -> None:
    """Set the reference value of the earth resistance."""
    equipment.set_reference_value(
        by=shop.second,
        device=shop.pump,
        procedure=EARTH,
        result="resistance",
        value=value,
        unit=unit,
        reason="acceptance",
        context=context,
    )


def verdict(shop: Any, reading: str, arrangement: str = "with_cord", **more: Any) -> str:
    """Sign an earth reading and give its verdict."""
    inputs = {"reading": reading, "arrangement": arrangement}
    content = {"steps": {"protective_earth": {"inputs": inputs}}, "instruments": [str(shop.tester.uuid)]}
    return str(shop.sign(shop.draft(protocol=EARTH, content=content, **more))[0].verdict)


def test_a_reference_value_holds_under_its_own_conditions(against: Any) -> None:
    refer(against, 0.10, arrangement="with_cord")
    refer(against, 0.50, arrangement="cord_alone")
    assert verdict(against, "0.12") == "within"
    assert verdict(against, "0.48") == "suspension"
    assert verdict(against, "0.48", "cord_alone") == "within"
    assert verdict(against, "0.12", "without_cord") == "recorded"  # no reference under these conditions


def test_a_reference_value_is_read_in_its_unit(against: Any) -> None:
    refer(against, 100.0, "mohm")
    assert verdict(against, "0.12") == "within"
    assert verdict(against, "0.20") == "suspension"


def test_a_reference_value_of_another_quantity_is_refused_by_name(against: Any) -> None:
    refer(against, 0.1, "uA")
    with pytest.raises(BadInput, match="reference value of resistance"):
        verdict(against, "0.12")


def test_a_reference_value_does_not_judge_what_was_measured_before_it_was_set(against: Any) -> None:
    refer(against, 0.10)
    with clock.at(clock.now() + timedelta(days=2)):
        measured = clock.now() - timedelta(days=1)
        refer(against, 0.30)
        assert verdict(against, "0.12", performed_at=measured) == "within"
        assert verdict(against, "0.12") == "suspension"
