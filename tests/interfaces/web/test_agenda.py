"""One's own calendar and digest on pages, and the feed as a calendar programme reads it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from kilter.department.people.models import Person
from tests.department.schedule.test_agenda import all_kinds
from tests.interfaces.web.test_views import browser_of
from tests.shop import shop as shop

icalendar = pytest.importorskip("icalendar")
pytestmark = pytest.mark.django_db


def address_on(page: str) -> str:
    found = re.search(r"http://testserver(/calendar\.ics\?key=[A-Za-z0-9_-]+)", page)
    assert found is not None
    return found[1]


def test_a_calendar_from_its_address_to_its_end(shop: Any) -> None:
    all_kinds(shop)
    tech, programme = browser_of(shop.engineer), Client()
    assert "/me/calendar/" in tech.get("/me/").content.decode()
    assert "There is no address yet" in tech.get("/me/calendar/").content.decode()
    address = address_on(tech.post("/me/calendar/", {"verb": "make"}).content.decode())
    assert "?key=" not in tech.get("/me/calendar/").content.decode()  # shown once
    answer = programme.get(address)
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert "no-store" in answer["Cache-Control"]
    events = icalendar.Calendar.from_ical(answer.content).walk("VEVENT")
    assert sorted(str(one["SUMMARY"]).partition(":")[0] for one in events) == [
        "Loan",
        "Planned downtime",
        "Planned visit",
        "Reported fault",
    ]
    again = icalendar.Calendar.from_ical(programme.get(address).content).walk("VEVENT")
    assert [str(one["UID"]) for one in again] == [str(one["UID"]) for one in events]
    assert len({str(one["UID"]) for one in events}) == 4
    assert b"Bloggs" not in answer.content
    assert tech.post("/me/calendar/", {"verb": "revoke"}).status_code == 200
    assert programme.get(address).status_code == 404
    assert tech.post("/me/calendar/", {"verb": "revoke"}).status_code == 422


def test_no_key_and_a_wrong_key_find_nothing(shop: Any) -> None:
    for query in ("", "?key=", "?key=agenda_x", "?key=%00", "?key=%ed%a0%80"):
        assert Client().get(f"/calendar.ics{query}").status_code == 404


def test_an_address_for_the_digest(shop: Any) -> None:
    tech = browser_of(shop.engineer)
    assert tech.get("/me/email/").status_code == 200
    assert tech.post("/me/email/", {"email": "nowhere"}).status_code == 422
    assert tech.post("/me/email/", {"email": "eve@hospital.example"})["Location"] == "/me/"
    assert Person.objects.get(pk=shop.engineer.pk).email == "eve@hospital.example"
    assert "eve@hospital.example" in tech.get("/me/").content.decode()


def test_a_ward_viewer_is_offered_neither(hire: Any) -> None:
    page = browser_of(hire("ward_viewer")).get("/me/").content.decode()
    assert "/me/calendar/" not in page
    assert "/me/email/" not in page
