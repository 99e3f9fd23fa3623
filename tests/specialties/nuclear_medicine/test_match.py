"""Which files are proposed for which procedure."""

from pathlib import Path

import numpy as np
import pytest

from kilter.formats.dicom_image_writer import Origin, write_image
from kilter.measure.match import proposals as from_all
from kilter.measure.quantity import File
from kilter.measure.reference_object import make
from kilter.numerics.reference_camera import drawn
from kilter.specialties.nuclear_medicine.match import proposals
from kilter.specialties.nuclear_medicine.reference_object import make_flood

DATA = Path(__file__).parents[4] / "shared" / "data"


@pytest.mark.parametrize("fault", ["none", "hot_spot", "cold_tube", "low_counts"])
def test_a_flood_is_surely_proposed(fault):
    (found,) = proposals(make_flood(fault, 1).file)
    assert (found.procedure, found.input) == ("nuclear_medicine.uniformity", "flood")
    assert found.sure > 0.5
    assert (found.serial, found.station) == ("REFERENCE", "KILTER")


def test_another_planar_image_is_hardly_proposed_and_says_why():
    spot = np.zeros((256, 256))
    spot[100:110, 100:110] = 500
    content = write_image(drawn(spot + 1.0, 1), (2.0, 2.0), Origin())
    (found,) = proposals(File("spot.dcm", content))
    assert found.procedure == "nuclear_medicine.uniformity"
    assert found.sure < 0.5
    assert "not a flood" in found.reason


@pytest.mark.parametrize(
    ("kind", "fault", "procedure", "field"),
    [
        ("bars", "none", "bar_resolution", "image"),
        ("bars", "wide", "bar_resolution", "image"),
        ("bars", "low_counts", "bar_resolution", "image"),
        ("quadrant", "none", "quadrant_bar", "image"),
        ("quadrant", "blurred", "quadrant_bar", "image"),
        ("lines", "none", "line_spread", "image"),
        ("lines", "displaced", "line_spread", "image"),
        ("cor", "none", "centre_of_rotation", "study"),
        ("cor", "offset", "centre_of_rotation", "study"),
        ("jaszczak", "none", "spect_contrast", "slices"),
        ("jaszczak", "ring", "spect_contrast", "slices"),
        ("pet", "none", "suv_check", "series"),
        ("scan", "none", "whole_body", "image"),
        ("scan", "slow", "whole_body", "image"),
        ("scan_line", "none", "whole_body_resolution", "image"),
        ("scan_line", "kink", "whole_body_resolution", "image"),
    ],
)
def test_each_phantom_is_surely_proposed_for_its_own_test(kind, fault, procedure, field):
    made = make(kind, fault, 1)
    (found,) = proposals(made.file)
    assert (found.procedure, found.input) == (f"nuclear_medicine.{procedure}", field)
    assert (found.procedure, found.input) == (made.procedure, made.input)
    assert found.sure > 0.5
    assert found.reason


@pytest.mark.parametrize(
    ("kind", "fault", "words"),
    [
        ("cor", "flood", "counts of a source"),
        ("jaszczak", "oval", "no circle"),
        ("jaszczak", "no_gap", "distance of its slices"),
        ("bars", "missing_line", "not a flood"),
        ("scan", "narrow", "whole-body scan, but"),
        ("scan", "short", "whole-body scan, but"),
    ],
)
def test_what_its_test_would_refuse_is_hardly_proposed_with_the_reason(kind, fault, words):
    for found in proposals(make(kind, fault, 1).file):
        assert found.sure < 0.5
        assert words in found.reason


@pytest.mark.parametrize("kind", ["flood", "bars", "quadrant", "lines"])
def test_what_no_header_calls_whole_body_is_never_proposed_for_it(kind):
    found = proposals(make(kind, "none", 1).file)
    assert not any("whole_body" in one.procedure for one in found)


def test_a_scan_of_two_detectors_is_hardly_proposed_and_says_what_to_give():
    both = np.full((2, 60, 40), 500, dtype=np.uint16)
    content = write_image(both, (5.0, 5.0), Origin(scan="WHOLE BODY"))
    (found,) = proposals(File("both.dcm", content))
    assert found.sure < 0.5
    assert "2 images" in found.reason


def test_frames_without_a_rotation_are_proposed_for_nothing():
    assert proposals(make("cor", "planar", 1).file) == ()


@pytest.mark.skipif(not DATA.is_dir(), reason="the real files of ../shared/data are not here")
@pytest.mark.parametrize(
    ("name", "procedure"),
    [
        ("UNIFORMIDAD_1.dcm", "uniformity"),
        ("FourBar.dcm", "bar_resolution"),
        ("QuadrantBar.dcm", "quadrant_bar"),
        ("Lin_X", "line_spread"),
    ],
)
def test_the_real_files_are_proposed_for_what_they_are(name, procedure):
    (found,) = proposals(File(name, (DATA / "nuclear_medicine" / name).read_bytes()))
    assert found.procedure == f"nuclear_medicine.{procedure}"
    assert found.sure > 0.5


@pytest.mark.parametrize("fault", ["no_pixel_size", "multi_frame", "colour", "truncated"])
def test_unreadable_or_unfit_files_are_not_proposed(fault):
    assert proposals(make_flood(fault, 1).file) == ()


@pytest.mark.parametrize("content", [b"", b"hello", b"\0" * 128 + b"DICM" + b"\0" * 50])
def test_other_bytes_are_not_proposed(content):
    assert proposals(File("x", content)) == ()


def test_all_specialties_are_asked():
    assert from_all(make_flood("none", 1).file)[0].procedure == "nuclear_medicine.uniformity"


@pytest.mark.skipif(not DATA.is_dir(), reason="the real files of ../shared/data are not here")
def test_magnetic_resonance_is_not_proposed():
    assert proposals(File("0.dcm", (DATA / "mri/acr/Siemens/0.dcm").read_bytes())) == ()
