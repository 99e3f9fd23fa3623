"""The export of the Rigel 288 electrical safety analyser: a whole batch, block by block.

Text with CRLF line ends, padded with commas. A block for each asset: `Tested on`, `Asset ID`, tester
model and serial, the trace variables in use, `AP Setup`, `User Name`, `Test Sequence`, the results,
`User Comment`, `Status`; a blank line between blocks, `End of Data` as the last line. The short form has
no results. The keywords follow the language set in the tester; only the English ones are read, and an
export in another language is refused as such.

Source: the maker's description of the download format (Rigel Medical, questions and answers on the 288).
Exports differ in the words and order of results; those are kept as they stand and interpreted elsewhere.
"""

from __future__ import annotations

import csv
import re
from datetime import date, datetime

from kilter.formats.tester import OUTCOMES, Batch, Outcome, Reading, Result, Test, read_reading
from kilter.measure.error import BadInput

MOST_BYTES = 64 << 20
MOST_LINES = 1_000_000
LONGEST_LINE = 4_000
END = "end of data"
FIRST = "tested on"
KEYWORDS = (FIRST, "asset id", "ap setup", "user name", "test sequence", "user comment", "status")
FOREIGN = {
    "german": ("getestet am", "geprüft am", "prüfdatum", "ende der daten", "datenende"),
    "french": ("testé le", "date du test", "fin des données", "fin de données"),
    "spanish": ("probado el", "fecha de prueba", "fin de datos"),
    "italian": ("testato il", "data del test", "fine dati", "fine dei dati"),
    "dutch": ("getest op", "einde gegevens", "einde van gegevens"),
    "portuguese": ("testado em", "fim dos dados"),
}
DATES = ("%d %b %Y", "%d %B %Y", "%d-%b-%Y", "%d/%m/%Y", "%Y-%m-%d")
TIMES = ("%H:%M:%S", "%H:%M")
INSTRUMENT = re.compile(r"(?:rigel\s*)?288\b.*", re.IGNORECASE)


def read_rigel(content: bytes) -> Batch:
    """Read a whole export.

    Args:
        content: its bytes, UTF-8 or Latin-1.

    Raises:
        BadInput: no such export, in another language, cut short, or a block that cannot be read; the
            sentence names the line.
    """
    lines = _lines(content)
    _check_language(lines)
    last = next((n for n in range(len(lines) - 1, -1, -1) if lines[n].strip(", \t")), -1)
    if last < 0:
        raise BadInput("the file is empty", field="file", code="empty")
    if _word(lines[last]) != END:
        if not any(_word(line) == FIRST for line in lines):
            raise BadInput("this is no export of a Rigel 288: no line says 'Tested on'", field="file")
        raise BadInput(
            f"line {last + 1}: the export is cut short: it does not end with 'End of Data'",
            field="file",
            code="cut",
        )
    starts = [n for n in range(last) if _word(lines[n]) == FIRST]
    for n in range(starts[0] if starts else last):
        if lines[n].strip(", \t"):
            raise BadInput(
                f"line {n + 1}: {_shown(lines[n])} stands before the first 'Tested on'", field="file"
            )
    ends = [*starts[1:], last] if starts else []
    return Batch(tuple(_block(lines, start, end) for start, end in zip(starts, ends, strict=True)))


def _lines(content: bytes) -> list[str]:
    if len(content) > MOST_BYTES:
        raise BadInput("the file is larger than 64 MiB", field="file", code="too_large")
    if b"\x00" in content:
        raise BadInput("this is no text", field="file", code="not_text")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    lines = re.split(r"\r\n|\n|\r", text)
    if len(lines) > MOST_LINES:
        raise BadInput("the file has more than a million lines", field="file", code="too_large")
    for number, line in enumerate(lines, 1):
        if len(line) > LONGEST_LINE:
            raise BadInput(
                f"line {number}: longer than {LONGEST_LINE} characters", field="file", code="too_large"
            )
    return lines


def _check_language(lines: list[str]) -> None:
    words = {_word(line) for line in lines}
    if FIRST in words:
        return
    for language, known in FOREIGN.items():
        if words & set(known):
            raise BadInput(
                f"this export is in {language.capitalize()}; set the tester to English and export again",
                field="file",
                code="language",
            )


def _cells(line: str) -> list[str]:
    """Split a line; the padding at its end goes. A stray quotation mark stays a character."""
    try:
        cells = next(csv.reader([line], skipinitialspace=True, strict=True), [])
    except csv.Error:
        cells = line.split(",")
    cells = [" ".join(cell.split()) for cell in cells]
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _word(line: str) -> str:
    cells = _cells(line)
    return cells[0].casefold() if cells else ""


def _shown(line: str) -> str:
    return repr(line.strip(", \t")[:60])


