"""Safety on pages: an alert from its wording to its end, an incident, a hazard, and the refusals."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pypdf import PdfReader

from kilter.department.equipment import actions as equipment
from kilter.department.equipment.models import Hold
from kilter.department.ledger import clock
from kilter.department.safety import actions
from kilter.department.safety.models import Alert, AlertDevice, Hazard, Incident
from kilter.department.work.models import Job
from tests.interfaces.web.test_views import browser_of
from tests.shop import shop as shop

pytestmark = pytest.mark.django_db

NOTICE = """Infusion pumps: door latch may open
Reference: NatPSA/2026/004/MHRA
Date of issue: 5 March 2026
Manufacturer: Northfield
Models: Infusa 3
Serial numbers: S1 to S5
"""
HAZARD = {
    "kind": "infusion_pump", "name": "Free flow", "sequence": "door opened", "situation": "line runs free",
    "harm": "overdose", "controls": "sets with a clamp", "severity_before": "5", "probability_before": "3",
    "severity_after": "5", "probability_after": "1", "reason": "maker's file",
}  # fmt: skip


@pytest.fixture
def officer(hire: Any) -> Any:
    return hire("safety_officer", name="Sam Officer")


@pytest.fixture
def safe(shop: Any, officer: Any) -> Client:
    """The safety officer's browser."""
    return browser_of(officer)


@pytest.fixture
def alert(safe: Client) -> Alert:
    """An alert that was pasted and confirmed."""
    answer = safe.post("/safety/alerts/new/", {"text": NOTICE})
    row = Alert.objects.get()
    assert answer["Location"] == f"/safety/alerts/{row.uuid}/criteria/"
    return row


def confirmed(safe: Client, alert: Alert) -> None:
    lists = {"makers": "Northfield", "models": "Infusa 3", "serials": "S1 to S5"}
    assert safe.post(f"/safety/alerts/{alert.uuid}/criteria/", lists).status_code == 302


def test_an_alert_from_its_wording_to_its_end(shop: Any, safe: Client, alert: Alert) -> None:
    here = f"/safety/alerts/{alert.uuid}/"
    assert "Safety alert to acknowledge" in safe.get("/").content.decode()
    page = safe.get(f"{here}criteria/").content.decode()
    assert "S1 to S5" in page
    assert AlertDevice.objects.count() == 0
    confirmed(safe, alert)
    page = safe.get(here).content.decode()
    for words in ("exact", "serial number: S1 is named", "Looked at", "ME0001"):
        assert words.lower() in page.lower()
    assert "NatPSA/2026/004/MHRA" in safe.get(f"/devices/{shop.pump.uuid}/").content.decode()
    assert safe.post(f"{here}acknowledge/", {"text": "engineering"}).status_code == 302
    refused = safe.post(f"{here}close/", {"text": "done"})
    assert (refused.status_code, b"1 devices are still open: ME0001" in refused.content) == (422, True)
    chosen = {"device": str(shop.pump.uuid)}
    assert safe.post(here, {**chosen, "act": "hold"}).status_code == 302
    assert Hold.objects.filter(cause="safety_alert").exists()
    assert safe.post(here, {**chosen, "act": "job", "text": "new latch"}).status_code == 302
    job = Job.objects.get()
    refused = safe.post(here, {**chosen, "act": "done", "text": "new latch"})
    assert (refused.status_code, b"its job is still open" in refused.content) == (422, True)
    browser_of(shop.engineer).post(f"/work/{job.uuid}/close/", {"outcome": "done", "text": "fitted"})
    assert safe.post(here, {**chosen, "act": "done", "text": "new latch"}).status_code == 302
    assert safe.post(f"{here}close/", {"text": "One pump, latch replaced"}).status_code == 302
    assert "One pump, latch replaced" in safe.get(here).content.decode()
    assert "NatPSA" in safe.get("/safety/?closed").content.decode()
    assert "NatPSA" not in safe.get("/safety/").content.decode()
    assert safe.post(f"{here}reopen/", {"reason": "second notice"}).status_code == 302
    assert safe.post(here, {**chosen, "act": "unsettle", "text": "wrong latch"}).status_code == 302


