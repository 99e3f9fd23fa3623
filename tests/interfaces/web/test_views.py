"""The pages on the rooms: what people do, through Django's own client."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from kilter.department.equipment.models import Hold
from kilter.department.ledger import clock
from kilter.department.ledger.models import StoredFile
from kilter.department.records.models import Draft, Record
from kilter.department.work.models import Job
from kilter.measure.reference_object import make
from tests.shop import SAFETY, accepted
from tests.shop import shop as shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def tech(shop: Any) -> Client:
    """The engineer's browser."""
    return browser_of(shop.engineer)


def browser_of(person: Any) -> Client:
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


def form_of(shop: Any, uuid: UUID, version: int = 0, **changes: str) -> dict[str, str]:
    """What the form of an electrical safety test posts."""
    fields = {"device": str(shop.pump.uuid), "protocol": SAFETY, "version": str(version)}
    for key, part in shop.content()["steps"].items():
        fields |= {f"{key}.{name}": value for name, value in part["inputs"].items()}
    return fields | {"instruments": str(shop.tester.uuid)} | changes


def test_nobody_sees_a_page_without_signing_in(shop: Any) -> None:
    for path in ("/", "/work/", "/people/", f"/devices/{shop.pump.uuid}/", "/sign/"):
        answer = Client().get(path)
        assert answer.status_code == 302
        assert answer["Location"].startswith("/login/?next=")


def test_signing_in_goes_where_one_wanted_and_nowhere_else(shop: Any) -> None:
    client = Client()
    wrong = client.post("/login/", {"username": "eve.engineer", "password": "wrong"})
    assert (wrong.status_code, b"do not belong together" in wrong.content) == (422, True)
    good = {"username": "Eve.Engineer", "password": shop.password}
    assert client.post("/login/", {**good, "next": "/work/"})["Location"] == "/work/"
    assert Client().post("/login/", {**good, "next": "https://elsewhere.example/"})["Location"] == "/"


def test_every_page_of_the_menu_answers(shop: Any, tech: Client) -> None:
    shop.visit(protective_earth={"reading": "0.35"})
    record = Record.objects.get(procedure="medical_engineering.protective_earth")
    paths = [
        "/",
        "/me/",
        "/sign/",
        "/work/",
        "/work/?mine",
        f"/work/{Job.objects.get().uuid}/",
        "/schedule/",
        "/schedule/?late=1&page=2",
        "/people/",
        f"/people/{shop.head.uuid}/",
        "/people/authorise/",
        "/specialties/",
        "/specialties/medical_engineering/",
        "/specialties/nuclear_medicine/limits/",
        "/procedures/medical_engineering.protective_earth/",
        "/procedures/nuclear_medicine.uniformity/",
        "/search/?q=infusa",
        "/search/?status=out_of_use",
        f"/devices/{shop.pump.uuid}/",
        f"/devices/{shop.pump.uuid}/state/place_hold/",
        f"/devices/{shop.pump.uuid}/release/{Hold.objects.get().uuid}/",
        f"/devices/{shop.pump.uuid}/trend/{record.procedure}/resistance/",
        f"/visits/{record.visit}/",
        f"/records/{record.uuid}/",
    ]
    for path in paths:
        assert tech.get(path).status_code == 200, path


@pytest.mark.parametrize(
    "path",
    [
        "/nowhere/",
        f"/devices/{uuid4()}/",
        f"/records/{uuid4()}/",
        f"/drafts/{uuid4()}/",
        f"/visits/{uuid4()}/",
        "/specialties/astrology/",
        "/procedures/medical_engineering.nothing/",
    ],
    ids=["page", "device", "record", "draft", "visit", "specialty", "procedure"],
)
def test_what_is_not_there_says_so(shop: Any, tech: Client, path: str) -> None:
    answer = tech.get(path)
    assert answer.status_code == 404
    assert b"Not found" in answer.content


