"""The replacement ranking on pages: as of now, frozen, its weights, its file."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.test import Client

from kilter.department.ledger import clock
from kilter.department.safety import replacement
from kilter.department.safety.ranking import FACTORS, SCALED
from tests.interfaces.web.test_register import browser_of
from tests.shop import shop as shop

pytestmark = pytest.mark.django_db

WEIGHTS = {
    **{f"weight.{name}": "10" for name in FACTORS},
    **{f"full.{name}": "5" for name in SCALED},
    "years": "3",
    "criticality": "infusion_pump 4\nventilator = 5",
    "reason": "agreed by the devices group",
}


@pytest.fixture
def chief(shop: Any) -> Client:
    """The head's browser."""
    return browser_of(shop.head)


def test_before_anything_is_set_the_weights_are_said_to_be_unconfirmed(chief: Client) -> None:
    page = chief.get("/replacement/?kind=infusion_pump").content.decode()
    assert "to be confirmed" in page
    assert "ME0001" in page
    assert "TI0001" not in page
    assert "age not known" in page
    assert "Choose a kind" in chief.get("/replacement/").content.decode()


def test_weights_are_set_a_year_frozen_shown_and_given_out(chief: Client) -> None:
    year = clock.now().year
    assert chief.post("/replacement/weights/", WEIGHTS).status_code == 302
    policy = replacement.policy()
    assert policy is not None
    assert policy.terms["criticality"] == {"infusion_pump": 4, "ventilator": 5}
    assert chief.post("/replacement/freeze/", {"year": str(year)}).status_code == 302
    page = chief.get("/replacement/").content.decode()
    assert f"Replacement ranking of {year}" in page
    assert "ME0001" in page
    assert "TI0001" in page
    narrowed = chief.get(f"/replacement/?year={year}&kind=safety_tester").content.decode()
    assert ("ME0001" in narrowed, "TI0001" in narrowed) == (False, True)
    assert "Not frozen" in chief.get("/replacement/?year=now&kind=infusion_pump").content.decode()
    answer = chief.get(f"/replacement/{year}.csv")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert {row["asset"] for row in rows} == {"ME0001", "TI0001"}
    pump = next(row for row in rows if row["asset"] == "ME0001")
    assert (pump["criticality"], pump["age"], pump["alike"], pump["of_kind"]) == ("0.75", "", "1", "1")
    assert chief.get(f"/replacement/{year}.xlsx").status_code == 200
    assert chief.get(f"/replacement/{year}.exe").status_code == 404
    assert chief.get(f"/replacement/{year - 1}.csv").status_code == 404


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("weight.age", "much"), ("weight.age", "nan"), ("weight.age", "-1"), ("full.cost", "0"),
        ("years", "0"), ("years", "many"), ("criticality", "ventilator"), ("criticality", "a 1\na 2"),
        ("criticality", "a 9"), ("reason", ""), ("weight.age", ""),
    ],
)  # fmt: skip
def test_weights_that_will_not_do_change_nothing(chief: Client, field: str, typed: str) -> None:
    answer = chief.post("/replacement/weights/", WEIGHTS | {field: typed})
    assert answer.status_code == 422
    assert replacement.policy() is None
    assert "agreed by the devices group" in answer.content.decode() or field == "reason"


@pytest.mark.parametrize("year", ["", "soon", "1999", "99999"])
def test_a_year_that_cannot_be_frozen_or_shown(chief: Client, year: str) -> None:
    assert chief.post("/replacement/weights/", WEIGHTS).status_code == 302
    assert chief.post("/replacement/freeze/", {"year": year}).status_code == 422
    assert not replacement.rankings()


def test_who_may_only_look_is_offered_nothing(shop: Any, hire: Any) -> None:
    viewer = browser_of(hire("ward_viewer"))
    assert "/replacement/freeze/" not in viewer.get("/replacement/").content.decode()
    assert viewer.post("/replacement/weights/", WEIGHTS).status_code == 422
    assert viewer.post("/replacement/freeze/", {"year": str(clock.now().year)}).status_code == 422
    assert replacement.policy() is None
    assert Client().get("/replacement/").status_code == 302
