"""What makers declared, by page: looked at without changing anything, then carried out."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from kilter.department.equipment import actions
from kilter.department.equipment.models import DeviceModel
from kilter.department.ledger.models import StoredFile
from tests.formats.test_gudid import di, file_of, record
from tests.interfaces.web.test_register import browser_of
from tests.shop import shop as shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def chief(shop: Any) -> Client:
    """The head's browser."""
    actions.edit_model(by=shop.head, model=shop.pump.model, changes={"udi_di": di(1)})
    return browser_of(shop.head)


def sent(client: Client, content: bytes) -> Any:
    return client.post("/models/gudid/", {"file": SimpleUploadedFile("gudid.xml", content)})


def test_a_file_is_looked_at_and_carried_out(shop: Any, chief: Client) -> None:
    assert "/models/gudid/" in chief.get("/models/").content.decode()
    assert chief.get("/models/gudid/").status_code == 200
    address = sent(chief, file_of(record(1), record(2)))["Location"]
    page = chief.get(address).content.decode()
    assert "Northfield Infusa 3: brand, catalogue number" in page
    assert "name is &#39;Infusa 3&#39; here, &#39;V1&#39; as declared" in page
    assert "Not in the register, left out</dt><dd>1<" in page
    assert DeviceModel.objects.get(udi_di=di(1)).brand == ""
    said = {"others": "enter", "equipment_class": "I", "applied_part": "CF", "power_cord": "detachable"}
    assert chief.post(address, {"others": "enter", "act": "look"}).status_code == 422
    looked = chief.post(address, said | {"act": "look"}).content.decode()
    assert "new: Northfield Infusa V2, infusion_pump_general_purpose" in looked
    assert not DeviceModel.objects.filter(udi_di=di(2)).exists()
    assert chief.post(address, said | {"act": "complete"})["Location"] == "/models/"
    assert DeviceModel.objects.get(udi_di=di(2)).name == "Infusa V2"
    model = DeviceModel.objects.get(udi_di=di(1))
    shown = chief.get(f"/models/{model.uuid}/").content.decode()
    for words in ("brand Infusa", "catalogue number C-1", "its label bears serial, made", "MR conditional"):
        assert words in shown
    edit = chief.get(f"/models/{model.uuid}/edit/").content.decode()
    assert 'value="C-1"' in edit


@pytest.mark.parametrize("content", [b"", b"x", file_of(), file_of(record())[:-20]])
def test_a_file_that_is_none_is_refused_and_not_kept(chief: Client, content: bytes) -> None:
    assert sent(chief, content).status_code == 422
    assert not StoredFile.objects.exists()


def test_who_may_not_neither_keeps_nor_looks(shop: Any, chief: Client) -> None:
    address = sent(chief, file_of(record(1)))["Location"]
    other = browser_of(shop.engineer)
    kept = StoredFile.objects.count()
    for answer in (other.get(address), other.get("/models/gudid/"), sent(other, file_of(record(2)))):
        assert answer.status_code == 403
    assert StoredFile.objects.count() == kept
    assert "Complete from GUDID" not in other.get("/models/").content.decode()
