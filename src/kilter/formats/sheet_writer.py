"""Tables into spreadsheets: CSV and XLSX, in which no cell can start a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from kilter.measure.error import BadInput

FORMULA = ("=", "+", "-", "@", "\t", "\r")
KINDS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
"""Each kind of file and its media type."""


def write_sheet(
    kind: str, columns: Sequence[str], rows: Iterable[Sequence[str]], *, raw: bool = False
) -> bytes:
    """Write a table.

    Args:
        kind: `csv` or `xlsx`.
        columns: names of the columns.
        rows: cells as text.
        raw: for a CSV that is to be read in again as it stands; otherwise a cell that a spreadsheet
            would take for a formula gets an apostrophe before it. Cells of an XLSX are texts always.

    Raises:
        BadInput: there is no such kind.
    """
    if kind == "csv":
        out = io.StringIO(newline="")
        writer = csv.writer(out, lineterminator="\r\n")
        writer.writerow(columns)
        writer.writerows(row if raw else [_guarded(cell) for cell in row] for row in rows)
        return b"\xef\xbb\xbf" + out.getvalue().encode()
    if kind != "xlsx":
        raise BadInput(f"{kind[:20]!r} is none of {', '.join(KINDS)}", field="kind")
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell

    book = Workbook(write_only=True)
    page = book.create_sheet("register")
    for row in [columns, *rows]:
        cells = []
        for text in row:
            cell = WriteOnlyCell(page, value=text)
            cell.data_type = "s"
            cells.append(cell)
        page.append(cells)
    packed = io.BytesIO()
    book.save(packed)
    return packed.getvalue()


def _guarded(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA) else text
