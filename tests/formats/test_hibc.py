"""HIBC labels: the published examples, every form of date, and check characters that are wrong."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kilter.formats.hibc import CHARACTERS, Hibc, check_character, parse
from kilter.measure.error import BadInput

FDA = "+H123PARTNO1234567890120/$$420020216LOT123456789012345/SXYZ456789012345678/16D20130202C"
"""The FDA's and FHIR's sample of an HIBC UDI; its last character should be H."""


def made(text: str) -> str:
    """A label with its right check character."""
    return text + check_character(text)


def test_the_example_of_the_supplier_standard_has_its_check_character() -> None:
    assert check_character("+A123BJC5D6E71") == "G"
    assert parse("+A123BJC5D6E71G") == Hibc(device_identifier="A123BJC5D6E71")
    assert parse("*+a123bjc5d6e71g*").check


def test_the_published_sample_whose_check_character_is_wrong_is_read_with_a_warning() -> None:
    found = parse(FDA)
    assert check_character(FDA[:-1]) == "H"
    assert found == Hibc(
        device_identifier="H123PARTNO1234567890120",
        lot="LOT123456789012345",
        serial="XYZ456789012345678",
        made=date(2013, 2, 2),
        expires=date(2020, 2, 2),
        check=False,
    )
    assert parse(made(FDA[:-1])).check


@pytest.mark.parametrize(
    ("part", "expires", "lot", "serial"),
    [
        ("$L1", None, "L1", ""),
        ("$+S1", None, "", "S1"),
        ("$$0926L1", date(2026, 9, 30), "L1", ""),
        ("$$0228L1", date(2028, 2, 29), "L1", ""),
        ("$$+1226S1", date(2026, 12, 31), "", "S1"),
        ("$$2093026L1", date(2026, 9, 30), "L1", ""),
        ("$$3260930L1", date(2026, 9, 30), "L1", ""),
        ("$$426093016L1", date(2026, 9, 30), "L1", ""),
        ("$$526001L1", date(2026, 1, 1), "L1", ""),
        ("$$62836623L1", date(2028, 12, 31), "L1", ""),
        ("$$7L1", None, "L1", ""),
        ("$$+7S1", None, "", "S1"),
        ("$$8053260930L1", date(2026, 9, 30), "L1", ""),
        ("$$9000500926L1", date(2026, 9, 30), "L1", ""),
        ("$$3260930", date(2026, 9, 30), "", ""),
        ("$$805", None, "", ""),
        ("26273L1", date(2026, 9, 30), "L1", ""),
        ("14D20260930", date(2026, 9, 30), "", ""),
        ("SABC/Q5", None, "", "ABC"),
    ],
)
def test_every_form_of_the_secondary_part(part: str, expires: date | None, lot: str, serial: str) -> None:
    found = parse(made(f"+A123BJC5D6E71/{part}"))
    assert (found.expires, found.lot, found.serial, found.check) == (expires, lot, serial, True)
    if not part.startswith("S"):
        alone = parse(made(f"+{part}G"))
        assert (alone.expires, alone.lot, alone.serial, alone.link) == (expires, lot, serial, "G")
        assert alone.device_identifier == ""


@pytest.mark.parametrize(
    "label",
    [
        "",
        "+",
        "+A1",
        "A123BJC5D6E71G",
        "+A123G",
        "+A123BJC5D6E7X0",
        "+A123ä1G",
        "+A123BJC5D6E71/!G",
        "+" + "A" * 200,
        "+A123BJC5D6E71/XG",
        "+A123BJC5D6E71/$$1326L1G",
        "+A123BJC5D6E71/$$3261301L1G",
        "+A123BJC5D6E71/$$01 2L1G",
        "+A123BJC5D6E71/$$526000L1G",
        "+A123BJC5D6E71/$$526366L1G",
        "+A123BJC5D6E71/$$XL1G",
        "+A123BJC5D6E71/$$8X5L1G",
        "+A123BJC5D6E71/16D2013020G",
        "+A123BJC5D6E71/16D20130230G",
        "+A123BJC5D6E71/$$326A",
    ],
)
def test_what_is_no_label_is_refused(label: str) -> None:
    with pytest.raises(BadInput) as caught:
        parse(label)
    assert caught.value.field == "label"


@given(place=st.integers(1, 13), letter=st.sampled_from(CHARACTERS))
def test_one_wrong_character_is_always_found(place: int, letter: str) -> None:
    right = "+A123BJC5D6E71G"
    wrong = right[:place] + letter + right[place + 1 :]
    assert (check_character(wrong[:-1]) == "G") == (wrong == right)


@given(text=st.text(max_size=80) | st.text(CHARACTERS, max_size=60).map("+A123B1/".__add__))
def test_any_text_is_a_label_or_a_named_refusal(text: str) -> None:
    try:
        assert isinstance(parse(text), Hibc)
    except BadInput as problem:
        assert problem.field == "label"
