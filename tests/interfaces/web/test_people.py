"""Pages about people and one's own account: who may do what, given, shown and asked for."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.test import Client

from kilter.department.ledger import clock
from kilter.department.people import actions
from kilter.department.people.models import Authorisation, Person
from kilter.department.work.models import Job
from tests.shop import shop as shop

pytestmark = pytest.mark.django_db


def browser_of(person: Any) -> Client:
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def chief(shop: Any) -> Client:
    """The head's browser."""
    return browser_of(shop.head)


def day(days: int) -> str:
    return (clock.now() + timedelta(days=days)).strftime("%Y-%m-%d")


def grant(client: Client, *people: Any, **changes: str) -> Any:
    """Post the page that authorises several."""
    given = {"scope": "all:", "level": "independent", "until": day(100), "reason": "trained in March"}
    return client.post(
        "/people/authorise/", {"person": [str(one.uuid) for one in people], **given, **changes}
    )


def test_several_are_authorised_at_once_until_the_end_of_a_day(shop: Any, chief: Client, hire: Any) -> None:
    new = [hire("technologist"), hire("trainee")]
    until = day(100)
    answer = grant(chief, *new, scope="specialty:nuclear_medicine", until=until)
    assert (answer.status_code, answer.get("Location")) == (302, "/people/")
    rows = Authorisation.objects.filter(person__in=new)
    assert {(row.person_id, row.scope_kind, row.scope_key, row.level) for row in rows} == {
        (one.pk, "specialty", "nuclear_medicine", "independent") for one in new
    }
    ends = rows[0].valid_until.astimezone(ZoneInfo(settings.SITE_ZONE))
    assert ((ends - timedelta(seconds=1)).strftime("%Y-%m-%d"), ends.strftime("%H:%M")) == (until, "00:00")


@pytest.mark.parametrize(
    "changes",
    [
        {"person": ""},
        {"person": "nobody"},
        {"person": "00000000-0000-4000-8000-000000000000"},
        {"until": "31/12/2030"},
        {"until": ""},
        {"until": "9999-12-31"},
        {"until": "2001-01-01"},
        {"level": "wizard"},
        {"scope": "planet:mars"},
        {"scope": "specialty:astrology"},
        {"reason": ""},
        {"reason": "\x00"},
    ],
    ids=lambda change: "-".join(next(iter(change.items()))).replace("\x00", "nul"),
)
def test_an_authorisation_that_will_not_do_is_refused_and_nobody_gets_it(
    shop: Any, chief: Client, hire: Any, changes: dict[str, str]
) -> None:
    new = hire("technologist")
    answer = grant(chief, new, **changes)
    assert answer.status_code in (404, 422)
    assert not Authorisation.objects.filter(person=new).exists()


def test_one_who_will_not_do_leaves_the_others_unauthorised_too(shop: Any, chief: Client, hire: Any) -> None:
    new = hire("technologist")
    assert grant(chief, new, shop.head).status_code == 422  # nobody authorises themselves
    assert not Authorisation.objects.filter(person=new).exists()


def test_what_was_typed_and_ticked_stays_on_a_refused_page(shop: Any, chief: Client, hire: Any) -> None:
    new = hire("technologist", name="Tess Tick")
    page = grant(chief, new, until="never", reason="typed with care").content.decode()
    assert "write the day as YYYY-MM-DD" in page
    assert "typed with care" in page
    assert f'value="{new.uuid}"' in page
    assert "checked" in page


def test_who_may_not_authorise_is_told_and_not_offered_it(shop: Any, hire: Any) -> None:
    new = hire("technologist")
    trainee = browser_of(hire("trainee"))
    assert grant(trainee, new).status_code == 422
    assert not Authorisation.objects.filter(person=new).exists()
    assert b"/people/authorise/" not in trainee.get("/people/").content
    assert b"/people/authorise/" in browser_of(shop.head).get("/people/").content


def cells(client: Client, person: Any) -> str:
    """The row of a person in the list."""
    page = client.get("/people/").content.decode()
    return page.partition(f"/people/{person.uuid}/")[2].partition("</tr>")[0]


def test_the_list_says_how_authorisations_stand(shop: Any, chief: Client, hire: Any) -> None:
    soon = hire("engineer", authorised="independent", until=clock.now() + timedelta(days=29))
    none, long, gone = hire("engineer"), hire("engineer", authorised="expert"), hire("trainee")
    Person.objects.filter(pk=gone.pk).update(is_active=False)
    words = {"expiring": soon, "none": none, "in force": long, "closed": gone}
    for word, person in words.items():
        assert word in cells(chief, person)
    with clock.at(clock.now() + timedelta(days=40)):
        assert "none" in cells(chief, soon)


