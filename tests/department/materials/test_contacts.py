"""What follows from a dose: times from the sum behind them, rounded up, and breast-feeding."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any

import pytest
from tests.department.materials.conftest import START

from kilter.department.ledger import clock
from kilter.department.materials import actions
from kilter.department.materials.contacts import follows
from kilter.department.materials.models import Advice
from kilter.measure.error import BadInput, Conflict, NotPermitted

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def given(clinic: Any, **told: Any) -> Any:
    referral, syringe = clinic.authorised(), clinic.dose(500.0)
    clinic.identified()
    return clinic.give(referral, syringe, told=clinic.told(**told))


def said(clinic: Any, **more: Any) -> Advice:
    figures = {
        "excreted": 0.0, "route": "drain", "dose_rate": 0.02, "effective_half_life": 0.25, "source": "rules"
    }  # fmt: skip
    return actions.set_advice(by=clinic.operator, product=clinic.lab.kit_product, **{**figures, **more})


def test_the_time_is_when_the_dose_still_to_come_meets_the_constraint(clinic: Any) -> None:
    contact = {"who": "a partner", "hours_a_day": 8.0, "constraint": 0.05, "contact_at": 0.5}
    said(clinic, contacts=[contact, {**contact, "who": "people at work", "constraint": 5.0}])
    after = follows(given(clinic))
    a_day = 0.02 * 490.0 * (1 / 0.5) ** 1.5 * 8.0 / 1000.0  # mSv
    days = 0.25 * math.log2(a_day * 0.25 / math.log(2) / 0.05)
    near, far = after.contacts
    assert near.until == START + timedelta(hours=math.ceil(24 * days))
    assert (near.who, near.distance) == ("a partner", 0.5)
    assert far.until is None


@pytest.mark.parametrize(
    ("advice", "feeding", "feeds", "until"),
    [
        ({"interruption_hours": 4.0}, "no", False, None),
        ({"interruption_hours": 4.0}, "yes", True, START + 4 * HOUR),
        ({"interruption_hours": 4.2}, "yes", True, START + 5 * HOUR),
        ({"interruption_hours": 0.0}, "yes", True, START),
        ({"interruption_hours": 4.0, "stop_feeding": True}, "yes", True, None),
    ],
)
def test_breast_feeding_goes_on_when_the_site_says(
    clinic: Any, advice: dict[str, Any], feeding: str, feeds: bool, until: Any
) -> None:
    said(clinic, **advice)
    after = follows(given(clinic, feeding=feeding))
    assert (after.feeds, after.feeding_until) == (feeds, until)


def test_what_was_said_then_counts_though_it_was_changed_since(clinic: Any) -> None:
    first = said(clinic, interruption_hours=4.0)
    made = given(clinic, feeding="yes")
    said(clinic, interruption_hours=24.0)
    assert made.advice == first
    assert follows(made).feeding_until == START + 4 * HOUR


def test_advice_is_confirmed_by_somebody_else_and_once(clinic: Any) -> None:
    row = said(clinic)
    with pytest.raises(NotPermitted):
        actions.confirm_advice(by=clinic.operator, advice=row)
    made = given(clinic)
    assert not follows(made).confirmed
    actions.confirm_advice(by=clinic.practitioner, advice=row)
    made.refresh_from_db()
    assert follows(made).confirmed
    with pytest.raises(Conflict):
        actions.confirm_advice(by=clinic.lab.head, advice=row)
    said(clinic)
    with pytest.raises(Conflict):
        actions.confirm_advice(by=clinic.lab.head, advice=row)


def test_who_entered_advice_does_not_confirm_it_in_another_role(clinic: Any) -> None:
    own = actions.set_advice(
        by=clinic.lab.chemist, product=clinic.lab.kit_product, excreted=0.1, route="drain", dose_rate=0.1,
        effective_half_life=1.0, source="rules",
    )  # fmt: skip
    with pytest.raises(NotPermitted, match="does not confirm"):
        actions.confirm_advice(by=clinic.lab.chemist, advice=own)


CONTACT = {"who": "x", "hours_a_day": 8.0, "constraint": 1.0, "contact_at": 1.0}


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"excreted": 1.1}, "excreted"),
        ({"excreted": True}, "excreted"),
        ({"route": "holding"}, "route"),
        ({"route": "moon"}, "route"),
        ({"dose_rate": math.inf}, "dose_rate"),
        ({"effective_half_life": 0.0}, "effective_half_life"),
        ({"interruption_hours": -1.0}, "interruption_hours"),
        ({"source": " "}, "source"),
        ({"instructions": "a\0b"}, "instructions"),
        ({"contacts": [{"who": "x"}]}, "contacts"),
        ({"contacts": ["x"]}, "contacts"),
        ({"contacts": [{**CONTACT, "who": ""}]}, "contacts"),
        ({"contacts": [{**CONTACT, "hours_a_day": 25.0}]}, "contacts"),
        ({"contacts": [{**CONTACT, "constraint": 0.0}]}, "contacts"),
        ({"contacts": [{**CONTACT, "contact_at": 0.01}]}, "contacts"),
        ({"contacts": [{**CONTACT, "contact_at": math.nan}]}, "contacts"),
    ],
)
def test_impossible_advice_is_refused_and_the_old_stays(
    clinic: Any, more: dict[str, Any], field: str
) -> None:
    before = Advice.objects.get(ended_at=None)
    with pytest.raises(BadInput) as caught:
        said(clinic, **more)
    assert caught.value.field == field
    assert Advice.objects.get(ended_at=None) == before


CONTACT = {"who": "a partner", "hours_a_day": 8.0, "constraint": 0.05, "contact_at": 0.5}


def hours(rate: float, half_life: float) -> int:
    """Whole hours until the exposure still to come at 0.5 m, 8 h a day, meets 0.05 mSv; in closed form."""
    a_day = rate * (1 / 0.5) ** 1.5 * 8.0 / 1000.0  # mSv
    return math.ceil(24 * half_life * math.log2(a_day * half_life / math.log(2) / 0.05))


def test_a_second_dose_counts_with_what_is_left_of_the_first(clinic: Any) -> None:
    said(clinic, contacts=[CONTACT])
    first = given(clinic)
    with clock.at(START + 3 * HOUR):
        second = given(clinic)
    left = 490.0 * 0.5 ** (3 / 24 / 0.25)
    after = follows(second)
    assert after.earlier == 1
    assert after.contacts[0].until == START + (3 + hours(0.02 * (490.0 + left), 0.25)) * HOUR
    alone = follows(first)
    assert (alone.earlier, alone.contacts[0].until) == (0, START + hours(0.02 * 490.0, 0.25) * HOUR)


def test_what_has_decayed_counts_no_more(clinic: Any) -> None:
    said(clinic, contacts=[CONTACT])
    given(clinic)
    later = START + timedelta(days=2)  # eight half-lives
    with clock.at(later):
        after = follows(given(clinic))
    assert after.earlier == 0
    assert after.contacts[0].until == later + hours(0.02 * 490.0, 0.25) * HOUR


def test_doses_that_leave_at_different_speeds_are_taken_as_the_slower(clinic: Any) -> None:
    said(clinic, contacts=[CONTACT], effective_half_life=2.0)
    given(clinic)
    said(clinic, contacts=[CONTACT])
    with clock.at(START + 3 * HOUR):
        after = follows(given(clinic))
    left = 490.0 * 0.5 ** (3 / 24 / 2.0)
    assert after.contacts[0].until == START + (3 + hours(0.02 * (490.0 + left), 2.0)) * HOUR
