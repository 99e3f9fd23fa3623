"""What a result is for: tests of equipment always count, the other two uses only where they are permitted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from kilter.department.ledger import clock
from kilter.department.policy import actions
from kilter.department.policy.queries import Policy, load
from kilter.department.records.models import Record
from kilter.measure.error import BadInput, NotPermitted
from kilter.measure.registry import entries, entry

pytestmark = pytest.mark.django_db

OTHER_USES = ("independent_check", "patient_result")
EARTH = entry("medical_engineering.protective_earth")


PATIENT_RESULTS = {
    "nuclear_medicine.effective_dose",
    "nuclear_medicine.gfr",
    "nuclear_medicine.organ_dose",
    "nuclear_medicine.paediatric_activity",
    "nuclear_medicine.thyroid_uptake",
    "nuclear_medicine.time_integrated_activity",
}


def test_what_comes_with_kilter_is_for_equipment_but_for_a_list_that_is_off():
    """A procedure that says something of a patient is on this list, or its use was forgotten."""
    ours = [item for item in entries().values() if item.module.startswith("kilter.")]
    assert len(ours) >= 90
    assert {item.key for item in ours if item.use == "patient_result"} == PATIENT_RESULTS
    assert {item.use for item in ours} == {"equipment", "patient_result"}
    assert not any(load().use_permitted(entry(key), clock.now()) for key in PATIENT_RESULTS)


@pytest.mark.parametrize("use", OTHER_USES)
def test_a_use_is_off_until_a_safety_officer_permits_it(use, hire: Callable[..., Any]):
    officer, item = hire("safety_officer"), replace(EARTH, use=use)
    assert load().use_permitted(EARTH, clock.now())
    assert not load().use_permitted(item, clock.now())
    actions.permit_use(by=officer, specialty=item.specialty, use=use, how="beside the second calculation")
    assert load().use_permitted(item, clock.now())
    assert not load().use_permitted(item, clock.now() - timedelta(days=1))
    assert not load().use_permitted(replace(item, key="nuclear_medicine.x"), clock.now())
    other = next(one for one in OTHER_USES if one != use)
    assert not load().use_permitted(replace(item, use=other), clock.now())
    actions.permit_use(by=officer, specialty=item.specialty, use=use, how="ended", permitted=False)
    assert not load().use_permitted(item, clock.now())


@pytest.mark.parametrize("role", ["lead_engineer", "engineer", "technologist", "trainee", "on_call"])
def test_who_tests_does_not_permit_uses(role, hire: Callable[..., Any]):
    with pytest.raises(NotPermitted):
        actions.permit_use(
            by=hire(role), specialty="medical_engineering", use="patient_result", how="as we like"
        )


@pytest.mark.parametrize(("use", "how"), [("equipment", "x"), ("treatment", "x"), ("patient_result", " ")])
def test_a_permission_that_will_not_do_is_named(use, how, hire: Callable[..., Any]):
    with pytest.raises(BadInput) as problem:
        actions.permit_use(by=hire("safety_officer"), specialty="medical_engineering", use=use, how=how)
    assert problem.value.field == ("how" if use == "patient_result" else "use")


def test_what_is_not_permitted_is_not_sealed(shop: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(
        Policy,
        "use_permitted",
        lambda self, item, instant: item.key != "medical_engineering.protective_earth",
    )
    with pytest.raises(NotPermitted, match="not permitted here"):
        shop.visit()
    assert not Record.objects.exists()
