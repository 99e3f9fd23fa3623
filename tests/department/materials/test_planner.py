"""The morning plan: it is enough, it is drawn in time, and it says what cannot be served."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any

import pytest
from tests.department.materials.conftest import START

from kilter.department.materials.planner import Practice, Wanted, plan
from kilter.measure.error import BadInput

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
TC, MO = math.log(2) / 6.015, math.log(2) / 65.94  # 1/h, ICRP 107


def there(parent: float, elapsed: float, residual: float = 0.0) -> float:
    """Bateman in closed form: the daughter, `elapsed` h after an elution with `parent` in the column."""
    grown = 0.8773 * parent * TC / (TC - MO) * (math.exp(-MO * elapsed) - math.exp(-TC * elapsed))
    return grown + residual * math.exp(-TC * elapsed)


def test_one_elution_serves_a_morning(lab: Any) -> None:
    generator = lab.generator(20_000.0)
    wanted = [Wanted(START + hours * HOUR, 600.0, f"bone {hours}") for hours in (4, 2, 3)]
    found = plan(generator, wanted, START)
    assert found.short == []
    (elution,) = found.elutions
    assert elution.at == START
    assert elution.gives == pytest.approx(0.9 * there(20_000 * math.exp(MO * 24), 24.0), rel=1e-9)
    assert [one.wanted.words for one in elution.draws] == ["bone 2", "bone 3", "bone 4"]
    assert elution.planned == pytest.approx(sum(600 * math.exp(TC * h) for h in (2, 3, 4)), rel=1e-12)
    first = elution.draws[0]
    assert first.at == START + 1.75 * HOUR
    assert first.activity == pytest.approx(600 * math.exp(TC * 0.25), rel=1e-12)
    assert first.volume == pytest.approx(6.0 * 600 * math.exp(TC * 2) / elution.gives, rel=1e-9)
    assert sum(one.volume for one in elution.draws) <= 6.0


def test_a_second_elution_where_one_does_not_last(lab: Any) -> None:
    generator = lab.generator(3000.0)
    wanted = [Wanted(START + 2 * HOUR, 1500.0, "first"), Wanted(START + 9 * HOUR, 1000.0, "second")]
    found = plan(generator, wanted, START)
    assert [[draw.wanted.words for draw in one.draws] for one in found.elutions] == [["first"], ["second"]]
    one, two = found.elutions
    elapsed = (two.at - one.at).total_seconds() / 3600
    parent = 3000.0  # the parent at the first elution, which is at six
    gives = 0.9 * there(parent, elapsed, one.gives / 0.9 * 0.1)
    assert two.gives == pytest.approx(gives, rel=1e-9)
    needed = 1000 * math.exp(TC * (9 - elapsed))
    assert gives >= needed
    earlier = elapsed - 0.25  # a quarter of an hour before it was not enough
    assert 0.9 * there(parent, earlier, one.gives / 0.9 * 0.1) < 1000 * math.exp(TC * (9 - earlier))


def test_what_no_elution_can_give_is_said(lab: Any) -> None:
    generator = lab.generator(3000.0)
    far = Wanted(START + 2 * HOUR, 50_000.0, "too much")
    soon = Wanted(START + timedelta(minutes=10), 10.0, "too soon")
    found = plan(generator, [far, soon, Wanted(START + 3 * HOUR, 100.0, "fits")], START)
    assert [one.words for one in found.short] == ["too soon", "too much"]
    assert [draw.wanted.words for one in found.elutions for draw in one.draws] == ["fits"]
    late = plan(generator, [Wanted(START + timedelta(days=15), 1.0)], START + timedelta(days=14, hours=1))
    assert len(late.short) == 1  # the generator has expired


def test_an_eluate_that_would_expire_first_is_not_planned(lab: Any) -> None:
    found = plan(lab.generator(), [Wanted(START + 20 * HOUR, 10.0, "tomorrow")], START)
    assert found.short == []
    (elution,) = found.elutions
    assert elution.at <= START + 20 * HOUR < elution.expires


def test_plans_that_cannot_be_read(lab: Any) -> None:
    generator = lab.generator()
    with pytest.raises(BadInput, match="activity"):
        plan(generator, [Wanted(START, 0.0)], START)
    with pytest.raises(BadInput, match="efficiency"):
        plan(generator, [], START, Practice(efficiency=1.2))
    with pytest.raises(BadInput, match="zone"):
        plan(generator, [Wanted(START.replace(tzinfo=None), 1.0)], START)
    with pytest.raises(BadInput, match="no generator"):
        plan(lab.kits(), [], START)


def test_what_is_at_hand_is_drawn_first_and_only_the_rest_is_eluted(lab: Any) -> None:
    from kilter.department.ledger import clock

    generator = lab.generator(20_000.0)
    eluate = lab.released(lab.eluate(generator, activity=5000.0, volume=5.0))
    generator.refresh_from_db()
    now = clock.now()
    wanted = [Wanted(now + hours * HOUR, 2000.0, f"bone {hours}") for hours in (1, 2, 3)]
    found = plan(generator, wanted, now, stock=[eluate])
    at_hand, eluted = found.elutions
    assert (at_hand.held, eluted.held) == (eluate, None)
    held = at_hand.gives  # 2000 MBq in one hour and in two are 4763 MBq now; a third dose is not there
    assert 2000 * (math.exp(TC) + math.exp(2 * TC)) < held < 2000 * sum(math.exp(n * TC) for n in (1, 2, 3))
    assert [draw.wanted.words for draw in at_hand.draws] == ["bone 1", "bone 2"]
    assert at_hand.draws[0].volume == pytest.approx(eluate.volume * 2000 * math.exp(TC) / held, rel=1e-9)
    assert sum(draw.volume for draw in at_hand.draws) <= eluate.volume
    assert [draw.wanted.words for draw in eluted.draws] == ["bone 3"]
    assert [one.held for one in plan(generator, wanted, now).elutions] == [None] * len(
        plan(generator, wanted, now).elutions
    )


def test_nothing_is_planned_on_an_eluate_beyond_its_expiry(lab: Any) -> None:
    from kilter.department.ledger import clock

    generator = lab.generator(20_000.0)
    eluate = lab.released(lab.eluate(generator))
    generator.refresh_from_db()
    late = Wanted(eluate.expires + HOUR, 1.0, "late")
    found = plan(generator, [late], clock.now(), stock=[eluate])
    assert all(one.held is None for one in found.elutions)


def test_an_eluate_of_another_nuclide_is_no_stock_of_the_plan(lab: Any) -> None:
    generator = lab.generator(3000.0)
    other = lab.released(lab.eluate(generator))
    other.nuclide = "Ga-68"
    with pytest.raises(BadInput, match="not of this generator's nuclide"):
        plan(generator, [Wanted(START + 3 * HOUR, 10.0)], START, stock=[other])
