"""`kilter import devices FILE`: how another system's sheet is read, by options; what was refused, kept."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kilter.interfaces.cli.words import once, pairs
from kilter.measure.error import BadInput, Conflict
from kilter.measure.quantity import File, Sheet

if TYPE_CHECKING:
    from kilter.department.intake.reading import Reading
    from kilter.department.intake.register import Rows
    from kilter.department.people.models import Person

OPTIONS = {
    "read_as": "--read-as", "column": "--column", "dates": "--dates", "years_from": "--years-from",
    "amounts": "--amounts", "all": "--all", "word": "--word", "page": "--page", "encoding": "--encoding",
    "part": "--part", "rejects": "--rejects",
}  # fmt: skip
"""Each option of a sheet of devices, as it is kept and as it is typed."""


@dataclass(frozen=True)
class Report:
    """What an import did: how many were taken and refused, and a line for each thing to know."""

    taken: int
    refused: int
    lines: tuple[str, ...]
    more: dict[str, Any]


def add_options(parser: ArgumentParser) -> None:
    """Add the options of a sheet of devices."""
    add = parser.add_argument
    add("--read-as", metavar="NAME", help="read the sheet as saved under this name")
    add("--column", action="append", metavar="COLUMN=FIELD", help="read a column as a field; may be repeated")
    add("--dates", help="how days are written: year-first, day-first or month-first")
    add("--years-from", type=int, metavar="YEAR", help="first of the hundred years of years in two figures")
    add("--amounts", help="how amounts are written: 1250.00, 1,250.00 or 1.250,00")
    add("--all", action="append", metavar="FIELD=VALUE", help="a field for all rows; may be repeated")
    add("--word", action="append", metavar="FIELD:WORD=MEANING", help="what a word means; may be repeated")
    add("--page", help="the worksheet to read")
    add("--encoding", help="of a CSV: utf-8, utf-16, windows-1252 or mac-roman")
    add("--part", action="store_true", default=None, help="import the rows that will do, leave the others")
    add("--rejects", type=Path, metavar="OUT.csv", help="write the refused rows, with the reason of each")


def given(options: Namespace, *, but: tuple[str, ...] = ()) -> str:
    """Name the first option of a sheet of devices that was given, some left aside; "" where none was."""
    asked = {name: typed for name, typed in OPTIONS.items() if name not in but}
    return next((typed for name, typed in asked.items() if getattr(options, name) is not None), "")


def devices(options: Namespace, file: File, by: Person | None) -> Report:
    """Import a sheet of devices, or say what would be imported.

    Raises:
        BadInput: the sheet cannot be read, or not as was said.
        Conflict: the file for what was refused is there already.
        NotFound: no reading is saved under the name.
    """
    from kilter.department.intake import register
    from kilter.department.intake.reading import checked
    from kilter.formats.sheet import read_foreign_sheet

    reading = _reading(options)
    foreign = read_foreign_sheet(file, page=reading.page, encoding=reading.encoding)
    reading, left = _columns(options, reading, foreign.sheet)
    rows = register.read_devices(foreign.sheet, checked(reading))
    lines = (
        *foreign.said,
        *left,
        *rows.remarks,
        *rows.refused,
        *_hint(options, foreign.sheet, reading, rows),
    )
    if options.rejects and rows.refused:
        _write(options.rejects, register.reject_file(foreign.sheet, rows))
    if by is None:
        return Report(len(rows.good), len(rows.refused), lines, {})
    if (rows.refused and not options.part) or not rows.good:
        return Report(0, len(rows.refused), (*lines, "nothing was imported"), {})
    reason = f"import of {file.name}"
    taken = register.import_devices(by=by, rows=rows, reason=reason, part=bool(options.part))
    return Report(taken, len(rows.refused), lines, {})


def _reading(options: Namespace) -> Reading:
    """Give the saved reading, or the register's own, with what the options say otherwise."""
    from kilter.department.intake.reading import Reading
    from kilter.department.intake.readings import reading_named

    reading = reading_named(options.read_as) if options.read_as else Reading()
    names = ("dates", "years_from", "amounts", "page", "encoding")
    said = {name: value for name in names if (value := getattr(options, name)) is not None}
    all_rows = once(pairs(options.all or [], "a field for all rows"), "the field")
    words = {name: dict(meant) for name, meant in reading.words.items()}
    for word, ours in pairs(options.word or [], "a word and its meaning"):
        name, colon, theirs = word.partition(":")
        if not colon:
            raise BadInput(f"{word[:60]!r} names no field, as in state:In use=in_service", field="arguments")
        words.setdefault(name, {})[theirs.strip().casefold()] = ours
    return replace(reading, all_rows={**reading.all_rows, **all_rows}, words=words, **said)


def _columns(options: Namespace, reading: Reading, sheet: Sheet) -> tuple[Reading, tuple[str, ...]]:
    """Say how each column is read; where that was said of any, the others that are no field are left out."""
    from kilter.department.intake.reading import own_name

    chosen: dict[str, str] = {}
    for word in options.column or []:
        column, equals, name = word.rpartition("=")
        if not equals or not column:
            raise BadInput(f"{word[:60]!r} is not a column written as COLUMN=FIELD", field="arguments")
        if column not in sheet.columns:
            raise BadInput(f"there is no column {column[:40]!r}", field="file", code="no_column")
        chosen[column] = name
    if not chosen and not options.read_as:
        return reading, ()
    taken = {**reading.columns, **chosen}
    columns = {word: taken.get(word, own_name(word)) for word in sheet.columns if word}
    left = ", ".join(word for word, name in columns.items() if not name)
    return replace(reading, columns=columns), (f"columns left out: {left[:500]}",) if left else ()


def _hint(options: Namespace, sheet: Sheet, reading: Reading, rows: Rows) -> tuple[str, ...]:
    """Say how the sheet's days and amounts could be read, where rows were refused and nothing was said."""
    from kilter.department.intake.reading import own_name, proposed

    if not rows.refused:
        return ()
    columns = reading.columns or {word: own_name(word) for word in sheet.columns}
    ways = proposed(sheet, replace(reading, columns=columns))[1]
    return tuple(
        f"every one in the sheet can be read with --{part} {found[0]}"
        for part, found in ways.items()
        if len(found) == 1 and getattr(options, part) is None and found[0] != getattr(reading, part)
    )


def _write(path: Path, text: str) -> None:
    """Write the refused rows to a new file."""
    try:
        with path.open("xb") as file:
            file.write(text.encode("utf-8-sig"))
    except FileExistsError:
        raise Conflict(f"{path} is there already", field="rejects") from None
    except OSError as problem:
        raise BadInput(f"{path} cannot be written: {problem.strerror}", field="rejects") from problem
