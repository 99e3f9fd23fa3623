"""Centre of rotation: known offsets, heads, directions and starts, counting noise, and wrong images."""

import io

import numpy as np
import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kilter.formats.dicom_image_writer import Origin
from kilter.formats.projection_writer import Orbit, write_projections
from kilter.formats.projections import read_projections
from kilter.measure.error import BadInput, CannotTell
from kilter.measure.quantity import File
from kilter.measure.reference_object import make
from kilter.measure.run import run
from kilter.specialties.nuclear_medicine.reference_rotation import Source, expected, written
from kilter.specialties.nuclear_medicine.rotation import centre_of_rotation


def values(content):
    outcome = run(centre_of_rotation, {"study": File("x.dcm", content)})
    assert outcome.valid, outcome.notes
    return {name: one.value for name, one in outcome.results.items()}


def changed(content, change):
    dataset = pydicom.dcmread(io.BytesIO(content))
    change(dataset)
    target = io.BytesIO()
    pydicom.dcmwrite(target, dataset)
    return target.getvalue()


@settings(max_examples=25, deadline=None)
@given(
    st.floats(-6, 6),
    st.floats(15, 90),
    st.floats(0, 360),
    st.floats(0, 360),
    st.booleans(),
    st.floats(-30, 30),
)
def test_the_offset_is_found_whatever_the_orbit(offset, radius, phase, start, clockwise, axial):
    orbit = Orbit((start,), 360.0 / 24, 24, clockwise)
    found = values(written(Source(orbit, radius, phase, axial, (offset,), (0.0,)), 0))
    # Counts are rounded to whole numbers, some 1e-4 of a pixel of 5 mm.
    assert found["offset"] == pytest.approx(offset, abs=5e-3)
    assert found["radius"] == pytest.approx(radius, abs=5e-3)
    assert found["residual"] < 2e-2
    assert (found["head_difference"], found["axial_difference"]) == (0.0, 0.0)


@pytest.mark.parametrize("clockwise", [True, False])
@pytest.mark.parametrize("starts", [(0.0,), (0.0, 180.0), (-90.0, 0.0), (30.0, 150.0, 270.0)])
def test_heads_are_told_apart_in_both_directions(starts, clockwise):
    offsets, shifts = (0.5, -1.5, 2.5)[: len(starts)], (0.0, 1.0, -0.5)[: len(starts)]
    source = Source(Orbit(starts, 360.0 / 32, 32, clockwise), offsets=offsets, axial_shifts=shifts)
    outcome = run(centre_of_rotation, {"study": File("x", written(source, 0))})
    rows = outcome.tables["heads"].rows
    assert [row[0] for row in rows] == [1.0, 2.0, 3.0][: len(starts)]
    assert [row[3] for row in rows] == pytest.approx(offsets, abs=5e-3)
    assert {row[1] for row in rows} == {"clockwise" if clockwise else "counter-clockwise"}
    found = {name: one.value for name, one in outcome.results.items()}
    assert found["offset"] == pytest.approx(max(offsets, key=abs), abs=5e-3)
    assert found["axial_difference"] == pytest.approx(max(shifts) - min(shifts), abs=5e-3)


@pytest.mark.parametrize("fault", ["none", "offset", "axial", "wobble"])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_reference_objects_meet_their_truth(fault, seed):
    made = make("cor", fault, seed)
    found = values(made.file.content)
    for name, value in made.truth.items():
        # 3,000 counts at the top make some 27,000 in a view: 6 mm / sqrt(27,000 x 32) is 0.007 mm.
        assert found[name] == pytest.approx(value, abs=0.04)


def test_a_view_that_stands_aside_is_in_the_residual_and_not_hidden():
    found = values(make("cor", "wobble", 0).file.content)
    assert 5.0 < found["residual"] < 6.0
    assert found["axial_residual"] < 0.01


def test_a_step_that_the_camera_did_not_make_shows():
    """The file says 11.25 degrees a view; the camera turned by 10."""
    true = expected(Source(Orbit((0.0,), 10.0, 32), offsets=(0.0,), axial_shifts=(0.0,)))
    content = write_projections(
        np.rint(true).astype(np.uint16), (5.0, 5.0), Orbit((0.0,), 11.25, 32), Origin()
    )
    assert values(content)["residual"] > 2.0


