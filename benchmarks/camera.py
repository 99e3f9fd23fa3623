"""The camera's images: Kilter beside pylinac, in one run on the same files.

    PYTHONPATH=src python benchmarks/camera.py [--repeats N] [--json]

Uniformity, four bars, quadrant bars, centre of rotation and the Jaszczak phantom, on truth images of
clinical size and on the real files of `../shared/data/nuclear_medicine` where they are. Timed is all that
a user waits for, on both sides: the file's bytes or path in, read, checked, analysed, the figures out; on
ours that includes the pictures of the result. pylinac lives in `.oracle/` (made by `tools/oracle.sh`), for
it needs an older pydicom. It has nothing for the slit grid (`Lin_X`), which is timed alone.

Exit status 1 where the set is less than 50 times faster, the sum over all, or where a figure differs by
more than the difference of method explains:

- uniformity: the same sums on the truth image, 1e-6; on the real one pylinac's field is cut otherwise at
  the rim, 0.15 (the tolerance of pylinac's own test against the toolkit);
- four bars: pylinac fits two Gaussians to 200 mm at once, here each line is fitted by itself; on lines
  that are Gaussian both find the same, 0.02 mm; real lines stand on scatter, 0.1 mm
  (the tolerance of pylinac's own test; the toolkit's figure lies nearer to Kilter's);
- quadrant bars: the same moments of the same disc, whose rim falls on other pixels, 0.01;
- centre of rotation: pylinac lets the number of turns float and reads the largest residual, 0.05 mm;
- Jaszczak, uniform section: the same slices, pixels and smoothing, whose disc pylinac erodes from the
  outline and Kilter draws about the axis, 0.1;
- Jaszczak, spheres: pylinac's search for the coldest place stops up to a slice away from the truth, 3 %;
  pylinac's own mean at the place that Kilter found, 1 %. Both are put over one background, for pylinac
  takes its own from the calmest slice, which may be one of the phantom's ends.
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

from kilter.formats.dicom_image_writer import Origin, write_image
from kilter.formats.projection_writer import Orbit
from kilter.formats.slice_writer import write_slices
from kilter.formats.slices import read_slices
from kilter.measure.quantity import File
from kilter.numerics.cold_spheres import find_spheres
from kilter.numerics.cylinder import find_cylinder, uniform_section
from kilter.numerics.reference_camera import drawn, four_lines, four_quadrants
from kilter.numerics.reference_spect import DELUXE, Jaszczak, expected
from kilter.specialties.nuclear_medicine.bars import bar_resolution, quadrant_bar
from kilter.specialties.nuclear_medicine.lines import line_spread
from kilter.specialties.nuclear_medicine.reference_rotation import Source, written
from kilter.specialties.nuclear_medicine.rotation import centre_of_rotation
from kilter.specialties.nuclear_medicine.spect import spect_contrast
from kilter.specialties.nuclear_medicine.uniformity import uniformity

LEAST_RATIO = 50.0
REAL = Path(__file__).parents[2] / "shared" / "data" / "nuclear_medicine"
# Widths of the bars in the order in which pylinac wants the quadrants, and its disc and distance, mm.
TRUTH_BARS, REAL_BARS = ([4.0, 3.5, 3.0, 2.5], 140.0, 130.0), ([4.23, 3.18, 2.54, 2.12], 144.5, 134.2)
# Absolute bounds, in the unit of the figure, by the first words of its name; the longest that fits holds.
BOUNDS = {
    "uniformity": 1e-6, "uniformity_real": 0.15, "bars": 0.02, "bars_real": 0.1, "quadrant": 0.01,
    "quadrant_real": 0.01, "cor64": 0.05, "cor128": 0.05, "jaszczak": 0.1, "jaszczak sphere": 3.0,
    "jaszczak at_place": 1.0,
}  # fmt: skip

PEER = """
import json, sys, time, warnings
warnings.simplefilter("ignore")
from pylinac.nuclear import (CenterOfRotation, FourBarResolution, PlanarUniformity, QuadrantResolution,
                             TomographicContrast, TomographicUniformity, sample_sphere)
folder, repeats, told = sys.argv[1], int(sys.argv[2]), json.loads(sys.argv[3])
def flood(path, told):
    one = PlanarUniformity(path); one.analyze()
    field = one.frame_results["1"]["cfov"]
    return {"cfov_integral": field.integral_uniformity, "cfov_differential": field.differential_uniformity}
def bars(path, told):
    one = FourBarResolution(path); one.analyze()
    return {"fwhm_x": one.x_axis.fwhm, "fwhm_y": one.y_axis.fwhm,
            "pixel_x": one.x_axis.measured_pixel_size, "pixel_y": one.y_axis.measured_pixel_size}
