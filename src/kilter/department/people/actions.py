"""What changes people, their roles and their authorisations."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import Q

from kilter.department.ledger import audit, clock
from kilter.department.ledger.texts import text
from kilter.department.people import tokens
from kilter.department.people.activities import LEVELS
from kilter.department.people.feeds import PREFIX as FEED_PREFIX
from kilter.department.people.feeds import NewFeed
from kilter.department.people.gate import action
from kilter.department.people.models import ApiToken, Authorisation, CalendarFeed, Person, Role, RoleHeld
from kilter.department.people.queries import activities_of
from kilter.measure.error import BadInput, Conflict, NotFound, NotPermitted

PIN_LEAST, PIN_MOST = 4, 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """One line of authorisations given in bulk: who, on what, at which level, until when."""

    person: Person
    scope_kind: str
    scope_key: str = ""
    level: str
    until: datetime


def new_person(*, username: str, display_name: str, password: str) -> Person:
    """Make a checked, unsaved-nowhere-else account row; the founding and `create_person` share it.

    Raises:
        BadInput: the name or the password will not do.
        Conflict: the login name is taken.

    """
    display_name = text("display_name", display_name, most=150, needed=True)
    person = Person(username=username, display_name=display_name, joined_at=clock.now())
    person.clean_username()
    try:
        person.clean_fields(exclude=["password"])
    except ValidationError as problem:
        field, messages = next(iter(problem.message_dict.items()))
        raise BadInput(f"{field}: {messages[0]}", field=field) from problem
    if Person.objects.filter(username=person.username).exists():
        raise Conflict(f"the login name {person.username} is taken", field="username")
    try:
        validate_password(password, person)
    except ValidationError as problem:
        raise BadInput(f"password: {' '.join(problem.messages)}", field="password") from problem
    person.set_password(password)
    person.save()
    return person


@action("people.create_person")
def create_person(*, by: Person, username: str, display_name: str, password: str) -> Person:
    """Open an account; it may do nothing until it is given a role.

    Raises:
        BadInput: the name or the password will not do.
        Conflict: the login name is taken.

    """
    person = new_person(username=username, display_name=display_name, password=password)
    audit.write("people.create_person", by=by, subject=person, detail={"username": person.username})
    return person


@action("people.set_pin")
def set_pin(*, by: Person, pin: str) -> None:
    """Set one's own PIN for quick signing on a shared tablet.

    Raises:
        BadInput: not 4 to 12 digits, or too easy: one digit repeated, or digits in a row.

    """
    if not (PIN_LEAST <= len(pin) <= PIN_MOST and pin.isascii() and pin.isdigit()):
        raise BadInput(f"pin: must be {PIN_LEAST} to {PIN_MOST} digits", field="pin")
    steps = {int(second) - int(first) for first, second in pairwise(pin)}
    if steps in ({0}, {1}, {-1}):
        raise BadInput("pin: too easy to guess", field="pin")
    Person.objects.filter(pk=by.pk).update(
        pin_hash=make_password(pin, hasher="argon2"), failed_confirmations=0
    )
    audit.write("people.set_pin", by=by, subject=by)


@action("people.grant_role")
def grant_role(
    *, by: Person, person: Person, role: str, since: datetime | None = None, until: datetime | None = None
) -> RoleHeld:
    """Give somebody else a role, from now or a later instant on.

    Raises:
        NotPermitted: to oneself.
        NotFound: there is no such role.
        BadInput: the instants run backwards or into the past.

    """
    _not_oneself(by, person)
    found = Role.objects.filter(key=text("role", role, most=40)).first()
    if found is None:
        raise NotFound(f"there is no role {role!r}", field="role")
    start, end = _span(since, until)
    held = RoleHeld.objects.create(
        person=person, role=found, valid_from=start, valid_until=end, granted_by=by
    )
    audit.write("people.grant_role", by=by, subject=person, detail={"role": role, "held": str(held.uuid)})
    return held


@action("people.end_role")
def end_role(*, by: Person, held: RoleHeld) -> RoleHeld:
    """End a role now; that it was held until now stays on record.

    Raises:
        Conflict: it has ended already, or nobody would be left to give roles.

    """
    held = RoleHeld.objects.select_for_update().select_related("role", "person").get(pk=held.pk)
    now = clock.now()
    if held.valid_until is not None and held.valid_until <= now:
        raise Conflict("the role has ended already", field="held")
    _somebody_left_to_give_roles(now, without_held=held.pk)
    held.valid_until = max(now, held.valid_from)
    held.ended_by = by
    held.save(update_fields=["valid_until", "ended_by"])
    audit.write(
        "people.end_role", by=by, subject=held.person, detail={"role": held.role.key, "held": str(held.uuid)}
    )
    return held


@action("people.authorise")
def authorise(
    *,
    by: Person,
    person: Person,
    scope_kind: str,
    scope_key: str = "",
    level: str,
    until: datetime,
    since: datetime | None = None,
    reason: str = "",
) -> Authorisation:
    """Authorise somebody else for a scope at a level between two instants.

    Raises:
        NotPermitted: oneself.
        BadInput: scope, level or instants will not do.

    """
    _not_oneself(by, person)
    start, _ = _span(since, until)
    grant = Grant(person=person, scope_kind=scope_kind, scope_key=scope_key, level=level, until=until)
    authorisation = _authorisation(grant, by, start, reason)
    authorisation.save()
    audit.write("people.authorise", by=by, subject=person, detail=_in_words(authorisation))
    return authorisation


@action("people.authorise_in_bulk")
def authorise_in_bulk(*, by: Person, grants: Sequence[Grant], reason: str) -> list[Authorisation]:
    """Authorise many people at once, on going live: all lines or none.

    Raises:
        NotPermitted: a line authorises the acting person.
        BadInput: a line will not do (the sentence says which), there is none, or the reason is missing.

    """
    if not grants:
        raise BadInput("grants: there is no line", field="grants")
    reason = text("reason", reason, most=300, needed=True)
    start = clock.now()
    rows = []
    for number, grant in enumerate(grants, 1):
        try:
            _not_oneself(by, grant.person)
            rows.append(_authorisation(grant, by, start, reason))
        except (BadInput, NotPermitted) as problem:
            raise type(problem)(f"line {number}: {problem.message}", field=problem.field) from problem
    made = Authorisation.objects.bulk_create(rows)
    detail = {"reason": reason, "lines": [_in_words(row) for row in made]}
    audit.write("people.authorise_in_bulk", by=by, detail=detail, count=len(made))
    return made


@action("people.revoke")
def revoke(*, by: Person, authorisation: Authorisation, reason: str) -> Authorisation:
    """Revoke an authorisation from now on; what was signed under it before stays signed.

    Raises:
        BadInput: the reason is missing.
        Conflict: it was revoked before.

    """
    reason = text("reason", reason, most=300, needed=True)
    found = Authorisation.objects.select_for_update().select_related("person").get(pk=authorisation.pk)
    if found.revoked_at is not None:
        raise Conflict("the authorisation was revoked before", field="authorisation")
    found.revoked_at, found.revoked_by, found.revoked_reason = clock.now(), by, reason
    found.save(update_fields=["revoked_at", "revoked_by", "revoked_reason"])
    detail = {"authorisation": str(found.uuid), "reason": found.revoked_reason}
    audit.write("people.revoke", by=by, subject=found.person, detail=detail)
    return found


@action("people.deactivate")
def deactivate(*, by: Person, person: Person, reason: str) -> Person:
    """Close somebody's account from now on; what they did keeps their name.

    Raises:
        BadInput: the reason is missing.
        Conflict: it is closed already, or nobody would be left to give roles.

    """
    reason = text("reason", reason, most=300, needed=True)
    found = Person.objects.select_for_update().get(pk=person.pk)
    if not found.is_active:
        raise Conflict(f"the account of {found.display_name} is closed already", field="person")
    now = clock.now()
    _somebody_left_to_give_roles(now, without_person=found.pk)
    found.is_active, found.left_at, found.pin_hash = False, now, ""
    found.save(update_fields=["is_active", "left_at", "pin_hash"])
    audit.write("people.deactivate", by=by, subject=found, detail={"reason": reason})
    return found


@action("people.create_token")
def create_token(*, by: Person, name: str, expires: datetime) -> tokens.Issued:
    """Make a token that acts for the person who asks, until it expires.

    Raises:
        BadInput: no name, or an expiry in the past or more than a year away.
    """
    name = text("name", name, most=80, needed=True)
    now, until = clock.now(), clock.as_instant(expires, "expires")
    if not now < until <= now + tokens.LONGEST:
        raise BadInput("expires: must lie after now and within a year", field="expires")
    secret = tokens.PREFIX + secrets.token_urlsafe(32)
    made = ApiToken.objects.create(
        person=by, name=name, digest=tokens.digest_of(secret), made_at=now, expires=until
    )
    audit.write(
        "people.create_token", by=by, subject=made, detail={"name": name, "expires": until.isoformat()}
    )
    return tokens.Issued(made, secret)


@action("people.revoke_token")
def revoke_token(*, by: Person, token: ApiToken) -> ApiToken:
    """Revoke a token from now on: one's own, or anybody's for who may close accounts.

    Raises:
        NotPermitted: somebody else's.
        Conflict: it was revoked before.
    """
    found = ApiToken.objects.select_for_update().select_related("person").get(pk=token.pk)
    if found.person_id != by.pk and "people.deactivate" not in activities_of(by):
        raise NotPermitted("This is somebody else's token.", field="token")
    if found.revoked_at is not None:
        raise Conflict("the token was revoked before", field="token")
    found.revoked_at, found.revoked_by = clock.now(), by
    found.save(update_fields=["revoked_at", "revoked_by"])
    audit.write("people.revoke_token", by=by, subject=found, detail={"name": found.name})
    return found


@action("people.create_feed")
def create_feed(*, by: Person) -> NewFeed:
    """Make the address of one's own calendar; the one before it shows nothing from now on."""
    now = clock.now()
    Person.objects.select_for_update().get(pk=by.pk)
    CalendarFeed.objects.filter(person=by, revoked_at=None).update(revoked_at=now)
    secret = FEED_PREFIX + secrets.token_urlsafe(32)
    made = CalendarFeed.objects.create(person=by, digest=tokens.digest_of(secret), made_at=now)
    audit.write("people.create_feed", by=by, subject=made)
    return NewFeed(made, secret)


