"""Calendar feeds: an address that shows one person's agenda to whoever has it, until it is revoked."""

from __future__ import annotations

from dataclasses import dataclass, field

from kilter.department.ledger import clock
from kilter.department.people.models import CalendarFeed, Person
from kilter.department.people.tokens import digest_of

PREFIX = "agenda_"
"""Stands before every key, so that one which leaked can be recognised; no key of a programme begins so."""


@dataclass(frozen=True)
class NewFeed:
    """A feed just made. Its key is shown once and is nowhere else."""

    feed: CalendarFeed
    secret: str = field(repr=False)


def feed_person(secret: str) -> Person | None:
    """Find whose agenda a key shows now; None where it is unknown, revoked, or the account closed."""
    if not secret.startswith(PREFIX) or len(secret) > 100:
        return None
    rows = CalendarFeed.objects.select_related("person")
    found = rows.filter(digest=digest_of(secret), revoked_at=None, person__is_active=True).first()
    if found is None or (found.person.left_at is not None and found.person.left_at <= clock.now()):
        return None
    return found.person


def feed_of(person: Person) -> CalendarFeed | None:
    """Give the feed of a person that is not revoked."""
    return CalendarFeed.objects.filter(person=person, revoked_at=None).first()