class _Block:
    """What was read of a block so far."""

    def __init__(self) -> None:
        self.single: dict[str, tuple[int, list[str]]] = {}
        self.variables: list[tuple[str, str]] = []
        self.applied_parts: list[str] = []
        self.results: list[Result] = []
        self.comments: list[str] = []
        self.unread: list[tuple[int, str]] = []
        self.instrument: tuple[str, str] = ("", "")


def _block(lines: list[str], start: int, end: int) -> Test:
    found, commenting = _Block(), False
    for number in range(start, end):
        cells = _cells(lines[number])
        if not cells:
            continue
        word = cells[0].casefold()
        if word in KEYWORDS:
            commenting = word == "user comment"
            _keyword(found, word, cells, number + 1)
        elif commenting:
            found.comments.append(", ".join(cells))
        else:
            _other(found, cells, number + 1)
    return _test(found, lines, start, end)


def _keyword(found: _Block, word: str, cells: list[str], line: int) -> None:
    if word == "ap setup":
        found.applied_parts.append(", ".join(cells[1:]))
    elif word == "user comment":
        found.comments += [", ".join(cells[1:])] if cells[1:] else []
    elif word in found.single:
        raise BadInput(f"line {line}: {cells[0]} stands twice in one block", field="file", code="twice")
    else:
        found.single[word] = (line, cells[1:])


def _other(found: _Block, cells: list[str], line: int) -> None:
    """Sort a line without a keyword: tester, trace variable, result, or one that nothing here can read."""
    if "test sequence" in found.single:
        found.results.append(_result(cells, line))
    elif found.instrument == ("", "") and INSTRUMENT.fullmatch(cells[0]):
        found.instrument = (cells[0], cells[1] if len(cells) > 1 else "")
    elif cells[0].casefold() in ("serial number", "serial no", "serial") and len(cells) == 2:
        found.instrument = (found.instrument[0], cells[1])
    elif cells[0].casefold() in ("instrument", "tester", "model") and 2 <= len(cells) <= 3:
        found.instrument = (cells[1], cells[2] if len(cells) == 3 else found.instrument[1])
    elif len(cells) == 2:
        found.variables.append((cells[0], cells[1]))
    else:
        found.unread.append((line, ", ".join(cells)))


def _result(cells: list[str], line: int) -> Result:
    """Read a line of results: a name, then cells of which at most one is a reading and one an outcome."""
    readings: list[Reading] = []
    outcome: Outcome = ""
    rest = cells[1:]
    for place, cell in enumerate(rest):
        if cell.casefold() in OUTCOMES:
            outcome = OUTCOMES[cell.casefold()]
        elif reading := read_reading(cell, rest[place + 1] if place + 1 < len(rest) else ""):
            readings.append(reading)
    # Two numbers in one line: which of them is the reading and which a limit, nobody here can say.
    return Result(line, cells[0], tuple(rest), readings[0] if len(readings) == 1 else None, outcome)


def _test(found: _Block, lines: list[str], start: int, end: int) -> Test:
    line, cells = found.single[FIRST]
    day, time = _when(cells, line)
    if "asset id" not in found.single or not found.single["asset id"][1]:
        raise BadInput(f"line {start + 1}: this block names no asset", field="file", code="no_asset")
    if "status" not in found.single:
        raise BadInput(f"line {start + 1}: this block has no status", field="file", code="no_status")
    line, cells = found.single["status"]
    status = OUTCOMES.get(cells[0].casefold() if cells else "", "")
    if not status:
        raise BadInput(f"line {line}: {', '.join(cells)[:40]!r} is no status", field="file", code="status")
    return Test(
        line=start + 1,
        asset=found.single["asset id"][1][0],
        day=day,
        time=time,
        model=found.instrument[0],
        serial=found.instrument[1],
        variables=tuple(found.variables),
        applied_parts=tuple(found.applied_parts),
        user=_said(found, "user name"),
        sequence=_said(found, "test sequence"),
        results=tuple(found.results),
        comment="\n".join(found.comments),
        status=status,
        unread=tuple(found.unread),
        text="\n".join(lines[start:end]),
    )


def _said(found: _Block, word: str) -> str:
    return ", ".join(found.single.get(word, (0, []))[1])


def _when(cells: list[str], line: int) -> tuple[date, str]:
    """Read the day, and the time where there is one, in the same cell or the next."""
    text = " ".join(cells)
    for style in DATES:
        try:
            return datetime.strptime(text, style).date(), ""  # noqa: DTZ007 (a day has no zone)
        except ValueError:
            pass
        for clock in TIMES:
            try:
                found = datetime.strptime(text, f"{style} {clock}")  # noqa: DTZ007 (the zone is the site's)
            except ValueError:
                continue
            return found.date(), f"{found:%H:%M:%S}"
    raise BadInput(f"line {line}: {text[:40]!r} is no day such as '23 Jan 2008'", field="file", code="day")
