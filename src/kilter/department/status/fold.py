"""The status of a device as a pure fold over its lifecycle, holds, restrictions, dues and the instant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from kilter.department.equipment.lifecycle import WORDS, State


@dataclass(frozen=True, slots=True)
class HoldFact:
    """An open hold: its cause, its words, since when."""

    cause: str
    text: str
    since: datetime


@dataclass(frozen=True, slots=True)
class RestrictionFact:
    """A restriction in force: the limits, who approved, until when."""

    limits: str
    approver: str
    expires: datetime


@dataclass(frozen=True, slots=True)
class DueFact:
    """What is due: the protocol's title, the day, and whether being overdue withdraws the device.

    It is overdue after `closes`, which days of grace or an approved deferral put later than `due`.
    """

    protocol: str
    due: date
    withdraw: bool
    closes: date | None = None

    @property
    def last_day(self) -> date:
        """Give the last day on which it is not overdue."""
        return self.closes or self.due


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a device has its status: a short code and a sentence; `blocks` where it keeps it from use."""

    code: str
    text: str
    blocks: bool = False


@dataclass(frozen=True)
class Status:
    """Whether a device may be used, why, and until when this answer holds."""

    state: str
    reasons: tuple[Reason, ...]
    overdue: bool
    valid_until: datetime | None

    @property
    def usable(self) -> bool:
        """Say whether the device may be used at all."""
        return self.state in ("in_use", "restricted")


_BY_LIFE = {
    State.ORDERED: "not_accepted",
    State.RECEIVED: "not_accepted",
    State.OUT_OF_SERVICE: "out_of_use",
    State.COULD_NOT_LOCATE: "lost",
    State.WRITTEN_OFF: "lost",
    State.CONDEMNED: "retired",
    State.CANCELLED: "retired",
    State.RETURNED: "retired",
    State.DISPOSED: "disposed",
    State.ENTERED_IN_ERROR: "retired",
}


def fold(
    life: str,
    holds: Sequence[HoldFact],
    restrictions: Sequence[RestrictionFact],
    dues: Sequence[DueFact],
    instant: datetime,
    zone: str,
) -> Status:
    """Compute a device's status at an instant.

    Args:
        life: its lifecycle state.
        holds: those not released.
        restrictions: those not lifted; one that has expired withdraws the device.
        dues: what is planned on it.
        instant: for when.
        zone: the site's, in which days begin.
    """
    today = instant.astimezone(ZoneInfo(zone)).date()
    reasons = [
        Reason(f"hold_{hold.cause}", f"{hold.text} (since {hold.since:%d %b %Y})", True) for hold in holds
    ]
    in_force = [one for one in restrictions if one.expires > instant]
    ended = [one for one in restrictions if one.expires <= instant]
    reasons += [
        Reason("restriction", f"{one.limits}; approved by {one.approver} until {one.expires:%d %b %Y}")
        for one in in_force
    ]
    reasons += [
        Reason("restriction_ended", f"the restricted use ended on {one.expires:%d %b %Y}: {one.limits}", True)
        for one in ended
    ]
    late = [due for due in dues if due.last_day < today]
    reasons += [
        Reason("overdue", f"{due.protocol} was due on {due.due:%d %b %Y}", due.withdraw) for due in late
    ]
    state = _state(life, holds, reasons, bool(in_force))
    if state in ("not_accepted", "lost", "retired", "disposed", "out_of_use") and life != State.IN_SERVICE:
        reasons.insert(0, Reason(f"life_{life}", WORDS[State(life)], True))
    return Status(state, tuple(reasons), bool(late), _valid_until(in_force, dues, today, zone))


def _state(life: str, holds: Sequence[HoldFact], reasons: Sequence[Reason], restricted: bool) -> str:
    if life != State.IN_SERVICE:
        return _BY_LIFE[State(life)]
    if any(hold.cause == "quarantine" for hold in holds):
        return "quarantined"
    if any(reason.blocks for reason in reasons):
        return "out_of_use"
    return "restricted" if restricted else "in_use"


def _valid_until(
    restrictions: Sequence[RestrictionFact], dues: Sequence[DueFact], today: date, zone: str
) -> datetime | None:
    """Give the next instant at which time alone changes the answer."""
    ends = [one.expires for one in restrictions]
    ends += [
        datetime.combine(due.last_day + timedelta(days=1), time(), ZoneInfo(zone))
        for due in dues
        if due.last_day >= today
    ]
    return min(ends, default=None)
