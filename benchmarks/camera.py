"""The camera's images: Kilter beside pylinac, in one run on the same files.

    PYTHONPATH=src python benchmarks/camera.py [--repeats N] [--json]

Uniformity, four bars, quadrant bars and centre of rotation, the computing
alone on pixels that have been read, on both sides. pylinac lives in `.oracle/` (made by
`tools/oracle.sh`), for it needs an older pydicom. Exit status 1 where the set is less than 50 times
faster, or where a figure differs by more than the difference of method explains:

- four bars: pylinac fits two Gaussians to 200 mm at once, here each line is fitted by itself; on lines
  that are Gaussian both find the same, 0.2 %;
- quadrant bars: the same moments of the same disc, whose rim falls on other pixels, 0.01;
- centre of rotation: pylinac lets the number of turns float and reads the largest residual, 0.05 mm.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
import uniformity as flood_benchmark

from kilter.formats.dicom_image import read_image
from kilter.formats.dicom_image_writer import Origin, write_image
from kilter.formats.projection_writer import Orbit
from kilter.formats.projections import read_projections
from kilter.numerics.bar_pattern import quadrants
from kilter.numerics.four_bar import four_bar
from kilter.numerics.reference_camera import drawn, four_lines, four_quadrants
from kilter.numerics.rotation_centre import centroids, fit_head
from kilter.numerics.uniformity import flood_uniformity
from kilter.specialties.nuclear_medicine.reference_rotation import Source, written

LEAST_RATIO = 50.0
BARS = [4.0, 3.5, 3.0, 2.5]
# Absolute bounds, in the unit of the figure, by the first word of its name.
BOUNDS = {"uniformity": 1e-6, "bars": 0.02, "quadrant": 0.01, "cor": 0.05}

PEER = """
import json, sys, time, warnings
warnings.simplefilter("ignore")
from pylinac.nuclear import CenterOfRotation, FourBarResolution, PlanarUniformity, QuadrantResolution
folder, repeats = sys.argv[1], int(sys.argv[2])
def flood(one):
    one.analyze()
    field = one.frame_results["1"]["cfov"]
    return {"uniformity cfov_integral": field.integral_uniformity,
            "uniformity cfov_differential": field.differential_uniformity}
def bars(one):
    one.analyze()
    return {"bars fwhm_x": one.x_axis.fwhm, "bars fwhm_y": one.y_axis.fwhm,
            "bars pixel_x": one.x_axis.measured_pixel_size, "bars pixel_y": one.y_axis.measured_pixel_size}
def quadrant(one):
    one.analyze(bar_widths=[4.0, 3.5, 3.0, 2.5])
    return {f"quadrant mtf_{n}": v for n, v in enumerate(one.mtf.mtfs.values(), 1)}
def cor(one):
    one.analyze()
    return {"cor residual": one.x_cor_deviation_mm, "cor axial_residual": one.y_cor_deviation_mm}
values, times = {}, {}
for name, kind, call in (
    ("uniformity", PlanarUniformity, flood), ("bars", FourBarResolution, bars),
    ("quadrant", QuadrantResolution, quadrant), ("cor", CenterOfRotation, cor),
):
    spent = []
    for _ in range(repeats):
        read = kind(f"{folder}/{name}.dcm")
        start = time.perf_counter(); found = call(read); spent.append(time.perf_counter() - start)
    times[name] = min(spent)
    values.update({key: float(value) for key, value in found.items()})
