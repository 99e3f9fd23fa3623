"""Every statement on its page: what it does, what it asks, who may not, and that it is sealed."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.test import Client

from kilter.department.equipment.models import Device, Hold, Restriction
from kilter.department.ledger import clock
from kilter.department.policy import actions as policy
from kilter.department.records import actions
from kilter.department.records.models import Record
from kilter.department.records.verify import verify
from kilter.interfaces.web.statements import OFFERED
from tests.shop import SAFETY
from tests.shop import shop as shop

pytestmark = pytest.mark.django_db

EARTH = "medical_engineering.protective_earth"


def browser_of(person: Any) -> Client:
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def chief(shop: Any) -> Client:
    """The head's browser."""
    return browser_of(shop.head)


def state(client: Client, shop: Any, act: str, **fields: str) -> Any:
    """Post a statement about the pump."""
    given = {"password": shop.password, **fields}
    return client.post(f"/devices/{shop.pump.uuid}/state/{act}/", given)


def pump_state(shop: Any) -> str:
    return Device.objects.get(pk=shop.pump.pk).state


DONE = {
    "place_hold": {"cause": "fault", "text": "smells of burning"},
    "restrict": {"limits": "below 10 kg", "reason": "scale drifts", "expires": "2999-01-31"},
    "report_lost": {"reason": "not on the ward"},
    "withdraw": {"reason": "spare"},
    "condemn": {"reason": "beyond repair"},
}


@pytest.mark.parametrize("act", sorted(DONE))
def test_a_statement_is_done_and_sealed_in_its_words(shop: Any, chief: Client, act: str) -> None:
    fields = DONE[act]
    if act == "restrict":
        fields = {**fields, "expires": (clock.now() + timedelta(days=10)).strftime("%Y-%m-%d")}
    page = chief.get(f"/devices/{shop.pump.uuid}/state/{act}/")
    assert OFFERED[act].meaning.encode() in page.content
    answer = state(chief, shop, act, **fields)
    assert (answer.status_code, answer.get("Location")) == (302, f"/devices/{shop.pump.uuid}/"), (
        answer.content
    )
    record = Record.objects.get()
    said = json.loads(record.text)["statement"]
    assert (record.kind, said["act"], record.person) == ("statement", act, shop.head)
    assert said["text"] == (fields.get("text") or fields.get("reason"))
    assert verify().holds
    states = {"report_lost": "could_not_locate", "withdraw": "out_of_service", "condemn": "condemned"}
    assert pump_state(shop) == states.get(act, "in_service")
    assert Hold.objects.filter(device=shop.pump, cause="fault").exists() == (act == "place_hold")
    assert Restriction.objects.filter(device=shop.pump).exists() == (act == "restrict")


def test_lost_and_found_and_back_in_service(shop: Any, chief: Client) -> None:
    shop.adopt()
    for act, then in (("report_lost", "could_not_locate"), ("report_found", "out_of_service")):
        assert state(chief, shop, act, reason="as it happened").status_code == 302
        assert pump_state(shop) == then
    refused = state(chief, shop, "put_in_service", reason="as it happened")
    assert (refused.status_code, pump_state(shop)) == (422, "out_of_service")  # it was away: test it first
    shop.visit()
    assert state(chief, shop, "put_in_service", reason="tested").status_code == 302
    assert pump_state(shop) == "in_service"
    assert Record.objects.filter(kind="statement").count() == 3


REQUIRED = [
    (act, field["name"], field["label"])
    for act, form in sorted(OFFERED.items())
    for field in form.fields
    if field.get("required")
]


@pytest.mark.parametrize(
    ("act", "name", "label"), REQUIRED, ids=[f"{act}-{name}" for act, name, _ in REQUIRED]
)
@pytest.mark.parametrize("typed", ["", "   "], ids=["nothing", "spaces"])
def test_a_statement_without_what_it_needs_is_not_made(
    shop: Any, chief: Client, act: str, name: str, label: str, typed: str
) -> None:
    fields = {**{field["name"]: "fault" for field in OFFERED[act].fields}, name: typed}
    answer = state(chief, shop, act, **fields)
    assert answer.status_code == 422
    assert f"{label}: say it" in answer.content.decode()
    assert Record.objects.count() == 0
    assert pump_state(shop) == "in_service"


