"""The neutral sheet of tester results."""

from __future__ import annotations

import io
from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from kilter.formats.tester import Reading
from kilter.formats.tester_sheet import read_tester_sheet
from kilter.measure.error import BadInput
from kilter.measure.quantity import File

HEAD = "Asset Id,Test Date,Status,Retest (Months),Instrument,Instrument Serial,Person,Standard"
GROUP = "Test,Result,Unit,Status"
ROW = "ME0001,2026-10-02,P,12,Rigel 288,T1,E. Engineer,62353 direct,Earth Bond,0.12,ohm,P,EUT Leakage,85,uA,P"
SHEET = f"{HEAD},{GROUP},{GROUP}\n{ROW}\n"


def sheet(text: str) -> File:
    return File("batch.csv", text.encode())


def test_a_row_is_a_test_with_its_groups_of_results() -> None:
    test = read_tester_sheet(sheet(SHEET)).tests[0]
    assert (test.asset, test.day, test.time, test.status) == ("ME0001", date(2026, 10, 2), "", "pass")
    assert (test.model, test.serial, test.user, test.sequence) == (
        "Rigel 288",
        "T1",
        "E. Engineer",
        "62353 direct",
    )
    assert test.variables == (("retest (months)", "12"),)
    assert [(one.name, one.reading, one.outcome) for one in test.results] == [
        ("Earth Bond", Reading("0.12", "ohm"), "pass"),
        ("EUT Leakage", Reading("85", "uA"), "pass"),
    ]


def test_a_spreadsheet_says_the_same_as_its_csv() -> None:
    book = Workbook()
    for line in SHEET.strip().split("\n"):
        book.active.append(line.split(","))
    packed = io.BytesIO()
    book.save(packed)
    found = read_tester_sheet(File("batch.xlsx", packed.getvalue()))
    assert found == read_tester_sheet(sheet(SHEET))


def test_a_group_left_empty_is_no_result() -> None:
    row = "ME0001,2026-10-02 14:30,F,,,,,,Visual,Fail,,F"
    test = read_tester_sheet(sheet(f"{HEAD},{GROUP},{GROUP}\n{row}\n")).tests[0]
    assert [(one.name, one.reading, one.outcome) for one in test.results] == [("Visual", None, "fail")]
    assert (test.time, test.status) == ("14:30:00", "fail")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no table"),
        ("Asset Id,Status\nA,P\n", "no column 'test date'"),
        ("Asset Id,Test Date,Status,Person,Person\nA,2026-01-01,P,a,b\n", "two columns are called 'person'"),
        ("Asset Id,Test Date,Status\n,2026-01-01,P\n", "row 2: no asset"),
        ("Asset Id,Test Date,Status\nA,01/02/2026,P\n", "row 2: '01/02/2026' is no day"),
        ("Asset Id,Test Date,Status\nA,2026-01-01T10:00Z,P\n", "row 2: give the time in the site's zone"),
        ("Asset Id,Test Date,Status\nB,2026-01-01,P\nA,2026-01-01,X\n", "row 3: 'X' is no status"),
    ],
)
def test_a_refusal_names_the_row(text: str, words: str) -> None:
    with pytest.raises(BadInput) as refusal:
        read_tester_sheet(sheet(text))
    assert words in refusal.value.message


@settings(max_examples=150)
@given(st.text(alphabet="AP,;\n\"'2026-01.µΩ\x00é", max_size=80), st.integers(0, len(SHEET)))
def test_a_damaged_sheet_is_read_or_refused(noise: str, at: int) -> None:
    with suppress(BadInput):
        read_tester_sheet(sheet(SHEET[:at] + noise + SHEET[at:]))
