"""Which files are proposed for which procedure."""

from pathlib import Path

import pytest

from kilter.measure.match import proposals as from_all
from kilter.measure.quantity import File
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
    (found,) = proposals(make_flood("bar_phantom", 1).file)
    assert found.sure < 0.5
    assert "not a flood" in found.reason


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
