"""Tables out of files of other systems: columns of one name, encodings, worksheets."""

from __future__ import annotations

import io
from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kilter.formats.sheet import ENCODINGS, NumberText, read_foreign_sheet, read_sheet, tables_in
from kilter.measure.error import BadInput
from kilter.measure.quantity import File

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "equipment"


def csv_of(text: str, encoding: str = "utf-8") -> File:
    return File("x.csv", text.encode(encoding))


def book(**pages: list[tuple[object, ...]]) -> File:
    """A spreadsheet of named worksheets."""
    from openpyxl import Workbook

    made, packed = Workbook(), io.BytesIO()
    made.remove(made.active)
    for title, rows in pages.items():
        page = made.create_sheet(title)
        for row in rows:
            page.append(row)
    made.save(packed)
    return File("x.xlsx", packed.getvalue())


TABLE = [("asset", "maker"), ("A1", "Acme")]
COVER = [("Asset register",), (None,), ("printed by the old system",)]


def test_columns_of_one_name_are_told_apart_by_a_number() -> None:
    read = read_foreign_sheet(csv_of("a,b,a,a (2),a,\n1,2,3,4,5,6\n")).sheet
    assert read.columns == ("a", "b", "a (3)", "a (2)", "a (4)", "")
    assert read.rows == (("1", "2", "3", "4", "5", "6"),)
    with pytest.raises(BadInput, match="two columns 'a'"):
        read_sheet(csv_of("a,a\n1,2\n"))


@given(st.lists(st.sampled_from(["", "a", "a (2)", "a (2) (2)", "a (3)", "b"]), min_size=1, max_size=9))
def test_told_apart_columns_are_unique_and_the_first_of_a_name_keeps_it(names: list[str]) -> None:
    if not any(names):
        return
    read = read_foreign_sheet(csv_of(",".join(names) + "\n")).sheet.columns
    named = [name for name in read if name]
    assert len(set(named)) == len(named) == sum(map(bool, names))
    for at, name in enumerate(names):
        assert (read[at] == name) or name in names[:at]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_a_text_is_read_whatever_its_encoding_ends_and_separator(encoding: str, end: str, mark: str) -> None:
    text = f"asset{mark}owner{end}A1{mark}Zoë – 病院{end}"
    head = {"utf-16-le": "\ufeff", "utf-16-be": "\ufeff"}.get(encoding, "")
    found = read_foreign_sheet(csv_of(head + text, encoding))
    assert found.sheet.rows == (("A1", "Zoë – 病院"),)
    assert (found.sheet.columns, found.said, found.supposed) == (("asset", "owner"), (), "")
    assert read_sheet(csv_of(head + text, encoding)) == found.sheet


@pytest.mark.parametrize(
    ("end", "encoding", "supposed"), [("\n", "cp1252", "windows-1252"), ("\r", "mac_roman", "mac-roman")]
)
def test_an_encoding_that_nothing_proves_is_supposed_and_said(end: str, encoding: str, supposed: str) -> None:
    file = csv_of(f"asset,owner{end}A1,Zoë’s{end}", encoding)
    found = read_foreign_sheet(file)
    assert (found.sheet.rows[0][1], found.supposed) == ("Zoë’s", supposed)
    assert found.said == (f"the file is no UTF-8: read as {supposed}",)
    chosen = read_foreign_sheet(file, encoding=supposed)
    assert (chosen.sheet, chosen.said) == (found.sheet, ())


def test_an_encoding_that_cannot_be_is_refused() -> None:
    for encoding, content in (("utf-8", b"a\n\xff\n"), ("utf-16", b"a"), ("windows-1252", b"a\n\x81\n")):
        with pytest.raises(BadInput, match="no encoding known here"):
            read_foreign_sheet(File("x.csv", content), encoding=encoding)
    with pytest.raises(BadInput, match="encoding: must be one of utf-8") as caught:
        read_foreign_sheet(csv_of("a\n"), encoding="ebcdic")
    assert caught.value.field == "encoding"
    assert set(ENCODINGS) == {"utf-8", "utf-16", "windows-1252", "mac-roman"}