def test_a_scan_goes_straight_to_the_device(shop: Any, tech: Client) -> None:
    assert tech.get("/search/", {"q": "me0001"})["Location"] == f"/devices/{shop.pump.uuid}/"
    assert b"No device has this number" in tech.get("/search/", {"q": "zzz999"}).content


def test_the_verdict_moves_while_typing_and_nothing_is_kept_yet(shop: Any, tech: Client) -> None:
    uuid = uuid4()
    for typed, word in (("0.3", "pass"), ("0.35", "fail"), ("0.", "pass")):
        fields = {"device": str(shop.pump.uuid), "protocol": SAFETY, "protective_earth.reading": typed}
        answer = tech.post(f"/drafts/{uuid}/live/", {**fields, "moment": "typing"})
        assert answer.status_code == 200
        assert f"</span> {word}" in answer.content.decode()
    assert Draft.objects.count() == 0


def test_a_left_field_is_saved_and_the_form_gets_its_version(shop: Any, tech: Client) -> None:
    uuid = uuid4()
    fields = {"device": str(shop.pump.uuid), "protocol": SAFETY, "protective_earth.reading": "0.35"}
    first = tech.post(f"/drafts/{uuid}/live/", fields).content.decode()
    assert 'id="draft-version" value="1"' in first
    second = tech.post(
        f"/drafts/{uuid}/live/", {**fields, "version": "1", "protective_earth.reading": "0.12"}
    )
    assert 'id="draft-version" value="2"' in second.content.decode()
    assert "Why was reading = 0.35 discarded?" in second.content.decode()


def test_a_stale_page_is_told_and_loses_nothing(shop: Any, tech: Client) -> None:
    uuid = uuid4()
    fields = {"device": str(shop.pump.uuid), "protocol": SAFETY, "protective_earth.reading": "0.12"}
    for version in ("0", "1"):
        tech.post(
            f"/drafts/{uuid}/live/", {**fields, "version": version, "equipment_leakage.current": version}
        )
    stale = tech.post(f"/drafts/{uuid}/live/", {**fields, "version": "1", "equipment_leakage.current": "9"})
    assert b"Not saved: this draft was saved elsewhere" in stale.content
    assert Draft.objects.get().content["steps"]["equipment_leakage"]["inputs"]["current"] == "1"


def test_signing_makes_records_and_shows_the_visit(shop: Any, tech: Client) -> None:
    uuid = uuid4()
    answer = tech.post(f"/drafts/{uuid}/", {**form_of(shop, uuid), "act": "sign", "password": shop.password})
    assert answer["Location"] == f"/visits/{uuid}/"
    assert Record.objects.count() == 5
    page = tech.get(f"/visits/{uuid}/").content.decode()
    assert "Signed by Eve Engineer" in page
    assert "In use" in page
    assert tech.get(f"/drafts/{uuid}/")["Location"] == f"/visits/{uuid}/"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"password": "wrong"}, "The password is wrong"),
        ({"password": ""}, "confirm with your PIN or password"),
        ({"protective_earth.reading": "0,35"}, "write a decimal point"),
        ({"protective_earth.reading": "5V"}, "V measures electric potential"),
        ({"equipment_leakage.current": ""}, "equipment leakage is not done yet"),
        ({"instruments": ""}, "name the test instrument"),
    ],
)
def test_a_refusal_names_the_field_and_keeps_what_was_typed(
    shop: Any, tech: Client, changes: dict[str, str], message: str
) -> None:
    uuid = uuid4()
    fields = form_of(shop, uuid) | {"act": "sign", "password": shop.password} | changes
    if "equipment_leakage.current" in changes:
        fields.pop("equipment_leakage.method")
    answer = tech.post(f"/drafts/{uuid}/", fields)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert message.lower() in re.sub(r"&#39;", "'", page).lower()
    assert Record.objects.count() == 0
    if "protective_earth.reading" not in changes:
        assert 'value="0.12"' in page


