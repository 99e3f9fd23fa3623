"""What an alert means, device by device: names, ranges, versions, and that nothing is excluded on a guess."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kilter.department.safety import names
from kilter.department.safety.criteria import FIELDS, read_criteria
from kilter.department.safety.matching import Facts, Verdict, match
from kilter.department.safety.names import Likeness
from kilter.department.safety.spans import (
    Numbers,
    Within,
    read_number_span,
    read_version_span,
    version_within,
)
from kilter.measure.error import BadInput

IN, OUT, UNCLEAR = Within.IN, Within.OUT, Within.UNCLEAR
ANY_TEXT = st.text(max_size=40)


@pytest.mark.parametrize(
    ("one", "other", "likeness"),
    [
        ("Dräger Medical GmbH", "DRAGER MEDICAL", Likeness.SAME),
        ("B. Braun", "B Braun Ltd", Likeness.SAME),
        ("The Company Ltd", "The Company Ltd.", Likeness.SAME),
        ("BD (CareFusion)", "BD", Likeness.NEAR),
        ("Philips Healthcare", "Philips Medical Systems", Likeness.NEAR),
        ("Smiths Medcial", "Smiths Medical", Likeness.NEAR),
        ("Northfeild", "Northfield", Likeness.NEAR),
        ("GE", "BD", Likeness.DIFFERENT),
        ("Northfield", "", Likeness.DIFFERENT),
        ("Acme", "Baxter", Likeness.DIFFERENT),
    ],
)
def test_makers(one: str, other: str, likeness: Likeness) -> None:
    assert names.makers(one, other) == names.makers(other, one) == likeness


@pytest.mark.parametrize(
    ("one", "other", "likeness"),
    [
        ("Infusa 3", "INFUSA-3", Likeness.SAME),
        ("Alaris GP", "Alaris GP+", Likeness.NEAR),
        ("Infusa", "Infusa 3", Likeness.NEAR),
        ("Infusa Plus", "Infusa Puls", Likeness.NEAR),
        ("Infusa 3", "Infusa 2", Likeness.DIFFERENT),
        ("T34", "T43", Likeness.DIFFERENT),
    ],
)
def test_models(one: str, other: str, likeness: Likeness) -> None:
    assert names.models(one, other) == names.models(other, one) == likeness


@given(ANY_TEXT, ANY_TEXT)
def test_comparing_names_has_no_order(one: str, other: str) -> None:
    assert names.makers(one, other) == names.makers(other, one)
    assert names.models(one, other) == names.models(other, one)
    assert names.makers(one, one) == names.models(one, one) == Likeness.SAME


@pytest.mark.parametrize(
    ("named", "value", "answer"),
    [
        ("SN1000 to SN2000", "1500", IN),
        ("SN1000 to SN2000", "s/n: 1000", IN),
        ("SN1000 to SN2000", "2001", OUT),
        ("1000-2000", "001500", IN),
        ("1000-2000", "AB1500", UNCLEAR),
        ("AB1000 – AB2000", "AB2000", IN),
        ("AB1000 – AB2000", "1500", UNCLEAR),
        ("AB1000 – AB2000", "XK9999", OUT),
        ("0100 to 0200", "2019-0150", UNCLEAR),
        ("0100 to 0200", "2019-0250", OUT),
        ("0100 to 0200", "unreadable", UNCLEAR),
        ("0100 to 0200", "", UNCLEAR),
        ("AB-1234", "ab 1234", IN),
        ("1234-5678", "1234-5678", IN),
        ("20-1234", "20-1234", IN),
        ("0123", "123", UNCLEAR),
        ("12345", "M12345", UNCLEAR),
        ("M12345", "12345", UNCLEAR),
        ("12345", "54321", OUT),
        ("19K*", "19K-0042", IN),
        ("19K*", "20K-0042", OUT),
    ],
)
def test_serial_and_lot_numbers(named: str, value: str, answer: Within) -> None:
    assert Numbers([read_number_span("serials", named)]).within(value) == answer


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("A100 to B200", "not of one form"),
        ("200 to 100", "ends before it begins"),
        ("1*", "nearly everything"),
        ("", "give numbers"),
        ("--", "holds no number"),
        ("9" * 121, "give numbers"),
    ],
)
def test_ranges_that_cannot_be_compared_are_refused(given: str, words: str) -> None:
    with pytest.raises(BadInput, match=words) as caught:
        read_number_span("serials", given)
    assert caught.value.field == "serials"


@given(st.integers(0, 10**8), st.integers(0, 10**6), st.integers(-(10**6), 2 * 10**6))
def test_a_number_is_in_a_range_where_it_counts_to_be(low: int, length: int, step: int) -> None:
    value = max(0, low + step)
    answer = Numbers([read_number_span("serials", f"K{low} to K{low + length}")]).within(f"K{value}")
    if low <= value <= low + length:
        assert answer == IN
    else:
        assert answer != IN
        if len(str(value)) <= len(str(low + length)):
            assert answer == OUT


@given(st.lists(st.text("ABC0123456789-", min_size=2, max_size=14), max_size=30), ANY_TEXT)
def test_many_numbers_answer_as_each_alone(listed: list[str], value: str) -> None:
    spans = []
    for one in listed:
        try:
            spans.append(read_number_span("lots", one))
        except BadInput:
            continue
    alone = [Numbers([span]).within(value) for span in spans]
    assert Numbers(spans).within(value) == (max(alone) if alone else Numbers(()).within(value))


@pytest.mark.parametrize(
    ("named", "value", "answer"),
    [
        ("2.4", "v2.4", IN),
        ("2.4", "2.4.0", IN),
        ("2.4", "2.4.1", UNCLEAR),
        ("2.4", "2", UNCLEAR),
        ("2.4", "2.5", OUT),
        ("< 2.4", "2.3.9", IN),
        ("< 2.4", "2.10", OUT),
        ("before 2.4", "2.4", OUT),
        ("<= 2.4", "2.4", IN),
        ("2.4 and earlier", "2.4.1", UNCLEAR),
        ("up to 2.4", "2", UNCLEAR),
        ("up to 2.4", "1", IN),
        (">= 2.4", "2.4.1", IN),
        ("2.4 or later", "2.3", OUT),
        ("> 2.4", "2.4.1", UNCLEAR),
        ("> 2.4", "2.5", IN),
        ("2.0 to 2.4", "2.1", IN),
        ("2.0 to 2.4", "1.9", OUT),
        ("2.0 to 2.4", "3", OUT),
        ("2.x", "2.9.1", IN),
        ("2.x", "3.0", OUT),
        ("2.1.x", "2", UNCLEAR),
        ("2.4", "2.4-rc1", UNCLEAR),
        ("2.4b", "2.4b", IN),
        ("2.4", "", UNCLEAR),
    ],
)
def test_software(named: str, value: str, answer: Within) -> None:
    assert version_within([read_version_span("software", named)], value) == answer


@pytest.mark.parametrize("given", ["", "latest", "3 to 2", "x" * 121])
def test_versions_that_cannot_be_compared_are_refused(given: str) -> None:
    with pytest.raises(BadInput) as caught:
        read_version_span("software", given)
    assert caught.value.field == "software"


@given(
    st.lists(st.integers(0, 99), min_size=1, max_size=4), st.lists(st.integers(0, 99), min_size=1, max_size=4)
)
def test_no_version_is_both_before_and_from_a_bound(one: list[int], other: list[int]) -> None:
    value, bound = (".".join(map(str, part)) for part in (one, other))
    before = version_within([read_version_span("software", f"< {bound}")], value)
    since = version_within([read_version_span("software", f">= {bound}")], value)
    assert {before, since} in ({IN, OUT}, {UNCLEAR}, {IN, UNCLEAR})
    assert not (before == OUT and since == OUT)


ALERT = {
    "makers": ["Northfield"],
    "models": ["Infusa 3"],
    "serials": ["S100 to S200"],
    "software": ["< 2.4"],
}
PUMP = Facts("Northfield", "Infusa 3", serial="S150", software="2.1")


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({}, Verdict.EXACT),
        ({"maker": "Northfeild Ltd"}, Verdict.LIKELY),
        ({"model": "Infusa"}, Verdict.LIKELY),
        ({"maker": "Acme"}, Verdict.LIKELY),
        ({"maker": "Acme", "model": "Infusa"}, Verdict.NONE),
        ({"maker": "unknown"}, Verdict.CANNOT_EXCLUDE),
        ({"model": "Unknown"}, Verdict.CANNOT_EXCLUDE),
        ({"maker": "", "model": ""}, Verdict.CANNOT_EXCLUDE),
        ({"serial": ""}, Verdict.CANNOT_EXCLUDE),
        ({"software": ""}, Verdict.CANNOT_EXCLUDE),
        ({"serial": "", "software": "2.4"}, Verdict.NONE),
        ({"serial": "S201"}, Verdict.NONE),
        ({"model": "Infusa 2"}, Verdict.NONE),
    ],
)
def test_a_device_is_meant_or_not(changes: dict[str, str], verdict: Verdict) -> None:
    facts = Facts(**{**{name: getattr(PUMP, name) for name in Facts.__slots__}, **changes})
    found = match(read_criteria(ALERT), facts)
    assert found.verdict == verdict
    assert found.reasons


def test_a_lot_or_a_serial_number_names_a_unit_and_only_both_excluded_exclude_it() -> None:
    criteria = read_criteria({"makers": ["Northfield"], "lots": ["L1"], "serials": ["S1"]})
    told = {("L1", "S9"): Verdict.EXACT, ("L9", "S1"): Verdict.EXACT, ("L9", "S9"): Verdict.NONE}
    told |= {("", "S9"): Verdict.CANNOT_EXCLUDE, ("L9", ""): Verdict.CANNOT_EXCLUDE}
    for (lot, serial), verdict in told.items():
        assert match(criteria, Facts("Northfield", "X", lot=lot, serial=serial)).verdict == verdict


def test_a_device_identifier_means_and_never_excludes_where_the_maker_is_said() -> None:
    by_names = read_criteria(
        {"makers": ["Northfield"], "models": ["Infusa 3"], "udi_dis": ["09506000134352"]}
    )
    assert match(by_names, Facts("Other", "Thing", "09506000134352")).verdict == Verdict.EXACT
    assert match(by_names, Facts("Other", "Thing", udi="(01)09506000134352(21)7")).verdict == Verdict.EXACT
    assert match(by_names, Facts("Northfield", "Infusa 3", "09506000134376")).verdict == Verdict.LIKELY


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({}, "makers"),
        ({"models": ["x"]}, "makers"),
        ({"udi_dis": ["09506000134352"]}, "makers"),
        ({"makers": 7}, "makers"),
        ({"makers": ["x"], "colour": ["red"]}, "criteria"),
        ({"makers": ["x"], "serials": ["A1 to B2"]}, "serials"),
        ({"makers": ["x"], "software": ["newest"]}, "software"),
        ({"makers": ["x"], "udi_dis": ["12"]}, "udi_dis"),
        ({"makers": ["\x00"]}, "makers"),
        ({"makers": ["x"] * 2001}, "makers"),
        ({"makers": [3]}, "makers"),
    ],
)
def test_criteria_that_will_not_do_are_refused_by_name(given: dict[str, object], field: str) -> None:
    with pytest.raises(BadInput) as caught:
        read_criteria(given)
    assert caught.value.field == field


LISTS = st.fixed_dictionaries(
    {},
    optional={
        name: st.lists(st.text("AB01. -*<=v", min_size=1, max_size=8), max_size=3) | ANY_TEXT
        for name in FIELDS
    },
)


@given(LISTS, ANY_TEXT, ANY_TEXT, ANY_TEXT, ANY_TEXT)
def test_whatever_is_typed_is_matched_or_refused(
    given_: dict[str, object], serial: str, lot: str, software: str, model: str
) -> None:
    try:
        criteria = read_criteria(given_)
    except BadInput as problem:
        assert problem.field in (*FIELDS, "criteria")
        return
    again = read_criteria(criteria.as_lists())
    facts = Facts("A", model, serial=serial, lot=lot, software=software)
    assert match(again, facts) == match(criteria, facts)


@given(st.lists(st.text("0123456789", min_size=1, max_size=4), min_size=1, max_size=3), ANY_TEXT)
def test_a_device_of_the_model_without_the_number_asked_for_is_never_excluded(
    serials: list[str], software: str
) -> None:
    criteria = read_criteria({"makers": ["Northfield"], "serials": serials})
    found = match(criteria, Facts("Northfield", "Any", serial="", software=software))
    assert found.verdict == Verdict.CANNOT_EXCLUDE
    assert "serial number: not in the register" in found.reasons
