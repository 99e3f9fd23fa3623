"""A million stored electrical readings judged again: how long, and how much longer than bare numpy.

    PYTHONPATH=src python benchmarks/rejudge.py [--home DIR] [--least N] [--json]

Reads the readings of a demo (`kilter demo --devices 100000 --no-serve --home DIR`) from its database by the
product's own query and judges each by the published limit for its context. Exit status 1 where fewer
than `--least` readings stand there, or where reading and judging take longer than 5 s.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

LONGEST, LEAST = 5.0, 1_000_000
CONTEXTS: tuple[tuple[str, str, dict[str, str], float | None, float | None], ...] = (
    ("protective_earth", "resistance", {"equipment_class": "I"}, None, 0.3),
    ("equipment_leakage", "leakage", {"equipment_class": "I"}, None, 500.0),
    ("equipment_leakage", "leakage", {"equipment_class": "II"}, None, 100.0),
    ("applied_part_leakage", "leakage", {"applied_part": "BF"}, None, 5000.0),
    ("applied_part_leakage", "leakage", {"applied_part": "CF"}, None, 50.0),
    ("insulation_resistance", "resistance", {}, 2.0, None),
)
"""Procedure, result, what of the model chooses the limit, lower and upper limit (`limits/*.toml`)."""


def setup(home: Path) -> None:
    os.environ.update(
        KILTER_HOME=str(home), KILTER_DEMO="yes", DJANGO_SETTINGS_MODULE="kilter.server.settings"
    )
    import django

    django.setup()


def measure() -> dict[str, Any]:
    from kilter.department.records.rejudge import columns, of_models, rejudge
    from kilter.measure.limit import Bounds, Limit

    readings = changed = 0
    judging = bare = 0.0
    start, busy = time.perf_counter(), time.process_time()
    whole = columns(list({(f"medical_engineering.{name}", result): None for name, result, *_ in CONTEXTS}))
    reading = time.perf_counter() - start
    for name, result, about, low, high in CONTEXTS:
        start = time.perf_counter()
        read = of_models(whole[f"medical_engineering.{name}", result], about)
        done = time.perf_counter()
        limit = Limit(result=result, level="suspension", cite="IEC 62353", edition="2014", unit="")
        listed = rejudge(read, [Bounds(limit, low, high)])
        end = time.perf_counter()
        outside = (read.values > high) if high is not None else (read.values < low)
        count = int(np.count_nonzero(outside))
        bare += time.perf_counter() - end
        wrong = [one for one in listed if one.now != "within" and one.before == "within"]
        assert count >= len(wrong)
        readings, changed = readings + len(read.values), changed + len(listed)
        reading, judging = reading + done - start, judging + end - done
    return {
        "readings": readings,
        "changed": changed,
        "reading_s": round(reading, 3),
        "judging_s": round(judging, 3),
        "whole_s": round(reading + judging, 3),
        "cpu_s": round(time.process_time() - busy, 3),
        "bare_numpy_s": round(bare, 5),
        "judging_to_bare": round(judging / bare, 1) if bare else None,
        "load": os.getloadavg()[0],
    }


def main() -> int:
    parser = argparse.ArgumentParser(description="re-judge every stored electrical reading")
    parser.add_argument("--home", type=Path, default=Path("var/demo100k"))
    parser.add_argument("--least", type=int, default=LEAST)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    if not (asked.home / "kilter.sqlite3").exists():
        print(f"{asked.home} holds no demo: kilter demo --devices 100000 --no-serve --home {asked.home}")
        return 2
    setup(asked.home.absolute())
    found = measure()
    if asked.json:
        print(json.dumps(found))
    else:
        print("\n".join(f"{name:16} {value}" for name, value in found.items()))
    return 0 if found["whole_s"] <= LONGEST and found["readings"] >= asked.least else 1


if __name__ == "__main__":
    sys.exit(main())
