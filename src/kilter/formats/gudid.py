"""AccessGUDID XML (US FDA): what makers declare of each model of device, read as a stream.

The bulk release is hundreds of megabytes a file, so a file is parsed piece by piece and one device is held at
a time. A document type, entities, texts and tags without end are refused by the parser's own handlers.

Source: AccessGUDID download files and their schema (accessgudid.nlm.nih.gov/download); GS1 check digit as in
`gs1`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, NoReturn
from xml.parsers import expat

from kilter.formats.gs1 import check_digit
from kilter.measure.error import BadInput

CHUNK = 1 << 16
LONGEST_TEXT = 20_000
LONGEST_TAG = 1 << 20
"""Bytes that the parser may hold back: no tag of a true file is near it."""
DEEPEST = 30
MOST_ELEMENTS = 50_000
"""Elements of one device; the longest of a true file has a few thousand."""

Magnetic = Literal["", "safe", "conditional", "unsafe"]
MRI: dict[str, Magnetic] = {
    "MR Safe": "safe",
    "MR Conditional": "conditional",
    "MR Unsafe": "unsafe",
}
"""What a label says of magnetic resonance; anything else says nothing."""

LABEL = {
    "lotBatch": "lot",
    "serialNumber": "serial",
    "manufacturingDate": "made",
    "expirationDate": "expires",
}
"""What the label may bear, by element: the field of a device that it fills."""

_ID = "identifiers/identifier"
_GMDN = "gmdnTerms/gmdn"
_SINGLE = (
    "brandName", "versionModelNumber", "catalogNumber", "companyName", "singleUse", "MRISafetyStatus",
    "deviceCommDistributionStatus", "deviceCommDistributionEndDate", *LABEL,
)  # fmt: skip
_OF_ID = ("deviceId", "deviceIdType", "deviceIdIssuingAgency")
_OF_GMDN = ("gmdnCode", "gmdnPTName", "gmdnCodeStatus")
_KEPT = frozenset(
    {*_SINGLE, *(f"{_ID}/{name}" for name in _OF_ID), *(f"{_GMDN}/{name}" for name in _OF_GMDN)}
)
LONGEST = {"companyName": 120, "brandName": 120, "versionModelNumber": 120, "catalogNumber": 80}
"""Characters of texts that a register keeps; those of true files are shorter."""

LONGEST_TERM = 300
MOST_TERMS = 40
_CODE = re.compile(r"[0-9]{1,10}", re.ASCII)
_DI = re.compile(r"[!-~]{6,40}")


@dataclass(frozen=True, slots=True)
class GmdnTerm:
    """A term of the Global Medical Device Nomenclature; `status` is `Active`, `Obsolete` or ""."""

    code: str
    term: str
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GudidDevice:
    """One model as its maker declares it; "" or None where the file does not say.

    `number` counts the devices of the file from 1. `identifier` is the primary DI, `others` those of packages
    and the like. `label` are the fields of a device that stand on its label.
    """

    number: int
    identifier: str
    agency: str = ""
    others: tuple[str, ...] = ()
    maker: str = ""
    brand: str = ""
    model: str = ""
    catalogue_number: str = ""
    terms: tuple[GmdnTerm, ...] = ()
    label: tuple[str, ...] | None = None
    single_use: bool | None = None
    mri_safety: Magnetic = ""
    distribution: str = ""
    distribution_ended: date | None = None


@dataclass(frozen=True, slots=True)
class GudidProblem:
    """A device of the file that cannot be taken as it stands, and why."""

    number: int
    reason: str


@dataclass(slots=True)
class _Raw:
    """The texts of the device that is being read, by path; identifiers and terms one by one."""

    single: dict[str, str] = field(default_factory=dict)
    repeated: dict[str, list[dict[str, str]]] = field(default_factory=lambda: {_ID: [], _GMDN: []})
    elements: int = 0


def read_gudid(chunks: Iterable[bytes]) -> Iterator[GudidDevice | GudidProblem]:
    """Read the devices of a file, one after another, in memory that does not grow with it.

    Args:
        chunks: the bytes of one XML document in pieces of any size.

    Raises:
        BadInput: it is no XML of this kind, breaks off, declares a document type or an entity, or holds a
            tag, a text or a device that is larger than any true one. What came before was given already.
    """
    reader = _Reader()
    for chunk in chunks:
        for start in range(0, len(chunk), CHUNK):
            reader.feed(chunk[start : start + CHUNK])
            yield from reader.take()
    reader.feed(b"", last=True)
    yield from reader.take()
    if not reader.count:
        raise BadInput("this is no GUDID file: it holds no device", field="file", code="no_device")


class _Reader:
    """Handlers of the parser: where in the tree it is, and the device that is being put together."""

    def __init__(self) -> None:
        self.count = 0
        self._fed = 0
        self._path: list[str] = []
        self._device_at = 0
        self._raw = _Raw()
        self._text: list[str] = []
        self._length = 0
        self._keeping = ""
        self._done: list[GudidDevice | GudidProblem] = []
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartDoctypeDeclHandler = self._refuse_declaration
        self._parser.EntityDeclHandler = self._refuse_declaration
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters

    def feed(self, chunk: bytes, *, last: bool = False) -> None:
        """Parse a further piece.

        Raises:
            BadInput: as `read_gudid`.
        """
        self._fed += len(chunk)
        try:
            self._parser.Parse(chunk, last)
        except expat.ExpatError as problem:
            words = expat.errors.messages.get(problem.code, "it is not well formed")
            raise BadInput(
                f"this is no XML that can be read: {words}, line {problem.lineno}",
                field="file",
                code="bad_xml",
            ) from None
        except (LookupError, ValueError) as problem:
            raise BadInput(f"this is no XML that can be read: {str(problem)[:80]}", field="file") from None
        if self._fed - max(self._parser.CurrentByteIndex, 0) > LONGEST_TAG:
            raise BadInput("the file holds a tag longer than any true one", field="file", code="too_large")

    def take(self) -> list[GudidDevice | GudidProblem]:
        """Give the devices that are complete, once."""
        done, self._done = self._done, []
        return done

    def _refuse_declaration(self, *_: object) -> NoReturn:
        raise BadInput("the file declares a document type or an entity", field="file", code="declaration")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._path.append(name.rpartition(":")[2])
        if len(self._path) > DEEPEST:
            raise BadInput("the file is nested deeper than any true one", field="file", code="too_large")
        if not self._device_at:
            if self._path[-1] == "device":
                self._device_at = len(self._path)
                self._raw = _Raw()
            return
        self._raw.elements += 1
        if self._raw.elements > MOST_ELEMENTS:
            raise BadInput(
                f"device {self.count + 1} is larger than any true one", field="file", code="too_large"
            )
        below = "/".join(self._path[self._device_at :])
        if below in self._raw.repeated:
            self._raw.repeated[below].append({})
        self._text, self._length = [], 0
        self._keeping = below if below in _KEPT else ""

    def _characters(self, text: str) -> None:
        if not self._keeping:
            return
        self._length += len(text)
        if self._length > LONGEST_TEXT:
            raise BadInput(f"device {self.count + 1}: a text without end", field="file", code="too_large")
        self._text.append(text)

    def _end(self, name: str) -> None:
        if self._device_at == len(self._path):
            self.count += 1
            self._done.append(_device(self.count, self._raw))
            self._device_at = 0
        elif self._keeping:
            self._keep(self._keeping, " ".join("".join(self._text).split()))
        self._keeping = ""
        self._path.pop()

    def _keep(self, below: str, text: str) -> None:
        above, _, name = below.rpartition("/")
        if above:
            self._raw.repeated[above][-1].setdefault(name, text)
        else:
            self._raw.single.setdefault(below, text)


def _device(number: int, raw: _Raw) -> GudidDevice | GudidProblem:
    """Make a device of its texts, or say why that cannot be."""
    try:
        return _read(number, raw)
    except BadInput as problem:
        return GudidProblem(number, problem.message)


def _read(number: int, raw: _Raw) -> GudidDevice:
    identifiers = raw.repeated[_ID]
    primary = next((one for one in identifiers if one.get("deviceIdType") == "Primary"), None)
    if primary is None:
        raise BadInput("it has no primary device identifier")
    own = _identifier(primary)
    said = {name: _flag(name, raw.single.get(name, "")) for name in ("singleUse", *LABEL)}
    label = tuple(LABEL[name] for name in LABEL if said[name])
    for name, most in LONGEST.items():
        if len(raw.single.get(name, "")) > most:
            raise BadInput(f"{name}: longer than {most} characters")
    return GudidDevice(
        number=number,
        identifier=own,
        agency=primary.get("deviceIdIssuingAgency", ""),
        others=tuple(one["deviceId"] for one in identifiers if one is not primary and one.get("deviceId")),
        maker=raw.single.get("companyName", ""),
        brand=raw.single.get("brandName", ""),
        model=raw.single.get("versionModelNumber", ""),
        catalogue_number=raw.single.get("catalogNumber", ""),
        terms=_terms(raw.repeated[_GMDN]),
        label=label if any(said[name] is not None for name in LABEL) else None,
        single_use=said["singleUse"],
        mri_safety=MRI.get(raw.single.get("MRISafetyStatus", ""), ""),
        distribution=raw.single.get("deviceCommDistributionStatus", ""),
        distribution_ended=_day(raw.single.get("deviceCommDistributionEndDate", "")),
    )


def _terms(found: list[dict[str, str]]) -> tuple[GmdnTerm, ...]:
    """Check the terms of the nomenclature; older files have them without codes."""
    terms = [GmdnTerm(*(one.get(name, "") for name in _OF_GMDN)) for one in found if any(one.values())]
    if len(terms) > MOST_TERMS:
        raise BadInput(f"it has more than {MOST_TERMS} GMDN terms")
    for one in terms:
        if (one.code and not _CODE.fullmatch(one.code)) or len(one.term) > LONGEST_TERM:
            raise BadInput(f"{one.code[:20]!r}, {one.term[:40]!r} is no GMDN term")
    return tuple(terms)


def _identifier(found: dict[str, str]) -> str:
    """Check a primary identifier; one of GS1 by its check digit."""
    given = found.get("deviceId", "")
    if not _DI.fullmatch(given):
        raise BadInput(f"{given[:40]!r} is no device identifier")
    if found.get("deviceIdIssuingAgency") == "GS1" and (
        not re.fullmatch("[0-9]{14}", given) or check_digit(given[:-1]) != int(given[-1])
    ):
        raise BadInput(f"{given} is no GTIN of 14 figures with its check digit")
    return given


def _flag(name: str, text: str) -> bool | None:
    if text not in ("", "true", "false"):
        raise BadInput(f"{name}: {text[:20]!r} is neither true nor false")
    return text == "true" if text else None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise BadInput(f"deviceCommDistributionEndDate: {text[:20]!r} is no day") from None