def test_two_people_close_over_what_could_not_be_located(shop: Any, safe: Client, alert: Alert) -> None:
    confirmed(safe, alert)
    here = f"/safety/alerts/{alert.uuid}/"
    safe.post(f"{here}acknowledge/", {"text": ""})
    equipment.report_lost(by=shop.head, device=shop.pump, reason="not on the ward")
    page = safe.get(f"{here}close/").content.decode()
    assert "ME0001" in page
    fields = {"text": "searched twice", "second": str(shop.second.uuid), "second_password": "wrong"}
    assert b"password is wrong" in safe.post(f"{here}close/", fields).content
    assert safe.post(f"{here}close/", {**fields, "second": "x"}).status_code == 422
    answer = safe.post(f"{here}close/", {**fields, "second_password": shop.password})
    assert answer.status_code == 302
    assert "Sam Officer and Lee Lead" in safe.get(here).content.decode()


def test_the_statement_names_every_device_that_could_not_be_excluded(
    shop: Any, safe: Client, officer: Any, alert: Alert
) -> None:
    blank = equipment.register_device(by=shop.head, fields={"asset": "ME0777", "model": shop.pump.model})
    here = f"/safety/alerts/{alert.uuid}/statement.pdf"
    assert "no device was matched yet" in printed(safe.get(here).content)
    confirmed(safe, alert)
    text = printed(safe.get(here).content)
    for words in ("Door latch may open".lower(), "me0001", "me0777", "serial number: not in the register"):
        assert words in text.lower()
    assert "Open: 2 devices are not settled" in text
    for device in (shop.pump, blank):
        actions.settle_devices(
            by=officer, alert=alert, devices=[device], outcome="does_not_apply", text="#1 [latch] $new$"
        )
    actions.acknowledge_alert(by=officer, alert=alert)
    actions.close_alert(by=officer, alert=alert, text="Both looked at")
    text = printed(safe.get(here).content)
    for words in ("Closed on", "Both looked at", "Sam Officer", "#1 [latch] $new$", "ME0777"):
        assert words in text


