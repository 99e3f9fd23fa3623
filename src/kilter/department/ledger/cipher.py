"""The site's key for who patients are and for every stored file: beside the database, never in it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from kilter.measure.error import Fault

KEY_FILE = "personal.key"
ENCIPHERED = b"KILTER\x00file\x001"
"""How an enciphered file begins; then a nonce of 12 bytes, then AES-256-GCM with the tag at its end."""
NONCE = 12


def cipher(*, make: bool = False) -> Fernet:
    """Open the site's key.

    Args:
        make: make the key where there is none. Reading never does: a new key would open nothing, and
            would stand in the way of the right one.

    Raises:
        Fault: there is no key, or its file holds none.
    """
    return Fernet(_key(make=make))


def key_path() -> Path:
    """Give where the site's key stands."""
    return Path(settings.KILTER.home) / KEY_FILE


def _key(*, make: bool) -> bytes:
    if make and not key_path().exists():
        _make_key(key_path())
    return read_key(key_path())


def read_key(path: Path) -> bytes:
    """Read a key from its file.

    Raises:
        Fault: there is no such file, or it holds no key.
    """
    try:
        key = path.read_bytes().strip()
        if len(base64.urlsafe_b64decode(key)) != 32:
            raise ValueError
    except FileNotFoundError:
        raise Fault(f"the site's key for personal parts ({KEY_FILE}) is not there") from None
    except ValueError:
        raise Fault(f"{KEY_FILE} holds no key") from None
    return key


def mark_of(key: bytes) -> str:
    """Give a short mark by which a key is known again and from which nobody finds it."""
    return hmac.digest(key, b"mark of the key", "sha256").hex()[:12]


def _make_key(path: Path) -> None:
    """Write a new key; it has its name only once it is whole, and whoever is second uses the first one's."""
    draft = path.with_name(f".{KEY_FILE}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        file.write(Fernet.generate_key())
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    folder = os.open(path.parent, os.O_RDONLY)
    try:  # nothing is enciphered by a key that a power cut could still take away
        os.fsync(folder)
    finally:
        os.close(folder)


def keyed_digest(key: bytes, text: str) -> str:
    """HMAC-SHA-256 of a text, hexadecimal; without the key nobody can try out names against it."""
    return hmac.new(key, text.encode("utf-8"), hashlib.sha256).hexdigest()


def site_digest(purpose: str, text: str, *, make: bool = False) -> str:
    """Digest a text under the site's key, apart for each purpose.

    Raises:
        Fault: as `cipher`.
    """
    return keyed_digest(hmac.digest(_key(make=make), purpose.encode("utf-8"), "sha256"), text)


def encipher_file(content: bytes, sha256: str) -> bytes:
    """Encipher the content of a file under the site's key, bound to its digest; the key is made if need be.

    Args:
        content: less than 2 GiB.
        sha256: digest of the content, under which it is kept.

    Raises:
        Fault: as `cipher`.
    """
    nonce = secrets.token_bytes(NONCE)
    return ENCIPHERED + nonce + _of_files(_key(make=True)).encrypt(nonce, content, sha256.encode("ascii"))


def decipher_file(kept: bytes, sha256: str, *, key: bytes | None = None) -> bytes | None:
    """Give the content of a file as it was enciphered; None where it is not what was.

    What an earlier version kept in clear is given as it is: its digest is the caller's to check.

    Args:
        kept: what stands on the disk.
        sha256: digest of the content, under which it is kept.
        key: another key than the site's.

    Raises:
        Fault: as `cipher`.
    """
    if not kept.startswith(ENCIPHERED):
        return kept
    start = len(ENCIPHERED)
    nonce, body = kept[start : start + NONCE], kept[start + NONCE :]
    try:
        return _of_files(key or _key(make=False)).decrypt(nonce, body, sha256.encode("ascii"))
    except (InvalidTag, ValueError):
        return None


def _of_files(key: bytes) -> AESGCM:
    return AESGCM(hmac.digest(key, b"stored files", "sha256"))
