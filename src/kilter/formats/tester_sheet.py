"""The neutral sheet of tester results: one row per test, its results in groups of four columns.

Columns (as PATorganiser documents its import): Asset Id, Test Date, Status (P, F or I), Retest (Months),
Instrument, Instrument Serial, Person, Standard, then Test, Result, Unit, Status as often as needed;
Old Asset Id where an asset was numbered anew.
"""

from __future__ import annotations

from datetime import date, datetime

from kilter.formats.sheet import read_rows
from kilter.formats.tester import OUTCOMES, Batch, Result, Test, read_reading
from kilter.measure.error import BadInput
from kilter.measure.quantity import File

NEEDED = ("asset id", "test date", "status")
GROUP = ("test", "result", "unit", "status")


def read_tester_sheet(file: File) -> Batch:
    """Read a sheet, CSV or XLSX.

    Raises:
        BadInput: no table, a needed column is missing, or a row without asset, day or status; the
            sentence names the row.
    """
    rows = read_rows(file, field="file")
    if not rows or not any(rows[0]):
        raise BadInput(f"{file.name} holds no table", field="file", code="empty_table")
    names = [" ".join(name.casefold().replace("_", " ").split()) for name in rows[0]]
    groups = [n for n in range(len(names) - 3) if tuple(names[n : n + 4]) == GROUP]
    covered = {n + offset for n in groups for offset in range(4)}
    single: dict[str, int] = {}
    for place, name in enumerate(names):
        if not name or place in covered:
            continue
        if name in single:
            raise BadInput(f"two columns are called {name!r} outside the groups of results", field="file")
        single[name] = place
    for name in NEEDED:
        if name not in single:
            raise BadInput(f"there is no column {name!r}", field="file", code="no_column")
    body = enumerate(rows[1:], 2)
    return Batch(tuple(_test(row, number, single, groups) for number, row in body if any(row)))


def _test(row: list[str], number: int, single: dict[str, int], groups: list[int]) -> Test:
    def cell(name: str) -> str:
        place = single.get(name, len(row))
        return row[place].strip() if place < len(row) else ""

    asset, status = cell("asset id"), OUTCOMES.get(cell("status").casefold(), "")
    if not asset:
        raise BadInput(f"row {number}: no asset is named", field="file", code="no_asset")
    if not status:
        raise BadInput(f"row {number}: {cell('status')[:20]!r} is no status (P, F or I)", field="file")
    day, time = _when(cell("test date"), number)
    padded = [*row, *[""] * (max(groups, default=0) + 4)]
    results = tuple(_result(padded[place : place + 4], number) for place in groups if padded[place].strip())
    known = ("asset id", "test date", "status", "instrument", "instrument serial", "person", "standard")
    others = tuple((name, cell(name)) for name in single if name not in known and cell(name))
    return Test(
        line=number,
        asset=asset,
        day=day,
        time=time,
        model=cell("instrument"),
        serial=cell("instrument serial"),
        variables=others,
        applied_parts=(),
        user=cell("person"),
        sequence=cell("standard"),
        results=results,
        comment="",
        status=status,
        unread=(),
        text=",".join(row),
    )


def _result(cells: list[str], number: int) -> Result:
    name, value, symbol, outcome = (cell.strip() for cell in cells)
    told = OUTCOMES.get(outcome.casefold(), "") or OUTCOMES.get(value.casefold(), "")
    return Result(number, name, (value, symbol, outcome), read_reading(value, symbol), told)


def _when(text: str, number: int) -> tuple[date, str]:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise BadInput(
            f"row {number}: {text[:30]!r} is no day such as 2026-03-29", field="file", code="day"
        ) from None
    if found.tzinfo is not None:
        raise BadInput(f"row {number}: give the time in the site's zone, without an offset", field="file")
    return found.date(), f"{found:%H:%M:%S}" if len(text) > 10 else ""
