"""Search, scan and lists over a large register: 95th percentiles on whichever database is set.

Usage: `PYTHONPATH=src python benchmarks/search.py [devices]` (100,000 where none is said). It runs in a
temporary home folder, or in the empty database of DATABASE_URL, and says what it did with which seed.
"""

from __future__ import annotations

import os
import random
import sys
import tempfile
import time
from collections.abc import Callable

SEED = 20260329
ROUNDS = 120


def percentile(times: list[float], part: float) -> float:
    """Give a percentile of some times, in milliseconds."""
    return 1000 * sorted(times)[min(len(times) - 1, int(part * len(times)))]


def fill(count: int, rng: random.Random) -> None:
    """Register a hospital's devices through the actions that people use."""
    from kilter.department.equipment import actions
    from kilter.department.people.actions import create_person, grant_role
    from kilter.department.people.founding import found_department

    password = "a long enough pass phrase"
    head = found_department(username="head", display_name="Head", password=password)
    lead = create_person(by=head, username="lead", display_name="Lead", password=password)
    grant_role(by=head, person=lead, role="lead_engineer")
    site = actions.add_location(by=lead, name="General Hospital", kind="site")
    places = []
    for block in range(12):
        building = actions.add_location(by=lead, name=f"Block {block}", kind="building", parent=site)
        for ward in range(40):
            name = f"Ward {block}{ward:02d}"
            places.append(actions.add_location(by=lead, name=name, kind="ward", parent=building))
    kinds = ["infusion_pump", "syringe_pump", "monitor", "ventilator", "defibrillator", "gamma_camera"]
    makers = ["Acme", "Dräger", "Fresenius", "Philips", "Siemens", "Baxter", "Mindray", "Nihon"]
    models = [
        actions.add_model(
            by=lead,
            fields={
                "maker": rng.choice(makers), "name": f"Type {number}", "kind": rng.choice(kinds),
                "equipment_class": "I", "applied_part": "CF", "power_cord": "detachable",
            },
        )
        for number in range(400)
    ]  # fmt: skip
    for start in range(0, count, 10_000):
        rows = [
            {
                "asset": f"ME-{number:06d}", "serial": f"SN{rng.randrange(10**8):08d}",
                "model": rng.choice(models), "location": rng.choice(places), "state": "in_service",
            }
            for number in range(start, min(start + 10_000, count))
        ]  # fmt: skip
        actions.register_devices(by=lead, rows=rows, reason="benchmark")


def measure(name: str, ask: Callable[[], object]) -> None:
    """Time a question and say its median and 95th percentile."""
    times = []
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        ask()
        times.append(time.perf_counter() - begin)
    print(f"{name:<34} median {percentile(times, 0.5):7.2f} ms   p95 {percentile(times, 0.95):7.2f} ms")


def main() -> None:
    """Fill and measure."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as home:
        os.environ["KILTER_HOME"] = home
        os.environ["DJANGO_SETTINGS_MODULE"] = "kilter.server.settings"
        import django

        django.setup()
        from django.core.management import call_command

        from kilter.department.equipment import queries
        from kilter.department.equipment.models import Location
        from kilter.department.equipment.search import search

        rng = random.Random(SEED)
        call_command("migrate", verbosity=0)
        begin = time.perf_counter()
        fill(count, rng)
        print(f"{count} devices in {time.perf_counter() - begin:.1f} s, seed {SEED}")
        measure("search: one asset number", lambda: search(f"me-{rng.randrange(count):06d}"))
        measure("search: beginning of a serial", lambda: search(f"sn{rng.randrange(10**5):05d}"))
        measure(
            "search: maker and ward", lambda: search(f"drag ward {rng.randrange(12)}{rng.randrange(40):02d}")
        )
        measure("search: a maker", lambda: search("siemens"))
        measure("search: a word of every device", lambda: search("hospital"))
        measure("search: one letter", lambda: search("w"))
        measure("search: nothing found", lambda: search("zzz hospital"))
        measure("scan: an asset number", lambda: queries.device_by_scan(f"me-{rng.randrange(count):06d}"))
        place = Location.objects.get(name="Block 3")
        rows = queries.devices().filter(queries.within(place)).order_by("asset_key")
        measure("list: a building, first 50", lambda: list(rows[:50]))


if __name__ == "__main__":
    main()
