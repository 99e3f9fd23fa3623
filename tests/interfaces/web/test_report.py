"""A fault reported from a device's label, by somebody without an account."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from kilter.department.equipment import actions as equipment
from kilter.department.equipment.models import Hold
from kilter.department.ledger import clock
from kilter.department.ledger.models import AuditEntry
from kilter.department.status import queries as status
from kilter.department.status.spares import spares_for
from kilter.department.work.models import Job, WardReport
from kilter.interfaces.web.report import trusted
from tests.shop import accepted
from tests.shop import shop as shop

pytestmark = pytest.mark.django_db
GOOD = {"text": "Alarms without end", "unsafe": "no", "error_code": "E105", "reporter": "ext 4411"}


def test_a_ward_reports_a_fault_and_sees_that_it_is_known(shop: Any) -> None:
    client = Client()
    page = client.get("/r/ME0001/").content.decode()
    assert "In use" in page
    assert "Do not write a patient" in page
    sent = client.post("/r/me0001/", GOOD)
    assert sent["Location"] == "/r/ME0001/?sent"
    job = Job.objects.get()
    assert (job.text, job.kind, job.unsafe, job.error_code) == ("Alarms without end", "fault", False, "E105")
    assert job.opened_by.display_name == "Ward (report page)"
    assert AuditEntry.objects.filter(activity="work.report_fault", subject=job.uuid).count() == 1
    page = client.get(sent["Location"]).content.decode()
    assert "Reported. Thank you." in page
    assert "it is reported" in page
    assert "Alarms without end" not in page  # what one ward wrote is not shown to the next
    assert client.get(f"/r/{shop.pump.uuid}/").status_code == 200


def test_what_is_unsafe_is_out_of_use_at_once(shop: Any) -> None:
    client = Client()
    assert client.post("/r/ME0001/", {**GOOD, "unsafe": "yes"}).status_code == 302
    assert Hold.objects.get().cause == "fault"
    page = client.get("/r/ME0001/").content.decode()
    assert "Out of use" in page
    assert "Do not use this device" in page


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"text": ""}, "text: must not be empty"),
        ({"unsafe": ""}, "could harm"),
        ({"unsafe": "perhaps"}, "could harm"),
        ({"text": "patient 943 476 5919"}, "patient&#39;s details"),
        ({"text": "x\0y"}, "cannot be stored"),
    ],
)
def test_what_will_not_do_is_said_and_what_was_typed_stays(
    shop: Any, given: dict[str, str], words: str
) -> None:
    answer = Client().post("/r/ME0001/", {**GOOD, **given})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert words in page
    assert 'value="ext 4411"' in page
    assert Job.objects.count() == 0


def test_a_device_is_reported_so_often_only_but_danger_gets_through(shop: Any) -> None:
    client, start = Client(), clock.now()
    for _ in range(3):
        assert client.post("/r/ME0001/", GOOD).status_code == 302
    refused = client.post("/r/ME0001/", GOOD)
    assert (refused.status_code, b"call the department instead" in refused.content) == (422, True)
    assert client.post("/r/ME0001/", {**GOOD, "unsafe": "yes"}).status_code == 302
    assert client.post("/r/ME0001/", {**GOOD, "unsafe": "yes"}).status_code == 422
    with clock.at(start + timedelta(minutes=11)):
        assert client.post("/r/ME0001/", GOOD).status_code == 302
    assert Job.objects.count() == WardReport.objects.count() == 5
    assert "127.0.0.1" not in "".join(WardReport.objects.values_list("address", flat=True))


def test_an_address_reports_so_often_only(shop: Any) -> None:
    pumps = [
        equipment.register_device(by=shop.head, fields={"asset": f"ME1{n:03d}", "model": shop.pump.model})
        for n in range(7)
    ]
    answers = [
        Client().post(f"/r/{pump.asset}/", GOOD, REMOTE_ADDR="127.0.0.1").status_code
        for pump in pumps
        for _ in range(3)
    ]
    assert answers == [302] * 20 + [422]
    assert Client().post("/r/ME1006/", GOOD, REMOTE_ADDR="127.0.0.2").status_code == 302


def test_from_elsewhere_nothing_is_shown_and_nothing_taken(shop: Any, settings: Any) -> None:
    for answer in (
        Client().get("/r/ME0001/", REMOTE_ADDR="203.0.113.7"),
        Client().post("/r/ME0001/", GOOD, REMOTE_ADDR="203.0.113.7"),
    ):
        assert answer.status_code == 403
        assert b"Infusa" not in answer.content
    settings.KILTER = replace(settings.KILTER, report_networks=("10.20.0.0/16",))
    assert Client().get("/r/ME0001/", REMOTE_ADDR="10.20.3.4").status_code == 200
    assert Client().get("/r/ME0001/", REMOTE_ADDR="::ffff:10.20.3.4").status_code == 200
    assert Client().get("/r/ME0001/", REMOTE_ADDR="127.0.0.1").status_code == 403
    assert Job.objects.count() == 0


def test_behind_a_proxy_its_own_word_counts_and_not_the_callers(shop: Any, settings: Any) -> None:
    settings.KILTER = replace(settings.KILTER, report_networks=("10.20.0.0/16",), behind_proxy=True)
    inside = {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "203.0.113.7, 10.20.3.4"}
    forged = {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "10.20.3.4, 203.0.113.7"}
    assert Client().get("/r/ME0001/", **inside).status_code == 200  # type: ignore[arg-type]
    assert Client().get("/r/ME0001/", **forged).status_code == 403  # type: ignore[arg-type]
    assert Client().get("/r/ME0001/", REMOTE_ADDR="127.0.0.1").status_code == 403


@pytest.mark.parametrize("address", ["", "unix:", "999.1.1.1", "10.0.0.1, 10.0.0.2", "localhost"])
def test_what_is_no_address_is_not_trusted(address: str) -> None:
    assert not trusted(address)


def test_a_device_that_is_not_there_or_gone_takes_no_report(shop: Any) -> None:
    assert Client().get("/r/NOTHING/").status_code == 404
    equipment.condemn(by=shop.head, device=shop.pump, reason="worn out")
    shop.pump.refresh_from_db()
    equipment.dispose(
        by=shop.head,
        device=shop.pump,
        reason="scrapped",
        route="recycled",
        company="Greenfield",
        note_number="1",
        left_on="2026-01-05",
        decontamination="not_needed",
        decontaminated_by="never in use",
    )
    assert Client().post("/r/ME0001/", GOOD).status_code == 422


def test_a_form_without_its_token_is_refused(shop: Any) -> None:
    assert Client(enforce_csrf_checks=True).post("/r/ME0001/", GOOD).status_code == 403


def test_the_nearest_that_may_be_used_stands_in(shop: Any, django_assert_max_num_queries: Any) -> None:
    site = equipment.add_location(by=shop.head, name="Royal Infirmary", kind="site")
    near, far = (
        equipment.add_location(by=shop.head, name=name, kind="ward", parent=site)
        for name in ("Ward 1", "Ward 2")
    )
    home = equipment.add_location(by=shop.head, name="12 High Street", kind="home", parent=site)
    other = equipment.add_location(by=shop.head, name="Other Hospital", kind="site")
    made = {}
    for asset, place in (("A", far), ("B", near), ("C", near), ("D", home), ("E", other), ("F", near)):
        made[asset] = equipment.register_device(
            by=shop.head, fields={"asset": asset, "model": shop.pump.model, "location": place}
        )
        if asset != "C":  # received, never accepted
            ground = accepted(shop.head, made[asset])
            equipment.put_in_service(by=shop.head, device=made[asset], evidence=ground)
    status.recompute()
    equipment.place_hold(by=shop.head, device=made["F"], cause="statement", text="x")
    status.recompute()
    shop.pump.location = near
    with django_assert_max_num_queries(6):
        assert [one.asset for one in spares_for(shop.pump)] == ["B", "A"]
    shop.pump.location = None
    assert spares_for(shop.pump) == []
