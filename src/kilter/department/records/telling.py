"""Who has to be told of what an examination found, and by when, in the words of its checklist."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from django.conf import settings

from kilter.department.records.models import Record
from kilter.measure.checklist import checklist
from kilter.measure.document import open_document
from kilter.measure.error import NotFound

TELL = "tell_"
MOST = 500
"""Characters that a hold and a job have for their words."""


def who_to_tell(record: Record) -> str:
    """Say who has to be told of what a record found, and by which day; "" where nobody has to.

    The days are counted from the examination, at the site.
    """
    notes = [note for note in open_document(record.text)["notes"] if note["code"].startswith(TELL)]
    if not notes:
        return ""
    try:
        within = checklist(record.procedure).within
    except NotFound:  # its plug-in is gone; the sealed words stay
        within = {}
    said = []
    for note in notes:
        days = within.get(note["code"].removeprefix(TELL))
        day = record.performed_at.astimezone(ZoneInfo(settings.SITE_ZONE)).date()
        by = f" By {day + timedelta(days=days):%d %b %Y} at the latest." if days else ""
        said.append(f"{note['text'].rstrip('.')}.{by}")
    return " ".join(said)


def with_tell(words: str, record: Record) -> str:
    """Give the words of a hold or a job with who has to be told behind them, as long as they fit."""
    return f"{words}. {told}"[:MOST] if (told := who_to_tell(record)) else words
