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
from tests.formats.test_sheet import book
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


FOREIGN = (
    "Tag;Make;Type;Category;Category;Bought;Price;Status\n"
    "A1;Acme;V3;Infusion pump;x;1/23/20;1.250,00 €;In use\n"
    "A2;Acme;V3;Infusion pump;x;3/4/20;7,50;In use\n"
    "A3;Acme;V4;Scale;x;3/5/20;7,50;Scrapped\n"
).encode()
FIELDS = ("asset", "maker", "model", "kind", "", "purchased", "cost", "state")


def word(page: str, label: str) -> str:
    """The name of the field that asks about a word of the sheet."""
    asked = re.search(rf'name="(word\.[^"]+)"[^>]*aria-label="{label}"', page)
    found = re.search(rf'for="in-(word\.[^"]+)">\s*{label}', page) or asked
    assert found is not None, label
    return found[1]


def test_a_sheet_of_another_system_goes_through_the_page(shop: Any, chief: Client) -> None:
    address = sent(chief, FOREIGN)["Location"]
    taken = {f"column.{n}": field for n, field in enumerate(FIELDS)}
    looked = chief.post(address, taken | {"act": "look"})
    page = looked.content.decode()
    assert "Category (2)" in page
    assert "Every one in the sheet can be read so, and only so: Month first" in page
    assert "only so: 1.250,00" in page
    assert "row 2: cost: &#39;€&#39; is not of GBP, in which the row is" in page
    assert "row 3: state: &#39;In use&#39; is none" in page
    said = taken | {
        "dates": "month-first", "amounts": "1.250,00", "years_from": "1950",
        "all.currency": "EUR", "all.site": "Royal", "all.class": "II",
        word(page, "In use"): "in_service", word(page, "Scrapped"): "condemned",
        word(page, "Infusion pump"): "syringe_pump",
    }  # fmt: skip
    assert re.search(rb"Would be registered</dt><dd>3<", chief.post(address, said | {"act": "look"}).content)
    assert chief.post(address, said | {"act": "save", "save_as": "old"}).status_code == 200
    kept = ColumnMapping.objects.get()
    assert (kept.dates, kept.amounts, kept.words["kind"]) == (
        "month-first",
        "1.250,00",
        {"infusion pump": "syringe_pump"},
    )
    again = chief.post(address, {"mapping": "old"})
    assert re.search(rb"Would be registered</dt><dd>3<", again.content)
    assert 'value="syringe_pump"' in again.content.decode()
    assert '<option value="in_service" selected' in again.content.decode()
    assert chief.post(address, said | {"act": "import"})["Location"] == "/import/"
    made = queries.device_by_asset("A1")
    assert (str(made.purchased), str(made.cost), made.currency) == ("2020-01-23", "1250.00", "EUR")
    assert (made.model.kind, made.model.equipment_class, made.location.name) == (
        "syringe_pump",
        "II",
        "Royal",
    )
    assert queries.device_by_asset("A3").state == "condemned"


def test_an_order_that_the_sheet_leaves_open_is_asked_for(shop: Any, chief: Client) -> None:
    address = sent(chief, b"asset,maker,model,kind,installed\nA1,Acme,V3,pump,3/4/23\n")["Location"]
    first = chief.get(address)
    assert first.status_code == 422
    assert b"say whether the day or the month is written first" in first.content
    assert b'href="#in-dates"' in first.content
    assert b'value="day-first" checked' not in first.content
    taken = {f"column.{n}": field for n, field in enumerate(("asset", "maker", "model", "kind", "installed"))}
    for order, day in (("day-first", "2023-04-03"), ("month-first", "2023-03-04")):
        answer = chief.post(address, taken | {"dates": order, "act": "look"})
        assert answer.status_code == 200
        assert f'value="{order}" id="in-dates" checked' in answer.content.decode() or (
            f'value="{order}" checked' in answer.content.decode()
        )
        assert day not in answer.content.decode()  # nothing is imported by looking
    assert chief.post(address, taken | {"dates": "month-first", "years_from": "x"}).status_code == 422
    assert chief.post(address, taken | {"dates": "month-first", "all.kind": "pump"}).status_code == 422


def test_a_worksheet_is_chosen_where_the_first_is_a_cover(shop: Any, chief: Client) -> None:
    table = [("asset", "maker", "model", "kind"), ("A1", "Acme", "V3", "pump")]
    only = book(Cover=[("Register",)], Assets=table)
    page = chief.get(sent(chief, only.content, "a.xlsx")["Location"]).content.decode()
    assert "read is the worksheet Assets, the only one that holds a table" in page
    several = book(Cover=[("Register",)], One=table, Two=[*table, ("A2", "Acme", "V3", "pump")])
    address = sent(chief, several.content, "b.xlsx")["Location"]
    asked = chief.get(address)
    assert asked.status_code == 422
    assert "say which worksheet to read: One, Two" in asked.content.decode()
    assert "page=Two" in asked.content.decode()
    two = chief.get(f"{address}&page=Two")
    assert re.search(rb"Would be registered</dt><dd>2<", two.content)
    assert "Worksheet One" in two.content.decode()
    assert chief.get(f"{address}&page=Three").status_code == 422


def test_an_encoding_is_said_and_can_be_chosen(shop: Any, chief: Client) -> None:
    content = "asset,maker,model,kind\nA1,Müller,V3,pump\n".encode("cp1252")
    address = sent(chief, content)["Location"]
    page = chief.get(address).content.decode()
    assert "the file is no UTF-8: read as windows-1252" in page
    assert "encoding=mac-roman" in page
    assert chief.get(f"{address}&encoding=mac-roman").status_code == 200
    assert chief.get(f"{address}&encoding=utf-8").status_code == 422


def test_more_words_than_are_listed_are_counted(shop: Any, chief: Client) -> None:
    lines = "".join(f"A{n},Acme,V{n},kind {n:03}\n" for n in range(70))
    address = sent(chief, f"asset,maker,model,kind\n{lines}".encode())["Location"]
    page = chief.get(address).content.decode()
    assert page.count('name="word.kind.') == 60
    assert "10 words that stand there less often are not listed" in page


def test_a_reading_of_no_name_is_not_found(shop: Any, chief: Client) -> None:
    assert chief.post(sent(chief)["Location"], {"mapping": "none such"}).status_code == 404
