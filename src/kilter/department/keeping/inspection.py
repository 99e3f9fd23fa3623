"""The evidence of a period for an inspector, as one ZIP: tables, sealed documents, certificates, audit.

Every member is written as it is read, and hashed on the way; `manifest.json` comes last. What identifies
patients is in none of them.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import IO, Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Q, QuerySet

from kilter import __version__
from kilter.department.equipment.models import Certificate, Device, DeviceModel, Location
from kilter.department.keeping.export import one_instant, shown
from kilter.department.ledger import audit, clock
from kilter.department.ledger.models import AuditEntry
from kilter.department.people.models import Person
from kilter.department.people.queries import may
from kilter.department.records.models import Record
from kilter.department.schedule.models import Attempt, Completion, Deferral, Due
from kilter.department.work.models import Job
from kilter.measure.document import instant
from kilter.measure.error import BadInput, NotPermitted

MANIFEST = "manifest.json"
MOST_MANIFEST = 50_000_000
BLOCK = 1 << 16
UNREADABLE = (
    *(OSError, zipfile.BadZipFile, zlib.error, KeyError, ValueError, EOFError),
    *(NotImplementedError, RuntimeError, RecursionError),
)
"""What reading a damaged or hostile ZIP or manifest can raise; RuntimeError asks for a password."""

TABLES: dict[str, tuple[str, ...]] = {
    "cqc": ("register", "planned", "completed", "deferrals", "attempts", "jobs", "records", "audit"),
    "ukas": ("register", "records", "instruments", "audit"),
    "irmer": ("inventory", "planned", "completed", "records"),
    "loler": ("register", "planned", "completed", "deferrals", "attempts", "records"),
}
"""What each kind of inspection is given; the choice of tables is ours, from no regulation's list."""

LIFTING_KINDS = ("hoist", "sling")
"""Kinds of device that lift people or carry them while lifted: what a LOLER pack is narrowed to."""

Rows = Iterable[Sequence[object]]
Certify = Callable[[Record], bytes]


@dataclass(frozen=True)
class Scope:
    """What a pack is about: a period, both days included, and which devices; all where nothing narrows it."""

    standard: str
    first: date
    last: date
    place: Location | None = None
    kind: str = ""
    model: DeviceModel | None = None

    def __post_init__(self) -> None:
        """Refuse what makes no sense.

        Raises:
            BadInput: no such standard, or the period runs backwards.
        """
        if self.standard not in TABLES:
            raise BadInput(f"the standard is one of {', '.join(TABLES)}", field="standard")
        if self.last < self.first:
            raise BadInput("the period runs backwards", field="last")

    @property
    def instants(self) -> tuple[datetime, datetime]:
        """Give the first instant of the period at the site, and the one after its last."""
        zone = ZoneInfo(settings.SITE_ZONE)
        end = datetime.combine(self.last, time(), zone) + timedelta(days=1)
        return datetime.combine(self.first, time(), zone), end

    def devices(self) -> QuerySet[Device]:
        """Select the devices."""
        rows = Device.objects.all()
        if self.place is not None:
            rows = rows.filter(location__path__startswith=self.place.path)
        if self.kind:
            rows = rows.filter(model__kind=self.kind)
        if self.model is not None:
            rows = rows.filter(model=self.model)
        return rows.filter(model__kind__in=LIFTING_KINDS) if self.standard == "loler" else rows

    def as_data(self) -> dict[str, Any]:
        """Give it as it stands in the manifest."""
        return {
            "standard": self.standard,
            "first": self.first.isoformat(),
            "last": self.last.isoformat(),
            "place": str(self.place or ""),
            "kind": self.kind,
            "model": str(self.model or ""),
        }


def write_pack(
    path: Path, scope: Scope, *, by: Person | None, certify: Certify | None = None
) -> dict[str, Any]:
    """Write a pack as of one instant.

    Args:
        path: of the new ZIP.
        scope: what it is about.
        by: who asks; None for the operator of the machine.
        certify: draws the certificate of a record as PDF; without it there are none.

    Returns:
        The manifest.

    Raises:
        NotPermitted: that person may not read the audit entries.
        BadInput: it is there already, or cannot be written.
    """
    if by is not None:
        permission = may(by, "ledger.read_audit")
        if not permission:
            raise NotPermitted(" ".join(permission.reasons), field="by")
        audit.write("ledger.read_audit", by=by, detail={"inspection pack": scope.as_data()})
    try:
        with path.open("xb") as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as pack, one_instant():
            return _write(pack, scope, certify)
    except OSError as problem:
        message = f"{path} cannot be written: {problem.strerror or problem}"
        raise BadInput(message, field="file") from problem


