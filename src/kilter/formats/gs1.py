"""GS1 element strings as they stand on device labels: which device, which lot, which serial.

Source: GS1 General Specifications, sections 3 (application identifiers) and 7.9 (check digit). Read are
the identifiers that a UDI carries; an element of another kind is refused by its number, because
where it ends cannot be known without the whole table.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import parse_qsl, unquote, urlsplit

from kilter.measure.error import BadInput

SEPARATOR = "\x1d"
SYMBOLS = re.compile(r"^\](?:d2|C1|Q3|e0|J1)")
"""What a scanner sends before the text to say which symbol it read."""
BRACKETED = re.compile(r"\((\d{2,4})\)([^(]*)")
VALUE = re.compile(r"[!-\"%-/0-9:-?A-Z_a-z]+")
"""The characters of the GS1 set 82."""
LONGEST = 400

# identifier: (field, length, or 0 where it ends at a separator, longest)
ELEMENTS: dict[str, tuple[str, int, int]] = {
    "01": ("device_identifier", 14, 14),
    "10": ("lot", 0, 20),
    "11": ("made", 6, 6),
    "17": ("expires", 6, 6),
    "21": ("serial", 0, 20),
    "240": ("additional", 0, 30),
    "8008": ("made_at", 0, 12),
}
MADE_AT = re.compile(r"[0-9]{8}(?:[0-9]{2}){0,2}", re.ASCII)
"""Day and hour, and it may be minute and second."""
LINK = re.compile(r"https?://[^/?#\s]+/", re.IGNORECASE)
KEYS = {"gtin": "01", "lot": "10", "ser": "21"}
"""Words that early Digital Links have in place of identifiers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Udi:
    """What a label says; "" or None where it does not say it."""

    device_identifier: str = ""
    lot: str = ""
    serial: str = ""
    additional: str = ""
    made: date | None = None
    expires: date | None = None


def check_digit(digits: str) -> int:
    """Give the check digit of a GS1 number without its last digit (weights 3, 1 from the right)."""
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return -total % 10


def parse(text: str, *, today: date | None = None) -> Udi:
    """Read a label: bracketed as printed, or with separators as scanned.

    Args:
        text: what was typed or scanned.
        today: from which the century of a date is told; the present day where it is not given.

    Raises:
        BadInput: it is no GS1 label, an element is unknown, doubled or wrong, or the check digit is.
    """
    if len(text) > LONGEST:
        raise BadInput("label: too long", field="label")
    return _udi(_elements(SYMBOLS.sub("", text.strip())), today)


def parse_link(text: str, *, today: date | None = None) -> Udi:
    """Read a GS1 Digital Link: identifiers and values as steps of a web address, further ones as its query.

    Raises:
        BadInput: it is no such address, or what it says is wrong as in `parse`.
    """
    if len(text) > LONGEST or not LINK.match(text):
        raise BadInput("label: not a GS1 Digital Link", field="label")
    try:
        parts = urlsplit(text)
        query = parse_qsl(parts.query, keep_blank_values=True)
    except ValueError as problem:
        raise BadInput("label: not a web address", field="label") from problem
    steps = [unquote(step) for step in parts.path.strip("/").split("/")]
    named = [KEYS.get(step.lower(), step) for step in steps]
    start = next((n for n, step in enumerate(named[:-1]) if step == "01" and steps[n + 1].isdigit()), None)
    if start is None or (len(named) - start) % 2:
        raise BadInput("label: this address names no product", field="label")
    elements = [(named[n], steps[n + 1]) for n in range(start, len(named), 2)]
    elements[0] = ("01", elements[0][1].zfill(14))
    for key, _ in elements:
        if key not in ELEMENTS and key != "22":  # the variant of a product tells no device apart
            raise BadInput(f"label: element ({key[:4]}) is not one of a device label", field="label")
    elements = [one for one in elements if one[0] != "22"]
    return _udi(elements + [one for one in query if one[0] in ELEMENTS], today)


def _udi(elements: Sequence[tuple[str, str]], today: date | None) -> Udi:
    """Check identifiers and values and give what they say."""
    found: dict[str, str] = {}
    for identifier, value in elements:
        field, _, longest = ELEMENTS[identifier]
        if field in found:
            raise BadInput(f"label: element ({identifier}) comes twice", field="label")
        if not VALUE.fullmatch(value) or len(value) > longest:
            raise BadInput(f"label: element ({identifier}) is not well formed", field="label")
        found[field] = value
    number = found.get("device_identifier", "")
    if number and (not _digits(number, 14) or check_digit(number[:-1]) != int(number[-1])):
        raise BadInput("label: the check digit of the device identifier is wrong", field="label")
    today = today or date.today()  # noqa: DTZ011 (only the century is told from it)
    made_at = found.pop("made_at", "")
    if made_at and not MADE_AT.fullmatch(made_at):
        raise BadInput("label: element (8008) is not well formed", field="label")
    if made_at:
        found.setdefault("made", made_at[:6])
    days = {name: _day(found.pop(name), today) for name in ("made", "expires") if name in found}
    return Udi(**found, **days)  # type: ignore[arg-type]


def _digits(text: str, count: int) -> bool:
    """Say whether a text is so many digits."""
    return len(text) == count and text.isascii() and text.isdigit()


def _elements(text: str) -> list[tuple[str, str]]:
    """Part a label into identifiers and values."""
    if text.startswith("("):
        elements = BRACKETED.findall(text)
        if "".join(f"({key}){value}" for key, value in elements) != text:
            raise BadInput("label: not a GS1 label", field="label")
        for key, _ in elements:
            if key not in ELEMENTS:
                raise BadInput(f"label: element ({key}) is not one of a device label", field="label")
        return elements
    elements = []
    rest = text.lstrip(SEPARATOR)
    if not rest:
        raise BadInput("label: empty", field="label")
    while rest:
        key = next((key for key in ELEMENTS if rest.startswith(key)), None)
        if key is None:
            raise BadInput(f"label: {rest[:4]!r} does not begin an element of a device label", field="label")
        rest = rest[len(key) :]
        length = ELEMENTS[key][1]
        value = rest[:length] if length else rest.partition(SEPARATOR)[0]
        if length and len(value) != length:
            raise BadInput(f"label: element ({key}) is cut short", field="label")
        elements.append((key, value))
        rest = rest[len(value) :].lstrip(SEPARATOR)
    return elements


def _day(text: str, today: date) -> date:
    """Read a day YYMMDD; day 00 is the last of the month, the century lies within fifty years."""
    if not _digits(text, 6):
        raise BadInput("label: a date is not six digits", field="label")
    year, month, day = int(text[:2]) + today.year // 100 * 100, int(text[2:4]), int(text[4:])
    distance = int(text[:2]) - today.year % 100
    year += -100 if distance >= 51 else 100 if distance <= -50 else 0
    try:
        return date(year, month, day or calendar.monthrange(year, month)[1])
    except (ValueError, calendar.IllegalMonthError) as problem:
        raise BadInput(f"label: {text} is not a date", field="label") from problem
