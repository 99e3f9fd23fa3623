"""How a sheet of another system is read: chosen for each import, never guessed.

Which column is which field, how days and amounts are written, what stands for all rows, and what the sheet's
words mean here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from kilter.department.equipment.fields import FIELDS, read_day, read_fields
from kilter.department.equipment.kinds import kind_of
from kilter.department.equipment.lifecycle import BROUGHT_OVER
from kilter.department.equipment.models import Device
from kilter.department.ledger.texts import text
from kilter.formats import written
from kilter.formats.sheet import ENCODINGS
from kilter.measure.error import BadInput
from kilter.measure.quantity import Sheet

PLAIN = tuple(name for name in FIELDS if name not in ("model", "location", "parent"))
MODEL = ("maker", "model", "kind", "class", "applied_part", "power_cord")
PLACE = ("site", "building", "location", "room")
EVERY = (*PLAIN, *MODEL, *PLACE, "state")
"""Every field that a column may be read as."""

DAYS = tuple(name for name in PLAIN if FIELDS[name] is read_day)
OWN = frozenset({"asset", "serial", "udi"})
"""What is each device's own cannot stand for all rows."""

FOR_ALL = tuple(name for name in EVERY if name not in OWN)
STATES = tuple(state.value for state in BROUGHT_OVER)
MEANT: dict[str, dict[str, str]] = {
    "class": {
        "": "none",
        "i": "I",
        "1": "I",
        "class i": "I",
        "ii": "II",
        "2": "II",
        "class ii": "II",
        "none": "none",
    },
    "applied_part": {"": "none", "none": "none", "b": "B", "bf": "BF", "cf": "CF"},
    "power_cord": {
        "": "none",
        "none": "none",
        "detachable": "detachable",
        "fixed": "fixed",
        "permanent": "permanent",
    },
}
"""Words that are understood without being told, for fields that have few values."""

REASON = "reason"
"""The column that a reject file adds; it is passed over when the corrected file comes back."""

TRANSLATED = ("kind", "state", *MEANT)
"""Fields whose words in the sheet may be said to mean something here."""

YEARS_FROM = 1950
UNDECIDED = "undecided"
"""Code of the refusal of a whole sheet of which it has to be said how days or amounts are written."""

COLUMNS_MOST = 200
WORDS_MOST = 500
DEFAULT_CURRENCY = str(Device._meta.get_field("currency").get_default())