@action("people.revoke_feed")
def revoke_feed(*, by: Person) -> CalendarFeed:
    """Revoke the address of one's own calendar.

    Raises:
        Conflict: there is none.
    """
    found = CalendarFeed.objects.select_for_update().filter(person=by, revoked_at=None).first()
    if found is None:
        raise Conflict("there is no calendar to revoke", field="feed")
    found.revoked_at = clock.now()
    found.save(update_fields=["revoked_at"])
    audit.write("people.revoke_feed", by=by, subject=found)
    return found


@action("people.set_email")
def set_email(*, by: Person, email: str) -> Person:
    """Say where one's own daily digest goes; empty for no digest.

    Raises:
        BadInput: it is no address.
    """
    address = text("email", email, most=254)
    try:
        if address:
            validate_email(address)
    except ValidationError:
        raise BadInput("email: must be an address such as name@hospital.example", field="email") from None
    found = Person.objects.select_for_update().get(pk=by.pk)
    found.email = address
    found.save(update_fields=["email"])
    audit.write("people.set_email", by=by, subject=found, detail={"digest": bool(address)})
    return found


def _not_oneself(by: Person, person: Person) -> None:
    """Refuse rights given to oneself."""
    if by.pk == person.pk:
        raise NotPermitted("Nobody gives rights to themself; ask a colleague.", field="person")


