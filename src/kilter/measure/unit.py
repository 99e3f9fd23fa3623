"""Units that know their kind: a gray is not a sievert, a becquerel is not a hertz.

A unit belongs to one *kind* of quantity and has an exact factor to that kind's reference unit.
Conversion is done in exact fractions, so a typed `120 mohm` becomes the double nearest 0.12 and a
result does not depend on the unit in which its input arrived. Two kinds never convert into each
other, even where the SI gives them the same dimension.

Source of the factors: the SI brochure (BIPM, 9th edition, 2019) and, for mmHg and cmH2O, the
conventional values 133.322 387 415 Pa and 98.0665 Pa (ISO 80000-4). Every unit is compared with
pint in the tests.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import overload

import numpy as np
from numpy.typing import NDArray

from kilter.measure.error import BadInput

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit.

    Attributes:
        symbol: the ASCII spelling used in records and on the command line (`uA`, `Mohm`).
        kind: the kind of quantity it measures.
        scale: exact factor to the kind's reference unit.
        offset: value of this unit's zero in the reference unit (only degC and degF).
        text: how people write it (`µA`, `MΩ`).
    """

    symbol: str
    kind: str
    scale: Fraction
    text: str
    offset: Fraction = Fraction(0)


_PREFIXES = {
    "p": ("1e-12", "p"),
    "n": ("1e-9", "n"),
    "u": ("1e-6", "µ"),
    "m": ("1e-3", "m"),
    "c": ("1e-2", "c"),
    "d": ("1e-1", "d"),
    "h": ("1e2", "h"),
    "k": ("1e3", "k"),
    "M": ("1e6", "M"),
    "G": ("1e9", "G"),
    "T": ("1e12", "T"),
}

# kind: (reference unit, its prefixes, its printed form)
_METRIC: tuple[tuple[str, str, str, str], ...] = (
    ("electric_resistance", "ohm", "u m k M G", "Ω"),
    ("electric_current", "A", "n u m k", "A"),
    ("electric_potential", "V", "u m k M", "V"),
    ("power", "W", "u m k M", "W"),
    ("apparent_power", "VA", "k", "VA"),
    ("energy", "J", "m k M", "J"),
    ("capacitance", "F", "p n u m", "F"),
    ("inductance", "H", "u m", "H"),
    ("electric_charge", "C", "p n u m", "C"),
    ("magnetic_flux_density", "T", "u m", "T"),
    ("length", "m", "n u m c k", "m"),
    ("mass", "g", "n u m k", "g"),
    ("volume", "L", "u m d", "L"),
    ("force", "N", "m k", "N"),
    ("torque", "Nm", "m", "N·m"),
    ("pressure", "Pa", "m h k M", "Pa"),
    ("time", "s", "n u m", "s"),
    ("frequency", "Hz", "m k M G", "Hz"),
    ("activity", "Bq", "k M G T", "Bq"),
    ("absorbed_dose", "Gy", "n u m c k", "Gy"),
    ("dose_equivalent", "Sv", "n u m", "Sv"),
    ("photon_energy", "eV", "k M", "eV"),
    ("luminous_flux", "lm", "", "lm"),
    ("illuminance", "lx", "k", "lx"),
    ("luminance", "nit", "", "cd/m²"),
    ("amount_concentration", "mol/L", "u m", "mol/L"),
    ("conductivity", "S/m", "u m", "S/m"),
    ("count", "count", "k M", "counts"),
    ("count_rate", "cps", "k M", "cps"),
)

