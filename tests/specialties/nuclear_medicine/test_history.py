"""What the floods of a camera draw together."""

import json
from datetime import UTC, datetime, timedelta
from io import BytesIO

import numpy as np
from pydicom import Dataset, dcmread

from kilter.formats.dicom_image_writer import Origin, write_image
from kilter.measure.history import Analysis, Past, histories
from kilter.measure.quantity import File
from kilter.measure.reference_object import make
from kilter.numerics.reference_camera import drawn
from kilter.specialties.nuclear_medicine.history import analyse_flood, flood_maps

START = datetime(2026, 1, 5, 8, tzinfo=UTC)


def flood(number: int, by: float = 0.0, named: str = "") -> File:
    """A flood with one cold quarter of the left half."""
    counts = np.zeros((256, 256))
    counts[28:228, 28:228] = 400.0
    counts[28:128, 28:78] *= 1.0 + by
    content = write_image(drawn(counts, number + 1), (2.0, 2.0), Origin(description=named))
    return File(f"{number}.dcm", content)


def past(number: int, by: float = 0.0) -> Past:
    """What is found in such a flood, after it went through the form in which it is kept."""
    found = analyse_flood(flood(number, by)).values
    assert found is not None
    return Past(START + timedelta(days=7 * number), json.loads(json.dumps(found, allow_nan=False)))


def test_the_uniformity_of_floods_has_a_history():
    found = histories()["nuclear_medicine.uniformity"]
    assert found.input == "flood"
    assert found.analyse is analyse_flood
    assert found.draw is flood_maps


def test_one_flood_draws_its_regions():
    (mean,) = flood_maps([past(0, -0.1)])
    assert mean.title == "Mean of one flood by region"
    cells = mean.spec["data"]["values"]
    assert len(cells) == 48
    cold = [one["value"] for one in cells if one["row"] == 2 and one["column"] == 1]
    assert cold[0] < -7.0


def test_from_three_floods_on_the_change_is_drawn_and_said():
    mean, change = flood_maps([past(n, -0.02 * n) for n in range(5)])
    assert "5 floods" in mean.title
    assert "28 days" in change.title
    values = {(one["row"], one["column"]): one["value"] for one in change.spec["data"]["values"]}
    assert values[2, 1] < -5.0
    assert abs(values[5, 7]) < 2.0
    assert "Beyond their scatter move" in change.alt
    assert "row 2, column 1" in change.alt


def test_a_region_outside_the_field_is_kept_as_none_and_not_drawn():
    values = dict(past(0).values)
    assert len(values["departure"]) == len(values["u"]) == 48
    values["departure"] = [None, *values["departure"][1:]]
    (mean,) = flood_maps([Past(START, values)])
    assert len(mean.spec["data"]["values"]) == 47


def test_what_is_no_flood_gives_nothing_to_draw():
    assert analyse_flood(File("x", b"hello")) == Analysis("", None)
    assert analyse_flood(make("bars", "none", 1).file).values is None
    bare = write_image(np.full((64, 64), 100, np.uint16), None, Origin(description="FLOOD_H2"))
    assert analyse_flood(File("x", bare)) == Analysis("Detector 2", None)
    assert flood_maps([]) == ()


def test_a_flood_tells_its_head_and_collimator():
    assert analyse_flood(flood(0)).part == ""
    assert analyse_flood(flood(0, named="UNIF_INT_H1_H1")).part == "Detector 1"
    image = dcmread(BytesIO(flood(0, named="head B").content))
    image.DetectorInformationSequence = [Dataset()]
    image.DetectorInformationSequence[0].CollimatorGridName = "LEHR"
    content = BytesIO()
    image.save_as(content)
    assert analyse_flood(File("x", content.getvalue())).part == "Detector B, collimator LEHR"
