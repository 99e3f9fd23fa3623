"""SUV check: every reading, and the faults that users of other programs reported."""

import math
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kilter.measure.error import BadInput
from kilter.measure.quantity import File
from kilter.measure.run import run
from kilter.specialties.nuclear_medicine.reference_pet import DOSE, HALF_LIFE, KINDS, Study, make_pet, written
from kilter.specialties.nuclear_medicine.suv import suv_check


def checked(*contents, **inputs):
    return run(suv_check, {"series": [File("x.dcm", one) for one in contents], **inputs})


def suv(outcome):
    return outcome.results["suv"].value


def tag(outcome):
    return outcome.results["wrong_tag"].value


def codes(outcome):
    return [note.code for note in outcome.notes]


@pytest.mark.parametrize("fault", KINDS["pet"].faults)
def test_reference_objects_meet_their_truth(fault):
    made = make_pet(fault, 0)
    if not made.truth:
        with pytest.raises(BadInput) as caught:
            run(suv_check, {"series": made.file})
        assert (caught.value.field, caught.value.code) == ("series", "missing_tag")
        return
    # Stored in steps of 0.1 of some 3,300 Bq/mL; weights with six decimals.
    assert suv(run(suv_check, {"series": made.file})) == pytest.approx(made.truth["suv"], rel=3e-5)


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("none", "none"), ("corrected_to_injection", "none"), ("not_corrected", "none"),
        ("time_only", "none"), ("philips", "none"), ("gml", "none"),
        ("start_for_admin", "DecayCorrection"), ("admin_for_start", "DecayCorrection"),
        ("two_times", "RadiopharmaceuticalStartTime"), ("later_series", "SeriesTime"),
        ("pounds", "PatientWeight"), ("megabecquerel", "RadionuclideTotalDose"),
        ("half_life", "RadionuclideHalfLife"),
    ],
)  # fmt: skip
def test_the_wrong_tag_is_named(fault, expected):
    assert tag(run(suv_check, {"series": make_pet(fault, 0).file})) == expected


def test_admin_is_never_decayed_again():
    """A viewer decayed pixels that were corrected to the injection once more: 1.00 read 2.096 (Horos 653)."""
    study = Study(uptake=timedelta(seconds=round(HALF_LIFE * math.log2(2.096))), corrected="ADMIN")
    right = checked(written(study))
    assert suv(right) == pytest.approx(1.0, abs=3e-5)
    rows = right.tables["readings"].rows
    assert any(row[3] == pytest.approx(2.096, abs=1e-3) for row in rows)
    wrong = checked(written(study, tags={"DecayCorrection": "START"}))
    assert suv(wrong) == pytest.approx(2.096, abs=1e-3)
    assert tag(wrong) == "DecayCorrection"


@settings(max_examples=30, deadline=None)
@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)),  # noqa: DTZ001 - files name no zone
    st.integers(0, 6 * 3600),
    st.sampled_from(["START", "ADMIN", "NONE"]),
    st.booleans(),
)
def test_the_phantom_reads_one_at_any_hour(injected, uptake, corrected, date_is_there):
    """Over midnight, over New Year, with the date (z-rad 282) and by the time of day alone."""
    study = Study(injected.replace(microsecond=0), timedelta(seconds=uptake), corrected)
    drug = {} if date_is_there else {"RadiopharmaceuticalStartDateTime": None}
    outcome = checked(written(study, drug=drug))
    # A step of 0.1 Bq/mL of no fewer than 500.
    assert suv(outcome) == pytest.approx(1.0, abs=2e-4)
    assert tag(outcome) == "none"


def test_the_date_of_the_injection_counts_for_long_lived_nuclides():
    """Y-90 the next day: the time of day alone would make 26 hours two (PETDICOMExtension 28)."""
    study = Study(uptake=timedelta(hours=26))
    half_life = 64.1 * 3600
    scale = 2.0 ** (26 * 3600 / HALF_LIFE - 26 * 3600 / half_life)
    drug = {"RadionuclideHalfLife": str(half_life)}
    with_date = checked(written(study, drug=drug, scale=scale))
    assert suv(with_date) == pytest.approx(1.0, abs=1e-4)
    assert with_date.results["elapsed"].value == pytest.approx(26 * 60)
    without = checked(written(study, drug={**drug, "RadiopharmaceuticalStartDateTime": None}, scale=scale))
    assert any(row[3] == pytest.approx(1.0, abs=1e-4) for row in without.tables["readings"].rows)
    assert tag(without) == "RadiopharmaceuticalStartTime"


def test_either_form_of_the_injection_suffices():
    """(0018,1078) alone is enough (PETDICOMExtension 20)."""
    only = checked(written(Study(), drug={"RadiopharmaceuticalStartTime": None}))
    assert suv(only) == pytest.approx(1.0, abs=3e-5)


def test_no_injection_time_is_refused_unless_the_pixels_are_corrected_to_it():
    none = {"RadiopharmaceuticalStartTime": None, "RadiopharmaceuticalStartDateTime": None}
    with pytest.raises(BadInput, match=r"\(0018,1078\)"):
        checked(written(Study(), drug=none))
    assert suv(checked(written(Study(corrected="ADMIN"), drug=none))) == pytest.approx(1.0, abs=3e-5)


