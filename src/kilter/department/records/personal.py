"""What identifies a patient, kept beside the chain: how it is enciphered, digested and opened again."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings

from kilter.department.records.models import PersonalPart
from kilter.measure.error import Fault, NotFound

KEY_FILE = "personal.key"


def cipher(*, make: bool = False) -> Fernet:
    """Open the site's key for personal parts: a file beside the database, never in it.

    Args:
        make: make the key where there is none. Reading never does: a new key would open nothing, and
            would stand in the way of the right one.

    Raises:
        Fault: there is no key, or its file holds none.
    """
    path = Path(settings.KILTER.home) / KEY_FILE
    if make and not path.exists():
        _make_key(path)
    try:
        return Fernet(path.read_bytes().strip())
    except FileNotFoundError:
        raise Fault(f"the site's key for personal parts ({KEY_FILE}) is not there") from None
    except ValueError:
        raise Fault(f"{KEY_FILE} holds no key") from None


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


def read_personal(part: PersonalPart) -> dict[str, Any]:
    """Open a personal part and check it against its digest.

    Raises:
        NotFound: it was destroyed.
        Fault: it is not what was sealed, or the site's key does not open it.
    """
    if part.payload is None or part.key is None:
        raise NotFound("what identified the patient was destroyed", field="personal")
    try:
        text = cipher().decrypt(bytes(part.payload)).decode("utf-8")
    except InvalidToken:
        raise Fault("the site's key does not open this personal part") from None
    if not hmac.compare_digest(keyed_digest(bytes(part.key), text), part.digest):
        raise Fault("this personal part is not what was sealed")
    return dict(json.loads(text))
