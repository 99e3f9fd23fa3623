"""Images over the network in a real browser: sent to a running listener, read, found in the inbox, signed."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pydicom
import pytest
from playwright.sync_api import Page
from pynetdicom import AE

from kilter.measure.reference_object import make
from tests.dicom_objects import dose_report, image
from tests.interfaces.web.test_story import demo_served, free_port, no_violation, open_first
from tests.interfaces.web.test_story import page as page

pytestmark = pytest.mark.browser
READ_WITHIN = 60.0
"""Seconds that the worker, which looks every few seconds, has on a busy machine."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the demo, which the listener shares."""
    return tmp_path_factory.mktemp("arrivals") / "home"


@pytest.fixture(scope="module")
def site(home: Path) -> Iterator[str]:
    """A demo hospital with its pages and its worker."""
    with demo_served(home) as address:
        yield address


@pytest.fixture(scope="module")
def listener(site: str, home: Path) -> Iterator[int]:
    """The listener as it is run beside them; gives its port."""
    port = free_port()
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("KILTER", "DJANGO"))
    }
    environment.pop("DATABASE_URL", None)
    environment |= {"KILTER_HOME": str(home), "KILTER_DEMO": "yes", "KILTER_CONFIG": os.devnull}
    environment |= {"KILTER_DICOM_LISTEN": f"127.0.0.1:{port}", "KILTER_LOG_LEVEL": "ERROR"}
    command = [sys.executable, "-m", "kilter", "listen"]
    served = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert served.stdout is not None
        assert str(port) in served.stdout.readline()
        yield port
    finally:
        served.terminate()
        assert served.wait(timeout=60) == 0


def send(port: int, caller: str, *objects: pydicom.Dataset) -> None:
    """Send objects as a device does: one association, a success for each."""
    entity = AE(ae_title=caller)
    for one in objects:
        entity.add_requested_context(one.SOPClassUID)
    link = entity.associate("127.0.0.1", port, ae_title="KILTER")
    assert link.is_established
    assert [link.send_c_store(one).Status for one in objects] == [0] * len(objects)
    link.release()


def flood_of(serial: str, maker: str) -> tuple[pydicom.Dataset, float]:
    """Give a flood of known truth under the name of a camera, and its integral uniformity in UFOV."""
    made = make("flood", "gradient", 0)  # without noise: its truth is exact
    dataset = pydicom.dcmread(io.BytesIO(made.file.content))
    dataset.DeviceSerialNumber, dataset.Manufacturer = serial, maker
    dataset.StationName = "GAMMA1"
    return dataset, made.truth["ufov_integral"]


def row_of(page: Page, site: str, caller: str) -> Any:
    """Wait until the worker has read what a sender sent; give its line of the inbox."""
    until = time.monotonic() + READ_WITHIN
    while True:
        page.goto(f"{site}/arrived/")
        row = page.locator("tbody tr", has_text=f"sent by {caller}")
        if row.count() == 1 and "Not read yet" not in row.inner_text():
            return row
        assert time.monotonic() < until, page.inner_text("main")
        time.sleep(0.5)


def test_a_flood_that_a_camera_sends_is_proposed_for_it_signed_and_certified(
    page: Page, site: str, listener: int
) -> None:
    open_first(page, site, "gamma")
    facts = page.inner_text("main")
    asset, serial = (
        re.search(rf"{word}\s+(\S+)", facts)[1]  # type: ignore[index]
        for word in ("Asset number", "Serial number")
    )
    camera, model = page.url, page.inner_text("h1")
    flood, truth = flood_of(serial, model.split()[0])
    send(listener, "NM_ROOM2", flood)
    row = row_of(page, site, "NM_ROOM2")
    for words in (asset, f"serial number {serial}", "Uniformity of a flood", "256 × 320 pixels", "GAMMA1"):
        assert words in row.inner_text()
    no_violation(page)

    # Today leads to it; what it is and where it came from stands on every page on the way to the test.
    page.goto(site)
    page.locator(".counts a", has_text="images arrived").click()
    page.wait_for_url(f"{site}/arrived/")
    page.locator("tbody tr", has_text="NM_ROOM2").locator("th a").click()
    assert "AE title NM_ROOM2, address 127.0.0.1" in page.inner_text("main")
    no_violation(page)
    page.get_by_role("link", name="Start a test").first.click()
    assert "AE title NM_ROOM2, address 127.0.0.1" in page.inner_text("main")
    assert page.input_value("[name=device]") == asset
    assert page.locator("[name=procedure] option:checked").inner_text() == "Uniformity of a flood"
    no_violation(page)
    page.check("[name=remember][value=yes]")
    page.get_by_role("button", name="Start a test").click()

    # The test stands there judged, as if the file had been dropped in; its number is the known one.
    page.wait_for_url(re.compile(r"/drafts/"))
    page.wait_for_selector("#verdict canvas, #verdict svg")
    judged = page.locator("#verdict tr", has_text="Integral uniformity, UFOV").first.inner_text()
    shown = float(re.search(r"(\d+\.\d+)", judged.replace("\n", " "))[1])  # type: ignore[index]
    assert shown == pytest.approx(truth, abs=0.01)
    no_violation(page)
    page.fill("[name=pin]", page.pin)  # type: ignore[attr-defined]
    page.click("button[value=sign]")
    page.wait_for_url(re.compile(r"/records/"))
    assert asset in page.inner_text("main")
    answer = page.context.request.get(page.url + "certificate.pdf")
    assert answer.body().startswith(b"%PDF-")
    page.goto(camera)
    assert "Integral uniformity" in page.inner_text("main") or "Flood uniformity" in page.inner_text("main")

    # It waits no more, and the next one of this station is known by its name alone.
    page.goto(f"{site}/arrived/settled/")
    assert "Test started" in page.locator("tbody tr", has_text="NM_ROOM2").inner_text()
    no_violation(page)
    page.goto(f"{site}/arrived/names/")
    assert asset in page.locator("tbody tr", has_text="GAMMA1").inner_text()
    no_violation(page)


def test_what_fits_nothing_is_set_aside_and_brought_back(page: Page, site: str, listener: int) -> None:
    send(
        listener,
        "PACS",
        image(5, SOPInstanceUID="1.2.1", PatientName="X^Y"),
        image(6, SOPInstanceUID="1.2.2"),
    )
    send(listener, "CT2", dose_report())
    row_of(page, site, "PACS").locator("th a").click()
    main = page.inner_text("main")
    assert "2 objects wait" in main
    assert "It names a patient, who is not shown here." in main
    no_violation(page)
    page.get_by_role("link", name="Set all 2 aside").click()
    no_violation(page)
    page.fill("[name=reason]", "sent for a drill")
    page.locator("main form button.first").click()
    page.wait_for_url(f"{site}/arrived/")
    row = row_of(page, site, "CT2")
    assert "Not known" in row.inner_text()
    assert page.locator("tbody tr").count() == 1
    no_violation(page)
    page.goto(f"{site}/arrived/settled/")
    page.locator("tbody tr", has_text="sent for a drill").first.get_by_role("link", name="Bring back").click()
    no_violation(page)
    page.fill("[name=reason]", "it was none")
    page.locator("main form button.first").click()
    page.wait_for_url(f"{site}/arrived/")
    assert "2" in page.locator("tbody tr", has_text="sent by PACS").inner_text()
