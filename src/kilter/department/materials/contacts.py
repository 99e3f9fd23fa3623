"""What follows for a patient from what was given: until when to keep from whom, and breast-feeding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from kilter.department.materials.measuring import measure
from kilter.department.materials.models import Administration

PROCEDURE = "nuclear_medicine.contact_restriction"
HOUR = timedelta(hours=1)
COUNTS = 0.01
"""Share of this dose's own remaining exposure from which an earlier dose counts beside it: ours."""


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
    nobody has confirmed the figures yet. `earlier` counts the doses given before, of which so much is still
    there that the times are of all together.
    """

    contacts: Sequence[Kept]
    feeds: bool
    feeding_until: datetime | None
    confirmed: bool
    earlier: int = 0


@dataclass(frozen=True, slots=True)
class _Source:
    """A patient as a source: dose rate at 1 m in uSv/h just after a dose, effective half-life in days."""

    rate: float
    half_life: float


def follows(given: Administration) -> Follows:
    """Compute what follows from an administration, by the advice that was in force for it.

    The patient's dose rate is the advice's for each MBq, times what was given, with what is left of doses
    given before; all of it then falls with the longest of their half-lives, so that the times are long
    enough. Times are rounded up to whole hours.

    Raises:
        BadInput: a figure of the advice is not one that the procedure takes.
        CannotTell: a constraint is not met within a hundred years.
    """
    advice = given.advice
    feeds = given.feeding == Administration.Feeding.YES
    until = None
    if feeds and not advice.stop_feeding:
        until = _whole_hours(given.at, timedelta(hours=advice.interruption_hours))
    sources = [_source(given, given.at), *_earlier(given)]
    patient = _Source(sum(one.rate for one in sources), max(one.half_life for one in sources))
    kept = [_kept(given, patient, row) for row in advice.contacts]
    return Follows(kept, feeds, until, advice.confirmed_at is not None, len(sources) - 1)


def _source(given: Administration, at: datetime) -> _Source:
    """Give what a dose makes of the patient at an instant after it."""
    advice = given.advice
    halvings = (at - given.at) / timedelta(days=advice.effective_half_life)
    return _Source(advice.dose_rate * given.administered * 0.5**halvings, advice.effective_half_life)


def _earlier(given: Administration) -> list[_Source]:
    """List the doses given before of which enough is left to count; one query."""
    own = _source(given, given.at)
    rows = Administration.objects.filter(patient=given.patient_id, at__lte=given.at).exclude(pk=given.pk)
    found = [_source(one, given.at) for one in rows.select_related("advice")]
    least = COUNTS * own.rate * own.half_life
    return [one for one in found if one.rate > 0 and one.rate * one.half_life >= least]


def _kept(given: Administration, patient: _Source, row: dict[str, object]) -> Kept:
    found = measure(
        PROCEDURE,
        {
            "dose_rate": f"{patient.rate!r} uSv/h",
            "effective_half_life": f"{patient.half_life!r} d",
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
