"""What drifts, on its page and on the device's."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from kilter.department.ledger import clock
from tests.interfaces.web.test_views import browser_of
from tests.shop import shop as shop

pytestmark = pytest.mark.django_db


def test_a_drifting_result_is_listed_with_the_way_to_its_trend(
    shop: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    tech, begun = browser_of(shop.engineer), clock.now()
    here = "/schedule/drifting/"
    assert here in tech.get("/schedule/").content.decode()
    assert "Nothing drifts" in tech.get(here).content.decode()
    for number, earth in enumerate(("0.10", "0.14", "0.18", "0.22")):
        monkeypatch.setattr(clock, "now", lambda number=number: begun + timedelta(days=60 * number))
        shop.visit(protective_earth={"reading": earth})
    trend = f"/devices/{shop.pump.uuid}/trend/medical_engineering.protective_earth/resistance/"
    page = tech.get(here).content.decode()
    assert trend in page
    assert f"{begun + timedelta(days=300):%b %Y}" in page
    assert "none set" in page
    assert trend in tech.get(f"{here}?kind=infusion_pump").content.decode()
    assert trend not in tech.get(f"{here}?kind=safety_tester").content.decode()
    device = tech.get(f"/devices/{shop.pump.uuid}/").content.decode()
    assert "Drifting" in device
    assert tech.get(trend).status_code == 200


@pytest.mark.parametrize("query", ["?kind=none", "?place=nowhere"])
def test_what_is_not_there_is_refused(shop: Any, query: str) -> None:
    answer = browser_of(shop.engineer).get(f"/schedule/drifting/{query}")
    assert answer.status_code == 422
