"""The boards of the room: hot lab, planner, inspector's page, downtime sheet; and how much they ask."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from kilter.department.ledger import clock
from kilter.department.materials import actions
from kilter.department.materials.models import Lot
from tests.department.materials.conftest import BREAKTHROUGH, START
from tests.interfaces.web.materials.conftest import browser_of
from tests.interfaces.web.materials.test_chain_pages import text_of

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def chain(lab: Any) -> dict[str, Any]:
    generator, kits = lab.generator(), lab.kits()
    eluate = lab.released(lab.eluate(generator))
    batch = lab.batch(eluate, kits)
    return {
        "generator": generator,
        "kits": kits,
        "eluate": eluate,
        "batch": batch,
        "dose": lab.dose(batch, 500.0),
    }


def book(lab: Any, hours: float, activity: float = 500.0, nuclide: str = "Tc-99m") -> Any:
    at = START + hours * HOUR
    given = {
        "nuclide": nuclide,
        "activity": activity,
        "route": "drain",
        "excreted": 0.3,
        "words": "bone scan",
    }
    return actions.book(by=lab.chemist, at=at, **given)


def test_the_hot_lab_shows_what_is_there_and_what_waits(lab: Any, chemist: Client, chain: Any) -> None:
    page = text_of(chemist, "/materials/")
    assert '<a href="/materials/" aria-current="page" data-key="g m">Materials</a>' in page
    for words in ("Test: radiochemical purity", "In the column now", "Good to elute from"):
        assert words in page
    assert f'id="now-{chain["eluate"].uuid}">6000 MBq' in page
    with clock.at(START + 6.015 * HOUR):
        later = text_of(browser_of(lab.chemist), "/materials/")
        assert f'id="now-{chain["eluate"].uuid}">3000 MBq' in later
    with clock.at(START + 9 * HOUR):
        client = browser_of(lab.chemist)
        assert "expired" in text_of(client, "/materials/")


def test_an_empty_room_says_what_is_missing(lab: Any, chemist: Client) -> None:
    page = text_of(chemist, "/materials/")
    for words in ("Nothing waits", "nothing at hand", "Nothing expires", "No leak test"):
        assert words in page
    assert "No generator at hand" in text_of(chemist, "/materials/planner/")
    assert "no generator at hand" in text_of(chemist, "/materials/do/elute/", 409)
    assert "There is no waste container." in text_of(chemist, "/materials/waste/")


def seen_of(page: str) -> str:
    found = re.search(r"/materials/live/\?seen=([0-9a-f]+)", page)
    assert found is not None
    return found[1]


def test_activities_are_refreshed_and_the_page_anew_where_more_has_changed(
    lab: Any, chemist: Client, chain: Any
) -> None:
    box = actions.open_container(by=lab.chemist, label="W1", confirmation=lab.confirm())
    lab.act("put_in_container", lot=lab.dose(chain["batch"], 5.0), container=box)
    seen = seen_of(text_of(chemist, "/materials/"))
    with clock.at(START + 1 * HOUR):
        client = browser_of(lab.chemist)
        answer = client.get(f"/materials/live/?seen={seen}")
        now = 6000.0 * 2 ** (-1 / 6.015)
        assert (
            f'<span id="now-{chain["eluate"].uuid}" hx-swap-oob="true">{now:.0f} MBq'
            in answer.content.decode()
        )
        assert "no-store" in answer["Cache-Control"]
        page = text_of(client, "/materials/")
        for place in re.findall(r'<span id="(now-[^"]+)"', answer.content.decode()):
            assert f'id="{place}"' in page  # nothing is sent that has no place there
        lab.act("reject", lot=chain["eluate"], reason="late result")
        answer = client.get(f"/materials/live/?seen={seen}")
        assert (answer.status_code, answer["HX-Refresh"]) == (204, "true")
        page = text_of(client, "/materials/")
        assert page.count("from which it comes, is rejected") == 2  # the batch, and the dose drawn from it
    with clock.at(START + 9 * HOUR):  # nobody touched anything: the batch has expired
        again = browser_of(lab.chemist).get(f"/materials/live/?seen={seen_of(page)}")
        assert again["HX-Refresh"] == "true"


def test_a_source_is_listed_before_its_leak_test_is_late(lab: Any, chemist: Client) -> None:
    product = actions.add_product(
        by=lab.head, key="co57", name="Co-57 sheet", kind="radioactive", nuclide="Co-57", leak_test_days=180
    )
    lab.act("receive", product=product, label="Q1", kind="source", activity=370.0)
    assert "No leak test" in text_of(chemist, "/materials/")
    with clock.at(START + 170 * DAY):
        assert "nobody named" in text_of(browser_of(lab.chemist), "/materials/")
    with clock.at(START + 181 * DAY):
        assert "overdue since" in text_of(browser_of(lab.chemist), "/materials/")


def test_the_planner_says_what_to_elute_and_draw(lab: Any, chemist: Client) -> None:
    lab.generator()
    for hours in (3, 4):
        book(lab, hours)
    book(lab, 5, 37.0, "I-131")
    page = text_of(chemist, "/materials/planner/?day=2040-03-05")
    assert page.count("bone scan") == 6  # each once in the plan and once in the list of bookings
    assert "Booked, not from this generator" in page
    assert "500 MBq at 09:00" in page
    assert "08:45" in page  # a quarter of an hour before the dose
    assert "Nothing is booked" in text_of(chemist, "/materials/planner/?day=2040-03-06")
    book(lab, 6, 900_000.0)
    assert "Cannot be served" in text_of(chemist, "/materials/planner/?day=2040-03-05")
    for wrong in ("day=soon", "opens=six", "efficiency=900", "volume=0", "before_draw=-1", "generator=none"):
        text_of(chemist, f"/materials/planner/?day=2040-03-05&{wrong}", 422)


def test_the_sheet_for_a_day_without_kilter_is_a_pdf(lab: Any, chemist: Client) -> None:
    assert chemist.get("/materials/downtime.pdf").content.startswith(b"%PDF-")
    eluate = lab.released(lab.eluate(lab.generator()))
    for _ in range(6):
        lab.batch(eluate, lab.kits(), 100.0)
    answer = chemist.get("/materials/downtime.pdf")
    assert answer["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")


def test_an_inspector_sees_a_period_and_takes_it_along(lab: Any, chain: Any) -> None:
    head = browser_of(lab.head)
    page = text_of(head, "/materials/inspection/")
    for words in ("breakthrough", "dispense", "passed", "first=2040-02-04&amp;last=2040-03-05"):
        assert words in page
    assert "Nothing happened" in text_of(head, "/materials/inspection/?first=2039-01-01&last=2039-01-02")
    text_of(head, "/materials/inspection/?first=2040-01-02&last=2039-01-02", 422)
    answer = head.get("/materials/inspection.zip?first=2040-03-01&last=2040-03-05")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as pack:
        assert {"manifest.json", "movements_and_tests.csv", "records.jsonl"} <= set(pack.namelist())
    viewer = browser_of(lab.chemist)
    assert "inspection.zip" not in text_of(viewer, "/materials/inspection/")
    assert viewer.get("/materials/inspection.zip").status_code == 403


def counted(client: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code in (200, 204)
    return len(captured)


def test_query_counts_do_not_grow_with_what_is_there(lab: Any, chemist: Client, chain: Any) -> None:
    book(lab, 3)
    box = actions.open_container(by=lab.chemist, label="W1", confirmation=lab.confirm())
    paths = {
        "/materials/": 16,
        "/materials/live/": 12,
        "/materials/waste/": 14,
        "/materials/planner/?day=2040-03-05": 12,
        "/materials/inspection/": 8,
        "/materials/downtime.pdf": 8,
        f"/materials/permits/{lab.permit.uuid}/": 18,
        f"/materials/lots/{chain['generator'].uuid}/": 20,
        f"/materials/dispense/?vial={chain['batch'].label}": 16,
    }
    first = {path: counted(chemist, path) for path in paths}
    kits = lab.kits()
    for number in range(4):
        with clock.at(START + (number + 1) * HOUR):
            eluate = lab.released(lab.eluate(chain["generator"], 500.0))
            batch = lab.batch(eluate, kits, 100.0)
            lab.act("put_in_container", lot=lab.dose(batch, 5.0), container=box)
            book(lab, number + 4)
    with clock.at(START + 5 * HOUR):
        client = browser_of(lab.chemist)
        later = {path: counted(client, path) for path in paths}
    assert {path: later[path] - first[path] for path in paths if later[path] > first[path] + 1} == {}
    assert {path: count for path, count in later.items() if count > paths[path]} == {}


def test_a_trend_takes_the_results_of_eluates(lab: Any, chemist: Client) -> None:
    generator = lab.generator()
    for hours in (0, 8, 16):
        with clock.at(START + hours * HOUR):
            eluate = lab.eluate(generator, 3000.0)
            lab.act("run_test", lot=eluate, procedure=BREAKTHROUGH, inputs=lab.breakthrough(eluate, 0.2))
    with clock.at(START + 17 * HOUR):
        page = text_of(browser_of(lab.chemist), f"/materials/lots/{generator.uuid}/")
    assert re.search(r'"limit": ?0\.15', page)
    assert page.count("0.2 kBq/MBq") >= 3
    assert Lot.objects.filter(state="rejected").count() == 3


def test_the_planner_draws_from_what_is_at_hand_unless_it_is_left(lab: Any, chemist: Client) -> None:
    generator = lab.generator()
    eluate = lab.released(lab.eluate(generator, 5000.0))
    book(lab, 1)
    page = text_of(chemist, "/materials/planner/?day=2040-03-05")
    assert "at hand" in page
    assert eluate.label in page
    left = text_of(chemist, "/materials/planner/?day=2040-03-05&held=no")
    assert eluate.label not in left
