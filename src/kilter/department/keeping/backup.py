"""Backup and restore: database, files and anchor in one archive; a restore proves itself by `verify`."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command

from kilter import __version__
from kilter.department.keeping import database
from kilter.department.keeping.archive import unpack, write_archive
from kilter.department.ledger import clock
from kilter.department.ledger.cipher import ENCIPHERED, KEY_FILE, decipher_file, read_key
from kilter.department.ledger.files import whole
from kilter.department.records.chain import ANCHOR, anchor_path, read_anchors
from kilter.department.records.verify import Verified, verify
from kilter.measure.document import instant
from kilter.measure.error import BadInput, Conflict

LAST_BACKUP = "last_backup"
"""File of the home folder that says when the last sound backup was made."""


@dataclass(frozen=True)
class Kept:
    """What a backup wrote: its manifest, and stored files whose bytes are no longer those of their name."""

    manifest: dict[str, Any]
    damaged: tuple[str, ...]


@dataclass(frozen=True)
class Restored:
    """What a restore did: the manifest, where the former state went, and whether the chain holds."""

    manifest: dict[str, Any]
    set_aside: Path | None
    verified: Verified


def backup(path: Path, *, with_keys: bool = False) -> Kept:
    """Write database, files and anchor into one archive while the site goes on working.

    The anchor is copied before the database, and files are looked for after it: so the copy knows every
    record that the anchor names and has every file that the database names.

    Args:
        path: of the archive; must not exist.
        with_keys: also the key that opens files and what identifies patients; keep such an archive
            accordingly. Without it, neither opens again but with the key from another place.

    Raises:
        Conflict: the archive is there already, or PostgreSQL's tools are missing.
        BadInput: it cannot be written there.
        Fault: the database could not be copied, or the site's key is not there.
    """
    home = Path(settings.KILTER.home)
    with tempfile.TemporaryDirectory(dir=home, prefix=".backup-") as name:
        folder = Path(name)
        members: list[tuple[str, Path]] = []
        if anchor_path().exists():
            shutil.copyfile(anchor_path(), folder / ANCHOR)
            members.append((ANCHOR, folder / ANCHOR))
        members.append((database.member(), database.snapshot(folder)))
        if with_keys and (home / KEY_FILE).exists():
            members.append((KEY_FILE, home / KEY_FILE))
        stored = dict(_stored())
        about = {
            "made_at": instant(clock.now()),
            "software": __version__,
            "department": settings.KILTER.department,
        }
        manifest = write_archive(path, [*members, *stored.items()], about)
    wrong = [one for one, source in stored.items() if not _is_whole(source)]
    if not wrong:  # a backup with damaged files is none that the metrics may count on
        (home / LAST_BACKUP).write_text(about["made_at"], encoding="ascii")
    return Kept(manifest, tuple(wrong))


def last_backup() -> datetime | None:
    """Give when the last sound backup was made; None where none is known."""
    try:
        return datetime.fromisoformat((Path(settings.KILTER.home) / LAST_BACKUP).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None


def _stored() -> Iterator[tuple[str, Path]]:
    root = Path(settings.FILE_STORE)
    for path in sorted(root.glob("[0-9a-f][0-9a-f]/*")):
        if len(path.name) == 64 and path.is_file():
            yield f"files/{path.parent.name}/{path.name}", path


def _is_whole(path: Path) -> bool:
    try:
        return whole(path) is not None
    except OSError:
        return False


def restore(path: Path, *, force: bool = False, without_keys: bool = False) -> Restored:
    """Bring an archive back, migrate it to this version, and walk the chain with the archive's anchor.

    Nothing is touched before the archive has been taken apart, every hash in it was right and a key opens it.

    Args:
        path: of the archive.
        force: put what stands here aside, into a folder of the home folder.
        without_keys: go on where no key opens its files; they and who patients are stay closed.

    Raises:
        Conflict: the home is not empty and `force` was not given; or no key is there that opens the files.
        BadInput: the archive is damaged, of another engine, or no archive of ours.
        Fault: the database refused the copy.
    """
    home = Path(settings.KILTER.home)
    store = Path(settings.FILE_STORE)
    former = database.occupied() or anchor_path().exists() or (store.is_dir() and any(store.iterdir()))
    if former and not force:
        raise Conflict(
            f"{home} is not empty; --force puts what is there aside", field="home", code="not_empty"
        )
    with tempfile.TemporaryDirectory(dir=home, prefix=".restore-") as name:
        staging = Path(name)
        manifest = unpack(path, staging)
        copy = staging / database.member()
        if not copy.exists():
            raise BadInput(f"{path} holds no database for the engine of this site", field="file")
        if not without_keys:
            _check_key(staging, home)
        aside = _put_aside(home, store) if former else None
        database.put_in_place(copy)
        _bring(staging, home, store)
    call_command("migrate", verbosity=0, interactive=False)
    return Restored(manifest, aside, verify(read_anchors(anchor_path()) if anchor_path().exists() else None))


def _check_key(staging: Path, home: Path) -> None:
    """Refuse an archive whose files neither its own key nor the one in the home folder opens."""
    kept = next((one for one in sorted(staging.glob("files/*/*")) if _is_enciphered(one)), None)
    if kept is None:
        return
    found = next((one / KEY_FILE for one in (staging, home) if (one / KEY_FILE).exists()), None)
    if found is not None and decipher_file(kept.read_bytes(), kept.name, key=read_key(found)) is not None:
        return
    wrong = "is of another site" if found is not None else "is not there"
    message = (
        f"the files of this archive are enciphered and {KEY_FILE} {wrong}: put the one that was kept apart "
        f"into {home}, or --without-keys leaves them closed"
    )
    raise Conflict(message, field="home", code="no_key")


def _is_enciphered(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(ENCIPHERED)) == ENCIPHERED


def _put_aside(home: Path, store: Path) -> Path:
    aside = home / f"before-restore-{clock.now():%Y%m%dT%H%M%S.%fZ}"
    aside.mkdir(mode=0o700)
    if database.occupied():
        database.set_aside(aside)
    for path in (store, anchor_path()):
        if path.exists():
            shutil.move(path, aside / path.name)
    if (home / KEY_FILE).exists():  # what is put aside opens with it; the archive may bring another
        shutil.copy2(home / KEY_FILE, aside / KEY_FILE)
    return aside


def _bring(staging: Path, home: Path, store: Path) -> None:
    if (staging / "files").is_dir():
        shutil.move(staging / "files", store)
    for name in (ANCHOR, KEY_FILE):
        if (staging / name).exists():
            (staging / name).replace(home / name)
