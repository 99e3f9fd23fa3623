"""How numbers, units, instants and verdicts are written for people, said once for page and paper.

A number is rounded to what its uncertainty supports: two significant digits of the expanded
uncertainty, and the value to the same decimal place (JCGM 100:2008, 7.2.6). A number without an
uncertainty is shown to at most six significant digits, and nothing is claimed about it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from kilter.measure.error import BadInput

COVERAGE_FACTOR = 2.0
"""k of the expanded uncertainty where the record names no other: about 95 % of a normal distribution."""

_SIGNIFICANT = 6
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_PREFIXED = ("A", "V", "W", "s", "m", "g", "Gy", "Sv", "F", "H", "T", "Pa", "L", "J", "C", "N", "mol")
_UNITS = {
    "percent": "%",
    "ohm": "Ω",
    "kohm": "kΩ",
    "Mohm": "MΩ",
    "Gohm": "GΩ",
    "mohm": "mΩ",
    "uohm": "µΩ",
    "degC": "°C",
    "degree": "°",
    "deg": "°",
    "one": "",
    "1": "",
    "count": "counts",
    **{f"u{name}": f"µ{name}" for name in _PREFIXED},
}


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


def unit_text(unit: str | None) -> str:
    """Write a unit as people write it: uA is µA, Mohm is MΩ, percent is %, m2 and m^2 are m²."""
    if not unit:
        return ""
    if unit in _UNITS:
        return _UNITS[unit]
    return "/".join("·".join(_unit_factor(f) for f in part.split("*")) for part in unit.split("/"))


def _unit_factor(factor: str) -> str:
    """Write one factor of a compound unit, its power raised."""
    name, caret, power = factor.replace("**", "^").partition("^")
    if not caret and len(name) > 1 and name[-1].isdigit() and name[:-1].isalpha():
        name, power = name[:-1], name[-1]
    return _UNITS.get(name, name) + power.translate(_SUPERSCRIPT)


def _minus(text: str) -> str:
    """Write a minus sign as one, not as a hyphen."""
    return text.replace("-", "−")


def _plain(number: Decimal) -> str:
    return _minus(format(number, "f"))


def number_text(value: float) -> str:
    """Write a number whose uncertainty is not known: six significant digits, or all before the point."""
    if not math.isfinite(value):
        return "not a number" if math.isnan(value) else ("−" if value < 0 else "") + "infinite"
    if value == 0:
        return "0"
    exact = Decimal(repr(float(value)))
    digits = _SIGNIFICANT - 1 - exact.adjusted()
    short = exact.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_EVEN) if -digits > -400 else exact
    power = short.adjusted()
    if -4 <= power < 7:
        text = format(short if digits > 0 else exact.quantize(Decimal(1)), "f")
        return _minus(text.rstrip("0").rstrip(".") if "." in text else text)
    mantissa = format(short.scaleb(-power), "f").rstrip("0").rstrip(".")
    return f"{_minus(mantissa)} × 10{str(power).translate(_SUPERSCRIPT)}"


def _places(expanded: Decimal) -> int:
    """Decimal place of the second significant digit of U, after rounding (0.0996 gives 0.10)."""
    place = expanded.adjusted() - 1
    return expanded.quantize(Decimal(1).scaleb(place), ROUND_HALF_EVEN).adjusted() - 1


def quantity(value: float, unit: str | None = "", u: float | None = None, k: float = COVERAGE_FACTOR) -> str:
    """Write a value with its unit and, where the standard uncertainty `u` is known, ± k u.

    Args:
        value: in `unit`.
        unit: the key of the unit (ASCII), written as people write it.
        u: standard uncertainty in the same unit; None where it is not known (nothing is then shown).
        k: coverage factor, above 0.

    """
    name = unit_text(unit)
    tail = f" {name}" if name else ""
    if u is None or not math.isfinite(u) or u <= 0 or not math.isfinite(value):
        return number_text(value) + tail
    expanded = Decimal(repr(float(k * u)))
    exact = Decimal(repr(float(value)))
    place = _places(expanded)
    top = max(exact.adjusted() if exact else place, expanded.adjusted())
    if -5 < top < 7 and -9 < place <= 4:
        step = Decimal(1).scaleb(place)
        shown, spread = (x.quantize(step, ROUND_HALF_EVEN) for x in (exact, expanded))
        return f"{_plain(_unsigned_zero(shown))}{tail} ± {_plain(spread)}{tail}"
    return _scientific(exact, expanded, place, top) + tail


def _unsigned_zero(number: Decimal) -> Decimal:
    return abs(number) if number == 0 else number


def _scientific(exact: Decimal, expanded: Decimal, place: int, top: int) -> str:
    """Write (1.234 ± 0.012) × 10ⁿ; where the spread dwarfs the value, both keep the spread's place."""
    step = Decimal(1).scaleb(place - top)
    if top - place > 25:
        return f"{number_text(float(exact))} ± {number_text(float(expanded))}"
    shown, spread = (x.scaleb(-top).quantize(step, ROUND_HALF_EVEN) for x in (exact, expanded))
    power = str(top).translate(_SUPERSCRIPT)
    return f"({_plain(_unsigned_zero(shown))} ± {_plain(spread)}) × 10{power}"


def value_text(value: Any, unit: str | None = "", u: float | None = None, k: float = COVERAGE_FACTOR) -> str:
    """Write whatever a result or an input may hold: a quantity, a list, a grid, a word, yes or no."""
    if value is None:
        return "not given"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return quantity(float(value), unit, u, k)
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
