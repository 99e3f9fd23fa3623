"""The story of the first day, in a real browser against a real server on a demo hospital of its own."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from kilter.measure.reference_object import make

pytestmark = pytest.mark.browser
SHARED = Path(__file__).parents[4] / "shared" / "data" / "nuclear_medicine" / "UNIFORMIDAD_1.dcm"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def demo_served(home: Path) -> Iterator[str]:
    """Make a demo hospital in a folder and serve it, by the command that people type; gives its address."""
    port = free_port()
    command = [sys.executable, "-m", "kilter", "demo"]
    command += ["--devices", "120", "--years", "1", "--home", str(home), "--port", str(port)]
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("KILTER", "DJANGO"))
    }
    environment.pop("DATABASE_URL", None)
    served = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            assert served.poll() is None, "the demo ended by itself"
            try:
                urllib.request.urlopen(f"{address}/login/", timeout=2).close()
                break
            except OSError:
                time.sleep(0.5)
        else:
            pytest.fail("the demo did not answer within five minutes")
        yield address
    finally:
        served.terminate()
        served.wait(timeout=90)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A demo hospital of the module's own."""
    with demo_served(tmp_path_factory.mktemp("demo") / "home") as address:
        yield address


@pytest.fixture(scope="module")
def page(site: str, chromium: Any) -> Iterator[Page]:
    """A tablet-sized window, signed in as the demo's technologist; an error on the console fails the test."""
    from kilter.interfaces.demo.staff import ACCOUNTS

    account = next(one for one in ACCOUNTS if one.username == "tech")
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


def no_violation(page: Page) -> None:
    found = Axe().run(page)
    assert found.violations_count == 0, f"{page.url}: {found.generate_report()}"


def open_first(page: Page, site: str, words: str, verdict: str = "In use") -> None:
    """Search, and open the first device with this status."""
    page.goto(f"{site}/search/?q={words}")
    row = page.locator("tbody tr", has_text=verdict).first
    row.locator("a").first.click()
    page.wait_for_url(re.compile(r"/devices/"))


def fill_safety_test(page: Page, earth: str) -> None:
    page.locator("[data-all=visual_inspection]").click()
    if page.locator("[name='protective_earth.reading']").count():
        page.fill("[name='protective_earth.reading']", earth)
    page.fill("[name='equipment_leakage.current']", "35")
    page.check("[name='equipment_leakage.method'][value=direct]")
    if page.locator("[name='applied_part_leakage.current']").count():
        page.fill("[name='applied_part_leakage.current']", "8")
    page.locator("[data-all=functional_check]").click()
    field = page.locator("[name=instruments]").first
    if field.evaluate("one => one.tagName") == "SELECT":
        field.select_option(index=1)
    else:
        field.check()


def test_today_shows_the_day(page: Page, site: str) -> None:
    page.goto(f"{site}/")
    for words in ("overdue", "out of use", "open jobs", "waiting for me"):
        assert page.locator(".counts li", has_text=words).count() == 1
    no_violation(page)


def test_a_flood_is_dropped_in_judged_signed_and_printed(page: Page, site: str, tmp_path: Path) -> None:
    flood = SHARED
    if not flood.exists():
        flood = tmp_path / "flood.dcm"
        flood.write_bytes(make("flood", "none", 1).file.content)
    open_first(page, site, "gamma")
    page.get_by_role("link", name="Flood uniformity").first.click()
    page.set_input_files("[name='uniformity.flood']", str(flood))
    page.wait_for_selector("#verdict canvas, #verdict svg")  # the image with its fields of view
    text = page.inner_text("#verdict")
    assert "Integral uniformity, UFOV" in text
    assert "to be confirmed" in text
    no_violation(page)
    page.fill("[name=pin]", page.pin)  # type: ignore[attr-defined]
    page.click("button[value=sign]")
    page.wait_for_url(re.compile(r"/records/"))
    assert "holds" in page.inner_text("main")
    assert "same" in page.inner_text("main")
    no_violation(page)
    answer = page.context.request.get(page.url + "certificate.pdf")
    assert answer.status == 200
    assert answer.body().startswith(b"%PDF-")
    page.locator("main a[href^='/devices/']").first.click()
    page.get_by_role("link", name="Quality control").click()
    page.wait_for_selector("figure canvas, figure svg")  # the flood by region, and its trends
    assert re.search(r"Mean of (one flood|\d+ floods) by region", page.inner_text("main"))
    no_violation(page)


