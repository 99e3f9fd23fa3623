"""Jaszczak phantom: known contrast whichever way it lies, faults, noise, series, and wrong images."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kilter.formats.dicom_image_writer import Origin
from kilter.formats.slice_writer import write_slice_files, write_slices
from kilter.measure.error import BadInput
from kilter.measure.quantity import File
from kilter.measure.reference_object import make
from kilter.measure.run import run
from kilter.numerics.cold_spheres import find_spheres
from kilter.numerics.cylinder import find_cylinder, uniform_section
from kilter.numerics.peak import HALF
from kilter.numerics.reference_camera import drawn
from kilter.numerics.reference_spect import (
    CIRCLE,
    DELUXE,
    LENGTH,
    SPHERE_HEIGHT,
    Jaszczak,
    blurred_sphere,
    expected,
    mean_in_sphere,
)
from kilter.specialties.nuclear_medicine.reference_rotation import Source, written
from kilter.specialties.nuclear_medicine.spect import spect_contrast

SMALL = Jaszczak(slices=48, side=56, voxel=4.8)


def outcome_of(*contents, **inputs):
    files = tuple(File(f"{n}.dcm", content) for n, content in enumerate(contents))
    return run(spect_contrast, {"slices": files, **inputs})


def values(*contents, **inputs):
    outcome = outcome_of(*contents, **inputs)
    assert outcome.valid, outcome.notes
    return {name: one.value for name, one in outcome.results.items()}


def written_as(phantom, seed=0):
    return write_slices(drawn(expected(phantom), seed), (phantom.voxel,) * 3, Origin())


def located(voxels, spacing):
    found = find_cylinder(voxels, spacing)
    section, _ = uniform_section(found)
    return find_spheres(found, section, DELUXE)


@settings(max_examples=8, deadline=None)
@given(st.floats(0, 360), st.sampled_from([1, -1]), st.sampled_from([0, 3]))
def test_spheres_are_found_whichever_way_they_lie(turn, direction, seed):
    phantom = replace(SMALL, turn=turn, direction=direction)
    cold = located(drawn(expected(phantom), seed).astype(float), (4.8,) * 3)
    for number, sphere in enumerate(cold.spheres):
        angle = np.radians(turn + direction * 60.0 * number)
        truth = (
            23.5 + (SPHERE_HEIGHT - LENGTH / 2) / 4.8,
            27.5 + CIRCLE * np.sin(angle) / 4.8,
            27.5 + CIRCLE * np.cos(angle) / 4.8,
        )
        # Within 2 mm: no sphere looks for itself, so that the smallest is found as well as the largest.
        assert np.abs(np.subtract(sphere.place, truth)).max() < 2.0 / 4.8
        assert sphere.contrast == pytest.approx(
            100 * mean_in_sphere(sphere.diameter / 2, 12.0 / HALF), abs=1.0 + 4 * sphere.uncertainty
        )


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_mirrored_volume_gives_the_same_contrasts(axis):
    voxels = drawn(expected(SMALL), 4).astype(float)
    straight, mirrored = (located(one, (4.8,) * 3) for one in (voxels, np.flip(voxels, axis).copy()))
    for one, other in zip(straight.spheres, mirrored.spheres, strict=True):
        assert other.contrast == pytest.approx(one.contrast, abs=0.6)


@pytest.mark.parametrize("fault", ["none", "blurred", "cupping"])
@pytest.mark.parametrize("seed", [0, 5])
def test_reference_objects_read_their_truth(fault, seed):
    made = make("jaszczak", fault, seed)
    outcome = run(spect_contrast, {"slices": (made.file,)})
    for name, truth in made.truth.items():
        found = outcome.results[name]
        if name == "smallest_rods":
            assert found.value == truth
        elif name == "ratio":
            assert found.value == pytest.approx(truth, abs=0.01)
        else:
            assert found.value == pytest.approx(truth, abs=1.0 + 4 * (found.u or 0.0))


def test_contrast_does_not_depend_on_the_scale_of_the_pixels():
    voxels = expected(SMALL)
    low, high = (located(scale * voxels, (4.8,) * 3) for scale in (1.0, 7.0))
    for one, other in zip(low.spheres, high.spheres, strict=True):
        assert other.contrast == pytest.approx(one.contrast, rel=1e-9)


def test_the_reference_is_a_ball_convolved_with_a_gaussian():
    # Its integral over space is the ball's volume, and without blur it is the ball.
    away = np.linspace(1e-6, 80, 200_001)
    whole = np.trapezoid(blurred_sphere(away, 10.0, 5.0) * 4 * np.pi * away**2, away)
    assert whole == pytest.approx(4 / 3 * np.pi * 1000, rel=1e-6)
    sharp = blurred_sphere(np.array([0.1, 9.0, 11.0]), 10.0, 1e-2)
    assert sharp == pytest.approx([1, 1, 0], abs=1e-6)
    assert mean_in_sphere(10.0, 0.2) == pytest.approx(1.0, abs=0.03)


@pytest.mark.parametrize("radius", [24.0, 40.0, 64.0])
def test_a_ring_is_found_where_it_is(radius):
    found = values(written_as(replace(SMALL, ring=0.08, ring_radius=radius), 2))
    assert found["ring_radius"] == pytest.approx(radius, abs=4.8)
    assert 4.0 < found["ring"] < 9.0


def test_a_ring_that_is_too_dark_has_the_other_sign():
    assert values(written_as(replace(SMALL, ring=-0.08), 2))["ring"] < -4.0


def test_without_a_ring_the_noise_is_called_noise():
    outcome = outcome_of(written_as(SMALL, 3))
    assert "no_ring" in [note.code for note in outcome.notes]
    assert outcome.results["noise"].value == pytest.approx(100 / np.sqrt(SMALL.level), rel=0.1)


def test_noise_in_the_ring_stays_within_its_uncertainty():
    apart = []
    for seed in range(1, 9):
        outcome = outcome_of(written_as(SMALL, seed)).results["ring"]
        apart.append(abs(outcome.value) / outcome.u)
    # The most significant of some twenty rings: above four standard deviations would be a false alarm.
    assert max(apart) < 4.0
    assert min(apart) > 0.5


def test_fewer_rods_are_seen_through_noise():
    sharp = replace(SMALL, fwhm=10.5, voxel=3.0, slices=76, side=84)
    assert values(written_as(sharp, 0))["smallest_rods"] == 6.4
    assert values(written_as(replace(sharp, level=5.0), 1))["smallest_rods"] > 6.4


def test_a_phantom_without_rods_says_so():
    outcome = outcome_of(written_as(replace(SMALL, rods=False), 1))
    assert "smallest_rods" not in outcome.results
    assert "no_rods" in [note.code for note in outcome.notes]


def test_a_series_of_files_reads_as_one_file_in_any_order():
    voxels = drawn(expected(SMALL), 1)
    one = values(write_slices(voxels, (4.8,) * 3, Origin()))
    files = write_slice_files(voxels, (4.8,) * 3, Origin())
    many = values(*[files[at] for at in np.random.default_rng(1).permutation(len(files))])
    for name in ("contrast_1", "contrast_6", "integral", "noise", "ring"):
        assert many[name] == pytest.approx(one[name], rel=1e-9)


def test_slices_thicker_than_pixels_keep_the_spheres_round():
    voxels = expected(replace(SMALL, slices=96, voxel=2.4, side=108))
    thick = np.rint(voxels[::2]).astype(np.uint16)
    found = values(write_slices(thick, (4.8, 2.4, 2.4), Origin()))
    assert found["contrast_2"] == pytest.approx(100 * mean_in_sphere(15.9, 12.0 / HALF), abs=0.8)


@pytest.mark.parametrize(
    ("fault", "code"),
    [("no_spheres", "no_spheres"), ("oval", "not_round"), ("half_pixel", "cut_off")],
)
def test_what_cannot_be_measured_is_not_measured(fault, code):
    outcome = run(spect_contrast, {"slices": (make("jaszczak", fault, 1).file,)})
    assert not outcome.valid
    assert outcome.notes[0].code == code


def test_too_few_counts_are_refused():
    outcome = outcome_of(written_as(replace(SMALL, level=0.6), 1))
    assert not outcome.valid


def test_another_cylinder_is_refused_by_its_diameter():
    voxels = drawn(expected(SMALL), 0)
    outcome = outcome_of(write_slices(voxels, (4.8, 3.6, 3.6), Origin()))
    assert outcome.notes[0].code == "other_diameter"
    assert "163 mm" in outcome.notes[0].text


def test_an_empty_volume_is_refused():
    outcome = outcome_of(write_slices(np.zeros((20, 32, 32), np.uint16), (4.8,) * 3, Origin()))
    assert outcome.notes[0].code == "empty"


def refusal(*contents):
    with pytest.raises(BadInput) as caught:
        outcome_of(*contents)
    assert caught.value.field == "slices"
    return caught.value.code


def test_files_that_are_no_volume_are_refused():
    voxels = drawn(expected(SMALL), 0)
    files = write_slice_files(voxels, (4.8,) * 3, Origin())
    other = write_slice_files(voxels[:, :50], (4.8,) * 3, Origin())
    assert refusal(b"") == "empty_file"
    assert refusal(b"hello") == "not_dicom"
    assert refusal(files[0]) == "one_slice"
    assert refusal(make("jaszczak", "no_gap", 0).file.content) == "no_distance"
    assert refusal(*files[:10], *files[12:]) == "uneven_slices"
    assert refusal(*files, files[3]) == "uneven_slices"
    assert refusal(*files[:5], *other[5:9]) == "contradiction"
    assert refusal(*files, written_as(SMALL)) == "mixed_files"
    assert refusal(written(Source(), 1)) == "no_distance"


def test_projections_are_not_slices():
    study = drawn(expected(SMALL), 0)
    content = write_slices(study, (4.8,) * 3, Origin())
    assert refusal(content.replace(b"RECON TOMO", b"TOMO      ")) == "projections"


def test_an_image_that_was_cut_off_is_refused():
    voxels = np.minimum(drawn(expected(SMALL), 1) * np.uint16(200), np.uint16(65535))
    voxels[20:24, 20:30, 20:30] = 65535
    assert refusal(write_slices(voxels, (4.8,) * 3, Origin())) == "saturated"


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2000), st.binary(min_size=1, max_size=12))
def test_damaged_files_are_refused_or_read(place, patch):
    content = bytearray(write_slices(drawn(expected(SMALL), 0)[:3], (4.8,) * 3, Origin()))
    content[place : place + len(patch)] = patch
    try:
        outcome_of(bytes(content))
    except BadInput as refused:
        assert refused.field == "slices"
