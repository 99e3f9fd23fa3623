"""Rigel 288 exports: read as a whole batch, or refused by the line that is wrong."""

from __future__ import annotations

from contextlib import suppress
from datetime import date

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kilter.formats.rigel import read_rigel
from kilter.formats.tester import Reading, read_reading
from kilter.measure.error import BadInput

FIRST = [
    "Tested on,23 Jan 2008,,,,",
    "Asset ID,A000002,,,,",
    "Rigel 288,23A-0418,,,,",
    "Site, London,,,,",
    "AP Setup,AP 1, type B, (B 1 - 3),,,",
    "User Name,Admin",
    "Test Sequence,62353 - ClassI - Alt",
    "Visual Inspection,Pass,,,,",
    "Earth Bond,0.12 Ω,Pass,,,",
    "Insulation EUT,>100 MΩ,Pass,,,",
    "EUT Leakage,85,uA,Pass,,",
    "User Comment,castor worn,,,,",
    "second line,,,,,",
    ",,,,,",
    "last line,,,,,",
    "Status,Failed",
]
SECOND = [
    "Tested on,24 Jan 2008 14:05,,,,",
    "Asset ID,A000003",
    "User Name,Admin",
    "Test Sequence,62353 - ClassII - Dir",
    "User Comment,",
    "Status,Passed",
]


def export(*blocks: list[str], end: str = "End of Data", encoding: str = "utf-8") -> bytes:
    return "\r\n".join([*(line for block in blocks for line in [*block, ""]), end, ""]).encode(encoding)


def test_a_batch_is_read_block_by_block() -> None:
    first, second = read_rigel(export(FIRST, SECOND)).tests
    assert (first.asset, first.day, first.time, first.status) == ("A000002", date(2008, 1, 23), "", "fail")
    assert (first.model, first.serial) == ("Rigel 288", "23A-0418")
    assert first.variables == (("Site", "London"),)
    assert first.applied_parts == ("AP 1, type B, (B 1 - 3)",)
    assert (first.user, first.sequence) == ("Admin", "62353 - ClassI - Alt")
    assert first.comment == "castor worn\nsecond line\nlast line"
    assert [one.name for one in first.results] == [
        "Visual Inspection",
        "Earth Bond",
        "Insulation EUT",
        "EUT Leakage",
    ]
    assert [one.line for one in first.results] == [8, 9, 10, 11]
    assert [one.outcome for one in first.results] == ["pass"] * 4
    assert (second.asset, second.day, second.time) == ("A000003", date(2008, 1, 24), "14:05:00")
    assert (second.status, second.results, second.line) == ("pass", (), 18)


def test_readings_keep_their_digits_their_unit_and_their_bound() -> None:
    results = read_rigel(export(FIRST)).tests[0].results
    assert [one.reading for one in results] == [
        None,
        Reading("0.12", "ohm"),
        Reading("100", "Mohm", "over"),
        Reading("85", "uA"),
    ]


@pytest.mark.parametrize(
    ("cell", "following", "expected"),
    [
        ("0.12Ω", "", Reading("0.12", "ohm")),
        ("0.12 \u2126", "", Reading("0.12", "ohm")),
        ("0.12 Ohm", "", Reading("0.12", "ohm")),
        ("0.120 Ohms", "", Reading("0.120", "ohm")),
        ("85 µA", "", Reading("85", "uA")),
        ("85 \u03bcA", "", Reading("85", "uA")),
        ("85uA", "", Reading("85", "uA")),
        ("0.085 mA", "", Reading("0.085", "mA")),
        (">19.99 MΩ", "", Reading("19.99", "Mohm", "over")),
        ("> 100 MOhms", "", Reading("100", "Mohm", "over")),
        ("<0.01", "mA", Reading("0.01", "mA", "under")),
        ("≤4", "µA", Reading("4", "uA", "under")),
        ("230", "", Reading("230", "")),
        ("230", "Pass", Reading("230", "")),
        ("−1", "uA", Reading("-1", "uA")),
        ("1,2", "uA", None),
        ("12 furlongs", "", None),
        ("0.12 Ω (limit 0.3)", "", None),
        ("", "", None),
        ("١٢", "uA", None),
    ],
)
def test_spellings_of_a_reading(cell: str, following: str, expected: Reading | None) -> None:
    assert read_reading(cell, following) == expected


def test_latin_1_and_utf_8_say_the_same() -> None:
    block = [line.replace("Ω", "Ohm") for line in FIRST]
    block[10] = "EUT Leakage,85,µA,Pass,,"
    first = read_rigel(export(block, encoding="utf-8")).tests[0].results[3]
    assert read_rigel(export(block, encoding="latin-1")).tests[0].results[3] == first
    assert first.reading == Reading("85", "uA")