def printed(pdf: bytes) -> str:
    """Read the text of a PDF, on one line."""
    pages = PdfReader(io.BytesIO(pdf)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


def test_an_incident_from_its_report_to_its_end(shop: Any, safe: Client, officer: Any) -> None:
    assert "ME0001" in safe.get("/safety/incidents/new/?device=ME0001").content.decode()
    when = f"{clock.now() - timedelta(days=1):%Y-%m-%dT%H:%M}"
    fields = {"devices": "ME0001", "title": "Over-delivery", "text": "twice the rate", "harm": "low"}
    named = safe.post("/safety/incidents/new/", {**fields, "happened_at": when, "text": "NHS number 1"})
    assert (named.status_code, Incident.objects.count()) == (422, 0)
    assert safe.post("/safety/incidents/new/", {**fields, "happened_at": "soon"}).status_code == 422
    assert safe.post("/safety/incidents/new/", {**fields, "happened_at": when}).status_code == 302
    here = f"/safety/incidents/{Incident.objects.get().uuid}/"
    assert "Over-delivery" in safe.get(f"/devices/{shop.pump.uuid}/").content.decode()
    sent = SimpleUploadedFile("pump.log", b"12:04 rate 240")
    kept = {"kind": "log", "text": "Log of the pump", "kept": ""}
    assert safe.post(f"{here}evidence/", kept).status_code == 422
    assert safe.post(f"{here}evidence/", {**kept, "file": sent}).status_code == 302
    evidence = Incident.objects.get().evidence.get()
    got = safe.get(f"/safety/evidence/{evidence.uuid}/")
    assert (got.content, got["Content-Type"]) == (b"12:04 rate 240", "application/octet-stream")
    assert safe.get(f"/safety/evidence/{uuid4()}/").status_code == 404
    assert safe.post(f"{here}reference/", {"system": "lfpse", "number": "L-1"}).status_code == 302
    action = {"text": "Replace the door", "owner": str(officer.uuid), "due": "2027-01-01"}
    assert safe.post(f"{here}action/", action).status_code == 302
    assert safe.post(f"{here}finding/", {"finding": "door open"}).status_code == 302
    assert safe.post(f"{here}close/", {"text": "x"}).status_code == 422
    which = str(Incident.objects.get().actions.get().uuid)
    assert safe.post(f"{here}finish/", {"corrective": which, "text": "replaced"}).status_code == 302
    assert safe.post(f"{here}close/", {"text": "doors looked at"}).status_code == 302
    page = safe.get(here).content.decode()
    for words in ("door open", "pump.log", "L-1", "done: replaced", "doors looked at", "quarantined"):
        assert words in page


def test_a_hazard_is_entered_revised_and_withdrawn(shop: Any, safe: Client) -> None:
    assert safe.post("/safety/hazards/new/", {**HAZARD, "severity_after": "x"}).status_code == 422
    assert safe.post("/safety/hazards/new/", HAZARD).status_code == 302
    here = f"/safety/hazards/{Hazard.objects.get().uuid}/"
    assert "extreme (5 x 3)" in safe.get(here).content.decode()
    again = {**HAZARD, "probability_after": "2", "version": "1"}
    assert safe.post(f"{here}revise/", again).status_code == 302
    assert b"meanwhile" in safe.post(f"{here}revise/", again).content
    assert "high (5 x 2)" in safe.get(here).content.decode()
    assert "to be confirmed" in safe.get("/safety/").content.decode()
    assert safe.post(f"{here}withdraw/", {"reason": "none left"}).status_code == 302
    assert "Free flow" not in safe.get("/safety/").content.decode()
    assert "Free flow" in safe.get("/safety/?closed").content.decode()


def test_every_page_answers_and_offers_what_is_permitted(
    shop: Any, safe: Client, alert: Alert, hire: Any
) -> None:
    here = f"/safety/alerts/{alert.uuid}/"
    for verb in ("acknowledge", "criteria", "close", "reopen"):
        assert safe.get(f"{here}{verb}/").status_code == 200, verb
    for path in (f"{here}explode/", f"/safety/incidents/{uuid4()}/", f"/safety/hazards/{uuid4()}/"):
        assert safe.get(path).status_code == 404, path
    for path in ("/safety/alerts/new/", "/safety/hazards/new/"):
        assert safe.get(path).status_code == 200, path
    ward = browser_of(hire("ward_viewer"))
    page = ward.get(here).content.decode()
    assert f"{here}close/" not in page
    assert 'name="act"' not in page
    assert ward.post(here, {"device": str(shop.pump.uuid), "act": "hold"}).status_code == 422
    assert safe.post(here, {"device": "x", "act": "hold"}).status_code == 422
    assert safe.post(here, {"act": "explode"}).status_code == 422
    assert safe.get(f"{here}?after=x&verdict=exact&where=lost").status_code == 200
    assert Client().get("/safety/").status_code == 302


def test_query_counts_do_not_grow(shop: Any, safe: Client, officer: Any, alert: Alert) -> None:
    confirmed(safe, alert)
    paths = ("/safety/", f"/safety/alerts/{alert.uuid}/", f"/devices/{shop.pump.uuid}/")
    safe.get("/safety/")
    before = {path: _queries(safe, path) for path in paths}
    for number in range(2, 6):
        fields = {"asset": f"ME000{number}", "serial": f"S{number}", "model": shop.pump.model}
        equipment.register_device(by=shop.head, fields=fields)
        row = actions.add_alert(
            by=officer, reference=f"R{number}", source="fsn", title="T", issued="2026-03-05"
        )
        actions.confirm_criteria(by=officer, alert=row, criteria={"makers": ["Northfield"]})
    assert {path: _queries(safe, path) for path in paths} == before
    assert before["/safety/"] <= 12
    assert before[f"/safety/alerts/{alert.uuid}/"] <= 14


def _queries(client: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    return len(captured)
