"""The digest of a day: what a person has due and overdue, what waits for their signature, which alerts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction

from kilter.department.ledger import clock
from kilter.department.people.models import DigestSent, Person
from kilter.department.people.queries import activities_of
from kilter.department.records import queries as records
from kilter.department.safety import queries as safety
from kilter.department.schedule import queries as schedule
from kilter.department.schedule.agenda import Entry, agenda
from kilter.department.schedule.site import local_day, today
from kilter.department.schedule.titles import protocol_title

AHEAD = timedelta(days=7)
SHOWN = 25


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a digest: its heading and its lines; what is more than is shown is said in the last."""

    heading: str
    lines: tuple[str, ...]


def receivers() -> list[Person]:
    """List who wants a digest: accounts that are open and have an address for it."""
    people = Person.objects.filter(is_active=True, left_at=None).exclude(email="")
    return list(people.order_by("display_name", "pk"))


def digest_of(person: Person) -> list[Part]:
    """Give the parts of a person's digest that are not empty; constant queries.

    It names devices, tests and numbers of records, and never what somebody typed: a mail is read anywhere.
    """
    rights = activities_of(person)
    entries = [(_day(one.starts), one) for one in agenda(person)]
    parts = [
        _part("Overdue", [_line(day, one) for day, one in entries if day < today() and _over(one)]),
        _part("Due within a week", [_line(d, one) for d, one in entries if today() <= d <= today() + AHEAD]),
        _part("Waiting for your signature", _to_sign(person, rights)),
        _part("Safety alerts", _alerts() if "safety.acknowledge_alert" in rights else []),
        _part("The department", _department() if "schedule.open_planned_jobs" in rights else []),
    ]
    return [part for part in parts if part.lines]


def claim(person: Person, day: date) -> DigestSent | None:
    """Take the digest of a day for a person; None where it was taken before."""
    try:
        with transaction.atomic():
            return DigestSent.objects.create(person=person, day=day)
    except IntegrityError:
        return None


def _over(one: Entry) -> bool:
    """Say whether a thing of a day gone by is still to be done: a loan or downtime that runs is not late."""
    return one.ends is None or one.ends < clock.now()


def _day(starts: datetime | date) -> date:
    return local_day(starts) if isinstance(starts, datetime) else starts


def _line(day: date, one: Entry) -> str:
    detail = f" ({one.detail})" if one.detail else ""
    return f"{day.isoformat()}  {one.title}: {one.device.model} {one.device.asset}{detail}"


def _part(heading: str, lines: list[str]) -> Part:
    more = [f"and {len(lines) - SHOWN} more"] if len(lines) > SHOWN else []
    return Part(heading, (*lines[:SHOWN], *more))


def _to_sign(person: Person, rights: frozenset[str] | set[str]) -> list[str]:
    lines = [
        f"Draft: {protocol_title(draft.protocol)}, {draft.device.asset}"
        for draft in records.open_drafts(owner=person)
    ]
    if "records.countersign" in rights:
        lines += [
            f"To countersign: record {record.number}"
            for record in records.to_countersign()
            if record.person_id != person.pk
        ]
    if "records.review_break_glass" in rights:
        lines += [f"To review: record {record.number}, signed on call" for record in records.to_review()]
    if "schedule.approve_deferral" in rights:
        lines += [
            f"Deferral to decide on: {protocol_title(row.protocol)}, {row.device.asset}"
            for row in schedule.deferrals_asked()
            if row.asked_by_id != person.pk
        ]
    return lines


def _alerts() -> list[str]:
    words = {True: "to acknowledge", False: "say what it is about"}
    return [f"{one}: {words[one.acknowledged_at is None]}" for one in safety.waiting_alerts(most=100)]


def _department() -> list[str]:
    late, due = schedule.counts()
    return [f"{late} tests overdue, {due} due"] if late or due else []
