"""Line sources: known widths and distances, either direction, a tilt, bulbs and hooks, wrong images."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kilter.formats.dicom_image_writer import Origin, write_image
from kilter.measure.error import BadInput, CannotTell
from kilter.measure.match import proposals
from kilter.measure.quantity import File
from kilter.measure.reference_object import make
from kilter.measure.run import run
from kilter.numerics.line_source import line_sources
from kilter.specialties.nuclear_medicine.lines import line_source

DATA = Path(__file__).parents[4] / "shared" / "data" / "nuclear_medicine"
real = pytest.mark.skipif(not DATA.is_dir(), reason="the real files of ../shared/data are not here")
SIGMA = 2.5
FWHM = SIGMA * 2.0 * np.sqrt(2.0 * np.log(2.0))


def values(outcome):
    assert outcome.valid, outcome.notes
    return {name: one.value for name, one in outcome.results.items()}


def sources(places, degrees=0.0, heights=(2000.0, 2000.0), size=300, ends=(30, 270)):
    """Counts of Gaussian lines along the rows, turned by `degrees`, as (rows, columns)."""
    row, column = np.indices((size, size)) - (size - 1) / 2
    across = row * np.cos(np.radians(degrees)) + column * np.sin(np.radians(degrees))
    image = sum(
        h * np.exp(-0.5 * ((across - at) / SIGMA) ** 2) for at, h in zip(places, heights, strict=False)
    )
    image[:, : ends[0]] = 0.0
    image[:, ends[1] :] = 0.0
    return image


@pytest.mark.parametrize("fault", ["none", "single", "wide", "pixel_size", "bulb"])
@pytest.mark.parametrize("method", ["gaussian", "nema"])
@pytest.mark.parametrize("seed", [0, 1])
def test_reference_objects_meet_their_truth(fault, method, seed):
    made = make("line_sources", fault, seed)
    found = run(line_source, {"image": made.file, "method": method})
    told = values(found)
    # Straight lines between pixels widen 6 pixels by under 1 %; counting noise moves the mean of 60 strips
    # by its own uncertainty.
    u = found.results["fwhm"].u
    assert told["fwhm"] == pytest.approx(made.truth["fwhm"], rel=0.01, abs=0.0 if not seed else 4.0 * u)
    assert told["lines"] == made.truth["lines"]
    if "distance" in made.truth:
        assert told["distance"] == pytest.approx(made.truth["distance"], abs=0.05 if seed else 0.005)
    else:
        assert "distance" not in told


@pytest.mark.parametrize("degrees", [0.0, 1.5, -2.5])
@pytest.mark.parametrize("turned", [False, True])
def test_width_and_distance_are_measured_square_to_the_lines(degrees, turned):
    image = sources([-25.0, 25.0], degrees)
    found = line_sources(image.T if turned else image, 4, 0.05, "gaussian")
    assert found.across == ("x" if turned else "y")
    assert found.angles == pytest.approx([-degrees] * 2, abs=0.02)
    assert found.distance == pytest.approx(50.0, abs=0.01)
    # A strip of 4 pixels smears a line at 2.5 degrees by 0.05 pixels (standard deviation).
    assert found.fwhm.mean() == pytest.approx(FWHM, rel=1e-3)


@settings(max_examples=25, deadline=None)
@given(
    distance=st.floats(25.0, 120.0),
    shift=st.floats(-20.0, 20.0),
    ratio=st.floats(0.35, 1.0),
    seed=st.integers(1, 2**32 - 1),
)
def test_any_two_lines_give_their_distance_and_width(distance, shift, ratio, seed):
    expected = sources([shift - distance / 2, shift + distance / 2], heights=(900.0, 900.0 * ratio))
    image = np.random.default_rng(seed).poisson(expected).astype(float)
    found = line_sources(image, 10, 0.05, "gaussian")
    assert found.distance == pytest.approx(distance, abs=0.05)
    assert found.fwhm.mean() == pytest.approx(FWHM, rel=0.01)


def test_the_uncertainty_of_a_width_covers_its_scatter():
    """Of 40 images the mean width scatters as much as each says of itself, within a third."""
    expected = sources([-25.0, 25.0], heights=(200.0, 200.0))
    widths, said = [], []
    for seed in range(40):
        pixels = np.random.default_rng(seed).poisson(expected).astype(np.uint16)
        file = File("x", write_image(pixels, (1.0, 1.0), Origin()))
        result = run(line_source, {"image": file, "method": "gaussian"}).results["fwhm"]
        widths.append(result.value)
        said.append(result.u)
    assert np.mean(said) == pytest.approx(np.std(widths, ddof=1), rel=0.35)


def test_a_bulb_at_the_end_does_not_widen_the_line():
    plain, bulb = (
        values(run(line_source, {"image": make("line_sources", fault, 1).file})) for fault in ("none", "bulb")
    )
    assert bulb["fwhm"] == pytest.approx(plain["fwhm"], rel=5e-3)


def test_the_distance_gives_the_pixel_and_what_the_file_says_is_wrong():
    made = make("line_sources", "pixel_size", 0)
    found = values(run(line_source, {"image": made.file, "separation": 50.0, "method": "gaussian"}))
    assert found["pixel"] == pytest.approx(50.0 / 51.0, abs=1e-5)
    assert found["difference"] == pytest.approx(100.0 * (50.0 / 51.0 - 1.0), abs=1e-3)
    plain = values(run(line_source, {"image": made.file}))
    assert "pixel" not in plain
    assert "difference" not in plain


def test_a_separation_of_one_line_is_refused():
    with pytest.raises(BadInput, match="one line is on the image") as caught:
        run(line_source, {"image": make("line_sources", "single", 0).file, "separation": 50.0})
    assert caught.value.field == "separation"


def test_lines_that_are_not_parallel_raise_a_doubt():
    one, other = sources([-30.0], 1.0, (2000.0,)), sources([30.0], -0.2, (2000.0,))
    file = File("x", write_image((one + other).astype(np.uint16), (1.0, 1.0), Origin()))
    outcome = run(line_source, {"image": file})
    assert outcome.doubtful
    assert "not_parallel" in [note.code for note in outcome.notes]


@pytest.mark.parametrize(
    ("image", "code"),
    [
        (np.zeros((64, 64)), "not_lines"),
        (np.full((64, 64), 50.0), "not_lines"),
        (sources([0.0], ends=(140, 160)), "not_lines"),
        (sources([0.0], ends=(130, 195)), "short_lines"),
        (sources([-25.0, 25.0], 4.0), "oblique"),
        (sources([-25.0, 25.0], 30.0), "not_lines"),
        (sources([-80.0, 0.0, 80.0], heights=(2000.0,) * 3), "too_many_lines"),
        (sources([149.0], heights=(2000.0,)), "cut_off"),
        (sources([-25.0, 25.0]) + sources([-25.0, 25.0]).T, "cut_off"),
    ],
    ids=["dark", "even", "point", "short", "oblique", "steep", "three", "edge", "crossed"],
)
@pytest.mark.parametrize("method", ["gaussian", "nema"])
def test_what_is_no_line_source_is_refused(image, code, method):
    with pytest.raises(CannotTell) as caught:
        line_sources(image, 10, 0.05, method)
    assert caught.value.code == code


@real
@pytest.mark.parametrize("name", ["UNIFORMIDAD_1.dcm", "QuadrantBar.dcm", "FourBar.dcm", "Lin_X"])
def test_other_real_images_are_no_line_sources(name):
    outcome = run(line_source, {"image": File(name, (DATA / name).read_bytes())})
    assert not outcome.valid
    assert outcome.notes[0].code in ("not_lines", "too_many_lines", "cut_off")


@pytest.mark.parametrize("fault", ["none", "single", "bulb"])
def test_an_image_of_lines_is_proposed_for_it(fault):
    (found,) = proposals(make("line_sources", fault, 1).file)
    assert (found.procedure, found.input) == ("nuclear_medicine.line_source", "image")
    assert found.sure > 0.5
