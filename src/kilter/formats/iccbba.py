"""ICCBBA labels (ISBT 128) as they stand on devices with tissue or blood: product, serial, lot, dates.

Source: ISBT 128 Standard and the FDA's table of UDI formats (both known, not read here). Every element
has a fixed length behind its two or three identifying characters.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta

from kilter.measure.error import BadInput

LONGEST = 200
# identifying characters: (field, how its content looks)
ELEMENTS: dict[str, tuple[str, re.Pattern[str]]] = {
    "=/": ("device_identifier", re.compile(r"[A-Z0-9]{16}")),
    "=,": ("serial", re.compile(r"[A-Z0-9]{6}")),
    "=>": ("expires", re.compile(r"[0-9]{6}")),
    "=}": ("made", re.compile(r"[0-9]{6}")),
    "&,1": ("lot", re.compile(r"[A-Z0-9]{18}")),
    "=": ("donation", re.compile(r"[A-Z0-9]{15}")),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Iccbba:
    """What a label says; "" or None where it does not say it."""

    device_identifier: str = ""
    serial: str = ""
    lot: str = ""
    donation: str = ""
    made: date | None = None
    expires: date | None = None


def parse(text: str) -> Iccbba:
    """Read a label.

    Raises:
        BadInput: it is no ICCBBA label, or an element is unknown, doubled or not well formed.
    """
    rest = text.strip().upper()
    if not rest or len(rest) > LONGEST or rest[0] not in "=&":
        raise BadInput("label: not an ICCBBA label", field="label")
    found: dict[str, str] = {}
    while rest:
        mark = next((mark for mark in ELEMENTS if rest.startswith(mark)), None)
        content = ELEMENTS[mark][1].match(rest, len(mark)) if mark else None
        if mark is None or content is None:
            raise BadInput(f"label: {rest[:6]!r} begins no element of an ICCBBA label", field="label")
        field = ELEMENTS[mark][0]
        if field in found:
            raise BadInput(f"label: the {field.replace('_', ' ')} comes twice", field="label")
        found[field] = content[0]
        rest = rest[content.end() :]
    days = {name: _day(found.pop(name)) for name in ("made", "expires") if name in found}
    return Iccbba(**found, **days)  # type: ignore[arg-type]


def _day(digits: str) -> date:
    """Read YYYJJJ: the last three digits of the year and the day counted within it."""
    year = 1000 * (1 if digits[0] == "9" else 2) + int(digits[:3])
    day = int(digits[3:])
    if not 1 <= day <= 365 + calendar.isleap(year):
        raise BadInput(f"label: {digits} is not a day of a year", field="label")
    return date(year, 1, 1) + timedelta(days=day - 1)
