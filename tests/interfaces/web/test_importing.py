"""A sheet taken in by page: looked at, mapped, imported in part, put right, undone; and given out."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from kilter.department.equipment import queries
from kilter.department.equipment.models import Device
from kilter.department.intake.models import ColumnMapping, DeviceImport
from kilter.department.ledger.models import StoredFile
from kilter.formats.sheet import read_sheet
from kilter.measure.quantity import File
from tests.interfaces.web.test_register import browser_of
from tests.shop import shop as shop

pytestmark = pytest.mark.django_db

SHEET = b"Asset No,Make,model,kind,cost\nA1,Acme,V3,pump,1.00\nA2,Acme,V3,pump,dear\n"


@pytest.fixture
def chief(shop: Any) -> Client:
    """The head's browser."""
    return browser_of(shop.head)


def sent(client: Client, content: bytes = SHEET, name: str = "old list.csv") -> Any:
    return client.post("/import/", {"file": SimpleUploadedFile(name, content)})


def chosen(**more: str) -> dict[str, str]:
    fields = ("asset", "maker", "model", "kind", "cost")
    return {f"column.{n}": field for n, field in enumerate(fields)} | more


def test_a_sheet_is_looked_at_mapped_imported_and_undone(shop: Any, chief: Client) -> None:
    assert chief.get("/import/").status_code == 200
    address = sent(chief)["Location"]
    first = chief.get(address)
    assert (first.status_code, b"there is no column" in first.content) == (422, True)
    assert b"First cell: Acme" in first.content
    looked = chief.post(address, chosen(act="look"))
    assert looked.status_code == 200
    assert re.search(rb"Would be registered</dt><dd>1<", looked.content)
    assert b"row 3: cost: must be an amount" in looked.content
    assert not Device.objects.filter(asset="A1").exists()
    assert chief.post(address, chosen(act="save", save_as="old system")).status_code == 200
    assert ColumnMapping.objects.get().columns["Make"] == "maker"
    again = chief.post(address, {"mapping": "old system"})
    assert (again.status_code, b"Read it as before" in again.content) == (200, True)
    rejected = chief.post(address, chosen(act="rejects"))
    rows = read_sheet(File("r.csv", rejected.content)).rows
    assert [row[0] for row in rows] == ["A2"]
    assert rows[0][-1].startswith("cost: must be an amount")
    assert chief.post(address, chosen(act="import"))["Location"] == "/import/"
    assert queries.device_by_asset("A1").batch == DeviceImport.objects.get().uuid
    undo = f"/import/undo/{DeviceImport.objects.get().uuid}/"
    assert chief.get(undo).status_code == 200
    assert chief.post(undo, {"reason": ""}).status_code == 422
    assert chief.post(undo, {"reason": "wrong sheet"})["Location"] == "/import/"
    assert Device.objects.get(asset="A1").state == "entered_in_error"
    assert b"undone" in chief.get("/import/").content


@pytest.mark.parametrize("content", [b"", b"\x00", b"PK\x03\x04broken", b"\n"])
def test_a_file_that_is_no_sheet_is_refused_and_not_kept(shop: Any, chief: Client, content: bytes) -> None:
    assert sent(chief, content).status_code == 422
    assert not StoredFile.objects.exists()


def test_who_may_not_import_neither_keeps_nor_reads_a_file(shop: Any, chief: Client) -> None:
    address = sent(chief)["Location"]
    other = browser_of(shop.engineer)
    assert sent(other, SHEET + b"X,Y,Z,pump,1\n").status_code == 422
    assert StoredFile.objects.count() == 1
    assert other.get(address).status_code == 403


def test_two_columns_for_one_field_are_refused(chief: Client) -> None:
    address = sent(chief)["Location"]
    answer = chief.post(address, chosen(act="import") | {"column.4": "asset"})
    assert (answer.status_code, b"two columns are read as asset" in answer.content) == (422, True)
    assert chief.get("/import/" + "0" * 64 + "/").status_code in (404, 422)
    assert chief.get("/import/x/").status_code in (404, 422)


@pytest.mark.parametrize("key", ["full", "irmer", "loler", "pssr"])
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_every_list_is_given_out(chief: Client, key: str, kind: str) -> None:
    answer = chief.get(f"/devices/export/{key}.{kind}")
    assert answer.status_code == 200
    assert f"{key}-" in answer["Content-Disposition"]
    read = read_sheet(File(f"x.{kind}", answer.content))
    assert len(read.rows) == (2 if key == "full" else 0)


@pytest.mark.parametrize("name", ["full.pdf", "everything.csv"])
def test_there_is_no_other_list(chief: Client, name: str) -> None:
    assert chief.get(f"/devices/export/{quote(name)}").status_code == 404
