"""Which head took an image: told where the file tells it, and nothing else of what it says."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom import Dataset

from kilter.formats.detector_head import DetectorHead, detector_head


def said(**attributes):
    """Read a data set of these attributes; collimators are given as a list of names."""
    dataset = Dataset()
    for name in attributes.pop("collimators", []):
        detector = Dataset()
        detector.CollimatorGridName = name
        dataset.setdefault("DetectorInformationSequence", []).value.append(detector)
    for name, value in attributes.items():
        setattr(dataset, name, value)
    return detector_head(dataset)


def test_a_file_that_says_nothing_tells_nothing():
    assert said() == DetectorHead("", "")


@pytest.mark.parametrize(
    ("words", "head"),
    [
        ("UNIF_INT_H1_H1", "1"),
        ("POSTERIOR_H2", "2"),
        ("LIN_Y_H2_H2", "2"),
        ("Detector 2", "2"),
        ("flood head b", "B"),
        ("DET-A", "A"),
        ("H1_H2", ""),
        ("HEART", ""),
        ("H12", ""),
        ("Tc99m flood 2", ""),
        ("", ""),
    ],
)
def test_the_name_of_an_image_tells_its_head(words, head):
    assert said(ImageID=words[:16]).name == head
    assert said(SeriesDescription=words).name == head


def test_the_image_is_asked_before_its_series():
    assert said(ImageID="H1", SeriesDescription="H2").name == "1"


def test_the_vector_counts_where_a_file_has_several_detectors():
    assert said(NumberOfDetectors=2, DetectorVector=2).name == "2"
    assert said(NumberOfDetectors=2, DetectorVector=2, ImageID="H1").name == "2"


def test_the_vector_of_a_file_of_one_detector_tells_nothing():
    assert said(NumberOfDetectors=1, DetectorVector=1).name == ""
    assert said(NumberOfDetectors=1, DetectorVector=1, ImageID="POSTERIOR_H2").name == "2"
    assert said(DetectorVector=1).name == ""


@pytest.mark.parametrize("vector", [[1, 2], 0, 17, 65535])
def test_an_impossible_vector_tells_nothing(vector):
    assert said(NumberOfDetectors=2, DetectorVector=vector).name == ""


def test_the_collimator_is_that_of_the_head():
    assert said(collimators=["LEHR"]).collimator == "LEHR"
    assert said(collimators=["lehr "]).collimator == "LEHR"
    two = {"collimators": ["LEHR", "MEGP"], "NumberOfDetectors": 2}
    assert said(**two, DetectorVector=2) == DetectorHead("2", "MEGP")
    assert said(collimators=["LEHR"], NumberOfDetectors=2, DetectorVector=2) == DetectorHead("2", "")
    assert said(collimators=["<b>"]).collimator == ""


@given(st.text(max_size=64))
def test_nothing_but_a_head_is_told_of_a_text(words):
    assert re.fullmatch("[1-9A-D]?", said(SeriesDescription=words).name)
