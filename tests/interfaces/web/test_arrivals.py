"""What arrived over the network on pages: the inbox, a series, a test started, set aside, brought back."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from kilter.department.intake import arrivals
from kilter.department.intake.models import Arrival
from kilter.department.records.models import Draft
from tests.department.intake.test_arrivals import UNIFORMITY, arrive, read
from tests.department.intake.test_arrivals import camera as camera
from tests.dicom_objects import dose_report, image
from tests.interfaces.web.test_register import browser_of
from tests.shop import shop as shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def tech(shop: Any) -> Client:
    """The engineer's browser."""
    return browser_of(shop.engineer)


def test_an_image_is_seen_with_its_reasons_and_becomes_a_draft(camera: Any, shop: Any, tech: Client) -> None:
    row = read(image(side=128, PatientName="Quixotic^Jane"))
    page = tech.get("/arrived/").content.decode()
    for words in ("Nuclear Medicine Image", "names a patient", "GC0001", "serial number GC-77 of LUMEN",
                  "evenly lit like a flood", f"/arrived/{row.uuid}/start/"):  # fmt: skip
        assert words in page
    form = tech.get(f"/arrived/{row.uuid}/start/").content.decode()
    assert 'value="GC0001"' in form
    assert "Quixotic" not in page + form + tech.get(f"/arrived/{row.uuid}/").content.decode()
    sent = {"device": "GC0001", "procedure": UNIFORMITY, "remember": "yes"}
    answer = tech.post(f"/arrived/{row.uuid}/start/", sent)
    draft = Draft.objects.get()
    assert answer["Location"] == f"/drafts/{draft.uuid}/"
    shown = tech.get(answer["Location"]).content.decode()
    assert row.file.sha256[:12] in shown
    assert "Nothing waits" in tech.get("/arrived/").content.decode()
    settled = tech.get("/arrived/settled/").content.decode()
    assert f"/drafts/{draft.uuid}/" in settled
    assert "CAM1" in tech.get("/arrived/names/").content.decode()


def test_what_fits_nothing_waits_too_and_is_set_aside(shop: Any, tech: Client) -> None:
    row = read(dose_report())
    page = tech.get("/arrived/").content.decode()
    assert "X-Ray Radiation Dose SR" in page
    assert "no device is known by its station name CT2, AE title CAMERA" in page
    assert tech.get(f"/arrived/{row.uuid}/start/").status_code == 200
    assert tech.post(f"/arrived/{row.uuid}/aside/", {"reason": ""}).status_code == 422
    assert tech.post(f"/arrived/{row.uuid}/aside/", {"reason": "not ours"})["Location"] == "/arrived/"
    assert "not ours" in tech.get("/arrived/settled/").content.decode()
    assert tech.get(f"/arrived/{row.uuid}/").status_code == 200
    assert tech.post(f"/arrived/{row.uuid}/back/", {"reason": "it is"}).status_code == 302
    assert arrivals.waiting()


def test_a_series_is_one_line_and_its_objects_are_told_apart(shop: Any, tech: Client) -> None:
    first = arrive(image(1, SOPInstanceUID="1.2.1"))
    read(image(2, SOPInstanceUID="1.2.1"))
    other = read(image(3, SOPInstanceUID="1.2.3"))
    page = tech.get("/arrived/").content.decode()
    assert page.count("/start/") == 1
    series = tech.get(f"/arrived/{first.uuid}/").content.decode()
    assert series.count("/start/") == 4  # one for each object, and one for the first of them
    assert series.count("same identifier with other content") == 1
    assert "3 objects wait" in series
    assert "Set all 3 aside" in series
    assert tech.post(f"/arrived/{other.uuid}/aside-one/", {"reason": "blurred"}).status_code == 302
    assert arrivals.waiting()[0].count == 2
    assert "Set aside 2 objects" in tech.get(f"/arrived/{first.uuid}/aside/").content.decode()
    tech.post(f"/arrived/{first.uuid}/aside/", {"reason": "a drill"})
    assert arrivals.waiting() == []


