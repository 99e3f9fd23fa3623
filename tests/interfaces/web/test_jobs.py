"""Jobs and stores on pages: a fault from its report to the closed job, and what each page refuses."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from kilter.department.equipment.models import Hold
from kilter.department.work import actions
from kilter.department.work.models import Job, Part, Stock, Store
from kilter.interfaces.web.job_forms import FORMS, possible
from tests.interfaces.web.test_views import browser_of, form_of
from tests.shop import shop as shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def tech(shop: Any) -> Client:
    """The engineer's browser."""
    return browser_of(shop.engineer)


@pytest.fixture
def battery(shop: Any) -> Stock:
    store = actions.add_store(by=shop.engineer, name="Workshop")
    part = actions.add_part(by=shop.engineer, number="B-12", name="Battery", maker="Northfield")
    given = {"part": part, "store": store, "quantity": 2, "unit_cost": "12.50"}
    return actions.receive_part(by=shop.engineer, **given).stock


def sent(client: Client, job: Job, verb: str, **fields: object) -> None:
    """Post the form of a verb; it goes back to the job."""
    answer = client.post(f"/work/{job.uuid}/{verb}/", fields)
    assert answer.status_code == 302, (verb, answer.content.decode())
    assert answer["Location"] == f"/work/{job.uuid}/"


def test_a_fault_from_its_report_to_its_end(shop: Any, tech: Client, battery: Stock) -> None:
    shop.adopt()
    fields = {"text": "Battery flat", "unsafe": "yes", "error_code": "E105", "reporter": "Sister Ward 7"}
    answer = tech.post(f"/devices/{shop.pump.uuid}/fault/", fields)
    job = Job.objects.get()
    assert answer["Location"] == f"/work/{job.uuid}/"
    sent(tech, job, "triage", priority="2", reason="two more on the ward")
    sent(tech, job, "assign", person=shop.engineer.uuid, reason="")
    sent(tech, job, "clean", answer="done")
    assert tech.post(f"/work/{job.uuid}/", {"act": "take"}).status_code == 302
    sent(tech, job, "wait", waits_for="parts", reason="battery ordered")
    assert "waiting for parts" in tech.get(f"/work/{job.uuid}/").content.decode()
    sent(tech, job, "resume", reason="")
    sent(tech, job, "part", stock=battery.pk, quantity="2")
    sent(tech, job, "give_back", stock=battery.pk, quantity="1", reason="one is enough")
    sent(tech, job, "labour", minutes="45", text="battery changed")
    sent(tech, job, "visit", name="V. Isitor", company="Northfield")
    sent(tech, job, "sign_out", visit=job.visits.get().uuid, report="looked at the charger", cost="80")
    sent(tech, job, "repair", text="new battery")
    again = uuid4()
    tech.post(f"/drafts/{again}/", form_of(shop, again) | {"act": "sign", "password": shop.password})
    for hold in Hold.objects.all():
        path = f"/devices/{shop.pump.uuid}/release/{hold.uuid}/"
        assert tech.post(path, {"text": "tested", "password": shop.password}).status_code == 302
    record = shop.pump.records.filter(kind="result").first()
    sent(tech, job, "test", record=record.uuid, phase="as_left")
    codes = {"failure_code": "battery", "cause_code": "wear", "action_code": "replaced_part"}
    sent(tech, job, "close", outcome="repaired", text="new battery", **codes)
    page = tech.get(f"/work/{job.uuid}/").content.decode()
    for words in ("45 min", "92.50", "Brought back", "Record, as left", "repaired: new battery", "E105"):
        assert words in page
    assert "In use" in tech.get(f"/devices/{shop.pump.uuid}/").content.decode()
    sent(tech, job, "reopen", reason="flat again")


def test_the_page_offers_what_is_possible_and_permitted_and_nothing_else(
    shop: Any, tech: Client, hire: Any
) -> None:
    job = actions.report_fault(by=shop.engineer, device=shop.pump, text="x alarm")
    page = tech.get(f"/work/{job.uuid}/").content.decode()
    for verb in FORMS:
        assert (f"/work/{job.uuid}/{verb}/" in page) == possible(job, verb), verb
        status = 200 if possible(job, verb) else 409
        assert tech.get(f"/work/{job.uuid}/{verb}/").status_code == status, verb
    ward = browser_of(hire("ward_viewer"))
    page = ward.get(f"/work/{job.uuid}/").content.decode()
    assert f"/work/{job.uuid}/close/" not in page
    refused = ward.post(f"/work/{job.uuid}/cancel/", {"reason": "x"})
    assert (refused.status_code, b"No role of" in refused.content) == (422, True)
    assert tech.get(f"/work/{job.uuid}/explode/").status_code == 404