def _write(pack: zipfile.ZipFile, scope: Scope, certify: Certify | None) -> dict[str, Any]:
    files: dict[str, dict[str, Any]] = {}
    for name in TABLES[scope.standard]:
        columns, rows = _table(name, scope)
        with member(pack, f"{name}.csv", files) as out:
            write_csv(out, columns, rows)
    with member(pack, "records.jsonl", files) as out:
        for text in _records(scope).values_list("text", flat=True).iterator(chunk_size=500):
            out.write(f"{text}\n".encode())
    if certify is not None:
        for record in _records(scope).filter(kind="result").iterator(chunk_size=100):
            with member(pack, f"certificates/{record.number}.pdf", files) as out:
                out.write(certify(record))
    return write_manifest(pack, scope.as_data(), files)


def write_manifest(
    pack: zipfile.ZipFile, scope: Mapping[str, Any], files: Mapping[str, Any]
) -> dict[str, Any]:
    """Write the manifest of a pack, as its last member: what it is about, and the hash of every other one."""
    manifest = {"form": 1, "made_at": instant(clock.now()), "software": __version__}
    whole = {**manifest, "scope": dict(scope), "files": dict(files)}
    pack.writestr(MANIFEST, json.dumps(whole, indent=1, ensure_ascii=False) + "\n")
    return whole


class Hashed(io.RawIOBase):
    """Writes through to a member and counts and hashes what passes."""

    def __init__(self, inner: IO[bytes]) -> None:
        """Write to `inner`."""
        super().__init__()
        self.inner, self.digest, self.size = inner, hashlib.sha256(), 0

    def writable(self) -> bool:
        """Say that it can be written to."""
        return True

    def write(self, block: Any) -> int:
        """Write a block."""
        self.digest.update(block)
        self.size += len(block)
        self.inner.write(block)
        return len(block)


@contextmanager
def member(pack: zipfile.ZipFile, name: str, files: dict[str, dict[str, Any]]) -> Iterator[Hashed]:
    """Open a member of a pack for writing; its hash and size are noted in `files` when it closes."""
    with pack.open(name, "w", force_zip64=True) as inner:
        out = Hashed(inner)
        yield out
    files[name] = {"sha256": out.digest.hexdigest(), "size": out.size}