def test_a_role_shows_from_its_day_to_its_end(shop: Any, chief: Client, hire: Any) -> None:
    person = hire()
    first, last = clock.now() + timedelta(days=2), clock.now() + timedelta(days=5)
    actions.grant_role(by=shop.head, person=person, role="technologist", since=first, until=last)
    for days, shown in ((0, False), (3, True), (6, False)):
        with clock.at(clock.now() + timedelta(days=days)):
            assert ("Technologist".casefold() in cells(chief, person).casefold()) is shown
            assert ("no role" in cells(chief, person)) is not shown


def test_a_person_shows_every_authorisation_and_how_it_came(shop: Any, chief: Client) -> None:
    page = chief.get(f"/people/{shop.engineer.uuid}/").content.decode()
    assert "Eve Engineer" in page
    assert "Authorised as independent for everything" in page
    assert "by Ada Head" in page
    assert chief.get("/people/00000000-0000-4000-8000-000000000000/").status_code == 404


@pytest.mark.parametrize(
    ("pin", "taken"),
    [("271828", True), ("", False), ("12", False), ("²²²²²²", False), ("abcdef", False), ("1" * 40, False)],
    ids=["good", "none", "short", "superscript", "letters", "long"],
)
def test_a_pin_is_digits_and_long_enough(shop: Any, pin: str, taken: bool) -> None:
    answer = browser_of(shop.engineer).post("/me/pin/", {"pin": pin})
    assert answer.status_code == (302 if taken else 422)
    shop.engineer.refresh_from_db()
    assert bool(shop.engineer.pin_hash) is taken
    assert not taken or pin not in shop.engineer.pin_hash


def test_a_pin_signs_in_place_of_the_password(shop: Any) -> None:
    client = browser_of(shop.engineer)
    client.post("/me/pin/", {"pin": "271828"})
    path = f"/devices/{shop.pump.uuid}/state/place_hold/"
    fields = {"cause": "fault", "text": "smells"}
    assert client.post(path, {**fields, "pin": "314159"}).status_code == 422
    assert shop.pump.records.count() == 0
    assert client.post(path, {**fields, "pin": "271828"}).status_code == 302
    assert shop.pump.records.count() == 1


@pytest.mark.parametrize(
    "address", ["//elsewhere.example/", "https:elsewhere", "javascript:alert(1)", "\\\\e"]
)
def test_signing_in_never_leads_elsewhere(shop: Any, address: str) -> None:
    good = {"username": "eve.engineer", "password": shop.password, "next": address}
    assert Client().post("/login/", good)["Location"] == "/"


def test_too_many_wrong_tries_lock_the_name(shop: Any) -> None:
    client = Client()
    tries = [client.post("/login/", {"username": "eve.engineer", "password": "x"}) for _ in range(30)]
    assert any(b"Too many wrong tries" in one.content or one.status_code == 429 for one in tries)
    right = client.post("/login/", {"username": "eve.engineer", "password": shop.password})
    assert right.status_code != 302


def test_who_left_cannot_sign_in_and_signing_out_is_by_post(shop: Any) -> None:
    client = browser_of(shop.engineer)
    assert client.get("/logout/").status_code == 405
    assert client.get("/me/").status_code == 200
    assert client.post("/logout/")["Location"] == "/login/"
    assert client.get("/me/").status_code == 302
    Person.objects.filter(pk=shop.engineer.pk).update(is_active=False)
    given = {"username": "eve.engineer", "password": shop.password}
    assert Client().post("/login/", given).status_code == 422


@pytest.fixture
def job(shop: Any) -> Job:
    """What a failed test opened."""
    shop.visit(protective_earth={"reading": "0.35"})
    return Job.objects.get()


def test_a_job_is_taken_noted_and_shown(shop: Any, job: Job) -> None:
    client, path = browser_of(shop.engineer), f"/work/{job.uuid}/"
    assert client.post(path, {"act": "take"}).status_code == 302
    assert client.post(path, {"act": "note", "text": "cord ordered"}).status_code == 302
    page = client.get(path).content.decode()
    assert "cord ordered" in page
    assert "Eve Engineer" in page
    assert f"/records/{job.evidence}/" in page
    job.refresh_from_db()
    assert job.taken_by == shop.engineer
    assert b"ME0001" in client.get("/work/?mine").content
    assert b"ME0001" not in browser_of(shop.second).get("/work/?mine").content


@pytest.mark.parametrize(
    "fields",
    [{"act": "note", "text": " "}, {"act": "close", "text": ""}, {"act": "explode"}, {}],
    ids=["empty note", "no reason", "unknown", "nothing"],
)
def test_what_cannot_be_done_to_a_job_is_said(shop: Any, job: Job, fields: dict[str, str]) -> None:
    answer = browser_of(shop.engineer).post(f"/work/{job.uuid}/", fields)
    assert answer.status_code == 422
    job.refresh_from_db()
    assert job.state != "closed"
    assert job.notes.count() == 0
