"""Newer pages in a real browser, as the head of the department sees them: axe finds nothing on any."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.interfaces.web.test_story import no_violation
from tests.interfaces.web.test_story import site as site

pytestmark = pytest.mark.browser

CHECK = "medical_engineering.user_check_defibrillator"


@pytest.fixture(scope="module")
def head(site: str, chromium: Any) -> Iterator[Page]:
    """A window signed in as the demo's head of department; an error on the console fails the test."""
    from kilter.interfaces.demo.staff import ACCOUNTS

    account = next(one for one in ACCOUNTS if one.username == "head")
    window = chromium.new_context(viewport={"width": 1180, "height": 820}).new_page()
    window.set_default_timeout(30_000)
    errors: list[str] = []
    window.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    window.on("pageerror", lambda problem: errors.append(str(problem)))
    window.goto(f"{site}/login/")
    window.fill("#in-username", account.username)
    window.fill("#in-password", account.password)
    window.press("#in-password", "Enter")
    window.wait_for_url(f"{site}/")
    window.pin = account.pin
    yield window
    assert [text for text in errors if "(Not Found)" not in text and "422" not in text] == []
    window.context.close()


@pytest.mark.parametrize(
    "path",
    [
        "/schedule/jobs/",
        "/schedule/drifting/",
        "/schedule/drifting/?kind=infusion_pump",
        "/schedule/drifting/?kind=astrolabe",
        "/safety/campaigns/",
        "/safety/campaigns/?closed",
        "/replacement/",
        "/replacement/?year=now&kind=infusion_pump",
        "/replacement/weights/",
        "/replacement/freeze/",
        "/testers/",
        "/testers/upload/",
        "/arrived/",
        "/arrived/settled/",
        "/arrived/names/",
        "/models/",
        "/models/new/",
        "/models/gudid/",
        "/kinds/",
        "/kinds/import/",
        "/kinds/infusion_pump/",
        "/lent/",
        "/lent/new/",
        "/wards/",
        "/wards/set/",
        "/people/authorise/",
        "/patients/",
        "/patients/new/",
        "/patients/log/",
        "/referrals/",
        "/guidelines/",
        "/guidelines/new/",
        "/advice/",
        "/advice/new/",
    ],
)
def test_no_page_keeps_anybody_out(head: Page, site: str, path: str) -> None:
    head.goto(f"{site}{path}")
    no_violation(head)


def fill(page: Page, **fields: str) -> None:
    """Fill a form, whatever its fields are made of."""
    for name, value in fields.items():
        field = page.locator(f"main form [name={name}]").first
        if field.evaluate("one => one.type") == "radio":
            page.check(f"[name={name}][value='{value}']")
        elif field.evaluate("one => one.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)


def send(page: Page, to: str) -> None:
    page.locator("main form button.first").click()
    page.wait_for_url(re.compile(to))


def test_a_ward_does_its_checks(head: Page, site: str) -> None:
    head.goto(f"{site}/search/?q=defibrillator")
    head.locator("tbody tr", has_text="In use").first.locator("a").first.click()
    head.wait_for_url(re.compile(r"/devices/"))
    device, place = head.url, head.locator(".crumbs").inner_text().strip()
    head.goto(f"{site}/wards/set/")
    fill(head, place=place, protocol=CHECK, wanted="yes", reason="agreed with the ward")
    send(head, r"/wards/[0-9a-f-]{36}/")
    ward = head.url
    assert "0 of" in head.inner_text("main")
    no_violation(head)
    head.locator("main details summary").first.click()
    no_violation(head)
    head.locator("main form [name^='failed.']").first.check()
    head.fill("[name=pin]", head.pin)  # type: ignore[attr-defined]
    head.click("button[value=sign]")
    head.get_by_text("do not use it").first.wait_for()
    no_violation(head)
    head.goto(f"{site}/wards/")
    no_violation(head)
    head.goto(ward)
    if head.locator("main form [name^='ok.']").count():  # three taps: all in order, the PIN, sign
        head.locator("main form [name^='ok.']").first.check()
        head.fill("[name=pin]", head.pin)  # type: ignore[attr-defined]
        head.click("button[value=sign]")
        head.wait_for_url(ward)
        no_violation(head)
    head.goto(f"{device}log/?write")
    no_violation(head)
    fill(head, text="moved to bay 2")
    send(head, r"/log/$")
    no_violation(head)
    head.goto(device)
    assert "Operating log: moved to bay 2" in head.inner_text("main")
    no_violation(head)


def test_a_device_is_lent_to_us_and_goes_back(head: Page, site: str) -> None:
    head.goto(f"{site}/lent/new/")
    day = (date.today() + timedelta(days=30)).isoformat()  # noqa: DTZ011  (a day some weeks ahead)
    fill(head, lender="Northfield plc", agreement="trial 12", indemnity="MIA 4711", due_back=day, asset="L-1")
    head.locator("[name=model]").select_option(index=1)
    send(head, r"/devices/[0-9a-f-]{36}/")
    no_violation(head)
    head.get_by_role("link", name="Return to its owner").click()
    no_violation(head)
    fill(head, decontamination="done", decontaminated_by="wiped", condition="as it came", note_number="C-99")
    head.fill("[name=pin]", head.pin)  # type: ignore[attr-defined]
    send(head, r"/devices/[0-9a-f-]{36}/$")
    assert "C-99: as it came" in head.inner_text("main")
    no_violation(head)


def test_a_maker_is_asked_and_answers(head: Page, site: str) -> None:
    head.goto(f"{site}/models/")
    head.locator("tbody a").first.click()
    head.wait_for_url(re.compile(r"/models/[0-9a-f-]{36}/"))
    no_violation(head)
    model = head.url
    head.get_by_role("link", name="Ask the maker").click()
    no_violation(head)
    fill(head, subject="Error 17", whom="Northfield", text="What does it mean?")
    send(head, r"/queries/")
    no_violation(head)
    head.get_by_role("link", name="Add to it").click()
    no_violation(head)
    fill(head, from_maker="yes", whom="Mr Field", text="Replace the sensor.")
    send(head, r"/queries/[0-9a-f-]{36}/$")
    assert "Answered." in head.inner_text("main")
    head.goto(f"{model}edit/")
    no_violation(head)


def test_a_campaign_and_the_jobs_of_a_month(head: Page, site: str) -> None:
    head.goto(f"{site}/models/")
    name = head.locator("tbody a").first.inner_text()
    head.goto(f"{site}/safety/campaigns/new/")
    no_violation(head)
    fill(head, title="Update", text="Load it", makers=name.split()[0], jobs="no")
    send(head, r"/safety/campaigns/[0-9a-f-]{36}/")
    no_violation(head)
    head.goto(f"{site}/safety/campaigns/")
    no_violation(head)
    head.goto(f"{site}/schedule/jobs/")
    button = head.get_by_role("button", name="Open a job for each visit")
    if button.count():
        button.click()
        head.get_by_text("jobs opened").wait_for()
        no_violation(head)
    head.goto(f"{site}/work/")
    head.locator("tbody tr td a").first.click()
    head.wait_for_url(re.compile(r"/work/[0-9a-f-]{36}/"))
    no_violation(head)