def write_csv(out: Hashed, columns: Sequence[str], rows: Rows) -> None:
    """Write a table as CSV in UTF-8, in blocks."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(columns)
    for row in rows:
        writer.writerow([shown(value) for value in row])
        if text.tell() > BLOCK:
            out.write(text.getvalue().encode())
            text.seek(0)
            text.truncate()
    out.write(text.getvalue().encode())


def _records(scope: Scope) -> QuerySet[Record]:
    begin, end = scope.instants
    rows = Record.objects.filter(device__in=scope.devices(), performed_at__gte=begin, performed_at__lt=end)
    return rows.select_related("device", "person").order_by("number")


_DEVICE = ("model__maker", "model__name", "serial", "year_of_manufacture")
_COLUMNS: dict[str, tuple[str, ...]] = {
    "register": ("asset", *_DEVICE[:3], "model__kind", "location__name", "state", "owner", "installed"),
    "planned": ("device__asset", "protocol", "due", "closes", "deferred_until", "suspended", "last_passed"),
    "completed": ("device__asset", "protocol", "due", "closes", "passed_at", "in_window"),
    "deferrals": (
        *("device__asset", "protocol", "due", "until", "reason", "asked_by__display_name", "asked_at"),
        *("state", "decided_by__display_name", "decided_at", "decision"),
    ),
    "attempts": ("device__asset", "protocol", "due", "outcome", "step", "act", "text", "told", "at"),
    "jobs": (
        *("uuid", "device__asset", "kind", "text", "state", "priority", "opened_at", "responded_at"),
        *("repaired_at", "closed_at", "outcome", "failure_code", "cause_code", "action_code"),
    ),
    "records": (
        *("number", "device__asset", "kind", "protocol", "procedure", "version", "verdict"),
        *("performed_at", "sealed_at", "person__display_name", "sha256", "previous"),
    ),
    "instruments": (
        *("device__asset", "device__serial", "number", "laboratory", "issued", "valid_from"),
        *("valid_until", "withdrawn_at", "withdrawn_reason"),
    ),
    "audit": ("at", "actor_name", "activity", "subject_kind", "subject", "count", "detail"),
}
"""The columns of each table, as the rows name them; the last part names them in the file."""


def _table(name: str, scope: Scope) -> tuple[list[str], Rows]:
    """Give the columns and rows of one table."""
    if name == "inventory":
        return _inventory(scope)
    columns = _COLUMNS[name]
    rows = _rows(name, scope).values_list(*columns).iterator(chunk_size=2000)
    return [column.replace("__display_name", "").replace("__", "_") for column in columns], rows


def _inventory(scope: Scope) -> tuple[list[str], Rows]:
    """Give the inventory with the facts that IR(ME)R 2017, regulation 15, asks for."""
    rows = scope.devices().order_by("asset_key").values_list(*_DEVICE, "installed")
    named = ["manufacturer", "model", "serial", "year_of_manufacture", "year_of_installation"]
    return named, ((*row[:4], row[4].year if row[4] else None) for row in rows.iterator(chunk_size=2000))


def _rows(name: str, scope: Scope) -> QuerySet[Any]:
    devices = scope.devices()
    begin, end = scope.instants
    of = Q(device__in=devices)
    within = Q(closes__gte=scope.first, closes__lte=scope.last)
    if name == "register":
        return devices.order_by("asset_key")
    if name == "audit":
        subjects = devices.values("uuid")
        return AuditEntry.objects.filter(at__gte=begin, at__lt=end, subject__in=subjects).order_by("id")
    if name == "instruments":
        used = Certificate.objects.filter(uses__record__in=_records(scope).order_by())
        return used.distinct().order_by("device", "id")
    chosen: dict[str, QuerySet[Any]] = {
        "planned": Due.objects.filter(of),
        "completed": Completion.objects.filter(of & within),
        "deferrals": Deferral.objects.filter(of, asked_at__gte=begin, asked_at__lt=end),
        "attempts": Attempt.objects.filter(of, at__gte=begin, at__lt=end),
        "jobs": Job.objects.filter(of, opened_at__lt=end).filter(Q(closed_at=None) | Q(closed_at__gte=begin)),
        "records": _records(scope),
    }
    return chosen[name].order_by("id")


def verify_pack(path: Path) -> list[str]:
    """Compare a pack with its manifest.

    Returns:
        One sentence for each thing that is wrong; none where all is as it was written.

    Raises:
        BadInput: it is no pack, or cannot be read.
    """
    try:
        with zipfile.ZipFile(path) as pack:
            return _compare(pack)
    except UNREADABLE as problem:
        raise BadInput(f"{path} is no inspection pack that can be read: {problem}", field="file") from problem


def _compare(pack: zipfile.ZipFile) -> list[str]:
    if pack.getinfo(MANIFEST).file_size > MOST_MANIFEST:
        raise ValueError("its manifest is too large")
    manifest = json.loads(pack.read(MANIFEST))
    listed = manifest.get("files") if isinstance(manifest, dict) else None
    if not isinstance(listed, dict):
        raise ValueError("its manifest lists no files")
    names = [one.filename for one in pack.infolist() if one.filename != MANIFEST]
    twice = [name for name, count in Counter(names).items() if count > 1]
    found = [f"{name} is there twice" for name in sorted(twice)]
    found += [f"{name} is missing" for name in sorted(set(listed) - set(names))]
    found += [f"{name} is not in the manifest" for name in sorted(set(names) - set(listed))]
    for name in sorted(set(names) & set(listed)):
        row = listed[name]
        wanted = row.get("sha256") if isinstance(row, dict) else None
        if _sha256(pack, name) != wanted:
            found.append(f"{name} was changed")
    return found


def _sha256(pack: zipfile.ZipFile, name: str) -> str:
    """Hash a member; "" where it cannot be read or its own checksum does not hold."""
    digest = hashlib.sha256()
    try:
        with pack.open(name) as member:
            while block := member.read(BLOCK):
                digest.update(block)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError):
        return ""
    return digest.hexdigest()
