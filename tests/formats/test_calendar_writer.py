"""The iCalendar writer, read back by another library and held to the lines of RFC 5545."""

from __future__ import annotations

import unicodedata
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kilter.formats.calendar_writer import Event, folded, write_calendar
from kilter.measure.error import BadInput

icalendar = pytest.importorskip("icalendar")
NOON = datetime(2026, 3, 29, 12, tzinfo=UTC)


def unfolded(data: bytes) -> list[str]:
    """Take the folds out (section 3.1), after looking at every line of the stream."""
    assert data.endswith(b"\r\n")
    lines = data[:-2].split(b"\r\n")
    assert all(len(line) <= 75 and b"\n" not in line and b"\r" not in line for line in lines)
    return b"\n".join(lines).replace(b"\n ", b"").decode().split("\n")


def read(data: bytes) -> list[dict[str, str]]:
    found = icalendar.Calendar.from_ical(data)
    return [{key: one.decoded(key) for key in one} for one in found.walk("VEVENT")]


def test_an_event_as_the_standard_writes_it() -> None:
    summer = timezone(timedelta(hours=1))
    starts = datetime(2026, 3, 29, 9, 30, tzinfo=summer)
    event = Event("job-1@kilter", starts, starts + timedelta(hours=2), "Visit; pump, A\\B", "Ward 7", "a\nb")
    assert unfolded(write_calendar("Mine", [event], NOON)) == [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Kilter//Agenda//EN",
        "CALSCALE:GREGORIAN",
        "X-WR-CALNAME:Mine",
        "BEGIN:VEVENT",
        "UID:job-1@kilter",
        "DTSTAMP:20260329T120000Z",
        "DTSTART:20260329T083000Z",
        "DTEND:20260329T103000Z",
        r"SUMMARY:Visit\; pump\, A\\B",
        "LOCATION:Ward 7",
        r"DESCRIPTION:a\nb",
        "END:VEVENT",
        "END:VCALENDAR",
    ]


def test_a_day_ends_before_the_next_and_an_instant_may_stand_alone() -> None:
    day, instant = Event("d", date(2026, 12, 31), None, "x"), Event("i", NOON, None, "y")
    first, second = read(write_calendar("", [day, instant], NOON))
    assert (first["DTSTART"], first["DTEND"]) == (date(2026, 12, 31), date(2027, 1, 1))
    assert second["DTSTART"] == NOON
    assert "DTEND" not in second


@given(st.text(max_size=300))
def test_any_text_comes_back_and_every_line_is_short(text: str) -> None:
    data = write_calendar(text, [Event("u", NOON, None, text, text, text)], NOON)
    unfolded(data)
    (event,) = read(data)
    # Left out on purpose: controls and surrogates; the ends of lines become one kind.
    gone = {"\u2028", "\u2029"}
    lined = text.replace("\r\n", "\n").replace("\r", "\n")
    kept = [
        c for c in lined if c in "\n\t" or (unicodedata.category(c) not in ("Cc", "Cs") and c not in gone)
    ]
    for name in ("SUMMARY", "LOCATION", "DESCRIPTION"):
        if kept:
            assert str(event[name]) == "".join(kept)


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=400))
def test_folding_loses_nothing_and_parts_no_character(line: str) -> None:
    data = folded(line)
    assert data[:-2].replace(b"\r\n ", b"").decode() == line
    for part in data[:-2].split(b"\r\n"):
        part.decode()
        assert len(part) <= 75


def test_what_is_no_event() -> None:
    with pytest.raises(BadInput, match="zone"):
        write_calendar("", [Event("u", NOON.replace(tzinfo=None), None, "x")], NOON)
    with pytest.raises(BadInput, match="before"):
        write_calendar("", [Event("u", NOON, NOON - timedelta(seconds=1), "x")], NOON)


def test_no_line_of_another_kind_can_be_smuggled_in() -> None:
    hostile = "x\r\nEND:VEVENT\r\nBEGIN:VALARM"
    event = Event(hostile, NOON, None, hostile, hostile, hostile, "https://a/\r\nATTACH:b")
    lines = unfolded(write_calendar(hostile, [event], NOON))
    assert lines.count("END:VEVENT") == 1
    assert not [line for line in lines if line.startswith(("BEGIN:VALARM", "ATTACH"))]
