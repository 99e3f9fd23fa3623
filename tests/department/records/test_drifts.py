"""Warning before the limit: exact lines meet it when they must, noise and other choices do not warn."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from kilter.department.equipment import actions as equipment
from kilter.department.ledger import clock
from kilter.department.records.drifts import Drifting, _meeting, drifting
from kilter.department.records.models import Reading
from kilter.numerics.line import fit_lines

pytestmark = pytest.mark.django_db

EARTH = "medical_engineering.protective_earth"
GAP = timedelta(days=60)


@pytest.fixture
def tested(shop: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Test the pump again and again, 60 days apart: `tested(a, b, c)` gives what drifts then."""
    begun = clock.now()

    def again(*earths: str, **more: list[Any]) -> list[Drifting]:
        for number, earth in enumerate(earths):
            when = begun + GAP * number
            monkeypatch.setattr(clock, "now", lambda when=when: when)
            others = {step: rows[number] for step, rows in more.items()}
            shop.visit(protective_earth={"reading": earth}, **others)
        return drifting([shop.pump])

    return again


def test_an_exact_line_warns_with_its_dates(shop: Any, tested: Any) -> None:
    """From 0.10 ohm by 0.04 in 60 days: 0.3 ohm on day 300, 0.27 (90 %) on day 255, less what U takes."""
    (one,) = tested("0.10", "0.14", "0.18", "0.22")
    assert (one.newest.procedure, one.newest.result) == (EARTH, "resistance")
    assert one.yearly == pytest.approx(0.04 / 60 * 365.25, rel=1e-9)
    first = one.readings[0].performed_at
    days = {
        bound.what: (bound.bound, (bound.line_meets - first) / timedelta(days=1), bound.may_meet)
        for bound in one.warned
    }
    assert days["limit"][:2] == (0.3, pytest.approx(300.0, abs=1e-3))
    assert days["90% of the limit"][:2] == (pytest.approx(0.27), pytest.approx(255.0, abs=1e-3))
    for bound in one.warned:
        assert bound.may_meet < bound.line_meets
        assert bound.line_meets - bound.may_meet < timedelta(days=15)
    assert [bound.bound for bound in one.warned] == sorted(bound.bound for bound in one.warned)


@pytest.mark.parametrize(
    "earths",
    [
        ("0.20", "0.20", "0.20", "0.20"),
        ("0.20", "0.24", "0.19", "0.22"),
        ("0.22", "0.18", "0.14", "0.10"),
        ("0.100", "0.101", "0.102", "0.103"),
        ("0.10", "0.20"),
    ],
    ids=["constant", "noise", "away from the limit", "far from it", "two readings"],
)
def test_what_must_not_warn(tested: Any, earths: tuple[str, ...]) -> None:
    assert tested(*earths) == []


def test_readings_by_another_method_are_no_drift(tested: Any) -> None:
    leakage = [
        {"current": current, "method": method}
        for current, method in (("50", "direct"), ("250", "alternative"), ("450", "alternative"))
    ]
    assert tested("0.1", "0.1", "0.1", equipment_leakage=leakage) == []
    rising = [{"current": str(current), "method": "direct"} for current in (100, 200, 300, 400)]
    (one,) = tested("0.1", "0.1", "0.1", "0.1", equipment_leakage=rising)
    assert one.newest.procedure == "medical_engineering.equipment_leakage"
    assert one.chosen["method"] == "direct"
    assert len(one.readings) == 5


def test_the_devices_own_reference_stands_beside_it(shop: Any, tested: Any) -> None:
    given = {"procedure": EARTH, "result": "resistance", "value": 100.0, "unit": "mohm"}
    equipment.set_reference_value(by=shop.engineer, device=shop.pump, reason="at acceptance", **given)
    (one,) = tested("0.10", "0.14", "0.18", "0.22")
    assert one.reference == pytest.approx(0.1)


def test_queries_do_not_grow(shop: Any, tested: Any, django_assert_num_queries: Any) -> None:
    rising = [{"current": str(current)} for current in (10, 1000, 2000, 3000)]
    found = tested("0.10", "0.14", "0.18", "0.22", applied_part_leakage=rising)
    assert len(found) == 2
    with django_assert_num_queries(7):
        drifting([shop.pump, shop.tester])


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize("shift", [0.0, -50.0, 1000.0])
def test_either_side_and_any_zero_give_the_same_day(sign: float, shift: float) -> None:
    """5, 6, 7 on days 0, 100, 200 meet 10 on day 500, wherever zero lies and whichever way is up."""
    now = clock.now()
    rows = [
        Reading(value=shift + sign * (5.0 + n), performed_at=now + timedelta(days=100 * n)) for n in range(3)
    ]
    lines = fit_lines([0] * 3, [0.0, 100.0, 200.0], [row.value for row in rows], [float("nan")] * 3)
    one = _meeting(rows, shift + sign * 10.0, "limit", lines, 0)
    assert one is not None
    for day in (one.line_meets, one.may_meet):
        assert (day - now) / timedelta(days=1) == pytest.approx(500.0, abs=1e-5)


def test_a_bound_that_was_passed_is_met_by_the_last_reading() -> None:
    now = clock.now()
    rows = [Reading(value=5.0 + n, performed_at=now + timedelta(days=100 * n)) for n in range(3)]
    lines = fit_lines([0] * 3, [0.0, 100.0, 200.0], [5.0, 6.0, 7.0], [float("nan")] * 3)
    one = _meeting(rows, 6.5, "limit", lines, 0)
    assert one is not None
    assert one.may_meet == rows[-1].performed_at