@pytest.mark.parametrize("act", sorted(OFFERED))
@pytest.mark.parametrize(
    ("given", "words"),
    [({"password": ""}, "confirm with your PIN or password"), ({"password": "a guess"}, "")],
    ids=["unconfirmed", "wrong"],
)
def test_nothing_is_stated_without_saying_who_one_is(
    shop: Any, chief: Client, act: str, given: dict[str, str], words: str
) -> None:
    fields = {**{field["name"]: "fault" for field in OFFERED[act].fields}, "expires": "2999-01-01"}
    answer = state(chief, shop, act, **fields, **given)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert Record.objects.count() == 0
    assert Hold.objects.count() == 0


@pytest.mark.parametrize("act", ["condemn", "put_in_service", "restrict", "withdraw"])
def test_who_may_not_is_told_so_and_nothing_happens(shop: Any, hire: Any, act: str) -> None:
    viewer = browser_of(hire("ward_viewer"))
    fields = {field["name"]: "fault" for field in OFFERED[act].fields} | {"expires": "2999-01-01"}
    answer = state(viewer, shop, act, **fields)
    assert answer.status_code == 422
    assert Record.objects.count() == 0
    assert pump_state(shop) == "in_service"
    assert Restriction.objects.count() == 0


@pytest.mark.parametrize(
    ("day", "words"),
    [
        ("31/01/2030", "YYYY-MM-DD"),
        ("2030-02-30", "YYYY-MM-DD"),
        ("9999-12-31", "YYYY-MM-DD"),
        ("2001-01-01", ""),
        ("0001-01-01", ""),
    ],
    ids=["order", "no such day", "end of time", "past", "long past"],
)
def test_a_restriction_ends_on_a_day_that_is_one(shop: Any, chief: Client, day: str, words: str) -> None:
    answer = state(chief, shop, "restrict", limits="x", reason="y", expires=day)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert Restriction.objects.count() == 0


def test_a_restriction_holds_through_the_whole_of_its_last_day(shop: Any, chief: Client) -> None:
    last = (clock.now() + timedelta(days=20)).strftime("%Y-%m-%d")
    assert state(chief, shop, "restrict", limits="x", reason="y", expires=last).status_code == 302
    ends = Restriction.objects.get().expires.astimezone(ZoneInfo(settings.SITE_ZONE))
    assert (ends - timedelta(seconds=1)).strftime("%Y-%m-%d") == last
    assert ends.strftime("%H:%M") == "00:00"


@pytest.mark.parametrize("cause", ["failed_test", "suspect_instrument", "", "nonsense"])
def test_a_hold_by_hand_has_a_cause_that_a_hand_may_give(shop: Any, chief: Client, cause: str) -> None:
    answer = state(chief, shop, "place_hold", cause=cause, text="x")
    assert answer.status_code == 422
    assert Hold.objects.count() == 0


@pytest.mark.parametrize("act", ["adopt_limits", "permit_use", "nonsense", "release_hold"])
def test_only_what_is_offered_can_be_stated_on_a_page(shop: Any, chief: Client, act: str) -> None:
    assert state(chief, shop, act).status_code == 404
    assert Record.objects.count() == 0


def test_a_hold_by_hand_is_released_in_words(shop: Any, chief: Client) -> None:
    state(chief, shop, "place_hold", cause="statement", text="wait for the maker")
    hold = Hold.objects.get()
    path = f"/devices/{shop.pump.uuid}/release/{hold.uuid}/"
    assert b"wait for the maker" in chief.get(path).content
    assert chief.post(path, {"text": "", "password": shop.password}).status_code == 422
    assert chief.post(path, {"text": "the maker came", "password": shop.password}).status_code == 302
    hold.refresh_from_db()
    assert hold.released_at is not None
    said = json.loads(Record.objects.order_by("-number")[0].text)["statement"]
    assert (said["act"], said["text"]) == ("release_hold", "the maker came")


def test_a_hold_of_another_device_or_none_is_not_there(shop: Any, chief: Client) -> None:
    state(chief, shop, "place_hold", cause="statement", text="x")
    hold = Hold.objects.get()
    assert chief.get(f"/devices/{shop.tester.uuid}/release/{hold.uuid}/").status_code == 404
    assert chief.get(f"/devices/{shop.pump.uuid}/release/{uuid4()}/").status_code == 404


