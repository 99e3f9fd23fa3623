"""The card that a patient takes home: until when to do what, in plain words, and without their name."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from kilter.department.materials.contacts import Follows, Kept
from kilter.department.materials.models import Administration
from kilter.interfaces.reports.typeset import typeset

_TEMPLATE = Path(__file__).with_name("advice_card.typ")
UNCONFIRMED = (
    "The department has not confirmed these times yet. Ask the person who gives you this card before you "
    "rely on them."
)


def advice_card(
    given: Administration, after: Follows, *, site: str = "", zone: str = "UTC", call: str = ""
) -> bytes:
    """Print the card of an administration.

    Args:
        given: what was given.
        after: what follows from it.
        site: whose card it is.
        zone: in which times of day are written.
        call: how to reach the department, where that is known.

    Raises:
        Fault: Typst refuses what we made.
    """
    content: dict[str, Any] = {
        "title": "After your radioactive medicine",
        "site": site,
        "given": f"You were given a radioactive medicine on {_when(given.at, zone)}.",
        "why": f"It was given for: {given.referral.examination}.",
        "warning": "" if after.confirmed else UNCONFIRMED,
        "people": [_sentence(one, zone) for one in after.contacts],
        "feeding": _feeding(given, after, zone),
        "instructions": [line.strip() for line in given.advice.instructions.splitlines() if line.strip()],
        "call": f"If you have a question, call {call}." if call else "",
        "reference": f"Card {given.uuid.hex[:12]}",
    }
    return typeset(_TEMPLATE, content, [], int(given.at.timestamp()))


def _when(at: datetime, zone: str) -> str:
    here = at.astimezone(ZoneInfo(zone))
    return f"{here:%A} {here.day} {here:%B %Y} at {here:%H:%M}"


def _sentence(one: Kept, zone: str) -> list[str]:
    """Say of some people until when to keep from them, and what that means."""
    if one.until is None:
        return [one.who, "You may be with them as usual straight away."]
    near = f"Until {_when(one.until, zone)} stay further away than {_distance(one.distance)} where you can."
    return [one.who, f"{near} After that you may be with them as usual."]


def _distance(metres: float) -> str:
    return (
        f"{metres:g} metre{'' if metres == 1 else 's'}" if metres >= 1 else f"{metres * 100:.0f} centimetres"
    )


def _feeding(given: Administration, after: Follows, zone: str) -> str:
    if not after.feeds:
        return ""
    if after.feeding_until is None:
        return "Do not breast-feed this child any more. Ask us how to stop."
    if after.feeding_until <= given.at:
        return "You may go on breast-feeding."
    return f"Do not breast-feed before {_when(after.feeding_until, zone)}. Throw away the milk of that time."