@pytest.mark.parametrize(
    ("verb", "fields", "words"),
    [
        ("triage", {"priority": "9", "reason": "x"}, "priority: must be from 1"),
        ("triage", {"priority": "two", "reason": "x"}, "must be a whole number"),
        ("triage", {"priority": "2"}, "Why: say it"),
        ("assign", {"person": str(uuid4())}, "choose one of those offered"),
        ("labour", {"minutes": "²", "text": "x"}, "must be a whole number"),
        ("labour", {"minutes": "0", "text": "x"}, "from 1 to 1440"),
        ("part", {"stock": "1", "quantity": "1"}, "choose one of those offered"),
        ("close", {"outcome": "done", "text": "x"}, "say how the fault ended"),
        ("close", {"outcome": "no_fault", "text": "x", "cause_code": "magic"}, "cause: must be one of"),
        ("visit", {"name": "x", "company": "y"}, "decontaminated"),
    ],
)
def test_what_will_not_do_is_said_beside_its_field(
    shop: Any, tech: Client, verb: str, fields: dict[str, str], words: str
) -> None:
    job = actions.report_fault(by=shop.engineer, device=shop.pump, text="x alarm")
    answer = tech.post(f"/work/{job.uuid}/{verb}/", fields)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    job.refresh_from_db()
    assert job.state == "open"


def test_what_cured_the_same_before_and_that_it_came_back(shop: Any, tech: Client) -> None:
    first = actions.report_fault(by=shop.engineer, device=shop.pump, text="Occlusion alarm, no line")
    actions.close_job(
        by=shop.engineer, job=first, text="sensor cleaned", outcome="user_helped", action_code="cleaned"
    )
    again = actions.report_fault(by=shop.engineer, device=shop.pump, text="occlusion alarms")
    page = tech.get(f"/work/{again.uuid}/").content.decode()
    assert "cleaned: sensor cleaned" in page
    assert "Again within 30 days" in page
    assert "Again within 30 days" not in tech.get(f"/work/{first.uuid}/").content.decode()


def test_the_board_goes_on_behind_its_last_row_and_keeps_its_filters(shop: Any, tech: Client) -> None:
    jobs = [
        actions.open_job(by=shop.engineer, device=shop.pump, text=f"job number {n:02d}") for n in range(52)
    ]
    page = tech.get("/work/").content.decode()
    assert ("job number 00" in page, "job number 51" in page) == (True, False)
    (after,) = re.findall(r'href="\?(after=[^"]+)"', page)
    rest = tech.get(f"/work/?{after}").content.decode()
    assert ("job number 00" in rest, "job number 50" in rest, "job number 51" in rest) == (False, True, True)
    actions.take_job(by=shop.engineer, job=jobs[3])
    page = tech.get("/work/?state=taken").content.decode()
    assert ("job number 03" in page, "job number 04" in page) == (True, False)
    for wrong in ("?state=closed", "?state=x", "?after=x"):
        assert tech.get(f"/work/{wrong}").status_code == 422


def test_the_board_asks_the_database_as_often_for_many_jobs(
    shop: Any, tech: Client, django_assert_max_num_queries: Any
) -> None:
    for n in range(40):
        actions.open_job(by=shop.engineer, device=shop.pump, text=f"job {n}")
    with django_assert_max_num_queries(8):
        tech.get("/work/")


def test_stores_are_filled_counted_and_shown(shop: Any, tech: Client, hire: Any) -> None:
    part = {"name": "Fuse", "number": "F1", "maker": "Ohmline", "reorder_level": "5"}
    assert tech.post("/stores/store/", {"name": "Workshop"}).status_code == 302
    assert tech.post("/stores/part/", part).status_code == 302
    fields = {"part": Part.objects.get().uuid, "store": Store.objects.get().uuid, "quantity": "4"}
    old = {**fields, "lot": "L0", "expires": "2020-01-01"}
    assert tech.post("/stores/receive/", old).status_code == 302
    assert tech.post("/stores/receive/", {**fields, "expires": "soon"}).status_code == 422
    page = tech.get("/stores/").content.decode()
    assert "expired 2020-01-01" in page
    assert "Fuse (F1)" in page  # to be ordered
    counted = {"stock": Stock.objects.get().pk, "counted": "0", "reason": "expired"}
    assert tech.post("/stores/correct/", counted).status_code == 302
    assert "The stores are empty." in tech.get("/stores/").content.decode()
    assert tech.get("/stores/explode/").status_code == 404
    ward = browser_of(hire("ward_viewer"))
    assert "/stores/receive/" not in ward.get("/stores/").content.decode()
    assert ward.post("/stores/store/", {"name": "Mine"}).status_code == 422
    for verb in ("store", "part", "receive", "correct"):
        assert tech.get(f"/stores/{verb}/").status_code == 200