# symbol, kind, factor to the kind's reference unit, printed form
_OTHER: tuple[tuple[str, str, str, str], ...] = (
    ("1", "ratio", "1", ""),
    ("percent", "ratio", "0.01", "%"),
    ("permille", "ratio", "0.001", "‰"),
    ("pixel", "pixel_length", "1", "px"),
    ("HU", "ct_number", "1", "HU"),
    ("dB", "level", "1", "dB"),
    ("dBA", "sound_level", "1", "dB(A)"),
    ("min", "time", "60", "min"),
    ("h", "time", "3600", "h"),
    ("d", "time", "86400", "d"),
    ("y", "time", "31557600", "y"),
    ("month", "calendar_time", "1", "months"),
    ("rad", "plane_angle", "1", "rad"),
    ("mrad", "plane_angle", "0.001", "mrad"),
    ("K", "temperature_difference", "1", "K"),
    ("in", "length", "0.0254", "in"),
    ("lb", "mass", "453.59237", "lb"),
    ("m2", "area", "1", "m²"),
    ("cm2", "area", "0.0001", "cm²"),
    ("mm2", "area", "0.000001", "mm²"),
    ("m3", "volume", "1000", "m³"),
    ("cm3", "volume", "0.001", "cm³"),
    ("bar", "pressure", "100000", "bar"),
    ("mbar", "pressure", "100", "mbar"),
    ("mmHg", "pressure", "133.322387415", "mmHg"),
    ("cmH2O", "pressure", "98.0665", "cmH₂O"),
    ("atm", "pressure", "101325", "atm"),
    ("psi", "pressure", "6894.757293168361", "psi"),
    ("L/s", "volume_flow", "1", "L/s"),
    ("L/h", "volume_flow", "1/3600", "L/h"),
    ("L/min", "volume_flow", "1/60", "L/min"),
    ("mL/h", "volume_flow", "0.001/3600", "mL/h"),
    ("mL/min", "volume_flow", "0.001/60", "mL/min"),
    ("kg/m3", "density", "1", "kg/m³"),
    ("g/mL", "density", "1000", "g/mL"),
    ("mL/g", "specific_volume", "1", "mL/g"),
    ("m3/kg", "specific_volume", "1000", "m³/kg"),
    ("m/s", "speed", "1", "m/s"),
    ("cm/s", "speed", "0.01", "cm/s"),
    ("mm/s", "speed", "0.001", "mm/s"),
    ("rpm", "rotational_speed", "1", "rpm"),
    ("bpm", "heart_rate", "1", "beats/min"),
    ("per_min", "event_rate", "1", "/min"),
    ("per_y", "failure_rate", "1", "/y"),
    ("kPa/min", "pressure_rate", "1000/60", "kPa/min"),
    ("mmHg/min", "pressure_rate", "133.322387415/60", "mmHg/min"),
    ("Pa/s", "pressure_rate", "1", "Pa/s"),
    ("mbar/min", "pressure_rate", "100/60", "mbar/min"),
    ("Gy/min", "absorbed_dose_rate", "1/60", "Gy/min"),
    ("mGy/s", "absorbed_dose_rate", "0.001", "mGy/s"),
    ("uGy/s", "absorbed_dose_rate", "0.000001", "µGy/s"),
    ("mGy/h", "absorbed_dose_rate", "0.001/3600", "mGy/h"),
    ("uSv/h", "dose_equivalent_rate", "0.000001/3600", "µSv/h"),
    ("mSv/h", "dose_equivalent_rate", "0.001/3600", "mSv/h"),
    ("Gy.cm2", "dose_area_product", "0.0001", "Gy·cm²"),
    ("mGy.cm", "dose_length_product", "0.00001", "mGy·cm"),
    ("MBq/mL", "activity_concentration", "1000000000", "MBq/mL"),
    ("kBq/mL", "activity_concentration", "1000000", "kBq/mL"),
    ("Bq/mL", "activity_concentration", "1000", "Bq/mL"),
    ("Bq/cm2", "surface_activity", "10000", "Bq/cm²"),
    ("kBq/MBq", "activity_ratio", "0.001", "kBq/MBq"),
    ("mSv/MBq", "dose_coefficient", "0.000000001", "mSv/MBq"),
    ("MBq/kg", "activity_per_mass", "1000", "MBq/kg"),
    ("cps/MBq", "sensitivity", "0.000001", "cps/MBq"),
    ("ug/mL", "mass_concentration", "1", "µg/mL"),
    ("mg/mL", "mass_concentration", "1000", "mg/mL"),
    ("MBq.h", "time_integrated_activity", "1", "MBq·h"),
    ("GBq.h", "time_integrated_activity", "1000", "GBq·h"),
    ("uSv.m2/MBq.h", "dose_rate_constant", "1", "µSv·m²/(MBq·h)"),
    ("mGy/MBq.h", "dose_per_decay", "1", "mGy/(MBq·h)"),
    ("1/m", "spatial_frequency", "1", "1/m"),
    ("lp/mm", "spatial_frequency", "1000", "lp/mm"),
    ("lp/cm", "spatial_frequency", "100", "lp/cm"),
)

_DEGREE = 3.14159265358979323846  # one degree is pi/180 rad; the only irrational factor in the table

# Spellings met on keyboards, testers and in files. Both code points of micro and of ohm are folded first.
_SPELLINGS = {
    "%": "percent",
    "ohms": "ohm",
    "l": "L",
    "ml": "mL",
    "ul": "uL",
    "l/min": "L/min",
    "ml/h": "mL/h",
    "ml/min": "mL/min",
    "°C": "degC",
    "celsius": "degC",
    "°": "deg",
    "sec": "s",
    "hr": "h",
    "mins": "min",
    "cd/m2": "nit",
    "counts": "count",
    "px": "pixel",
    "beats/min": "bpm",
    "lux": "lx",
    "/y": "per_y",
    "1/y": "per_y",
    "/min": "per_min",
    "um": "um",
}


# Written as escapes: two pairs of these look alike, and an editor may fold one of a pair into the other.
_MARKS = {"\u00b5": "u", "\u03bc": "u", "\u2126": "ohm", "\u03a9": "ohm"}


def _exact(text: str) -> Fraction:
    top, _, bottom = text.partition("/")
    return Fraction(Decimal(top)) / (Fraction(Decimal(bottom)) if bottom else 1)