def test_a_failure_takes_the_device_out_and_a_release_brings_it_back(shop: Any, tech: Client) -> None:
    shop.adopt()
    uuid = uuid4()
    fields = form_of(shop, uuid) | {
        "protective_earth.reading": "0.35",
        "act": "sign",
        "password": shop.password,
    }
    tech.post(f"/drafts/{uuid}/", fields)
    page = tech.get(f"/devices/{shop.pump.uuid}/").content.decode()
    assert "Out of use" in page
    hold = Hold.objects.get()
    release = f"/devices/{shop.pump.uuid}/release/{hold.uuid}/"
    refused = tech.post(release, {"text": "new cord", "password": shop.password})
    assert (refused.status_code, b"no passing protective earth" in refused.content) == (422, True)
    again = uuid4()
    tech.post(f"/drafts/{again}/", form_of(shop, again) | {"act": "sign", "password": shop.password})
    assert Job.objects.get().state == "closed"
    assert tech.post(release, {"text": "new cord", "password": shop.password}).status_code == 302
    assert "In use" in tech.get(f"/devices/{shop.pump.uuid}/").content.decode()


def test_a_statement_is_sealed_with_its_words(shop: Any, tech: Client) -> None:
    path = f"/devices/{shop.pump.uuid}/state/place_hold/"
    assert tech.post(path, {"cause": "fault", "text": "", "password": shop.password}).status_code == 422
    assert (
        tech.post(path, {"cause": "fault", "text": "cracked", "password": shop.password}).status_code == 302
    )
    record = Record.objects.get(kind="statement")
    assert "cracked" in record.text
    assert tech.get(f"/records/{record.uuid}/").status_code == 200


def test_who_may_not_sign_sees_why_and_is_refused(shop: Any, hire: Any) -> None:
    novice = browser_of(hire("trainee", authorised="trainee"))
    page = novice.get(f"/devices/{shop.pump.uuid}/test/{SAFETY}/").content.decode()
    assert "This cannot be signed by you now" in page
    uuid = uuid4()
    answer = novice.post(f"/drafts/{uuid}/", form_of(shop, uuid) | {"act": "sign", "password": shop.password})
    assert answer.status_code == 422
    assert Record.objects.count() == 0


def test_breaking_the_glass_is_offered_on_call_and_reviewed(shop: Any, hire: Any) -> None:
    night = browser_of(hire("on_call", "trainee", authorised="trainee"))
    uuid = uuid4()
    fields = form_of(shop, uuid) | {"act": "glass", "password": shop.password, "glass_reason": "transfer now"}
    assert night.post(f"/drafts/{uuid}/", fields).status_code == 302
    record = Record.objects.order_by("number")[0]
    lead = browser_of(shop.second)
    assert b"Signed under a broken glass" in lead.get(f"/records/{record.uuid}/").content
    path = f"/records/{record.uuid}/review/"
    assert (
        lead.post(path, {"finding": "justified", "adverse": "no", "password": shop.password}).status_code
        == 302
    )


def test_help_goes_to_a_colleague_who_takes_it_from_there(shop: Any, hire: Any, tech: Client) -> None:
    novice = browser_of(hire("trainee", authorised="trainee"))
    uuid = uuid4()
    fields = form_of(shop, uuid) | {
        "act": "help",
        "help_person": str(shop.engineer.uuid),
        "help_text": "plausible?",
    }
    assert novice.post(f"/drafts/{uuid}/", fields)["Location"] == f"/devices/{shop.pump.uuid}/"
    page = tech.get("/").content.decode()
    assert "You were asked for help: plausible?" in page
    answer = tech.post(
        f"/drafts/{uuid}/", form_of(shop, uuid, 2) | {"act": "sign", "password": shop.password}
    )
    assert answer.status_code == 302


def test_somebody_elses_draft_shows_its_owner_and_is_taken_over(shop: Any, tech: Client) -> None:
    draft = shop.draft()
    lead = browser_of(shop.second)
    page = lead.get(f"/drafts/{draft.uuid}/").content.decode()
    assert "Draft of Eve Engineer" in page
    lead.post(f"/drafts/{draft.uuid}/", {"act": "take", "version": "1"})
    assert Draft.objects.get().owner == shop.second


