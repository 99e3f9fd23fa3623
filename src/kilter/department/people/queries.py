"""Reads of the people room. `may` is the only gate in the house."""

from __future__ import annotations

import uuid as uuids
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Q

from kilter.department.ledger import clock
from kilter.department.people.activities import LEVELS, Activity, activity
from kilter.department.people.models import Authorisation, Person, RoleHeld
from kilter.measure.error import NotFound

SCOPE_WORDS = {
    "specialty": "the specialty {key}",
    "procedure": "the procedure {key}",
    "device_kind": "devices of kind {key}",
    "device": "this device",
}


class Device(Protocol):
    """What the gate has to know of a device: who it is and of what kind."""

    @property
    def uuid(self) -> uuids.UUID:
        """The device's public id."""

    @property
    def kind(self) -> str:
        """Key of its kind, such as `infusion_pump`."""


@dataclass(frozen=True, slots=True)
class Permission:
    """Whether, and why: `reasons` are sentences for the page in either case, at least one."""

    allowed: bool
    reasons: tuple[str, ...]

    def __bool__(self) -> bool:
        return self.allowed


def may(
    person: Person,
    activity_key: str,
    device: Device | None = None,
    instant: datetime | None = None,
    *,
    procedure: str = "",
) -> Permission:
    """Say whether a person may do something, and why.

    A right begins at its first instant and is over at its last: `from <= instant < until`. Everything
    is read from the database, nothing from the object in hand. Two queries at most.

    Args:
        person: who.
        activity_key: key of the activity, such as `records.sign`.
        device: the device meant, where one is.
        instant: when; now where it is not given.
        procedure: key of the procedure meant, such as `medical_engineering.protective_earth`.

    Raises:
        Fault: nobody declared the activity.
        BadInput: the instant has no zone.

    """
    wanted = activity(activity_key)
    instant = clock.now() if instant is None else clock.as_instant(instant)
    held = list(
        RoleHeld.objects.filter(_in_force(instant), person=person.pk)
        .select_related("role", "person")
        .order_by("id")
    )
    found = held[0].person if held else Person.objects.filter(pk=person.pk).first()
    if found is None:
        return Permission(False, ("There is no such account.",))
    if refusal := _not_here(found, instant):
        return Permission(False, (refusal,))
    roles = [one.role.words for one in held if wanted.key in one.role.activities]
    if not roles:
        return Permission(
            False, (f"No role of {person.display_name} at {_shown(instant)} lets them {wanted.words}.",)
        )
    by_role = f"{person.display_name} may {wanted.words} as {roles[0]}."
    if not wanted.level:
        return Permission(True, (by_role,))
    authorised = _authorised(person, wanted, device, procedure, instant)
    return Permission(
        authorised.allowed, (by_role, *authorised.reasons) if authorised else authorised.reasons
    )


def _in_force(instant: datetime) -> Q:
    """Select what holds at an instant, by `valid_from` and `valid_until`."""
    return Q(valid_from__lte=instant) & (Q(valid_until=None) | Q(valid_until__gt=instant))


def _not_here(person: Person, instant: datetime) -> str:
    """Say why a person has no rights at all at an instant, "" where they may have."""
    if not person.is_active and person.left_at is None:
        return f"The account of {person.display_name} is closed."
    if person.left_at is not None and instant >= person.left_at:
        return f"The account of {person.display_name} was closed on {_shown(person.left_at)}."
    return ""


