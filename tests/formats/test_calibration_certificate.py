"""Digital calibration certificates: both spellings of uncertainty, ranges of points, and what is refused."""

from __future__ import annotations

import math
import random
from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kilter.formats.calibration_certificate import Line, read_certificate, read_unit
from kilter.measure.error import BadInput

OLD = """<si:expandedUncXMLList><si:uncertaintyXMLList>{u}</si:uncertaintyXMLList>
<si:coverageFactorXMLList>{k}</si:coverageFactorXMLList></si:expandedUncXMLList>"""
NEW = """<si:measurementUncertaintyUnivariateXMLList><si:expandedMUXMLList>
<si:valueExpandedMUXMLList>{u}</si:valueExpandedMUXMLList><si:coverageFactorXMLList>{k}</si:coverageFactorXMLList>
</si:expandedMUXMLList></si:measurementUncertaintyUnivariateXMLList>"""
PAPER = r"""<?xml version="1.0" encoding="UTF-8"?>
<dcc:digitalCalibrationCertificate xmlns:dcc="https://ptb.de/dcc" xmlns:si="https://ptb.de/si"
 schemaVersion="3.2.1">
<dcc:administrativeData>
 <dcc:coreData><dcc:uniqueIdentifier>CAL-2026-0117</dcc:uniqueIdentifier>
  <dcc:beginPerformanceDate>2026-01-10</dcc:beginPerformanceDate>
  <dcc:endPerformanceDate>2026-01-12</dcc:endPerformanceDate><dcc:issueDate>2026-01-15</dcc:issueDate></dcc:coreData>
 <dcc:items><dcc:item><dcc:name><dcc:content lang="en">Safety analyser</dcc:content></dcc:name>
  <dcc:manufacturer><dcc:name><dcc:content>Ohmline</dcc:content></dcc:name></dcc:manufacturer>
  <dcc:model>Safe 62</dcc:model>
  <dcc:identifications><dcc:identification><dcc:issuer>manufacturer</dcc:issuer><dcc:value>T1</dcc:value>
  </dcc:identification></dcc:identifications></dcc:item></dcc:items>
 <dcc:calibrationLaboratory><dcc:contact><dcc:name><dcc:content lang="de">Kalibrierstelle</dcc:content>
  <dcc:content lang="en">Calibra Ltd</dcc:content></dcc:name></dcc:contact></dcc:calibrationLaboratory>
</dcc:administrativeData>
<dcc:measurementResults><dcc:measurementResult><dcc:results><dcc:result>
 <dcc:name><dcc:content lang="en">earth resistance</dcc:content></dcc:name><dcc:data><dcc:list>
 <dcc:quantity refType="basic_nominalValue"><si:realListXMLList>
  <si:valueXMLList>{places}</si:valueXMLList><si:unitXMLList>{place_unit}</si:unitXMLList></si:realListXMLList></dcc:quantity>
 <dcc:quantity refType="gp_measurementErrorPreCalibration"><si:realListXMLList>
  <si:valueXMLList>{before}</si:valueXMLList><si:unitXMLList>\ohm</si:unitXMLList></si:realListXMLList></dcc:quantity>
 <dcc:quantity refType="basic_measurementError"><si:realListXMLList>
  <si:valueXMLList>{errors}</si:valueXMLList><si:unitXMLList>\ohm</si:unitXMLList>{spread}</si:realListXMLList></dcc:quantity>
 </dcc:list></dcc:data></dcc:result></dcc:results></dcc:measurementResult></dcc:measurementResults>
</dcc:digitalCalibrationCertificate>"""


def paper(**more: str) -> bytes:
    """Give a certificate of three points."""
    given = {
        "places": "0.1 0.5 2.0",
        "place_unit": r"\ohm",
        "errors": "0.002 0.004 -0.010",
        "before": "0.020 0.030 0.050",
        "spread": NEW.format(u="0.004 0.004 0.008", k="2 2 2"),
    }
    return PAPER.format(**{**given, **more}).encode()


@pytest.mark.parametrize("spelling", [OLD, NEW], ids=["older", "newer"])
def test_a_list_of_points_becomes_lines_by_range(spelling: str) -> None:
    read = read_certificate(paper(spread=spelling.format(u="0.004 0.004 0.008", k="2 2 2")))
    assert (read.number, read.laboratory, read.performed) == (
        "CAL-2026-0117",
        "Calibra Ltd",
        date(2026, 1, 12),
    )
    assert (read.issued, read.maker, read.model) == (date(2026, 1, 15), "Ohmline", "Safe 62")
    assert (read.serials, read.k) == (("T1",), 2.0)
    # An error is reading less truth: what is added to a reading is its negative.
    assert read.lines == (
        Line("earth resistance", "ohm", 0.1, -0.002, 0.004, 0.1, 0.3, 0.02),
        Line("earth resistance", "ohm", 0.5, -0.004, 0.004, 0.3, 1.25, 0.03),
        Line("earth resistance", "ohm", 2.0, 0.01, 0.008, 1.25, 2.0, 0.05),
    )


def test_places_in_another_unit_are_brought_to_that_of_the_errors() -> None:
    read = read_certificate(paper(places="100 500 2000", place_unit=r"\milli\ohm"))
    assert [line.nominal for line in read.lines] == pytest.approx([0.1, 0.5, 2.0], rel=1e-15)


