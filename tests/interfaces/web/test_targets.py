"""The clocks of the work on pages, and the offer to register what a scan does not know."""

from __future__ import annotations

from typing import Any

import pytest

from kilter.department.equipment import actions as equipment
from kilter.department.work.models import Target
from kilter.interfaces.web.targets import minute
from kilter.measure.error import BadInput
from tests.interfaces.web.test_views import browser_of
from tests.shop import shop as shop

GOOD = {
    "priority": "1",
    "respond": "15",
    "resolve": "240",
    "days": "01234",
    "opens": "08:30",
    "closes": "17:00",
    "stops": "parts, access",
    "reason": "agreed with the wards",
}


@pytest.mark.django_db
def test_a_clock_is_set_and_shown(shop: Any) -> None:
    lead = browser_of(shop.second)
    assert "no target" in lead.get("/work/targets/").content.decode()
    assert lead.get("/work/targets/set/").status_code == 200
    wrong = {"priority": "5", "respond": "soon", "resolve": "1", "days": "43", "opens": "8", "stops": "tea"}
    for name, value in {**wrong, "closes": "09:00", "reason": ""}.items():
        answer = lead.post("/work/targets/set/", {**GOOD, name: value})
        assert answer.status_code == 422, name
    assert not Target.objects.exists()
    assert browser_of(shop.engineer).post("/work/targets/set/", GOOD).status_code == 422
    assert lead.post("/work/targets/set/", GOOD).status_code == 302
    row = Target.objects.get()
    assert (row.opens, row.closes, row.stops) == (510, 1020, "access,parts")
    assert lead.post("/work/targets/set/", {**GOOD, "respond": "20", "days": ""}).status_code == 302
    shown = lead.get("/work/targets/").content.decode()
    for words in ("20 min", "240 min", "day and night", "access to the device, parts", "with the wards"):
        assert words in shown
    assert "15 min" not in shown
    assert "/work/targets/set/" not in browser_of(shop.engineer).get("/work/targets/").content.decode()


@pytest.mark.parametrize(("typed", "found"), [("", 7), ("00:00", 0), ("08:30", 510), ("24:00", 1440)])
def test_a_time_of_day_is_read(typed: str, found: int) -> None:
    assert minute("opens", typed, 7) == found


@pytest.mark.parametrize("typed", ["8:30", "24:01", "08:60", "-1:00", "08.30", "noon", "\u0661\u0662:00"])
def test_what_is_no_time_of_day_is_refused(typed: str) -> None:
    with pytest.raises(BadInput) as refused:
        minute("opens", typed, 0)
    assert refused.value.field == "opens"


@pytest.mark.django_db
def test_an_unknown_udi_offers_to_register_it(shop: Any) -> None:
    tech, label = browser_of(shop.engineer), "(01)09506000134352(21)NEW-77"
    shown = tech.get("/search/", {"q": label}).content.decode()
    assert "Register it</a>" in shown
    assert "serial=NEW-77" in shown
    equipment.edit_model(by=shop.second, model=shop.pump.model, changes={"udi_di": "09506000134352"})
    shown = tech.get("/search/", {"q": label}).content.decode()
    assert f"Register it as {shop.pump.model}" in shown
    form = tech.get(f"/devices/new/?serial=NEW-77&model={shop.pump.model.uuid}").content.decode()
    assert "NEW-77" in form
    assert "/devices/new/" not in tech.get("/search/?q=nothing-like-it").content.decode()
