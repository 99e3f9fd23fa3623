"""Patients, referrals and doses on their pages; and what no page, table or file may hold."""

from __future__ import annotations

import base64
import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from pypdf import PdfReader

from kilter.department.ledger import clock
from kilter.department.materials.models import Administration, Guideline, Referral
from kilter.department.patients.models import LookUp, Patient
from kilter.department.people import actions as people
from tests.department.materials.clinic import BORN, NAME, NUMBER, open_clinic
from tests.department.materials.conftest import START
from tests.department.materials.conftest import lab as lab
from tests.interfaces.web.test_views import browser_of

pytestmark = pytest.mark.django_db
PIN = "471147"
SAID = {"name": NAME, "date_of_birth": BORN, "number": NUMBER}
DOSE = {
    **SAID,
    "pregnancy": "not_possible",
    "feeding": "yes",
    "residual": "10",
    "extravasation": "none",
    "explained": f"Told {NAME} to drink much",
    "pin": PIN,
}


@pytest.fixture
def clinic(lab: Any, hire: Any) -> Any:
    """The clinic; everybody has a PIN."""
    made = open_clinic(lab, hire)
    for person in (made.operator, made.practitioner, made.lab.head):
        people.set_pin(by=person, pin=PIN)
    return made


@pytest.fixture
def operator(clinic: Any) -> Client:
    return browser_of(clinic.operator)


@pytest.fixture
def practitioner(clinic: Any) -> Client:
    return browser_of(clinic.practitioner)


