"""Uniformity of a 1024 x 1024 flood: Kilter beside pylinac, in one run on one file.

    PYTHONPATH=src python benchmarks/uniformity.py [--repeats N] [--json]

pylinac lives in `.oracle/` (made by `tools/oracle.sh`), for it needs an older pydicom. Both analyse
both fields of the same file at the same binning (0.6 mm doubled to 4.8 mm); the extremes lie in the
middle, where both do the same sums, so the four figures must agree to 1e-9. Exit status 1 where they
do not, where computing takes longer than 10 ms, or where Kilter is less than 60 times faster.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from kilter.formats.dicom_image import read_planar
from kilter.formats.dicom_image_writer import Origin, write_image
from kilter.numerics.uniformity import Binning, FloodUniformity, flood_uniformity

ROOT = Path(__file__).parents[1]
ORACLE = ROOT / ".oracle" / "bin" / "python"
PIXEL, SIDE = 0.6, 1024
LONGEST, LEAST_RATIO, AGREEMENT = 0.010, 60.0, 1e-9

PEER = """
import json, sys, time, warnings
warnings.simplefilter("ignore")
from pylinac.nuclear import PlanarUniformity
path, repeats = sys.argv[1], int(sys.argv[2])
whole, computing = [], []
for _ in range(repeats):
    start = time.perf_counter()
    flood = PlanarUniformity(path)
    read = time.perf_counter()
    flood.analyze()
    fields = flood.frame_results["1"]
    values = {
        f"{name}_{kind}": float(getattr(fields[name], f"{kind}_uniformity"))
        for name in ("ufov", "cfov") for kind in ("integral", "differential")
    }
    end = time.perf_counter()
    whole.append(end - start)
    computing.append(end - read)
print(json.dumps({"values": values, "whole": min(whole), "computing": min(computing)}))
"""


def flood(seed: int = 1) -> bytes:
    """A flood with a bright and a dark spot near the middle, as a DICOM file."""
    row, column = np.indices((SIDE, SIDE)) - (SIDE - 1) / 2
    lit = (abs(row) < 330) & (abs(column) < 440)
    mean = np.where(lit, 150.0, 0.0)
    for place, height in (((-60, -80), 0.12), ((70, 60), -0.12)):
        mean *= 1 + height * np.exp(-(np.hypot(row - place[0], column - place[1]) ** 2) / (2 * 10.0**2))
    counts = np.random.default_rng(seed).poisson(mean).astype(np.uint16)
    return write_image(counts, (PIXEL, PIXEL), Origin(description="benchmark flood"))


def best_of(repeats: int, call: Callable[[], Any]) -> float:
    """Shortest of several times, in seconds, after one call to warm up."""
    call()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return min(times)


def figures(found: FloodUniformity) -> dict[str, float]:
    return {
        "ufov_integral": found.ufov.integral.contrast,
        "ufov_differential": found.ufov.differential.contrast,
        "cfov_integral": found.cfov.integral.contrast,
        "cfov_differential": found.cfov.differential.contrast,
    }


def ours(content: bytes, repeats: int) -> dict[str, Any]:
    """Time Kilter: computing alone by both binnings, and with the reading of the file."""
    image = read_planar(content, field="flood")
    assert image.spacing is not None
    pixels, spacing = image.pixels[0], image.spacing

    def computing(binning: Binning) -> FloodUniformity:
        return flood_uniformity(pixels, spacing, binning=binning, ceiling=image.ceiling)

    def whole() -> FloodUniformity:
        read = read_planar(content, field="flood")
        return flood_uniformity(read.pixels[0], spacing, binning="nmqc", ceiling=read.ceiling)

    return {
        "values": figures(computing("nmqc")),
        "computing": best_of(repeats, lambda: computing("nmqc")),
        "computing_nema": best_of(repeats, lambda: computing("nema")),
        "whole": best_of(repeats, whole),
    }


def peers(content: bytes, repeats: int) -> dict[str, Any]:
    """Time pylinac on the same bytes in its own environment."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "flood.dcm"
        path.write_bytes(content)
        done = subprocess.run(
            [str(ORACLE), "-c", PEER, str(path), str(repeats)], check=True, capture_output=True, text=True
        )
    return dict(json.loads(done.stdout))


def main() -> int:
    parser = argparse.ArgumentParser(description="Uniformity of a flood: Kilter beside pylinac.")
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    if not ORACLE.exists():
        print("there is no .oracle/: make it with tools/oracle.sh", file=sys.stderr)
        return 2
    content = flood()
    kilter, pylinac = ours(content, asked.repeats), peers(content, max(2, asked.repeats // 7))
    apart = max(abs(kilter["values"][name] - value) / value for name, value in pylinac["values"].items())
    ratio, ratio_whole = pylinac["computing"] / kilter["computing"], pylinac["whole"] / kilter["whole"]
    slowest = max(kilter["computing"], kilter["computing_nema"])
    passed = apart <= AGREEMENT and ratio >= LEAST_RATIO and slowest <= LONGEST
    if asked.json:
        print(
            json.dumps(
                {"kilter": kilter, "pylinac": pylinac, "ratio": ratio, "apart": apart, "passed": passed}
            )
        )
        return 0 if passed else 1
    print(f"flood of {SIDE} x {SIDE} pixels, both fields, best times")
    for words, name, times in (("computing", "computing", ratio), ("with reading", "whole", ratio_whole)):
        print(
            f"  {words:15} Kilter {1e3 * kilter[name]:8.2f} ms"
            f"   pylinac {1e3 * pylinac[name]:8.1f} ms   {times:.0f} times"
        )
    print(f"  NEMA binning    Kilter {1e3 * kilter['computing_nema']:8.2f} ms   (which pylinac has not)")
    for name, value in pylinac["values"].items():
        print(f"  {name:18} {kilter['values'][name]:.12f} %   pylinac {value:.12f} %")
    print(f"  largest relative difference {apart:.1e}; {'passed' if passed else 'FAILED'}")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
