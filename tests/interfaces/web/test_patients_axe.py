"""The pages of patients, referrals and doses, as they are made, in a real browser: axe and keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.department.materials.conftest import lab as lab
from tests.interfaces.web.test_patients import DOSE, browser_of, text_of, whole_story
from tests.interfaces.web.test_patients import clinic as clinic
from tests.interfaces.web.test_patients import operator as operator
from tests.interfaces.web.test_patients import practitioner as practitioner

pytestmark = [pytest.mark.browser, pytest.mark.django_db]


@pytest.fixture(scope="module", autouse=True)
def beside_the_driver() -> Iterator[None]:
    """Let Django work in this thread, in which the browser's driver keeps a loop of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        yield


def pages_of(clinic: Any, operator: Any, practitioner: Any) -> dict[str, str]:
    """Give every page of the story by a name, with the forms as they are asked and as they are refused."""
    given, seen = whole_story(clinic, operator, practitioner)
    found = {f"story-{number}": page for number, page in enumerate(seen)}
    patient, rule = f"/patients/{clinic.patient.uuid}/", "/guidelines/new/"
    referral = f"/referrals/{clinic.authorised().uuid}/"
    waiting = f"/referrals/{clinic.referred().uuid}/"
    syringe = clinic.lab.dose(clinic.dose().parent, 500.0, patient=clinic.patient)
    give = f"{referral}give/?label={syringe.label}"
    for client, address in (
        (operator, "/patients/"), (operator, "/patients/new/"), (operator, f"{patient}who/"),
        (operator, f"{patient}refer/"), (operator, give), (operator, f"{waiting}guideline/"),
        (operator, f"{waiting}details/"), (operator, "/advice/"), (operator, "/advice/new/"),
        (operator, given), (operator, f"{waiting}dose/"),
        (practitioner, rule), (practitioner, f"{waiting}justify/"), (practitioner, f"{referral}decline/"),
        (practitioner, f"{referral}authorise/"), (practitioner, "/guidelines/"),
        (browser_of(clinic.lab.head), "/patients/log/"),
    ):  # fmt: skip
        found[address.strip("/").replace("/", "-").partition("?")[0]] = text_of(client, address)
    found["refused"] = operator.post(give, {**DOSE, "scanned": "S1", "residual": "much"}).content.decode()
    found["unknown"] = operator.post("/patients/", {"number": "1"}).content.decode()
    shown = operator.post(f"{patient}who/", {"reason": "to call her in"})
    return {**found, "shown": shown.content.decode()}


def test_axe_finds_nothing_on_any_page_of_the_story(
    clinic: Any, operator: Any, practitioner: Any, chromium: Any, site: Any
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    pages, problems = pages_of(clinic, operator, practitioner), []
    window = chromium.new_context(viewport={"width": 360, "height": 740}).new_page()
    complaints: list[str] = []
    window.on("pageerror", lambda error: complaints.append(str(error)))
    for name, html in pages.items():
        address = f"{site[0]}/made/{name}/"
        window.route(
            address, lambda route, _asked, body=html: route.fulfill(body=body, content_type="text/html")
        )
        window.goto(address)
        found = axe.run(window)
        if found.violations_count:
            problems.append(f"{name}: {found.generate_report()}")
        if window.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            problems.append(f"{name}: wider than a phone")
    assert problems == []
    assert complaints == []
    assert len(pages) > 25


def test_a_scanner_names_the_syringe_and_enter_goes_on(
    clinic: Any, operator: Any, chromium: Any, site: Any
) -> None:
    html = text_of(operator, "/referrals/")
    window, asked = chromium.new_context().new_page(), list[str]()
    address = f"{site[0]}/referrals/"

    def answer(route: Any) -> None:
        asked.append(route.request.url)
        route.fulfill(body=html, content_type="text/html")

    window.route(f"{address}**", answer)
    window.goto(address)
    window.focus("[name=label]")
    window.keyboard.type("S0005")
    window.keyboard.press("Enter")
    window.wait_for_url(f"{address}?label=S0005")
    assert asked == [address, f"{address}?label=S0005"]
