"""The chain: documents are appended under one lock, each with the hash of the one before.

A chain does not see its own tail cut off, so its head and length are written to an anchor outside the
database after every commit, and stand on every certificate.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from kilter.department.equipment.models import Certificate, Device
from kilter.department.ledger import clock, rows
from kilter.department.ledger.models import StoredFile
from kilter.department.people.models import Person
from kilter.department.records.models import Attachment, ChainHead, InstrumentUse, Reading, Record
from kilter.measure.document import FORM, canonical, digest, instant
from kilter.measure.error import BadInput

LOG = logging.getLogger("kilter.records")
GENESIS = "0" * 64
"""What stands for the hash before the first document."""

ANCHOR = "anchor.txt"
ANCHOR_LINE = re.compile(r"([0-9]{1,18}) ([0-9a-f]{64}) \S+", re.ASCII)
TORN_LINE = re.compile(r"([0-9]{1,18}( [0-9a-f]{0,64} ?)?)?", re.ASCII)

RECORD_COLUMNS = tuple(field.attname for field in Record._meta.concrete_fields)
READING_COLUMNS = (
    "record_id", "device_id", "procedure", "result", "value", "unit", "u", "verdict", "performed_at",
)  # fmt: skip
USE_COLUMNS = ("record_id", "instrument_id", "certificate_id", "performed_at")


@dataclass(frozen=True)
class Unsealed:
    """A document that waits for its place in the chain, and what is written beside it."""

    uuid: UUID
    kind: str
    visit: UUID
    person: Person
    performed_at: datetime
    document: dict[str, Any]
    device: Device | None = None
    protocol: str = ""
    confirmed: bool = True
    about: Record | None = None
    supersedes: Record | None = None
    countersign: bool = False
    review_by: datetime | None = None
    instruments: Sequence[tuple[Device, Certificate | None]] = ()
    files: Sequence[tuple[StoredFile, str]] = field(default_factory=tuple)


def append(items: Sequence[Unsealed]) -> list[Record]:
    """Seal documents in order: one lock, one insert for all, readings and uses beside them.

    Call it inside the transaction of the action; the anchor is written once that has committed.

    Returns:
        The records, in the order given.
    """
    head = ChainHead.objects.select_for_update().get(pk=1)
    count, previous, now = head.count, head.head, clock.now()
    records = []
    for item in items:
        count += 1
        record = _sealed(item, count, previous, now)
        previous = record.sha256
        records.append(record)
    pairs = list(zip(items, records, strict=True))
    rows.insert(Record, RECORD_COLUMNS, (_columns(record) for record in records))
    ChainHead.objects.filter(pk=1).update(count=count, head=previous)
    rows.insert(
        Reading, READING_COLUMNS, (row for item, record in pairs for row in _readings(record, item.document))
    )
    rows.insert(InstrumentUse, USE_COLUMNS, (use for item, record in pairs for use in _uses(item, record)))
    if any(item.files for item in items):
        Attachment.objects.bulk_create(
            Attachment(record=record, file=file, name=name)
            for item, record in pairs
            for file, name in item.files
        )
    _anchor_after_commit(count, previous)
    return records


def _sealed(item: Unsealed, number: int, previous: str, now: datetime) -> Record:
    person = {"id": str(item.person.uuid), "name": item.person.display_name}
    document = {
        **item.document,
        "form": FORM,
        "id": str(item.uuid),
        "kind": item.kind,
        "visit": str(item.visit),
        "chain": {"number": number, "previous": previous},
        "person": {**item.document.get("person", {}), **person},
        "performed_at": instant(item.performed_at),
        "sealed_at": instant(now),
    }
    key = (document.get("procedure") or {}).get("key", "")
    if terms := terms_said(item.protocol, key, item.confirmed, item.countersign, item.review_by):
        document["terms"] = terms
    text = canonical(document)
    return _record(item, number, previous, now, text, document)


def _record(
    item: Unsealed, number: int, previous: str, now: datetime, text: str, document: dict[str, Any]
) -> Record:
    """Give the row of a sealed document, as it stands in the database once it is inserted."""
    procedure = document.get("procedure") or {}
    values = {
        "id": number,  # nothing else writes records, so the place in the chain can be the row's id
        "number": number,
        "uuid": item.uuid,
        "kind": item.kind,
        "text": text,
        "sha256": digest(text),
        "previous": previous,
        "visit": item.visit,
        "device_id": item.device.pk if item.device else None,
        "protocol": item.protocol,
        "procedure": procedure.get("key", ""),
        "version": procedure.get("version", 0),
        "verdict": document.get("verdict", ""),
        "confirmed": item.confirmed,
        "person_id": item.person.pk,
        "performed_at": item.performed_at,
        "sealed_at": now,
        "about_id": item.about.pk if item.about else None,
        "supersedes_id": item.supersedes.pk if item.supersedes else None,
        "countersign": item.countersign,
        "review_by": item.review_by,
    }
    record = Record.from_db(connection.alias, RECORD_COLUMNS, [values[name] for name in RECORD_COLUMNS])
    known = record._state.fields_cache
    known.update(device=item.device, person=item.person, about=item.about, supersedes=item.supersedes)
    return record


_columns = attrgetter(*RECORD_COLUMNS)


def terms_said(
    protocol: str, procedure: str, confirmed: bool, countersign: bool, review_by: datetime | None
) -> dict[str, Any]:
    """Give the terms a record stands on as its document holds them; what is usual is left out."""
    terms: dict[str, Any] = {"protocol": protocol} if protocol != procedure else {}
    if not confirmed:
        terms["confirmed"] = False
    if countersign:
        terms["countersign"] = True
    if review_by is not None:
        terms["review_by"] = instant(review_by)
    return terms


def terms_of(record: Record) -> dict[str, Any]:
    """Give what a record's columns say of its terms."""
    return terms_said(
        record.protocol, record.procedure, record.confirmed, record.countersign, record.review_by
    )