def _span(since: datetime | None, until: datetime | None) -> tuple[datetime, datetime | None]:
    """Check the instants between which a right holds; rights are not given backwards in time."""
    now = clock.now()
    start = now if since is None else clock.as_instant(since, "since")
    if start < now:
        raise BadInput("since: a right cannot begin in the past", field="since")
    end = None if until is None else clock.as_instant(until, "until")
    if end is not None and end <= start:
        raise BadInput("until: must lie after the beginning", field="until")
    return start, end


def _authorisation(grant: Grant, by: Person, start: datetime, reason: str) -> Authorisation:
    """Make the checked row of one grant, unsaved."""
    if grant.scope_kind not in Authorisation.Scope.values:
        raise BadInput(f"scope_kind: there is no scope {grant.scope_kind!r}", field="scope_kind")
    if (grant.scope_kind == "all") != (grant.scope_key == ""):
        raise BadInput("scope_key: every scope but 'all' names a key", field="scope_key")
    text("scope_key", grant.scope_key, most=120)
    if grant.level not in LEVELS:
        raise BadInput(f"level: must be one of {', '.join(LEVELS)}, not {grant.level!r}", field="level")
    until = clock.as_instant(grant.until, "until")
    if until <= start:
        raise BadInput("until: must lie after the beginning", field="until")
    return Authorisation(
        person=grant.person,
        scope_kind=grant.scope_kind,
        scope_key=grant.scope_key,
        level=grant.level,
        valid_from=start,
        valid_until=until,
        granted_by=by,
        granted_at=clock.now(),
        reason=text("reason", reason, most=300),
    )


def _in_words(row: Authorisation) -> dict[str, str]:
    """Give an authorisation for the audit entry."""
    return {
        "authorisation": str(row.uuid),
        "person": str(row.person.uuid),
        "scope": f"{row.scope_kind}:{row.scope_key}",
        "level": row.level,
        "from": row.valid_from.isoformat(),
        "until": row.valid_until.isoformat(),
    }


def _somebody_left_to_give_roles(now: datetime, *, without_held: int = 0, without_person: int = 0) -> None:
    """Refuse to leave the department without anybody who can give roles."""
    held = RoleHeld.objects.filter(
        Q(valid_until=None) | Q(valid_until__gt=now), person__is_active=True, valid_from__lte=now
    ).select_related("role")
    left = [
        one
        for one in held.exclude(pk=without_held).exclude(person_id=without_person)
        if "people.grant_role" in one.role.activities
    ]
    if not left:
        raise Conflict("nobody would be left to give roles; name a successor first", field="person")
