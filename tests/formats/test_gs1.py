"""GS1 labels: the published examples, the dates of the standard, and hostile text."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kilter.formats.gs1 import Udi, check_digit, parse
from kilter.measure.error import BadInput

TODAY = date(2026, 1, 1)
FHIR = Udi(
    device_identifier="00844588003288", expires=date(2014, 11, 20), lot="7654321D", serial="10987654d321"
)
"""The example of a UDI in HL7 FHIR, resource Device."""


@pytest.mark.parametrize(
    "label",
    [
        "(01)00844588003288(17)141120(10)7654321D(21)10987654d321",
        "0100844588003288171411201076543" + "21D\x1d2110987654d321",
        "]d20100844588003288171411201076543" + "21D\x1d2110987654d321",
        "\x1d0100844588003288171411202110987654d321\x1d107654321D\x1d",
    ],
)
def test_the_published_example(label):
    assert parse(label, today=TODAY) == FHIR


@pytest.mark.parametrize("number", ["09506000134352", "09506000117843", "04012345678901", "07032069804988"])
def test_published_numbers_have_their_check_digit(number):
    assert check_digit(number[:-1]) == int(number[-1])
    assert parse(f"(01){number}").device_identifier == number


@given(place=st.integers(0, 13), change=st.integers(1, 9))
def test_one_wrong_digit_is_always_found(place, change):
    number = list("09506000134352")
    number[place] = str((int(number[place]) + change) % 10)
    with pytest.raises(BadInput, match="check digit"):
        parse(f"(01){''.join(number)}")


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("260228", date(2026, 2, 28)),
        ("280200", date(2028, 2, 29)),
        ("270200", date(2027, 2, 28)),
        ("761231", date(2076, 12, 31)),  # 50 years ahead is this century
        ("770101", date(1977, 1, 1)),  # 51 is the last
        ("991231", date(1999, 12, 31)),
    ],
)
def test_days_and_centuries(text, day):
    assert parse(f"(17){text}", today=TODAY).expires == day


@pytest.mark.parametrize(
    "label",
    [
        "", "   ", "ME-00012", "(01)", "(01)123", "(17)261301", "(17)260230", "(17)26022", "(99)x",
        "(21)a(21)b",
        "(21)" + "x" * 21, "(10)a b", "01123", "17", "(21", "(21)é", "x(21)a", "(17)٢٦٠٢٢٨", "\x1d\x1d",
        "1" * 401,
    ],
)  # fmt: skip
def test_what_is_no_label_is_refused(label):
    with pytest.raises(BadInput) as caught:
        parse(label)
    assert caught.value.field == "label"


@given(text=st.text(max_size=80) | st.text("01(17)2\x1d6", max_size=40))
def test_any_text_is_a_label_or_a_named_refusal(text):
    try:
        assert isinstance(parse(text, today=TODAY), Udi)
    except BadInput as problem:
        assert problem.field == "label"