def quadrant(path, told):
    one = QuadrantResolution(path); one.analyze(bar_widths=told["bars"])
    return {f"mtf_{n}": v for n, v in enumerate(one.mtf.mtfs.values(), 1)}
def cor(path, told):
    one = CenterOfRotation(path); one.analyze()
    return {"residual": one.x_cor_deviation_mm, "axial_residual": one.y_cor_deviation_mm}
def jaszczak(path, told):
    even = TomographicUniformity(path); even.analyze(first_frame=told["first"], last_frame=told["last"])
    cold = TomographicContrast(path); cold.analyze()
    field = even.frame_result["ufov"]
    found = {"integral": field.integral_uniformity, "differential": field.differential_uniformity}
    return found | {f"sphere_{n}": one.mean_value for n, one in cold.rois.items()}
calls = {"uniformity": flood, "bars": bars, "quadrant": quadrant, "cor": cor, "jaszczak": jaszczak}
values, times = {}, {}
for name, said in told.items():
    call, spent = calls[said["kind"]], []
    for _ in range(1 if said["kind"] == "jaszczak" else repeats):
        start = time.perf_counter()
        found = call(f"{folder}/{name}.dcm", said)
        spent.append(time.perf_counter() - start)
    times[name] = min(spent)
    values.update({f"{name} {key}": float(value) for key, value in found.items()})
    if said["kind"] == "jaszczak":
        array = TomographicContrast(f"{folder}/{name}.dcm").stack.as_3d_array()
        for n, (z, y, x, radius) in enumerate(said["places"], 1):
            sphere = sample_sphere(array, col=x, row=y, zed=z, radius=radius)
            values[f"{name} at_place_{n}"] = float(sphere[sphere == sphere].mean())
print(json.dumps({"values": values, "times": times}))
"""


def images() -> dict[str, bytes]:
    """The set: truth images of clinical size, then the real files that are here."""
    lines = four_lines(side=512, pixel=1.0, separation=100.0, fwhm=(7.5, 8.0), lines=4, height=2000.0)
    # pylinac takes the quadrants in the order lower right, upper right, upper left, lower left.
    pattern = four_quadrants(
        side=512, pixel=1.0, widths=[3.0, 3.5, 2.5, 4.0], modulations=[0.3, 0.4, 0.2, 0.5], mean=400.0
    )
    # pylinac looks for the largest sphere at -10 degrees and for the others against the clock.
    voxel = 34.0 / 10.5
    phantom = Jaszczak(
        slices=128, side=128, voxel=voxel, turn=-10.0, direction=-1, ring=0.03, ring_radius=36.0
    )
    made = {
        "uniformity": flood_benchmark.flood(),
        "bars": write_image(drawn(lines, 1), (1.0, 1.0), Origin()),
        "quadrant": write_image(drawn(pattern, 1), (1.0, 1.0), Origin()),
        "cor64": written(rotation(64), 1),
        "cor128": written(rotation(128), 1),
        "jaszczak": write_slices(drawn(expected(phantom), 1), (voxel,) * 3, Origin()),
    }
    real = {
        "uniformity_real": "UNIFORMIDAD_1.dcm",
        "bars_real": "FourBar.dcm",
        "quadrant_real": "QuadrantBar.dcm",
    }
    return made | {name: (REAL / file).read_bytes() for name, file in real.items() if (REAL / file).exists()}


def rotation(views: int) -> Source:
    """One head, a view of 128 x 128 pixels at each step of a whole turn."""
    orbit = Orbit((0.0,), 360.0 / views, views, False)
    return Source(orbit, offsets=(1.5,), axial_shifts=(0.0,), height=20_000.0, side=128, pixel=4.0)


def told(content: dict[str, bytes]) -> dict[str, dict[str, Any]]:
    """Give what pylinac must be told of each image: its kind, its bars, and the uniform section."""
    found: dict[str, dict[str, Any]] = {
        name: {"kind": name.rstrip("0123456789").split("_")[0]} for name in content
    }
    for name in ("quadrant", "quadrant_real"):
        if name in found:
            found[name]["bars"] = (TRUTH_BARS if name == "quadrant" else REAL_BARS)[0]
    read = read_slices((File("x", content["jaszczak"]),), field="x")
    cylinder = find_cylinder(read.voxels, read.spacing)
    section, _ = uniform_section(cylinder)
    cold = find_spheres(cylinder, section, DELUXE)
    places = [[*one.place, one.diameter / 2 / read.spacing[1]] for one in cold.spheres]
    first = cylinder.first
    return found | {
        "jaszczak": {
            "kind": "jaszczak", "first": section.start + first, "last": section.stop + first,
            "places": places, "background": cold.background,
        }
    }  # fmt: skip


def flood_figures(file: File) -> dict[str, float]:
    found = uniformity(flood=file, binning="nmqc")
    return {"cfov_integral": found.cfov_integral, "cfov_differential": found.cfov_differential}


def bar_figures(file: File) -> dict[str, float]:
    found = bar_resolution(image=file)
    return {name: getattr(found, name) for name in ("fwhm_x", "fwhm_y", "pixel_x", "pixel_y")}


def quadrant_figures(file: File, bars: tuple[list[float], float, float]) -> dict[str, float]:
    widths, disc, distance = bars
    found = quadrant_bar(image=file, widths=np.array(widths), disc=disc, distance=distance)
    return {f"mtf_{n}": getattr(found, f"mtf_{n}") for n in range(1, 5)}


def rotation_figures(file: File) -> dict[str, float]:
    found = centre_of_rotation(study=file)
    return {"residual": found.residual, "axial_residual": found.axial_residual}


def jaszczak_figures(file: File) -> dict[str, float]:
    found = spect_contrast(slices=(file,))
    figures = {"integral": found.integral, "differential": found.differential}
    return figures | {
        f"{kind}_{n}": getattr(found, f"contrast_{n}") for kind in ("sphere", "at_place") for n in range(1, 7)
    }


def ours(content: dict[str, bytes], repeats: int) -> dict[str, Any]:
    """Time Kilter's procedures on the bytes of each file."""
    calls: dict[str, Callable[[File], dict[str, float]]] = {
        "uniformity": flood_figures, "bars": bar_figures, "cor": rotation_figures,
        "jaszczak": jaszczak_figures,
    }  # fmt: skip
    values, times = {}, {}
    for name, said in told(content).items():
        if said["kind"] == "quadrant":
            bars = TRUTH_BARS if name == "quadrant" else REAL_BARS

            def call(file: File, bars: tuple[list[float], float, float] = bars) -> dict[str, float]:
                return quadrant_figures(file, bars)
        else:
            call = calls[said["kind"]]
        times[name] = flood_benchmark.best_of(
            repeats, lambda call=call, name=name: call(File(name, content[name]))
        )
        values |= {f"{name} {key}": value for key, value in call(File(name, content[name])).items()}
    return {"values": values, "times": times}


