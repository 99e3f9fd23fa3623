"""From the generator to the permit in a real browser: eluted, tested, released, given, and disposed of."""

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
NAME, BORN, NUMBER = "Philippa Nettlefold", "1961-06-15", "HX200019"


class Ward:
    """The windows of the people of the hot lab, signed in; an error on the console fails the test."""

    def __init__(self, browser: Any, site: str) -> None:
        self.browser, self.site, self.errors = browser, site, []
        self.windows: dict[str, Page] = {}

    def __getitem__(self, username: str) -> Page:
        if username not in self.windows:
            self.windows[username] = self._signed_in(username)
        return self.windows[username]

    def _signed_in(self, username: str) -> Page:
        from kilter.interfaces.demo.staff import ACCOUNTS

        account = next(one for one in ACCOUNTS if one.username == username)
        window: Any = self.browser.new_context(viewport={"width": 1180, "height": 820}).new_page()
        window.set_default_timeout(30_000)
        window.on("console", lambda said: self.errors.append(said.text) if said.type == "error" else None)
        window.on("pageerror", lambda problem: self.errors.append(str(problem)))
        window.goto(f"{self.site}/login/")
        window.fill("#in-username", account.username)
        window.fill("#in-password", account.password)
        window.press("#in-password", "Enter")
        window.wait_for_url(f"{self.site}/")
        window.pin = account.pin
        return window  # type: ignore[no-any-return]

    def go(self, username: str, path: str) -> Page:
        """Open a page; axe finds nothing on it."""
        page = self[username]
        page.goto(f"{self.site}{path}")
        no_violation(page)
        return page

    def fill(self, username: str, **typed: str) -> None:
        """Fill the form that is open, and press the button that signs."""
        page: Any = self[username]
        for name, value in typed.items():
            field = page.locator(f"main form [name={name}]").first
            if field.evaluate("one => one.type") == "radio":
                page.check(f"main form [name={name}][value='{value}']")
            elif field.evaluate("one => one.tagName") == "SELECT":
                field.select_option(value)
            else:
                field.fill(value)
        page.fill("[name=pin]", page.pin)
        page.locator("main form button[value=sign]").click()

    def sign(self, username: str, to: str, **typed: str) -> str:
        """Fill the form that is open, and sign it with the PIN; give where it led."""
        page = self[username]
        self.fill(username, **typed)
        page.wait_for_url(re.compile(to))
        no_violation(page)
        return str(page.url).removeprefix(self.site)


@pytest.fixture(scope="module")
def ward(site: str, chromium: Any) -> Iterator[Ward]:
    made = Ward(chromium, site)
    yield made
    # htmx says so where a page is left while it asks; wrong answers are told by the browser itself.
    broken_off = ("htmx:afterRequest", "htmx:sendError", "htmx:sendAbort")
    left = [text for text in made.errors if not text.startswith(broken_off)]
    assert [text for text in left if "(Not Found)" not in text and "422" not in text] == []
    for window in made.windows.values():
        window.context.close()


LOT = r"/materials/lots/"


def drain_so_far(page: Page) -> str:
    row = page.locator("tbody tr", has_text="drain").filter(has_text="Tc-99m")
    return row.locator("td").nth(2).inner_text()


