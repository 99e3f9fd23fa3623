"""One archive file: members under a few known names, and a manifest with the hash of each.

A plain tar, so that any machine opens it in twenty years. The manifest is its last member: an archive
that was cut short has none and is refused.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import tarfile
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from kilter.measure.error import BadInput, Conflict, Fault

FORM = 1
MANIFEST = "manifest.json"
MEMBER = re.compile(
    r"database\.sqlite3|database\.dump|anchor\.txt|personal\.key|files/([0-9a-f]{2})/\1[0-9a-f]{62}", re.ASCII
)
"""Every name a member may have; nothing else is ever written to disk."""
LARGEST_MANIFEST = 256 << 20
PIECE = 1 << 20


def write_archive(
    path: Path, members: Iterable[tuple[str, Path]], about: Mapping[str, Any]
) -> dict[str, Any]:
    """Write an archive, whole and flushed to disk, or not at all.

    Args:
        path: of the archive; must not exist.
        members: name in the archive and file on disk.
        about: what the manifest says besides the hashes.

    Returns:
        The manifest.

    Raises:
        Conflict: there is a file of this name.
        BadInput: the archive cannot be written there.
        Fault: a member changed while it was read, or is gone.
    """
    if path.exists():
        raise Conflict(f"{path} is there already; a backup never overwrites another", field="file")
    draft = path.with_name(f".{path.name}.part")
    try:
        with os.fdopen(os.open(draft, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "wb") as file:
            manifest = _write(file, members, about)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(path)
    except OSError as problem:
        raise BadInput(f"{path} cannot be written: {problem.strerror or problem}", field="file") from problem
    finally:
        with suppress(FileNotFoundError):
            draft.unlink()
    return manifest


def _write(file: IO[bytes], members: Iterable[tuple[str, Path]], about: Mapping[str, Any]) -> dict[str, Any]:
    listed: dict[str, dict[str, Any]] = {}
    with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, source in members:
            if not MEMBER.fullmatch(name) or name in listed:
                raise Fault(f"{name!r} is no member of an archive")
            listed[name] = _add(tar, name, source)
        manifest = {**about, "form": FORM, "members": listed}
        text = json.dumps(manifest, indent=1, sort_keys=True).encode("utf-8")
        tar.addfile(_head(MANIFEST, len(text)), _Bytes(text))
    return manifest


def _add(tar: tarfile.TarFile, name: str, source: Path) -> dict[str, Any]:
    with source.open("rb") as opened:
        size = os.fstat(opened.fileno()).st_size
        hashed = _Hashed(opened)
        tar.addfile(_head(name, size), hashed)
        if opened.read(1):
            raise Fault(f"{source.name} grew while it was read")
    return {"sha256": hashed.digest(), "size": size}


def _head(name: str, size: int) -> tarfile.TarInfo:
    head = tarfile.TarInfo(name)
    head.size, head.mode = size, 0o600
    return head


class _Hashed:
    """A file that hashes what is read from it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._hash = file, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """Read, and hash what was read."""
        piece = self._file.read(size)
        self._hash.update(piece)
        return piece

    def digest(self) -> str:
        """SHA-256 of all that was read, hexadecimal."""
        return self._hash.hexdigest()


class _Bytes(_Hashed):
    """Bytes in memory, read like a file."""

    def __init__(self, content: bytes) -> None:
        import io

        super().__init__(io.BytesIO(content))


def unpack(path: Path, into: Path) -> dict[str, Any]:
    """Take an archive apart into an empty folder, and hold every member to the manifest.

    Returns:
        The manifest.

    Raises:
        BadInput: no archive of ours, cut short, with a name that none of its members may have, or with
            a member whose hash differs; the sentence names it.
    """
    found: dict[str, dict[str, Any]] = {}
    manifest: dict[str, Any] | None = None
    try:
        with tarfile.open(path, mode="r:") as tar:
            for head in tar:
                if manifest is not None:
                    raise BadInput(f"{path}: something stands behind the manifest", field="file")
                if head.name == MANIFEST and head.isreg():
                    manifest = _read_manifest(tar, head, path)
                    continue
                if not head.isreg() or not MEMBER.fullmatch(head.name) or head.name in found:
                    raise BadInput(f"{path}: {head.name[:100]!r} is no member of a backup", field="file")
                found[head.name] = _extract(tar, head, into / head.name)
    except (tarfile.TarError, EOFError, OSError, ValueError, RecursionError) as problem:
        raise BadInput(f"{path} is no whole archive ({type(problem).__name__})", field="file") from problem
    if manifest is None:
        raise BadInput(f"{path} is cut short: it has no manifest", field="file")
    _compare(path, found, manifest)
    return manifest


def _read_manifest(tar: tarfile.TarFile, head: tarfile.TarInfo, path: Path) -> dict[str, Any]:
    opened = tar.extractfile(head) if head.size <= LARGEST_MANIFEST else None
    data = json.loads(opened.read().decode("utf-8")) if opened else None
    if not isinstance(data, dict) or data.get("form") != FORM or not isinstance(data.get("members"), dict):
        raise BadInput(f"{path}: its manifest is none that is known here", field="file")
    return data


def _extract(tar: tarfile.TarFile, head: tarfile.TarInfo, target: Path) -> dict[str, Any]:
    opened = tar.extractfile(head)
    if opened is None:
        raise BadInput(f"{head.name} cannot be read", field="file")
    target.parent.mkdir(parents=True, exist_ok=True)
    hashed, size = _Hashed(opened), 0
    with os.fdopen(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        while piece := hashed.read(PIECE):
            file.write(piece)
            size += len(piece)
        file.flush()
        os.fsync(file.fileno())
    return {"sha256": hashed.digest(), "size": size}


def _compare(path: Path, found: Mapping[str, Any], manifest: Mapping[str, Any]) -> None:
    listed = manifest["members"]
    for name in sorted(set(listed) | set(found)):
        if name not in found:
            raise BadInput(f"{path}: {name[:100]} is missing", field="file")
        if name not in listed:
            raise BadInput(f"{path}: {name} is not in the manifest", field="file")
        if found[name] != listed[name]:
            raise BadInput(f"{path}: {name} is not what was backed up (its hash differs)", field="file")
