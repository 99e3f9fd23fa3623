"""How one setting is read: from the file as TOML gives it, or from a variable as a text.

Each reader takes the setting's name, which its refusal begins with, and what was given.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

from kilter.measure.error import BadInput

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


def text(name: str, given: object) -> str:
    """Read a text on one line that is not blank."""
    if not isinstance(given, str) or not given.strip() or "\n" in given or "\0" in given:
        raise BadInput(f"{name}: must be a text on one line, not {given!r}", field=name)
    return given.strip()


def folder(name: str, given: object) -> Path:
    """Read a folder; `~` is the home of the account."""
    try:
        return Path(text(name, given)).expanduser().absolute()
    except RuntimeError:  # `~somebody` whom this machine does not know
        raise BadInput(f"{name}: this machine knows no such account's home", field=name) from None


def zone(name: str, given: object) -> str:
    """Read a time zone known to this machine."""
    line = text(name, given)
    try:
        ZoneInfo(line)
    except (OSError, ValueError, KeyError) as problem:
        raise BadInput(f"{name}: there is no time zone called {line!r}", field=name) from problem
    return line


def yes_no(name: str, given: object) -> bool:
    """Read yes or no: a boolean in the file; yes, no, true, false, 1 or 0 in a variable."""
    words = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
    if isinstance(given, bool):
        return given
    if isinstance(given, str) and given.strip().lower() in words:
        return words[given.strip().lower()]
    raise BadInput(f"{name}: must be yes or no, not {given!r}", field=name)


def texts(name: str, given: object) -> tuple[str, ...]:
    """Read some texts: a list in the file, parted by commas in a variable."""
    parts = given.split(",") if isinstance(given, str) else given
    if not isinstance(parts, list):
        raise BadInput(f"{name}: must be a list of texts, not {given!r}", field=name)
    return tuple(text(name, part) for part in parts)


def count(least: int, most: int) -> Callable[[str, object], int]:
    """Make a reader of whole numbers within a range."""

    def read(name: str, given: object) -> int:
        """Read a whole number within the range."""
        if isinstance(given, str) and re.fullmatch(r"[0-9]{1,9}", given.strip()):
            given = int(given)
        if isinstance(given, bool) or not isinstance(given, int) or not least <= given <= most:
            raise BadInput(
                f"{name}: must be a whole number from {least} to {most}, not {given!r}", field=name
            )
        return given

    return read


def address(name: str, given: object) -> str:
    """Read an address and a port."""
    line = text(name, given)
    host, _, port = line.rpartition(":")
    if not host or not re.fullmatch(r"[0-9]{1,5}", port) or not 0 < int(port) < 65536:
        raise BadInput(
            f"{name}: must be an address and a port such as 127.0.0.1:8000, not {line!r}", field=name
        )
    return line


def level(name: str, given: object) -> str:
    """Read a level of the log."""
    line = text(name, given).upper()
    if line not in LOG_LEVELS:
        raise BadInput(f"{name}: must be one of {', '.join(LOG_LEVELS)}, not {given!r}", field=name)
    return line


def origins(name: str, given: object) -> tuple[str, ...]:
    """Read origins with their scheme."""
    origins = texts(name, given)
    for origin in origins:
        if not re.fullmatch(r"https?://[^/\s]+", origin):
            raise BadInput(
                f"{name}: must be origins such as https://kilter.example, not {origin!r}", field=name
            )
    return origins


def ae_title(name: str, given: object) -> str:
    """Read an application entity title (DICOM PS3.5, AE): 16 printable ASCII characters at most."""
    line = text(name, given)
    if not (len(line) <= 16 and line.isascii() and line.isprintable() and "\\" not in line):
        raise BadInput(f"{name}: an AE title has 16 plain characters at most, not {line!r}", field=name)
    return line


def ae_titles(name: str, given: object) -> tuple[str, ...]:
    """Read application entity titles; an empty variable is none."""
    return () if given == "" else tuple(ae_title(name, one) for one in texts(name, given))


def networks(name: str, given: object) -> tuple[str, ...]:
    """Read networks in the form address/length; an address with bits beyond its length is refused."""
    networks = () if given == "" else texts(name, given)
    for network in networks:
        try:
            ipaddress.ip_network(network)
        except ValueError as problem:
            raise BadInput(
                f"{name}: must be networks such as 10.20.0.0/16, not {network!r}", field=name
            ) from problem
    return networks


def text_or_nothing(name: str, given: object) -> str:
    """Read a text on one line, or nothing."""
    return "" if given == "" else text(name, given)


def address_or_nothing(name: str, given: object) -> str:
    """Read a host and a port, or nothing."""
    line = text_or_nothing(name, given)
    host, colon, port = line.rpartition(":")
    if line and not (host and colon and re.fullmatch(r"[0-9]{1,5}", port) and 0 < int(port) < 65536):
        raise BadInput(f"{name}: must be a host and a port such as mail.example:587", field=name)
    return line