def test_another_serial_number_is_a_sentence_beside_the_field(camera: Any, tech: Client) -> None:
    row = read(image(DeviceSerialNumber="GC-78"))
    sent = {"device": "GC0001", "procedure": UNIFORMITY}
    answer = tech.post(f"/arrived/{row.uuid}/start/", sent)
    assert answer.status_code == 422
    assert 'id="fault-reason"' in answer.content.decode()
    assert not Draft.objects.exists()
    assert tech.post(f"/arrived/{row.uuid}/start/", {**sent, "reason": "new console"}).status_code == 302


def test_what_is_hostile_in_a_header_is_text_on_the_page(tech: Client) -> None:
    read(dose_report(StationName="<b>x</b>", Manufacturer="<script>"))
    page = tech.get("/arrived/").content.decode()
    assert "<b>x" not in page
    assert "<script>" not in page.replace("<script src", "")


def test_before_it_is_read_it_stands_there_already(tech: Client) -> None:
    row = arrive(image())
    assert "Not read yet" in tech.get("/arrived/").content.decode()
    assert tech.get(f"/arrived/{row.uuid}/start/").status_code == 200


def test_who_may_not_is_offered_nothing(camera: Any, shop: Any, hire: Any) -> None:
    row, viewer = read(image()), browser_of(hire("ward_viewer"))
    page = viewer.get("/arrived/").content.decode()
    assert "/start/" not in page
    sent = {"device": "GC0001", "procedure": UNIFORMITY}
    assert viewer.post(f"/arrived/{row.uuid}/start/", sent).status_code == 422
    assert not Draft.objects.exists()
    assert Client().get("/arrived/").status_code == 302


def test_a_name_is_forgotten(camera: Any, shop: Any, tech: Client) -> None:
    from kilter.department.intake import actions

    name = actions.name_source(by=shop.engineer, device=camera, kind="caller", name="ct9")
    assert tech.get(f"/arrived/names/{name.uuid}/forget/").status_code == 200
    assert tech.post(f"/arrived/names/{name.uuid}/forget/")["Location"] == "/arrived/names/"
    assert arrivals.source_names() == []
    assert tech.get(f"/arrived/names/{name.uuid}/forget/").status_code == 404


def test_addresses_that_lead_nowhere(tech: Client) -> None:
    row = read(image())
    assert tech.get(f"/arrived/{row.uuid}/burn/").status_code == 404
    assert tech.get(f"/arrived/{uuid4()}/").status_code == 404
    assert tech.get("/arrived/?after=x").status_code == 422
    assert tech.get("/devices/").content.decode().count("/arrived/") == 1


def test_what_it_is_and_where_it_came_from_stands_before_every_question(camera: Any, tech: Client) -> None:
    row = read(image(side=128, StationName="CAM1"))
    said = "Nuclear Medicine Image, 128 × 128 pixels"
    for path in ("", "start/", "aside/", "aside-one/"):
        page = tech.get(f"/arrived/{row.uuid}/{path}").content.decode()
        for words in (said, "1 Jan 2026", "AE title CAMERA, address", "serial number GC-77", "GC0001, "):
            assert words in page, (path, words)
    assert "made 1 Jan 2026" in tech.get("/arrived/").content.decode()
    assert "Propose this device for station CAM1" in tech.get(f"/arrived/{row.uuid}/start/").content.decode()


def test_frames_are_told_from_pixels(tech: Client) -> None:
    row = read(image())
    Arrival.objects.filter(pk=row.pk).update(size="60 x 64 x 128")
    assert "60 frames of 64 × 128 pixels" in tech.get("/arrived/").content.decode()


def test_what_is_settled_says_so_and_offers_no_test(camera: Any, shop: Any, tech: Client) -> None:
    row = read(image())
    tech.post(f"/arrived/{row.uuid}/aside/", {"reason": "a drill"})
    page = tech.get(f"/arrived/{row.uuid}/").content.decode()
    assert f"Set aside by {shop.engineer.display_name}" in page
    assert "a drill" in page
    assert "/start/" not in page
    assert f"/arrived/{row.uuid}/back/" in page


def test_today_counts_what_arrived_for_those_who_may_start_a_test(shop: Any, tech: Client, hire: Any) -> None:
    assert "images arrived" not in tech.get("/").content.decode()
    for number in (1, 2):
        read(image(number, SOPInstanceUID=f"1.2.{number}"))
    read(dose_report())
    assert "<strong>2</strong> images arrived" in tech.get("/").content.decode()
    assert "images arrived" not in browser_of(hire("ward_viewer")).get("/").content.decode()
