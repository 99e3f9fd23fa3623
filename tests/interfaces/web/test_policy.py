"""Frequencies, ladders and capacities on pages: signed by who may, with a reason, and the history shown."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kilter.department.policy import history
from kilter.department.policy.models import Capacity, Frequency, Ladder
from kilter.department.records.models import Record
from kilter.department.schedule.models import Due
from kilter.department.schedule.recompute import recompute
from kilter.department.schedule.site import today
from tests.interfaces.web.test_views import browser_of
from tests.shop import SAFETY
from tests.shop import shop as shop

pytestmark = pytest.mark.django_db

FREQUENCY = {
    "protocol": SAFETY,
    "scope": "device_kind",
    "of": "infusion_pump",
    "months": "12",
    "basis": "completed",
    "suspends": "no",
    "withdraw": "yes",
    "hours": "1.5",
    "reason": "risk class of the kind",
}


def test_a_frequency_is_set_by_signature_and_its_history_shown(shop: Any) -> None:
    head, here = browser_of(shop.head), "/policy/frequency/"
    assert head.get(here).status_code == 200
    assert head.post(here, FREQUENCY).status_code == 422  # not signed
    signed = {**FREQUENCY, "password": shop.password}
    assert head.post(here, {**signed, "reason": ""}).status_code == 422
    assert not Frequency.objects.exists()
    assert head.post(here, signed)["Location"] == "/policy/"
    row = Frequency.objects.get()
    assert (row.months, row.window_days, row.after_days) == (12, 28, 0)
    assert (row.duration, row.withdraw_when_overdue) == (timedelta(hours=1.5), True)
    assert "P0DT01H30M00S" in Record.objects.get(kind="statement").text
    recompute()
    assert Due.objects.get().device == shop.pump
    later = (today() + timedelta(days=90)).isoformat()
    assert head.post(here, {**signed, "months": "6", "reason": "more faults"}).status_code == 302
    assert head.post(here, {**signed, "months": "18", "from": later}).status_code == 302
    page = head.get("/policy/").content.decode()
    for said in (
        "every 6 months",
        "more faults",
        "risk class",
        "in force",
        "replaced",
        "to come",
        "Ada Head",
    ):
        assert said in page
    assert [one.state for one in history.frequencies()] == ["to come", "in force", "replaced"]


@pytest.mark.parametrize(
    ("scope", "of", "kept"),
    [("device", "me0001", "pump"), ("model", "northfield infusa 3", "model"), ("all", "", "")],
)
def test_what_a_frequency_reaches_is_named_as_people_name_it(
    shop: Any, scope: str, of: str, kept: str
) -> None:
    head = browser_of(shop.head)
    given = {**FREQUENCY, "scope": scope, "of": of, "password": shop.password}
    assert head.post("/policy/frequency/", given).status_code == 302
    keys = {"pump": str(shop.pump.uuid), "model": str(shop.pump.model.uuid), "": ""}
    assert Frequency.objects.get().scope_key == keys[kept]
    shown = {"pump": "ME0001", "model": "Northfield Infusa 3", "": "every device"}
    assert shown[kept] in head.get("/policy/").content.decode()


@pytest.mark.parametrize(
    "bad",
    [
        {"months": "a year"},
        {"months": "999"},
        {"window": "-1"},
        {"hours": "1,5"},
        {"hours": "inf"},
        {"hours": "nan"},
        {"hours": "1e300"},
        {"scope": "model", "of": "nobody's"},
        {"scope": "device", "of": "X9"},
        {"scope": "location", "of": "nowhere"},
        {"scope": "all", "of": "x"},
        {"anchor": "soon", "basis": "scheduled"},
        {"counter": "hours"},
        {"every": "5"},
        {"protocol": "x.y"},
        {"from": "tomorrow"},
    ],
)
def test_what_a_frequency_refuses(shop: Any, bad: dict[str, str]) -> None:
    answer = browser_of(shop.head).post("/policy/frequency/", {**FREQUENCY, "password": shop.password, **bad})
    assert answer.status_code == 422
    assert not Frequency.objects.exists()


def test_a_ladder_is_set_line_by_line(shop: Any) -> None:
    head = browser_of(shop.head)
    assert "as shipped, to be confirmed" in head.get("/policy/").content.decode()
    given = {"outcome": "could_not_locate", "reason": "defibrillators", "password": shop.password}
    for bad in ("", "again", "again soon", "dance 7", "again 0"):
        assert head.post("/policy/ladder/", {**given, "steps": bad}).status_code == 422, bad
    steps = "again 7\n\nreport_lost 14\n"
    assert head.post("/policy/ladder/", {**given, "steps": steps})["Location"] == "/policy/"
    assert Ladder.objects.get().steps == [{"act": "again", "days": 7}, {"act": "report_lost", "days": 14}]
    page = head.get("/policy/").content.decode()
    assert "1. try again, again in 7 days" in page


def test_the_time_of_a_person_is_set_with_its_reason(shop: Any) -> None:
    head = browser_of(shop.head)
    given = {"person": str(shop.engineer.uuid), "reason": "half her post", "password": shop.password}
    for bad in ("", "x", "-1", "9999"):
        assert head.post("/policy/capacity/", {**given, "monthly": bad}).status_code == 422, bad
    assert head.post("/policy/capacity/", {**given, "monthly": "70"}).status_code == 302
    row = Capacity.objects.get()
    assert (row.monthly, row.reason) == (timedelta(hours=70), "half her post")
    assert "70 h" in head.get("/policy/").content.decode()


def test_who_may_not_is_offered_nothing_and_changes_nothing(shop: Any) -> None:
    tech = browser_of(shop.engineer)
    assert "/policy/frequency/" not in tech.get("/policy/").content.decode()
    assert tech.post("/policy/frequency/", {**FREQUENCY, "password": shop.password}).status_code == 422
    assert not Frequency.objects.exists()
    assert not Record.objects.exists()
    assert browser_of(shop.head).get("/policy/weather/").status_code == 404


def test_the_history_takes_the_same_queries_however_long(shop: Any) -> None:
    head = browser_of(shop.head)

    def asked() -> int:
        with CaptureQueriesContext(connection) as found:
            history.frequencies()
        return len(found)

    before = asked()
    for of in ("infusion_pump", "ventilator", "sling"):
        head.post("/policy/frequency/", {**FREQUENCY, "of": of, "password": shop.password})
    assert asked() == before
    assert len(history.frequencies()) == 3
