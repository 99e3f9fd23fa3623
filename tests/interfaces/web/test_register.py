"""The register on pages: lists, edits by two people, many at once, labels, stocktakes, suppliers."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from kilter.department.equipment import actions, queries
from kilter.department.equipment.models import Contract, Device, Document, Stocktake, Supplier
from kilter.department.ledger.models import StoredFile
from tests.shop import accepted
from tests.shop import shop as shop

pytestmark = pytest.mark.django_db


def browser_of(person: Any) -> Client:
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def chief(shop: Any) -> Client:
    """The head's browser."""
    return browser_of(shop.head)


def edited(client: Client, device: Device, **typed: str) -> Any:
    """Open a device's form, type over some fields, and send it as a browser would."""
    page = client.get(f"/devices/{device.uuid}/edit/")
    assert page.status_code == 200
    return lambda: client.post(f"/devices/{device.uuid}/edit/", form_of(page, **typed))


class Form(HTMLParser):
    """What a browser would send of a page's form as it stands."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self.within = ""
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name = given.get("name", "")
        if tag == "input" and (given.get("type") not in ("radio", "checkbox") or "checked" in given):
            self.fields[name] = given.get("value", "")
        elif tag in ("select", "textarea"):
            self.within = name
            self.fields[name] = ""
        elif tag == "option" and "selected" in given:
            self.fields[self.within] = given["value"]

    def handle_endtag(self, tag: str) -> None:
        if tag in ("select", "textarea"):
            self.within = ""

    def handle_data(self, data: str) -> None:
        if self.within == "notes":
            self.fields["notes"] += data


def form_of(page: Any, **typed: str) -> dict[str, str]:
    """What a page's form sends as it stands, with some fields typed over."""
    return Form(page.content).fields | typed


@pytest.mark.parametrize(
    "path",
    [
        "/devices/", "/devices/?kind=infusion_pump&state=in_service", "/devices/?place=nowhere&owner=x",
        "/devices/?after=ZZZ&state=flying", "/devices/new/", "/stocktakes/", "/stocktakes/new/",
        "/suppliers/", "/suppliers/new/",
    ],
)  # fmt: skip
def test_every_page_answers(chief: Client, path: str) -> None:
    assert chief.get(path).status_code == 200
    assert Client().get(path).status_code == 302


def test_the_list_is_filtered_and_says_when_a_place_is_none(shop: Any, chief: Client) -> None:
    page = chief.get("/devices/?kind=infusion_pump").content.decode()
    assert ("ME0001" in page, "TI0001" in page) == (True, False)
    assert "there is no place &#39;nowhere&#39;" in chief.get("/devices/?place=nowhere").content.decode()
    assert "No device fits" in chief.get("/devices/?owner=nobody").content.decode()


def test_what_came_over_in_service_is_listed_and_says_so_on_its_page(shop: Any, chief: Client) -> None:
    listed = chief.get("/devices/?state=taken_over").content.decode()
    assert shop.pump.asset in listed
    assert shop.tester.asset in listed
    page = chief.get(f"/devices/{shop.pump.uuid}/").content.decode()
    assert "taken over in service, not accepted here" in page
    actions.withdraw(by=shop.head, device=shop.pump, reason="to be tested")
    assert "taken over: in service" in chief.get(f"/devices/{shop.pump.uuid}/").content.decode()
    ground = accepted(shop.head, shop.pump)
    actions.put_in_service(by=shop.head, device=shop.pump, evidence=ground)
    assert shop.pump.asset not in chief.get("/devices/?state=taken_over").content.decode()
    assert f"/records/{ground}/" in chief.get(f"/devices/{shop.pump.uuid}/").content.decode()


def test_a_device_is_registered_and_what_is_wrong_stands_beside_its_field(shop: Any, chief: Client) -> None:
    typed = {"asset": "NEW1", "model": str(shop.pump.model.uuid), "currency": "GBP", "cost": "1250.00"}
    dear = chief.post("/devices/new/", typed | {"cost": "dear"})
    assert dear.status_code == 422
    assert b"cost: must be an amount" in dear.content
    assert b'value="NEW1"' in dear.content
    answer = chief.post("/devices/new/", typed)
    assert answer["Location"] == f"/devices/{queries.device_by_asset('NEW1').uuid}/"
    for bad in (
        {"model": "x"},
        {"asset": ""},
        {"asset": "new1"},
        {"parent": "none"},
        {"location": "Ward 99"},
    ):
        assert chief.post("/devices/new/", typed | bad).status_code == 422


