"""Days and amounts as other systems write them, read by a stated rule and never by a guess.

A day that begins with a year of four figures means the same under every order. Which of several ways could
have written all of a sheet's texts is said by `orders_of` and `marks_of`; choosing is the caller's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from functools import lru_cache

from kilter.formats.sheet import NumberText

ORDERS = ("year-first", "day-first", "month-first")
"""How a day may be written."""

MARKS = ("1250.00", "1,250.00", "1.250,00")
"""How an amount may be written, as an example of each."""

MONTHS = {
    word: number
    for number, words in enumerate(
        (
            ("jan", "january"), ("feb", "february"), ("mar", "march"), ("apr", "april"), ("may",),
            ("jun", "june"), ("jul", "july"), ("aug", "august"), ("sep", "sept", "september"),
            ("oct", "october"), ("nov", "november"), ("dec", "december"),
        ),
        1,
    )
    for word in words
}  # fmt: skip
"""English names of the months and their short forms."""

SIGNS: dict[str, frozenset[str]] = {
    "£": frozenset({"GBP"}),
    "€": frozenset({"EUR"}),
    "$": frozenset({"USD", "AUD", "CAD", "NZD", "SGD", "HKD"}),
    "US$": frozenset({"USD"}),
    "A$": frozenset({"AUD"}),
    "C$": frozenset({"CAD"}),
    "NZ$": frozenset({"NZD"}),
    "kr": frozenset({"SEK", "NOK", "DKK", "ISK"}),
    "Fr": frozenset({"CHF"}),
    "¥": frozenset({"JPY", "CNY"}),
    "₹": frozenset({"INR"}),
    "zł": frozenset({"PLN"}),
    "Kč": frozenset({"CZK"}),
}
"""The currencies that a sign may stand for; the three letters of a currency stand for themselves."""

_HOUR = re.compile(r"[T ]+[0-9]{1,2}:[0-9]{2}(:[0-9]{2}([.,][0-9]+)?)?( ?[AaPp]\.?[Mm]\.?)?$")
_YEAR_FIRST = re.compile(r"([0-9]{4})([-/.])([0-9]{1,2})\2([0-9]{1,2})")
_FIGURES = re.compile(r"([0-9]{1,2})([-/ ]|\. ?)([0-9]{1,2})\2([0-9]{4}|[0-9]{2})")
_DAY_NAME = re.compile(r"([0-9]{1,2})[-/. ]{1,2}([A-Za-z]{3,9})\.?[-/, ]{1,2}([0-9]{4}|[0-9]{2})")
_NAME_DAY = re.compile(r"([A-Za-z]{3,9})\.?[- ]([0-9]{1,2})(?:, ?|[- ])([0-9]{4}|[0-9]{2})")
_AMOUNTS = {
    "1250.00": re.compile(r"-?[0-9]+(\.[0-9]{1,2})?"),
    "1,250.00": re.compile(r"-?([0-9]+|[0-9]{1,3}([, \u00a0\u202f'’])[0-9]{3}(\2[0-9]{3})*)(\.[0-9]{1,2})?"),
    "1.250,00": re.compile(r"-?([0-9]+|[0-9]{1,3}([. \u00a0\u202f'’])[0-9]{3}(\2[0-9]{3})*)(,[0-9]{1,2})?"),
}
_GROUPED = re.compile(r"[ \u00a0\u202f'’]")
_SIGNED = re.compile(
    r"\s*([^-\d\s.,'’]{1,3}\.?)?\s*(-?[0-9][\d.,'’ \u00a0\u202f]*?)\s*([^-\d\s.,'’]{1,3}\.?)?\s*"
)


def written_day(text: str, order: str, years_from: int) -> date | None:
    """Read a day; an hour behind it is left out.

    Args:
        text: as it stands in the sheet.
        order: one of `ORDERS`. A name of a month in English is read with the day or the month first.
        years_from: first of the hundred years in which a year of two figures lies. With the year first it
            needs four.

    Returns:
        The day, or None where the text is none in that order.
    """
    return _read_day(text, order, years_from)


@lru_cache(maxsize=65_536)
def _read_day(text: str, order: str, years_from: int) -> date | None:
    plain = _HOUR.sub("", text.strip())
    found = _YEAR_FIRST.fullmatch(plain)
    if found:
        return _day(int(found[1]), int(found[3]), int(found[4]))
    if order == "year-first":
        return _iso(plain)
    figures = _FIGURES.fullmatch(plain)
    if figures:
        first, second = int(figures[1]), int(figures[3])
        month, day = (first, second) if order == "month-first" else (second, first)
        return _day(_year(figures[4], years_from), month, day)
    named = _DAY_NAME.fullmatch(plain)
    if named:
        return _day(_year(named[3], years_from), MONTHS.get(named[2].casefold(), 0), int(named[1]))
    named = _NAME_DAY.fullmatch(plain)
    if named:
        return _day(_year(named[3], years_from), MONTHS.get(named[1].casefold(), 0), int(named[2]))
    return None


def _iso(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _year(text: str, years_from: int) -> int:
    """Give the year; two figures mean the one year that ends so within a hundred from `years_from` on."""
    return int(text) if len(text) == 4 else years_from + (int(text) - years_from) % 100


def orders_of(texts: Iterable[str]) -> tuple[str, ...]:
    """Say which orders read every one of the texts that any order reads; none where there is no such text.

    With the year first nothing is open, so where that reads them all it is the only answer.
    """
    every = [{order for order in ORDERS if written_day(text, order, 1950) is not None} for text in texts]
    read = [orders for orders in every if orders]
    found = tuple(order for order in ORDERS if read and all(order in orders for orders in read))
    return ("year-first",) if "year-first" in found else found


def written_amount(text: str, marks: str) -> str | None:
    """Give an amount with the point as its decimal mark and no others; None where it is not written so.

    The text of a spreadsheet's own number is taken as it is, whatever the marks.
    """
    if isinstance(text, NumberText):
        return str(text)
    if not _AMOUNTS[marks].fullmatch(text):
        return None
    plain = _GROUPED.sub("", text)
    if marks == "1.250,00":
        return plain.replace(".", "").replace(",", ".")
    return plain.replace(",", "")


def marks_of(texts: Iterable[str]) -> tuple[str, ...]:
    """Say which marks read every one of the texts that any reads, signs left out; numbers do not ask.

    Where no mark between thousands is needed, that is the only answer: it says the same under all.
    """
    every = [
        {marks for marks in MARKS if written_amount(split_sign(text)[0], marks) is not None}
        for text in texts
        if not isinstance(text, NumberText)
    ]
    read = [marks for marks in every if marks]
    found = tuple(marks for marks in MARKS if read and all(marks in one for one in read))
    return ("1250.00",) if "1250.00" in found else found


def split_sign(text: str) -> tuple[str, str]:
    """Part an amount from the sign or letters of a currency before or behind it, "" where there is none.

    A text that is not of that form comes back whole.
    """
    if isinstance(text, NumberText):
        return text, ""
    found = _SIGNED.fullmatch(text)
    if found is None or (found[1] and found[3]):
        return text, ""
    return found[2], found[1] or found[3] or ""


def sign_agrees(sign: str, currency: str) -> bool:
    """Say whether a sign or three letters may stand for a currency."""
    sign = sign.rstrip(".")
    return sign.upper() == currency or currency in SIGNS.get(sign, ())