def test_a_dose_from_the_generator_to_the_permit(ward: Ward) -> None:
    before = drain_so_far(ward.go("nm", "/materials/waste/"))
    assert before == "0 MBq"

    # The generator is scanned, eluted and its eluate tested.
    page = ward.go("nm", "/materials/")
    page.locator("section", has_text="G-22").get_by_role("link", name="Elute").click()
    page.wait_for_url(re.compile(r"/materials/do/elute/"))
    page.keyboard.type("g-22")  # the field has the focus, and a scanner ends with Enter
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.name") == "activity"
    no_violation(page)
    eluate = ward.sign("nm", LOT, activity="1500", volume="5")
    assert "not yet released: test it" in page.inner_text("main")
    page.get_by_role("link", name="Test", exact=True).click()
    ward.sign("nm", LOT, parent_activity="20", daughter_activity="1500")
    assert "passed" in page.inner_text("main")

    # Another person releases it; a batch is prepared and tested.
    lead = ward.go("lead", eluate)
    lead.get_by_role("link", name="Release").click()
    no_violation(lead)
    ward.sign("lead", LOT)
    assert "released for use" in lead.inner_text("main")
    label = lead.inner_text("h1")
    ward.go("nm", "/materials/do/prepare/?product=mdp")
    batch = ward.sign("nm", LOT, scanned=label, activity="1200", added_volume="3")
    page.get_by_role("link", name="Test", exact=True).click()
    strips = {"strip_1_top": "200", "strip_1_bottom": "98800"}
    ward.sign("nm", LOT, **strips, strip_2_top="99000", strip_2_bottom="400")
    vial = page.inner_text("h1")

    # A patient is registered and referred; the practitioner justifies and authorises.
    ward.go("nm", "/patients/new/")
    page.fill("[name=name]", NAME)
    page.fill("[name=date_of_birth]", BORN)
    page.fill("[name=hospital_number]", NUMBER)
    page.locator("main form button.first").click()
    page.wait_for_url(re.compile(r"/patients/[0-9a-f-]{36}/"))
    patient = page.url.removeprefix(ward.site)
    pseudonym = re.search(r"P-[0-9A-Z]+", page.inner_text("main"))[0]  # type: ignore[index]
    ward.go("nm", f"{patient}refer/")
    kit = page.locator("label", has_text="MDP kit").locator("input")
    if kit.count():
        kit.check()
    else:
        page.select_option("[name=product]", label="MDP kit")
    words = {"examination": "Bone scan", "referrer": "Dr R. Ferrer", "clinical_details": "Pain in the hip"}
    referral = ward.sign("nm", r"/referrals/", **words)
    ward.go("doctor", f"{referral}justify/")
    field = ward["doctor"].locator("main form input[type=radio]").first
    if field.count():
        field.check()
    ward.sign("doctor", referral, grounds="It changes the treatment")
    ward.go("doctor", f"{referral}authorise/")
    ward.sign("doctor", referral, prescribed="500")

    # The dose is scanned, computed, drawn and given; what is left of it comes back.
    ward.go("nm", "/materials/dispense/")
    page.keyboard.type(vial.lower())
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"vial="))
    page.fill("[name=activity]", "500")
    page.fill("[name=patient]", pseudonym)
    page.fill("[name=measured]", "505")
    page.locator("#drawn .banner.good", has_text="within the window").wait_for()
    assert re.search(r"\d\.\d+ mL", page.inner_text("#drawn .large >> nth=0"))
    no_violation(page)
    dose = ward.sign("nm", LOT)
    syringe = page.inner_text("h1")
    answer = page.context.request.get(f"{ward.site}{dose}label.pdf")
    assert answer.body().startswith(b"%PDF-")
    ward.go("nm", f"{referral}give/?label={syringe}")
    given = {
        "scanned": syringe,
        "name": NAME,
        "date_of_birth": BORN,
        "number": NUMBER,
        "pregnancy": "not_possible",
        "feeding": "no",
        "residual": "5",
        "extravasation": "none",
        "explained": "Drink much today",
    }
    permit = page.locator("[name=permit]").first.get_attribute("value") or ""
    address = ward.sign("nm", r"/administrations/", **given, **({"permit": permit} if permit else {}))
    residue = re.search(r"Left in it\s+5 MBq at .+? \((\S+)\)", page.inner_text("main"))
    assert residue is not None

    # The residue goes into a container, which is closed and disposed of; the permit shows both ways out.
    ward.go("nm", "/materials/do/open_container/")
    box = ward.sign("nm", LOT)
    container = page.inner_text("h1")
    ward.go("nm", "/materials/do/put_in_container/")
    ward.sign("nm", LOT, scanned=residue[1], container=container)
    page.get_by_role("link", name="Close", exact=True).click()
    ward.sign("nm", LOT)
    page.get_by_role("link", name="Dispose of", exact=True).click()
    out = {"route": "solid", "permit": "EPR-DEMO-17"}
    ward.sign("nm", r"/materials/waste/", **out)
    assert container not in page.inner_text("main")
    solid = page.locator("tbody tr", has_text="solid waste").locator("td").nth(2).inner_text()
    assert float(re.sub(r"[^\d.]", "", solid)) == pytest.approx(5.0, abs=0.1)
    excreted = float(re.sub(r"[^\d.]", "", drain_so_far(page)))
    assert excreted == pytest.approx(0.3 * 500.0, rel=0.02)
    page.get_by_role("link", name="Forecast").first.click()
    page.wait_for_url(re.compile(r"/materials/permits/"))
    page.wait_for_selector("[data-drawn=yes]")
    no_violation(page)

    # Everything of it stands in the chain of the batch, and nobody's name on any page of the room.
    for path in (batch, box, "/materials/inspection/"):
        ward.go("nm", path)
        assert NAME not in page.content()
    assert "administer" in page.inner_text("main")
    what_is_found_late(ward, address)


