"""Tokens: how a program acts for a person without their password."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from kilter.department.ledger import clock
from kilter.department.people.models import ApiToken, Person
from kilter.measure.error import NotFound

LONGEST = timedelta(days=366)
PREFIX = "kilter_"
"""Stands before every token, so that one which leaked into a file can be found and recognised."""


@dataclass(frozen=True)
class Issued:
    """A token just made. Its secret is shown once and is nowhere else."""

    token: ApiToken
    secret: str = field(repr=False)


def digest_of(secret: str) -> str:
    """Digest a secret. It has 256 random bits, so a plain hash cannot be guessed back."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def person_of(secret: str) -> Person | None:
    """Find whom a token acts for now; None where it is unknown, run out, revoked or its account closed."""
    if not secret.startswith(PREFIX) or len(secret) > 100:
        return None
    now = clock.now()
    found = (
        ApiToken.objects.select_related("person")
        .filter(digest=digest_of(secret), revoked_at=None, expires__gt=now, person__is_active=True)
        .first()
    )
    if found is None or (found.person.left_at is not None and found.person.left_at <= now):
        return None
    return found.person


def tokens_of(person: Person) -> list[ApiToken]:
    """List a person's tokens, the newest first."""
    return list(ApiToken.objects.filter(person=person).order_by("-id"))


def token_by_uuid(uuid: UUID) -> ApiToken:
    """Find a token.

    Raises:
        NotFound: there is none.
    """
    found = ApiToken.objects.select_related("person").filter(uuid=uuid).first()
    if found is None:
        raise NotFound("there is no such token", field="token")
    return found
