"""Four bars and quadrant bars: truth images, wrong images, and the real files of the NMQC toolkit."""

from pathlib import Path

import pytest

from kilter.formats.dicom_image_writer import Origin, write_image
from kilter.measure.error import BadInput, CannotTell
from kilter.measure.quantity import File
from kilter.measure.reference_object import make
from kilter.measure.registry import find
from kilter.measure.run import run
from kilter.numerics.reference_camera import drawn, four_quadrants
from kilter.specialties.nuclear_medicine.bars import bar_resolution, quadrant_bar

DATA = Path(__file__).parents[4] / "shared" / "data" / "nuclear_medicine"
real = pytest.mark.skipif(not DATA.is_dir(), reason="the real files of ../shared/data are not here")
WIDTHS = [4.0, 3.5, 3.0, 2.5]
REAL_WIDTHS = [4.23, 3.18, 2.54, 2.12]


def of(name):
    return File(name, (DATA / name).read_bytes())


def values(outcome):
    return {name: one.value for name, one in outcome.results.items()}


@real
def test_the_real_four_bars_give_what_the_nmqc_toolkit_published():
    # NMQC: 7.567 and 7.53 mm; differences 1.065 % and 0.690 %, which means pixels of 1.0435 mm along x and
    # 1.0396 mm along y. pylinac's table of the same gives them swapped, and its bound of 0.01 mm hides it.
    # It fits both lines and their tails over 200 mm at once (7.657, 7.598 mm); here each line is fitted by
    # itself over 38 mm. That is 1.2 % of a width and 0.05 % of a distance; x and y differ by 0.36 %.
    found = values(run(bar_resolution, {"image": of("FourBar.dcm")}))
    assert found["fwhm_x"] == pytest.approx(7.567, abs=0.01)
    assert found["fwhm_y"] == pytest.approx(7.53, abs=0.05)
    assert found["fwhm_x"] == pytest.approx(7.657, rel=0.015)
    assert found["fwhm_y"] == pytest.approx(7.598, rel=0.015)
    assert found["difference_x"] == pytest.approx(1.065, abs=0.05)
    assert found["difference_y"] == pytest.approx(0.690, abs=0.05)
    assert found["pixel_x"] == pytest.approx(1.0433, abs=0.0005)
    assert found["pixel_y"] == pytest.approx(1.0399, abs=0.0005)


@real
def test_the_real_bars_by_nemas_widths_agree_within_what_no_fit_smooths():
    found = values(run(bar_resolution, {"image": of("FourBar.dcm"), "method": "nema"}))
    assert found["fwhm_x"] == pytest.approx(7.567, abs=0.15)
    assert found["fwhm_y"] == pytest.approx(7.53, abs=0.15)


@real
def test_the_real_quadrants_give_what_pylinac_gives():
    # pylinac on this file: .6465 .4683 .3039 .2023 and 2.956 2.931 2.933 2.835 mm, from discs of 70 pixels
    # (not mm) 130 pixels from the centre; NMQC's hand-drawn regions .64 .462 .30 .202.
    found = values(run(quadrant_bar, {"image": of("QuadrantBar.dcm"), "widths": REAL_WIDTHS}))
    for number, mtf, fwhm, toolkit in zip(
        range(1, 5),
        (0.6465, 0.4683, 0.3039, 0.2023),
        (2.956, 2.931, 2.933, 2.835),
        (0.64, 0.462, 0.30, 0.202),
        strict=True,
    ):  # fmt: skip
        assert found[f"mtf_{number}"] == pytest.approx(mtf, abs=5e-4)
        assert found[f"fwhm_{number}"] == pytest.approx(fwhm, abs=2e-3)
        assert found[f"mtf_{number}"] == pytest.approx(toolkit, abs=0.01)


@real
def test_the_quadrants_are_known_by_their_bars():
    outcome = run(quadrant_bar, {"image": of("QuadrantBar.dcm"), "widths": sorted(REAL_WIDTHS)})
    places = [row[:2] for row in outcome.tables["quadrants"].rows]
    assert places == [
        ("lower right", 4.23), ("upper right", 3.18), ("upper left", 2.54), ("lower left", 2.12)
    ]  # fmt: skip


@real
@pytest.mark.parametrize("name", ["UNIFORMIDAD_1.dcm", "Lin_X", "QuadrantBar.dcm"])
@pytest.mark.parametrize("method", ["gaussian", "nema"])
def test_other_images_are_no_four_bars(name, method):
    outcome = run(bar_resolution, {"image": of(name), "method": method})
    assert not outcome.valid
    assert outcome.notes[0].code == "not_four_bars"


