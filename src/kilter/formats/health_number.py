"""Numbers that name a patient: NHS (England and Wales) and CHI (Scotland), with their check digits.

Both are ten digits, the last of which checks the others modulo 11; a CHI number begins with the birth date.

Sources: NHS Data Dictionary, NHS number; NHS Scotland, CHI number.
"""

from __future__ import annotations

import re
from datetime import date

from kilter.measure.error import BadInput

SHAPE = re.compile(r"\d{3}[ -]?\d{3}[ -]?\d{4}|\d{6}[ -]?\d{4}", re.ASCII)


def checks(digits: str) -> bool:
    """Say whether the last of ten digits checks the others: weights 10 to 2, modulo 11."""
    if len(digits) != 10 or not (digits.isascii() and digits.isdigit()):
        return False
    weighted = sum(weight * int(digit) for weight, digit in zip(range(10, 1, -1), digits, strict=False))
    return int(digits[9]) == (11 - weighted % 11) % 11


def read_nhs(text: str) -> str:
    """Read an NHS number, parted or not; give its ten digits.

    Raises:
        BadInput: it has not ten digits, or the check digit is wrong.
    """
    return _read(text, "nhs_number", "an NHS number")


def read_chi(text: str) -> str:
    """Read a CHI number; give its ten digits.

    Raises:
        BadInput: it has not ten digits, the check digit is wrong, or it begins with no date.
    """
    digits = _read(text, "chi_number", "a CHI number")
    if not _begins_with_date(digits):
        raise BadInput("a CHI number begins with a birth date as ddmmyy", field="chi_number", code="no_date")
    return digits


def chi_agrees(digits: str, born: date) -> bool:
    """Say whether a CHI number begins with this birth date."""
    return digits[:6] == f"{born:%d%m%y}"


def _read(text: str, field: str, what: str) -> str:
    words = text.strip()
    if not SHAPE.fullmatch(words):
        raise BadInput(f"{what} has ten digits", field=field, code="not_a_number")
    digits = words.replace(" ", "").replace("-", "")
    if not checks(digits):
        raise BadInput(f"this is not {what}: its check digit is wrong", field=field, code="check_digit")
    return digits


def _begins_with_date(digits: str) -> bool:
    day, month, year = int(digits[:2]), int(digits[2:4]), int(digits[4:6])
    for century in (1900, 2000):  # the two digits do not say which; 29 February needs one that had it
        try:
            date(century + year, month, day)
        except ValueError:
            continue
        return True
    return False