def what_is_found_late(ward: Ward, address: str) -> None:
    """Some of the dose turns out to lie beside the vein: added, and what was written stays."""
    page = ward.go("nm", address)
    page.get_by_role("link", name="Add a late finding").click()
    no_violation(page)
    found = {"what": "extravasation", "activity": "40", "words": "The arm is swollen"}
    ward.sign("nm", re.escape(address), **found)
    said = page.inner_text("main")
    assert "Added later" in said
    assert re.search(r"40(\.\d+)? MBq of it beside the vein", said)  # as it was when the dose was given
    assert "The arm is swollen" not in said


def test_a_mistyped_test_is_corrected_and_what_leaves_is_surveyed(ward: Ward) -> None:
    page = ward.go("nm", "/materials/find/?label=B-001")
    page.get_by_role("link", name="Test", exact=True).click()
    wrong = {"strip_1_top": "200", "strip_1_bottom": "98800", "strip_2_top": "400", "strip_2_bottom": "99000"}
    batch = ward.sign("nm", LOT, **wrong)
    assert "failed" in page.inner_text("main")
    assert page.get_by_role("link", name="Correct the").count() == 0  # that is another one's to do
    lead = ward.go("lead", batch)
    lead.get_by_role("link", name="Correct the").last.click()
    no_violation(lead)
    right = {"strip_2_top": "99000", "strip_2_bottom": "400", "reason": "The ends of strip 2 were swapped"}
    ward.sign("lead", LOT, **right)
    assert "failed, corrected" in lead.inner_text("main")
    assert "The ends of strip 2 were swapped" in lead.inner_text("main")

    # It may not leave as no longer radioactive before it was surveyed: the form asks, and says why.
    page = ward.go("nm", batch)
    page.get_by_role("link", name="Dispose of", exact=True).click()
    no_violation(page)
    ward.fill("nm", route="cleared")
    page.get_by_text("surveyed first").first.wait_for()
    no_violation(page)
    assert ward.go("nm", batch).locator("h1").inner_text() == "B-001"


def test_bookings_have_labels_that_are_scanned_where_the_dose_is_drawn(ward: Ward) -> None:
    codes: list[str] = []
    for ahead in (0, 1):  # late in the evening the next doses are tomorrow's
        day = date.today() + timedelta(days=ahead)  # noqa: DTZ011  (the site's own machine)
        page = ward.go("nm", f"/materials/planner/?day={day}")
        codes = re.findall(r"BK-\w+", page.inner_text("main"))
        if codes:
            break
    assert codes
    href = page.get_by_role("link", name="Labels to scan").get_attribute("href")
    assert page.context.request.get(f"{ward.site}{href}").body().startswith(b"%PDF-")
    page = ward.go("nm", "/materials/dispense/?vial=B-001")
    page.fill("[name=scan_booking]", codes[0])
    page.press("[name=scan_booking]", "Tab")
    page.locator("#drawn", has_text="600 MBq").wait_for()
    no_violation(page)


@pytest.mark.parametrize(
    "path",
    [
        "/materials/",
        "/materials/planner/",
        f"/materials/planner/?day={date.today().isoformat()}&efficiency=50",  # noqa: DTZ011  (any day will do)
        "/materials/inspection/",
        "/materials/do/receive/",
        "/materials/do/receive/?product=mo_tc",
        "/materials/do/prepare/",
        "/materials/do/book/",
        "/materials/dispense/?vial=nothing",
        "/materials/find/?label=nothing",
    ],
)
def test_no_page_keeps_anybody_out(ward: Ward, path: str) -> None:
    ward.go("nm", path)


def test_activities_decay_on_the_screen(ward: Ward) -> None:
    page = ward.go("nm", "/materials/")
    at = page.inner_text("#live-at")
    page.wait_for_function("at => document.getElementById('live-at').textContent !== at", arg=at)
    assert page.locator("[id^=now-]").count() > 3
