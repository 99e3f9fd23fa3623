"""Rounding is checked against JCGM 100:2008, 7.2.6 and H.1, units against how the field writes them."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kilter.interfaces import wording
from kilter.measure.error import BadInput

NUMBER = re.compile(r"−?\d+(?:\.\d+)?")


@pytest.mark.parametrize(
    ("value", "unit", "u", "k", "text"),
    [
        # JCGM 100, 7.2.2: m_s = (100.02147 ± 0.00079) g, k = 2.26 and u = 0.35 mg
        (100.02147, "g", 0.00035, 2.26, "100.02147 g ± 0.00079 g"),
        # JCGM 100, H.1.6: l = (50.000838 ± 0.000093) mm, k = 2.92 and u = 32 nm
        (50.000838, "mm", 32e-6, 2.92, "50.000838 mm ± 0.000093 mm"),
        (0.12, "ohm", 0.005, 2, "0.120 Ω ± 0.010 Ω"),
        (3.2149, "percent", 0.06, 2, "3.21 % ± 0.12 %"),
        (99.96, "uA", 4.98, 2, "100 µA ± 10 µA"),
        (1500.0, "V", 120.0, 2, "1500 V ± 240 V"),
        (-0.001, "", 0.1, 2, "0.00 ± 0.20"),
        (1.23456e-5, "A", 1.2e-8, 2, "(1.2346 ± 0.0024) × 10⁻⁵ A"),
        (0.12, "ohm", None, 2, "0.12 Ω"),
        (0.12, "ohm", math.nan, 2, "0.12 Ω"),
    ],
)
def test_a_quantity_is_rounded_to_what_its_uncertainty_supports(value, unit, u, k, text):
    assert wording.quantity(value, unit, u, k) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (0.1 + 0.2, "0.3"),
        (1234567, "1234567"),
        (-273.15, "−273.15"),
        (6.02214076e23, "6.02214 × 10²³"),
        (0.000012, "1.2 × 10⁻⁵"),
        (0.00012, "0.00012"),
        (math.nan, "not a number"),
        (-math.inf, "−infinite"),
        (5e-324, "5 × 10⁻³²⁴"),
    ],
)
def test_a_number_without_uncertainty_claims_nothing(value, text):
    assert wording.number_text(value) == text


@given(
    st.floats(min_value=-9e5, max_value=9e5).filter(lambda v: v == 0 or abs(v) > 1e-3),
    st.floats(min_value=1e-4, max_value=4e4),
)
def test_value_and_spread_stand_to_the_same_place_and_lose_no_more_than_half_of_it(value, u):
    text = wording.quantity(value, "ohm", u)
    if "×" in text:
        return
    shown, spread = (Decimal(part.replace("−", "-")) for part in NUMBER.findall(text))
    expanded = Decimal(repr(2 * u))
    assert abs(spread - expanded) <= expanded * Decimal("0.0501")
    assert abs(shown - Decimal(repr(value))) <= spread * Decimal("0.0501")
    assert shown.as_tuple().exponent == spread.as_tuple().exponent


@given(st.floats(allow_nan=True, allow_infinity=True), st.floats() | st.none(), st.text(max_size=8))
def test_no_number_breaks_the_writing(value, u, unit):
    assert wording.quantity(value, unit, u)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_shown_number_is_the_number_to_six_digits(value):
    plain = wording.number_text(value).replace("−", "-")
    digits = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
    mantissa, _, power = plain.partition(" × 10")
    read = Decimal(mantissa) * Decimal(10) ** int(power.translate(digits) or 0)
    assert abs(read - Decimal(repr(value))) <= abs(Decimal(repr(value))) * Decimal("5.1e-6")


@pytest.mark.parametrize(
    ("unit", "text"),
    [
        ("uA", "µA"),
        ("Mohm", "MΩ"),
        ("percent", "%"),
        ("mGy/min", "mGy/min"),
        ("degC", "°C"),
        ("", ""),
        (None, ""),
        ("furlong", "furlong"),
    ],
)
def test_units_are_written_as_people_write_them(unit, text):
    assert wording.unit_text(unit) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "not given"),
        (True, "yes"),
        ([1.0, 2.5], "1, 2.5 Ω"),
        ([[1, 2], [3, 4]], "1, 2; 3, 4 Ω"),
        ("I", "I"),
        ({"mean": 2.0}, "mean: 2 Ω"),
    ],
)
def test_every_kind_of_value_has_a_text(value, text):
    assert wording.value_text(value, "ohm") == text


def test_instants_are_shown_in_the_zone_across_the_clock_change():
    assert wording.instant_text("2026-03-29T00:59:00Z", "Europe/London") == "29 Mar 2026 00:59 GMT"
    assert wording.instant_text("2026-03-29T01:00:00Z", "Europe/London") == "29 Mar 2026 02:00 BST"
    assert wording.instant_utc("2026-03-29T02:00:00+01:00") == "2026-03-29 01:00:00 UTC"


@pytest.mark.parametrize("when", ["2026-03-29T00:59:00", "yesterday", ""])
def test_an_instant_without_offset_or_sense_is_refused(when):
    with pytest.raises(BadInput) as refusal:
        wording.instant_text(when)
    assert refusal.value.field == "instant"


@pytest.mark.parametrize("zone", ["Europe/Atlantis", "../../etc/passwd", ""])
def test_an_unknown_zone_is_refused(zone):
    with pytest.raises(BadInput):
        wording.instant_text("2026-03-29T00:59:00Z", zone)


@pytest.mark.parametrize(
    ("back", "text"),
    [
        (timedelta(seconds=20), "now"),
        (timedelta(minutes=5), "5 min"),
        (timedelta(hours=23, minutes=59), "23 h"),
        (timedelta(days=3), "3 d"),
        (timedelta(days=-3), "in 3 d"),
        (timedelta(days=70), "2 mo"),
        (timedelta(days=800), "2 y"),
    ],
)
def test_ages_are_one_short_figure(back, text):
    now = datetime(2026, 11, 22, tzinfo=UTC)
    assert wording.age_text(now - back, now) == text


@pytest.mark.parametrize("read", ["no", None, "", "maybe"])
def test_a_limit_nobody_read_or_adopted_says_so(read):
    limit = {"high": 0.3, "unit": "ohm", "cite": "IEC 62353", "edition": "2014", "read": read}
    assert wording.limit_text(limit) == "at most 0.3 Ω (IEC 62353, 2014), to be confirmed"


@pytest.mark.parametrize(
    ("bounds", "text"),
    [
        ({"low": 2, "high": 4, "unit": "mm"}, "from 2 mm to 4 mm"),
        ({"low": 7, "unit": "Mohm"}, "at least 7 MΩ"),
        ({"low": 0.0, "unit": "mm"}, "at least 0 mm"),
        ({}, "no figure"),
    ],
)
def test_limits_read_as_a_sentence_would(bounds, text):
    assert wording.limit_text({**bounds, "read": "yes"}) == text


def test_a_probability_is_never_shown_as_a_certainty():
    assert [wording.probability_text(p) for p in (0.98, 1.0, 0.0, None)] == [
        "98.0 %",
        "> 99.9 %",
        "< 0.1 %",
        "not known",
    ]


def test_a_verdict_has_word_shape_and_tone_and_an_unknown_one_is_never_good():
    assert {shown.tone for shown in wording.VERDICTS.values()} == {"good", "warn", "bad", "plain"}
    assert len({shown.shape for shown in wording.VERDICTS.values()}) == len(wording.VERDICTS)
    assert wording.look("within", "pass").word == "pass"
    assert wording.look("frobnicated").tone == "warn"
    assert wording.look(None).word == "Unknown"
