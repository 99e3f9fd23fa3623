"""Tables out of spreadsheets: CSV and XLSX into rows of text, as they stood."""

from __future__ import annotations

import codecs
import csv
import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from kilter.measure.error import BadInput
from kilter.measure.quantity import File, Sheet

MOST_CELLS = 5_000_000
MOST_COLUMNS = 1_000
LONGEST_CELL = 32_767  # what a spreadsheet itself allows
MOST_UNPACKED = 256 << 20
ROWS_LOOKED_AT = 100
"""Rows of a worksheet in which a table is looked for."""

ENCODINGS = {"utf-8": "utf-8-sig", "utf-16": "utf-16", "windows-1252": "cp1252", "mac-roman": "mac_roman"}
"""How a CSV may be encoded: the word for it here, and Python's."""


class NumberText(str):
    """The text of a spreadsheet's number: its decimal mark is the point, however its texts are written."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class ForeignSheet:
    """A sheet of another system, and what was decided on the way to it.

    `page` is the worksheet that was read, `pages` every worksheet that holds a table; a CSV has none.
    `supposed` is the encoding where nothing in the file proves it. `said` are lines for the reader: which of
    several was taken, in which encoding.
    """

    sheet: Sheet
    page: str = ""
    pages: tuple[str, ...] = ()
    supposed: str = ""
    said: tuple[str, ...] = ()


def read_sheet(file: File, *, field: str = "sheet") -> Sheet:
    """Read the first sheet of a CSV or XLSX file; the first row names the columns.

    Args:
        file: its bytes; the content decides the kind, not the name.
        field: the input to name in a refusal.

    Raises:
        BadInput: not a table, empty, ragged beyond its columns, too large, or two columns have one name.
    """
    sheet = _table(read_rows(file, field=field), file, field)
    named = [name for name in sheet.columns if name]
    if len(set(named)) != len(named):
        twice = next(name for name in named if named.count(name) > 1)
        raise BadInput(f"{file.name} has two columns {twice[:40]!r}", field=field, code="two_columns")
    return sheet


def read_foreign_sheet(file: File, *, page: str = "", encoding: str = "") -> ForeignSheet:
    """Read a table as another system wrote it; a second column `Category` becomes `Category (2)`.

    Args:
        file: its bytes.
        page: the worksheet to read; otherwise the first where it holds a table, or else the only one that
            does. A worksheet holds a table where two of its rows have two cells filled.
        encoding: one of `ENCODINGS`, unless the file begins with the mark of another; otherwise UTF-8, UTF-16
            with its mark, else by the line ends: lines that end in a carriage return alone are the old
            Macintosh's.

    Raises:
        BadInput: as `read_sheet`; there is no such worksheet or encoding; or several worksheets hold a table
            and the first does not: then they are named.
    """
    if encoding and encoding not in ENCODINGS:
        raise BadInput(f"encoding: must be one of {', '.join(ENCODINGS)}", field="encoding")
    if is_xlsx(file):
        pages, taken, said = _page_of(file, page)
        supposed = ""
        sheet = _table(_xlsx(file, "file", taken), file, "file")
    else:
        pages, taken = (), ""
        used = _marked(file.content) or encoding or _encoding(file.content)
        supposed = "" if used.startswith("utf") else used
        said = (f"the file is no UTF-8: read as {used}",) if supposed and not encoding else ()
        sheet = _table(_csv(file, "file", used), file, "file")
    return ForeignSheet(Sheet(_numbered(sheet.columns), sheet.rows), taken, pages, supposed, said)


def tables_in(file: File) -> tuple[str, ...]:
    """List the worksheets of a spreadsheet that hold a table; a CSV has none.

    Raises:
        BadInput: the spreadsheet is damaged or too large.
    """
    if not is_xlsx(file):
        return ()
    with _workbook(file, "file") as book:
        return tuple(str(one.title) for one in book.worksheets if _holds_table(one))


def is_xlsx(file: File) -> bool:
    """Say whether a file's content is that of a packed spreadsheet."""
    return file.content[:4] == b"PK\x03\x04"


def _table(rows: list[list[str]], file: File, field: str) -> Sheet:
    """Make a sheet of rows whose first names the columns."""
    if not rows or not any(rows[0]):
        raise BadInput(f"{file.name} holds no table", field=field, code="empty_table")
    columns = tuple(name.strip() for name in rows[0])
    body = []
    for number, row in enumerate(rows[1:], 2):
        if len(row) > len(columns) and any(row[len(columns) :]):
            raise BadInput(f"{file.name}, row {number}: more cells than columns", field=field, code="ragged")
        if any(row):
            body.append(tuple((row + [""] * len(columns))[: len(columns)]))
    return Sheet(columns, tuple(body))


def _numbered(columns: tuple[str, ...]) -> tuple[str, ...]:
    """Tell columns of one name apart by a number behind the later ones."""
    taken, made = set(columns), []
    met: set[str] = set()
    for name in columns:
        unique, number = name, 2
        while unique and (unique in met or (unique != name and unique in taken)):
            unique, number = f"{name} ({number})", number + 1
        met.add(unique)
        made.append(unique)
    return tuple(made)


