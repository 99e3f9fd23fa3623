"""Does the chain hold? Walks every sealed document and what stands beside it, and names what does not fit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from kilter.department.ledger import files as store
from kilter.department.records.chain import GENESIS, readings
from kilter.department.records.models import ChainHead, PersonalPart, Record
from kilter.measure.document import digest, instant, open_document
from kilter.measure.error import KilterError


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
    rows: QuerySet[Record] = Record.objects.order_by("number").prefetch_related("readings")
    for record in rows.iterator(chunk_size=500):
        count += 1
        problems += [Problem(record.number, text) for text in _faults(record, count, previous)]
        previous = digest(record.text)
        if outside.pop(count, previous) != previous:
            problems.append(Problem(record.number, "the anchor outside the database has another hash here"))
    problems += [Problem(0, text) for text in _end(count, previous, outside)]
    if attachments:
        problems += list(_attachments())
    problems += list(_personal())
    return Verified(count, previous, tuple(problems))


def _faults(record: Record, expected: int, previous: str) -> Iterator[str]:
    if record.number != expected:
        yield f"its number should be {expected}: a record is missing before it"
    if digest(record.text) != record.sha256:
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
    yield from _readings(record, document)


def _columns(record: Record, document: Mapping[str, Any]) -> Iterator[tuple[str, object, object]]:
    procedure = document.get("procedure") or {}
    yield "id", document.get("id"), str(record.uuid)
    yield "kind", document.get("kind"), record.kind
    yield "visit", document.get("visit"), str(record.visit)
    yield "procedure", procedure.get("key", ""), record.procedure
    yield "version", procedure.get("version", 0), record.version
    yield "verdict", document.get("verdict", ""), record.verdict
    yield "time", document.get("performed_at"), instant(record.performed_at)


def _readings(record: Record, document: Mapping[str, Any]) -> Iterator[str]:
    def told(row: Any) -> tuple[Any, ...]:
        return (row.result, row.value, row.unit, row.u, row.verdict)

    wanted = sorted(map(told, readings(record, dict(document))))
    found = sorted(map(told, record.readings.all()))
    if wanted != found:
        yield "its readings are not those of the sealed document"


def _end(count: int, previous: str, anchors: Mapping[int, str]) -> Iterator[str]:
    head = ChainHead.objects.get(pk=1)
    if (head.count, head.head) != (count, previous):
        yield f"the chain ends at {count}, its head says {head.count}"
    beyond = [number for number in anchors if number > count]
    if beyond:
        yield f"the chain ends at {count}, an anchor outside says {max(beyond)}: its end was cut off"


def _attachments() -> Iterator[Problem]:
    rows = Record.objects.filter(kind="result", attachments__isnull=False).distinct().order_by("number")
    for record in rows.prefetch_related("attachments__file").iterator(chunk_size=200):
        named = {row["sha256"] for row in open_document(record.text).get("files", [])}
        if named != {one.file.sha256 for one in record.attachments.all()}:
            yield Problem(record.number, "its attachments are not those of the sealed document")
        for sha256 in sorted(named):
            try:
                store.read(sha256)
            except KilterError as error:
                yield Problem(record.number, error.message)


def _personal() -> Iterator[Problem]:
    from kilter.department.records.actions.personal import read_personal

    for part in PersonalPart.objects.select_related("record"):
        sealed = open_document(part.record.text).get("personal", [])
        if {"id": str(part.uuid), "digest": part.digest} not in sealed:
            yield Problem(part.record.number, "its personal part is not the one that was sealed")
        if part.destroyed_at is None:
            try:
                read_personal(part)
            except KilterError as error:
                yield Problem(part.record.number, error.message)
        elif part.payload is not None or part.key is not None:
            yield Problem(part.record.number, "its personal part is said to be destroyed and is not")