def test_a_mark_at_the_beginning_stands_above_what_was_said() -> None:
    for encoding in ("utf-8-sig", "utf-16"):
        found = read_foreign_sheet(csv_of("asset,owner\nA1,Zoë\n", encoding), encoding="windows-1252")
        assert (found.sheet.columns, found.sheet.rows) == (("asset", "owner"), (("A1", "Zoë"),))


def test_zero_characters_are_no_text_in_any_encoding() -> None:
    for content in (b"a,b\n\x00,1\n", "a,b\n\x00,1\n".encode("utf-16")):
        with pytest.raises(BadInput, match="is no text"):
            read_foreign_sheet(File("x.csv", content))


def test_the_only_worksheet_that_holds_a_table_is_taken_and_said() -> None:
    for front in (COVER, []):
        found = read_foreign_sheet(book(Cover=front, Assets=TABLE))
        assert (found.page, found.pages, found.sheet.rows) == ("Assets", ("Assets",), (("A1", "Acme"),))
        assert found.said == ("read is the worksheet Assets, the only one that holds a table",)


def test_the_first_worksheet_is_taken_where_it_holds_a_table() -> None:
    found = read_foreign_sheet(book(One=TABLE, Two=TABLE, Notes=COVER))
    assert (found.page, found.pages) == ("One", ("One", "Two"))
    assert found.said == ("read is the first worksheet, One; tables: One, Two",)
    alone = read_foreign_sheet(book(One=TABLE, Notes=COVER))
    assert (alone.page, alone.said) == ("One", ())
    chosen = read_foreign_sheet(book(One=TABLE, Two=[("a", "b"), ("1", "2")]), page="Two")
    assert (chosen.page, chosen.sheet.columns, chosen.said) == ("Two", ("a", "b"), ())


def test_it_is_asked_which_worksheet_where_several_could_be_meant() -> None:
    file = book(Cover=COVER, One=TABLE, Two=TABLE)
    with pytest.raises(BadInput, match="page: say which worksheet to read: One, Two") as caught:
        read_foreign_sheet(file)
    assert (caught.value.field, caught.value.code) == ("page", "which_page")
    assert tables_in(file) == ("One", "Two")
    assert read_foreign_sheet(file, page="Two").page == "Two"
    with pytest.raises(BadInput, match="no worksheet 'Three'; tables: One, Two"):
        read_foreign_sheet(file, page="Three")
    assert tables_in(csv_of("a,b\n1,2\n")) == ()


def test_a_workbook_without_a_table_is_refused() -> None:
    with pytest.raises(BadInput, match="holds no table"):
        read_foreign_sheet(book(One=[], Two=[]))


def test_a_number_is_told_from_a_text_that_looks_like_one() -> None:
    file = book(
        One=[
            ("a", "b", "c", "d"),
            (1.5, "1.5", True, date(2026, 3, 29)),
            (7, "", None, datetime(2026, 3, 29)),  # noqa: DTZ001
        ]
    )
    first, second = read_foreign_sheet(file).sheet.rows
    assert (first, second) == (("1.5", "1.5", "True", "2026-03-29"), ("7", "", "", "2026-03-29"))
    assert [isinstance(cell, NumberText) for cell in first] == [True, False, False, False]


def shared(name: str) -> File:
    path = SHARED / name
    if not path.is_file():
        pytest.skip(f"{path} is not here: real exports are not part of the project")
    return File(name, path.read_bytes())


def test_a_real_export_with_a_byte_order_mark() -> None:
    read = read_foreign_sheet(shared("assets-sample.csv"))
    assert read.sheet.columns[0] == "Company"
    assert (len(read.sheet.columns), read.said) == (21, ())
    assert all(len(row) == 21 for row in read.sheet.rows)


def test_a_real_export_with_old_line_ends_and_two_columns_of_a_name() -> None:
    read = read_foreign_sheet(shared("assets-sample-BAD.csv"))
    assert {"Category", "Category (2)", "Company", "Company (2)"} <= set(read.sheet.columns)
    assert read.supposed == "mac-roman"
    assert all(len(row) == len(read.sheet.columns) for row in read.sheet.rows)