def test_a_failed_test_is_not_released_by_words_alone(shop: Any, chief: Client) -> None:
    shop.visit(protective_earth={"reading": "0.35"})
    hold = Hold.objects.get()
    path = f"/devices/{shop.pump.uuid}/release/{hold.uuid}/"
    answer = browser_of(shop.engineer).post(path, {"text": "looks fine", "password": shop.password})
    assert answer.status_code == 422
    assert b"no passing protective earth" in answer.content
    hold.refresh_from_db()
    assert hold.released_at is None


@pytest.fixture
def waiting(shop: Any) -> Record:
    """A passing earth test that waits for a second signature."""
    policy.require_countersignature(by=shop.head, applies_to=EARTH, wanted=True, reason="new tester")
    return shop.visit()[1]


def test_a_countersignature_is_a_record_of_its_own(shop: Any, waiting: Record) -> None:
    path = f"/records/{waiting.uuid}/countersign/"
    second = browser_of(shop.second)
    assert f"record {waiting.number}".encode() in second.get(path).content
    assert second.post(path, {"remark": "", "password": shop.password}).status_code == 302
    later = waiting.later.get()
    assert (later.kind, later.person) == ("countersignature", shop.second)
    assert json.loads(later.text)["about"]["sha256"] == waiting.sha256
    again = second.post(path, {"remark": "", "password": shop.password})
    assert (again.status_code, b"done before" in again.content) == (422, True)
    assert waiting.later.count() == 1


def test_nobody_countersigns_their_own_record(shop: Any, waiting: Record) -> None:
    answer = browser_of(shop.engineer).post(
        f"/records/{waiting.uuid}/countersign/", {"password": shop.password}
    )
    assert answer.status_code == 422
    assert waiting.later.count() == 0


def test_what_waits_for_no_second_signature_takes_none(shop: Any) -> None:
    record = shop.visit()[1]
    answer = browser_of(shop.second).post(f"/records/{record.uuid}/countersign/", {"password": shop.password})
    assert (answer.status_code, b"waits for no second signature" in answer.content) == (422, True)


def test_a_record_of_no_device_is_not_countersigned_on_a_page(shop: Any) -> None:
    schedule = policy.propose_limits(by=shop.head, specialty="medical_engineering", reason="going live")
    record = actions.state(
        by=shop.second,
        act="adopt_limits",
        text="read and adopted",
        arguments={"schedule": schedule, "specialty": "medical_engineering"},
        confirmation=shop.confirm(shop.second),
    )
    assert record.device is None
    assert browser_of(shop.second).get(f"/records/{record.uuid}/countersign/").status_code == 404


def test_a_broken_glass_is_reviewed_once_by_another(shop: Any, hire: Any) -> None:
    on_call = hire("on_call", "trainee", authorised="trainee")
    draft = shop.draft(by=on_call)
    record = actions.break_glass(
        by=on_call,
        device=shop.pump,
        procedure=SAFETY,
        draft=draft,
        version=draft.version,
        reason="the only pump on the ward",
        confirmation=shop.confirm(on_call),
    )[0]
    path = f"/records/{record.uuid}/review/"
    chief = browser_of(shop.second)
    assert chief.post(path, {"finding": "", "adverse": "no", "password": shop.password}).status_code == 422
    sound = {"finding": "rightly done", "adverse": "no", "password": shop.password}
    assert chief.post(path, {**sound, "adverse": ""}).status_code == 422
    assert chief.post(path, sound).status_code == 302
    assert record.later.get().kind == "review"
    assert not Hold.objects.filter(device=shop.pump, cause="review").exists()
    again = chief.post(path, sound)
    assert (again.status_code, b"done before" in again.content) == (422, True)


def test_what_was_signed_as_usual_needs_no_review(shop: Any) -> None:
    record = shop.visit()[0]
    answer = browser_of(shop.second).post(
        f"/records/{record.uuid}/review/", {"finding": "x", "adverse": "no", "password": shop.password}
    )
    assert (answer.status_code, b"needs no review" in answer.content) == (422, True)