def _authorised(
    person: Person, wanted: Activity, device: Device | None, procedure: str, instant: datetime
) -> Permission:
    """Say whether an authorisation covers the activity at its level; the nearest miss is the reason."""
    scopes = _scopes(device, procedure)
    covering = Q()
    for kind, key in scopes:
        covering |= Q(scope_kind=kind, scope_key=key)
    found = list(Authorisation.objects.filter(covering, person=person).order_by("-valid_until", "-id"))
    enough = LEVELS[LEVELS.index(wanted.level) :]
    in_force = [one for one in found if holds_at(one, instant)]
    for one in in_force:
        if one.level in enough:
            until = _shown(one.valid_until)
            return Permission(True, (f"Authorised as {one.level} for {_scope_words(one)} until {until}.",))
    who = person.display_name
    if in_force:
        held = max((one.level for one in in_force), key=LEVELS.index)
        return Permission(False, (f"{who} is authorised as {held}; to {wanted.words} needs {wanted.level}.",))
    about = " or ".join(SCOPE_WORDS[kind].format(key=key) for kind, key in scopes if kind != "all")
    for one in found:
        if one.revoked_at is not None and one.revoked_at <= instant:
            return Permission(
                False, (f"The authorisation of {who} was revoked on {_shown(one.revoked_at)}.",)
            )
        if one.valid_until <= instant:
            return Permission(False, (f"The authorisation of {who} ran out on {_shown(one.valid_until)}.",))
        if one.valid_from > instant:
            return Permission(False, (f"The authorisation of {who} begins on {_shown(one.valid_from)}.",))
    return Permission(False, (f"{who} has no authorisation for {about or 'everything'}.",))


def _scopes(device: Device | None, procedure: str) -> list[tuple[str, str]]:
    """Give the scopes that would cover what is meant."""
    scopes = [("all", "")]
    if procedure:
        scopes += [("specialty", procedure.partition(".")[0]), ("procedure", procedure)]
    if device is not None:
        scopes += [("device_kind", device.kind), ("device", str(device.uuid))]
    return scopes


def _scope_words(one: Authorisation) -> str:
    """Say what an authorisation reaches."""
    return SCOPE_WORDS.get(one.scope_kind, "everything").format(key=one.scope_key)


def holds_at(one: Authorisation, instant: datetime) -> bool:
    """Say whether an authorisation is in force at an instant."""
    revoked = one.revoked_at is not None and one.revoked_at <= instant
    return one.valid_from <= instant < one.valid_until and not revoked


def _shown(instant: datetime) -> str:
    """Show an instant in the site's zone, with its zone so that it is plain across a clock change."""
    return f"{instant.astimezone(ZoneInfo(settings.SITE_ZONE)):%d %b %Y %H:%M %Z}"


def person_by_uuid(uuid: uuids.UUID) -> Person:
    """Find a person.

    Raises:
        NotFound: there is no such person.

    """
    found = Person.objects.filter(uuid=uuid).first()
    if found is None:
        raise NotFound("there is no such person", field="person")
    return found


def activities_of(person: Person, instant: datetime | None = None) -> frozenset[str]:
    """Give the activities that a person's roles hold at an instant, for menus.

    A menu may show what the gate then refuses for one device; it is no permission.
    """
    instant = clock.now() if instant is None else clock.as_instant(instant)
    if _not_here(person, instant):
        return frozenset()
    held = RoleHeld.objects.filter(_in_force(instant), person=person).select_related("role")
    return frozenset(key for one in held for key in one.role.activities)


def holders_of(activity_key: str, instant: datetime | None = None) -> list[Person]:
    """Give the people whose roles hold an activity at an instant, by name, for a choice; one query.

    Raises:
        Fault: nobody declared the activity.
    """
    wanted = activity(activity_key).key
    instant = clock.now() if instant is None else clock.as_instant(instant)
    held = RoleHeld.objects.filter(_in_force(instant)).select_related("person", "role")
    found = {
        one.person.pk: one.person
        for one in held
        if wanted in one.role.activities and not _not_here(one.person, instant)
    }
    return sorted(found.values(), key=lambda one: (one.display_name, one.pk))


def expiring(before: datetime, instant: datetime | None = None) -> list[Authorisation]:
    """Give the authorisations in force that run out before an instant, first to go first."""
    instant = clock.now() if instant is None else clock.as_instant(instant)
    rows = Authorisation.objects.filter(
        valid_from__lte=instant, valid_until__gt=instant, valid_until__lt=clock.as_instant(before)
    ).select_related("person")
    return [one for one in rows.order_by("valid_until", "id") if holds_at(one, instant)]


def authorised_people(
    activity_key: str,
    device: Device | None = None,
    instant: datetime | None = None,
    *,
    procedure: str = "",
    among: Iterable[Person] | None = None,
) -> list[Person]:
    """Give the people who may do something, by name: whom to ask for help."""
    people = Person.objects.filter(is_active=True).order_by("display_name", "id") if among is None else among
    return [one for one in people if may(one, activity_key, device, instant, procedure=procedure)]
