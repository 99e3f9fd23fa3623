"""The pages in a real Chromium under the content policy of production: axe, keyboard, figures, print."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.interfaces.web.samples import PAGES

pytestmark = pytest.mark.browser
PHONE, DESK = {"width": 360, "height": 740}, {"width": 1400, "height": 900}
SHOTS = os.environ.get("KILTER_SCREENSHOTS")


class Visit:
    """A browser page that remembers what the console and the content policy complained of."""

    def __init__(self, browser: Any, address: str, **options: Any) -> None:
        self.context = browser.new_context(**options)
        self.page = self.context.new_page()
        self.address = address
        self.complaints: list[str] = []
        self.page.on("console", lambda m: self.complaints.append(m.text) if m.type == "error" else None)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def open(self, name: str) -> Any:
        self.page.goto(f"{self.address}/{name}/", wait_until="load")
        if self.page.locator("[data-spec]").count():
            self.page.wait_for_selector("[data-drawn]", timeout=15_000)
        return self.page


@pytest.fixture
def desk(chromium, site) -> Iterator[Visit]:
    made = Visit(chromium, site[0], viewport=DESK)
    yield made
    made.context.close()


@pytest.fixture(scope="module")
def walker(chromium, site) -> Iterator[Visit]:
    """Give one visit that goes from page to page, as a person does, and so loads each script once."""
    made = Visit(chromium, site[0], viewport=DESK)
    yield made
    made.context.close()


def overflow(page: Any) -> int:
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


@pytest.mark.parametrize("name", sorted(PAGES))
def test_axe_finds_nothing_and_nothing_spills_over(walker, name):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    walker.complaints.clear()
    page = walker.open(name)
    page.evaluate(axe.axe_script)
    for scheme, size in (("light", DESK), ("dark", DESK), ("dark", PHONE), ("light", PHONE)):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size(size)
        if SHOTS:
            page.screenshot(path=Path(SHOTS) / f"{name}-{scheme}-{size['width']}.png", full_page=True)
        found = page.evaluate("axe.run(document, {resultTypes: ['violations']}).then(r => r.violations)")
        assert [(one["id"], one["nodes"][0]["html"]) for one in found] == [], f"{scheme} {size}"
        assert overflow(page) <= 0, f"{scheme} {size}"
    refused = [text for text in walker.complaints if "status of 4" not in text and "status of 5" not in text]
    assert refused == []


def test_figures_are_drawn_without_unsafe_eval_in_both_schemes(desk):
    page = desk.open("device")
    first = page.locator("[data-spec] canvas").evaluate("c => c.toDataURL()")
    page.locator("[data-theme-toggle]").click()
    page.wait_for_function(
        "before => document.querySelector('[data-spec] canvas')?.toDataURL() !== before", arg=first
    )
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert desk.complaints == []


def test_the_policy_would_have_stopped_evaluated_text(desk):
    page = desk.open("today")
    stopped = page.evaluate(
        "() => new Promise(done => {"
        "document.addEventListener('securitypolicyviolation', e => done(e.blockedURI));"
        "const s = document.createElement('script'); s.textContent = 'window.bad = 1';"
        "document.body.append(s);"
        "setTimeout(() => done('nothing stopped it'), 2000); })"
    )
    assert stopped == "inline"


def test_the_page_without_a_figure_does_not_fetch_the_drawing_script(desk):
    asked: list[str] = []
    desk.page.on("request", lambda request: asked.append(request.url))
    desk.open("today")
    assert not [address for address in asked if "vega" in address]


def test_the_verdict_moves_while_typing_and_no_secret_is_sent(desk, site):
    page = desk.open("test")
    page.fill("#in-pin", "1234")
    with page.expect_response("**/live/"):
        page.fill("#in-reading", "413mohm")
    page.get_by_text("typed 413mohm").wait_for()
    page.press("#in-reading", "Tab")  # typed is only judged; saved is what was left
    page.locator("#draft-state", has_text="Draft saved").wait_for()
    _, form = site[1].posted[-1]
    assert form["reading"] == ["413mohm"]
    assert not {"pin", "password", "second_password", "flood"} & set(form)


def test_the_test_page_is_walked_with_the_keyboard_alone(desk):
    page = desk.open("test")
    reached: list[str] = []
    for _ in range(90):
        page.keyboard.press("Tab")
        name = page.evaluate(
            "(() => { const e = document.activeElement; const s = getComputedStyle(e);"
            "return (e.name ? e.name + (e.value && e.type === 'submit' ? '=' + e.value : '') : e.tagName)"
            "+ (s.outlineStyle === 'none' ? ' UNSEEN' : ''); })()"
        )
        reached.append(name)
        if name == "act=sign":
            break
    assert not [name for name in reached if name.endswith("UNSEEN")]
    in_order = ["reading", "test_lead", "arrangement", "intact", "tester", "act=check", "pin", "act=sign"]
    assert [name for name in reached if name in in_order] == in_order


def test_enter_in_a_reading_works_it_out_and_does_not_sign(desk, site):
    page = desk.open("test")
    page.focus("#in-reading")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    path, form = site[1].posted[-1]
    assert path == "/drafts/d1/"
    assert form["act"] == ["check"]


def test_shortcuts_find_go_and_list_themselves(desk):
    page = desk.open("today")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "find"
    page.keyboard.type("?")
    assert page.locator("#keys").is_hidden()
    page.locator("h1").click()
    page.keyboard.press("?")
    assert "Scan or search" in page.locator("#keys dl").inner_text()
    page.keyboard.press("Escape")
    with page.expect_navigation(url="**/work/"):
        page.keyboard.press("g")
        page.keyboard.press("w")


def test_the_skip_link_is_first_and_works(desk):
    page = desk.open("device")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_fingers_find_targets_of_44_pixels(chromium, site):
    phone = Visit(chromium, site[0], viewport=PHONE, has_touch=True, is_mobile=True)
    page = phone.open("test")
    small = page.evaluate(
        "[...document.querySelectorAll('button, select, summary, .choices label, .bar nav a, input')]"
        ".filter(e => e.offsetParent && !e.closest('.unseen') && e.type !== 'radio' && e.type !== 'checkbox')"
        ".filter(e => e.getBoundingClientRect().height < 43.5).map(e => e.outerHTML.slice(0, 90))"
    )
    assert small == []
    phone.context.close()


def test_the_pages_work_without_script(chromium, site):
    bare = Visit(chromium, site[0], java_script_enabled=False)
    bare.page.goto(f"{site[0]}/test/")
    bare.page.fill("#in-reading", "0.1")
    with bare.page.expect_navigation():
        bare.page.click("button[value=check]:not(.unseen)")
    path, form = site[1].posted[-1]
    assert (path, form["act"], form["reading"]) == ("/drafts/d1/", ["check"], ["0.1"])
    assert bare.page.locator("[data-theme-toggle]").is_hidden()
    bare.context.close()


@pytest.mark.parametrize("name", ["record", "device"])
def test_a_page_prints_dark_on_white_without_the_furniture(desk, name, tmp_path):
    page = desk.open(name)
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    page.emulate_media(media="print")
    assert page.locator(".bar nav").is_hidden()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
    page.screenshot(path=Path(SHOTS or tmp_path) / f"{name}-print.png", full_page=True)
    assert page.pdf(format="A4").count(b"/Type /Page\n") <= 6
