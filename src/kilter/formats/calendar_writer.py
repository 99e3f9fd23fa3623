"""Events into an iCalendar stream (RFC 5545), as calendar programmes subscribe to it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from kilter.measure.error import BadInput

MEDIA_TYPE = "text/calendar; charset=utf-8"
LONGEST = 75
"""Octets of a line without its end (section 3.1)."""

CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Event:
    """One event: from an instant to another, or a whole day where `starts` is a day.

    `uid` is the same for the same thing whenever it is written. Instants are aware.
    """

    uid: str
    starts: datetime | date
    ends: datetime | None
    summary: str
    location: str = ""
    description: str = ""
    url: str = ""


def write_calendar(name: str, events: Iterable[Event], stamp: datetime) -> bytes:
    """Write a calendar.

    Args:
        name: of the calendar, as programmes show it.
        events: in any order.
        stamp: when this was written.

    Returns:
        UTF-8 with CRLF ends, each line folded at 75 octets.

    Raises:
        BadInput: an instant has no zone, or an event ends before it starts.
    """
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Kilter//Agenda//EN", "CALSCALE:GREGORIAN"]
    lines.append(f"X-WR-CALNAME:{escaped(name)}")
    for event in events:
        lines += _event(event, stamp)
    lines.append("END:VCALENDAR")
    return b"".join(folded(line) for line in lines)


def _event(event: Event, stamp: datetime) -> list[str]:
    lines = ["BEGIN:VEVENT", f"UID:{escaped(event.uid)}", f"DTSTAMP:{_instant(stamp)}"]
    if isinstance(event.starts, datetime):
        lines.append(f"DTSTART:{_instant(event.starts)}")
        if event.ends is not None:
            if event.ends < event.starts:
                raise BadInput("an event ends before it starts", field="ends")
            lines.append(f"DTEND:{_instant(event.ends)}")
    else:
        lines.append(f"DTSTART;VALUE=DATE:{event.starts:%Y%m%d}")
        lines.append(f"DTEND;VALUE=DATE:{event.starts + timedelta(days=1):%Y%m%d}")
    lines.append(f"SUMMARY:{escaped(event.summary)}")
    if event.location:
        lines.append(f"LOCATION:{escaped(event.location)}")
    if event.description:
        lines.append(f"DESCRIPTION:{escaped(event.description)}")
    if event.url:
        lines.append(f"URL:{''.join(CONTROLS.sub('', event.url).split())}")
    return [*lines, "END:VEVENT"]


def escaped(text: str) -> str:
    """Write a TEXT value (section 3.3.11): backslash, semicolon, comma, line ends; no controls."""
    plain = CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    for mark in ("\\", ";", ","):
        plain = plain.replace(mark, f"\\{mark}")
    return plain.replace("\n", "\\n")


def folded(line: str) -> bytes:
    """Fold a line at 75 octets, never within a character (section 3.1), and end it."""
    parts: list[bytes] = []
    part = b""
    for character in line:
        octets = character.encode("utf-8")
        if len(part) + len(octets) > (LONGEST if not parts else LONGEST - 1):
            parts.append(part)
            part = b""
        part += octets
    parts.append(part)
    return b"\r\n ".join(parts) + b"\r\n"


def _instant(instant: datetime) -> str:
    if instant.tzinfo is None:
        raise BadInput("an instant of a calendar needs a zone", field="starts")
    return f"{instant.astimezone(UTC):%Y%m%dT%H%M%SZ}"
