"""Killed with -9 in the middle of signing: no half record, no broken chain, nothing acknowledged is lost."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.sites.place import ENGINE, Site, new_site

KILLS = {"sqlite": 50, "postgresql": 15}[ENGINE]
SOAK_KILLS = {"sqlite": 1000, "postgresql": 200}[ENGINE]
LONGEST = {"sqlite": 250, "postgresql": 1500}[ENGINE]
"""Milliseconds after which a signing process is killed at the latest."""
SEED = 62353


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with new_site(tmp_path_factory.mktemp("site") / "home") as made:
        made.task("prepare", 5)
        yield made


@pytest.mark.slow
def test_killed_while_signing(site: Site) -> None:
    done = site.task("kill", SEED, KILLS, LONGEST)
    print(done)
    assert done["faults"] == []
    assert done["kills"] == KILLS
    # The kills have to fall among signatures, or the test shows nothing.
    assert done["acknowledged"] > KILLS / 2
    assert done["records"] >= 5 * done["acknowledged"]


@pytest.mark.soak
@pytest.mark.parametrize("seed", [1, 2])
def test_killed_a_thousand_times(site: Site, seed: int) -> None:
    done = site.task("kill", seed, SOAK_KILLS // 2, LONGEST)
    print(done)
    assert done["faults"] == []
    assert done["kills"] == SOAK_KILLS // 2
    # How many were acknowledged before the kill hangs on the machine; those that were committed tell.
    assert done["acknowledged"] + done["committed_unacknowledged"] > SOAK_KILLS / 4
    assert min(done["acknowledged"], done["committed_unacknowledged"]) > SOAK_KILLS / 50


@pytest.mark.slow
def test_several_processes_signing_at_once_keep_one_chain(site: Site) -> None:
    done = site.task("together", 3, 6)
    assert done == {"failed": 0, "records": 3 * 6 * 5, "faults": []}
    assert site.kilter("verify").status == 0


def test_what_was_found_wrong_would_be_said(site: Site) -> None:
    """The task that looks for faults finds one that is there."""
    site.task("sign", 1)
    anchor = site.home / "anchor.txt"
    before = anchor.read_text()
    anchor.write_text(f"{before}999999 {'0' * 64} 2026-01-01T00:00:00Z\n")
    done = site.task("together", 1, 1)
    anchor.write_text(before)
    assert any("its end was cut off" in text for text in done["faults"])
