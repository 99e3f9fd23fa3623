"""What may be held: the sentence of the refusal, who lifts it, and every instant that counts."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.department.materials.conftest import START

from kilter.department.ledger import clock
from kilter.department.materials import actions
from kilter.department.materials.actions.permits import Allowed
from kilter.department.materials.custody import Second
from kilter.department.materials.holding import Beyond
from kilter.department.materials.models import Lot, Permit
from kilter.department.materials.outlook import totals
from kilter.measure.error import BadInput, Conflict, NotPermitted

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def permit(lab: Any, *limits: tuple[str, float], since: Any = START - DAY) -> Permit:
    rows = [Allowed("holding", group, most, "at_any_time") for group, most in limits]
    made: Permit = actions.add_permit(
        by=lab.head, number_of_permit=f"H-{len(limits)}", authority="Agency", valid_from=since, limits=rows
    )
    return made


def technetium(lab: Any, activity: float, **more: Any) -> Any:
    given = {"reference": START, "volume": 5.0, "expires": START + DAY, **more}
    return lab.act("receive", product=lab.eluate_product, label=lab.label("T"), activity=activity, **given)


def beyond(lab: Any, person: Any = None, reason: str = "the maker sent two") -> Beyond:
    who = person or lab.physicist
    return Beyond(Second(who, lab.confirm(who)), reason)


def test_a_receipt_beyond_the_permit_is_refused_by_name_and_figure(lab: Any) -> None:
    permit(lab, ("Tc-99m", 1000.0))
    technetium(lab, 400.0)
    words = (
        "permit H-1 allows 1000 MBq of Tc-99m to be held at any time; 400 MBq are held, and 1001 MBq would be"
    )
    with pytest.raises(Conflict) as refused, transaction.atomic():
        technetium(lab, 601.0)
    assert (refused.value.message, refused.value.code) == (words, "above_holding")
    technetium(lab, 600.0)
    assert Lot.objects.count() == 2


def test_an_elution_beyond_the_permit_is_refused(lab: Any) -> None:
    generator = lab.generator()
    permit(lab, ("Tc-99m", 8000.0), ("other", 1e6))
    with pytest.raises(Conflict, match=r"allows 8000 MBq of Tc-99m .* 0 MBq are held, and 9000 MBq would be"):
        lab.eluate(generator)
    assert lab.eluate(generator, 8000.0).activity == 8000.0


def test_what_has_decayed_or_left_is_held_no_more(lab: Any) -> None:
    permit(lab, ("Tc-99m", 1000.0))
    gone = technetium(lab, 1000.0)
    with clock.at(START + timedelta(hours=6.015)):
        technetium(lab, 499.0, reference=clock.now())  # half of the first is left: 500 of it
        with pytest.raises(Conflict, match="would be"), transaction.atomic():
            technetium(lab, 2.0, reference=clock.now())
        lab.act("dispose", lot=gone, route="solid", permit=lab.permit)
        technetium(lab, 500.0, reference=clock.now())


def test_a_late_entry_is_checked_when_it_came_and_now(lab: Any) -> None:
    permit(lab, ("Tc-99m", 1000.0))
    with clock.at(START + timedelta(hours=12)):
        technetium(lab, 900.0, reference=clock.now())
        technetium(lab, 390.0, at=START)  # 98 MBq of it are left: 998 now
        with pytest.raises(Conflict, match="at any time"), transaction.atomic():
            technetium(lab, 20.0, at=START)
        with pytest.raises(Conflict, match="390 MBq are held, and 1001 MBq would be"), transaction.atomic():
            technetium(lab, 611.0, at=START)


def test_a_nuclide_that_no_permit_speaks_of_is_not_held(lab: Any) -> None:
    Permit.objects.filter(pk=lab.permit.pk).update(valid_until=START)
    technetium(lab, 10.0)  # no permit with a holding limit is in force: nothing to hold it against
    permit(lab, ("I-131", 1000.0))
    with pytest.raises(Conflict, match="permit H-1 says nothing of holding Tc-99m; 10 MBq would be held"):
        technetium(lab, 10.0)


def test_a_permit_out_of_force_does_not_count(lab: Any) -> None:
    permit(lab, ("Tc-99m", 1.0), since=START + DAY)
    assert technetium(lab, 500.0).activity == 500.0


def test_a_second_person_allows_it_with_a_reason_and_that_is_sealed(lab: Any) -> None:
    permit(lab, ("Tc-99m", 1000.0))
    lot = technetium(lab, 1500.0, beyond=beyond(lab))
    said = json.loads(lot.moves_in.get().record.text)["statement"]["given"]["beyond_permit"]
    assert said["allowed_by"]["name"] == "Phil Physicist"
    assert said["reason"] == "the maker sent two"
    assert "and 1500 MBq would be" in said["excess"]


def test_a_word_that_was_not_needed_is_not_sealed(lab: Any) -> None:
    lot = technetium(lab, 15.0, beyond=beyond(lab))
    assert "beyond_permit" not in json.loads(lot.moves_in.get().record.text)["statement"]["given"]


def test_nobody_allows_their_own_excess_or_without_the_right_or_a_reason(lab: Any, hire: Any) -> None:
    permit(lab, ("Tc-99m", 1000.0))
    other = hire("nuclear_technologist", authorised="independent", until=START + 9 * DAY)
    for word, kind, match in (
        (beyond(lab, lab.chemist), NotPermitted, "another person's"),
        (beyond(lab, other), NotPermitted, "more is held"),
        (beyond(lab, reason=" "), BadInput, "beyond_reason"),
    ):
        with pytest.raises(kind, match=match), transaction.atomic():
            technetium(lab, 1500.0, beyond=word)
    assert not Lot.objects.exists()


@settings(max_examples=40, suppress_health_check=list(HealthCheck), deadline=None)
@given(coming=st.lists(st.tuples(st.floats(1.0, 700.0), st.floats(0.0, 4.0)), min_size=1, max_size=7))
def test_never_more_is_held_than_the_permit_allows(lab: Any, coming: list[tuple[float, float]]) -> None:
    with transaction.atomic():
        made, now = permit(lab, ("Tc-99m", 1000.0)), START
        for activity, hours in coming:
            now += timedelta(hours=hours)
            with clock.at(now):
                (before,) = totals(made, now)
                try:
                    with transaction.atomic():
                        technetium(lab, activity, reference=now)
                    fitted = True
                except Conflict:
                    fitted = False
                assert fitted == (before.used + activity <= 1000.0 * (1 + 1e-9))
                assert totals(made, now)[0].used <= 1000.0 * (1 + 1e-9)
        transaction.set_rollback(True)
