"""One function tells what was scanned, whatever its scheme, and never guesses."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.formats.test_hibc import FDA as HIBC
from tests.formats.test_iccbba import FDA as ICCBBA

from kilter.formats import gs1
from kilter.formats.label import WORDS, Label, scan
from kilter.measure.error import BadInput

TODAY = date(2026, 6, 1)
UUID_TEXT = "6d0a2f6e-0f0c-4b0e-9b0d-2c1f6e3a7b62"
GS1 = "(01)00844588003288(17)141120(10)7654321D(21)10987654d321"
LINK = "https://id.gs1.org/01/00844588003288/10/7654321D/21/10987654d321?17=141120&linkType=gs1:pip"


@pytest.mark.parametrize(
    ("text", "scheme", "identifier", "serial", "lot", "expires"),
    [
        (GS1, "gs1", "00844588003288", "10987654d321", "7654321D", date(2014, 11, 20)),
        (LINK, "gs1", "00844588003288", "10987654d321", "7654321D", date(2014, 11, 20)),
        (
            HIBC,
            "hibc",
            "H123PARTNO1234567890120",
            "XYZ456789012345678",
            "LOT123456789012345",
            date(2020, 2, 2),
        ),
        (ICCBBA, "iccbba", "A9999XYZ100T0944", "000025", "000000000000XYZ123", date(2014, 2, 1)),
        ("=A99971312345600", "iccbba", "", "A99971312345600", "", None),
    ],
)
def test_a_udi_of_each_scheme(text, scheme, identifier, serial, lot, expires):
    found = scan(text, today=TODAY)
    assert (found.scheme, found.device_identifier) == (scheme, identifier)
    assert (found.serial, found.lot, found.expires, found.text) == (serial, lot, expires, text)
    assert bool(found.warnings) == (text == HIBC)


@pytest.mark.parametrize(
    "text",
    [UUID_TEXT, UUID_TEXT.upper(), f"kilter:{UUID_TEXT}", f"HTTPS://KILTER.EXAMPLE/DEVICES/{UUID_TEXT}/"],
)
def test_our_own_label(text):
    found = scan(text)
    assert (found.scheme, found.device) == ("own", UUID(UUID_TEXT))


@pytest.mark.parametrize(
    ("text", "warned"),
    [
        ("ME-0012", False),
        ("0012345", False),
        ("19", False),
        ("+44 131 496 0000", True),
        ("(see back)", True),
        ("=SUM(A1)", True),
        ("https://kilter.example/", True),
        ("http://a.example/01/123/10", True),
    ],
)
def test_what_is_no_udi_is_a_number_and_says_why(text, warned):
    found = scan(text)
    assert (found, bool(found.warnings)) == (
        Label(scheme="plain", text=text, warnings=found.warnings),
        warned,
    )


@pytest.mark.parametrize("text", ["", " ", "\x1d", "x" * 201])
def test_nothing_and_too_much_is_refused(text):
    with pytest.raises(BadInput) as caught:
        scan(text)
    assert caught.value.field == "scan"


@given(text=st.text(max_size=60) | st.sampled_from([GS1, LINK, HIBC, ICCBBA]).flatmap(
    lambda label: st.tuples(st.integers(0, len(label) - 1), st.characters()).map(
        lambda change: label[: change[0]] + change[1] + label[change[0] + 1 :])))  # fmt: skip
def test_any_text_is_some_label_or_a_named_refusal(text):
    try:
        assert scan(text).scheme in WORDS
    except BadInput as problem:
        assert problem.field == "scan"


@pytest.mark.parametrize(
    ("link", "identifier", "serial"),
    [
        ("https://example.com/shop/01/09506000134352/21/A%2FB", "09506000134352", "A/B"),
        ("https://example.com/gtin/9506000134352/ser/7", "09506000134352", "7"),
        ("http://example.com/01/9506000134352/22/2A?21=7", "09506000134352", "7"),
        ("https://example.com/01/09506000134352", "09506000134352", ""),
    ],
)
def test_a_digital_link(link, identifier, serial):
    udi = gs1.parse_link(link)
    assert (udi.device_identifier, udi.serial) == (identifier, serial)


@pytest.mark.parametrize(
    "link",
    [
        "",
        "id.gs1.org/01/09506000134352",
        "https://id.gs1.org/",
        "https://id.gs1.org/01/09506000134353",
        "https://id.gs1.org/01/09506000134352/21",
        "https://id.gs1.org/01/09506000134352/99/x",
        "https://id.gs1.org/01/09506000134352/21/a/21/b",
        "https://[x/01/09506000134352",
        "https://a/01/123456789012345",
        "https://id.gs1.org/01/09506000134352/21/" + "x" * 400,
    ],
)
def test_what_is_no_digital_link_is_refused(link):
    with pytest.raises(BadInput) as caught:
        gs1.parse_link(link)
    assert caught.value.field == "label"


@pytest.mark.parametrize(
    ("text", "day"), [("(8008)26060112", date(2026, 6, 1)), ("(8008)260601123059", date(2026, 6, 1))]
)
def test_the_instant_of_production_gives_the_day(text, day):
    assert gs1.parse(text, today=TODAY).made == day
    for wrong in ("(8008)260601", "(8008)2606011", "(8008)26060112345"):
        with pytest.raises(BadInput):
            gs1.parse(wrong)
