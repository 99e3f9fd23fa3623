"""Ranges of serial numbers, lots and software versions, and whether one lies within.

Where the way of writing leaves it open, the answer is `UNCLEAR`: a person looks. Nothing is left out on a
guess.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from kilter.measure.error import BadInput

MOST = 120
"""Characters of one range as written."""
PART = 5
"""Characters from which the beginning or the end of a number may stand for the whole."""
_BETWEEN = re.compile(r"\s+(?:to|through|until|-)\s+|\s*(?:\u2013|\u2014|\.\.\.?)\s*", re.IGNORECASE)
_DIGITS_BETWEEN = re.compile(r"(\d+)-(\d+)", re.ASCII)
_LABEL = re.compile(r"^(?:S/?N|SERIAL(?:\s*(?:NO|NUMBER))?|LOT|BATCH)[\s.:#]*(?=.)", re.IGNORECASE)
_SHAPE = re.compile(r"([A-Z0-9]*?)(\d+)([A-Z]*)", re.ASCII)
_TOKEN = re.compile(r"(\d{1,9})([a-z]?)", re.ASCII)
_NAMED = re.compile(r"^(?:version|ver|rev|sw|v|r)[\s.:]*(?=\d)", re.IGNORECASE)


class Within(IntEnum):
    """Whether a value lies in a range."""

    OUT = 0
    UNCLEAR = 1
    IN = 2


def cleaned(text: str) -> str:
    """Give a serial or lot number without marks, case and a label such as `SN` before it."""
    plain = unicodedata.normalize("NFKC", text).strip().upper()
    return re.sub(r"[^A-Z0-9]", "", _LABEL.sub("", plain)) or re.sub(r"[^A-Z0-9]", "", plain)


@dataclass(frozen=True, slots=True)
class NumberSpan:
    """A serial or lot number, a range of them, or all that begin alike (`12*`).

    `low` and `high` are whole numbers where `head` and `tail` stand around them.
    """

    text: str
    exact: str = ""
    begins: str = ""
    head: str = ""
    tail: str = ""
    low: int = -1
    high: int = -1
    width: int = 0


def read_number_span(field: str, text: str) -> NumberSpan:
    """Read a number or a range such as `SN1000 to SN2000`, `1000-2000` or `12*`.

    Raises:
        BadInput: it is empty or too long, or its two ends are not of one form or not in order.
    """
    text = text.strip()
    if not text or len(text) > MOST:
        raise BadInput(f"{field}: give numbers of up to {MOST} characters", field=field)
    if text.endswith("*"):
        begins = cleaned(text[:-1])
        if len(begins) < 2:
            raise BadInput(f"{field}: {text!r} would be nearly everything", field=field)
        return NumberSpan(text, begins=begins)
    digits = _DIGITS_BETWEEN.fullmatch(text)
    if digits and len(digits[1]) == len(digits[2]) and int(digits[1]) < int(digits[2]):
        return _range(field, text, digits[1], digits[2])
    ends = _BETWEEN.split(text)
    if len(ends) == 2 and all(end.strip() for end in ends):
        return _range(field, text, *ends)
    if not cleaned(text):
        raise BadInput(f"{field}: {text!r} holds no number", field=field)
    return NumberSpan(text, exact=cleaned(text))


def _range(field: str, text: str, first: str, last: str) -> NumberSpan:
    low, high = _SHAPE.fullmatch(cleaned(first)), _SHAPE.fullmatch(cleaned(last))
    if low is None or high is None or (low[1], low[3]) != (high[1], high[3]):
        message = f"{field}: the two ends of {text!r} are not of one form; list the numbers, or write 12*"
        raise BadInput(message, field=field)
    if int(low[2]) > int(high[2]):
        raise BadInput(f"{field}: {text!r} ends before it begins", field=field)
    return NumberSpan(
        text,
        exact=cleaned(text),
        head=low[1],
        tail=low[3],
        low=int(low[2]),
        high=int(high[2]),
        width=len(high[2]),
    )


class Numbers:
    """Several numbers and ranges, looked up at once: thousands of them cost no more than a few.

    Args:
        spans: what is named.
    """

    def __init__(self, spans: Iterable[NumberSpan]) -> None:
        self.spans = tuple(spans)
        self._exact = {span.exact for span in self.spans if span.exact}
        self._open = [span for span in self.spans if span.begins or span.low >= 0]
        single = [span.exact for span in self.spans if span.exact and span.low < 0]
        self._bare = {one.lstrip("0") for one in single}
        self._whole = {one for one in single if len(one) >= PART}
        self._parts = {part for one in single for part in _parts(one)}

    def __len__(self) -> int:
        """Count what is named."""
        return len(self.spans)

    def within(self, value: str) -> Within:
        """Say whether a serial or lot number is one of those named."""
        plain = cleaned(value)
        if not plain:
            return Within.UNCLEAR
        if plain in self._exact:
            return Within.IN
        near = plain.lstrip("0") in self._bare or plain in self._parts
        near = near or any(part in self._whole for part in _parts(plain))
        alone = Within.UNCLEAR if near else Within.OUT
        return max([alone, *(_in_open(span, plain) for span in self._open)])


def _parts(plain: str) -> set[str]:
    """Give the beginnings and the ends of a number that are long enough to stand for it."""
    lengths = range(PART, len(plain))
    return {plain[:length] for length in lengths} | {plain[-length:] for length in lengths}


def _in_open(span: NumberSpan, plain: str) -> Within:
    if span.begins:
        return Within.IN if plain.startswith(span.begins) else Within.OUT
    return _in_range(span, plain)


def _in_range(span: NumberSpan, plain: str) -> Within:
    shape = _SHAPE.fullmatch(plain)
    if shape is None:
        return Within.UNCLEAR
    number, around = int(shape[2]), (shape[1], shape[3])
    inside = span.low <= number <= span.high
    if inside:
        return Within.IN if around == (span.head, span.tail) else Within.UNCLEAR
    # a year or a plant may stand before the counted part: 2019 0150 in a range up to 0200
    ending = number % 10**span.width
    counted = len(shape[2]) > span.width and span.low <= ending <= span.high
    return Within.UNCLEAR if counted else Within.OUT


Version = tuple[tuple[int, str], ...]


def version(text: str) -> Version | None:
    """Read a version such as `v2.10.3b`; None where its parts are not numbers with at most one letter."""
    plain = _NAMED.sub("", unicodedata.normalize("NFKC", text).strip()).lower()
    tokens = [_TOKEN.fullmatch(part) for part in re.split(r"[.\-_ ]", plain)]
    if not plain or not all(tokens):
        return None
    return tuple((int(token[1]), token[2]) for token in tokens if token)


@dataclass(frozen=True, slots=True)
class VersionSpan:
    """Software versions: `rule` is one of `<`, `<=`, `>`, `>=`, `=`, `x` (all below) and `to`."""

    text: str
    rule: str
    low: Version
    high: Version = ()


_SAYS = (
    (re.compile(r"(?:<=|\u2264|up to(?: and including)?)\s*(.+)", re.IGNORECASE), "<="),
    (re.compile(r"(?:>=|\u2265|from)\s*(.+)", re.IGNORECASE), ">="),
    (re.compile(r"(?:<|before|below|earlier than|prior to)\s*(.+)", re.IGNORECASE), "<"),
    (re.compile(r"(?:>|after|above|later than)\s*(.+)", re.IGNORECASE), ">"),
    (re.compile(r"(.+?)\s+(?:and|or)\s+(?:earlier|lower|below|before)", re.IGNORECASE), "<="),
    (re.compile(r"(.+?)\s+(?:and|or)\s+(?:later|higher|above|newer)", re.IGNORECASE), ">="),
    (re.compile(r"(.+)\.(?:x|\*)", re.IGNORECASE), "x"),
    (re.compile(r"=?\s*(.+)"), "="),
)


def read_version_span(field: str, text: str) -> VersionSpan:
    """Read versions such as `2.4`, `< 2.4`, `2.0 to 2.4`, `2.x` or `2.4 and earlier`.

    Raises:
        BadInput: there is no version in it that can be compared, or its ends are not in order.
    """
    text = text.strip()
    if not text or len(text) > MOST:
        raise BadInput(f"{field}: give versions of up to {MOST} characters", field=field)
    ends = _BETWEEN.split(text)
    if len(ends) == 2 and not text.lower().startswith("up to"):
        low, high = (version(end) for end in ends)
        if low is not None and high is not None:
            if _compared(low, high) > 0:
                raise BadInput(f"{field}: {text!r} ends before it begins", field=field)
            return VersionSpan(text, "to", low, high)
    for pattern, rule in _SAYS:
        found = pattern.fullmatch(text)
        read = version(found[1]) if found else None
        if read is not None:
            return VersionSpan(text, rule, read)
    raise BadInput(f"{field}: {text!r} is no version that can be compared", field=field)


def version_within(spans: Iterable[VersionSpan], value: str) -> Within:
    """Say whether a version lies in one of some ranges; one written less or more closely is unclear."""
    return max((_version_in(span, value) for span in spans), default=Within.OUT)


def _version_in(span: VersionSpan, value: str) -> Within:
    read = version(value)
    if read is None:
        return Within.UNCLEAR
    if span.rule == "to":
        above, below = _ruled(">=", read, span.low), _ruled("<=", read, span.high)
        return min(above, below)
    return _ruled(span.rule, read, span.low)


def _ruled(rule: str, read: Version, bound: Version) -> Within:
    order = _compared(read, bound)
    if rule == "x":
        return Within.IN if _extends(read, bound) else Within.UNCLEAR if _extends(bound, read) else Within.OUT
    if order == 0:
        return Within.IN if "=" in rule else Within.OUT
    vague = len(read) < len(bound) and _extends(bound, read)
    closer = _extends(read, bound) and rule in ("<=", "=", ">")
    if vague or closer:
        return Within.UNCLEAR
    inside = order < 0 if rule.startswith("<") else order > 0 if rule.startswith(">") else False
    return Within.IN if inside else Within.OUT


def _extends(read: Version, bound: Version) -> bool:
    """Say whether a version is one of those under another: 2.4.1 and 2.4b under 2.4."""
    heads = tuple(number for number, _ in bound)
    return len(read) >= len(bound) and tuple(number for number, _ in read[: len(bound)]) == heads


def _compared(one: Version, other: Version) -> int:
    """Compare two versions part by part, missing parts as zero: below, equal, above."""
    most = max(len(one), len(other))
    left, right = (part + ((0, ""),) * (most - len(part)) for part in (one, other))
    return (left > right) - (left < right)