print(json.dumps({"values": values, "times": times}))
"""


def images() -> dict[str, bytes]:
    """The set: a flood of 1024 pixels a side, both phantoms of 512, a study of 64 views."""
    lines = four_lines(side=512, pixel=1.0, separation=100.0, fwhm=(7.5, 8.0), lines=4, height=2000.0)
    # pylinac takes the quadrants in the order lower right, upper right, upper left, lower left.
    pattern = four_quadrants(
        side=512, pixel=1.0, widths=[3.0, 3.5, 2.5, 4.0], modulations=[0.3, 0.4, 0.2, 0.5], mean=400.0
    )
    study = Source(Orbit((0.0,), 360.0 / 64, 64, False), offsets=(1.5,), axial_shifts=(0.0,), height=20_000.0)
    return {
        "uniformity": flood_benchmark.flood(),
        "bars": write_image(drawn(lines, 1), (1.0, 1.0), Origin()),
        "quadrant": write_image(drawn(pattern, 1), (1.0, 1.0), Origin()),
        "cor": written(study, 1),
    }


def ours(content: dict[str, bytes], repeats: int) -> dict[str, Any]:
    """Time Kilter's computing on pixels that have been read, as pylinac's is timed."""
    image = {name: read_image(data, field=name) for name, data in content.items()}
    pixels = {name: one.pixels[0] for name, one in image.items()}
    study = read_projections(content["cor"], field="cor")

    def cor() -> dict[str, float]:
        place = centroids(study.image.pixels, (5.0, 5.0))
        fit = fit_head(1, study.angle, place)
        return {
            "residual": float(abs(fit.residuals).max()),
            "axial_residual": float(abs(fit.axial_residuals).max()),
        }

    def bars() -> dict[str, float]:
        fit = four_bar(pixels["bars"], (10.0, 10.0), "gaussian")
        return {
            "fwhm_x": fit.x.fwhm, "fwhm_y": fit.y.fwhm,
            "pixel_x": 100.0 / fit.x.distance, "pixel_y": 100.0 / fit.y.distance,
        }  # fmt: skip

    def quadrant() -> dict[str, float]:
        # pylinac's radius is 70 pixels, its distance 130.
        found = quadrants(pixels["quadrant"], (1.0, 1.0), np.array(BARS), 70.0, 130.0)
        return {f"mtf_{number}": one.mtf for number, one in enumerate(found, 1)}

    def uniformity() -> dict[str, float]:
        side = flood_benchmark.PIXEL
        found = flood_uniformity(pixels["uniformity"], (side, side), binning="nmqc").cfov
        return {"cfov_integral": found.integral.contrast, "cfov_differential": found.differential.contrast}

    calls: dict[str, Callable[[], dict[str, float]]] = {
        "uniformity": uniformity, "bars": bars, "quadrant": quadrant, "cor": cor
    }  # fmt: skip
    return {
        "values": {f"{kind} {name}": value for kind, call in calls.items() for name, value in call().items()},
        "times": {name: flood_benchmark.best_of(repeats, call) for name, call in calls.items()},
    }


def peers(content: dict[str, bytes], repeats: int) -> dict[str, Any]:
    """Time pylinac on the same bytes in its own environment."""
    with tempfile.TemporaryDirectory() as folder:
        for name, data in content.items():
            (Path(folder) / f"{name}.dcm").write_bytes(data)
        command = [str(flood_benchmark.ORACLE), "-c", PEER, folder, str(repeats)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    return dict(json.loads(done.stdout))


def apart(mine: dict[str, float], theirs: dict[str, float]) -> list[str]:
    """Names of figures that differ by more than their method explains."""
    return [name for name, value in theirs.items() if abs(mine[name] - value) > BOUNDS[name.split()[0]]]


def main() -> int:
    parser = argparse.ArgumentParser(description="The camera's images: Kilter beside pylinac.")
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    if not flood_benchmark.ORACLE.exists():
        print("there is no .oracle/: make it with tools/oracle.sh", file=sys.stderr)
        return 2
    content = images()
    kilter, pylinac = ours(content, asked.repeats), peers(content, max(3, asked.repeats // 5))
    ratio = sum(pylinac["times"].values()) / sum(kilter["times"].values())
    differ = apart(kilter["values"], pylinac["values"])
    passed = ratio >= LEAST_RATIO and not differ
    if asked.json:
        print(json.dumps({"kilter": kilter, "pylinac": pylinac, "ratio": ratio, "passed": passed}))
        return 0 if passed else 1
    print("computing on pixels that have been read, best times")
    for name, spent in kilter["times"].items():
        theirs = pylinac["times"][name]
        both = f"Kilter {1e3 * spent:8.2f} ms   pylinac {1e3 * theirs:8.1f} ms"
        print(f"  {name:12} {both}   {theirs / spent:.0f} times")
    for name, value in pylinac["values"].items():
        mark = "  DIFFERS" if name in differ else ""
        print(f"  {name:30} {kilter['values'][name]:.6f}   pylinac {value:.6f}{mark}")
    print(f"  the set {ratio:.0f} times; {'passed' if passed else 'FAILED'}")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