@cache
def table() -> dict[str, Unit]:
    """Give every unit by its ASCII symbol."""
    units: dict[str, Unit] = {}
    for kind, symbol, prefixes, text in _METRIC:
        units[symbol] = Unit(symbol, kind, Fraction(1), text)
        for prefix in prefixes.split():
            factor, mark = _PREFIXES[prefix]
            units[prefix + symbol] = Unit(prefix + symbol, kind, Fraction(Decimal(factor)), mark + text)
    for symbol, kind, factor, text in _OTHER:
        units[symbol] = Unit(symbol, kind, _exact(factor), text)
    units["degC"] = Unit("degC", "temperature", Fraction(1), "°C")
    units["degF"] = Unit("degF", "temperature", Fraction(5, 9), "°F", Fraction(-160, 9))
    units["deg"] = Unit("deg", "plane_angle", Fraction(_DEGREE) / 180, "°")
    return units


def fold(symbol: str) -> str:
    """Bring a typed unit to its ASCII symbol; case is kept, for m and M differ by nine decades."""
    plain = symbol.strip()
    for mark, ascii_name in _MARKS.items():
        plain = plain.replace(mark, ascii_name)
    plain = plain.replace("²", "2").replace("³", "3").replace("·", ".")
    return _SPELLINGS.get(plain, plain)


def unit(symbol: str, *, field: str = "") -> Unit:
    """Find a unit by any of its spellings.

    Raises:
        BadInput: no such unit; a likely slip of case is named.
    """
    name = fold(symbol)
    units = table()
    if name in units:
        return units[name]
    near = [known for known in units if known.lower() == name.lower()]
    hint = f"; did you mean {' or '.join(near)}?" if near else ""
    raise BadInput(f"unknown unit {symbol[:40]!r}{hint}", field=field, code="unknown_unit")


def factor(source: Unit, target: Unit, *, field: str = "") -> Fraction:
    """Give the exact factor from one unit to another of the same kind.

    Raises:
        BadInput: the two measure different kinds of quantity.
    """
    if source.kind != target.kind:
        was, wanted = source.kind.replace("_", " "), target.kind.replace("_", " ")
        message = f"{source.text or source.symbol} measures {was}; {wanted} ({target.symbol}) is wanted"
        raise BadInput(message, field=field, code="wrong_unit")
    return source.scale / target.scale


@overload
def convert(value: float, source: Unit, target: Unit, *, field: str = "") -> float: ...
@overload
def convert(value: Floats, source: Unit, target: Unit, *, field: str = "") -> Floats: ...
def convert(value: float | Floats, source: Unit, target: Unit, *, field: str = "") -> float | Floats:
    """Convert a value or an array, offsets (degC, degF) included.

    A single value is converted exactly and rounded once; an array in doubles (one more rounding).

    Raises:
        BadInput: the units are of different kinds, or the value is too large for a double.
    """
    ratio = factor(source, target, field=field)
    shift = (source.offset - target.offset) / target.scale
    if isinstance(value, np.ndarray):
        return value * ratio.numerator / ratio.denominator + float(shift)
    return _nearest(Fraction(value) * ratio + shift, field)


def convert_uncertainty(u: float, source: Unit, target: Unit, *, field: str = "") -> float:
    """Convert a standard uncertainty: scaled, never shifted."""
    return _nearest(Fraction(u) * factor(source, target, field=field), field)


def _nearest(exact: Fraction, field: str) -> float:
    try:
        return float(exact)
    except OverflowError:
        raise BadInput("the value is too large", field=field, code="out_of_range") from None


# A decimal point only: 1,2 would be one point two here and twelve there.
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)
_LONGEST = 200


def split_number(text: str, *, field: str = "") -> tuple[Decimal, str]:
    """Split `120mohm` into its number and the unit as typed ("" where none stands).

    Raises:
        BadInput: no number, a decimal comma, digits of another script, an absurd length.
    """
    plain = text.strip().replace("−", "-")
    shown = repr(plain if len(plain) <= 40 else plain[:37] + "...")
    if not plain or len(plain) > _LONGEST:
        why = "nothing was given" if not plain else f"{shown} is too long for a number"
        raise BadInput(why, field=field, code="not_a_number")
    found = _NUMBER.match(plain)
    if found is None:
        raise BadInput(f"{shown} is not a number", field=field, code="not_a_number")
    rest = plain[found.end() :]
    if rest[:1] in {",", "_", "'"} or rest[:1].isdigit():
        message = f"{shown}: write a decimal point, and no separators"
        raise BadInput(message, field=field, code="not_a_number")
    return Decimal(found.group()), rest.strip()


def read_quantity(text: str, wanted: Unit, *, field: str = "") -> float:
    """Read typed text in a wanted unit; a bare number is taken to be in it already.

    Raises:
        BadInput: not a number, an unknown unit, or a unit of another kind.
    """
    number, symbol = split_number(text, field=field)
    source = unit(symbol, field=field) if symbol else wanted
    shift = (source.offset - wanted.offset) / wanted.scale
    return _nearest(Fraction(number) * factor(source, wanted, field=field) + shift, field)
