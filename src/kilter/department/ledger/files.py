"""The content store: files by the SHA-256 of their bytes, on disk before their row exists.

A file is written to a temporary name, flushed to disk, renamed, its folder flushed, and only then is
the row written. A crash between two steps leaves at most a temporary or an unnamed file, never a row
without its bytes. What stands on the disk is enciphered, for an image or a sheet can name a patient; what
is read back is deciphered and hashed again.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from django.conf import settings
from django.db import IntegrityError, transaction

from kilter.department.ledger.cipher import decipher_file, encipher_file
from kilter.department.ledger.models import StoredFile
from kilter.measure.error import BadInput, Fault, NotFound

DRAFT_PREFIX = ".draft-"


def path_of(sha256: str) -> Path:
    """Give the path at which the bytes of a digest stand.

    Raises:
        BadInput: the text is not a SHA-256 in lower-case hexadecimal.

    """
    if len(sha256) != 64 or set(sha256) - set("0123456789abcdef"):
        raise BadInput("sha256: not a SHA-256 digest", field="sha256")
    return Path(settings.FILE_STORE) / sha256[:2] / sha256


def store(content: bytes, *, media_type: str) -> StoredFile:
    """Keep bytes and give their row; the same bytes again give the same row.

    Raises:
        BadInput: there are no bytes, or the media type is not one.

    """
    if not content:
        raise BadInput("file: the file is empty", field="file")
    kind, slash, subkind = media_type.partition("/")
    if not (kind and slash and subkind) or len(media_type) > 100 or not media_type.isprintable():
        raise BadInput(f"media_type: {media_type[:40]!r} is not a media type", field="media_type")
    sha256 = hashlib.sha256(content).hexdigest()
    _put(path_of(sha256), content)
    found = StoredFile.objects.filter(sha256=sha256).first()
    if found is not None:
        return found
    try:
        with transaction.atomic():
            return StoredFile.objects.create(sha256=sha256, size=len(content), media_type=media_type)
    except IntegrityError:  # another process stored the same bytes in between
        return StoredFile.objects.get(sha256=sha256)


def read(sha256: str) -> bytes:
    """Give the bytes of a digest, hashed again on the way out.

    Raises:
        NotFound: no file of this digest was stored.
        Fault: the bytes are missing or are no longer those that were stored.

    """
    if not StoredFile.objects.filter(sha256=sha256).exists():
        raise NotFound(f"there is no stored file {sha256[:12]}", field="sha256")
    try:
        content = whole(path_of(sha256))
    except OSError as problem:
        raise Fault(f"the stored file {sha256[:12]} cannot be read: {problem.strerror}") from problem
    if content is None:
        raise Fault(f"the stored file {sha256[:12]} is not what was stored")
    return content


def read_many(digests: Iterable[str]) -> dict[str, bytes | None]:
    """Give the bytes of many digests by one query, each hashed again on the way out.

    None stands where a file was never stored, is gone, or is no longer what was stored.
    """
    return dict(read_each(set(digests)))


def read_each(digests: Iterable[str]) -> Iterator[tuple[str, bytes | None]]:
    """Give digests and their bytes as `read_many` does, in their order, one at a time: none is held."""
    wanted = list(digests)
    known = set(StoredFile.objects.filter(sha256__in=wanted).values_list("sha256", flat=True))
    for sha256 in wanted:
        yield sha256, _unchanged(sha256) if sha256 in known else None


def _unchanged(sha256: str) -> bytes | None:
    try:
        return whole(path_of(sha256))
    except OSError:
        return None


def whole(path: Path) -> bytes | None:
    """Give the content of a file of the store, whose name is its digest; None where it is not that.

    Raises:
        OSError: it cannot be read.
        Fault: the site's key is not there.
    """
    content = decipher_file(path.read_bytes(), path.name)
    if content is None or hashlib.sha256(content).hexdigest() != path.name:
        return None
    return content


def _put(path: Path, content: bytes) -> None:
    """Write bytes under their final name, enciphered, whole and on disk, or not at all.

    A file that already stands there is kept only when it is whole: a disk that lost power may have
    kept a name and not its bytes.
    """
    if path.exists() and whole(path) == content:
        return
    kept = encipher_file(content, path.name)
    for folder in (path.parent.parent, path.parent):
        if not folder.is_dir():
            folder.mkdir(parents=True, exist_ok=True)
            _flush_folder(folder.parent)
    draft = path.parent / f"{DRAFT_PREFIX}{secrets.token_hex(8)}"
    try:
        with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            file.write(kept)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(path)
    except BaseException:
        with suppress(FileNotFoundError):
            draft.unlink()
        raise
    _flush_folder(path.parent)


def _flush_folder(folder: Path) -> None:
    """Flush a folder's own list of names to disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sweep_drafts(older_than: float) -> int:
    """Delete temporary files that a crash left behind.

    Args:
        older_than: seconds since the epoch; younger ones may still be in writing.

    Returns:
        How many were deleted.

    """
    root = Path(settings.FILE_STORE)
    deleted = 0
    for draft in root.glob(f"*/{DRAFT_PREFIX}*"):
        if draft.stat().st_mtime < older_than:
            draft.unlink(missing_ok=True)
            deleted += 1
    return deleted