def test_uncertainty_covers_the_scatter_of_counting():
    far = []
    for seed in range(1, 13):
        source = Source(Orbit((0.0,), 360.0 / 32, 32), offsets=(1.0,), axial_shifts=(0.0,), height=60.0)
        found = run(centre_of_rotation, {"study": File("x", written(source, seed))}).results["offset"]
        assert 0.02 < found.u < 0.2
        far.append((found.value - 1.0) / found.u)
    assert 0.4 < float(np.std(far)) < 1.8


def test_background_does_not_pull_the_source_to_the_middle():
    source = Source(Orbit((0.0,), 360.0 / 32, 32), offsets=(1.0,), axial_shifts=(0.0,), background=5.0)
    assert values(written(source, 0))["radius"] == pytest.approx(60.0, abs=0.05)


@pytest.mark.parametrize(
    ("fault", "kind", "code"),
    [("half_turn", CannotTell, "few_views"), ("flood", CannotTell, "few_counts"),
     ("planar", BadInput, "no_rotation")],
)  # fmt: skip
def test_wrong_images_are_refused(fault, kind, code):
    with pytest.raises(kind) as caught:
        centre_of_rotation(study=make("cor", fault, 0).file)
    assert (caught.value.field, caught.value.code) == ("study", code)


def test_two_sources_are_refused():
    one, other = Source(offsets=(0.0, 0.0)), Source(offsets=(0.0, 0.0), phase=205.0)
    frames = np.rint(expected(one) + expected(other)).astype(np.uint16)
    with pytest.raises(CannotTell, match="not a point source"):
        centre_of_rotation(study=File("x", write_projections(frames, (5.0, 5.0), one.orbit, Origin())))


def test_a_source_at_the_edge_is_refused():
    source = Source(radius=155.0, offsets=(0.0, 0.0))
    with pytest.raises(CannotTell) as caught:
        centre_of_rotation(study=File("x", written(source, 0)))
    assert caught.value.code == "cut_off"


def test_a_source_on_the_axis_is_measured_and_said():
    source = Source(radius=3.0, offsets=(1.0, 1.0))
    outcome = run(centre_of_rotation, {"study": File("x", written(source, 0))})
    assert outcome.results["offset"].value == pytest.approx(1.0, abs=0.01)
    assert {note.code for note in outcome.notes} == {"near_axis"}


def test_frames_in_another_order_give_the_same():
    """The vectors say what a frame is, not its place in the file."""
    made = make("cor", "offset", 0).file.content

    def shuffle(dataset):
        order = np.random.default_rng(3).permutation(int(dataset.NumberOfFrames))
        pixels = dataset.pixel_array[order]
        dataset.PixelData = pixels.tobytes()
        for name in ("DetectorVector", "RotationVector", "AngularViewVector"):
            setattr(dataset, name, [int(v) for v in np.array(getattr(dataset, name))[order]])

    one, other = values(made), values(changed(made, shuffle))
    assert other == pytest.approx(one, abs=1e-9)


def test_without_view_numbers_they_are_counted():
    made = make("cor", "offset", 0).file.content
    plain = changed(made, lambda dataset: dataset.__delattr__("AngularViewVector"))
    assert values(plain) == pytest.approx(values(made), abs=1e-9)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda d: setattr(d, "DetectorVector", [1, 2]), "contradiction"),
        (lambda d: setattr(d, "RotationVector", [2] * 64), "contradiction"),
        (lambda d: setattr(d.RotationInformationSequence[0], "RotationDirection", ""), "no_direction"),
        (lambda d: setattr(d.RotationInformationSequence[0], "AngularStep", "0"), "no_step"),
        (lambda d: setattr(d.RotationInformationSequence[0], "AngularStep", None), "no_step"),
        (lambda d: setattr(d, "RotationInformationSequence", []), "no_rotation"),
    ],
)
def test_a_geometry_that_contradicts_itself_is_refused(change, code):
    content = changed(make("cor", "none", 0).file.content, change)
    with pytest.raises(BadInput) as caught:
        read_projections(content, field="study")
    assert (caught.value.field, caught.value.code) == ("study", code)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_damaged_files_are_refused_and_nothing_else(data):
    content = bytearray(_SOUND)
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, 3000))] = data.draw(st.integers(0, 255))
    try:
        run(centre_of_rotation, {"study": File("x", bytes(content))})
    except BadInput as refusal:
        assert refusal.field == "study"


_SOUND = make("cor", "none", 0).file.content
