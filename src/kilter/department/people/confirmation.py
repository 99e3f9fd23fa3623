"""Saying once more who one is, by PIN or password, before something is signed.

A wrong try is counted in a transaction of its own, which must not stand inside another: the failure
of the action that asked would otherwise take the count back, and a PIN could be guessed for ever.
"""

from __future__ import annotations

import uuid as uuids
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.hashers import check_password
from django.db import transaction

from kilter.department.ledger import clock
from kilter.department.people.models import Person
from kilter.measure.error import BadInput, NotPermitted

GOOD_FOR = timedelta(minutes=2)
"""How long after a confirmation something may be signed with it."""


@dataclass(frozen=True, slots=True)
class Confirmation:
    """That a person said who they are: whom, when, and by which means (pin or password)."""

    person: uuids.UUID
    at: datetime
    manner: str

    def holds_for(self, person: Person, instant: datetime | None = None) -> bool:
        """Say whether it is this person's and fresh."""
        instant = clock.now() if instant is None else clock.as_instant(instant)
        return self.person == person.uuid and timedelta(0) <= instant - self.at <= GOOD_FOR


def confirm(person: Person, *, pin: str = "", password: str = "") -> Confirmation:
    """Check a PIN or a password, count a wrong one, and let the account wait after too many.

    Call it before the action that needs it, never inside a transaction.

    Raises:
        BadInput: neither or both were given.
        NotPermitted: it is wrong, no PIN was set, the account is closed, or it has to wait.

    """
    if bool(pin) == bool(password):
        raise BadInput("pin: give either the PIN or the password", field="pin")
    manner = "pin" if pin else "password"
    with transaction.atomic(durable=True):
        found = Person.objects.select_for_update().get(pk=person.pk)
        now = clock.now()
        _may_try(found, now, manner)
        if check_password(pin or password, found.pin_hash if pin else found.password):
            found.failed_confirmations, found.confirmation_waits_until = 0, None
            wrong = False
        else:
            wrong = True
            _count_wrong(found, now)
        found.save(update_fields=["failed_confirmations", "confirmation_waits_until"])
    if wrong:
        raise NotPermitted(f"The {'PIN' if pin else 'password'} is wrong.", field=manner, code="wrong")
    return Confirmation(found.uuid, now, manner)


def _may_try(person: Person, now: datetime, manner: str) -> None:
    """Refuse a try that is not to be counted: closed, waiting, or without a PIN."""
    if not person.is_active:
        raise NotPermitted("The account is closed.", field=manner)
    if person.confirmation_waits_until is not None and now < person.confirmation_waits_until:
        minutes = int((person.confirmation_waits_until - now).total_seconds() // 60) + 1
        raise NotPermitted(f"Too many wrong tries; wait {minutes} min.", field=manner, code="waiting")
    if manner == "pin" and not person.pin_hash:
        raise NotPermitted("No PIN is set; use the password.", field="pin", code="no_pin")


def _count_wrong(person: Person, now: datetime) -> None:
    """Count a wrong try; after the last one allowed the account waits."""
    person.failed_confirmations += 1
    if person.failed_confirmations >= settings.KILTER.lockout_attempts:
        person.failed_confirmations = 0
        person.confirmation_waits_until = now + timedelta(minutes=settings.KILTER.lockout_minutes)