def test_a_correction_starts_from_what_was_sealed(shop: Any, tech: Client) -> None:
    wrong = shop.visit(protective_earth={"reading": "0.35"})[1]
    start = f"/devices/{shop.pump.uuid}/test/{wrong.procedure}/?new&supersedes={wrong.uuid}"
    page = tech.get(start).content.decode()
    assert 'value="0.35"' in page
    uuid = re.search(r'name="draft" value="([0-9a-f-]+)"', page)[1]
    fields = {
        "device": str(shop.pump.uuid),
        "protocol": wrong.procedure,
        "supersedes": str(wrong.uuid),
        "supersede_reason": "typed 0.35 for 0.035",
        "version": "0",
        "protective_earth.reading": "0.035",
        "protective_earth.arrangement": "with_cord",
        "instruments": str(shop.tester.uuid),
        "act": "sign",
        "password": shop.password,
    }
    answer = tech.post(f"/drafts/{uuid}/", fields)
    right = Record.objects.get(supersedes=wrong)
    assert answer["Location"] == f"/records/{right.uuid}/"
    assert f"record {right.number}" in tech.get(f"/records/{wrong.uuid}/").content.decode()


def test_several_drafts_are_signed_at_once_by_pin(shop: Any, tech: Client) -> None:
    from kilter.department.people.actions import set_pin

    set_pin(by=shop.engineer, pin="2580")
    drafts = [shop.draft(), shop.draft()]
    assert tech.get("/sign/").content.decode().count('name="draft"') == 2
    chosen = [f"{draft.uuid}:{draft.version}" for draft in drafts]
    assert tech.post("/sign/", {"draft": chosen, "pin": "2581"}).status_code == 422
    assert tech.post("/sign/", {"draft": chosen, "pin": "2580"}).status_code == 302
    assert Record.objects.count() == 10


def test_limits_are_adopted_only_when_each_is_ticked(shop: Any) -> None:
    lead = browser_of(shop.second)
    path = "/specialties/medical_engineering/limits/"
    page = lead.get(path).content.decode()
    keys = re.findall(r'name="adopt" value="([^"]+)"', page)
    assert len(keys) >= 14
    some = lead.post(path, {"adopt": keys[:3], "password": shop.password})
    assert (some.status_code, b"are not ticked" in some.content) == (422, True)
    assert lead.post(path, {"adopt": keys, "password": shop.password}).status_code == 302
    assert "Every limit is confirmed" in lead.get(path).content.decode()
    assert Record.objects.get(kind="statement").person == shop.second


@pytest.fixture
def camera(shop: Any) -> Any:
    """A gamma camera in service."""
    from kilter.department.equipment import actions as equipment

    model = equipment.add_model(
        by=shop.head,
        fields={
            "maker": "Scintilla",
            "name": "Duo",
            "kind": "gamma_camera",
            "equipment_class": "I",
            "applied_part": "B",
            "power_cord": "permanent",
        },
    )
    device = equipment.register_device(
        by=shop.head, fields={"asset": "NM0001", "serial": "C1", "model": model}
    )
    equipment.put_in_service(by=shop.head, device=device, evidence=accepted(shop.head, device))
    return device


