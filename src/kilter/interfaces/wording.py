"""How values, limits, instants and verdicts are written for people, said once for page and paper.

How a number is rounded is settled in `kilter.measure.rounding`, which is handed on from here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from kilter.measure.error import BadInput
from kilter.measure.rounding import COVERAGE_FACTOR as COVERAGE_FACTOR
from kilter.measure.rounding import number_text as number_text
from kilter.measure.rounding import quantity as quantity
from kilter.measure.rounding import unit_text as unit_text


@dataclass(frozen=True, slots=True)
class VerdictLook:
    """How one verdict is shown: a word, a shape and a tone, so that colour is never alone."""

    word: str
    shape: str
    tone: str


VERDICTS: dict[str, VerdictLook] = {
    "invalid": VerdictLook("not valid", "✗", "bad"),
    "suspension": VerdictLook("suspension", "■", "bad"),
    "remedial": VerdictLook("remedial", "▲", "warn"),
    "undecided": VerdictLook("undecided", "◆", "warn"),
    "within": VerdictLook("within", "✓", "good"),
    "recorded": VerdictLook("recorded", "●", "plain"),
}
"""Worst first. The specialty's own word replaces ours; shape and tone stay."""

STATUSES: dict[str, VerdictLook] = {
    "in_use": VerdictLook("In use", "✓", "good"),
    "restricted": VerdictLook("Restricted use", "▲", "warn"),
    "out_of_use": VerdictLook("Out of use", "■", "bad"),
    "quarantined": VerdictLook("Quarantined", "■", "bad"),
    "on_loan": VerdictLook("On loan", "●", "plain"),
    "in_repair": VerdictLook("In repair", "▲", "warn"),
    "not_accepted": VerdictLook("Not yet accepted", "◆", "warn"),
    "lost": VerdictLook("Lost", "◆", "warn"),
    "retired": VerdictLook("Retired", "●", "plain"),
    "disposed": VerdictLook("Disposed of", "●", "plain"),
    "unknown": VerdictLook("Unknown", "◆", "warn"),
}


def look(verdict: str | None, word: str | None = None) -> VerdictLook:
    """Give the look of a verdict or a status; `word` is the specialty's own word for it.

    A verdict that nobody here knows is shown by its own name, as a warning: never as good.
    """
    name = verdict or "unknown"
    known = VERDICTS.get(name) or STATUSES.get(name) or VerdictLook(name.replace("_", " "), "◆", "warn")
    return VerdictLook(word, known.shape, known.tone) if word else known


def value_text(value: Any, unit: str | None = "", u: float | None = None, k: float = COVERAGE_FACTOR) -> str:
    """Write whatever a result or an input may hold: a quantity, a list, a grid, a word, yes or no."""
    if value is None:
        return "not given"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return quantity(float(value), unit, u, k)
    if isinstance(value, Mapping) and "sha256" in value:
        return f"{value.get('name', 'a file')}, SHA-256 {str(value['sha256'])[:8]}…"
    if isinstance(value, Mapping) and {"columns", "rows"} <= set(value):
        return f"a table of {len(value['rows'])} rows and {len(value['columns'])} columns"
    if isinstance(value, Mapping):
        return "; ".join(f"{name}: {value_text(item, unit)}" for name, item in value.items())
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        rows = [value_text(item) for item in value]
        nested = any(isinstance(item, Sequence) and not isinstance(item, str) for item in value)
        name = unit_text(unit)
        return ("; " if nested else ", ").join(rows) + (f" {name}" if name else "")
    return str(value)


def as_instant(when: datetime | str) -> datetime:
    """Read an ISO 8601 instant; it must carry its offset.

    Raises:
        BadInput: it cannot be read, or has no offset.

    """
    if isinstance(when, str):
        try:
            instant = datetime.fromisoformat(when)
        except ValueError:
            raise BadInput(f"{when[:40]!r} is not an ISO 8601 instant", field="instant") from None
    else:
        instant = when
    if instant.tzinfo is None:
        raise BadInput(f"{instant.isoformat()} has no offset from UTC", field="instant")
    return instant


def zone_of(name: str) -> ZoneInfo:
    """Give the time zone of that name.

    Raises:
        BadInput: there is no such zone.

    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BadInput(f"there is no time zone {name[:60]!r}", field="zone") from None


def instant_text(when: datetime | str, zone: str = "UTC") -> str:
    """Write an instant in a zone, with the zone's short name: 22 Nov 2026 07:00 GMT."""
    local = as_instant(when).astimezone(zone_of(zone))
    return f"{local.day} {local:%b %Y %H:%M} {local.tzname()}"


def instant_utc(when: datetime | str) -> str:
    """Write an instant in UTC to the second: 2026-11-22 07:00:00 UTC."""
    return f"{as_instant(when).astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


_AGES = ((365 * 86400, "y"), (30 * 86400, "mo"), (86400, "d"), (3600, "h"), (60, "min"))


def age_text(when: datetime | str, now: datetime | str) -> str:
    """Write how long ago, in one short figure: 3 d; ahead of now it is `in 3 d`; under a minute `now`."""
    seconds = (as_instant(now) - as_instant(when)).total_seconds()
    for size, name in _AGES:
        if abs(seconds) >= size:
            text = f"{int(abs(seconds) // size)} {name}"
            return text if seconds > 0 else f"in {text}"
    return "now"


def to_be_confirmed(limit: Mapping[str, Any]) -> bool:
    """Tell whether a limit must be shown as to be confirmed: nobody read its text or adopted it."""
    return limit.get("read") not in ("yes", "adopted")


def limit_text(limit: Mapping[str, Any]) -> str:
    """Write a limit with its source: at most 0.3 Ω (IEC 62353, 2014), to be confirmed."""
    source = ", ".join(str(limit[name]) for name in ("cite", "edition") if limit.get(name))
    tail = ", to be confirmed" if to_be_confirmed(limit) else ""
    return _bounds(limit) + (f" ({source})" if source else "") + tail


def _bounds(limit: Mapping[str, Any]) -> str:
    """Write the figures of a limit: its own text where it has one, else from low and high."""
    if limit.get("text"):
        return str(limit["text"])
    low, high, unit = limit.get("low"), limit.get("high"), limit.get("unit")
    if low is not None and high is not None:
        return f"from {quantity(low, unit)} to {quantity(high, unit)}"
    if high is not None:
        return f"at most {quantity(high, unit)}"
    return f"at least {quantity(low, unit)}" if low is not None else "no figure"


def probability_text(p: float | None) -> str:
    """Write a probability of conformance in percent, never as a certainty it is not."""
    if p is None or not math.isfinite(p):
        return "not known"
    if p > 0.999:
        return "> 99.9 %"
    return "< 0.1 %" if p < 0.001 else f"{100 * p:.1f} %"


def hash_groups(digest: str) -> str:
    """Write a hash in groups of eight, so that two people can read it to each other."""
    return " ".join(digest[i : i + 8] for i in range(0, len(digest), 8))
