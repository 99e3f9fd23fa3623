"""An introduction on pages: begun, answered, signed by two people, given up, and the rule of the site."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from kilter.department.equipment import actions as equipment
from kilter.department.policy import actions as policy
from kilter.department.work import actions
from kilter.department.work.introduction import STAGES
from kilter.department.work.models import EntryRule, Introduction
from tests.interfaces.web.test_views import browser_of
from tests.shop import SAFETY
from tests.shop import shop as shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def pump(shop: Any) -> Any:
    fields = {"maker": "Northfield", "name": "Infusa 4", "kind": "infusion_pump", "equipment_class": "I"}
    more = {"applied_part": "BF", "power_cord": "detachable"}
    model = equipment.add_model(by=shop.head, fields={**fields, **more})
    return equipment.register_device(by=shop.head, fields={"asset": "ME0900", "serial": "N1", "model": model})


def test_a_pump_is_introduced_by_form(shop: Any, pump: Any, hire: Any) -> None:
    shop.adopt()
    tech, clinician = browser_of(shop.engineer), browser_of(hire("clinical_lead", name="Cleo Clinician"))
    assert "Nothing has been introduced yet." in tech.get("/introductions/").content.decode()
    begin = {"title": "Infusa 4", "need": "the old ones end", "asset": "ME0900"}
    assert tech.post("/introductions/new/", {**begin, "need": ""}).status_code == 422
    assert tech.post("/introductions/new/", begin).status_code == 302
    assert tech.post("/introductions/new/", begin).status_code == 422
    path = f"/introductions/{Introduction.objects.get().uuid}/"
    shop.pump, before = pump, shop.pump
    tests = [shop.visit()[0].uuid for _ in range(2)]
    shop.pump = before
    policy.set_frequency(
        by=shop.second,
        protocol=SAFETY,
        scope_kind="device_kind",
        scope_key="infusion_pump",
        months=12,
        reason="maker",
    )
    sign = {"text": "ready", "password": shop.password}
    assert b"first comes" in clinician.post(f"{path}clinical_go_live/", sign).content
    for key, stage in STAGES.items():
        if stage.signed or key == "need":
            continue
        given = {"answer": "passed", "text": "looked at"}
        if stage.each:
            given["device"] = str(pump.uuid)
        if stage.tested:
            assert tech.post(f"{path}{key}/", given).status_code == 422
            given["record"] = str(tests.pop())
        assert tech.get(f"{path}{key}/?device={pump.uuid}").status_code == 200
        assert tech.post(f"{path}{key}/", {**given, "answer": "perhaps"}).status_code == 422
        assert tech.post(f"{path}{key}/", given).status_code == 302, key
        assert tech.get(path).status_code == 200
    body = {"reason": "accepted", "password": shop.password}
    assert tech.post(f"/devices/{pump.uuid}/state/put_in_service/", body).status_code == 302
    assert tech.post(f"{path}clinical_go_live/", sign).status_code == 422
    assert browser_of(shop.second).post(f"{path}engineering_go_live/", sign).status_code == 302
    assert clinician.post(f"{path}clinical_go_live/", {**sign, "password": "wrong"}).status_code == 422
    assert "Not live yet" in tech.get(path).content.decode()
    assert clinician.post(f"{path}clinical_go_live/", sign).status_code == 302
    page = tech.get(path).content.decode()
    assert "Live" in page
    assert "Not live yet" not in page
    assert "live" in tech.get("/introductions/").content.decode()


def test_the_device_page_says_what_is_missing(shop: Any, pump: Any) -> None:
    actions.begin_introduction(by=shop.engineer, title="Infusa 4", need="x", model=pump.model)
    body = {"reason": "accepted", "password": shop.password}
    answer = browser_of(shop.engineer).post(f"/devices/{pump.uuid}/state/put_in_service/", body)
    assert answer.status_code == 422
    assert b"needs: training policy, acceptance, a plan of maintenance" in answer.content


def test_one_is_given_up_and_the_rule_is_set(shop: Any, pump: Any, hire: Any) -> None:
    row = actions.begin_introduction(by=shop.engineer, title="Infusa 4", need="x", model=pump.model)
    lead, path = browser_of(shop.second), f"/introductions/{row.uuid}/"
    for page in (
        path,
        f"{path}abandon/",
        f"{path}cyber/",
        f"{path}clinical_go_live/",
        "/introductions/rule/",
    ):
        assert lead.get(page).status_code == 200
    assert lead.post(f"{path}abandon/", {"reason": "too dear"}).status_code == 302
    assert "too dear" in lead.get(path).content.decode()
    assert lead.get(f"/introductions/new/?model={pump.model.uuid}").status_code == 200
    rule = {"stages": "commissioning, users_trained", "every_model": "yes", "reason": "board"}
    assert lead.post("/introductions/rule/", {**rule, "stages": "painting"}).status_code == 422
    assert lead.post("/introductions/rule/", {**rule, "every_model": "x"}).status_code == 422
    assert lead.post("/introductions/rule/", rule).status_code == 302
    assert EntryRule.objects.get().stages == ["commissioning", "users_trained"]
    viewer = browser_of(hire("ward_viewer"))
    assert viewer.post("/introductions/rule/", rule).status_code == 422
    assert "/introductions/new/" not in viewer.get("/introductions/").content.decode()
    for missing in (f"/introductions/{uuid4()}/", f"{path}painting/"):
        assert lead.get(missing).status_code == 404
