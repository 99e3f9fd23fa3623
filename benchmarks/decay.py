"""A large stock at an instant and a permit a year ahead: how long, and against radioactivedecay.

    PYTHONPATH=src python benchmarks/decay.py [--items 100000] [--peer PYTHON] [--json]

The peer is run by another interpreter that has it (`--peer`, or `.oracle/bin/python`), on some of the
items and in the same minute; without one, only our own times are measured and judged. Exit status 1 where
the decay takes more than 2 ms for 100,000 items, the forecast more than 0.5 s, an activity differs from the
peer's by more than 1e-9, or the peer is less than 10,000 times slower for an item.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from kilter.numerics.decay import activities_at, decay_constant
from kilter.numerics.permit import Line, Period, first_breach, held, running, smallest_delay

NUCLIDES = ("Tc-99m", "F-18", "I-131", "Lu-177", "Y-90", "I-123")
MOST_DECAY, MOST_FORECAST, LEAST_RATIO, PEERS_ITEMS = 2e-3, 0.5, 10_000.0, 200
DAY = 86_400.0

PEER = """
import json, sys, time
import radioactivedecay as rd
rows = json.load(sys.stdin)
rd.Inventory({"F-18": 1.0}, "MBq").decay(1.0, "s").activities("MBq")
found, start = [], time.perf_counter()
for nuclide, activity, elapsed in rows:
    found.append(rd.Inventory({nuclide: activity}, "MBq").decay(elapsed, "s").activities("MBq")[nuclide])
print(json.dumps({"seconds": time.perf_counter() - start, "found": found, "version": rd.__version__}))
"""


def best(act: Callable[[], Any], repeats: int = 9) -> tuple[float, Any]:
    """Give the shortest time of some repeats in s, and what was found."""
    shortest, found = float("inf"), None
    for _ in range(repeats):
        start = time.perf_counter()
        found = act()
        shortest = min(shortest, time.perf_counter() - start)
    return shortest, found


def stock(items: int) -> tuple[list[str], Any, Any, Any]:
    rng = np.random.default_rng(7)
    names = [NUCLIDES[place] for place in rng.integers(0, len(NUCLIDES), items)]
    constant = np.array([decay_constant(name) for name in names])
    activity = rng.uniform(1.0, 1000.0, items)
    return names, activity, -rng.uniform(0.0, 20_000.0, items), constant


def year_ahead(names: list[str], activity: Any, reference: Any, bookings: int = 2000) -> None:
    """Forecast what is held by nuclide, and what is booked against a limit by month and one by days."""
    rng = np.random.default_rng(8)
    marks = np.arange(365) * DAY
    which = np.array(names)
    for name in NUCLIDES:
        chosen = which == name
        stays = np.full(int(chosen.sum()), np.inf)
        held(marks, 0.0, activity[chosen], reference[chosen], stays, decay_constant(name))
    times = np.sort(rng.uniform(0.0, 365 * DAY, bookings))
    amounts = rng.uniform(100.0, 1000.0, bookings)
    every = np.ones(bookings, dtype=bool)
    months = Period(edges=np.arange(-1.0, 14.0) * 30.4 * DAY)
    lines = []
    for period in (months, Period(rolling=30 * DAY)):
        limit = float(np.quantile(running(times, amounts, period), 0.9))
        lines.append(Line(every, period, limit))
        place = first_breach(times, amounts, period, limit)
        if place is not None:
            smallest_delay(place, times, amounts, lines)


def peer(python: str, rows: list[tuple[str, float, float]]) -> dict[str, Any] | None:
    """Let another interpreter decay some items with radioactivedecay; None where it has none."""
    if not Path(python).exists():
        return None
    done = subprocess.run(
        [python, "-c", PEER], input=json.dumps(rows), capture_output=True, text=True, check=False
    )
    return json.loads(done.stdout) if done.returncode == 0 else None


def main() -> int:
    """Measure, print, and judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--peer", default=".oracle/bin/python")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    names, activity, reference, constant = stock(given.items)
    decay, ours = best(lambda: activities_at(0.0, activity, reference, constant))
    forecast, _ = best(lambda: year_ahead(names, activity, reference), 3)
    found: dict[str, Any] = {
        "items": given.items,
        "decay, ms": round(1e3 * decay, 3),
        "forecast of 365 days, ms": round(1e3 * forecast, 1),
    }
    good = decay <= MOST_DECAY * given.items / 100_000 and forecast <= MOST_FORECAST
    few = range(min(PEERS_ITEMS, given.items))
    answer = peer(given.peer, [(names[n], float(activity[n]), float(-reference[n])) for n in few])
    if answer is not None:
        theirs = np.array(answer["found"])
        apart = float(np.max(np.abs(theirs / ours[: len(theirs)] - 1.0)))
        ratio = (answer["seconds"] / len(theirs)) / (decay / given.items)
        found |= {"radioactivedecay": answer["version"], "ratio for an item": round(ratio), "apart": apart}
        good = good and ratio >= LEAST_RATIO and apart <= 1e-9
    else:
        found["radioactivedecay"] = "not there"
    print(json.dumps(found) if given.json else "\n".join(f"{name}: {value}" for name, value in found.items()))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