@real
@pytest.mark.parametrize("name", ["UNIFORMIDAD_1.dcm", "Lin_X", "FourBar.dcm"])
def test_other_images_are_no_quadrant_bars(name):
    outcome = run(quadrant_bar, {"image": of(name), "widths": REAL_WIDTHS})
    assert not outcome.valid
    assert not outcome.results


@real
def test_a_width_that_no_quadrant_shows_is_refused_by_name():
    outcome = run(quadrant_bar, {"image": of("QuadrantBar.dcm"), "widths": [4.23, 3.18, 2.9, 2.12]})
    assert outcome.notes[0].code == "other_bars"
    assert "2.53 mm" in outcome.notes[0].text


@pytest.mark.parametrize(
    ("kind", "fault"), [("bars", "none"), ("bars", "wide"), ("bars", "pixel_size"), ("quadrant", "none"),
                        ("quadrant", "blurred")],
)  # fmt: skip
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_reference_objects_meet_their_truth(kind, fault, seed):
    made = make(kind, fault, seed)
    extra = {"widths": WIDTHS} if kind == "quadrant" else {}
    found = values(run(find(made.procedure), {made.input: made.file, **extra}))
    for name, value in made.truth.items():
        # Counting: 20,000 in a pixel of a line, ten rows of it; 4,000 in each of 16,000 pixels of bars.
        assert found[name] == pytest.approx(value, rel=5e-3, abs=2e-2 if "difference" in name else 3e-3)


def test_few_counts_widen_the_scatter_but_not_the_width():
    widths = [
        run(bar_resolution, {"image": make("bars", "low_counts", seed).file}).results["fwhm_x"].value
        for seed in range(1, 9)
    ]
    assert sum(widths) / len(widths) == pytest.approx(7.5, rel=0.01)


@pytest.mark.parametrize(
    ("fault", "kind", "code"),
    [("missing_line", CannotTell, "not_four_bars"), ("no_pixel_size", BadInput, "no_pixel_size")],
)
def test_bars_that_are_refused(fault, kind, code):
    with pytest.raises(kind) as caught:
        bar_resolution(image=make("bars", fault, 1).file)
    assert (caught.value.field, caught.value.code) == ("image", code)


@pytest.mark.parametrize(("fault", "code"), [("uneven", "uneven_quadrant"), ("flood", "other_bars")])
def test_quadrants_that_are_refused(fault, code):
    outcome = run(quadrant_bar, {"image": make("quadrant", fault, 1).file, "widths": WIDTHS})
    assert (outcome.valid, outcome.notes[0].code) == (False, code)


def test_four_widths_are_wanted_and_the_disc_must_fit():
    image = make("quadrant", "none", 1).file
    with pytest.raises(BadInput, match="four kinds") as caught:
        run(quadrant_bar, {"image": image, "widths": [4.0, 3.0]})
    assert caught.value.field == "widths"
    outcome = run(quadrant_bar, {"image": image, "widths": WIDTHS, "distance": 350.0})
    assert outcome.notes[0].code == "no_room"


def test_bars_that_are_hardly_seen_are_not_given_a_width():
    """Dark bars in few counts: the period still shows, and the moments give what they can, or nothing."""
    image = four_quadrants(
        side=512, pixel=1.0, widths=[2.5, 3.5, 3.0, 4.0], modulations=[0.05] * 4, mean=200.0
    )
    file = File("x.dcm", write_image(drawn(image, 0), (1.0, 1.0), Origin()))
    outcome = run(quadrant_bar, {"image": file, "widths": WIDTHS})
    assert outcome.results["mtf_4"].value == 0.0
    assert "fwhm_4" not in outcome.results
    assert {note.code for note in outcome.notes} == {"not_resolved"}


def test_a_coarse_matrix_is_a_doubt():
    pixels = drawn(four_quadrants(side=64, pixel=4.0, widths=[9.0] * 4, modulations=[0.0] * 4, mean=0.0), 0)
    pixels[20:44, 19], pixels[20:44, 44], pixels[19, 20:44], pixels[44, 20:44] = 900, 900, 900, 900
    for place in (18, 20, 43, 45):
        pixels[20:44, place] = pixels[place, 20:44] = 300
    outcome = run(bar_resolution, {"image": File("x.dcm", write_image(pixels, (4.0, 4.0), Origin()))})
    assert outcome.doubtful
    assert "coarse_matrix" in {note.code for note in outcome.notes}