def test_a_flood_is_dropped_in_analysed_signed_and_certified(shop: Any, tech: Client, camera: Any) -> None:
    flood = make("flood", "none", 1)
    protocol = "nuclear_medicine.flood_uniformity"
    assert protocol in tech.get(f"/devices/{camera.uuid}/").content.decode()
    uuid = uuid4()
    fields = {"device": str(camera.uuid), "protocol": protocol, "version": "0"}
    sent = SimpleUploadedFile("flood.dcm", flood.file.content)
    answer = tech.post(f"/drafts/{uuid}/upload/uniformity.flood/", {**fields, "uniformity.flood": sent})
    page = answer.content.decode()
    assert flood.file.sha256[:8] in page
    assert "Integral uniformity, UFOV" in page
    assert '"layer"' in page  # the image with its fields of view
    sign = {**fields, "version": "1", "uniformity.binning": "nema", "act": "sign", "password": shop.password}
    location = tech.post(f"/drafts/{uuid}/", sign)["Location"]
    record = tech.get(location).content.decode()
    assert "same" in record  # worked again from the stored file
    pdf = tech.get(f"{location}certificate.pdf")
    assert pdf["Content-Type"] == "application/pdf"
    assert pdf.content.startswith(b"%PDF-")


def test_a_file_for_somebody_elses_draft_is_not_even_kept(
    shop: Any, tech: Client, camera: Any, hire: Any
) -> None:
    uuid = uuid4()
    fields = {"device": str(camera.uuid), "protocol": "nuclear_medicine.flood_uniformity", "version": "0"}
    flood = SimpleUploadedFile("flood.dcm", make("flood", "none", 1).file.content)
    path = f"/drafts/{uuid}/upload/uniformity.flood/"
    assert tech.post(path, {**fields, "uniformity.flood": flood}).status_code == 200
    kept = StoredFile.objects.count()
    other = make("flood", "none", 2)
    stranger = browser_of(hire("trainee", authorised="trainee"))
    sent = SimpleUploadedFile("mine.dcm", other.file.content)
    answer = stranger.post(path, {**fields, "version": "1", "uniformity.flood": sent})
    assert b"take it over first" in answer.content
    assert StoredFile.objects.count() == kept


def test_a_photo_begins_a_draft_is_shown_taken_out_and_sealed(shop: Any, tech: Client, hire: Any) -> None:
    uuid = uuid4()
    path = f"/drafts/{uuid}/"

    def photo(name: str) -> SimpleUploadedFile:
        return SimpleUploadedFile(name, b"\xff\xd8\xff" + name.encode())

    begun = tech.post(f"{path}attach/", {**form_of(shop, uuid), "attached": photo("case.jpg")})
    assert "case.jpg" in begun.content.decode()
    version = Draft.objects.get(uuid=uuid).version
    assert f'value="{version}"' in begun.content.decode()
    plain = {**form_of(shop, uuid, version), "act": "attach", "attached": photo("second.jpg")}
    assert tech.post(path, plain)["Location"] == f"{path}#files"
    first = Draft.objects.get(uuid=uuid).content["attached"][0]["sha256"]
    version = Draft.objects.get(uuid=uuid).version
    tech.post(path, {**form_of(shop, uuid, version), "act": f"detach:{first}"})
    page = tech.get(path).content.decode()
    assert "second.jpg" in page
    assert "case.jpg" not in page
    version = Draft.objects.get(uuid=uuid).version
    tech.post(path, {**form_of(shop, uuid, version), "act": "sign", "password": shop.password})
    record = Record.objects.filter(visit=uuid).first()
    assert record is not None
    page = tech.get(f"/records/{record.uuid}/").content.decode()
    (href,) = set(re.findall(r'href="(/records/[^"]+/files/[0-9a-f]{64}/)"', page))
    answer = tech.get(href)
    assert answer.content == b"\xff\xd8\xffsecond.jpg"
    assert answer["Content-Disposition"] == 'attachment; filename="second.jpg"'
    assert browser_of(hire("ward_viewer")).get(href).status_code == 403
    assert tech.get(href.replace(href[-4], "0" if href[-4] != "0" else "1")).status_code == 404


def test_a_file_that_cannot_be_taken_is_said_beside_it(shop: Any, tech: Client) -> None:
    uuid = uuid4()
    answer = tech.post(f"/drafts/{uuid}/attach/", form_of(shop, uuid))
    assert "choose a photo or a file" in answer.content.decode()
    assert Draft.objects.get(uuid=uuid).content.get("attached", []) == []


