"""A Digital Calibration Certificate (DCC, PTB, version 3): what a laboratory states, as lines by range.

Values stand in D-SI elements, single (`si:real`) or as lists (`si:realListXMLList`), with their expanded
uncertainty in the older or the newer spelling. What a quantity is, its `refType` says: measured value,
reference or nominal value, error of measurement, error before adjustment. An error is reading less truth, so
the correction is its negative. Points of a list speak of the range between their neighbours.

Source: schema documentation of the DCC and of D-SI (Physikalisch-Technische Bundesanstalt, ptb.de/dcc).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from kilter.measure.error import BadInput
from kilter.measure.unit import unit

LARGEST = 20 << 20
MOST_POINTS = 10_000
ERROR, AS_FOUND = "basic_measurementerror", "measurementerrorprecalibration"
READINGS = ("basic_measuredvalue", "basic_nominalvalue", "basic_referencevalue")
"""What tells where a point lies: the first of these that stands beside the error."""

PREFIXES = {
    "pico": "p", "nano": "n", "micro": "u", "milli": "m", "centi": "c", "hecto": "h", "kilo": "k",
    "mega": "M", "giga": "G",
}  # fmt: skip
UNITS = {
    "ohm": "ohm", "volt": "V", "ampere": "A", "watt": "W", "joule": "J", "second": "s", "minute": "min",
    "hour": "h", "metre": "m", "gram": "g", "kilogram": "kg", "kelvin": "K", "degreecelsius": "degC",
    "pascal": "Pa", "hertz": "Hz", "newton": "N", "litre": "L", "bar": "bar", "one": "1",
    "percent": "percent", "lux": "lx", "becquerel": "Bq", "gray": "Gy", "sievert": "Sv", "farad": "F",
    "coulomb": "C",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """One point: `correction` and `expanded` in `unit`, valid for readings from `low` to `high`."""

    quantity: str
    unit: str
    nominal: float
    correction: float
    expanded: float
    low: float
    high: float
    as_found: float | None = None


@dataclass(frozen=True)
class DigitalCertificate:
    """What a certificate states of one instrument; every line's U is at `k`."""

    number: str
    laboratory: str
    performed: date
    issued: date | None
    maker: str
    model: str
    serials: tuple[str, ...]
    k: float
    lines: tuple[Line, ...]


def read_certificate(content: bytes) -> DigitalCertificate:
    """Read a Digital Calibration Certificate.

    Raises:
        BadInput: it is no such certificate, too large, declares entities, or states no error of measurement
            with its uncertainty; the sentence names what is missing.
    """
    if len(content) > LARGEST:
        raise BadInput("the certificate is larger than 20 MB", field="file")
    try:
        root = fromstring(content, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError, RecursionError) as problem:
        raise BadInput(f"this is no XML that can be read: {str(problem)[:100]}", field="file") from None
    if _name(root) != "digitalCalibrationCertificate":
        raise BadInput("this is no digital calibration certificate", field="file")
    core = _needed(root, "coreData")
    item = next(_all(root, "item"), None)
    found = [line for result in _all(root, "result") for line in _lines(result)]
    if not found:
        raise BadInput("it states no error of measurement with an uncertainty", field="file")
    k = max(factor for _, factor in found)
    # One k for the whole certificate: each U is brought to it, so that U / k stays what the laboratory says.
    lines = [replace(line, expanded=line.expanded * k / factor) for line, factor in found]
    laboratory = next(_all(root, "calibrationLaboratory"), None)
    return DigitalCertificate(
        number=_text(_needed(core, "uniqueIdentifier"), 80),
        laboratory=_named(laboratory)[:120] if laboratory is not None else "",
        performed=_day(_needed(core, "endPerformanceDate")),
        issued=_day(issue) if (issue := next(_all(core, "issueDate"), None)) is not None else None,
        maker=_named(maker)
        if item is not None and (maker := _first(item, "manufacturer")) is not None
        else "",
        model=_text(model, 120) if item is not None and (model := _first(item, "model")) is not None else "",
        serials=_serials(item) if item is not None else (),
        k=k,
        lines=tuple(lines),
    )


