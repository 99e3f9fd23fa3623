"""The equipment library on pages: booked, handed out, late, taken back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from kilter.department.equipment.models import Hold
from kilter.department.ledger import clock
from kilter.department.work.models import Loan
from tests.interfaces.web.test_views import browser_of
from tests.shop import shop as shop

pytestmark = pytest.mark.django_db


def test_a_device_is_lent_and_comes_back(shop: Any, hire: Any) -> None:
    tech, start = browser_of(shop.engineer), clock.now()
    assert tech.post("/library/add/", {"device": "nothing"}).status_code == 422
    assert tech.post("/library/add/", {"device": "ME0001"}).status_code == 302
    path = f"/library/{shop.pump.uuid}/book/"
    assert tech.get(path).status_code == 200
    until = f"{start + timedelta(days=2):%Y-%m-%dT%H:%M}"
    fields = {"borrower": "ward", "name": "Ward 7", "starts": "", "ends": until, "agreement": ""}
    for wrong in ({"ends": "soon"}, {"ends": ""}, {"borrower": "friend"}, {"name": ""}):
        assert tech.post(path, {**fields, **wrong}).status_code == 422
    assert tech.post(path, fields).status_code == 302
    refused = tech.post(path, fields)
    assert (refused.status_code, b"it is booked for Ward 7" in refused.content) == (422, True)
    loan = Loan.objects.get()
    for verb in ("hand_out", "return", "cancel"):
        assert tech.get(f"/loans/{loan.uuid}/{verb}/").status_code == 200
    assert tech.post(f"/loans/{loan.uuid}/hand_out/").status_code == 302
    assert "out to Ward 7" in tech.get("/library/").content.decode()
    with clock.at(start + timedelta(days=3)):
        assert "overdue" in tech.get("/library/").content.decode()
    back = {"clean": "no", "fault": "no", "finding": "sticky"}
    assert tech.post(f"/loans/{loan.uuid}/return/", {**back, "clean": "perhaps"}).status_code == 422
    assert tech.post(f"/loans/{loan.uuid}/return/", back).status_code == 302
    assert Hold.objects.get().cause == "decontamination"
    assert "Nothing is out or booked." in tech.get("/library/").content.decode()
    viewer = browser_of(hire("ward_viewer"))
    assert "/library/add/" not in viewer.get("/library/").content.decode()
    assert viewer.post(path, fields).status_code == 422


def test_what_the_library_does_not_know(shop: Any) -> None:
    tech = browser_of(shop.engineer)
    for path in (f"/library/{shop.pump.uuid}/book/", f"/loans/{uuid4()}/return/"):
        assert tech.get(path).status_code == 404
