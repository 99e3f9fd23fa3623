"""Everything in open formats: tables as CSV, sealed documents as they are, files, and the hash of each.

Left out are only secrets: passwords, PINs, sessions, and the keys and payloads of what identifies patients.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connection, models

from kilter import __version__
from kilter.department.ledger import clock
from kilter.department.ledger.files import path_of, whole
from kilter.department.ledger.models import StoredFile
from kilter.department.records.models import Record
from kilter.measure.document import instant
from kilter.measure.error import BadInput, Conflict

SECRET = {
    "people_person": {
        "password",
        "pin_hash",
        "failed_confirmations",
        "confirmation_waits_until",
        "last_login",
    },
    "records_personalpart": {"key", "payload"},
    "patients_patient": {"payload"},
    "patients_patientnumber": {"digest"},
    "records_record": {"text"},  # stands in records.jsonl, byte for byte
}
README = """This folder holds everything that Kilter knew when it was written, in open formats.

tables/*.csv    one file per table: UTF-8, comma, the first row names the columns; instants in UTC, ISO 8601;
                lists and mappings as JSON; an empty cell is "nothing"
records.jsonl   the sealed documents, one per line in order of the chain, byte for byte as they were sealed;
                the SHA-256 of a line without its end is the record's sha256 and the next one's previous
files/          stored files under their SHA-256; tables/ledger_storedfile.csv lists them. They are as they
                were given, and not enciphered here: an image can hold the name of a patient
manifest.json   the SHA-256 and size of every file here

Left out: passwords and PINs, and the keys and payloads of what identifies patients.
"""


def export(folder: Path) -> dict[str, Any]:
    """Write everything out, as of one instant, while the site goes on working.

    Args:
        folder: must not exist, or be empty.

    Returns:
        The manifest: path to SHA-256 and size, and under "missing" the stored files that are not on disk,
        or no longer what was stored.

    Raises:
        Conflict: there is something in the folder.
        BadInput: it cannot be written.
    """
    try:
        if folder.exists() and any(folder.iterdir()):
            raise Conflict(f"{folder} is not empty", field="dir")
        folder.mkdir(parents=True, exist_ok=True)
        with one_instant():
            return _write(folder)
    except OSError as problem:
        raise BadInput(f"{folder} cannot be written: {problem.strerror or problem}", field="dir") from problem


@contextmanager
def one_instant() -> Iterator[None]:
    """Read one state of the database throughout, without keeping anybody from signing."""
    if connection.in_atomic_block:
        yield
        return
    begin = "BEGIN" if connection.vendor == "sqlite" else "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
    with connection.cursor() as cursor:
        cursor.execute(begin)
        try:
            yield
        finally:
            cursor.execute("COMMIT")


def _write(folder: Path) -> dict[str, Any]:
    (folder / "tables").mkdir()
    for model in sorted(tables(), key=lambda one: one._meta.db_table):
        _table(model, folder / "tables" / f"{model._meta.db_table}.csv")
    with (folder / "records.jsonl").open("w", encoding="utf-8", newline="\n") as file:
        for text in Record.objects.order_by("number").values_list("text", flat=True).iterator(chunk_size=500):
            file.write(f"{text}\n")
    missing = _files(folder / "files")
    (folder / "README.txt").write_text(README, encoding="utf-8")
    listed = {
        path.relative_to(folder).as_posix(): _hashed(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    manifest = {"form": 1, "made_at": instant(clock.now()), "software": __version__, "files": listed}
    manifest["missing"] = missing
    text = json.dumps(manifest, indent=1, ensure_ascii=False)
    (folder / "manifest.json").write_text(text + "\n", encoding="utf-8")
    return manifest


def tables() -> list[type[models.Model]]:
    """List the models of every room, joining tables included."""
    rooms = {name.rpartition(".")[2] for name in settings.DEPARTMENT}
    every = [
        model for config in apps.get_app_configs() for model in config.get_models(include_auto_created=True)
    ]
    return [model for model in every if model._meta.app_label in rooms]


def _table(model: type[models.Model], path: Path) -> None:
    secret = SECRET.get(model._meta.db_table, set())
    names = [field.attname for field in model._meta.concrete_fields if field.attname not in secret]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        rows = model._base_manager.order_by("pk").values_list(*names)
        writer.writerows([shown(value) for value in row] for row in rows.iterator(chunk_size=2000))


def shown(value: object) -> str:
    """Give a value as a cell of a CSV file."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return instant(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    return str(value)


def _files(folder: Path) -> list[str]:
    folder.mkdir()
    missing = []
    for sha256 in StoredFile.objects.order_by("sha256").values_list("sha256", flat=True).iterator():
        try:
            content = whole(path_of(sha256))
        except FileNotFoundError:
            content = None
        if content is None:
            missing.append(sha256)
        else:
            (folder / sha256).write_bytes(content)
    return missing


def _hashed(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        return {"sha256": hashlib.file_digest(file, "sha256").hexdigest(), "size": path.stat().st_size}