def _name(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _all(root: Element, name: str) -> Iterator[Element]:
    return (element for element in root.iter() if _name(element) == name)


def _first(root: Element, name: str) -> Element | None:
    return next(_all(root, name), None)


def _needed(root: Element, name: str) -> Element:
    found = _first(root, name)
    if found is None:
        raise BadInput(f"the certificate has no {name}", field="file")
    return found


def _text(element: Element, most: int) -> str:
    return " ".join((element.text or "").split())[:most]


def _named(element: Element) -> str:
    """Give a name in English where there is one, else the first."""
    parts = [part for name in _all(element, "name") for part in _all(name, "content")]
    english = [part for part in parts if part.get("lang") == "en"]
    return _text((english or parts)[0], 120) if parts else ""


def _day(element: Element) -> date:
    try:
        return date.fromisoformat(_text(element, 10))
    except ValueError:
        raise BadInput(f"{_name(element)} is no date: {_text(element, 20)!r}", field="file") from None


def _serials(item: Element) -> tuple[str, ...]:
    values = (_text(value, 80) for part in _all(item, "identification") for value in _all(part, "value"))
    return tuple(value for value in values if value)


def _lines(result: Element) -> list[tuple[Line, float]]:
    """Give the points of one result, each with its coverage factor."""
    by_type = {kind: q for q in _all(result, "quantity") for kind in q.get("refType", "").lower().split()}
    error = by_type.get(ERROR)
    if error is None:
        return []
    symbol, errors = _values(error)
    spreads, factors = _uncertainties(error, len(errors))
    place = next((by_type[kind] for kind in READINGS if kind in by_type), None)
    nominal = _same_unit(_values(place), symbol) if place is not None else [0.0] * len(errors)
    before = next((q for kind, q in by_type.items() if kind.endswith(AS_FOUND)), None)
    found = _same_unit(_values(before), symbol) if before is not None else [math.nan] * len(errors)
    if not len(errors) == len(nominal) == len(found):
        raise BadInput("its lists of values are of different lengths", field="file")
    if place is not None and unit(_values(place)[0]).kind == "temperature":
        symbol = _values(place)[0]  # readings are temperatures; their errors, in K, are as many degrees
    name = _named(result) or _named(error) or "unnamed"
    ranges = _ranges(nominal) if place is not None else [(-math.inf, math.inf)] * len(errors)
    return [
        (
            Line(name[:80], symbol, x, -e, spread, low, high, None if math.isnan(was) else was),
            factor,
        )
        for x, e, spread, factor, (low, high), was in zip(
            nominal, errors, spreads, factors, ranges, found, strict=True
        )
    ]


def _same_unit(read: tuple[str, list[float]], symbol: str) -> list[float]:
    """Give the places of the points in the unit of their errors; a difference of temperatures is in K."""
    from kilter.measure.unit import convert

    own, wanted = unit(read[0]), unit(symbol)
    if own.kind == "temperature" and own.symbol != "degC":
        raise BadInput("temperatures of a certificate are read in degrees Celsius", field="file")
    if own.kind == "temperature" and wanted.kind == "temperature_difference":
        return read[1]
    return [convert(value, own, wanted) for value in read[1]]


def _values(quantity: Element) -> tuple[str, list[float]]:
    """Read unit and values of a quantity, single or list."""
    for values, units in (("valueXMLList", "unitXMLList"), ("value", "unit")):
        value, symbol = _first(quantity, values), _first(quantity, units)
        if value is not None and symbol is not None:
            return read_unit(_text(symbol, 200).split(" ")[0]), _numbers(value)
    raise BadInput("a quantity has no value with a unit", field="file")


def _numbers(element: Element) -> list[float]:
    words = (element.text or "").split()
    if not 0 < len(words) <= MOST_POINTS:
        raise BadInput(f"{_name(element)} holds {len(words)} values", field="file")
    try:
        numbers = [float(word) for word in words]
    except ValueError:
        raise BadInput(f"{_name(element)} holds what is no number", field="file") from None
    if not all(map(math.isfinite, numbers)):
        raise BadInput(f"{_name(element)} holds a number that is not finite", field="file")
    return numbers


def _uncertainties(quantity: Element, count: int) -> tuple[list[float], list[float]]:
    spreads = _either(
        quantity, "valueExpandedMUXMLList", "uncertaintyXMLList", "valueExpandedMU", "uncertainty"
    )
    factors = _either(quantity, "coverageFactorXMLList", "coverageFactor")
    if spreads is None or factors is None:
        raise BadInput("an error of measurement has no expanded uncertainty with its k", field="file")
    both = [row * count if len(row) == 1 else row for row in (spreads, factors)]
    if (
        any(len(row) != count for row in both)
        or min(both[0]) <= 0
        or not 1 <= min(both[1]) <= max(both[1]) <= 5
    ):
        raise BadInput("its uncertainties do not fit the values", field="file")
    return both[0], both[1]


def _either(root: Element, *names: str) -> list[float] | None:
    found = next((one for name in names for one in _all(root, name)), None)
    return None if found is None else _numbers(found)


def _ranges(places: Sequence[float]) -> list[tuple[float, float]]:
    """Give for each point its range: to the middle of its neighbours, never beyond the ends."""
    order = sorted(range(len(places)), key=places.__getitem__)
    middles = [(places[a] + places[b]) / 2 for a, b in pairwise(order)]
    edges = [places[order[0]], *middles, places[order[-1]]]
    ranges = [(0.0, 0.0)] * len(places)
    for rank, at in enumerate(order):
        ranges[at] = (edges[rank], edges[rank + 1])
    return ranges


def read_unit(text: str) -> str:
    r"""Give our symbol for a D-SI unit such as `\milli\ohm` or `\degreecelsius`.

    Raises:
        BadInput: the unit is not one that Kilter knows.
    """
    parts = [part for part in re.split(r"\\", text) if part]
    symbol = ""
    if len(parts) in (1, 2) and parts[-1] in UNITS and all(part in PREFIXES for part in parts[:-1]):
        symbol = "".join(PREFIXES[part] for part in parts[:-1]) + UNITS[parts[-1]]
    elif parts == ["metre", "mercury"] or parts == ["milli", "metre", "mercury"]:
        symbol = "mmHg"
    try:
        return unit(symbol).symbol
    except BadInput:
        raise BadInput(f"the unit {text[:60]!r} of the certificate is not known here", field="file") from None