@dataclass(frozen=True, slots=True)
class Reading:
    """How a sheet is read. `columns` gives the field of each column's word, "" where it is left out.

    `dates` and `amounts` are of `written.ORDERS` and `written.MARKS`; "" is not said: then a day or amount
    that needs it refuses the sheet. `years_from` is the first of the hundred years of years in two figures.
    `all_rows` are fields that the sheet has not, and their value for every row, as the register writes it.
    `words` gives for each of `TRANSLATED` what a word of the sheet, in small letters, means here.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    dates: str = "year-first"
    years_from: int = YEARS_FROM
    amounts: str = "1250.00"
    all_rows: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    page: str = ""
    encoding: str = ""

    def as_data(self) -> dict[str, Any]:
        """Give it as plain data."""
        return asdict(self)

    def as_ours(self, row: Mapping[str, str]) -> dict[str, str]:
        """Give a row's cells, by field, as the register writes them.

        Raises:
            BadInput: a day or an amount is not written as was said, or a sign is of another currency.
        """
        ours = {**row, **self.all_rows}
        for name, meant in self.words.items():
            if name in row:
                ours[name] = meant.get(row[name].casefold(), row[name])
        for name in DAYS:
            if row.get(name):
                ours[name] = self._day(name, row[name])
        if row.get("cost"):
            ours["cost"] = self._amount(row["cost"], ours.get("currency") or DEFAULT_CURRENCY)
        return ours

    def _day(self, name: str, given: str) -> str:
        day = written.written_day(given, self.dates or "year-first", self.years_from)
        if day is None and not self.dates and written.orders_of([given]):
            words = "say whether the day or the month is written first"
            raise BadInput(f"dates: {words}, as in {given[:30]!r}", field="dates", code=UNDECIDED)
        if day is None and self.dates in ("", "year-first"):
            return given
        if day is None:
            words = self.dates.replace("-", " ")
            raise BadInput(f"{name}: {given[:30]!r} is no day written with the {words}", field=name)
        return day.isoformat()

    def _amount(self, given: str, currency: str) -> str:
        plain, sign = written.split_sign(given)
        if sign and not written.sign_agrees(sign, currency):
            raise BadInput(f"cost: {sign!r} is not of {currency}, in which the row is", field="cost")
        amount = written.written_amount(plain, self.amounts or "1250.00")
        if amount is None and not self.amounts and written.marks_of([plain]):
            words = "say how amounts are written"
            raise BadInput(f"amounts: {words}, as in {given[:30]!r}", field="amounts", code=UNDECIDED)
        if amount is None and self.amounts in ("", "1250.00"):
            return plain
        if amount is None:
            raise BadInput(f"cost: {given[:30]!r} is no amount written as {self.amounts}", field="cost")
        return amount


def checked(reading: Reading) -> Reading:
    """Give a reading once every part of it is known to be one that can be.

    Raises:
        BadInput: a part is none; `field` names it.
    """
    if reading.dates and reading.dates not in written.ORDERS:
        raise BadInput(f"dates: must be one of {', '.join(written.ORDERS)}", field="dates")
    if reading.amounts and reading.amounts not in written.MARKS:
        raise BadInput(f"amounts: must be written as one of {'  '.join(written.MARKS)}", field="amounts")
    if not 1900 <= reading.years_from <= 2000:
        raise BadInput("years_from: must be a year from 1900 to 2000", field="years_from")
    if reading.encoding and reading.encoding not in ENCODINGS:
        raise BadInput(f"encoding: must be one of {', '.join(ENCODINGS)}", field="encoding")
    text("page", reading.page, most=100)
    columns = {
        text("columns", word, most=200): text("columns", name, most=60)
        for word, name in reading.columns.items()
    }
    _for_all_rows(reading)
    _meanings(reading.words)
    return replace(reading, columns=columns)


def _for_all_rows(reading: Reading) -> None:
    """Refuse a value for all rows that would do in none, or that a column gives as well."""
    for name, value in reading.all_rows.items():
        if name not in FOR_ALL:
            raise BadInput(f"{name[:40]}: cannot be given for all rows", field=f"all.{name}")
        if name in reading.columns.values():
            raise BadInput(
                f"{name}: a column is read as it; it cannot be given for all rows too", field=f"all.{name}"
            )
        text(name, value, most=1000, needed=True)
        if name in FIELDS and name not in ("model", "location"):
            read_fields({name: value})
        elif name in TRANSLATED:
            _meaning(name, value)


def _meanings(words: Mapping[str, Mapping[str, str]]) -> None:
    for name, meant in words.items():
        if name not in TRANSLATED:
            raise BadInput(f"words: those of {name[:40]!r} cannot be translated", field="words")
        if len(meant) > WORDS_MOST:
            raise BadInput(f"words: at most {WORDS_MOST} of {name}", field="words")
        for word, ours in meant.items():
            text("words", word, most=200)
            _meaning(name, ours)


def _meaning(name: str, ours: str) -> None:
    """Refuse what is no value of a field that has few."""
    if name == "kind":
        kind_of(ours)
    elif name == "state" and ours not in STATES:
        raise BadInput(f"state: {ours[:30]!r} is none; such as received, in_service", field="state")
    elif name in MEANT and ours.casefold() not in MEANT[name]:
        values = ", ".join(sorted(set(MEANT[name].values())))
        raise BadInput(f"{name}: {ours[:20]!r} is none of {values}", field=name)


def mapped(sheet: Sheet, columns: Mapping[str, str]) -> Sheet:
    """Give a sheet under the register's names.

    Args:
        sheet: as it was read.
        columns: the sheet's word to the register's field, "" for a column that is not taken; a column
            that is not among them keeps its word.

    Raises:
        BadInput: two columns would be read as the same field, or a field is none.
    """
    names = [columns.get(name, name) for name in sheet.columns]
    for name in columns.values():
        if name not in ("", REASON, *EVERY):
            raise BadInput(f"columns: {name[:40]!r} is no field of a device", field="columns")
    taken = [name for name in names if name]
    twice = next((name for name in taken if taken.count(name) > 1), None)
    if twice is not None:
        raise BadInput(f"columns: two columns are read as {twice[:40]}", field="columns")
    return Sheet(tuple(names), sheet.rows)


def own_name(word: str) -> str:
    """Give the field that a column is by its own name, "" where it is none."""
    name = word.casefold().replace(" ", "_")
    return name if name in (*EVERY, REASON) else ""


def understood(name: str, word: str) -> str:
    """Give what a word means here without being told, "" where that has to be said."""
    if name == "kind":
        try:
            return kind_of(word)
        except BadInput:
            return ""
    if name == "state":
        state = word.casefold().replace(" ", "_")
        return state if state in STATES else ""
    return MEANT[name].get(word.casefold(), "")


def cells_of(sheet: Sheet, columns: Mapping[str, str], names: Iterable[str]) -> dict[str, int]:
    """Give each text that stands in the columns of some fields, and how often; empty cells are left out."""
    wanted = set(names)
    at = [n for n, word in enumerate(sheet.columns) if columns.get(word) in wanted]
    counts = Counter(row[n] for row in sheet.rows for n in at)
    return {cell: number for cell, number in counts.items() if cell.strip()}


def proposed(sheet: Sheet, reading: Reading) -> tuple[Reading, dict[str, tuple[str, ...]]]:
    """Propose how days and amounts are written where that was not said and one way alone reads them all.

    Returns:
        The reading with what is proposed, and the ways that read every text, by `dates` and `amounts`; a part
        of which there is nothing to say is left out.
    """
    ways = {
        "dates": written.orders_of(one.strip() for one in cells_of(sheet, reading.columns, DAYS)),
        "amounts": written.marks_of(cells_of(sheet, reading.columns, ("cost",))),
    }
    taken = set(reading.columns.values())
    found = {"dates": bool(taken & set(DAYS)), "amounts": "cost" in taken}
    only = {part: found[0] if len(found) == 1 else "" for part, found in ways.items()}
    dates, amounts = reading.dates or only["dates"], reading.amounts or only["amounts"]
    reading = replace(reading, dates=dates, amounts=amounts)
    return reading, {part: ways[part] for part in found if found[part]}
