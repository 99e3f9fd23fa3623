"""Kinds and their codes on pages: listed, linked by hand, taken from a sheet."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from kilter.department.equipment.models import KindCode
from kilter.department.safety import actions
from tests.interfaces.web.test_views import browser_of
from tests.shop import shop as shop

pytestmark = pytest.mark.django_db


def test_codes_are_linked_by_hand_and_from_a_sheet(shop: Any) -> None:
    head = browser_of(shop.head)
    assert "/kinds/" in head.get("/models/").content.decode()
    assert "/kinds/infusion_pump/" in head.get("/kinds/").content.decode()
    assert head.get("/kinds/infusion_pump/").status_code == 200
    assert head.get("/kinds/astrolabe/").status_code == 404
    assert head.post("/kinds/infusion_pump/", {"codes": "GMDN"}).status_code == 422
    typed = {"codes": "GMDN, 13215, Infusion pump, general"}
    assert head.post("/kinds/infusion_pump/", typed).status_code == 302
    assert "GMDN 13215: Infusion pump, general" in head.get("/kinds/").content.decode()
    assert "GMDN, 13215, Infusion pump, general" in head.get("/kinds/infusion_pump/").content.decode()
    assert head.get("/kinds/import/").status_code == 200
    for wrong in (b"", b"a,b\n1,2\n", b"kind,system,code\nastrolabe,GMDN,1\n", b"\x00"):
        sent = SimpleUploadedFile("codes.csv", wrong)
        assert head.post("/kinds/import/", {"file": sent}).status_code == 422
    assert head.post("/kinds/import/", {}).status_code == 422
    good = SimpleUploadedFile("codes.csv", b"Kind;System;Code;Term\nSafety tester;EMDN;Z12;Tester\n")
    assert head.post("/kinds/import/", {"file": good}).status_code == 302
    assert KindCode.objects.count() == 2


def test_who_may_not_link_sees_no_way_to(shop: Any, hire: Any) -> None:
    viewer = browser_of(hire("ward_viewer", name="Vic Viewer"))
    page = viewer.get("/kinds/").content.decode()
    assert "infusion pump" in page
    assert "/kinds/import/" not in page
    assert viewer.post("/kinds/infusion_pump/", {"codes": "GMDN, 1"}).status_code == 422


def test_the_list_of_campaigns_says_how_far_each_has_come(shop: Any) -> None:
    about = {"makers": ["Northfield"]}
    campaign = actions.begin_campaign(by=shop.second, title="Update", text="load it", criteria=about)
    head = browser_of(shop.head)
    assert "0 of 1" in head.get("/safety/campaigns/").content.decode()
    given = {"answer": "done", "text": "loaded", "devices": [shop.pump]}
    actions.answer_campaign(by=shop.engineer, campaign=campaign, **given)
    assert "1 of 1" in head.get("/safety/campaigns/").content.decode()
