"""The plan on pages: a deferral asked and signed, a device not found, a counter, the load of the year."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from kilter.department.equipment.models import Device
from kilter.department.keeping.inspection import verify_pack
from kilter.department.policy import actions as policy
from kilter.department.records.models import Record
from kilter.department.schedule.models import Attempt, CounterReading, Deferral, Due
from kilter.department.schedule.recompute import recompute
from kilter.department.schedule.site import today
from tests.interfaces.web.test_views import browser_of
from tests.shop import SAFETY
from tests.shop import shop as shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def planned(shop: Any) -> Any:
    """A pump that is tested every year, one hour each."""
    policy.set_frequency(
        by=shop.head,
        protocol=SAFETY,
        scope_kind="device",
        scope_key=str(shop.pump.uuid),
        months=12,
        duration=timedelta(hours=1),
        reason="risk",
    )
    recompute()
    return shop


@pytest.fixture
def tech(planned: Any) -> Client:
    """The engineer's browser."""
    return browser_of(planned.engineer)


def text_of(client: Client, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status, address
    return answer.content.decode()


def test_a_deferral_from_its_request_to_its_signature(planned: Any, tech: Client) -> None:
    here = f"/devices/{planned.pump.uuid}/"
    assert f"{here}due/defer/" in text_of(tech, here)
    until = (today() + timedelta(days=90)).isoformat()
    fields = {"protocol": SAFETY, "until": until, "reason": "in theatre until then"}
    assert tech.post(f"{here}due/defer/", {**fields, "until": "soon"}).status_code == 422
    assert tech.post(f"{here}due/defer/", {**fields, "reason": ""}).status_code == 422
    assert tech.post(f"{here}due/defer/", fields)["Location"] == here
    row = Deferral.objects.get()
    assert "somebody else decides" in text_of(tech, "/schedule/attention/")
    lead = browser_of(planned.second)
    address = f"/deferrals/{row.uuid}/approve/"
    assert address in text_of(lead, "/schedule/attention/")
    assert "in theatre until then" in text_of(lead, address)
    assert lead.post(address, {"reason": "low risk"}).status_code == 422  # nobody has signed
    signed = {"reason": "low risk", "password": planned.password}
    assert lead.post(address, signed)["Location"] == "/schedule/attention/"
    assert Record.objects.filter(kind="statement").count() == 1
    recompute([planned.pump.pk])
    assert Due.objects.get().closes.isoformat() == until
    assert f"deferred until {until}" in text_of(tech, here)


def test_who_asked_does_not_decide_on_a_page_either(planned: Any, tech: Client) -> None:
    row = Deferral.objects.create(
        device=planned.pump,
        protocol=SAFETY,
        due=Due.objects.get().due,
        until=today() + timedelta(days=90),
        reason="x",
        asked_by=planned.second,
    )
    lead = browser_of(planned.second)
    answer = lead.post(f"/deferrals/{row.uuid}/refuse/", {"reason": "no"})
    assert answer.status_code in (403, 422)
    assert "Somebody else" in answer.content.decode()
    head = browser_of(planned.head)
    assert head.post(f"/deferrals/{row.uuid}/refuse/", {"reason": "no"}).status_code == 302
    row.refresh_from_db()
    assert (row.state, row.decision) == ("refused", "no")
    text_of(head, f"/deferrals/{row.uuid}/ponder/", 404)


def test_a_device_that_was_not_found(planned: Any, tech: Client) -> None:
    address = f"/devices/{planned.pump.uuid}/due/attempt/"
    fields = {"protocol": SAFETY, "outcome": "could_not_locate", "text": "not on Ward 7", "told": ""}
    assert tech.post(address, fields).status_code == 302
    answer = tech.post(address, fields)
    assert answer.status_code == 422
    assert "who of the ward" in answer.content.decode()
    assert tech.post(address, {**fields, "told": "Sister Jones"}).status_code == 302
    assert [row.step for row in Attempt.objects.order_by("id")] == [1, 2]


def test_what_the_forms_refuse(planned: Any, tech: Client) -> None:
    here = f"/devices/{planned.pump.uuid}/"
    counter = {"counter": "hours", "value": "12.5", "anew": "no"}
    for bad in (
        {"value": "1,5"},
        {"value": "1_0"},
        {"value": "nan"},
        {"value": "\u0661"},
        {"counter": "H H"},
    ):
        assert tech.post(f"{here}counter/", {**counter, **bad}).status_code == 422, bad
    assert tech.post(f"{here}counter/", counter).status_code == 302
    assert CounterReading.objects.get().value == 12.5
    text_of(tech, f"{here}due/forget/", 404)
    text_of(tech, f"/devices/{Device.objects.get(asset='TI0001').uuid}/due/defer/", 404)


def test_the_load_of_the_year(planned: Any, tech: Client) -> None:
    assert "no capacity is set" in text_of(tech, "/schedule/load/")
    policy.set_capacity(by=planned.head, person=planned.engineer, monthly=timedelta(hours=4))
    page = text_of(tech, "/schedule/load/")
    assert "25 %" in page
    assert "4.0 h" in page
    for address in ("/schedule/", "/schedule/?late=1", "/schedule/attention/"):
        assert "/schedule/" in text_of(tech, address)


def test_a_ward_viewer_may_look_and_change_nothing(planned: Any, hire: Any) -> None:
    ward = browser_of(hire("ward_viewer", name="Wanda Ward"))
    here = f"/devices/{planned.pump.uuid}/"
    assert "due/defer" not in text_of(ward, here)
    fields = {"protocol": SAFETY, "until": (today() + timedelta(days=90)).isoformat(), "reason": "x"}
    answer = ward.post(f"{here}due/defer/", fields)
    assert answer.status_code == 422
    assert "No role of Wanda Ward" in answer.content.decode()
    assert not Deferral.objects.exists()


def test_the_figures_of_a_year(planned: Any, tech: Client) -> None:
    year = today().year
    page = text_of(tech, "/schedule/figures/")
    assert "not settled for this year yet" in page
    assert "could not be located 0, no access 0" in page
    assert "settle/" not in page  # an engineer does not
    head = browser_of(planned.head)
    assert "settle/" in text_of(head, "/schedule/figures/")
    assert head.post("/schedule/figures/settle/", {"year": "soon"}).status_code == 422
    assert head.post("/schedule/figures/settle/", {"year": str(year)}).status_code == 302
    assert "settled by Ada Head" in text_of(tech, f"/schedule/figures/?year={year}")
    text_of(tech, f"/schedule/figures/?year={year - 1}")
    for bad in ("x", "1999", str(year + 1), "\u0662\u0660\u0662\u0665"):
        assert tech.get("/schedule/figures/", {"year": bad}).status_code in (400, 422), bad


def test_the_inspection_pack_from_its_page(planned: Any, tech: Client, tmp_path: Any) -> None:
    fields = {"standard": "cqc", "first": "2026-01-01", "last": today().isoformat(), "certificates": "no"}
    text_of(tech, "/inspection/")
    assert tech.post("/inspection/", fields).status_code == 403  # an engineer does not read the audit
    head = browser_of(planned.head)
    for bad in ({"first": "soon"}, {"standard": "iso"}, {"last": "2020-01-01"}, {"first": ""}):
        assert head.post("/inspection/", {**fields, **bad}).status_code in (400, 422), bad
    answer = head.post("/inspection/", fields)
    assert answer["Content-Type"] == "application/zip"
    path = tmp_path / "pack.zip"
    path.write_bytes(b"".join(answer.streaming_content))
    assert verify_pack(path) == []
