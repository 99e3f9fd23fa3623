"""What may be held at an instant: more is refused at a receipt or an elution, or allowed by two people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from kilter.department.ledger import clock
from kilter.department.ledger.texts import text
from kilter.department.materials.course import AT_HAND
from kilter.department.materials.custody import Link, Second
from kilter.department.materials.decaying import SLACK, decayed
from kilter.department.materials.models import Lot, Permit, PermitLimit
from kilter.department.materials.permits import counts_for, named_nuclides
from kilter.department.people.queries import may
from kilter.department.records.sealing import check_confirmation
from kilter.measure.error import Conflict, NotPermitted

ALLOWS = "materials.exceed_holding"
"""The activity of who may say that more is held than a permit allows."""

CODE = "above_holding"
"""The code of a refusal that a second person may lift."""


@dataclass(frozen=True, slots=True)
class Beyond:
    """A second person's word that more is held than a permit allows, and why."""

    second: Second
    reason: str


def check_holding(link: Link, nuclide: str, activity: float, beyond: Beyond | None) -> dict[str, Any]:
    """Refuse activity that may not be held beside what is there; the permits in force stay locked.

    A late entry is checked at its own instant and at the present one.

    Args:
        link: by which it comes.
        nuclide: what comes; nothing is checked of what has none.
        activity: in MBq at the instant of the link.
        beyond: the word of a second person who allows it all the same.

    Returns:
        What the sealed statement says of an excess that was allowed; nothing where there is none.

    Raises:
        Conflict: a permit allows less, or none speaks of the nuclide, and nobody allows it.
        NotPermitted: who allows it acts, is not confirmed, or may not.
        BadInput: no reason is given.
    """
    if not nuclide or not activity:
        return {}
    found = [
        words for at in sorted({link.at, clock.now()}) for words in _excesses(link, at, nuclide, activity)
    ]
    if not found:
        return {}
    if beyond is None:
        raise Conflict(found[0], field="activity", code=CODE)
    return {"beyond_permit": {"excess": found[0], **_allowed(link, beyond)}}


def _allowed(link: Link, beyond: Beyond) -> dict[str, Any]:
    """Check the word of the second person."""
    person = beyond.second.person
    if person.pk == link.by.pk:
        raise NotPermitted("The second word is another person's.", field="beyond_second")
    check_confirmation(beyond.second.confirmation, person)
    if not (permission := may(person, ALLOWS)):
        raise NotPermitted(" ".join(permission.reasons), field="beyond_second")
    reason = text("beyond_reason", beyond.reason, most=500, needed=True)
    return {"allowed_by": {"id": str(person.uuid), "name": person.display_name}, "reason": reason}


def _excesses(link: Link, at: datetime, nuclide: str, activity: float) -> list[str]:
    """Say which limits would be passed at an instant; three queries."""
    valid = Permit.objects.filter(Q(valid_until=None) | Q(valid_until__gt=at), valid_from__lte=at)
    permits = {row.pk: row for row in valid.select_for_update(of=("self",)).order_by("pk")}
    limits = list(
        PermitLimit.objects.filter(permit__in=permits, route=PermitLimit.Route.HOLDING).order_by("pk")
    )
    there = _at_hand(at)
    coming = decayed(activity, nuclide, link.at, at)
    found, counted = [], False
    for pk, permit in permits.items():
        own = [row for row in limits if row.permit_id == pk]
        named = named_nuclides(own)
        for row in own:
            if not counts_for(row, nuclide, named):
                continue
            counted = True
            held = sum(mbq for name, mbq in there.items() if counts_for(row, name, named))
            if held + coming > row.limit * (1 + SLACK):
                found.append(_words(permit, row, held, held + coming))
    if limits and not counted:
        names = ", ".join(sorted({permits[row.permit_id].number for row in limits}))
        found.append(f"permit {names} says nothing of holding {nuclide}; {coming:.4g} MBq would be held")
    return found


def _at_hand(at: datetime) -> dict[str, float]:
    """Add up by nuclide what was here by an instant and is still at hand, in MBq; one query."""
    rows = Lot.objects.filter(state__in=AT_HAND, activity__gt=0, made_at__lte=at).exclude(nuclide="")
    found: dict[str, float] = {}
    for nuclide, activity, reference in rows.values_list("nuclide", "activity", "reference"):
        found[nuclide] = found.get(nuclide, 0.0) + decayed(activity, nuclide, reference, at)
    return found


def _words(permit: Permit, row: PermitLimit, held: float, would: float) -> str:
    return (
        f"permit {permit.number} allows {row.limit:g} MBq of {row.group} to be held at any time; "
        f"{held:.4g} MBq are held, and {would:.4g} MBq would be"
    )