def test_a_line_with_two_numbers_gives_no_reading() -> None:
    block = [*FIRST[:8], "Earth Bond,0.12 Ω,0.30 Ω,Pass", *FIRST[11:]]
    result = read_rigel(export(block)).tests[0].results[1]
    assert result.reading is None
    assert result.cells == ("0.12 Ω", "0.30 Ω", "Pass")


def test_bare_line_feeds_and_missing_padding_make_no_difference() -> None:
    padded = export(FIRST, SECOND)
    bare = "\n".join(line.rstrip(",") for line in padded.decode().split("\r\n")).encode()
    told = [(t.asset, t.day, t.results, t.status, t.comment) for t in read_rigel(padded).tests]
    assert [(t.asset, t.day, t.results, t.status, t.comment) for t in read_rigel(bare).tests] == told


def test_what_a_header_line_cannot_be_is_kept_and_named() -> None:
    block = [*FIRST[:4], "Charge,12,kWh,?", *FIRST[4:]]
    assert read_rigel(export(block)).tests[0].unread == ((5, "Charge, 12, kWh, ?"),)


def test_an_export_without_assets_is_an_empty_batch() -> None:
    assert read_rigel(b"End of Data\r\n").tests == ()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"\r\n,,,\r\n", "empty"),
        (b"hello\r\nworld\r\n", "no export of a Rigel 288"),
        (b"Tested\x00on", "no text"),
        (export(FIRST)[:-20], "line 16: the export is cut short"),
        (export(FIRST, ["Status,Passed"]), "line 18: Status stands twice"),
        (export(["Asset ID,1"], FIRST), "line 1: 'Asset ID,1' stands before the first"),
        (
            export([line for line in FIRST if not line.startswith("Asset")]),
            "line 1: this block names no asset",
        ),
        (
            export(["Tested on,23 Jan 2008", "Asset ID,,,", "Status,Passed"]),
            "line 1: this block names no asset",
        ),
        (export(FIRST[:-1]), "line 1: this block has no status"),
        (export([*FIRST[:-1], "Status,Perhaps"]), "line 16: 'Perhaps' is no status"),
        (export(["Tested on,31 Feb 2008", *FIRST[1:]]), "line 1: '31 Feb 2008' is no day"),
        (export(["Tested on,01/02/08", *FIRST[1:]]), "line 1: '01/02/08' is no day"),
        (b"Getestet am,23 Jan 2008\r\nEnde der Daten\r\n", "in German"),
        ("Testé le,23 jan 2008\r\nFin des données\r\n".encode("latin-1"), "in French"),
        (b"Tested on," + b"x" * 5000, "line 1: longer than"),
    ],
)
def test_a_refusal_names_what_is_wrong(content: bytes, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        read_rigel(content)


SPACES = st.sampled_from(["", " "])
NOISE = [b",", b'"', b"\r", b"\n", b"\r\n", b"\x00", b"Status,", b"End of Data"]


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A good export with some bytes changed, cut out, doubled or moved."""
    raw = bytearray(export(FIRST, SECOND, FIRST))
    for _ in range(draw(st.integers(1, 8))):
        at = draw(st.integers(0, len(raw)))
        to = min(len(raw), at + draw(st.integers(0, 60)))
        kind = draw(st.sampled_from(["change", "cut", "double", "insert"]))
        if kind == "change" and at < len(raw):
            raw[at] = draw(st.integers(0, 255))
        elif kind == "cut":
            del raw[at:to]
        elif kind == "double":
            raw[at:at] = raw[at:to]
        else:
            raw[at:at] = draw(
                st.sampled_from([b",", b'"', b"\r", b"\n", b"\r\n", b"\x00", b"Status,", b"End of Data"])
            )
    return bytes(raw)


@settings(max_examples=400)
@given(mutated())
def test_a_damaged_export_is_read_or_refused_by_name(content: bytes) -> None:
    with suppress(BadInput):
        for test in read_rigel(content).tests:
            assert test.asset
            assert test.status in ("pass", "fail", "incomplete")


@settings(max_examples=200)
@example(b'Tested on,"\nEnd of Data')
@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    with suppress(BadInput):
        read_rigel(content)


@settings(max_examples=200)
@given(
    st.decimals(0, 10_000, places=3),
    st.sampled_from(["Ω", "Ohm", "ohms", "\u2126"]),
    st.sampled_from(["", " "]),
)
def test_every_number_comes_back_as_it_was_written(value: object, symbol: str, space: str) -> None:
    reading = read_reading(f"{value}{space}{symbol}")
    assert reading == Reading(str(value), "ohm")
