"""Does the chain hold? Walks every sealed document and what stands beside it, and names what does not fit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from kilter.department.equipment.models import Device
from kilter.department.ledger import files as store
from kilter.department.records.chain import GENESIS, readings, terms_of
from kilter.department.records.models import Attachment, ChainHead, InstrumentUse, PersonalPart, Record
from kilter.department.records.personal import read_personal
from kilter.measure.document import digest, instant, open_document
from kilter.measure.error import KilterError

CHUNK = 500


@dataclass(frozen=True)
class Problem:
    """One thing that does not fit: the record's number (0 for the chain itself) and what, in words."""

    number: int
    text: str


@dataclass(frozen=True)
class Verified:
    """What a walk found."""

    records: int
    head: str
    problems: tuple[Problem, ...]

    @property
    def holds(self) -> bool:
        """Say whether nothing was found."""
        return not self.problems


def verify(anchors: Mapping[int, str] | None = None, *, attachments: bool = True) -> Verified:
    """Walk the chain from its first document to its head.

    Args:
        anchors: hashes by length of the chain, from outside the database.
        attachments: also hash every file that a record rests on.
    """
    problems: list[Problem] = []
    count, previous = 0, GENESIS
    outside = dict(anchors or {})
    for record in _rows():
        count += 1
        if isinstance(record, Problem):
            problems.append(record)
            previous = ""
            continue
        problems += [Problem(record.number, text) for text in _faults(record, count, previous)]
        previous = _hash(record.text)
        if outside.pop(count, previous) != previous:
            problems.append(Problem(record.number, "the anchor outside the database has another hash here"))
    problems += [Problem(0, text) for text in _end(count, previous, outside)]
    if attachments:
        problems += list(_attachments())
    problems += list(_personal())
    return Verified(count, previous, tuple(problems))


def _rows() -> Iterator[Record | Problem]:
    """Read every record in order; a row that the database or Django cannot even read is a problem."""
    keys = list(Record.objects.order_by("number").values_list("pk", flat=True))
    whole = Record.objects.select_related("person", "device", "about", "supersedes").prefetch_related(
        "readings", "instruments__instrument", "instruments__certificate", "attachments__file", "personal"
    )
    for start in range(0, len(keys), CHUNK):
        chunk = keys[start : start + CHUNK]
        try:
            with transaction.atomic():
                found = whole.in_bulk(chunk)
        except Exception:  # damaged bytes raise whatever the driver makes of them: look at each alone
            found = {}
        for key in chunk:
            yield found[key] if key in found else _alone(whole, key)


def _alone(whole: QuerySet[Record], key: int) -> Record | Problem:
    try:
        with transaction.atomic():
            return whole.get(pk=key)
    except Exception as problem:
        number = Record.objects.filter(pk=key).values_list("number", flat=True)[0]
        where = number if isinstance(number, int) else 0
        return Problem(where, f"its row cannot be read ({type(problem).__name__})")


def _hash(text: str) -> str:
    """Hash a text; one that is no Unicode has no hash that could have been sealed."""
    try:
        return digest(text)
    except (UnicodeEncodeError, AttributeError):
        return ""


def _faults(record: Record, expected: int, previous: str) -> list[str]:
    """List what does not fit; a document or column of another shape than any that was written is named."""
    found: list[str] = []
    try:
        found.extend(_differences(record, expected, previous))
    except Exception as problem:  # whatever a damaged row provokes must not hide the records after it
        found.append(f"it is not of the form in which records are sealed ({type(problem).__name__})")
    return found


def _differences(record: Record, expected: int, previous: str) -> Iterator[str]:
    if record.number != expected:
        yield f"its number should be {expected}: a record is missing before it"
    if _hash(record.text) != record.sha256:
        yield "its text is not what was sealed"
    if record.previous != previous:
        yield "it does not name the hash of the record before it"
    try:
        document = open_document(record.text)
    except KilterError as error:
        yield error.message
        return
    chain = document.get("chain", {})
    if chain != {"number": record.number, "previous": record.previous}:
        yield "its place in the chain is not the one it was sealed at"
    for name, said, stands in _columns(record, document):
        if said != stands:
            yield f"its {name} says {stands!r}, the sealed document {said!r}"
    yield from _beside(record, document)
    yield from _readings(record, document)


def _beside(record: Record, document: Mapping[str, Any]) -> Iterator[str]:
    instruments = sorted((row["id"], row.get("certificate", "")) for row in document.get("instruments", []))
    if instruments != sorted(map(_paper, record.instruments.all())):
        yield "its instruments are not those of the sealed document"
    files = sorted(row["sha256"] for row in document.get("files", []))
    if files != sorted(one.file.sha256 for one in record.attachments.all()):
        yield "its attachments are not those of the sealed document"
    named = [UUID(row["id"]) for row in document.get("personal", [])]
    if record.kind == "erasure":  # the part stands beside the record that it is about
        if PersonalPart.objects.filter(uuid__in=named, destroyed_at=None).exists():
            yield "the personal part that it says was destroyed is still there"
    elif sorted(named) != sorted(part.uuid for part in record.personal.all()):
        yield "its personal parts are not those of the sealed document"