def readings(record: Record, document: dict[str, Any]) -> list[Reading]:
    """Give the narrow rows of a record's numeric results, as the document says them."""
    return [Reading(**dict(zip(READING_COLUMNS, row, strict=True))) for row in _readings(record, document)]


def _readings(record: Record, document: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    if record.kind != "result" or record.device_id is None or not document.get("valid", True):
        return
    pk, device, procedure, at = record.pk, record.device_id, record.procedure, record.performed_at
    for name, row in document.get("results", {}).items():
        if row.get("unit"):
            yield (pk, device, procedure, name, row["value"], row["unit"], row.get("u"), row["verdict"], at)


def _uses(item: Unsealed, record: Record) -> Iterator[tuple[Any, ...]]:
    for instrument, certificate in item.instruments:
        yield record.pk, instrument.pk, certificate.pk if certificate else None, item.performed_at


@dataclass(frozen=True, slots=True)
class _Anchor:
    """Writes the anchor once the transaction has committed."""

    count: int
    head: str

    def __call__(self) -> None:
        """Write it."""
        write_anchor(self.count, self.head)


def _anchor_after_commit(count: int, head: str) -> None:
    """Let the anchor be written on commit; of many appends in one transaction the last one's is enough.

    An earlier one is dropped only where it cannot outlive this one: every savepoint that could still undo
    this append would undo the earlier one as well.
    """
    open_now = set(connection.savepoint_ids)
    connection.run_on_commit = [
        hook
        for hook in connection.run_on_commit
        if not (isinstance(hook[1], _Anchor) and open_now <= set(hook[0]))
    ]
    transaction.on_commit(_Anchor(count, head))


def anchor_path() -> Path:
    """Give the file of the anchor, beside the database and not in it."""
    return Path(settings.KILTER.home) / ANCHOR


def write_anchor(count: int, head: str) -> None:
    """Add the end of the chain to the anchor file, flushed to disk; a full disk is logged, not raised."""
    line = f"{count} {head} {instant(clock.now())}\n".encode("ascii")
    try:
        with anchor_path().open("a+b") as file:
            if file.tell() and not _ends_a_line(file):
                line = b"\n" + line  # a power cut tore the line before
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        LOG.exception("the anchor could not be written")


def _ends_a_line(file: BinaryIO) -> bool:
    file.seek(-1, os.SEEK_END)
    return file.read(1) == b"\n"


def read_anchors(path: Path) -> dict[int, str]:
    """Read an anchor file: hash by length of the chain.

    Raises:
        BadInput: the file is not there or a line cannot be read. A line that a power cut tore is passed over.
    """
    try:
        lines = path.read_text(encoding="ascii").splitlines()
    except (OSError, UnicodeDecodeError):
        raise BadInput(f"{path} is no anchor file", field="anchor") from None
    anchors: dict[int, str] = {}
    for number, line in enumerate(lines, 1):
        if found := ANCHOR_LINE.fullmatch(line):
            anchors[int(found[1])] = found[2]
        elif not TORN_LINE.fullmatch(line):
            raise BadInput(f"{path}, line {number}: this is no anchor", field="anchor")
    return anchors