@pytest.mark.parametrize(
    ("where", "name"),
    [("tags", "PatientWeight"), ("drug", "RadionuclideTotalDose"), ("drug", "RadionuclideHalfLife")],
)
@pytest.mark.parametrize("value", [None, "0"])
def test_what_is_needed_is_refused_by_name_and_never_guessed(where, name, value):
    """No silent half-life of 6500 s (pydicer 36)."""
    with pytest.raises(BadInput, match=name):
        checked(written(Study(), **{where: {name: value}}))


@pytest.mark.parametrize(("name", "value"), [("RadionuclideTotalDose", "25e6"), ("PatientWeight", "20")])
def test_an_edited_dose_or_weight_changes_the_suv(name, value):
    """A viewer left the SUV as it was (OHIF 3805)."""
    where = "tags" if name == "PatientWeight" else "drug"
    assert suv(checked(written(Study(), **{where: {name: value}}))) == pytest.approx(2.0, abs=1e-4)


def test_pixels_that_are_suv_are_taken_as_they_are():
    """GML needs no weight, dose or time (z-rad 140)."""
    whole = DOSE * 2.0 ** (-Study().uptake.total_seconds() / HALF_LIFE) / 1e4
    content = written(Study(), tags={"Units": "GML", "PatientWeight": None}, scale=1 / whole)
    assert suv(checked(content)) == pytest.approx(1.0, abs=1e-6)
    said_as_activity = checked(written(Study(), scale=1 / whole))
    assert tag(said_as_activity) == "Units"


def test_philips_counts_need_their_factor_and_both_must_agree():
    """(7053,1000) or (7053,1009) (MOOSE 230)."""
    made = make_pet("philips", 0)
    rows = run(suv_check, {"series": made.file}).tables["readings"].rows
    assert rows[0][3] == pytest.approx(1.0, abs=1e-6)
    assert any("7053,1009" in row[0] and row[3] == pytest.approx(1.0, abs=1e-4) for row in rows)
    other = {0x70531009: 4.0}
    alone = checked(written(Study(), tags={"Units": "CNTS"}, private=other, scale=0.25))
    assert suv(alone) == pytest.approx(1.0, abs=1e-4)


def test_a_bed_that_came_later_is_read_by_the_start_of_the_series():
    start = written(Study(), height=0.0)
    later = written(Study(bed=timedelta(minutes=20)), height=10.0)
    last = written(Study(bed=timedelta(minutes=20)), height=20.0)
    assert suv(checked(last, start, later)) == pytest.approx(1.0, abs=3e-5)
    # Where nothing is corrected each slice has its own time.
    beds = [
        written(Study(bed=timedelta(minutes=10 * n), corrected="NONE"), height=float(n)) for n in range(3)
    ]
    assert suv(checked(*beds)) == pytest.approx(1.0, abs=3e-5)


def test_the_decay_factor_of_the_file_gives_a_wrong_tag_away():
    """Without any phantom: the file's own factor is that of a correction to the injection."""
    factor = 2.0 ** (Study().uptake.total_seconds() / HALF_LIFE)
    content = written(
        Study(corrected="ADMIN"), tags={"DecayCorrection": "START", "DecayFactor": f"{factor:.6f}"}
    )
    outcome = checked(content, shown="other")
    assert tag(outcome) == "DecayCorrection"
    assert outcome.doubtful
    sound = checked(written(Study(), tags={"DecayFactor": "1.006"}), shown="other")
    assert tag(sound) == "none"
    assert not sound.doubtful
    assert "deviation" not in sound.results


def test_an_injection_after_the_scan_is_named():
    drug = {"RadiopharmaceuticalStartDateTime": "20260302120000"}
    outcome = checked(written(Study(), drug=drug))
    assert "RadiopharmaceuticalStartDateTime" in {row[0] for row in outcome.tables["findings"].rows}
    # What can be read is the time of day alone, the day before.
    assert suv(outcome) == pytest.approx(1.0, abs=3e-5)


def test_an_unknown_correction_is_named():
    outcome = checked(written(Study(), tags={"DecayCorrection": None}))
    assert tag(outcome) == "DecayCorrection"


def test_a_fault_of_no_tag_is_said():
    outcome = checked(written(Study(), drug={"RadionuclideTotalDose": str(DOSE * 0.8)}))
    assert tag(outcome) == "not found"
    assert "no_reading" in codes(outcome)


@pytest.mark.parametrize(
    ("tags", "code"),
    [
        ({"Units": "PROPCPS"}, "units"),
        ({"Units": None}, "units"),
        ({"Modality": "NM"}, "modality"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.130"}, "enhanced"),
    ],
)
def test_other_objects_are_refused(tags, code):
    with pytest.raises(BadInput) as caught:
        checked(written(Study(), tags=tags))
    assert (caught.value.field, caught.value.code) == ("series", code)


def test_files_of_two_series_are_refused():
    with pytest.raises(BadInput, match="2 series"):
        checked(written(Study()), written(Study(), tags={"SeriesInstanceUID": "2.25.2"}))


def test_a_region_larger_than_the_phantom_is_no_region():
    outcome = checked(written(Study()), radius=120.0)
    assert (outcome.valid, outcome.notes[0].code) == (False, "no_region")


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_damaged_files_are_refused_and_nothing_else(data):
    content = bytearray(_SOUND)
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, 1800))] = data.draw(st.integers(0, 255))
    try:
        checked(bytes(content))
    except BadInput as refusal:
        assert refusal.field in ("series", "")


_SOUND = written(Study())
