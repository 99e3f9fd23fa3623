"""The chain on pages: what people scan, type and confirm, and what the page says when it may not be."""

from __future__ import annotations

import re
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.test import Client
from pypdf import PdfReader

from kilter.department.ledger import clock
from kilter.department.materials import actions
from kilter.department.materials.models import Booking, Lot, LotTest, Movement
from kilter.department.records.models import Record
from tests.conftest import PASSWORD
from tests.department.materials.conftest import BREAKTHROUGH, PURE, PURITY, START
from tests.department.materials.test_clearance import instrument
from tests.interfaces.web.materials.conftest import browser_of

pytestmark = pytest.mark.django_db
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def text_of(client: Client, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status, (address, answer.content.decode()[-600:])
    return " ".join(answer.content.decode().split())


def send(client: Client, address: str, status: int = 302, **typed: str) -> str:
    """Post a form with the password; give where it leads, or the page."""
    answer = client.post(address, {"password": PASSWORD, **typed})
    assert answer.status_code == status, re.findall(
        r'<div class="faults.*?</div>', answer.content.decode(), re.S
    )
    return str(answer["Location"]) if status == 302 else " ".join(answer.content.decode().split())


def do(verb: str, lot: Any = None, **more: str) -> str:
    asked = {**({"lot": str(lot.uuid)} if lot is not None else {}), **more}
    return f"/materials/do/{verb}/?" + "&".join(f"{name}={value}" for name, value in asked.items())


def test_a_day_of_the_hot_lab_through_its_pages(lab: Any, chemist: Client, physicist: Client) -> None:
    assert "Which product" in text_of(chemist, do("receive"))
    got = {
        "label": "g1",
        "activity": "20000",
        "reference": "2040-03-05T06:00",
        "amount": "1",
        "expires": "2040-03-19T06:00",
        "last_eluted": "2040-03-04T06:00",
    }
    assert send(chemist, do("receive", product="mo_tc"), **got) == address(Lot.objects.get())
    kits = {"label": "K1", "kind": "stock", "amount": "5", "expires": "2040-06-01T00:00", "batch_number": "7"}
    send(chemist, do("receive", product="mdp"), **kits)
    generator = Lot.objects.get(label="G1")
    eluted = {"scanned": "g1", "activity": "15000", "volume": "6", "label": "E1"}
    page = send(chemist, do("elute"), 422, **{**eluted, "scanned": "K1"})
    assert "this is K1, not G1" in page
    assert 'value="15000"' in page
    send(chemist, do("elute"), **eluted)
    eluate = Lot.objects.get(label="E1")
    page = text_of(chemist, address(eluate))
    assert "not yet released: test it, then release it" in page
    page = send(physicist, do("release", eluate), 422)
    assert "has not passed: breakthrough" in page
    measured = {"parent_activity": "450", "daughter_activity": "15000"}
    send(chemist, do("test", eluate, test=BREAKTHROUGH), **measured)
    assert "passed" in text_of(physicist, do("release", eluate))
    assert "Who made a lot" in send(chemist, do("release", eluate), 422)
    send(physicist, do("release", eluate), remark="")
    assert "released for use" in text_of(chemist, address(eluate))
    batch = {
        "scanned": "E1", "kit": str(Lot.objects.get(label="K1").uuid), "activity": "3000",
        "added_volume": "3", "label": "B1", "environment.workstation": "LAF 2",
    }  # fmt: skip
    assert "Fit now: E1." in text_of(chemist, do("prepare", product="mdp"))
    send(chemist, do("prepare", product="mdp"), **batch)
    made = Lot.objects.get(label="B1")
    send(chemist, do("test", made, test=PURITY), **PURE)
    page = text_of(chemist, address(generator))
    for words in ("Good to elute from", "Elution efficiency over time", "Breakthrough over time", "0.03"):
        assert words in page
    assert "Comes from" in text_of(chemist, address(made))


def address(lot: Lot) -> str:
    return f"/materials/lots/{lot.uuid}/"


@pytest.fixture
def batch(lab: Any) -> Any:
    """A batch of 3000 MBq in 5 mL or so, fit for use."""
    return lab.batch(lab.released(lab.eluate(lab.generator())), lab.kits())


def test_a_dose_is_scanned_computed_and_drawn(lab: Any, chemist: Client, batch: Any) -> None:
    booked = actions.book(
        by=lab.chemist,
        at=START + HOUR,
        nuclide="Tc-99m",
        activity=500.0,
        route="drain",
        excreted=0.3,
        words="bone",
    )
    assert "Scan the vial" in text_of(chemist, "/materials/dispense/")
    assert "no lot has this label" in text_of(chemist, "/materials/dispense/?vial=nothing", 422)
    here = f"/materials/dispense/?vial={batch.label}"
    page = text_of(chemist, here)
    assert "500 MBq, bone" in page
    panel = f"/materials/dispense/drawn/?vial={batch.label}"
    drawn = chemist.post(panel, {"booking": str(booked.uuid)}).content.decode()
    now = 500.0 * 2 ** (1 / 6.015)
    volume = now / 3000.0 * batch.volume
    assert f"{volume:.2f} mL" in drawn
    assert f"{now:.1f} MBq" in drawn
    assert "400 MBq to 600 MBq (10 CFR 35.63, 2002, to be confirmed)" in drawn
    low = chemist.post(panel, {"booking": str(booked.uuid), "measured": "300"}).content.decode()
    assert "outside the window" in low
    assert "within the window" in chemist.post(panel, {"activity": "500", "measured": "495"}).content.decode()
    assert "are needed" in chemist.post(panel, {"activity": "50000"}).content.decode()
    assert "decimal point" in chemist.post(panel, {"activity": "1,5"}).content.decode()
    assert "appear here" in chemist.post(panel, {}).content.decode()
    assert not Lot.objects.filter(kind="syringe").exists()
    assert "pick a booking" in send(chemist, here, 422, label="S1")
    where = send(chemist, here, label="S1", booking=str(booked.uuid), measured="560")
    dose = Lot.objects.get(label="S1")
    assert where == address(dose)
    assert (dose.prescribed, dose.intended_at, dose.activity) == (500.0, START + HOUR, 560.0)
    label = chemist.get(f"{where}label.pdf")
    assert label.content.startswith(b"%PDF-")
    assert chemist.get(f"{where}label.pdf?skip=24").status_code == 422


def test_a_time_that_is_now_is_now_and_one_that_is_past_is_refused(
    lab: Any, chemist: Client, batch: Any, monkeypatch: Any
) -> None:
    ticks = iter(range(10_000))
    monkeypatch.setattr(clock, "now", lambda: START + timedelta(seconds=30, milliseconds=next(ticks)))
    here = f"/materials/dispense/?vial={batch.label}"
    send(chemist, here, label="S1", activity="100")  # the clock goes on between the page and the action
    send(chemist, here, label="S2", activity="100", intended_at="2040-03-05T06:00")
    page = send(chemist, here, 422, label="S3", activity="100", intended_at="2040-03-05T05:58")
    assert "lies before it is drawn" in page
    assert "mL</p>" in page  # what is to be drawn still stands there
    assert Lot.objects.filter(kind="syringe").count() == 2


def test_nothing_is_drawn_from_what_is_not_fit(lab: Any, chemist: Client, batch: Any) -> None:
    lab.act("reject", lot=batch, reason="a particle was seen")
    here = f"/materials/dispense/?vial={batch.label}"
    assert "not for use" in text_of(chemist, here)
    assert "is rejected" in send(chemist, here, 422, label="S1", activity="100")
    assert not Lot.objects.filter(kind="syringe").exists()
    page = text_of(chemist, address(batch))
    assert "not for use" in page
    assert "/materials/dispense/?vial" not in page


def test_a_second_person_confirms_where_the_product_asks(lab: Any, chemist: Client) -> None:
    product = lab.eluate_product
    product.second_person = ["dispense"]
    product.save()
    vial = lab.eluate(lab.generator())
    lab.released(vial)
    here = f"/materials/dispense/?vial={vial.label}"
    assert "Second person" in text_of(chemist, here)
    given = {"label": "S1", "activity": "100", "second": str(lab.physicist.uuid)}
    assert "say it" in send(chemist, here, 422, **given)
    assert "wrong" in send(chemist, here, 422, **given, second_password="guess")
    other = {**given, "second": str(lab.chemist.uuid)}
    assert "one of those offered" in send(chemist, here, 422, **other, second_password=PASSWORD)
    send(chemist, here, **given, second_password=PASSWORD)
    assert "Phil Physicist" in Record.objects.order_by("-number")[0].text


def test_waste_goes_its_way_and_the_permit_says_so(lab: Any, chemist: Client, batch: Any) -> None:
    dose = lab.dose(batch, 40.0)
    where = send(chemist, do("open_container"), label="W1")
    box = Lot.objects.get(label="W1")
    assert where == address(box)
    assert "W1" in text_of(chemist, do("put_in_container", dose))
    send(chemist, do("put_in_container"), scanned=dose.label, container="W1")
    page = text_of(chemist, "/materials/waste/")
    assert "Tc-99m 40 MBq" in page
    assert "Close W1" in page
    assert "still open" in send(chemist, do("dispose", box), 422, route="solid", permit="EPR-1")
    send(chemist, do("seal_container", box))
    assert "ten half-lives" in text_of(chemist, "/materials/waste/")
    with clock.at(START + 61 * HOUR):
        client = browser_of(lab.chemist)
        assert "ready since" in text_of(client, "/materials/waste/")
        out = {"route": "solid", "permit": "EPR-1"}
        assert "say with which survey meter" in send(client, do("dispose", box), 422, **out, surface="0.1")
        assert "says nothing of" in send(client, do("dispose", box), 422, **{**out, "route": "air"})
        assert send(client, do("dispose", box), **out) == "/materials/waste/"
        shown = text_of(client, "/materials/waste/")
        assert "There is no waste container." in shown
        left = 40.0 * 2 ** (-61 / 6.015)
        assert f"{left:.3g}"[:4] in text_of(client, f"/materials/permits/{lab.permit.uuid}/")
    assert Movement.objects.filter(verb="dispose", route="solid", activity__gt=0).count() == 1


def test_a_disposal_beyond_the_permit_is_refused_in_words(lab: Any, chemist: Client) -> None:
    eluate = lab.released(lab.eluate(lab.generator(), 8000.0))
    out = {"route": "drain", "permit": "EPR-1"}
    page = send(chemist, do("dispose", eluate), 422, **out)
    assert "allows 5000 MBq; 0 MBq went before, and this makes 8000 MBq" in page


def test_the_forecast_names_the_first_breach_and_what_avoids_it(lab: Any, chemist: Client) -> None:
    assert "no limit would be passed" in text_of(chemist, f"/materials/permits/{lab.permit.uuid}/")
    for days in (1, 2):
        form = {
            "at": f"2040-03-0{5 + days}T09:00",
            "nuclide": "Tc-99m",
            "activity": "3000",
            "route": "drain",
            "excreted": "1",
            "words": "",
        }
        assert chemist.post(do("book"), form).status_code == 302
    assert Booking.objects.count() == 2
    page = text_of(chemist, f"/materials/permits/{lab.permit.uuid}/")
    assert "a limit would be passed on 7 Mar 2040 09:00" in page
    assert re.search(r"6000 MBq of 5000 MBq .* a delay of 24\.\d days avoids it", page)


def test_a_lot_is_moved_rejected_and_found_by_its_label(lab: Any, chemist: Client, batch: Any) -> None:
    from kilter.department.equipment import actions as equipment

    place = equipment.add_location(by=lab.head, name="Hot lab", kind="room")
    assert "say where to" in send(chemist, do("move", batch), 422)
    send(chemist, do("move", batch), location=str(place.pk), custodian=str(lab.physicist.uuid))
    page = text_of(chemist, address(batch))
    assert "Hot lab" in page
    assert "Phil Physicist" in page
    send(chemist, do("reject", batch), reason="it was dropped")
    for scan in (f"/materials/find/?label={batch.label.lower()}", f"/search/?q={batch.label.lower()}"):
        assert chemist.get(scan)["Location"] == address(batch)
    assert chemist.get("/materials/find/?label=nothing").status_code == 404


def test_what_is_not_there_says_so(lab: Any, chemist: Client, batch: Any) -> None:
    for path in (
        do("test"),
        f"{do('test')}lot=nothing",
        do("explode"),
        do("receive", product="nothing"),
        do("test", batch, test="nuclear_medicine.nothing"),
        f"/materials/permits/{batch.uuid}/",
        f"/materials/lots/{lab.chemist.uuid}/",
    ):
        text_of(chemist, path, 404)


def test_only_who_may_is_offered_a_verb_and_the_gate_holds_for_the_rest(lab: Any, hire: Any) -> None:
    eluate = lab.eluate(lab.generator())
    viewer = browser_of(hire("ward_viewer", name="Vera Viewer"))
    for path in (address(eluate), address(eluate.parent), "/materials/", "/materials/waste/"):
        page = text_of(viewer, path)
        assert "/materials/do/" not in page
        assert "/materials/dispense/" not in page
    assert "No role of Vera Viewer" in send(viewer, do("reject", eluate), 422, reason="no")
    eluate.refresh_from_db()
    assert eluate.state == "quarantined"
    assert Client().get("/materials/").status_code == 302


def test_a_mistyped_test_is_corrected_on_its_page_and_everything_stays_to_be_read(
    lab: Any, chemist: Client, physicist: Client
) -> None:
    eluate = lab.released(lab.eluate(lab.generator()))
    syringe = lab.dose(eluate)
    wrong = {"parent_activity": "2700", "daughter_activity": "9000"}
    send(chemist, do("test", eluate, test=BREAKTHROUGH), **wrong)
    page = text_of(chemist, address(eluate))
    assert "not for use" in page
    assert "whatever a later test shows" in page
    assert f"{eluate.label} failed the test breakthrough" in text_of(chemist, address(syringe))
    test = LotTest.objects.get(passed=False)
    form = f"/materials/tests/{test.record.uuid}/correct/"
    assert form in page
    assert 'value="2700"' in text_of(chemist, form)
    right = {**wrong, "parent_activity": "270"}
    assert "Reason: say it" in send(chemist, form, 422, **right)
    assert "nothing is corrected" in send(chemist, form, 422, **wrong, reason="tried")
    assert send(chemist, form, **right, reason="270 is on the counter's strip") == address(eluate)
    page = text_of(chemist, address(eluate))
    for words in ("failed, corrected", "270 is on the counter&#39;s strip", "its cause was corrected"):
        assert words in page, words
    assert form not in page
    assert "its cause was corrected" in text_of(chemist, address(syringe))
    send(physicist, do("release", eluate), remark="")
    assert "released for use" in text_of(chemist, address(eluate))
    assert "released for use" in text_of(chemist, address(syringe))


def test_more_than_the_permit_allows_is_received_only_on_a_second_word(lab: Any, chemist: Client) -> None:
    got = {
        "label": "T1", "kind": "stock", "activity": "150000", "reference": "2040-03-05T06:00",
        "volume": "5", "expires": "2040-03-06T06:00",
    }  # fmt: skip
    form = do("receive", product="pertechnetate")
    assert "beyond_reason" not in text_of(chemist, form)
    page = send(chemist, form, 422, **got)
    assert "permit EPR-1 allows 100000 MBq of all to be held at any time; 0 MBq are held" in page
    assert 'name="beyond_reason"' in page
    word = {
        "beyond_second": str(lab.physicist.uuid),
        "beyond_password": "wrong",
        "beyond_reason": "a mistake",
    }
    assert 'name="beyond_reason"' in send(chemist, form, 422, **got, **word)
    send(chemist, form, **got, **{**word, "beyond_password": PASSWORD})
    assert Lot.objects.get(label="T1").activity == 150_000.0


def test_what_leaves_as_ordinary_waste_is_surveyed_on_its_page(lab: Any, chemist: Client) -> None:
    with clock.at(START - DAY):
        meter = instrument(lab, "SM1", START + 30 * DAY)
    dose = lab.dose(lab.released(lab.eluate(lab.generator())), 100.0)
    out = {"route": "cleared", "permit": "EPR-1"}
    assert "surveyed first" in send(chemist, do("dispose", dose), 422, **out)
    read = {"background": "0.10, 0.11, 0.10, 0.12, 0.11", "instrument": str(meter.uuid)}
    page = send(chemist, do("dispose", dose), 422, **out, **read, surface="0.5")
    assert "the survey does not clear it: the dose rate is" in page
    kept = Record.objects.get(procedure="nuclear_medicine.clearance_survey")
    assert f"kept as record no. {kept.number}" in page
    history = text_of(chemist, f"/materials/lots/{dose.uuid}/")
    assert f'<a href="/records/{kept.uuid}/">survey</a>' in history
    assert 'value="0.10, 0.11, 0.10, 0.12, 0.11"' in page
    send(chemist, do("dispose", dose), **out, **read, surface="0.11")
    assert Movement.objects.get(verb="dispose").route == "cleared"


def test_a_booking_is_scanned_where_its_dose_is_drawn(lab: Any, chemist: Client) -> None:
    vial = lab.batch(lab.released(lab.eluate(lab.generator())), lab.kits())
    first, other = (
        actions.book(
            by=lab.chemist, at=START + hours * HOUR, nuclide="Tc-99m", activity=500.0, route="drain",
            excreted=0.3,
        )
        for hours in (2, 3)
    )  # fmt: skip
    here = f"/materials/dispense/?vial={vial.label}"
    assert 'name="scan_booking"' in text_of(chemist, here)
    panel = f"/materials/dispense/drawn/?vial={vial.label}"
    assert "500 MBq" in chemist.post(panel, {"scan_booking": first.code}).content.decode()
    assert "no booking that this vial serves" in send(chemist, here, 422, label="S1", scan_booking="BK-0")
    both = {"scan_booking": first.code.lower(), "booking": str(other.uuid)}
    assert "was picked and" in send(chemist, here, 422, label="S1", **both)
    send(chemist, here, label="S1", scan_booking=first.code.lower())
    assert Lot.objects.get(label="S1").intended_at == first.at
    assert first.code in text_of(chemist, "/materials/planner/?day=2040-03-05")
    sheet = chemist.get("/materials/bookings.pdf?day=2040-03-05")
    assert sheet["Content-Type"] == "application/pdf"
    assert first.code in "".join(one.extract_text() for one in PdfReader(BytesIO(sheet.content)).pages)
