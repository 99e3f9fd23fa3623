"""Campaigns on pages: begun, ticked off, looked at again, closed."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from kilter.department.safety.models import Campaign, CampaignAnswer
from tests.interfaces.web.test_views import browser_of
from tests.shop import shop as shop

pytestmark = pytest.mark.django_db

FIELDS = {
    "title": "Update to 2.5",
    "text": "Load it",
    "makers": "Northfield",
    "models": "Infusa 3",
    "jobs": "no",
}


def test_a_campaign_from_its_beginning_to_its_end(shop: Any) -> None:
    lead, tech = browser_of(shop.second), browser_of(shop.engineer)
    assert "/safety/campaigns/" in lead.get("/safety/").content.decode()
    assert lead.get("/safety/campaigns/new/").status_code == 200
    assert lead.post("/safety/campaigns/new/", {**FIELDS, "makers": ""}).status_code == 422
    here = lead.post("/safety/campaigns/new/", FIELDS)["Location"]
    page = tech.get(here).content.decode()
    assert "ME0001" in page
    assert "0 of 1" in page
    chosen = {"device": str(shop.pump.uuid), "act": "done"}
    assert tech.post(here, {**chosen, "text": ""}).status_code == 422
    assert tech.post(here, {**chosen, "device": "x", "text": "loaded"}).status_code == 422
    assert tech.post(here, {**chosen, "text": "loaded & tested"})["Location"] == here
    assert "1 of 1" in tech.get(here).content.decode()
    assert "loaded &amp; tested" in tech.get(f"{here}?state=done").content.decode()
    assert "No device is listed here" in tech.get(f"{here}?state=open").content.decode()
    assert lead.post(f"{here}extend/", {"jobs": "no"})["Location"] == here
    assert lead.post(f"{here}close/", {"text": ""}).status_code == 422
    assert lead.post(f"{here}close/", {"text": "all loaded"})["Location"] == here
    assert "all loaded" in tech.get(here).content.decode()
    assert "Update to 2.5" in tech.get("/safety/campaigns/?closed").content.decode()
    assert "No campaign" in tech.get("/safety/campaigns/").content.decode()
    assert CampaignAnswer.objects.count() == 1


def test_what_is_not_there_is_said(shop: Any) -> None:
    tech = browser_of(shop.engineer)
    assert tech.get(f"/safety/campaigns/{uuid4()}/").status_code == 404
    assert "Begin a campaign" not in tech.get("/safety/campaigns/").content.decode()
    assert tech.post("/safety/campaigns/new/", FIELDS).status_code in (403, 422)
    assert not Campaign.objects.exists()
    browser_of(shop.second).post("/safety/campaigns/new/", FIELDS)
    row = Campaign.objects.get()
    assert tech.get(f"/safety/campaigns/{row.uuid}/paint/").status_code == 404
    assert tech.get(f"/safety/campaigns/{row.uuid}/?state=%00").status_code == 422
