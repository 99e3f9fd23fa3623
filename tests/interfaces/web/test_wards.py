"""The daily checks of a ward on its page, and the operating log of a device."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from kilter.department.equipment import actions as equipment
from kilter.department.ledger import clock
from kilter.department.people import actions as people
from kilter.department.records.models import Record
from kilter.department.schedule import actions
from kilter.department.status import queries as status
from kilter.department.work.models import Job
from tests.interfaces.web.test_views import browser_of
from tests.shop import shop as shop

pytestmark = pytest.mark.django_db

CHECK = "medical_engineering.user_check_suction_unit"


@pytest.fixture
def units(shop: Any, ward: Any) -> list[Any]:
    """Two suction units on a ward that checks them daily."""
    fields = {"maker": "Sucwell", "name": "Vac 2", "kind": "suction_unit", "equipment_class": "II"}
    model = equipment.add_model(
        by=shop.head, fields={**fields, "applied_part": "none", "power_cord": "detachable"}
    )
    rows = [{"asset": f"SU{n}", "model": model, "state": "in_service", "location": ward} for n in (1, 2)]
    actions.set_ward_check(by=shop.head, location=ward, protocol=CHECK, wanted=True, reason="agreed")
    return list(equipment.register_devices(by=shop.head, rows=rows, reason="taken over"))


@pytest.fixture
def sister(shop: Any, hire: Any, units: Any) -> Client:
    """The browser of a ward user who was shown the check."""
    person = hire("ward_user", name="Wanda Ward")
    until = clock.now() + timedelta(days=90)
    people.authorise(
        by=shop.head, person=person, scope_kind="procedure", scope_key=CHECK, level="independent", until=until
    )
    people.set_pin(by=person, pin="471147")
    return browser_of(person)


def text_of(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return answer.content.decode()


def form_of(page: str) -> dict[str, Any]:
    return dict(re.findall(r'name="(draft\.[^"]+)" value="([^"]+)"', page))


def test_a_list_is_ticked_and_signed_with_one_pin(ward: Any, units: Any, sister: Client) -> None:
    here = f"/wards/{ward.uuid}/"
    assert here in text_of(sister, "/wards/")
    page = text_of(sister, here)
    assert "0 of 2 checks are done today" in page
    given: dict[str, Any] = form_of(page)
    assert len(given) == 2
    ticks = {f"ok.{one.uuid}.{CHECK}": "yes" for one in units}
    assert sister.post(here, {**given, **ticks, "pin": "000000"}).status_code == 422
    for _ in range(2):  # sent twice, signed once
        assert sister.post(here, {**given, **ticks, "pin": "471147"}).status_code == 302
    assert Record.objects.filter(protocol=CHECK).count() == 2
    page = text_of(sister, here)
    assert "2 of 2 checks are done today" in page
    assert "<form" not in page.split("<main")[1].split("</main>")[0]


def test_what_fails_tells_the_workshop_and_the_ward_what_to_do(
    shop: Any, ward: Any, units: Any, sister: Client, settings: Any
) -> None:
    settings.KILTER = replace(settings.KILTER, report_call="extension 2222")
    here = f"/wards/{ward.uuid}/"
    given: dict[str, Any] = form_of(text_of(sister, here))
    failed = {f"failed.{units[0].uuid}.{CHECK}": ["vacuum"], "pin": "471147"}
    assert sister.post(here, {**given, **failed}).status_code == 302
    assert "SU1: do not use it" in text_of(sister, here)  # before the kept status has followed
    status.recompute()
    page = text_of(sister, here)
    assert "SU1: do not use it" in page
    assert "extension 2222" in page
    assert "Nearest spares" in page
    assert "SU2" in page
    assert Job.objects.get().device == units[0]
    assert "not in order" in page
    assert "1 of 2" in text_of(sister, "/wards/")


@pytest.mark.parametrize("wrong", ["both", "nothing", "remark alone", "stale"])
def test_an_unclear_answer_is_refused_and_nothing_is_lost(
    ward: Any, units: Any, sister: Client, wrong: str
) -> None:
    here, name = f"/wards/{ward.uuid}/", f"{units[0].uuid}.{CHECK}"
    given: dict[str, Any] = {**form_of(text_of(sister, here)), "pin": "471147"}
    given |= {
        "both": {f"ok.{name}": "yes", f"failed.{name}": ["power"]},
        "nothing": {},
        "remark alone": {f"remark.{name}": "tube cracked"},
        "stale": {f"draft.{name}": "x", f"ok.{name}": "yes"},
    }[wrong]
    answer = sister.post(here, given)
    assert answer.status_code == 422
    if wrong == "remark alone":
        assert "tube cracked" in answer.content.decode()
    assert not Record.objects.filter(kind="result").exists()


def test_who_may_not_check_sees_what_is_left(shop: Any, hire: Any, ward: Any, units: Any) -> None:
    viewer = browser_of(hire("ward_viewer", name="Vic Viewer"))
    page = text_of(viewer, f"/wards/{ward.uuid}/")
    assert "Still to be checked" in page
    assert "/wards/set/" not in text_of(viewer, "/wards/")
    assert viewer.post("/wards/set/", {}).status_code == 422


def test_a_ward_is_told_what_it_checks(shop: Any, ward: Any, units: Any) -> None:
    head = browser_of(shop.head)
    assert "/wards/set/" in text_of(head, "/wards/")
    given = {"place": "Ward 7", "protocol": CHECK, "wanted": "no", "since": "", "reason": "moved"}
    assert head.get("/wards/set/").status_code == 200
    for wrong in ({"place": "nowhere"}, {"wanted": "perhaps"}, {"protocol": "x"}, {"since": "soon"}):
        assert head.post("/wards/set/", {**given, **wrong}).status_code == 422
    assert head.post("/wards/set/", given)["Location"] == f"/wards/{ward.uuid}/"
    assert "No place does daily checks yet" in text_of(head, "/wards/")


def test_missed_days_are_shown(shop: Any, ward: Any, units: Any, sister: Client, monkeypatch: Any) -> None:
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(days=3))
    page = text_of(browser_of(shop.head), f"/wards/{ward.uuid}/")
    assert f"{now + timedelta(days=2):%a %d %b}" in page


def test_the_operating_log_is_written_and_shown_on_the_device(shop: Any) -> None:
    tech, here = browser_of(shop.engineer), f"/devices/{shop.pump.uuid}/log/"
    assert here in text_of(tech, f"/devices/{shop.pump.uuid}/")
    assert "Nothing is written yet" in text_of(tech, here)
    assert "Do not write a patient" in text_of(tech, f"{here}?write")
    assert tech.post(here, {"text": "NHS no 943 476 5919"}).status_code == 422
    assert tech.post(here, {"text": "battery door loose"}).status_code == 302
    assert "battery door loose" in text_of(tech, here)
    assert "Operating log: battery door loose" in text_of(tech, f"/devices/{shop.pump.uuid}/")


def test_an_authorisation_for_one_check_is_given_on_its_page(shop: Any, hire: Any) -> None:
    person = hire("ward_user", name="Nell New")
    head = browser_of(shop.head)
    assert f"procedure:{CHECK}" in text_of(head, "/people/authorise/")
    given = {"person": str(person.uuid), "scope": f"procedure:{CHECK}", "level": "independent"}
    day = f"{clock.now() + timedelta(days=60):%Y-%m-%d}"
    answer = head.post("/people/authorise/", {**given, "until": day, "reason": "shown on the ward"})
    assert answer.status_code == 302
    assert person.authorisations.get().scope_key == CHECK
