"""NHS and CHI numbers: the check digit finds every slip of one digit and every swap of neighbours."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from kilter.formats.health_number import checks, chi_agrees, read_chi, read_nhs
from kilter.measure.error import BadInput


def check_digit(nine: str) -> int:
    """The digit that checks, by its definition; where it is 10 there is no such number."""
    return (11 - sum(w * int(d) for w, d in zip(range(10, 1, -1), nine, strict=True)) % 11) % 11


def whole(nine: str) -> str:
    return f"{nine}{check_digit(nine)}"


NINE = st.text("0123456789", min_size=9, max_size=9).filter(lambda nine: check_digit(nine) != 10)


@pytest.mark.parametrize("number", ["943 476 5919", "943-476-5919", "9434765919", "401 023 2137"])
def test_numbers_of_the_data_dictionary_are_read(number: str) -> None:
    assert read_nhs(number) == number.replace(" ", "").replace("-", "")


@given(NINE, st.integers(0, 9), st.integers(1, 9))
def test_one_wrong_digit_is_found(nine: str, place: int, shift: int) -> None:
    good = whole(nine)
    wrong = good[:place] + str((int(good[place]) + shift) % 10) + good[place + 1 :]
    assert checks(good)
    assert not checks(wrong)


@given(NINE, st.integers(0, 8))
def test_two_neighbours_swapped_are_found(nine: str, place: int) -> None:
    good = whole(nine)
    assume(good[place] != good[place + 1])
    assert not checks(good[:place] + good[place + 1] + good[place] + good[place + 2 :])


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "ten digits"), ("943476591", "ten digits"), ("94347659190", "ten digits"),
        ("943476591x", "ten digits"),
        ("9434765918", "check digit"), ("\u0669434765919", "ten digits"), ("943 476 5919 1", "ten digits"),
    ],
)  # fmt: skip
def test_what_is_no_nhs_number_is_refused(text: str, why: str) -> None:
    with pytest.raises(BadInput, match=why) as caught:
        read_nhs(text)
    assert caught.value.field == "nhs_number"


def test_a_chi_number_begins_with_its_birth_date() -> None:
    number = whole("010170000")
    assert read_chi(number) == number
    assert chi_agrees(number, date(1970, 1, 1))
    assert not chi_agrees(number, date(1971, 1, 1))
    with pytest.raises(BadInput, match="begins with a birth date"):
        read_chi(whole("320170000"))
    leap = whole("290200001")  # 29 February was in 2000 and not in 1900
    assert read_chi(leap) == leap
