"""Planned jobs on pages: the visits of a month, their jobs, and the tests that a job is to see through."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from kilter.department.policy import actions as policy
from kilter.department.schedule.models import Due
from kilter.department.schedule.recompute import recompute
from kilter.department.work.models import Job
from tests.interfaces.web.test_views import browser_of
from tests.shop import SAFETY
from tests.shop import shop as shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def tech(shop: Any) -> Client:
    """The browser of an engineer in whose department a pump is tested every year."""
    policy.set_frequency(
        by=shop.head,
        protocol=SAFETY,
        scope_kind="device",
        scope_key=str(shop.pump.uuid),
        months=12,
        reason="r",
    )
    recompute()
    return browser_of(shop.engineer)


def text_of(client: Client, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status, address
    return answer.content.decode()


def test_jobs_of_a_month_are_opened_and_one_is_seen_through(shop: Any, tech: Client) -> None:
    due = Due.objects.get().due
    assert "/schedule/jobs/" in text_of(tech, "/schedule/")
    here = f"/schedule/jobs/?month={due:%Y-%m}"
    assert "1 visits have no job yet" in text_of(tech, here)
    answer = tech.post("/schedule/jobs/", {"month": f"{due:%Y-%m}", "place": ""})
    assert "1 jobs opened. 0 visits" in answer.content.decode()
    assert "Every visit has its job" in text_of(tech, here)
    job = Job.objects.get(kind="planned")
    assert f"/devices/{shop.pump.uuid}/test/{SAFETY}/" in text_of(tech, f"/work/{job.uuid}/")
    assert "planned maintenance" in text_of(tech, "/work/")
    shop.visit()
    page = text_of(tech, f"/work/{job.uuid}/")
    assert "passed" in page
    assert "closed" in page


@pytest.mark.parametrize("wrong", [{"month": "2020-01"}, {"month": "soon"}, {"place": "no such ward"}])
def test_what_cannot_be_read_is_refused_by_name(tech: Client, wrong: dict[str, str]) -> None:
    answer = tech.post("/schedule/jobs/", wrong)
    assert answer.status_code == 422
    assert next(iter(wrong)) in answer.content.decode()
    assert not Job.objects.exists()


def test_who_may_not_open_them_sees_no_button(shop: Any, hire: Any, tech: Client) -> None:
    viewer = browser_of(hire("technologist", name="Tea Nologist"))
    month = f"{Due.objects.get().due + timedelta():%Y-%m}"
    assert "Open a job for each visit" not in text_of(viewer, f"/schedule/jobs/?month={month}")
    assert viewer.post("/schedule/jobs/", {"month": month}).status_code in (403, 422)
    assert not Job.objects.exists()
