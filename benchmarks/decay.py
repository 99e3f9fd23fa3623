"""Activity of 100,000 items at an instant: Kilter beside radioactivedecay, in one run on the same items.

    PYTHONPATH=src python benchmarks/decay.py [--repeats N] [--json]

Every item has a nuclide, an activity and a reference time of its own. radioactivedecay lives in `.oracle/`
(made by `tools/oracle.sh`) and works out a few hundred of the same items, one inventory each, as its
interface has it; the time of an item is compared, and its import is not timed. Exit status 1 where the
whole takes longer than 2 ms, where an item is less than 10,000 times faster, or where an activity differs
by more than 1e-3: both use ICRP 107, whose half-lives radioactivedecay holds to the publication's digits.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
import uniformity as flood_benchmark

from kilter.numerics.decay import activities_at, decay_constant

ITEMS, COMPARED = 100_000, 400
LONGEST, LEAST_RATIO, AGREEMENT = 0.002, 10_000.0, 1e-3
# Nuclides whose daughters add nothing to the activity of the item itself.
NUCLIDES = ("Tc-99m", "F-18", "I-131", "Lu-177", "Ga-68", "In-111", "Tl-201", "Mo-99", "I-123", "Y-90")

PEER = """
import json, sys, time, warnings
warnings.simplefilter("ignore")
import radioactivedecay
items = json.load(sys.stdin)
found = []
start = time.perf_counter()
for nuclide, activity, elapsed in items:
    left = radioactivedecay.Inventory({nuclide: activity}, "Bq").decay(elapsed, "s")
    found.append(left.activities("Bq")[nuclide])
spent = time.perf_counter() - start
print(json.dumps({"values": found, "each": spent / len(items)}))
"""


def items(seed: int = 1) -> tuple[list[str], np.ndarray, np.ndarray, np.ndarray]:
    """Nuclide, activity in Bq, reference time in s and decay constant of each."""
    draw = np.random.default_rng(seed)
    which = draw.integers(0, len(NUCLIDES), ITEMS)
    constants = np.array([decay_constant(name) for name in NUCLIDES])[which]
    activity = draw.uniform(1e6, 1e9, ITEMS)
    # Up to eight half-lives ago.
    reference = -draw.uniform(0.0, 8.0, ITEMS) * np.log(2.0) / constants
    return [NUCLIDES[at] for at in which], activity, reference, constants


def main() -> int:
    parser = argparse.ArgumentParser(description="Activities at an instant: Kilter beside radioactivedecay.")
    parser.add_argument("--repeats", type=int, default=50)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    if not flood_benchmark.ORACLE.exists():
        print("there is no .oracle/: make it with tools/oracle.sh", file=sys.stderr)
        return 2
    names, activity, reference, constants = items()
    out = np.empty(ITEMS)
    spent = flood_benchmark.best_of(
        asked.repeats, lambda: activities_at(0.0, activity, reference, constants, out)
    )
    theirs = peers([(names[n], activity[n], -reference[n]) for n in range(COMPARED)])
    apart = float(np.max(np.abs(out[:COMPARED] / np.array(theirs["values"]) - 1.0)))
    ratio = theirs["each"] / (spent / ITEMS)
    passed = spent <= LONGEST and ratio >= LEAST_RATIO and apart <= AGREEMENT
    if asked.json:
        print(json.dumps({"seconds": spent, "ratio": ratio, "apart": apart, "passed": passed}))
        return 0 if passed else 1
    print(f"activities of {ITEMS:,} items at an instant, best time")
    print(f"  Kilter {1e3 * spent:.2f} ms, {1e9 * spent / ITEMS:.1f} ns an item")
    print(f"  radioactivedecay {1e3 * theirs['each']:.2f} ms an item, {ratio:,.0f} times as long")
    print(f"  largest relative difference {apart:.1e}; {'passed' if passed else 'FAILED'}")
    return 0 if passed else 1


def peers(asked: list[tuple[str, float, float]]) -> dict[str, Any]:
    """Work out the same items with radioactivedecay in its own environment."""
    command = [str(flood_benchmark.ORACLE), "-c", PEER]
    done = subprocess.run(command, check=True, capture_output=True, text=True, input=json.dumps(asked))
    return dict(json.loads(done.stdout.splitlines()[-1]))


if __name__ == "__main__":
    sys.exit(main())
