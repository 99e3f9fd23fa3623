"""Files of testers on pages: uploaded, reported line by line, and the queue of what found no device."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from kilter.department.intake import unmatched
from kilter.department.ledger.models import StoredFile
from kilter.department.records.models import Draft
from tests.department.intake.test_testers import PASSING, block, export
from tests.interfaces.web.test_register import browser_of
from tests.shop import shop as shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def tech(shop: Any) -> Client:
    """The engineer's browser."""
    return browser_of(shop.engineer)


def send(client: Client, content: bytes) -> Any:
    return client.post("/testers/upload/", {"file": SimpleUploadedFile("round.csv", content)})


def test_a_file_is_uploaded_reported_and_its_unknown_asset_matched(shop: Any, tech: Client) -> None:
    content = export(block(*PASSING), block(*PASSING, asset="<b>ME0777")).content
    assert tech.get("/testers/upload/").status_code == 200
    page = send(tech, content).content.decode()
    assert "1 taken over as drafts, 1 not" in page
    assert "<b>ME0777" not in page
    (row,) = unmatched.waiting()
    listed = tech.get("/testers/").content.decode()
    assert f"/testers/{row.uuid}/match/" in listed
    assert tech.get(f"/testers/{row.uuid}/match/").status_code == 200
    wrong = tech.post(f"/testers/{row.uuid}/match/", {"device": "NOBODY"})
    assert (wrong.status_code, "no device bears this label" in wrong.content.decode()) == (422, True)
    answer = tech.post(f"/testers/{row.uuid}/match/", {"device": "ME0001"})
    assert answer["Location"] == f"/drafts/{row.uuid}/"
    assert tech.get(answer["Location"]).status_code == 200
    assert Draft.objects.filter(device=shop.pump).count() == 2
    assert "No test waits" in tech.get("/testers/").content.decode()


def test_one_is_put_aside_with_a_reason(shop: Any, tech: Client) -> None:
    send(tech, export(block(*PASSING, asset="KETTLE")).content)
    (row,) = unmatched.waiting()
    assert tech.post(f"/testers/{row.uuid}/dismiss/", {"reason": ""}).status_code == 422
    assert tech.post(f"/testers/{row.uuid}/dismiss/", {"reason": "a kettle"}).status_code == 302
    assert unmatched.waiting() == []


@pytest.mark.parametrize("content", [b"", b"hello\n", b"\x00\xff"])
def test_a_file_that_will_not_do_is_one_sentence_beside_the_field(tech: Client, content: bytes) -> None:
    answer = send(tech, content)
    assert answer.status_code == 422
    assert 'id="fault-file"' in answer.content.decode()
    assert tech.post("/testers/upload/").status_code == 422


def test_who_may_not_leaves_no_file_behind(shop: Any, hire: Any) -> None:
    viewer = browser_of(hire("ward_viewer"))
    before = StoredFile.objects.count()
    assert send(viewer, export(block(*PASSING)).content).status_code == 422
    assert StoredFile.objects.count() == before
    assert "/testers/upload/" not in viewer.get("/testers/").content.decode()
    assert Client().get("/testers/").status_code == 302


def test_addresses_that_lead_nowhere(shop: Any, tech: Client) -> None:
    send(tech, export(block(*PASSING, asset="ME0777")).content)
    (row,) = unmatched.waiting()
    assert tech.get(f"/testers/{row.uuid}/burn/").status_code == 404
    assert tech.get(f"/testers/{uuid4()}/match/").status_code == 404
    assert tech.get("/testers/?after=x").status_code == 422
