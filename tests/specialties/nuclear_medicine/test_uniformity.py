"""The declared procedure: contract, refusals, notes, and the real floods of the NMQC toolkit."""

import json
from pathlib import Path

import pytest

from kilter.measure.error import BadInput, CannotTell
from kilter.measure.quantity import File
from kilter.measure.run import run
from kilter.specialties.nuclear_medicine.reference_object import FAULTS, make_flood
from kilter.specialties.nuclear_medicine.uniformity import uniformity

DATA = Path(__file__).parents[4] / "shared" / "data" / "nuclear_medicine"
real = pytest.mark.skipif(not DATA.is_dir(), reason="the real files of ../shared/data are not here")
REFUSED = {"no_pixel_size", "multi_frame", "colour", "truncated", "bar_phantom"}


def of(name):
    return File(name, (DATA / name).read_bytes())


def test_the_contract_of_names_and_units():
    signature = uniformity.signature
    assert [item.name for item in signature.inputs] == ["flood", "binning"]
    assert signature.input("binning").choices == ("nema", "nmqc")
    units = {item.name: item.unit for item in signature.results}
    for name in ("ufov_integral", "ufov_differential", "cfov_integral", "cfov_differential"):
        assert units[name] == "percent"
    assert {"bin_factor", "centre_counts"} <= set(units)
    assert signature.result("image").type == "figure"


@real
def test_nmqc_binning_gives_what_the_nmqc_toolkit_published():
    # IAEA NMQC's own values for this image: 2.38 % integral in both fields, 1.728 % differential in both.
    results = run(uniformity, {"flood": of("UNIFORMIDAD_1.dcm"), "binning": "nmqc"}).results
    assert results["bin_factor"].value == 4
    assert results["pixel"].value == pytest.approx(8.26, abs=1e-4)
    assert results["ufov_integral"].value == pytest.approx(2.377, abs=0.001)
    assert results["cfov_integral"].value == pytest.approx(2.377, abs=0.001)
    assert results["ufov_differential"].value == pytest.approx(1.728, abs=0.001)
    assert results["cfov_differential"].value == pytest.approx(1.728, abs=0.001)


@real
def test_nema_binning_gives_what_an_independent_implementation_gave():
    # At three pixels (6.195 mm) an independent implementation found 3.356/3.034 integral and 2.431/2.431
    # differential. It treats the outermost ring of the useful field in another way: 1 % there, none in
    # the centre. Between the two binnings lie 41 %, so the bounds tell them apart.
    results = run(uniformity, {"flood": of("UNIFORMIDAD_1.dcm"), "binning": "nema"}).results
    assert results["bin_factor"].value == 3
    assert results["ufov_integral"].value == pytest.approx(3.356, rel=0.01)
    assert results["cfov_integral"].value == pytest.approx(3.034, abs=0.001)
    assert results["ufov_differential"].value == pytest.approx(2.431, abs=0.001)
    assert results["cfov_differential"].value == pytest.approx(2.431, abs=0.001)
    assert results["centre_counts"].value == pytest.approx(3_100, rel=0.05)


@real
def test_the_real_flood_has_too_few_counts_and_says_so():
    outcome = run(uniformity, {"flood": of("UNIFORMIDAD_1.dcm")})
    assert outcome.valid
    assert outcome.doubtful
    codes = {note.code for note in outcome.notes}
    assert {"binning", "few_counts", "trimmed", "identifying"} <= codes
    # Most of what was measured is noise.
    assert outcome.results["noise_ufov_integral"].value > 0.6 * outcome.results["ufov_integral"].value


@real
@pytest.mark.parametrize("name", ["FourBar.dcm", "QuadrantBar.dcm", "Lin_X"])
@pytest.mark.parametrize("binning", ["nema", "nmqc"])
def test_real_phantoms_are_no_floods(name, binning):
    outcome = run(uniformity, {"flood": of(name), "binning": binning})
    assert not outcome.valid
    assert outcome.notes[0].code == "not_a_flood"
    assert not outcome.results


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault not in REFUSED])
@pytest.mark.parametrize("binning", ["nema", "nmqc"])
def test_reference_floods_without_noise_meet_their_truth(fault, binning):
    made = make_flood(fault, 0)
    results = run(uniformity, {"flood": made.file, "binning": binning}).results
    names = (
        list(made.truth) if binning == "nema" or fault != "gradient" else []
    )  # a smaller field, less slope
    for name in names:
        assert results[name].value == pytest.approx(made.truth[name], rel=1e-11, abs=1e-11)
    assert results["bin_factor"].value == 4


@pytest.mark.parametrize(
    ("fault", "kind", "code"),
    [
        ("no_pixel_size", BadInput, "no_pixel_size"),
        ("multi_frame", BadInput, "multi_frame"),
        ("colour", BadInput, "colour"),
        ("truncated", BadInput, "truncated"),
        ("bar_phantom", CannotTell, "not_a_flood"),
    ],
)
def test_refusals(fault, kind, code):
    with pytest.raises(kind) as caught:
        uniformity(flood=make_flood(fault, 1).file)
    assert caught.value.code == code
    assert caught.value.field == "flood"


def test_too_few_counts_are_a_doubt_and_enough_are_none():
    assert run(uniformity, {"flood": make_flood("low_counts", 1).file}).doubtful
    assert not run(uniformity, {"flood": make_flood("none", 1).file}).doubtful


def test_uncertainty_is_that_of_counting():
    outcome = run(uniformity, {"flood": make_flood("none", 1).file})
    assert outcome.method == "own"
    for name in ("ufov_integral", "ufov_differential", "cfov_integral", "cfov_differential"):
        # Of some 0.8 % that noise shows here, a few hundredths to a fifth scatter from image to image.
        assert 0.02 < outcome.results[name].u < 0.25
    assert outcome.results["bin_factor"].u is None


def test_another_modality_is_refused(monkeypatch):
    content = make_flood("none", 1).file.content.replace(b"CS\x02\x00NM", b"CS\x02\x00MR")
    with pytest.raises(BadInput, match="modality MR"):
        uniformity(flood=File("x.dcm", content))


def test_limits_are_marked_as_not_read():
    import tomllib

    folder = Path(__file__).parents[3] / "src/kilter/specialties/nuclear_medicine"
    rows = tomllib.loads((folder / "limits/uniformity.toml").read_text())["limit"]
    assert {row["level"] for row in rows} == {"remedial", "suspension"}
    assert all(row["read"] == "no" for row in rows)
    assert {row["result"] for row in rows} <= {item.name for item in uniformity.signature.results}


def test_the_figure_is_plain_data_and_small():
    outcome = run(uniformity, {"flood": make_flood("cold_tube", 1).file})
    text = json.dumps(outcome.figures["image"].spec)
    assert len(text) < 200_000
    assert "UFOV" in outcome.figures["image"].alt
