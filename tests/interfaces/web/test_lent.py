"""Devices lent to us on pages: registered, seen, returned by a signed statement."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from kilter.department.equipment import actions
from kilter.department.equipment.models import Device, LentReturn
from kilter.department.ledger import clock
from kilter.department.schedule.site import today
from tests.interfaces.web.test_views import browser_of
from tests.shop import shop as shop

pytestmark = pytest.mark.django_db


def test_a_device_comes_and_goes_back(shop: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    tech, now = browser_of(shop.engineer), clock.now()
    assert "/lent/" in tech.get("/devices/").content.decode()
    assert "/lent/new/" in tech.get("/lent/").content.decode()
    form = tech.get("/lent/new/").content.decode()
    assert "Indemnity" in form
    assert 'name="owner"' not in form
    given = {
        "lender": "Northfield plc",
        "agreement": "trial 12",
        "indemnity": "MIA 4711",
        "due_back": f"{now + timedelta(days=20):%Y-%m-%d}",
        "asset": "L1",
        "model": str(shop.pump.model.uuid),
    }
    for wrong in ({"indemnity": ""}, {"due_back": "soon"}, {"asset": ""}):
        assert tech.post("/lent/new/", {**given, **wrong}).status_code == 422
    address = tech.post("/lent/new/", given)["Location"]
    page = tech.get(address).content.decode()
    assert "MIA 4711" in page
    assert f"{address}give-back/" in page
    assert "Northfield plc" in tech.get("/lent/").content.decode()
    assert f"/devices/{shop.pump.uuid}/give-back/" not in (
        tech.get(f"/devices/{shop.pump.uuid}/").content.decode()
    )
    back = {
        "decontamination": "done",
        "decontaminated_by": "E E, wiped",
        "condition": "as it came",
        "note_number": "C-99",
        "password": shop.password,
    }
    here = f"{address}give-back/"
    assert tech.get(here).status_code == 200
    for wrong in ({"condition": ""}, {"decontamination": "perhaps"}, {"password": "wrong"}):
        assert tech.post(here, {**back, **wrong}).status_code == 422
    assert tech.post(here, back).status_code == 302
    assert LentReturn.objects.get().note_number == "C-99"
    page = tech.get(address).content.decode()
    assert "C-99: as it came" in page
    assert "E E, wiped" in page
    assert "Nothing is lent to us" in tech.get("/lent/").content.decode()


def test_what_is_late_says_so(shop: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    actions.register_lent_device(
        by=shop.engineer,
        fields={"asset": "L1", "model": shop.pump.model},
        lender="N",
        agreement="a",
        indemnity="i",
        due_back=today(),
    )
    assert Device.objects.get(asset="L1").owner == "N"
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(days=2))
    assert "was due" in browser_of(shop.engineer).get("/lent/").content.decode()


def test_who_may_not_register_one_sees_no_button(shop: Any, hire: Any) -> None:
    viewer = browser_of(hire("ward_viewer", name="Vic Viewer"))
    assert "/lent/new/" not in viewer.get("/lent/").content.decode()
    assert viewer.post("/lent/new/", {}).status_code == 422
