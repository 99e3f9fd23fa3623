"""What follows for a patient from what was given: until when to keep from whom, and breast-feeding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from kilter.department.materials.measuring import measure
from kilter.department.materials.models import Administration

PROCEDURE = "nuclear_medicine.contact_restriction"
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Kept:
    """Some people from whom to keep a distance in m, and until when; None where there is no need."""

    who: str
    distance: float
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Follows:
    """What follows from an administration.

    `feeding_until` is when breast-feeding may go on: the instant of the administration where it need not
    be interrupted, None where the patient does not breast-feed or is to stop. Where `confirmed` is False,
    nobody has confirmed the figures yet.
    """

    contacts: Sequence[Kept]
    feeds: bool
    feeding_until: datetime | None
    confirmed: bool


def follows(given: Administration) -> Follows:
    """Compute what follows from an administration, by the advice that was in force for it.

    The patient's dose rate is the advice's for each MBq, times what was given. Times are rounded up to whole
    hours.

    Raises:
        BadInput: a figure of the advice is not one that the procedure takes.
        CannotTell: a constraint is not met within a hundred years.
    """
    advice = given.advice
    feeds = given.feeding == Administration.Feeding.YES
    until = None
    if feeds and not advice.stop_feeding:
        until = _whole_hours(given.at, timedelta(hours=advice.interruption_hours))
    kept = [_kept(given, row) for row in advice.contacts]
    return Follows(kept, feeds, until, advice.confirmed_at is not None)


def _kept(given: Administration, row: dict[str, object]) -> Kept:
    advice = given.advice
    found = measure(
        PROCEDURE,
        {
            "dose_rate": f"{advice.dose_rate * given.administered!r} uSv/h",
            "effective_half_life": f"{advice.effective_half_life!r} d",
            "hours_a_day": f"{row['hours_a_day']!r} h",
            "constraint": f"{row['constraint']!r} mSv",
            "measured_at": "1 m",
            "contact_at": f"{row['contact_at']!r} m",
        },
        given.at,
    )
    days = found.value("restriction")
    until = _whole_hours(given.at, timedelta(days=days)) if days > 0 else None
    return Kept(str(row["who"]), float(str(row["contact_at"])), until)


def _whole_hours(since: datetime, span: timedelta) -> datetime:
    """Give the end of a span, up to the next whole hour; its beginning where there is none."""
    if not span:
        return since
    end = since + span
    whole = end.replace(minute=0, second=0, microsecond=0)
    return whole if whole == end else whole + HOUR
