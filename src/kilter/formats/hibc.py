"""HIBC labels as they stand on devices: which product, which lot or serial, made and expiring when.

Source: ANSI/HIBC 2.6, Supplier Labeling Standard (known, not read here), and the FDA's table of UDI
formats. Read are the primary label, the secondary one, and both joined by a slash with further data.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass, replace
from datetime import date, timedelta

from kilter.measure.error import BadInput

CHARACTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-. $/+%"
LONGEST = 200
PRIMARY = re.compile(r"[A-Z][A-Z0-9]{3}[A-Z0-9]{1,18}[0-9]")
"""Labeler (4), product (1 to 18) and unit of measure (1): together the device identifier."""
LONE_DATE = re.compile(r"([0-9]{5})(.{0,20})")
# flag behind `$$` or `$$+`: (digits of the date, its form); a month alone has no flag and begins with 0 or 1
DATES: dict[str, tuple[int, str]] = {
    "2": (6, "mdy"),
    "3": (6, "ymd"),
    "4": (8, "ymd"),
    "5": (5, "yj"),
    "6": (7, "yj"),
    "7": (0, ""),
}
QUANTITIES = {"8": 2, "9": 5}


@dataclass(frozen=True, slots=True, kw_only=True)
class Hibc:
    """What a label says; "" or None where it does not. `link` is the check character of the first label.

    `check` says whether the last character is right; a label printed wrongly is read all the same.
    """

    device_identifier: str = ""
    lot: str = ""
    serial: str = ""
    made: date | None = None
    expires: date | None = None
    link: str = ""
    check: bool = True


def check_character(text: str) -> str:
    """Give the check character of a text: the sum of its characters' numbers, modulo 43.

    Raises:
        BadInput: a character is none of the 43.
    """
    try:
        return CHARACTERS[sum(CHARACTERS.index(letter) for letter in text) % 43]
    except ValueError:
        raise BadInput("label: holds a character that HIBC has not", field="label") from None


def parse(text: str) -> Hibc:
    """Read a label, its check character at the end.

    Raises:
        BadInput: it is no HIBC label, or a part of it is not well formed.
    """
    text = text.strip().strip("*").upper()
    if not text.startswith("+") or not 4 <= len(text) <= LONGEST:
        raise BadInput("label: not an HIBC label", field="label")
    right = check_character(text[:-1]) == text[-1]
    first, *others = text[1:-1].split("/")
    if first[:1].isalpha():
        if not PRIMARY.fullmatch(first):
            raise BadInput("label: labeler, product and unit are not well formed", field="label")
        found = Hibc(device_identifier=first, check=right)
    else:  # a secondary label alone ends with the check character of its primary one
        parts = text[1:-2].split("/")
        found, others = Hibc(link=text[-2], check=right), parts
    for part in others:
        found = _with(found, part)
    return found


def _with(found: Hibc, part: str) -> Hibc:
    """Read one part behind the primary label."""
    if part.startswith("16D"):
        return replace(found, made=_whole_day(part[3:]))
    if part.startswith("14D"):
        return replace(found, expires=_whole_day(part[3:]))
    if part.startswith("S"):
        return replace(found, serial=part[1:])
    if part.startswith("Q"):
        return found
    if part.startswith("$"):
        return _secondary(found, part)
    lone = LONE_DATE.fullmatch(part)
    if lone is None:
        raise BadInput(f"label: {part[:10]!r} begins no part of an HIBC label", field="label")
    return replace(found, expires=_julian(lone[1]), lot=lone[2])


def _secondary(found: Hibc, part: str) -> Hibc:
    """Read lot or serial with their date: `$`, `$+`, `$$` and `$$+`."""
    dated = part.startswith("$$")
    rest = part[2:] if dated else part[1:]
    field = "lot"
    if rest.startswith("+"):
        field, rest = "serial", rest[1:]
    if dated:
        if rest[:1] in QUANTITIES:
            count = QUANTITIES[rest[0]]
            if not _digits(rest[1 : 1 + count], count):
                raise BadInput("label: the quantity is not well formed", field="label")
            rest = rest[1 + count :]
        expires, rest = _date(rest)
        found = replace(found, expires=expires)
    return replace(found, lot=rest) if field == "lot" else replace(found, serial=rest)


def _date(rest: str) -> tuple[date | None, str]:
    """Read a date with its flag, and give what follows; a month alone is its last day."""
    if rest[:1] in ("0", "1"):
        return _ymd("20" + rest[2:4], rest[:2], ""), rest[4:]
    if rest[:1] not in DATES:
        if not rest:
            return None, rest
        raise BadInput(f"label: {rest[:1]!r} is no flag of a date", field="label")
    count, form = DATES[rest[0]]
    digits, rest = rest[1 : 1 + count], rest[1 + count :]
    if not form:
        return None, rest
    if not _digits(digits, count):
        raise BadInput("label: a date is not well formed", field="label")
    if form == "yj":
        return _julian(digits[:5]), rest
    if form == "mdy":
        return _ymd("20" + digits[4:6], digits[:2], digits[2:4]), rest
    return _ymd("20" + digits[:2], digits[2:4], digits[4:6]), rest


def _digits(text: str, count: int) -> bool:
    """Say whether a text is so many digits."""
    return len(text) == count and text.isascii() and text.isdigit()


def _whole_day(text: str) -> date:
    """Read YYYYMMDD."""
    if not _digits(text, 8):
        raise BadInput("label: a date is not eight digits", field="label")
    return _ymd(text[:4], text[4:6], text[6:])


def _julian(text: str) -> date:
    """Read YYJJJ, the day counted within the year."""
    year, day = 2000 + int(text[:2]), int(text[2:5])
    if not 1 <= day <= 365 + calendar.isleap(year):
        raise BadInput(f"label: {text} is not a day of a year", field="label")
    return date(year, 1, 1) + timedelta(days=day - 1)


def _ymd(year: str, month: str, day: str) -> date:
    """Make a date; without a day it is the last of the month."""
    if not (year + month + day).isdigit():
        raise BadInput("label: a date is not well formed", field="label")
    try:
        last = calendar.monthrange(int(year), int(month))[1]
        return date(int(year), int(month), int(day) if day else last)
    except (ValueError, calendar.IllegalMonthError) as problem:
        raise BadInput("label: a date is not one", field="label") from problem
