"""The hazard register: graded by its table, version after version, never edited."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from kilter.department.safety import actions
from kilter.department.safety.models import HazardVersion
from kilter.department.safety.risk import band, matrix
from kilter.measure.error import BadInput, Conflict

FIELDS: dict[str, Any] = {
    "name": "Free flow",
    "sequence": "The door is opened with the line in place and the clamp does not close",
    "situation": "A line with a drug runs free into a patient",
    "harm": "Overdose",
    "severity_before": 5,
    "probability_before": 3,
    "controls": "Anti-free-flow sets only",
    "severity_after": 5,
    "probability_after": 1,
}


@pytest.fixture
def officer(hire: Callable[..., Any]) -> Any:
    return hire("safety_officer", name="Sam Officer")


@pytest.mark.parametrize(
    ("severity", "probability", "word"),
    [(1, 1, "low"), (3, 1, "low"), (2, 2, "moderate"), (2, 3, "moderate"), (2, 4, "high"), (3, 4, "high"),
     (3, 5, "extreme"), (5, 5, "extreme")],
)  # fmt: skip
def test_the_bands_of_the_published_matrix(severity: int, probability: int, word: str) -> None:
    """1 to 3 low, 4 to 6 moderate, 8 to 12 high, 15 to 25 extreme."""
    assert band(severity, probability) == band(probability, severity) == word


def test_a_greater_risk_is_never_in_a_smaller_band() -> None:
    order = [word for _, word in matrix().bands]
    for severity in range(1, 6):
        ranks = [order.index(band(severity, probability)) for probability in range(1, 6)]
        assert ranks == sorted(ranks)
    assert not matrix().confirmed  # nobody here read the text


@pytest.mark.django_db
def test_versions_are_added_and_never_edited(shop: Any, officer: Any) -> None:
    hazard = actions.add_hazard(by=officer, kind="infusion_pump", fields=FIELDS, reason="maker's file")
    better = {**FIELDS, "probability_after": 2}
    actions.revise_hazard(by=officer, hazard=hazard, version=1, fields=better, reason="an incident")
    with pytest.raises(Conflict, match="meanwhile"):
        actions.revise_hazard(by=officer, hazard=hazard, version=1, fields=FIELDS, reason="x")
    gone = actions.withdraw_hazard(by=officer, hazard=hazard, version=2, reason="no such pump left")
    assert (gone.number, gone.withdrawn, gone.probability_after) == (3, True, 2)
    with pytest.raises(Conflict, match="withdrawn before"):
        actions.withdraw_hazard(by=officer, hazard=hazard, version=3, reason="x")
    assert not actions.revise_hazard(
        by=officer, hazard=hazard, version=3, fields=FIELDS, reason="one was found"
    ).withdrawn
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        HazardVersion.objects.update(harm="none")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"harm": "x" * 501}, "harm"),
        ({"severity_before": 6}, "severity_before"),
        ({"severity_before": True}, "severity_before"),
        ({"probability_after": "1"}, "probability_after"),
        ({"probability_after": 4}, "probability_after"),
        ({"controls": ""}, "controls"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_what_will_not_do_is_refused_by_name(
    shop: Any, officer: Any, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(BadInput) as caught:
        actions.add_hazard(by=officer, kind="infusion_pump", fields={**FIELDS, **changes}, reason="x")
    assert caught.value.field == field


@pytest.mark.django_db
def test_a_hazard_is_of_a_kind_that_the_register_has(shop: Any, officer: Any) -> None:
    with pytest.raises(BadInput, match="no model"):
        actions.add_hazard(by=officer, kind="time_machine", fields=FIELDS, reason="x")
    with pytest.raises(BadInput, match="no model"):
        actions.add_hazard(
            by=officer, kind="infusion_pump", fields=FIELDS, reason="x", model=shop.tester.model
        )