def test_two_people_with_the_page_open_both_keep_their_field(shop: Any, chief: Client) -> None:
    first = edited(chief, shop.pump, owner="Renal")
    second = edited(browser_of(shop.engineer), shop.pump, notes="one\r\ntwo")
    third = edited(browser_of(shop.second), shop.pump, owner="Cardiology")
    assert first().status_code == 302
    assert second().status_code == 302
    clash = third()
    assert clash.status_code == 422
    assert "Ada Head changed it meanwhile" in clash.content.decode()
    row = queries.device_by_uuid(shop.pump.uuid)
    assert (row.owner, row.notes.splitlines(), row.version) == ("Renal", ["one", "two"], 3)


@pytest.mark.parametrize("version", ["", "x", "99", "-1", "٣"])
def test_a_page_that_was_not_sent_whole_changes_nothing(shop: Any, chief: Client, version: str) -> None:
    assert edited(chief, shop.pump, owner="X", version=version)().status_code == 422
    assert queries.device_by_uuid(shop.pump.uuid).owner == ""


def assets(page: Any) -> list[str]:
    return re.findall(r'aria-label="Choose ([^"]+)"', page.content.decode())


def ticks(*devices: Device) -> list[str]:
    return [f"{one.uuid}:{one.version}" for one in devices]


def test_several_are_edited_at_once(shop: Any, chief: Client) -> None:
    both = ticks(shop.pump, shop.tester)
    page = chief.post("/devices/bulk/", {"device": both})
    assert (page.status_code, page.content.count(b"leave as it is") > 10) == (200, True)
    sent = {
        "device": both,
        "act": "save",
        "owner.how": "set",
        "owner": "Renal",
        "notes.how": "",
        "notes": "x",
    }
    assert chief.post("/devices/bulk/", sent | {"owner": ""}).status_code == 422
    assert chief.post("/devices/bulk/", sent)["Location"] == "/devices/"
    assert set(Device.objects.values_list("owner", "notes")) == {("Renal", "")}
    stale = chief.post("/devices/bulk/", sent | {"owner": "Cardiology"})
    assert stale.status_code == 422
    assert b"somebody changed meanwhile: ME0001 (owner), TI0001 (owner)" in stale.content
    emptied = sent | {"device": ticks(*Device.objects.all()), "owner.how": "empty"}
    assert chief.post("/devices/bulk/", emptied).status_code == 302
    assert set(Device.objects.values_list("owner", flat=True)) == {""}


@pytest.mark.parametrize("value", ["", "x", "00000000-0000-4000-8000-000000000000", ":", "a:b"])
@pytest.mark.parametrize("path", ["/devices/bulk/", "/labels/"])
def test_ticks_that_are_none_are_refused(chief: Client, path: str, value: str) -> None:
    assert chief.post(path, {"device": [value] if value else []}).status_code == 422


def test_labels_of_those_ticked_lead_to_their_pages(shop: Any, chief: Client) -> None:
    answer = chief.post("/labels/", {"device": ticks(shop.pump, shop.tester)})
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    assert answer.content.startswith(b"%PDF")
    assert chief.post("/labels/", {"device": ticks(shop.pump), "skip": "x"}).status_code == 422
    assert chief.post("/labels/", {"device": ticks(shop.pump), "sheet": "9"}).status_code == 422


def test_a_stocktake_with_a_scanner(shop: Any, chief: Client) -> None:
    site = actions.add_location(by=shop.head, name="Royal", kind="site")
    ward = actions.add_location(by=shop.head, name="Ward 7", kind="ward", parent=site)
    actions.edit_device(by=shop.head, device=shop.tester, version=1, changes={"location": ward})
    assert chief.post("/stocktakes/new/", {"location": "Ward 8"}).status_code == 422
    address = chief.post("/stocktakes/new/", {"location": "royal / ward 7"})["Location"]
    seen = chief.post(address, {"label": "me0001", "act": "scan"}).content.decode()
    assert "ME0001 seen, registered elsewhere" in seen
    assert "no single device bears this label" in chief.post(address, {"label": "ZZZ"}).content.decode()
    assert chief.post(address, {"label": ""}).status_code == 422
    assert chief.post(address, {"act": "move", "device": ticks(shop.pump)}).status_code == 302
    assert queries.device_by_uuid(shop.pump.uuid).location == ward
    assert chief.post(address, {"act": "move", "device": ["x:y", ""]}).status_code == 422
    assert chief.post(address, {"act": "finish"}).status_code == 302
    assert chief.post(address, {"label": "ME0001"}).status_code == 422
    assert Stocktake.objects.get().missing == ["TI0001"]
    assert "TI0001" in chief.get(address).content.decode()
    assert "1 not seen" in chief.get("/stocktakes/").content.decode()


