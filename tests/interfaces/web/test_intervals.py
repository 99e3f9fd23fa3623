"""Risk and intervals on pages: answers, proposals, and the signature that accepts one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from kilter.department.ledger import clock
from kilter.department.policy.models import Frequency
from kilter.department.schedule import intervals
from kilter.department.schedule.models import IntervalDecision, RiskAnswer
from tests.department.schedule.test_intervals import fleet, score
from tests.interfaces.web.test_views import browser_of
from tests.shop import SAFETY
from tests.shop import shop as shop

pytestmark = pytest.mark.django_db


def test_the_questions_of_risk_are_answered_on_a_page(shop: Any) -> None:
    fleet(shop, 1)
    here = f"/models/{shop.pump.model.uuid}/"
    head = browser_of(shop.head)
    assert f"{here}intervals/" in head.get(here).content.decode()
    assert "not answered" in head.get(f"{here}intervals/").content.decode()
    fields = {"function": "9", "risk": "4", "maintenance": "3", "history": "0", "reason": "committee"}
    assert head.get(f"{here}risk/").status_code == 200
    for bad in ({"function": "11"}, {"risk": "x"}, {"reason": ""}):
        assert head.post(f"{here}risk/", {**fields, **bad}).status_code == 422, bad
    assert head.post(f"{here}risk/", fields)["Location"] == f"{here}intervals/"
    assert RiskAnswer.objects.get().score == 16
    page = head.get(f"{here}intervals/").content.decode()
    assert "Risk score 16" in page
    assert "new model" in page
    assert "new model" in head.get("/schedule/intervals/").content.decode()
    engineer = browser_of(shop.engineer)
    assert "/risk/" not in engineer.get(f"{here}intervals/").content.decode()
    assert engineer.post(f"{here}risk/", fields).status_code == 422
    assert RiskAnswer.objects.count() == 1


def test_a_proposal_is_signed_on_its_page(shop: Any, monkeypatch: Any) -> None:
    model = fleet(shop, 2)
    score(shop, model)
    address = f"/models/{model.uuid}/intervals/{SAFETY}/"
    head = browser_of(shop.head)
    assert head.get(address).status_code == 404  # nothing is proposed for a new model
    # Proposals that take years are tried in the room's own tests; here a department that asks for less.
    terms = intervals.terms()
    loose = {"least_tests": 1, "least_device_years": 0.0, "new_months": 0, "accepted": ((0, 1e6),)}
    changed = type(terms)(**{**{name: getattr(terms, name) for name in terms.__slots__}, **loose})
    monkeypatch.setattr(intervals, "terms", lambda: changed)
    with clock.at(clock.now() + timedelta(days=1)):
        head = browser_of(shop.head)
        assert address in head.get(f"/models/{model.uuid}/intervals/").content.decode()
        assert "18 months" in head.get(address).content.decode()
        assert head.post(address, {"reason": "no failure"}).status_code == 422  # not signed
        signed = {"reason": "no failure", "password": shop.password}
        lead = browser_of(shop.second)
        assert address not in lead.get(f"/models/{model.uuid}/intervals/").content.decode()
        assert lead.post(address, signed).status_code == 422
        assert not IntervalDecision.objects.exists()
        assert head.post(address, signed)["Location"] == f"/models/{model.uuid}/intervals/"
        assert Frequency.objects.get(scope_kind="model").months == 18
        assert "from 12 to 18 months" in head.get(f"/models/{model.uuid}/intervals/").content.decode()


def test_overdue_by_risk_on_the_schedule(shop: Any) -> None:
    fleet(shop, 1)
    score(shop, shop.pump.model)
    with clock.at(clock.now() + timedelta(days=800)):
        head = browser_of(shop.head)
        page = head.get("/schedule/?order=risk").content.decode()
    assert "Overdue by risk" in page
    assert "Risk score" in page