def peers(content: dict[str, bytes], repeats: int) -> dict[str, Any]:
    """Time pylinac on the same bytes in its own environment; sphere means become contrasts."""
    said = told(content)
    with tempfile.TemporaryDirectory() as folder:
        for name, data in content.items():
            (Path(folder) / f"{name}.dcm").write_bytes(data)
        command = [str(flood_benchmark.ORACLE), "-c", PEER, folder, str(repeats), json.dumps(said)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    found = dict(json.loads(done.stdout.splitlines()[-1]))
    background = said["jaszczak"]["background"]
    for name, value in found["values"].items():
        if name.startswith(("jaszczak sphere", "jaszczak at_place")):
            found["values"][name] = 100.0 * (1.0 - value / background)
    return found


def apart(mine: dict[str, float], theirs: dict[str, float]) -> list[str]:
    """Names of figures that differ by more than their method explains."""

    def bound(name: str) -> float:
        fitting = [start for start in BOUNDS if name.startswith((f"{start} ", f"{start}_"))]
        return BOUNDS[max(fitting, key=len)]

    return [name for name, value in theirs.items() if not abs(mine[name] - value) <= bound(name)]


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
    show(kilter, pylinac, differ)
    grid = REAL / "Lin_X"
    if grid.exists():
        spent = flood_benchmark.best_of(
            asked.repeats, lambda: line_spread(image=File("x", grid.read_bytes()))
        )
        print(f"  slit grid (Lin_X)   Kilter {1e3 * spent:8.2f} ms   (which pylinac has not)")
    print(f"  the set {ratio:.0f} times; {'passed' if passed else 'FAILED'}")
    return 0 if passed else 1


def show(kilter: dict[str, Any], pylinac: dict[str, Any], differ: list[str]) -> None:
    """Print times and figures of both."""
    print("from the file to the figures, best times")
    for name, spent in kilter["times"].items():
        theirs = pylinac["times"][name]
        both = f"Kilter {1e3 * spent:8.2f} ms   pylinac {1e3 * theirs:8.1f} ms"
        print(f"  {name:16} {both}   {theirs / spent:.1f} times")
    for name, value in pylinac["values"].items():
        mark = "  DIFFERS" if name in differ else ""
        print(f"  {name:32} {kilter['values'][name]:.6f}   pylinac {value:.6f}{mark}")


if __name__ == "__main__":
    sys.exit(main())