def test_each_u_keeps_its_u_over_k_where_the_factors_differ() -> None:
    read = read_certificate(paper(spread=NEW.format(u="0.004 0.004 0.008", k="2 2.5 4")))
    assert read.k == 4.0
    assert [line.expanded / read.k for line in read.lines] == pytest.approx([0.002, 0.0016, 0.002], rel=1e-12)


def test_the_error_as_found_may_stand_in_another_unit() -> None:
    text = paper(before="20 30 50").decode()
    milli = text.replace(
        r"<si:valueXMLList>20 30 50</si:valueXMLList><si:unitXMLList>\ohm",
        r"<si:valueXMLList>20 30 50</si:valueXMLList><si:unitXMLList>\milli\ohm",
    )
    assert milli != text
    read = read_certificate(milli.encode())
    assert [line.as_found for line in read.lines] == pytest.approx([0.02, 0.03, 0.05], rel=1e-12)


def test_a_thermometers_lines_are_of_temperatures_though_its_errors_are_in_kelvin() -> None:
    text = paper(places="0 37 60", place_unit=r"\degreecelsius").decode()
    read = read_certificate(text.replace(r"\ohm", r"\kelvin").encode())
    assert {line.unit for line in read.lines} == {"degC"}
    assert [(line.nominal, line.correction) for line in read.lines] == [
        (0.0, -0.002),
        (37.0, -0.004),
        (60.0, 0.01),
    ]


def test_one_uncertainty_holds_for_all_points() -> None:
    read = read_certificate(paper(spread=OLD.format(u="0.004", k="2.1")))
    assert [line.expanded for line in read.lines] == [0.004] * 3
    assert read.k == 2.1


@pytest.mark.parametrize(
    ("text", "symbol"),
    [
        (r"\ohm", "ohm"), (r"\milli\ohm", "mohm"), (r"\micro\ampere", "uA"), (r"\mega\ohm", "Mohm"),
        (r"\degreecelsius", "degC"), (r"\kelvin", "K"), (r"\kilo\pascal", "kPa"), (r"\one", "1"),
        (r"\milli\metre\mercury", "mmHg"), (r"\percent", "percent"),
    ],
)  # fmt: skip
def test_units_of_d_si(text: str, symbol: str) -> None:
    assert read_unit(text) == symbol


@pytest.mark.parametrize("text", ["", "ohm!", r"\furlong", r"\milli", r"\milli\milli\ohm", r"\ohm\metre"])
def test_a_unit_that_is_not_known_is_named(text: str) -> None:
    with pytest.raises(BadInput, match="is not known here"):
        read_unit(text)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "no XML"),
        (b"<a/>", "no digital calibration certificate"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "no XML"),
        (paper(errors="0.002 nan -0.010"), "not finite"),
        (paper(errors="0.002 x -0.010"), "no number"),
        (paper(errors="0.002 0.004"), "do not fit|different lengths"),
        (paper(places="0.1 0.5"), "different lengths"),
        (paper(spread=""), "no expanded uncertainty"),
        (paper(spread=NEW.format(u="0 1 1", k="2 2 2")), "do not fit"),
        (paper(spread=NEW.format(u="1 1 1", k="2 2 0.5")), "do not fit"),
        (paper().replace(b"basic_measurementError", b"other"), "states no error"),
        (paper().replace(b"2026-01-12", b"yesterday"), "is no date"),
        (paper().replace(b"uniqueIdentifier", b"identifier"), "has no uniqueIdentifier"),
    ],
)  # fmt: skip
def test_what_will_not_do_is_said(content: bytes, why: str) -> None:
    with pytest.raises(BadInput, match=why) as caught:
        read_certificate(content)
    assert caught.value.field == "file"


@pytest.mark.parametrize("seed", range(5))
def test_mutated_certificates_are_read_or_refused(seed: int) -> None:
    rng, whole = random.Random(seed), paper()
    for _ in range(200):
        changed = bytearray(whole)
        for _ in range(rng.randint(1, 12)):
            at = rng.randrange(len(changed))
            match rng.randrange(3):
                case 0:
                    changed[at] = rng.randrange(256)
                case 1:
                    del changed[at : at + rng.randrange(40)]
                case _:
                    changed[at:at] = changed[at : at + rng.randrange(60)]
        try:
            read = read_certificate(bytes(changed))
        except BadInput:
            continue
        assert all(math.isfinite(line.correction) and line.expanded > 0 for line in read.lines)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=9, unique=True))
def test_the_ranges_of_points_meet_and_cover_what_was_calibrated(places: list[float]) -> None:
    count = len(places)
    words = " ".join(map(repr, places))
    same = " ".join(["0.001"] * count)
    spread = NEW.format(u=same, k=" ".join(["2"] * count))
    read = read_certificate(paper(places=words, errors=same, before=same, spread=spread))
    ranges = sorted((line.low, line.high) for line in read.lines)
    assert (ranges[0][0], ranges[-1][1]) == (min(places), max(places))
    assert all(one[1] == next_[0] for one, next_ in pairwise(ranges))
    assert all(line.low <= line.nominal <= line.high for line in read.lines)