def _paper(use: InstrumentUse) -> tuple[str, str]:
    """Give an instrument and the number of its certificate, "" where it had none."""
    return str(use.instrument.uuid), use.certificate.number if use.certificate else ""


def _columns(record: Record, document: Mapping[str, Any]) -> Iterator[tuple[str, object, object]]:
    procedure = document.get("procedure") or {}
    yield "id", document.get("id"), str(record.uuid)
    yield "kind", document.get("kind"), record.kind
    yield "visit", document.get("visit"), str(record.visit)
    yield "procedure", procedure.get("key", ""), record.procedure
    yield "version", procedure.get("version", 0), record.version
    yield "verdict", document.get("verdict", ""), record.verdict
    yield "time", document.get("performed_at"), instant(record.performed_at)
    yield "sealing", document.get("sealed_at"), instant(record.sealed_at)
    yield "person", _id(document, "person"), str(record.person.uuid)
    if record.about is None or "device" in document:
        yield "device", _id(document, "device"), _uuid(record.device)
    else:
        yield "device", record.about.device_id, record.device_id
    yield "correction", _id(document, "supersedes"), _uuid(record.supersedes)
    yield "subject", _id(document, "about"), _uuid(record.about)
    yield "terms", document.get("terms", {}), terms_of(record)


def _uuid(row: Device | Record | None) -> str | None:
    return None if row is None else str(row.uuid)


def _id(document: Mapping[str, Any], part: str) -> object:
    return (document.get(part) or {}).get("id")


def _readings(record: Record, document: Mapping[str, Any]) -> Iterator[str]:
    def told(row: Any) -> tuple[Any, ...]:
        about = (row.device_id, row.procedure, row.performed_at)
        return (*about, row.result, row.value, row.unit, row.u, row.verdict)

    wanted = sorted(map(told, readings(record, dict(document))), key=repr)
    found = sorted(map(told, record.readings.all()), key=repr)
    if wanted != found:
        yield "its readings are not those of the sealed document"


def _end(count: int, previous: str, anchors: Mapping[int, str]) -> Iterator[str]:
    head = ChainHead.objects.filter(pk=1).first()
    if head is None:
        yield "the chain has lost its head"
    elif (head.count, head.head) != (count, previous):
        yield f"the chain ends at {count}, its head says {head.count}"
    beyond = [number for number in anchors if number > count]
    if beyond:
        yield f"the chain ends at {count}, an anchor outside says {max(beyond)}: its end was cut off"


def _attachments() -> Iterator[Problem]:
    rows = Attachment.objects.order_by("file__sha256", "record__number")
    last, fault = "", ""
    for sha256, number in rows.values_list("file__sha256", "record__number"):
        if sha256 != last:
            last, fault = sha256, _unreadable(sha256)
        if fault:
            yield Problem(number, fault)


def _unreadable(sha256: str) -> str:
    try:
        store.read(sha256)
    except KilterError as error:
        return error.message
    return ""


def _personal() -> Iterator[Problem]:
    keys = PersonalPart.objects.order_by("id").values_list("pk", "record__number")
    for key, number in keys:
        try:
            with transaction.atomic():
                fault = _personal_fault(PersonalPart.objects.select_related("record").get(pk=key))
        except Exception as problem:  # as above: one damaged part must not hide the others
            fault = f"its personal part cannot be read ({type(problem).__name__})"
        if fault:
            yield Problem(number, fault)


def _personal_fault(part: PersonalPart) -> str:
    sealed = open_document(part.record.text).get("personal", [])
    if {"id": str(part.uuid), "digest": part.digest} not in sealed:
        return "its personal part is not the one that was sealed"
    if part.destroyed_at is not None:
        if part.payload is not None or part.key is not None:
            return "its personal part is said to be destroyed and is not"
        return "" if _sealed_erasure(part) else "its personal part was destroyed, and nobody signed for it"
    try:
        read_personal(part)
    except KilterError as error:
        return error.message
    return ""


def _sealed_erasure(part: PersonalPart) -> bool:
    """Say whether a sealed record says that this part was destroyed."""
    stones = Record.objects.filter(about=part.record, kind="erasure").values_list("text", flat=True)
    wanted = {"id": str(part.uuid), "digest": part.digest}
    return any(wanted in open_document(text).get("personal", []) for text in stones)