def read_rows(file: File, *, field: str = "sheet") -> list[list[str]]:
    """Read every row of the first sheet as text, heading included, however the columns are called.

    Raises:
        BadInput: not a table, or too large.
    """
    if is_xlsx(file):
        return _xlsx(file, field, "")
    return _csv(file, field, _encoding(file.content, macintosh=False))


def _marked(content: bytes) -> str:
    """Give the encoding whose mark a text begins with, "" where it has none; a mark proves what was said."""
    if content.startswith(codecs.BOM_UTF8):
        return "utf-8"
    return "utf-16" if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else ""


def _encoding(content: bytes, *, macintosh: bool = True) -> str:
    """Say how a text is encoded: by its mark, as UTF-8 where that is whole, else as its line ends suggest."""
    if marked := _marked(content):
        return marked
    try:
        content.decode("utf-8-sig")
    except UnicodeDecodeError:
        alone = b"\r" in content and b"\n" not in content
        return "mac-roman" if macintosh and alone else "windows-1252"
    return "utf-8"


def _csv(file: File, field: str, encoding: str) -> list[list[str]]:
    try:
        text = file.content.decode(ENCODINGS[encoding])
    except UnicodeDecodeError:
        raise BadInput(f"{file.name} is in no encoding known here", field=field, code="not_text") from None
    if "\x00" in text:
        raise BadInput(f"{file.name} is no text", field=field, code="not_text")
    head = text[:4096].splitlines()[:1]
    mark = max(",;\t", key=head[0].count) if head else ","
    rows: list[list[str]] = []
    cells = 0
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True):
            cells += len(row)
            _check_size(cells, len(row), file, field)
            rows.append([_cell(cell, file, field) for cell in row])
    except csv.Error as error:
        raise BadInput(f"{file.name}, row {len(rows) + 1}: {error}", field=field, code="bad_csv") from None
    return rows


@contextmanager
def _workbook(file: File, field: str) -> Iterator[Any]:
    """Open a packed spreadsheet; whatever a damaged part provokes is one refusal."""
    from openpyxl import load_workbook

    try:
        with zipfile.ZipFile(io.BytesIO(file.content)) as packed:
            if sum(part.file_size for part in packed.infolist()) > MOST_UNPACKED:
                raise BadInput(f"{file.name} unpacks to more than 256 MiB", field=field, code="too_large")
        yield load_workbook(io.BytesIO(file.content), read_only=True, data_only=True)
    except BadInput:
        raise
    except Exception as error:  # openpyxl and zipfile raise whatever a damaged part provokes
        raise BadInput(
            f"{file.name} is a damaged spreadsheet: {error}"[:200], field=field, code="bad_xlsx"
        ) from None


def _xlsx(file: File, field: str, page: str) -> list[list[str]]:
    rows: list[list[str]] = []
    cells = 0
    with _workbook(file, field) as book:
        chosen = next((one for one in book.worksheets if one.title == page), book.worksheets[0])
        for row in chosen.iter_rows(values_only=True):
            cells += len(row)
            _check_size(cells, len(row), file, field)
            rows.append([_cell(_shown(cell), file, field) for cell in row])
    return rows


def _page_of(file: File, wanted: str) -> tuple[tuple[str, ...], str, tuple[str, ...]]:
    """Give the worksheets that hold a table, the one to read, and what is to be said of that."""
    with _workbook(file, "file") as book:
        titles = [str(one.title) for one in book.worksheets]
        tables = tuple(str(one.title) for one in book.worksheets if _holds_table(one))
    listed = ", ".join(tables)[:300]
    if wanted:
        if wanted not in titles:
            raise BadInput(f"page: there is no worksheet {wanted[:40]!r}; tables: {listed}", field="page")
        return tables, wanted, ()
    if not titles:
        raise BadInput(f"{file.name} holds no table", field="file", code="empty_table")
    if not tables or (titles[0] in tables and len(tables) == 1):
        return tables, titles[0], ()
    if titles[0] in tables:
        return tables, titles[0], (f"read is the first worksheet, {titles[0]}; tables: {listed}",)
    if len(tables) > 1:
        raise BadInput(f"page: say which worksheet to read: {listed}", field="page", code="which_page")
    return tables, tables[0], (f"read is the worksheet {tables[0]}, the only one that holds a table",)


def _holds_table(page: Any) -> bool:
    """Say whether two of a worksheet's first rows have two cells filled."""
    full = 0
    for row in page.iter_rows(max_row=ROWS_LOOKED_AT, values_only=True):
        full += sum(cell not in (None, "") for cell in row) >= 2
        if full == 2:
            return True
    return False


def _shown(cell: object) -> str:
    """Give a cell as text; a day has no hour, though a spreadsheet keeps it as midnight."""
    if isinstance(cell, datetime) and cell.time() == time():
        return cell.date().isoformat()
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return NumberText(cell)
    return "" if cell is None else str(cell)


def _check_size(cells: int, width: int, file: File, field: str) -> None:
    if cells > MOST_CELLS or width > MOST_COLUMNS:
        raise BadInput(f"{file.name} has too many cells", field=field, code="too_large")


def _cell(text: str, file: File, field: str) -> str:
    if len(text) > LONGEST_CELL:
        raise BadInput(
            f"{file.name} has a cell longer than {LONGEST_CELL} characters", field=field, code="too_large"
        )
    return text
