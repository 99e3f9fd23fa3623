"""The lists of the law on pages, and an examination taken over with a signature."""

from __future__ import annotations

from typing import Any

import pytest

from kilter.department.policy.models import Frequency
from kilter.department.records.models import Record
from kilter.department.schedule.models import Due
from kilter.department.schedule.recompute import recompute
from tests.department.schedule.test_statutory import add
from tests.interfaces.web.test_views import browser_of
from tests.shop import shop as shop

pytestmark = pytest.mark.django_db


def test_an_examination_is_taken_over_with_a_signature(shop: Any) -> None:
    add(shop, "patient_hoist", 2)
    head, tech = browser_of(shop.head), browser_of(shop.engineer)
    assert "/regulations/loler/" in head.get("/regulations/").content.decode()
    page = head.get("/regulations/loler/").content.decode()
    assert "to be confirmed" in page
    address = "/regulations/loler/device_kind-patient_hoist/"
    assert address in page
    assert address not in tech.get("/regulations/loler/").content.decode()
    fields = {"reason": "L113 looked up by the lead", "withdraw": "yes"}
    assert "every 6 months" in head.get(address).content.decode()
    assert head.post(address, fields).status_code == 422  # not signed
    signed = {**fields, "password": shop.password}
    assert tech.post(address, signed).status_code == 422
    assert not Frequency.objects.exists()
    assert head.post(address, signed)["Location"] == "/regulations/loler/"
    row = Frequency.objects.get()
    assert (row.scope_kind, row.scope_key, row.months) == ("device_kind", "patient_hoist", 6)
    assert row.withdraw_when_overdue
    assert "set_frequency" in Record.objects.get(kind="statement").text
    recompute()
    assert Due.objects.count() == 2
    assert head.get(address).status_code == 404  # nothing is lacking any more


def test_a_pressure_system_says_what_its_scheme_says(shop: Any) -> None:
    model = add(shop, "autoclave")
    head = browser_of(shop.head)
    address = f"/regulations/pssr/model-{model.uuid}/"
    signed = {"reason": "scheme WS-12", "withdraw": "no", "password": shop.password}
    for bad in ("", "yearly", "0.5", "-3"):
        assert head.post(address, {**signed, "months": bad}).status_code == 422, bad
    assert head.post(address, {**signed, "months": "14"}).status_code == 302
    assert Frequency.objects.get().months == 14


def test_what_is_no_list(shop: Any) -> None:
    head = browser_of(shop.head)
    for address in ("coshh/", "loler/model-x/", "irmer/device_kind-ct_scanner/"):
        assert head.get(f"/regulations/{address}").status_code == 404
    assert "names no examination" in head.get("/regulations/irmer/").content.decode()
