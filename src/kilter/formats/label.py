"""What was scanned: our own label, a UDI of GS1, HIBC or ICCBBA, or a plain number."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID

from kilter.formats import gs1, hibc, iccbba
from kilter.measure.error import BadInput

Scheme = Literal["own", "gs1", "hibc", "iccbba", "plain"]

LONGEST = 200
OWN = re.compile(r"(?:^|[/:])([0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})/?$")
WORDS: dict[Scheme, str] = {
    "own": "our own label",
    "gs1": "GS1",
    "hibc": "HIBC",
    "iccbba": "ICCBBA",
    "plain": "a number",
}
"""Each scheme in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """What a label says: `device` on our own, the parts of a UDI on a maker's, `text` as it was read.

    `warnings` tell what is wrong with a label that was read all the same.
    """

    scheme: Scheme
    text: str
    device: UUID | None = None
    device_identifier: str = ""
    serial: str = ""
    lot: str = ""
    made: date | None = None
    expires: date | None = None
    warnings: tuple[str, ...] = ()


def scan(text: str, *, today: date | None = None) -> Label:
    """Say what a scanned text is.

    A text that looks like a UDI and is none is a plain number, with the reason among its warnings.

    Args:
        text: what the scanner sent.
        today: from which the century of a GS1 date is told; the present day where it is not given.

    Raises:
        BadInput: nothing, or too long for a label.
    """
    text = text.strip().strip(gs1.SEPARATOR).strip()
    if not text or len(text) > LONGEST:
        raise BadInput("scan: empty, or too long for a label", field="scan")
    own = OWN.search(text.lower())
    if own:
        return Label(scheme="own", text=text, device=UUID(own[1]))
    read = _reader(text, today)
    if read is None:
        return Label(scheme="plain", text=text)
    try:
        return read(text)
    except BadInput as problem:
        if text[:1].isdigit():  # a number may begin with digits without being a UDI
            return Label(scheme="plain", text=text)
        return Label(scheme="plain", text=text, warnings=(problem.message,))


def _reader(text: str, today: date | None) -> Callable[[str], Label] | None:
    """Choose how to read a text by its first characters."""
    if text.lstrip("*").startswith("+"):
        return _hibc
    if text[0] in "=&":
        return _iccbba
    if gs1.LINK.match(text):
        return lambda given: _gs1(given, gs1.parse_link(given, today=today))
    if text[0] in "(]" or text[0].isdigit():
        return lambda given: _gs1(given, gs1.parse(given, today=today))
    return None


def _gs1(text: str, udi: gs1.Udi) -> Label:
    return Label(
        scheme="gs1",
        text=text,
        device_identifier=udi.device_identifier,
        serial=udi.serial,
        lot=udi.lot,
        made=udi.made,
        expires=udi.expires,
    )


def _hibc(text: str) -> Label:
    found = hibc.parse(text)
    wrong = "the check character of this label is wrong; it may be misprinted or misread"
    return Label(
        scheme="hibc",
        text=text,
        device_identifier=found.device_identifier,
        serial=found.serial,
        lot=found.lot,
        made=found.made,
        expires=found.expires,
        warnings=() if found.check else (wrong,),
    )


def _iccbba(text: str) -> Label:
    found = iccbba.parse(text)
    return Label(
        scheme="iccbba",
        text=text,
        device_identifier=found.device_identifier,
        serial=found.serial or found.donation,
        lot=found.lot,
        made=found.made,
        expires=found.expires,
    )
