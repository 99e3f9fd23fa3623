"""Device models on pages: entered, edited, their codes, and what is refused beside its field."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from kilter.department.equipment.models import DeviceModel, ModelCode
from kilter.department.ledger.models import AuditEntry
from kilter.interfaces.web.device_models import read_codes
from kilter.measure.error import BadInput
from tests.interfaces.web.test_register import browser_of, form_of
from tests.shop import shop as shop

pytestmark = pytest.mark.django_db

TYPED = {
    "maker": "Heart Line", "name": "Shock 2", "kind": "defibrillator", "udi_di": "09506000134352",
    "expected_life_years": "10", "support_ends": "2030-06-30", "security_support_ends": "",
    "equipment_class": "I", "applied_part": "CF", "power_cord": "detachable",
    "holds_data": "yes", "lifting": "no", "codes": "GMDN, 37806, Defibrillator, external\nEMDN, Z12030501",
}  # fmt: skip


@pytest.fixture
def chief(shop: Any) -> Client:
    """The head's browser."""
    return browser_of(shop.head)


def test_a_model_is_entered_with_its_codes_and_shown(chief: Client) -> None:
    answer = chief.post("/models/new/", TYPED)
    assert answer.status_code == 302
    made = DeviceModel.objects.get(maker="Heart Line")
    assert (made.kind, made.expected_life_years, made.holds_data) == ("defibrillator", 10, True)
    assert (made.lifting, made.pressure, made.connector, made.radioactive_source) == (False, None, "", False)
    assert (str(made.support_ends), made.security_support_ends) == ("2030-06-30", None)
    codes = {(one.system, one.code, one.term) for one in made.codes.all()}
    assert codes == {("GMDN", "37806", "Defibrillator, external"), ("EMDN", "Z12030501", "")}
    page = chief.get(answer["Location"]).content.decode()
    assert "GMDN 37806: Defibrillator, external" in page
    assert "Heart Line Shock 2" in chief.get("/models/").content.decode()


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("maker", ""), ("kind", "Two words"), ("expected_life_years", "ten"), ("expected_life_years", "0"),
        ("equipment_class", "III"), ("applied_part", ""), ("holds_data", "perhaps"), ("laser_class", "9"),
        ("support_ends", "soon"),
        ("codes", "GMDN 1"), ("codes", "GMDN, 1\nGMDN, 1"), ("codes", ", 1"), ("udi_di", "x" * 61),
    ],
)  # fmt: skip
def test_what_will_not_do_is_named_and_nothing_is_entered(chief: Client, field: str, typed: str) -> None:
    models, codes = DeviceModel.objects.count(), ModelCode.objects.count()
    answer = chief.post("/models/new/", TYPED | {field: typed})
    assert answer.status_code == 422
    assert DeviceModel.objects.count() == models
    assert ModelCode.objects.count() == codes
    assert "Heart Line" in answer.content.decode() or field == "maker"


def test_a_second_of_the_same_name_is_refused(shop: Any, chief: Client) -> None:
    model = shop.pump.model
    answer = chief.post("/models/new/", TYPED | {"maker": model.maker, "name": model.name})
    assert "is entered already" in answer.content.decode()


def test_an_edit_sends_only_what_was_changed(shop: Any, chief: Client) -> None:
    model = shop.pump.model
    page = chief.get(f"/models/{model.uuid}/edit/")
    form = form_of(page, name="Infusa 4")
    DeviceModel.objects.filter(pk=model.pk).update(udi_di="09506000134352")  # by somebody else, meanwhile
    assert chief.post(f"/models/{model.uuid}/edit/", form).status_code == 302
    model.refresh_from_db()
    assert (model.name, model.udi_di) == ("Infusa 4", "09506000134352")
    before = AuditEntry.objects.count()
    unchanged = form_of(chief.get(f"/models/{model.uuid}/edit/"))
    assert chief.post(f"/models/{model.uuid}/edit/", unchanged).status_code == 302
    assert AuditEntry.objects.count() == before


def test_codes_are_replaced_as_a_whole(shop: Any, chief: Client) -> None:
    address = f"/models/{shop.pump.model.uuid}/edit/"
    for codes, kept in (("GMDN, 1, Pump", ["GMDN 1"]), ("EMDN, 2", ["EMDN 2"]), ("", [])):
        form = form_of(chief.get(address)) | {"codes": codes}
        assert chief.post(address, form).status_code == 302
        assert [str(one) for one in shop.pump.model.codes.all()] == kept


def test_who_may_not_is_offered_nothing_and_refused(shop: Any, hire: Any) -> None:
    viewer = browser_of(hire("ward_viewer"))
    assert "/models/new/" not in viewer.get("/models/").content.decode()
    assert viewer.post("/models/new/", TYPED).status_code == 422
    assert not DeviceModel.objects.filter(maker="Heart Line").exists()
    assert Client().get("/models/").status_code == 302


WORD = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=8)


@given(rows=st.lists(st.tuples(WORD, WORD, WORD), max_size=6))
def test_codes_come_back_as_they_were_written(rows: list[tuple[str, str, str]]) -> None:
    assert read_codes("\n".join(", ".join(row) for row in rows)) == rows


@given(text=st.text(max_size=60))
def test_no_text_of_codes_is_more_than_refused(text: str) -> None:
    try:
        read = read_codes(text)
    except BadInput as problem:
        assert problem.field == "codes"
    else:
        assert all(len(row) == 3 for row in read)
