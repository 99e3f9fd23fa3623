"""Kinds of device and codes of nomenclatures: linked by hand and from a sheet, found for models."""

from __future__ import annotations

from typing import Any

import pytest

from kilter.department.equipment import actions, nomenclature
from kilter.department.equipment.models import KindCode
from kilter.department.ledger.models import AuditEntry
from kilter.measure.error import BadInput, NotPermitted

pytestmark = pytest.mark.django_db

PUMP = ("GMDN", "13215", "Infusion pump, general-purpose")


def test_codes_of_a_kind_stand_for_all_its_models(shop: Any) -> None:
    actions.set_kind_codes(by=shop.head, kind="infusion_pump", codes=[PUMP, ("EMDN", " Z1203 ", "")])
    actions.set_model_codes(by=shop.head, model=shop.pump.model, codes=[("local", "p 7", "")])
    found = nomenclature.codes_of_models()
    assert found == {shop.pump.model.pk: frozenset({"GMDN 13215", "EMDN Z1203", "LOCAL P 7"})}
    assert nomenclature.codes_of_models([shop.tester.model.pk]) == {}
    assert [str(one) for one in nomenclature.codes_of_kinds()["infusion_pump"]] == [
        "EMDN Z1203",
        "GMDN 13215",
    ]
    assert nomenclature.codes_of_kinds()["safety_tester"] == []


def test_new_codes_stand_in_place_of_those_before(shop: Any) -> None:
    actions.set_kind_codes(by=shop.head, kind="infusion_pump", codes=[PUMP])
    actions.set_kind_codes(by=shop.head, kind="infusion_pump", codes=[("EMDN", "Z1203", "")])
    assert [str(one) for one in KindCode.objects.all()] == ["EMDN Z1203"]
    newest = AuditEntry.objects.order_by("-id")[0]
    assert newest.detail["before"] == ["GMDN 13215"]


@pytest.mark.parametrize(
    ("kind", "codes", "field"),
    [
        ("no_such_kind", [PUMP], "kind"),
        ("infusion_pump", [PUMP, PUMP], "codes"),
        ("infusion_pump", [("", "1", "")], "system"),
        ("infusion_pump", [("GMDN", "", "")], "code"),
        ("infusion_pump", [("GMDN", str(n), "") for n in range(51)], "codes"),
    ],
)
def test_what_cannot_be_is_refused(shop: Any, kind: str, codes: Any, field: str) -> None:
    with pytest.raises(BadInput) as caught:
        actions.set_kind_codes(by=shop.head, kind=kind, codes=codes)
    assert caught.value.field == field
    assert not KindCode.objects.exists()


def row(
    kind: str = "infusion pump", system: str = "GMDN", code: str = "13215", **more: str
) -> dict[str, str]:
    return {"kind": kind, "system": system, "code": code, **more}


def test_a_sheet_names_kinds_and_leaves_the_others(shop: Any) -> None:
    actions.set_kind_codes(by=shop.head, kind="safety_tester", codes=[("GMDN", "1", "")])
    rows = [row(term="Pump"), row("Infusion Pump", "EMDN", "Z1203")]
    assert len(actions.import_kind_codes(by=shop.head, rows=rows)) == 2
    actions.import_kind_codes(by=shop.head, rows=rows)  # once more changes nothing
    assert KindCode.objects.count() == 3


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], "from 1 to"),
        ([row(), row(code=" ")], "row 3: code is missing"),
        ([row(), row("unheard of")], "unheard_of"),
        ([row(), row()], "comes twice"),
        ([row(code="x" * 41)], "infusion pump: code"),
    ],
)
def test_a_sheet_is_taken_whole_or_not_at_all(shop: Any, rows: Any, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        actions.import_kind_codes(by=shop.head, rows=rows)
    assert not KindCode.objects.exists()


def test_a_technologist_links_no_codes(shop: Any, hire: Any) -> None:
    with pytest.raises(NotPermitted):
        actions.set_kind_codes(by=hire("technologist", name="T T"), kind="infusion_pump", codes=[PUMP])


def test_queries_do_not_grow(shop: Any, django_assert_num_queries: Any) -> None:
    actions.set_kind_codes(by=shop.head, kind="infusion_pump", codes=[PUMP])
    with django_assert_num_queries(3):
        nomenclature.codes_of_models()
    with django_assert_num_queries(2):
        nomenclature.codes_of_kinds()
