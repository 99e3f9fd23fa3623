"""A test instrument's pages: certificates typed and imported, the way back to what it misjudged."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from kilter.department.equipment.models import Certificate, Hold
from kilter.department.equipment.queries import certificate_in_force
from kilter.department.work.models import Job
from tests.formats.test_calibration_certificate import paper
from tests.interfaces.web.test_statements import browser_of
from tests.shop import shop as shop

pytestmark = pytest.mark.django_db

TYPED = {
    "number": "C-77",
    "laboratory": "Calibra",
    "issued": "2026-01-10",
    "valid_from": "2026-01-11",
    "valid_until": "2029-01-10",
    "k": "2",
    "lines": "earth resistance; ohm; 0; 0.004\nleakage current; uA; -0.5; 1; 2; 0; 5000; 0.2; 10",
}


@pytest.fixture
def chief(shop: Any) -> Client:
    return browser_of(shop.second)


def base(shop: Any) -> str:
    return f"/devices/{shop.tester.uuid}/calibration/"


def test_a_certificate_is_typed_line_by_line(shop: Any, chief: Client) -> None:
    assert chief.get(f"{base(shop)}new/").status_code == 200
    assert chief.post(f"{base(shop)}new/", TYPED).status_code == 302
    lines = list(Certificate.objects.get(number="C-77").quantities.order_by("id"))
    assert [(one.name, one.unit, one.expanded_uncertainty) for one in lines] == [
        ("earth resistance", "ohm", 0.004),
        ("leakage current", "uA", 1.0),
    ]
    second = lines[1]
    assert (second.correction, second.relative, second.low, second.high) == (-0.5, 2.0, 0.0, 5000.0)
    assert (second.as_found, second.tolerance, second.in_tolerance) == (0.2, 10.0, True)
    page = chief.get(base(shop)).content.decode()
    assert "C-77" in page
    assert "in tolerance" in page


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"lines": "r; ohm; 0"}, "it takes 4 to 9"),
        ({"lines": "r; ohm; 0; 0,004"}, "write 0.5, not 0,5"),
        ({"lines": "r; furlong; 0; 1"}, "furlong"),
        ({"valid_until": "2020-01-01"}, "must lie after valid_from"),
        ({"issued": "10.1.2026"}, "YYYY-MM-DD"),
        ({"k": "0"}, "from 1 to 5"),
        ({"lines": ""}, "at least one"),
    ],
)
def test_what_was_typed_wrong_is_said_and_kept(
    shop: Any, chief: Client, changes: dict[str, str], why: str
) -> None:
    answer = chief.post(f"{base(shop)}new/", {**TYPED, **changes})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert why in page
    assert "C-77" in page
    assert not Certificate.objects.filter(number="C-77").exists()


def test_a_digital_certificate_of_this_instrument_is_taken(shop: Any, chief: Client) -> None:
    sent = {"file": SimpleUploadedFile("c.xml", paper()), "valid_until": "2029-01-01", "tolerance": "0.04"}
    assert chief.post(f"{base(shop)}import/", sent).status_code == 302
    row = Certificate.objects.get(number="CAL-2026-0117")
    assert row.document is not None
    found = [line.in_tolerance for line in row.quantities.order_by("nominal")]
    assert found == [True, True, False]


def test_one_of_another_instrument_is_refused(shop: Any, chief: Client) -> None:
    other = paper().replace(b"<dcc:value>T1<", b"<dcc:value>T9<")
    sent = {"file": SimpleUploadedFile("c.xml", other), "valid_until": "2029-01-01"}
    answer = chief.post(f"{base(shop)}import/", sent)
    assert answer.status_code == 422
    assert b"is of serial number T9, the instrument" in answer.content


def test_an_instrument_found_wrong_lists_and_recalls_what_it_could_have_misjudged(
    shop: Any, chief: Client
) -> None:
    shop.adopt()
    record = shop.visit(protective_earth={"reading": "0.26"})[1]
    form = chief.get(f"{base(shop)}wrong/").content.decode()
    assert "earth resistance" in form
    typed = {"quantity": "earth resistance", "offset": "-50 mohm", "share": "", "since": "2020-01-01"}
    location = chief.post(f"{base(shop)}wrong/", typed)["Location"]
    page = chief.get(location).content.decode()
    assert f"/records/{record.uuid}/" in page
    assert "held and tested again" in page
    refused = chief.post(location, {"text": "", "password": shop.password})
    assert refused.status_code == 422
    done = chief.post(location, {"text": "compared with a standard", "password": shop.password})
    assert done.status_code == 302
    assert certificate_in_force(shop.tester) is None
    assert Hold.objects.filter(device=shop.pump, cause="suspect_instrument").exists()
    assert Job.objects.filter(device=shop.pump, kind="retest").exists()


@pytest.mark.parametrize(
    "typed",
    [
        {"offset": "", "share": ""},
        {"quantity": "", "offset": "-50 mohm"},
        {"offset": "-50 furlong"},
        {"offset": "a lot"},
        {"share": "many"},
        {"offset": "1ohm", "since": "then"},
    ],
)
def test_an_error_that_cannot_be_read_is_refused(shop: Any, chief: Client, typed: dict[str, str]) -> None:
    given = {"quantity": "earth resistance", "offset": "", "share": "", "since": "2020-01-01", **typed}
    assert chief.post(f"{base(shop)}wrong/", given).status_code == 422


def test_a_broken_address_is_no_fault_of_ours(shop: Any, chief: Client) -> None:
    assert chief.get(f"{base(shop)}traced/?offset=x").status_code in (400, 404, 422)
