"""How a number is written: rounded to what its uncertainty supports.

Two significant digits of the expanded uncertainty, and the value to the same decimal place (JCGM
100:2008, 7.2.6). A number without an uncertainty is shown to at most six significant digits, and
nothing is claimed about it.
"""

from __future__ import annotations

import math
from decimal import ROUND_HALF_EVEN, Decimal

from kilter.measure.unit import table

COVERAGE_FACTOR = 2.0
"""k of the expanded uncertainty where the record names no other: about 95 % of a normal distribution."""

_SIGNIFICANT = 6
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def unit_text(symbol: str | None) -> str:
    """Write a unit as people write it: uA is µA, Mohm is MΩ; an unknown one stays as it is."""
    known = table().get(symbol or "")
    return known.text if known else symbol or ""


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
    if u is None or not math.isfinite(k * u) or u <= 0 or not math.isfinite(value):
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
