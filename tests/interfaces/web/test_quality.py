"""The page of a device's quality control: every test, its trends, and the maps of a camera's floods."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError
from django.db.models import QuerySet
from django.test import Client
from pydicom import dcmread

import kilter.specialties.nuclear_medicine.history as nuclear_medicine
from kilter.department.ledger import clock, files
from kilter.department.ledger.files import path_of
from kilter.department.records import quality
from kilter.department.records.models import Attachment, KeptAnalysis, Record
from kilter.measure.history import histories
from kilter.measure.reference_object import make
from tests.department.materials.clinic import NAME, NUMBER
from tests.interfaces.web.test_patients import IDENTIFYING, cells_of_every_table
from tests.interfaces.web.test_views import _queries, browser_of
from tests.interfaces.web.test_views import camera as camera
from tests.interfaces.web.test_views import tech as tech
from tests.shop import shop as shop

pytestmark = pytest.mark.django_db
UNIFORMITY = "nuclear_medicine.uniformity"


def signed_flood(shop: Any, tech: Client, camera: Any, seed: int, fault: str = "none") -> str:
    """Drop a flood of known truth in and sign it; gives the address of its record."""
    return signed(shop, tech, camera, make("flood", fault, seed).file.content)


def signed(shop: Any, tech: Client, camera: Any, content: bytes) -> str:
    """Drop a flood in and sign it; gives the address of its record."""
    protocol, uuid = "nuclear_medicine.flood_uniformity", uuid4()
    fields = {"device": str(camera.uuid), "protocol": protocol, "version": "0"}
    sent = SimpleUploadedFile("flood.dcm", content)
    path = f"/drafts/{uuid}/upload/uniformity.flood/"
    assert tech.post(path, {**fields, "uniformity.flood": sent}).status_code == 200
    sign = {**fields, "version": "1", "uniformity.binning": "nema", "act": "sign", "password": shop.password}
    return str(tech.post(f"/drafts/{uuid}/", sign)["Location"])


def test_a_device_without_tests_says_so(shop: Any, tech: Client, camera: Any) -> None:
    page = tech.get(f"/devices/{camera.uuid}/quality/")
    assert page.status_code == 200
    assert "No test with readings has been signed yet" in page.content.decode()
    assert f"/devices/{camera.uuid}/quality/" in tech.get(f"/devices/{camera.uuid}/").content.decode()


def test_floods_show_their_state_trends_and_regions(shop: Any, tech: Client, camera: Any) -> None:
    here = f"/devices/{camera.uuid}/quality/"
    last = ""
    for number in range(3):
        with clock.at(clock.now() + timedelta(days=7 * number)):
            last = signed_flood(shop, tech, camera, number + 1)
    page = tech.get(here).content.decode()
    assert last in page
    assert "Mean of 3 floods by region" in page
    assert "Change by region over 14 days" in page
    assert "No region moves beyond its scatter" in page or "Beyond their scatter" in page
    assert f"/devices/{camera.uuid}/trend/{UNIFORMITY}/ufov_integral/" in page
    assert '"color": "#b3261e"' in page or '"color":"#b3261e"' in page  # a limit is drawn


def test_a_file_that_is_lost_or_altered_is_not_drawn_and_said(shop: Any, tech: Client, camera: Any) -> None:
    for seed in (1, 2, 3):
        signed_flood(shop, tech, camera, seed)
    history = histories()[UNIFORMITY]
    (part,) = quality.evidence(camera, UNIFORMITY, history).parts
    assert (len(part.past), quality.evidence(camera, UNIFORMITY, history).lost) == (3, 0)
    first, second = (path_of(one.file.sha256) for one in Attachment.objects.order_by("pk")[:2])
    first.unlink()
    second.chmod(0o600)
    second.write_bytes(second.read_bytes()[:-1] + b"x")
    page = tech.get(f"/devices/{camera.uuid}/quality/").content.decode()
    assert "Mean of one flood by region" in page
    assert "2 stored files cannot be read" in page


def of_head(seed: int, head: str, tube: bool = False) -> bytes:
    """A flood whose series names the head that took it."""
    image = dcmread(BytesIO(make("flood", "cold_tube" if tube else "none", seed).file.content))
    image.SeriesDescription = f"UNIF_INT_{head}_{head}"
    content = BytesIO()
    image.save_as(content)
    return content.getvalue()


def test_heads_of_a_camera_are_told_apart(shop: Any, tech: Client, camera: Any) -> None:
    """Each has its own map, trend and newest verdict: a bad head does not hide behind a good one."""
    for number in range(3):
        with clock.at(clock.now() + timedelta(days=7 * number)):
            signed(shop, tech, camera, of_head(number + 1, "H2", tube=True))
            signed(shop, tech, camera, of_head(number + 11, "H1"))
    first, second = quality.evidence(camera, UNIFORMITY, histories()[UNIFORMITY]).parts
    assert (first.name, second.name) == ("Detector 1", "Detector 2")
    assert (len(first.past), len(second.past)) == (3, 3)
    assert not first.records & second.records
    assert first.newest.verdict != second.newest.verdict
    page = tech.get(f"/devices/{camera.uuid}/quality/").content.decode()
    assert page.index("<h3>Detector 1</h3>") < page.index("<h3>Detector 2</h3>")
    assert page.count("Mean of 3 floods by region") >= 2
    assert "6 floods" not in page
    one, two = page.split("<h3>Detector 2</h3>")
    assert "3 readings" in one
    assert "3 readings" in two
    assert "6 readings" not in page
    assert f"/records/{second.newest.uuid}/" in two


def test_floods_that_tell_no_head_stand_apart_from_those_that_do(
    shop: Any, tech: Client, camera: Any
) -> None:
    signed(shop, tech, camera, of_head(1, "H1"))
    page = tech.get(f"/devices/{camera.uuid}/quality/").content.decode()
    assert "<h3>Detector 1</h3>" in page
    signed_flood(shop, tech, camera, 2)
    page = tech.get(f"/devices/{camera.uuid}/quality/").content.decode()
    assert "<h3>Detector not told by the file</h3>" in page


def test_a_flood_is_analysed_once(
    shop: Any, tech: Client, camera: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = f"/devices/{camera.uuid}/quality/"
    for seed in (1, 2, 3):
        signed_flood(shop, tech, camera, seed)
    first = quality.evidence(camera, UNIFORMITY, histories()[UNIFORMITY])
    assert KeptAnalysis.objects.count() == 3
    with monkeypatch.context() as patch:
        patch.setattr(nuclear_medicine, "flood_uniformity", None)  # would fail if it were called
        assert quality.evidence(camera, UNIFORMITY, histories()[UNIFORMITY]) == first
        assert "Mean of 3 floods" in tech.get(here).content.decode()
    KeptAnalysis.objects.all().delete()  # it can be found again at will
    assert quality.evidence(camera, UNIFORMITY, histories()[UNIFORMITY]) == first


def test_what_another_version_found_is_not_drawn_and_goes(shop: Any, tech: Client, camera: Any) -> None:
    signed_flood(shop, tech, camera, 1)
    history = histories()[UNIFORMITY]
    quality.evidence(camera, UNIFORMITY, history)
    wrong = {"departure": [9.0] * 48, "u": [1.0] * 48}
    KeptAnalysis.objects.update(values=wrong)
    (part,) = quality.evidence(camera, UNIFORMITY, history).parts
    assert part.past[0].values == wrong
    (part,) = quality.evidence(camera, UNIFORMITY, replace(history, version=2)).parts
    assert part.past[0].values != wrong
    (row,) = KeptAnalysis.objects.all()
    assert row.version.endswith(".2")


def test_what_is_kept_of_a_file_is_not_drawn_where_the_file_is_another(
    shop: Any, tech: Client, camera: Any
) -> None:
    signed_flood(shop, tech, camera, 1)
    history = histories()[UNIFORMITY]
    assert len(quality.evidence(camera, UNIFORMITY, history).parts[0].past) == 1
    kept = path_of(Attachment.objects.get().file.sha256)
    kept.chmod(0o600)
    kept.write_bytes(kept.read_bytes()[:-1] + b"x")
    found = quality.evidence(camera, UNIFORMITY, history)
    assert (found.parts[0].past, found.lost) == ((), 1)


def test_only_some_floods_are_analysed_at_a_time(shop: Any, tech: Client, camera: Any) -> None:
    for seed in (1, 2, 3):
        signed_flood(shop, tech, camera, seed)
    few = replace(histories()[UNIFORMITY], most=2)
    path_of(Attachment.objects.order_by("-pk")[0].file.sha256).unlink()
    first = quality.evidence(camera, UNIFORMITY, replace(few, most=1))
    assert (first.waiting, first.lost) == (1, 1)  # the lost one does not stand in the way of the next
    assert quality.evidence(camera, UNIFORMITY, few).waiting == 0


def test_a_page_is_shown_where_nothing_can_be_kept(
    shop: Any, tech: Client, camera: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: Any, **__: Any) -> None:
        raise OperationalError("the database is read-only")

    signed_flood(shop, tech, camera, 1)
    monkeypatch.setattr(QuerySet, "bulk_create", refused)
    assert "Mean of one flood" in tech.get(f"/devices/{camera.uuid}/quality/").content.decode()
    assert not KeptAnalysis.objects.exists()


def test_an_image_that_names_a_patient_leaves_no_name_in_clear(
    shop: Any, tech: Client, camera: Any, settings: Any
) -> None:
    image = dcmread(BytesIO(make("flood", "none", 5).file.content))
    image.PatientName, image.PatientID, image.PatientBirthDate = "QUARRINGTON^EDITH", NUMBER, "19570819"
    image.OtherPatientNames = NAME
    image.SeriesDescription = "QUARRINGTON^EDITH_H1"
    content = BytesIO()
    image.save_as(content)
    signed(shop, tech, camera, content.getvalue())
    (kept,) = Attachment.objects.all()
    assert b"QUARRINGTON^EDITH" in files.read(kept.file.sha256)  # what was given is given back
    tech.get(f"/devices/{camera.uuid}/quality/")
    assert KeptAnalysis.objects.get().part == "Detector 1"
    places = cells_of_every_table()
    places += [(path.name, path.read_bytes()) for path in settings.FILE_STORE.rglob("*") if path.is_file()]
    assert len(places) > 300
    for place, found in places:
        for words in (*IDENTIFYING, b"19570819"):
            assert words not in found, (place, words)


def test_a_camera_page_takes_no_more_queries_for_more_floods(shop: Any, tech: Client, camera: Any) -> None:
    here = f"/devices/{camera.uuid}/quality/"
    signed_flood(shop, tech, camera, 1)
    _queries(tech, here)
    before = _queries(tech, here)
    for seed in (2, 3, 4):
        signed_flood(shop, tech, camera, seed)
    _queries(tech, here)
    assert _queries(tech, here) <= before
    assert before <= 25


def test_the_newest_stands_first_and_in_time(shop: Any) -> None:
    for earth in ("0.10", "0.14", "0.12"):
        shop.visit(protective_earth={"reading": earth})
    found = {one.procedure: one for one in quality.tested(shop.pump)}
    earth = found["medical_engineering.protective_earth"]
    assert [round(row.value, 3) for row in earth.trends[0].readings] == [0.1, 0.14, 0.12]
    assert earth.records == 3
    assert earth.newest == Record.objects.filter(procedure=earth.procedure).order_by("-number")[0]
    assert earth.trends[0].limits


def test_query_counts_do_not_grow(shop: Any, tech: Client) -> None:
    here = f"/devices/{shop.pump.uuid}/quality/"
    shop.visit()
    before = _queries(tech, here)
    for days in (30, 60, 90):
        with clock.at(clock.now() + timedelta(days=days)):
            shop.visit(protective_earth={"reading": "0.15"})
    _queries(tech, here)
    assert _queries(tech, here) <= before
    assert before <= 25


def test_it_is_for_those_signed_in_and_of_a_device(shop: Any) -> None:
    assert Client().get(f"/devices/{shop.pump.uuid}/quality/").status_code == 302
    assert browser_of(shop.engineer).get(f"/devices/{uuid4()}/quality/").status_code == 404
