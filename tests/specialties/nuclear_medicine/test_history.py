"""What the floods of a camera draw together."""

from datetime import UTC, datetime, timedelta

import numpy as np

from kilter.formats.dicom_image_writer import Origin, write_image
from kilter.measure.history import Past, histories
from kilter.measure.quantity import File
from kilter.measure.reference_object import make
from kilter.numerics.reference_camera import drawn
from kilter.specialties.nuclear_medicine.history import flood_maps

START = datetime(2026, 1, 5, 8, tzinfo=UTC)


def flood(number: int, by: float = 0.0) -> Past:
    """A flood with one cold quarter of the left half."""
    counts = np.zeros((256, 256))
    counts[28:228, 28:228] = 400.0
    counts[28:128, 28:78] *= 1.0 + by
    content = write_image(drawn(counts, number + 1), (2.0, 2.0), Origin())
    return Past(START + timedelta(days=7 * number), File(f"{number}.dcm", content))


def test_the_uniformity_of_floods_has_a_history():
    found = histories()["nuclear_medicine.uniformity"]
    assert found.input == "flood"
    assert found.draw is flood_maps


def test_one_flood_draws_its_regions():
    (mean,) = flood_maps([flood(0, -0.1)])
    assert mean.title == "Mean of one flood by region"
    cells = mean.spec["data"]["values"]
    assert len(cells) == 48
    cold = [one["value"] for one in cells if one["row"] == 2 and one["column"] == 1]
    assert cold[0] < -7.0


def test_from_three_floods_on_the_change_is_drawn_and_said():
    mean, change = flood_maps([flood(n, -0.02 * n) for n in range(5)])
    assert "5 floods" in mean.title
    assert "28 days" in change.title
    values = {(one["row"], one["column"]): one["value"] for one in change.spec["data"]["values"]}
    assert values[2, 1] < -5.0
    assert abs(values[5, 7]) < 2.0
    assert "Beyond their scatter move" in change.alt
    assert "row 2, column 1" in change.alt


def test_what_is_no_flood_is_left_out():
    wrong = Past(START, File("x", b"hello"))
    bars = Past(START, make("bars", "none", 1).file)
    assert flood_maps([wrong, bars]) == ()
    assert len(flood_maps([wrong, flood(0), flood(1), bars])) == 1
    assert flood_maps([]) == ()