def text_of(client: Client, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status, (address, answer.status_code)
    return answer.content.decode()


def sent(client: Client, address: str, **given: str) -> str:
    """Post a form that is accepted; give the address to which it goes on."""
    answer = client.post(address, given)
    assert answer.status_code == 302, re.findall(
        r'<div class="faults".*?</div>', answer.content.decode(), re.S
    )
    return str(answer["Location"])


def whole_story(clinic: Any, operator: Client, practitioner: Client) -> tuple[str, list[str]]:
    """Find, refer, justify, authorise, dispense and give; give the last address and all pages seen."""
    patient = sent(operator, "/patients/", number="943 476 5919")
    seen = [text_of(operator, patient)]
    referral = sent(
        operator,
        f"{patient}refer/",
        product=str(clinic.lab.kit_product.uuid),
        examination="Bone scan",
        referrer="Dr A. Referrer, oncology",
        clinical_details=f"{NAME}: new pain in the hip",
        pin=PIN,
    )
    seen += [text_of(operator, referral), text_of(operator, "/referrals/")]
    sent(practitioner, f"{referral}justify/", grounds="changes treatment", pregnancy="no", pin=PIN)
    sent(practitioner, f"{referral}authorise/", prescribed="500", pin=PIN)
    syringe = clinic.dose(500.0)
    seen += [text_of(operator, referral), text_of(operator, f"{referral}give/")]
    asked = operator.get("/referrals/", {"label": syringe.label.lower()})["Location"]
    assert asked == f"{referral}give/?label={syringe.label}"
    seen.append(text_of(operator, asked))
    given = sent(operator, asked, **DOSE, scanned=syringe.label, permit=str(clinic.lab.permit.uuid))
    seen += [text_of(operator, given), text_of(operator, patient), text_of(operator, "/referrals/")]
    return given, seen


def test_a_dose_is_given_from_the_referral_to_the_card(
    clinic: Any, operator: Client, practitioner: Client, tmp_path: Path
) -> None:
    given, seen = whole_story(clinic, operator, practitioner)
    made = Administration.objects.get()
    assert given == f"/administrations/{made.uuid}/"
    assert made.administered == pytest.approx(490.0, rel=1e-12)
    assert "490 MBq Tc-99m" in seen[-3]
    assert "to be confirmed" in seen[-3]
    card = operator.get(f"{given}card.pdf")
    assert card["Content-Type"] == "application/pdf"
    (tmp_path / "card.pdf").write_bytes(card.content)
    (page,) = PdfReader(tmp_path / "card.pdf").pages
    words = " ".join(page.extract_text().split())
    assert "You were given a radioactive medicine on Monday 5 March 2040 at 06:00" in words
    assert "Do not breast-feed before Monday 5 March 2040 at 10:00." in words
    assert "has not confirmed these times" in words
    assert "children, and anybody who is pregnant: Until Monday 5 March 2040 at 11:00 stay" in words
    for jargon in ("MBq", "mSv", "Tc-99m", "activity", "half-life", "Quarrington"):
        assert jargon not in words


def forms_of(words: str) -> list[bytes]:
    """Give a text as it may stand somewhere: as it is, in capitals, as hex, and as base64 at any offset."""
    found = []
    for text in (words, words.upper(), words.lower(), words.replace("-", ""), words.replace(" ", "")):
        plain = text.encode()
        found += [plain, plain.hex().encode(), plain.hex().upper().encode()]
        for offset in range(3):  # the letters that other bytes before and after it do not touch
            whole = base64.b64encode(b"\0" * offset + plain)
            kept = whole[(0, 2, 3)[offset] : len(whole.rstrip(b"=")) - 1]
            found += [kept, kept.replace(b"+", b"-").replace(b"/", b"_")]
    return found


IDENTIFYING = [one for words in (NAME, "Quarrington", BORN, "19 Aug 1957", NUMBER) for one in forms_of(words)]


def test_the_search_finds_what_it_looks_for() -> None:
    for offset in range(3):
        hidden = base64.b64encode(b"xyz"[:offset] + NAME.encode() + b"tail")
        assert any(one in hidden for one in IDENTIFYING)
    assert any(one in NUMBER.encode().hex().encode() for one in IDENTIFYING)


def test_no_table_file_or_page_holds_who_somebody_is(
    clinic: Any, operator: Client, practitioner: Client, settings: Any
) -> None:
    given, seen = whole_story(clinic, operator, practitioner)
    operator.post(f"/patients/{clinic.patient.uuid}/who/", {"reason": "to call her in"})
    operator.post(f"/referrals/{Referral.objects.get().uuid}/details/", {"reason": "to prepare"})
    card = operator.get(f"{given}card.pdf").content
    places = [(f"page {number}", page.encode()) for number, page in enumerate(seen)]
    places += [(table, cell) for table, cell in cells_of_every_table()]
    stored = [path for home in (settings.KILTER.home, settings.FILE_STORE) for path in Path(home).rglob("*")]
    places += [(str(path), path.read_bytes()) for path in stored if path.is_file()]
    places += [(str(path), str(path).encode()) for path in stored] + [("card", card)]
    assert len(places) > 300
    for place, content in places:
        for words in IDENTIFYING:
            assert words not in content, (place, words)


def cells_of_every_table() -> list[tuple[str, bytes]]:
    """Every value of the whole database, as bytes."""
    found = []
    with connection.cursor() as cursor:
        for name in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{name}"')
            for row in cursor.fetchall():
                for value in row:
                    raw = bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
                    found.append((name, raw))
    return found


def test_who_a_patient_is_is_shown_for_a_reason_and_kept(clinic: Any, operator: Client) -> None:
    here = f"/patients/{clinic.patient.uuid}/who/"
    assert NAME not in text_of(operator, here)
    refused = operator.post(here, {"reason": " "})
    assert (refused.status_code, NAME.encode() in refused.content) == (422, False)
    shown = operator.post(here, {"reason": "to call her in"})
    assert NAME in shown.content.decode()
    assert shown["Cache-Control"] == "no-store"
    log = text_of(browser_of(clinic.lab.head), "/patients/log/")
    assert "to call her in" in log
    assert NAME not in log
    assert operator.get("/patients/log/").status_code == 403


def test_she_is_found_by_her_whole_number_alone(clinic: Any, operator: Client) -> None:
    assert sent(operator, "/patients/", number=NUMBER) == f"/patients/{clinic.patient.uuid}/"
    assert LookUp.objects.get().purpose == "find"
    for typed in ("943476591", "Quarrington", "", "%", "4010232137"):
        assert operator.post("/patients/", {"number": typed}).status_code == 422
    assert operator.get("/patients/", {"number": NUMBER}).status_code == 200  # an address finds nobody


def test_a_patient_is_registered(clinic: Any, operator: Client) -> None:
    form = {"name": "Bo Li", "date_of_birth": "1970-01-01", "hospital_number": "H-77", "nhs_number": ""}
    refused = operator.post("/patients/new/", {**form, "date_of_birth": "1.1.70"})
    assert refused.status_code == 422
    there = sent(operator, "/patients/new/", **form)
    page = text_of(operator, there)
    assert Patient.objects.last().pseudonym in page
    assert "Bo Li" not in page


def test_clinical_details_are_shown_for_a_reason(clinic: Any, practitioner: Client) -> None:
    referral = clinic.referred()
    here = f"/referrals/{referral.uuid}/details/"
    assert practitioner.post(here, {"reason": ""}).status_code == 422
    shown = practitioner.post(here, {"reason": "to justify it"})
    assert "new pain in the hip" in shown.content.decode()
    assert "Clinical details" in shown.content.decode()
    assert shown["Cache-Control"] == "no-store"
    assert LookUp.objects.get().purpose == "clinical"


def test_an_operator_authorises_under_a_guideline(
    clinic: Any, operator: Client, practitioner: Client
) -> None:
    kit = str(clinic.lab.kit_product.uuid)
    form = {"name": "Bone 1", "product": kit, "criteria": "adults", "least": "400", "most": "600", "pin": PIN}
    assert sent(practitioner, "/guidelines/new/", **form) == "/guidelines/"
    assert "Bone 1" in text_of(operator, "/guidelines/")
    referral = f"/referrals/{clinic.referred().uuid}/"
    rule = Guideline.objects.get()
    refused = operator.post(
        f"{referral}guideline/", {"guideline": str(rule.uuid), "prescribed": "700", "pin": PIN}
    )
    assert (refused.status_code, b"covers 400 to 600 MBq" in refused.content) == (422, True)
    sent(operator, f"{referral}guideline/", guideline=str(rule.uuid), prescribed="500", pin=PIN)
    page = text_of(operator, referral)
    assert "by Pia Practitioner" in page
    assert "by Otto Operator, under Bone 1" in page
    sent(practitioner, f"/guidelines/{rule.uuid}/end/", reason="replaced")
    assert "Bone 1" not in text_of(operator, "/guidelines/")


def test_what_patients_are_told_is_confirmed_by_a_second_person(
    clinic: Any, operator: Client, practitioner: Client
) -> None:
    form = {
        "product": str(clinic.lab.kit_product.uuid), "excreted": "0.5", "route": "drain", "dose_rate": "0.01",
        "interruption_hours": "12", "stop_feeding": "no", "effective_half_life": "0.2", "source": "rules 8",
        "contacts": "0.3, 9, 0.3, small children, and babies\n1, 8, 1, people at work",
    }  # fmt: skip
    for field, wrong in (("contacts", "0.3, 9, babies"), ("excreted", "1.5"), ("dose_rate", "1,0")):
        assert operator.post("/advice/new/", {**form, field: wrong}).status_code == 422
    sent(operator, "/advice/new/", **form)
    page = text_of(practitioner, "/advice/")
    assert "to be confirmed" in page
    (href,) = re.findall(r"/advice/[0-9a-f-]{36}/confirm/", page)
    assert operator.post(href, {"read": "yes"}).status_code == 422
    sent(practitioner, href, read="yes")
    assert "to be confirmed" not in text_of(practitioner, "/advice/")


def test_a_refused_dose_says_where_and_keeps_what_was_typed(clinic: Any, operator: Client) -> None:
    referral, syringe = clinic.authorised(), clinic.dose(500.0)
    here = f"/referrals/{referral.uuid}/give/?label={syringe.label}"
    form = {**DOSE, "scanned": syringe.label, "permit": str(clinic.lab.permit.uuid)}
    for change, words in (
        ({"name": "Wilma"}, "three points"),
        ({"scanned": "S9999"}, "this is S9999"),
        ({"residual": "much"}, "must be a number"),
        ({"residual": "300"}, "say why: 200 MBq differ by -60.0 %"),
        ({"before_at": "x", "before": "500"}, "must be a day and a time"),
        ({"pin": "0"}, "PIN"),
    ):
        answer = operator.post(here, {**form, **change})
        page = answer.content.decode()
        assert (answer.status_code, words in page) == (422, True), (words, page)
        assert "to drink much" in page
        assert answer["Cache-Control"] == "no-store"
    assert not Administration.objects.exists()
    sent(operator, here, **form)


def test_a_syringe_that_is_not_fit_says_so_before_anybody_is_asked(clinic: Any, operator: Client) -> None:
    referral, syringe = clinic.authorised(), clinic.dose(500.0)
    here = f"/referrals/{referral.uuid}/give/"
    page = text_of(operator, here)
    assert "500 MBq" in page
    assert "this patient" in page
    with clock.at(syringe.expires + timedelta(minutes=1)):
        late = text_of(browser_of(clinic.operator), f"{here}?label={syringe.label}")
    assert "do not give" in late
    assert text_of(operator, f"{here}?label=nothing", 422).count("no lot has this label") >= 1
    assert operator.get("/referrals/", {"label": "nothing"}).status_code == 422


@pytest.mark.parametrize(
    "path",
    [
        "/patients/00000000-0000-4000-8000-000000000000/",
        "/referrals/00000000-0000-4000-8000-000000000000/",
        "/administrations/00000000-0000-4000-8000-000000000000/card.pdf",
        "/advice/00000000-0000-4000-8000-000000000000/confirm/",
        "/guidelines/00000000-0000-4000-8000-000000000000/end/",
    ],
)
def test_what_is_not_there_is_not_found(clinic: Any, operator: Client, path: str) -> None:
    assert operator.get(path).status_code == 404


def test_a_stranger_sees_no_page_and_an_engineer_gives_nothing(clinic: Any, hire: Any) -> None:
    for path in ("/patients/", "/referrals/", "/advice/", "/guidelines/"):
        assert Client().get(path)["Location"].startswith("/login/")
    trainee = browser_of(hire("trainee"))
    assert trainee.post("/patients/", {"number": NUMBER}).status_code == 422
    assert clock.now() == START


def test_a_second_person_stands_on_the_form_where_the_product_asks_for_one(
    clinic: Any, operator: Client
) -> None:
    kit = clinic.lab.kit_product
    referral, syringe = clinic.authorised(), clinic.dose(500.0)
    here = f"/referrals/{referral.uuid}/give/?label={syringe.label}"
    form = {**DOSE, "scanned": syringe.label, "permit": str(clinic.lab.permit.uuid)}
    assert "second_password" not in text_of(operator, here)
    kit.second_person = ["administer"]
    kit.save(update_fields=["second_person"])
    assert 'name="second_password"' in text_of(operator, here)
    physicist = clinic.lab.physicist
    people.set_pin(by=physicist, pin=PIN)
    for change, words in (
        ({}, "Second person, who has looked at it: say it"),
        ({"second": str(clinic.operator.uuid), "second_password": PIN}, "second"),
        ({"second": str(physicist.uuid), "second_password": "1"}, "PIN"),
    ):
        answer = operator.post(here, {**form, **change})
        page = answer.content.decode()
        assert (answer.status_code, words in page) == (422, True), (words, page)
    assert not Administration.objects.exists()
    sent(operator, here, **form, second=str(physicist.uuid), second_password=PIN)
    said = json.loads(Administration.objects.get().record.text)["statement"]["given"]
    assert said["second"]["name"] == "Phil Physicist"


def test_a_late_finding_is_added_on_its_page(clinic: Any, operator: Client, practitioner: Client) -> None:
    given, _ = whole_story(clinic, operator, practitioner)
    assert f"{given}add/" in text_of(operator, given)
    assert f"{given}add/" not in text_of(practitioner, given)
    found = {"what": "residual", "words": f"{NAME}: the connector was not flushed", "pin": PIN}
    refused = operator.post(f"{given}add/", {**found, "activity": "600"})
    assert refused.status_code == 422
    assert "more than were given besides" in refused.content.decode()
    assert sent(operator, f"{given}add/", **found, activity="20") == given
    page = text_of(operator, given)
    for words in ("Added later", "470 MBq given", "Otto Operator", "-R2"):
        assert words in page, words
    assert "147 MBq under EPR-1, as booked; 141 MBq by what is known now" in page
    permit = text_of(operator, f"/materials/permits/{clinic.lab.permit.uuid}/")
    assert "Found not to have been given; the totals keep what was counted" in permit
    assert "141" in permit
    assert given in permit
    assert NAME not in page


def test_an_examination_takes_a_further_dose_on_its_page(
    clinic: Any, operator: Client, practitioner: Client
) -> None:
    rest = f"/referrals/{clinic.referred().uuid}/"
    kit = str(clinic.lab.kit_product.uuid)
    assert f"{rest}dose/" in text_of(operator, rest)
    unsaid = operator.post(f"{rest}dose/", {"dose": "stress", "product": kit, "pin": PIN, "first": ""})
    assert unsaid.status_code == 422
    stress = sent(operator, f"{rest}dose/", first="rest", dose="stress", product=kit, pin=PIN)
    assert "Which dose the first one is" not in text_of(operator, f"{rest}dose/")
    asked = text_of(practitioner, f"{rest}justify/")
    assert "It covers every dose that waits" in asked
    assert "stress" in asked
    sent(practitioner, f"{rest}justify/", grounds="angina", pregnancy="no", pin=PIN)
    sent(practitioner, f"{stress}authorise/", prescribed="750", pin=PIN)
    page = text_of(operator, rest)
    assert "Doses of this examination" in page
    assert "750 MBq" in page
    assert "Bone scan: stress" in text_of(operator, "/referrals/")
