"""The site's key for what identifies a patient: a file beside the database, never in it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
from pathlib import Path

from cryptography.fernet import Fernet
from django.conf import settings

from kilter.measure.error import Fault

KEY_FILE = "personal.key"


def cipher(*, make: bool = False) -> Fernet:
    """Open the site's key.

    Args:
        make: make the key where there is none. Reading never does: a new key would open nothing, and
            would stand in the way of the right one.

    Raises:
        Fault: there is no key, or its file holds none.
    """
    return Fernet(_key(make=make))


def _key(*, make: bool) -> bytes:
    path = Path(settings.KILTER.home) / KEY_FILE
    if make and not path.exists():
        _make_key(path)
    try:
        key = path.read_bytes().strip()
        if len(base64.urlsafe_b64decode(key)) != 32:
            raise ValueError
    except FileNotFoundError:
        raise Fault(f"the site's key for personal parts ({KEY_FILE}) is not there") from None
    except ValueError:
        raise Fault(f"{KEY_FILE} holds no key") from None
    return key


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


def keyed_digest(key: bytes, text: str) -> str:
    """HMAC-SHA-256 of a text, hexadecimal; without the key nobody can try out names against it."""
    return hmac.new(key, text.encode("utf-8"), hashlib.sha256).hexdigest()


def site_digest(purpose: str, text: str, *, make: bool = False) -> str:
    """Digest a text under the site's key, apart for each purpose.

    Raises:
        Fault: as `cipher`.
    """
    return keyed_digest(hmac.digest(_key(make=make), purpose.encode("utf-8"), "sha256"), text)
