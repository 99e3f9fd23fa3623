"""Slit grid: known widths and displacements, either direction, a tilt, wrong images, the real grid."""

from pathlib import Path

import numpy as np
import pytest

from kilter.formats.dicom_image_writer import Origin, write_image
from kilter.measure.quantity import File
from kilter.measure.reference_object import make
from kilter.measure.run import run
from kilter.numerics.line_grid import line_grid
from kilter.specialties.nuclear_medicine.lines import line_spread

DATA = Path(__file__).parents[4] / "shared" / "data" / "nuclear_medicine"
real = pytest.mark.skipif(not DATA.is_dir(), reason="the real files of ../shared/data are not here")


def values(outcome):
    assert outcome.valid, outcome.notes
    return {name: one.value for name, one in outcome.results.items()}


def tilted(degrees, spacing=30.0, sigma=2.5, size=300):
    row, column = np.indices((size, size)) - (size - 1) / 2
    across = row * np.cos(np.radians(degrees)) + column * np.sin(np.radians(degrees))
    away = (across + spacing / 2) % spacing - spacing / 2
    return 5000.0 * np.exp(-0.5 * (away / sigma) ** 2)


@pytest.mark.parametrize("fault", ["none", "displaced", "pixel_size"])
@pytest.mark.parametrize("method", ["gaussian", "nema"])
@pytest.mark.parametrize("seed", [0, 1])
def test_reference_objects_meet_their_truth(fault, method, seed):
    made = make("lines", fault, seed)
    found = values(run(line_spread, {"image": made.file, "method": method}))
    # Straight lines between pixels widen 5 pixels by under 1 %; a parabola moves a top by hundredths.
    for name in ("fwhm", "pixel"):
        assert found[name] == pytest.approx(made.truth[name], rel=0.01 if name == "fwhm" else 1e-3)
    assert found["absolute"] == pytest.approx(made.truth["absolute"], abs=0.15 if seed else 0.03)
    assert found["differential"] == pytest.approx(made.truth["differential"], abs=0.05 if seed else 0.02)


@pytest.mark.parametrize("degrees", [0.0, 1.0, -2.0])
@pytest.mark.parametrize("turned", [False, True])
def test_direction_and_tilt_are_found(degrees, turned):
    image = tilted(degrees)
    found = line_grid(image.T if turned else image, 5, 0.05, "gaussian")
    assert found.across == ("x" if turned else "y")
    assert found.angle == pytest.approx(-degrees, abs=0.02)
    assert found.spacing == pytest.approx(30.0, abs=0.02)
    assert abs(found.deviations).max() < 0.05


@real
def test_the_real_grid():
    # 30 mm between the slits of this grid; 3.1 to 3.3 mm is the intrinsic FWHM of such a detector. Two ways
    # of reading a width agree within 3 %, and both put the pixel within 0.5 % of the file's.
    both = [
        values(run(line_spread, {"image": _lin_x(), "method": method})) for method in ("nema", "gaussian")
    ]
    for found in both:
        assert found["lines"] == 13
        assert found["difference"] == pytest.approx(0.0, abs=0.5)
        assert found["absolute"] < 1.0
        assert found["angle"] == pytest.approx(0.09, abs=0.02)
    assert both[0]["fwhm"] == pytest.approx(both[1]["fwhm"], rel=0.04)
    assert both[0]["pixel"] == pytest.approx(both[1]["pixel"], rel=2e-4)


def _lin_x():
    return File("Lin_X", (DATA / "Lin_X").read_bytes())


@real
@pytest.mark.parametrize("name", ["UNIFORMIDAD_1.dcm", "QuadrantBar.dcm", "FourBar.dcm"])
def test_other_images_are_no_grid(name):
    outcome = run(line_spread, {"image": File(name, (DATA / name).read_bytes())})
    assert not outcome.valid
    assert outcome.notes[0].code in ("not_lines", "not_even", "short_lines")


def test_an_uneven_grid_is_refused():
    outcome = run(line_spread, {"image": make("lines", "uneven", 0).file})
    assert (outcome.valid, outcome.notes[0].code) == (False, "not_even")


@pytest.mark.parametrize("pixels", [np.zeros((64, 64)), np.full((64, 64), 50.0)])
def test_an_image_without_lines_is_refused(pixels):
    file = File("x", write_image(pixels.astype(np.uint16), (1.0, 1.0), Origin()))
    outcome = run(line_spread, {"image": file})
    assert (outcome.valid, outcome.notes[0].code) == (False, "not_lines")


def test_a_coarse_matrix_is_a_doubt():
    pixels = tilted(0.0, sigma=0.8).astype(np.uint16)
    outcome = run(
        line_spread, {"image": File("x", write_image(pixels, (2.0, 2.0), Origin())), "spacing": 60.0}
    )
    assert outcome.doubtful
