"""Queries with makers on pages: from a model and from a job, with a file, to the answer."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from kilter.department.ledger.models import StoredFile
from kilter.department.work import actions
from kilter.department.work.models import MakerMessage, MakerQuery
from tests.interfaces.web.test_views import browser_of
from tests.shop import shop as shop

pytestmark = pytest.mark.django_db


def test_a_query_is_asked_from_a_job_and_answered(shop: Any) -> None:
    tech = browser_of(shop.engineer)
    job = actions.report_fault(by=shop.engineer, device=shop.pump, text="error 17")
    ask = f"/models/{shop.pump.model.uuid}/ask/"
    assert f"{ask}?job={job.uuid}" in tech.get(f"/work/{job.uuid}/").content.decode()
    assert ask in tech.get(f"/models/{shop.pump.model.uuid}/").content.decode()
    assert "error 17" in tech.get(f"{ask}?job={job.uuid}").content.decode()
    given: dict[str, Any] = {"subject": "Error 17", "whom": "Northfield", "text": "What is it?"}
    for wrong in ({"subject": ""}, {"text": "date of birth 1950"}, {"whom": ""}):
        assert tech.post(f"{ask}?job={job.uuid}", {**given, **wrong}).status_code == 422
    sent = SimpleUploadedFile("../pump.log", b"log")
    here = tech.post(f"{ask}?job={job.uuid}", {**given, "file": sent})["Location"]
    page = tech.get(here).content.decode()
    assert "has not answered" in page
    assert "pump.log" in page
    file = f"/queries/files/{MakerMessage.objects.get().uuid}/"
    assert file in page
    answer = tech.get(file)
    assert answer.content == b"log"
    assert "attachment" in answer["Content-Disposition"]
    assert "/" not in answer["Content-Disposition"]
    assert "Error 17 (open)" in tech.get(f"/work/{job.uuid}/").content.decode()
    assert tech.get(f"{here}add/").status_code == 200
    reply = {"from_maker": "yes", "whom": "Mr Field", "text": "Replace the sensor."}
    assert tech.post(f"{here}add/", {**reply, "from_maker": ""}).status_code == 422
    assert tech.post(f"{here}add/", reply).status_code == 302
    assert "Answered." in tech.get(here).content.decode()
    assert "Error 17 (answered)" in tech.get(f"/work/{job.uuid}/").content.decode()
    assert here in tech.get(f"/models/{shop.pump.model.uuid}/").content.decode()


def test_who_may_not_write_leaves_nothing_behind(shop: Any, hire: Any) -> None:
    viewer = browser_of(hire("ward_viewer", name="Vic Viewer"))
    model = f"/models/{shop.pump.model.uuid}/"
    assert f"{model}ask/" not in viewer.get(model).content.decode()
    given = {"subject": "s", "whom": "w", "text": "t", "file": SimpleUploadedFile("x", b"secret of nobody")}
    assert viewer.post(f"{model}ask/", given).status_code == 422
    assert not MakerQuery.objects.exists()
    assert not StoredFile.objects.exists()
