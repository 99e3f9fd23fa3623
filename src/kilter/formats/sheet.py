"""Tables out of spreadsheets: CSV and XLSX into rows of text, as they stood."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import datetime, time

from kilter.measure.error import BadInput
from kilter.measure.quantity import File, Sheet

MOST_CELLS = 5_000_000
MOST_COLUMNS = 1_000
LONGEST_CELL = 32_767  # what a spreadsheet itself allows
MOST_UNPACKED = 256 << 20


def read_sheet(file: File, *, field: str = "sheet") -> Sheet:
    """Read the first sheet of a CSV or XLSX file; the first row names the columns.

    Args:
        file: its bytes; the content decides the kind, not the name.
        field: the input to name in a refusal.

    Raises:
        BadInput: not a table, empty, ragged beyond its columns, or too large.
    """
    rows = read_rows(file, field=field)
    if not rows or not any(rows[0]):
        raise BadInput(f"{file.name} holds no table", field=field, code="empty_table")
    columns = tuple(name.strip() for name in rows[0])
    named = [name for name in columns if name]
    if len(set(named)) != len(named):
        twice = next(name for name in named if named.count(name) > 1)
        raise BadInput(f"{file.name} has two columns {twice[:40]!r}", field=field, code="two_columns")
    body = []
    for number, row in enumerate(rows[1:], 2):
        if len(row) > len(columns) and any(row[len(columns) :]):
            raise BadInput(f"{file.name}, row {number}: more cells than columns", field=field, code="ragged")
        if any(row):
            body.append(tuple((row + [""] * len(columns))[: len(columns)]))
    return Sheet(columns, tuple(body))


def read_rows(file: File, *, field: str = "sheet") -> list[list[str]]:
    """Read every row of the first sheet as text, heading included, however the columns are called.

    Raises:
        BadInput: not a table, or too large.
    """
    return _xlsx(file, field) if file.content[:4] == b"PK\x03\x04" else _csv(file, field)


def _csv(file: File, field: str) -> list[list[str]]:
    if b"\x00" in file.content:
        raise BadInput(f"{file.name} is no text", field=field, code="not_text")
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            text = file.content.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise BadInput(f"{file.name} is in no encoding known here", field=field, code="not_text")
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


def _xlsx(file: File, field: str) -> list[list[str]]:
    from openpyxl import load_workbook

    try:
        with zipfile.ZipFile(io.BytesIO(file.content)) as packed:
            if sum(part.file_size for part in packed.infolist()) > MOST_UNPACKED:
                raise BadInput(f"{file.name} unpacks to more than 256 MiB", field=field, code="too_large")
        book = load_workbook(io.BytesIO(file.content), read_only=True, data_only=True)
        rows: list[list[str]] = []
        cells = 0
        for row in book.worksheets[0].iter_rows(values_only=True):
            cells += len(row)
            _check_size(cells, len(row), file, field)
            rows.append([_cell(_shown(cell), file, field) for cell in row])
        return rows
    except BadInput:
        raise
    except Exception as error:  # openpyxl and zipfile raise whatever a damaged part provokes
        raise BadInput(
            f"{file.name} is a damaged spreadsheet: {error}"[:200], field=field, code="bad_xlsx"
        ) from None


def _shown(cell: object) -> str:
    """Give a cell as text; a day has no hour, though a spreadsheet keeps it as midnight."""
    if isinstance(cell, datetime) and cell.time() == time():
        return cell.date().isoformat()
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
