"""Wiping and disposing on pages: offered when it may be done, and shown afterwards."""

from __future__ import annotations

from typing import Any

import pytest

from kilter.department.equipment import actions
from kilter.department.ledger import files
from tests.interfaces.web.test_views import browser_of
from tests.shop import shop as shop

pytestmark = pytest.mark.django_db


def test_a_device_with_data_leaves(shop: Any, hire: Any) -> None:
    pump, lead = shop.pump, browser_of(shop.second)
    actions.edit_device(by=shop.second, device=pump, version=pump.version, changes={"holds_data": True})
    page = f"/devices/{pump.uuid}/"
    assert "/wipe/" not in lead.get(page).content.decode()
    actions.condemn(by=shop.second, device=pump, reason="worn out")
    shown = lead.get(page).content.decode()
    assert f"{page}wipe/" in shown
    assert f"{page}dispose/" in shown
    way = {
        "route": "recycled",
        "company": "Greenfield",
        "note_number": "GR-1",
        "left_on": "2026-01-05",
        "decontamination": "done",
        "decontaminated_by": "workshop",
        "parts_kept": "pole clamp",
        "reason": "worn out",
    }
    refused = lead.post(f"{page}dispose/", way)
    assert (refused.status_code, b"wipe certificate first" in refused.content) == (422, True)
    wiped = {"method": "erased", "media": "disk 77", "done_by": "workshop", "done_on": "2026-01-04"}
    assert lead.post(f"{page}wipe/", {**wiped, "done_on": "soon"}).status_code == 422
    kept = files.store(b"%PDF-1.7", media_type="application/pdf")
    paper = actions.attach_document(
        by=shop.second, to=pump, file=kept, name="w.pdf", title="Wipe certificate 7", kind="other"
    )
    assert "Wipe certificate 7" in lead.get(f"{page}wipe/").content.decode()
    assert lead.post(f"{page}wipe/", {**wiped, "document": "x"}).status_code == 422
    assert lead.post(f"{page}wipe/", {**wiped, "document": paper.uuid}).status_code == 302
    assert lead.get(f"{page}dispose/").status_code == 200
    assert browser_of(hire("ward_viewer")).post(f"{page}dispose/", way).status_code == 422
    assert lead.post(f"{page}dispose/", way).status_code == 302
    shown = lead.get(page).content.decode()
    for words in ("pole clamp", "Greenfield, note GR-1", "workshop", "secure function"):
        assert words in shown
    assert "/dispose/" not in shown
