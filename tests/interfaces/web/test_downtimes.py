"""Planned downtime on pages: booked, seen on the device and on Today, acknowledged; and the visitors."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from kilter.department.ledger import clock
from kilter.department.people import actions as people
from kilter.department.work import actions
from kilter.department.work.models import Downtime
from tests.interfaces.web.test_views import browser_of
from tests.shop import shop as shop

pytestmark = pytest.mark.django_db


def test_downtime_is_booked_seen_and_acknowledged(shop: Any, hire: Any, head: Any) -> None:
    tech, now = browser_of(shop.engineer), clock.now()
    path = f"/devices/{shop.pump.uuid}/downtime/"
    assert path in tech.get(f"/devices/{shop.pump.uuid}/").content.decode()
    fields = {
        "starts": f"{now + timedelta(days=2):%Y-%m-%dT08:00}",
        "ends": f"{now + timedelta(days=2):%Y-%m-%dT12:00}",
        "reason": "tube change",
        "visitor": "Northfield Service",
    }
    assert tech.get(path).status_code == 200
    for wrong in ({"starts": "soon"}, {"ends": ""}, {"ends": fields["starts"]}, {"reason": ""}):
        assert tech.post(path, {**fields, **wrong}).status_code == 422
    assert tech.post(path, fields).status_code == 302
    assert tech.post(path, fields).status_code == 422
    row = Downtime.objects.get()
    for page in ("/", "/downtime/", f"/devices/{shop.pump.uuid}/"):
        shown = tech.get(page).content.decode()
        assert "tube change" in shown
        assert "not acknowledged" in shown
        assert "/acknowledge/" not in shown
    lead = hire("modality_lead", name="Mo Lead")
    people.authorise(
        by=head,
        person=lead,
        scope_kind="device_kind",
        scope_key="infusion_pump",
        level="independent",
        until=now + timedelta(days=30),
    )
    browser, address = browser_of(lead), f"/downtime/{row.uuid}/acknowledge/"
    assert address in browser.get("/").content.decode()
    assert address in browser.get("/downtime/").content.decode()
    assert browser.get(address).status_code == 200
    assert tech.post(address, {"remark": ""}).status_code == 422
    assert browser.post(address, {"remark": "list moved"}).status_code == 302
    assert "Mo Lead" in tech.get("/downtime/").content.decode()
    assert "not acknowledged" not in tech.get("/").content.decode()
    assert tech.post(f"/downtime/{row.uuid}/cancel/", {"reason": ""}).status_code == 422
    assert tech.post(f"/downtime/{row.uuid}/cancel/", {"reason": "part late"}).status_code == 302
    assert "No downtime is planned" in tech.get("/downtime/").content.decode()
    for missing in (f"/downtime/{row.uuid}/paint/", f"/downtime/{uuid4()}/cancel/"):
        assert tech.get(missing).status_code == 404


def test_the_register_of_visitors(shop: Any) -> None:
    tech = browser_of(shop.engineer)
    assert "No visiting engineer" in tech.get("/visitors/").content.decode()
    job = actions.report_fault(by=shop.engineer, device=shop.pump, text="no flow")
    actions.state_decontamination(by=shop.engineer, job=job, answer="done")
    visit = actions.sign_in_engineer(by=shop.engineer, job=job, name="V. Isitor", company="Northfield")
    shown = tech.get("/visitors/").content.decode()
    assert "1 in the house now" in shown
    assert "V. Isitor" in shown
    actions.sign_out_engineer(by=shop.engineer, visit=visit, report="board changed")
    shown = tech.get("/visitors/").content.decode()
    assert "0 in the house now" in shown
    assert "board changed" in shown