def test_what_no_server_took_is_kept_and_sent_or_offered_later(page: Page, site: str, chromium: Any) -> None:
    window = chromium.new_context(storage_state=page.context.storage_state()).new_page()  # may say errors
    open_first(window, site, "infusion")
    window.get_by_role("link", name="Electrical safety test").first.click()
    address, kept = window.url, window.get_by_text("kept on this machine")
    reading = window.locator("[name='equipment_leakage.current']").first
    window.context.set_offline(True)
    reading.fill("37")
    reading.blur()
    kept.wait_for()
    window.context.set_offline(False)  # the page notices by itself
    window.get_by_text("Draft saved").wait_for()
    window.route("**/live/", lambda route: route.abort())
    reading.fill("38")
    reading.blur()
    kept.wait_for()
    window.on("dialog", lambda dialog: dialog.accept())
    window.goto(f"{site}/")
    window.unroute("**/live/")
    window.goto(address)
    assert window.input_value("[name='equipment_leakage.current']") == "37"
    no_violation(window)
    window.get_by_role("button", name="Put it back").click()
    window.get_by_text("Draft saved").wait_for()
    assert window.input_value("[name='equipment_leakage.current']") == "38"
    kept_keys = "Object.keys(localStorage).filter((key) => key.startsWith('kilter-draft'))"
    assert window.evaluate(kept_keys) == []
    window.context.close()


def test_the_verdict_moves_while_typing_and_a_pass_is_signed(page: Page, site: str) -> None:
    open_first(page, site, "infusion")
    page.get_by_role("link", name="Electrical safety test").first.click()
    reading = page.locator("[name='protective_earth.reading'], [name='equipment_leakage.current']").first
    reading.fill("9000" if "leakage" in (reading.get_attribute("name") or "") else "0.35")
    page.locator("#verdict .banner.bad", has_text="fail").wait_for()
    reading.fill("0.12" if "earth" in (reading.get_attribute("name") or "") else "")
    page.locator("#verdict .banner.bad").wait_for(state="detached")
    fill_safety_test(page, "120mohm")
    page.locator("#verdict .banner.good", has_text="pass").wait_for()
    no_violation(page)
    for field in page.locator("[name^='reason.']").all():
        field.fill("typed over while trying")
    page.fill("[name=pin]", page.pin)  # type: ignore[attr-defined]
    page.click("button[value=sign]")
    page.wait_for_url(re.compile(r"/visits/"))
    assert "The device now" in page.inner_text("main")
    assert page.locator(".banner.good").count() == 2
    no_violation(page)


def test_a_signed_failure_takes_the_device_out_of_use_and_opens_a_job(page: Page, site: str) -> None:
    open_first(page, site, "syringe")
    page.get_by_role("link", name="Electrical safety test").first.click()
    fill_safety_test(page, "0.1")
    page.fill("[name='equipment_leakage.current']", "9000")
    page.locator("#verdict .banner.bad", has_text="fail").wait_for()
    for field in page.locator("[name^='reason.']").all():
        field.fill("typed over while trying")
    page.fill("[name=pin]", page.pin)  # type: ignore[attr-defined]
    page.click("button[value=sign]")
    page.wait_for_url(re.compile(r"/visits/"))
    assert "Out of use" in page.inner_text("main")
    page.get_by_role("link", name="To the device").click()
    page.wait_for_url(re.compile(r"/devices/"))
    assert "Equipment leakage: fail" in page.inner_text("main")
    no_violation(page)
    page.goto(f"{site}/work/")
    assert "Equipment leakage: fail" in page.inner_text("main")


def test_whoever_signs_while_the_draft_is_being_saved_signs_what_is_saved(page: Page, site: str) -> None:
    open_first(page, site, "infusion")
    page.get_by_role("link", name="Electrical safety test").first.click()
    sent: list[str] = []

    def late(route: Any) -> None:
        sent.append(route.request.url)
        time.sleep(1.5)
        route.continue_()

    page.route("**/live/", late)
    page.fill("[name=pin]", page.pin)  # type: ignore[attr-defined]
    fill_safety_test(page, "0.12")
    page.click("button[value=sign]")
    page.wait_for_url(re.compile(r"/visits/"))
    assert sent
    assert "0.12" in page.inner_text("main")


