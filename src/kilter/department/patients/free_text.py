"""What looks like a patient in a text that must name none.

No rule finds every name; the page warns, and what has a form is refused: an NHS number, a date of birth.
"""

from __future__ import annotations

import re

from kilter.formats.health_number import checks
from kilter.measure.error import BadInput

TEN_DIGITS = re.compile(r"(?<![\d.])\d(?:[ \-]?\d){9}(?!\d)", re.ASCII)
SAID = re.compile(
    r"\b(?:d\.?o\.?b\b|date of birth|born (?:on\b|in\b|\d)|(?:nhs|hospital) (?:no\b|num)|mrn\b)",
    re.IGNORECASE,
)


def is_nhs_number(given: str) -> bool:
    """Say whether ten digits, parted or not, are an NHS number."""
    return checks("".join(letter for letter in given if letter in "0123456789"))


def names_nobody(field: str, words: str) -> None:
    """Refuse what looks like the number or the birth date of a patient.

    Raises:
        BadInput: it does; the sentence does not repeat it.
    """
    if SAID.search(words) or any(is_nhs_number(match[0]) for match in TEN_DIGITS.finditer(words)):
        message = f"{field}: holds what looks like a patient's details; leave them out"
        raise BadInput(message, field=field, code="patient")
