"""Whole-body scans: evenness along the bed, widths of lines, known faults, noise, and wrong images."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kilter.formats.dicom_image_writer import Origin, write_image
from kilter.measure.error import BadInput
from kilter.measure.quantity import File
from kilter.measure.reference_object import make
from kilter.measure.run import run
from kilter.numerics.peak import HALF
from kilter.numerics.reference_camera import drawn
from kilter.specialties.nuclear_medicine.whole_body import whole_body, whole_body_resolution


def outcome_of(file, source="flood", **inputs):
    """Run what the source is for: a flood or a line for the speed, a line along or across for its width."""
    if source in ("along", "across"):
        return run(whole_body_resolution, {"image": file, "line": source, **inputs})
    return run(whole_body, {"image": file, "source": source, **inputs})


def values(file, source="flood", **inputs):
    outcome = outcome_of(file, source, **inputs)
    assert outcome.valid, outcome.notes
    return {name: one.value for name, one in outcome.results.items()}


def written(expected, seed=0, spacing=(2.5, 2.5)):
    return File("x.dcm", write_image(drawn(expected, seed), spacing, Origin()))


def flood(rows=600, columns=160, level=400.0):
    image = np.zeros((rows, columns))
    image[40:-40, 20:-20] = level
    return image


@pytest.mark.parametrize(
    ("kind", "source", "fault"),
    [
        *(("scan", "flood", fault) for fault in ("none", "slow", "drift")),
        *(("scan_line", "along", fault) for fault in ("none", "wide", "kink")),
    ],
)
@pytest.mark.parametrize("seed", [0, 3])
def test_reference_objects_read_their_truth(kind, source, fault, seed):
    made = make(kind, fault, seed)
    outcome = outcome_of(made.file, source)
    for name, truth in made.truth.items():
        found = outcome.results[name]
        noise = 5.0 * (found.u or 0.0) if seed else 0.0
        within = {"fwhm": 5e-3, "wander": 0.0 if not seed else 0.3, "slope": 0.05}.get(name, 1e-4)
        assert found.value == pytest.approx(truth, abs=within + noise + 1e-3)


def test_a_gap_is_a_fault_and_no_end_of_the_scan():
    found = values(make("scan", "gap", 1).file)
    # 20 mm of a scan fall into two bins of 20 mm, half into each.
    assert found["deviation"] == pytest.approx(-49.4, abs=1.5)
    assert found["deviation_place"] == pytest.approx(1000.0, abs=20.0)


def test_a_kink_at_a_join_shows_as_wander():
    assert values(make("scan_line", "kink", 0).file, "along")["wander"] == pytest.approx(3.0, abs=0.2)
    assert values(make("scan_line", "none", 2).file, "along")["wander"] < 0.2


@settings(max_examples=15, deadline=None)
@given(st.integers(8, 60), st.floats(-0.2, 0.2), st.sampled_from([10.0, 20.0, 40.0]))
def test_a_stretch_of_another_speed_is_found_where_it_is(start, by, window):
    image = flood(level=2000.0)
    first = 40 + 8 * start
    image[first : first + 32] *= 1.0 + by
    found = values(written(image), window=window)
    if abs(by) > 0.02 and 100 + 20 <= (first - 40) * 2.5 <= 1300 - 100 - 120:
        lit = 2.5 * first, 2.5 * (first + 32)
        assert lit[0] - window <= found["deviation_place"] <= lit[1] + window
        assert np.sign(found["deviation"]) == np.sign(by)
        # The stretch raises the mean, too: by no more than its part of the scan.
        assert abs(found["deviation"]) == pytest.approx(100 * abs(by), rel=0.1)


def test_an_image_upside_down_has_the_opposite_slope():
    ramp = flood(level=1000.0) * np.linspace(0.95, 1.05, 600)[:, None]
    up, down = values(written(ramp)), values(written(ramp[::-1]))
    assert up["slope"] == pytest.approx(-down["slope"], abs=0.02)
    assert up["slope"] > 5.0


def test_noise_is_called_noise_and_a_fault_is_not():
    for seed in range(1, 9):
        assert "noise" in [note.code for note in outcome_of(written(flood(level=20.0), seed)).notes]
    slow = flood(level=20.0)
    slow[300:340] *= 1.10
    assert "noise" not in [note.code for note in outcome_of(written(slow, 1)).notes]


def test_the_uncertainty_is_that_of_counting():
    slopes = [outcome_of(written(flood(level=20.0), seed)).results["slope"] for seed in range(1, 13)]
    away = np.array([one.value / one.u for one in slopes])
    assert 0.5 < away.std() < 1.7
    assert abs(away).max() < 4.0


@pytest.mark.parametrize("fwhm", [8.0, 12.0])
def test_a_line_across_gives_the_resolution_along(fwhm):
    at = (np.arange(400) - 180.3) * 2.0
    image = np.zeros((400, 256))
    image[:, 30:-30] = 3000.0 * np.exp(-0.5 * (at / (fwhm / HALF)) ** 2)[:, None]
    found = values(written(image, spacing=(2.0, 2.0)), "across")
    assert found["fwhm"] == pytest.approx(fwhm, abs=0.01)
    turned = values(written(image.T, spacing=(2.0, 2.0)), "along")
    assert turned["fwhm"] == pytest.approx(found["fwhm"], abs=1e-6)


def test_a_line_shows_the_speed_as_a_flood_does():
    found = values(make("scan_line", "none", 0).file, "line")
    assert found["deviation"] == pytest.approx(0.0, abs=1e-9)
    assert outcome_of(make("scan_line", "flood", 0).file, "line").notes[0].code == "not_a_line"


@pytest.mark.parametrize(
    ("kind", "fault", "source", "code"),
    [
        ("scan", "low_counts", "flood", "few_counts"),
        ("scan", "narrow", "flood", "not_a_flood"),
        ("scan", "short", "flood", "short_scan"),
        ("scan_line", "flood", "along", "not_a_line"),
        ("scan_line", "none", "flood", "not_a_flood"),
        ("scan", "none", "along", "not_a_line"),
        ("scan", "none", "across", "not_a_line"),
    ],
)
def test_what_is_another_image_is_not_measured(kind, fault, source, code):
    outcome = outcome_of(make(kind, fault, 1).file, source)
    assert not outcome.valid
    assert outcome.notes[0].code == code


def test_an_empty_image_is_refused():
    for source in ("flood", "line", "along", "across"):
        assert outcome_of(written(np.zeros((300, 100))), source).notes[0].code == "empty"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty_file"),
        (b"hello", "not_dicom"),
        (make("flood", "multi_frame", 1).file.content, "multi_frame"),
        (make("flood", "no_pixel_size", 1).file.content, "no_pixel_size"),
    ],
)
def test_files_that_are_no_scan_are_refused_by_name(content, code):
    with pytest.raises(BadInput) as caught:
        outcome_of(File("x", content))
    assert (caught.value.field, caught.value.code) == ("image", code)