def test_a_fault_by_label_is_repaired_with_a_part_tested_released_and_closed(page: Page, site: str) -> None:
    open_first(page, site, "infusion")
    device = page.url
    asset = re.search(r"Asset number\s+(\S+)", page.inner_text("main"))[1]  # type: ignore[index]
    ward = page.context.browser.new_context().new_page()  # type: ignore[union-attr]
    ward.goto(f"{site}/r/{asset}/")
    no_violation(ward)
    ward.fill("#in-text", "Battery flat after an hour, error on its display")
    ward.check("[name=unsafe][value=yes]")
    ward.get_by_role("button", name="Report it").click()
    ward.get_by_text("Reported. Thank you.").wait_for()
    assert "Do not use this device" in ward.inner_text("main")
    no_violation(ward)
    ward.context.close()
    page.goto(f"{site}/work/")
    page.get_by_role("link", name="Battery flat after an hour, error on its display").first.click()
    page.wait_for_url(re.compile(r"/work/[0-9a-f-]{36}/$"))
    job = page.url
    no_violation(page)

    def do(link: str, **fields: str) -> None:
        page.goto(job)
        page.get_by_role("link", name=link, exact=True).click()
        page.wait_for_url(re.compile(r"/work/[0-9a-f-]{36}/[a-z_-]+/$"))
        for name, value in fields.items():
            field = page.locator(f"[name={name}]").first
            if field.evaluate("one => one.type") == "radio":
                page.check(f"[name={name}][value='{value}']")
            elif field.evaluate("one => one.tagName") == "SELECT":
                field.select_option(value)
            else:
                field.fill(value)
        no_violation(page)
        page.locator("main form button.first").click()
        page.wait_for_url(job)

    do("Decontamination", answer="done")
    page.get_by_role("button", name="Take this job").click()
    page.get_by_text("in progress").first.wait_for()
    page.get_by_role("link", name="Use a part", exact=True).click()
    page.check("[name=stock] >> nth=0")
    page.fill("[name=quantity]", "1")
    page.locator("main form button.first").click()
    page.wait_for_url(job)
    do("Time worked", minutes="35", text="battery changed")
    do("Repaired", text="new battery")
    assert "ready for test" in page.inner_text("main")
    page.goto(device)
    assert "Out of use" in page.inner_text("main")
    page.get_by_role("link", name="Electrical safety test").first.click()
    fill_safety_test(page, "0.1")
    page.locator("#verdict .banner.good", has_text="pass").wait_for()
    for field in page.locator("[name^='reason.']").all():
        field.fill("typed over while trying")
    page.fill("[name=pin]", page.pin)  # type: ignore[attr-defined]
    page.click("button[value=sign]")
    page.wait_for_url(re.compile(r"/visits/"))
    assert "Out of use" in page.inner_text("main")  # a passing test alone releases nothing
    page.goto(device)
    held = page.get_by_role("link", name="Release: ").count()
    assert held
    for _ in range(held):
        page.get_by_role("link", name="Release: ").first.click()
        page.wait_for_url(re.compile(r"/release/"))
        no_violation(page)
        page.fill("[name=text]", "Battery changed and tested")
        page.fill("[name=pin]", page.pin)  # type: ignore[attr-defined]
        page.locator("main form button.first").click()
        page.wait_for_url(device)
    assert "In use" in page.inner_text("main")
    codes = {"failure_code": "battery", "cause_code": "wear", "action_code": "replaced_part"}
    do("Close", outcome="repaired", text="Battery changed, tested, given back", **codes)
    assert "repaired: Battery changed, tested, given back" in page.inner_text("main")
    no_violation(page)


@pytest.mark.parametrize(
    "path",
    [
        "/me/",
        "/sign/",
        "/work/",
        "/work/?mine&state=taken",
        "/stores/",
        "/stores/correct/",
        "/library/",
        "/introductions/",
        "/introductions/new/",
        "/downtime/",
        "/visitors/",
        "/work/targets/",
        "/work/targets/set/",
        "/schedule/",
        "/schedule/jobs/",
        "/safety/campaigns/",
        "/safety/campaigns/new/",
        "/people/",
        "/specialties/",
        "/specialties/medical_engineering/",
        "/specialties/nuclear_medicine/limits/",
        "/procedures/medical_engineering.protective_earth/",
        "/procedures/nuclear_medicine.uniformity/",
        "/search/?q=nothing-of-this-name",
        "/nowhere/",
    ],
)
def test_no_page_keeps_anybody_out(page: Page, site: str, path: str) -> None:
    page.goto(f"{site}{path}")
    no_violation(page)


def test_a_device_is_found_and_a_test_begun_without_a_mouse(page: Page, site: str) -> None:
    page.goto(f"{site}/")
    page.keyboard.press("/")
    page.keyboard.type("infusion")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/search/"))
    page.locator("tbody a").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/devices/"))
    page.keyboard.press("t")
    page.wait_for_url(re.compile(r"/test/|/drafts/"))
    page.keyboard.press("g")
    page.keyboard.press("t")
    page.wait_for_url(f"{site}/")


def test_the_form_works_with_scripts_off(page: Page, site: str) -> None:
    state: Any = page.context.storage_state()
    context = page.context.browser.new_context(java_script_enabled=False, storage_state=state)  # type: ignore[union-attr]
    plain = context.new_page()
    plain.goto(f"{site}/search/?q=infusion")
    plain.locator("tbody a").last.click()
    plain.get_by_role("link", name="Electrical safety test").first.click()
    plain.fill("[name='equipment_leakage.current']", "35")
    plain.check("[name='equipment_leakage.method'][value=direct]")
    plain.locator("button[value=check]").last.click()
    assert "35 µA" in plain.inner_text("#verdict")
    context.close()