def test_suppliers_contracts_and_documents(shop: Any, chief: Client) -> None:
    address = chief.post("/suppliers/new/", {"name": "Northfield", "phone": "1"})["Location"]
    assert chief.post("/suppliers/new/", {"name": "NORTHFIELD"}).status_code == 422
    assert chief.get(address).status_code == chief.get(f"{address}?edit").status_code == 200
    assert chief.post(address, {"name": "Northfield Medical"}).status_code == 302
    terms = {
        "number": "C1", "kind": "full", "starts": "2020-01-01", "ends": "2099-12-31", "currency": "GBP",
        "devices": "me0001\n", "models": "ohmline safe 62",
    }  # fmt: skip
    assert chief.get(f"{address}contract/").status_code == 200
    assert chief.post(f"{address}contract/", terms | {"models": "no such"}).status_code == 422
    contract = chief.post(f"{address}contract/", terms)["Location"]
    assert b"ME0001" in chief.get(contract).content
    assert chief.post(contract, terms | {"devices": "", "cost": "10.00"}).status_code == 302
    row = Contract.objects.get()
    assert (list(row.devices.all()), row.models.count(), str(row.cost)) == ([], 1, "10.00")
    assert "Contract" in chief.get(f"/devices/{shop.tester.uuid}/").content.decode()
    assert "C1" in chief.get(address).content.decode()
    assert Supplier.objects.get().name == "Northfield Medical"


@pytest.mark.parametrize("kind", ["device", "model"])
def test_a_document_is_attached_and_given_back_as_a_download(shop: Any, chief: Client, kind: str) -> None:
    uuid = shop.pump.uuid if kind == "device" else shop.pump.model.uuid
    address = f"/attach/{kind}/{uuid}/"
    sent = {"title": "Manual", "kind": "user_manual", "file": SimpleUploadedFile('a"b<é>.html', b"<script>")}
    assert chief.get(address).status_code == 200
    assert chief.post(address, {"title": "Manual", "kind": "user_manual"}).status_code == 422
    assert chief.post(address, sent).status_code == 302
    answer = chief.get(f"/documents/{Document.objects.get().uuid}/")
    assert answer.content == b"<script>"
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"] == 'attachment; filename="a_b___.html"'
    assert b"Manual" in chief.get(f"/devices/{shop.pump.uuid}/").content
    assert chief.get(f"/models/{shop.pump.model.uuid}/").status_code == 200
    assert chief.get(f"/attach/planet/{uuid}/").status_code == 404


def test_who_may_not_attach_leaves_no_file(shop: Any, hire: Any) -> None:
    viewer = browser_of(hire("ward_viewer"))
    sent = {"title": "M", "kind": "other", "file": SimpleUploadedFile("a.pdf", b"x")}
    assert viewer.post(f"/attach/device/{shop.pump.uuid}/", sent).status_code in (403, 422)
    assert not StoredFile.objects.exists()


def test_a_page_of_the_list_costs_the_same_however_long_it_is(
    shop: Any, chief: Client, django_assert_max_num_queries: Any
) -> None:
    model = shop.pump.model
    rows = [{"asset": f"L{n:03d}", "model": model} for n in range(120)]
    actions.register_devices(by=shop.head, rows=rows, reason="test")
    with django_assert_max_num_queries(9):
        first = chief.get("/devices/")
    with django_assert_max_num_queries(9):
        second = chief.get("/devices/?after=" + assets(first)[-1])
    seen = assets(first) + assets(second)
    assert len(seen) == len(set(seen)) == 100
    assert seen == sorted(seen)