@pytest.mark.parametrize("fault", ["truncated", "colour", "multi_frame", "no_pixel_size", "bar_phantom"])
def test_what_is_no_flood_is_refused_in_words(shop: Any, tech: Client, camera: Any, fault: str) -> None:
    uuid = uuid4()
    fields = {"device": str(camera.uuid), "protocol": "nuclear_medicine.flood_uniformity", "version": "0"}
    sent = SimpleUploadedFile("x.dcm", make("flood", fault, 1).file.content)
    answer = tech.post(f"/drafts/{uuid}/", {**fields, "uniformity.flood": sent, "act": "check"})
    page = answer.content.decode()
    assert answer.status_code == 200
    assert 'class="faults"' in page or "not valid" in page.lower() or "no result" in page.lower()


def test_query_counts_do_not_grow_with_history(
    shop: Any, tech: Client, django_assert_max_num_queries: Any
) -> None:
    paths = ("/", f"/devices/{shop.pump.uuid}/", "/search/?q=infusa", "/work/", "/schedule/")
    shop.visit()
    counts = {path: _queries(tech, path) for path in paths}
    for days in range(1, 6):
        with clock.at(clock.now() + timedelta(days=30 * days)):
            shop.visit(protective_earth={"reading": "0.35"})
    later = {path: _queries(tech, path) for path in paths}
    assert all(later[path] <= counts[path] + 12 for path in paths), (counts, later)
    again = {path: _queries(tech, path) for path in paths}
    assert again == later
    limits = {
        "/": 35,
        f"/devices/{shop.pump.uuid}/": 55,
        "/search/?q=infusa": 15,
        "/work/": 10,
        "/schedule/": 12,
    }
    assert all(later[path] <= limits[path] for path in paths), later


def _queries(client: Client, path: str) -> int:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    return len(captured)


def test_a_request_refused_before_anybody_signed_in_still_gets_its_page(shop: Any) -> None:
    answer = Client().get("/", headers={"host": "elsewhere.example"})
    assert answer.status_code == 422
    assert b"cannot be read" in answer.content


def test_a_fault_has_its_page_even_without_a_database(shop: Any, tech: Client, monkeypatch: Any) -> None:
    from django.db import OperationalError

    def lost(*_: Any, **__: Any) -> None:
        raise OperationalError("the database is gone")

    tech.raise_request_exception = False
    monkeypatch.setattr("kilter.interfaces.web.today.schedule.counts", lost)
    monkeypatch.setattr("kilter.interfaces.web.page.role_of", lost)
    answer = tech.get("/")
    assert answer.status_code == 500
    assert b"A fault of ours" in answer.content
    assert b"Traceback" not in answer.content


def test_editing_a_draft_keeps_when_it_was_measured(shop: Any, tech: Client) -> None:
    measured = clock.now() - timedelta(days=3)
    draft = shop.draft(performed_at=measured)
    page = {"version": "1", "protective_earth.reading": "0.13", "instruments": str(shop.tester.uuid)}
    tech.post(f"/drafts/{draft.uuid}/live/", page)
    draft.refresh_from_db()
    assert (draft.version, draft.performed_at) == (2, measured)
    when = (measured - timedelta(days=1)).astimezone(ZoneInfo("Europe/London"))
    tech.post(
        f"/drafts/{draft.uuid}/live/", {**page, "version": "2", "performed_at": f"{when:%Y-%m-%dT%H:%M}"}
    )
    draft.refresh_from_db()
    assert draft.performed_at == when.replace(second=0, microsecond=0)


def test_a_time_on_a_page_is_that_of_the_clocks_of_the_site(settings: Any) -> None:
    from kilter.interfaces.web.page import at_site

    settings.SITE_ZONE = "Europe/London"
    assert at_site(datetime(2026, 7, 22, 7, tzinfo=UTC)) == "22 Jul 2026 08:00 BST"
    assert at_site(datetime(2026, 11, 22, 7, tzinfo=UTC)) == "22 Nov 2026 07:00 GMT"
