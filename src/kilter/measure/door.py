"""Parse at the door: text, JSON and Python values become what a procedure declares, or are refused by name.

What was typed is kept beside what it became. Range and type errors stop here.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np

from kilter.measure.error import BadInput
from kilter.measure.quantity import Contribution, File, Instrument, Sheet
from kilter.measure.signature import Input, Signature
from kilter.measure.unit import (
    Floats,
    Unit,
    convert,
    convert_uncertainty,
    read_quantity,
    split_number,
    unit,
)

LONGEST_TEXT = 10_000
MOST_READINGS = 1_000_000


@dataclass(frozen=True, slots=True)
class Uncertainty:
    """A standard uncertainty (k = 1) in its input's unit.

    `dof` is infinite where it is a Type B judgement; `distribution` matters to Monte Carlo only.
    """

    u: float
    dof: float = math.inf
    distribution: str = "normal"


@dataclass(frozen=True)
class Given:
    """One input as it came in and as the procedure takes it."""

    name: str
    typed: str
    value: Any
    unit: str = ""
    uncertainty: Uncertainty | None = None
    measured_by: Contribution | None = None


@dataclass(frozen=True, slots=True)
class Measured:
    """A value with its unit and kind, handed from one procedure to another or written by hand."""

    value: float | Floats
    unit: str
    kind: str = ""
    u: float | None = None


def parse(
    signature: Signature, raw: Mapping[str, object], u: Mapping[str, object] | None = None
) -> dict[str, Given]:
    """Parse all inputs of a procedure.

    Args:
        signature: the procedure's.
        raw: by input name: text as typed, a number, a list, `{"value", "unit", "u"}`, a `Measured`,
            a `File`, and so on.
        u: standard uncertainties by input name: text (`5mohm`, `2%`), a number in the declared unit,
            or an `Uncertainty`.

    Raises:
        BadInput: names the first input that is unknown, missing, unreadable or out of range.
    """
    names = [item.name for item in signature.inputs]
    for name in (*raw, *(u or {})):
        if name not in names:
            raise _unknown(str(name), names)
    given: dict[str, Given] = {}
    for item in signature.inputs:
        if item.name in raw and raw[item.name] is not None:
            value = raw[item.name]
            given[item.name] = _READERS[item.type](item, value)
        elif item.required:
            raise BadInput(f"{item.name} is missing", field=item.name, code="missing")
        else:
            given[item.name] = Given(item.name, "", item.default, item.unit)
    for name, stated in (u or {}).items():
        given[name] = _with_uncertainty(_input(signature, name), given[name], stated)
    return given


def _input(signature: Signature, name: str) -> Input:
    found = signature.input(name)
    assert found is not None  # names were checked before
    return found


def _unknown(name: str, names: Sequence[str]) -> BadInput:
    near = difflib.get_close_matches(name[:60], names, n=1)
    hint = f"; did you mean {near[0]}?" if near else f"; the inputs are {', '.join(names)}"
    return BadInput(f"there is no input {name[:60]!r}{hint}", field=name[:60], code="unknown_input")


def _quantity(item: Input, raw: object) -> Given:
    value, typed, uncertainty = _number(item, raw)
    _check_range(item, value)
    return Given(item.name, typed, value, item.unit, uncertainty)


def _number(item: Input, raw: object) -> tuple[float, str, Uncertainty | None]:
    wanted = unit(item.unit)
    if isinstance(raw, str):
        return _finite(item, read_quantity(raw, wanted, field=item.name)), raw.strip(), None
    if isinstance(raw, Mapping):
        return _stated(item, raw)
    if isinstance(raw, Measured):
        _check_kind(item, raw)
        return _stated(item, {"value": raw.value, "unit": raw.unit, "u": raw.u})
    number = _plain_number(item, raw)
    return number, f"{number!r}{item.unit if item.unit != '1' else ''}", None


def _check_kind(item: Input, raw: Measured) -> None:
    if raw.kind and raw.kind != item.kind:
        message = f"{item.name} wants {item.kind.replace('_', ' ')}, not {raw.kind.replace('_', ' ')}"
        raise BadInput(message, field=item.name, code="wrong_kind")


def _plain_number(item: Input, raw: object) -> float:
    if isinstance(raw, bool) or not isinstance(raw, int | float | np.integer | np.floating):
        raise BadInput(f"{item.name} wants a number, not {_kind_of(raw)}", field=item.name, code="wrong_type")
    try:
        return _finite(item, float(raw))
    except OverflowError:
        raise BadInput(f"{item.name} is too large", field=item.name, code="out_of_range") from None


def _kind_of(raw: object) -> str:
    words = {
        bool: "yes or no",
        str: "text",
        list: "a list",
        dict: "an object",
        type(None): "nothing",
        bytes: "bytes",
    }
    return words.get(type(raw), type(raw).__name__.lower())


def _stated(item: Input, raw: Mapping[str, Any]) -> tuple[float, str, Uncertainty | None]:
    extra = set(raw) - {"value", "unit", "u"}
    if extra or "value" not in raw:
        message = f"{item.name} is written as value, unit and u"
        raise BadInput(message, field=item.name, code="wrong_type")
    source, wanted = _unit_of(item, raw), unit(item.unit)
    if isinstance(raw["value"], str):
        value, typed = _stated_text(item, raw["value"], source, wanted)
    else:
        number = _plain_number(item, raw["value"])
        value, typed = convert(number, source, wanted, field=item.name), f"{number!r}{source.symbol}"
    stated = raw.get("u")
    if stated is None:
        return _finite(item, value), typed, None
    u = convert_uncertainty(_plain_number(item, stated), source, wanted, field=item.name)
    return _finite(item, value), typed, Uncertainty(_positive(item, u))


def _unit_of(item: Input, raw: Mapping[str, Any]) -> Unit:
    symbol = raw.get("unit") or item.unit
    if not isinstance(symbol, str):
        raise BadInput(f"{item.name}: the unit is text", field=item.name, code="wrong_type")
    return unit(symbol, field=item.name)


def _stated_text(item: Input, text: str, source: Unit, wanted: Unit) -> tuple[float, str]:
    """Read a typed number whose unit stands beside it; it may not bring a second one."""
    number, symbol = split_number(text, field=item.name)
    if symbol:
        message = f"{item.name}: the unit stands in `unit` or behind the number, not in both"
        raise BadInput(message, field=item.name, code="two_units")
    typed = text.strip() + ("" if source.symbol == "1" else source.symbol)
    return read_quantity(f"{number} {source.symbol}", wanted, field=item.name), typed


def _finite(item: Input, value: float) -> float:
    if not math.isfinite(value):
        raise BadInput(f"{item.name} must be a finite number", field=item.name, code="not_finite")
    return value


def _positive(item: Input, u: float) -> float:
    if not (u >= 0 and math.isfinite(u)):
        message = f"the uncertainty of {item.name} must be zero or more"
        raise BadInput(message, field=item.name, code="bad_uncertainty")
    return u


def _check_range(item: Input, values: float | Floats) -> None:
    low, high = np.min(values), np.max(values)
    if item.low is not None and low < item.low:
        message = f"{item.name} cannot be below {item.low:g} {item.unit}: {low:g} was given"
        raise BadInput(message.replace(" 1:", ":"), field=item.name, code="out_of_range")
    if item.high is not None and high > item.high:
        message = f"{item.name} cannot be above {item.high:g} {item.unit}: {high:g} was given"
        raise BadInput(message.replace(" 1:", ":"), field=item.name, code="out_of_range")


def _spread_out(item: Input, raw: object) -> tuple[object, Uncertainty | None]:
    """Take `{"value": [...], "unit", "u"}` or a `Measured` array apart: one unit, one u for all."""
    if isinstance(raw, Measured):
        _check_kind(item, raw)
        raw = {"value": raw.value, "unit": raw.unit, "u": raw.u}
    if isinstance(raw, np.ndarray):
        return raw.tolist(), None
    if not isinstance(raw, Mapping) or not isinstance(raw.get("value"), list | tuple | np.ndarray):
        return raw, None
    if set(raw) - {"value", "unit", "u"}:
        raise BadInput(f"{item.name} is written as value, unit and u", field=item.name, code="wrong_type")
    source, values = _unit_of(item, raw), raw["value"]
    values = values.tolist() if isinstance(values, np.ndarray) else values
    common = None
    if raw.get("u") is not None:
        stated = convert_uncertainty(_plain_number(item, raw["u"]), source, unit(item.unit), field=item.name)
        common = Uncertainty(_positive(item, stated))
    return _with_unit(values, source.symbol), common


def _with_unit(values: object, symbol: str) -> object:
    if isinstance(values, list | tuple):
        return [_with_unit(value, symbol) for value in values]
    return {"value": values, "unit": symbol}


def _plain_reading(item: Input, raw: object) -> tuple[float, str]:
    """Read one of many numbers; an uncertainty belongs to all of them, not to one."""
    value, typed, uncertainty = _number(item, raw)
    if uncertainty is not None:
        message = f"{item.name}: give one uncertainty for all numbers"
        raise BadInput(message, field=item.name, code="bad_uncertainty")
    return value, typed


def _repeated(item: Input, raw: object) -> Given:
    raw, common = _spread_out(item, raw)
    if isinstance(raw, str):
        raw = [part for part in raw.replace(";", " ").replace("\n", " ").split() if part]
    if isinstance(raw, int | float | Mapping) and not isinstance(raw, bool):
        raw = [raw]
    if not isinstance(raw, list | tuple) or not raw or len(raw) > MOST_READINGS:
        raise BadInput(f"{item.name} wants a list of readings", field=item.name, code="wrong_type")
    read = [_plain_reading(item, part) for part in raw]
    values = np.array([value for value, _ in read], dtype=np.float64)
    _check_range(item, values)
    return Given(item.name, " ".join(typed for _, typed in read), _frozen(values), item.unit, common)


def _grid(item: Input, raw: object) -> Given:
    raw, common = _spread_out(item, raw)
    if common is not None:
        raise BadInput(f"{item.name} takes no uncertainty", field=item.name, code="bad_uncertainty")
    typed = raw.strip() if isinstance(raw, str) else ""
    if isinstance(raw, str):
        raw = [line.split(",") for line in raw.replace("\n", ";").split(";") if line.strip()]
    if not isinstance(raw, list | tuple) or not raw or not all(isinstance(row, list | tuple) for row in raw):
        raise BadInput(f"{item.name} wants rows of numbers", field=item.name, code="wrong_type")
    if len({len(row) for row in raw}) != 1 or not raw[0] or len(raw) * len(raw[0]) > MOST_READINGS:
        raise BadInput(f"{item.name}: all rows must be of one length", field=item.name, code="ragged")
    values = np.array([[_plain_reading(item, cell)[0] for cell in row] for row in raw], dtype=np.float64)
    _check_range(item, values)
    shape = f"{values.shape[0]} x {values.shape[1]}"
    return Given(item.name, typed if 0 < len(typed) <= 200 else shape, _frozen(values), item.unit)


def _frozen(values: Floats) -> Floats:
    values.setflags(write=False)
    return values


def _choice(item: Input, raw: object) -> Given:
    if not isinstance(raw, str) or raw not in item.choices:
        shown = repr(raw[:40]) if isinstance(raw, str) else _kind_of(raw)
        message = f"{item.name} is one of {', '.join(item.choices)}, not {shown}"
        raise BadInput(message, field=item.name, code="not_a_choice")
    return Given(item.name, raw, raw)


def _yes_no(item: Input, raw: object) -> Given:
    answers = {"yes": True, "no": False}
    value = (
        raw if isinstance(raw, bool) else answers.get(raw.strip().lower()) if isinstance(raw, str) else None
    )
    if value is None:
        raise BadInput(f"{item.name} is yes or no", field=item.name, code="not_yes_no")
    return Given(item.name, "yes" if value else "no", value)


def _text(item: Input, raw: object) -> Given:
    if not isinstance(raw, str):
        raise BadInput(f"{item.name} wants text, not {_kind_of(raw)}", field=item.name, code="wrong_type")
    if len(raw) > LONGEST_TEXT:
        raise BadInput(
            f"{item.name} is longer than {LONGEST_TEXT} characters", field=item.name, code="too_long"
        )
    if any((ord(mark) < 32 and mark not in "\n\r\t") or 0xD800 <= ord(mark) < 0xE000 for mark in raw):
        raise BadInput(f"{item.name} holds control characters", field=item.name, code="control_characters")
    return Given(item.name, raw, raw)


def read_instant(text: str, *, field: str = "") -> datetime:
    """Read an instant in ISO 8601 with its offset from UTC.

    Raises:
        BadInput: not ISO 8601, or without an offset (10:00 where?).
    """
    try:
        instant = datetime.fromisoformat(text.strip() if len(text) <= 60 else "")
        if instant.tzinfo is not None:
            instant.astimezone(UTC)  # the first and last day of the calendar have no such thing everywhere
    except (ValueError, OverflowError):
        message = f"{text[:40]!r} is not an instant such as 2026-03-29T01:30:00+01:00"
        raise BadInput(message, field=field, code="not_an_instant") from None
    if instant.tzinfo is None:
        raise BadInput(f"{text[:40]!r} needs its offset, such as +01:00 or Z", field=field, code="no_offset")
    return instant


def _instant(item: Input, raw: object) -> Given:
    if isinstance(raw, datetime):
        raw = raw.isoformat()
    if not isinstance(raw, str):
        raise BadInput(f"{item.name} wants a date and time", field=item.name, code="wrong_type")
    return Given(item.name, raw, read_instant(raw, field=item.name))


def _file(item: Input, raw: object) -> Given:
    if not isinstance(raw, File):
        raise BadInput(f"{item.name} wants a file", field=item.name, code="wrong_type")
    return Given(item.name, raw.name, raw)


def _files(item: Input, raw: object) -> Given:
    files = (raw,) if isinstance(raw, File) else raw
    if not isinstance(files, list | tuple) or not files or not all(isinstance(part, File) for part in files):
        raise BadInput(f"{item.name} wants files", field=item.name, code="wrong_type")
    return Given(item.name, f"{len(files)} files", tuple(files))


def _instance(wanted: type, words: str) -> Callable[[Input, object], Given]:
    def read(item: Input, raw: object) -> Given:
        if not isinstance(raw, wanted):
            raise BadInput(f"{item.name} wants {words}", field=item.name, code="wrong_type")
        return Given(item.name, getattr(raw, "certificate", words), raw)

    return read


_READERS: dict[str, Callable[[Input, object], Given]] = {
    "quantity": _quantity,
    "repeated": _repeated,
    "grid": _grid,
    "choice": _choice,
    "yes_no": _yes_no,
    "text": _text,
    "instant": _instant,
    "file": _file,
    "files": _files,
    "instrument": _instance(Instrument, "an instrument with its certificate"),
    "sheet": _instance(Sheet, "a table"),
}


def _with_uncertainty(item: Input, given: Given, stated: object) -> Given:
    if item.type not in ("quantity", "repeated"):
        raise BadInput(f"{item.name} takes no uncertainty", field=item.name, code="bad_uncertainty")
    if given.value is None:
        raise BadInput(f"{item.name} has an uncertainty but no value", field=item.name, code="missing")
    if isinstance(stated, Uncertainty):
        _positive(item, stated.u)
        return Given(item.name, given.typed, given.value, given.unit, stated)
    u = _read_u(item, given, stated) if isinstance(stated, str) else _plain_number(item, stated)
    return Given(item.name, given.typed, given.value, given.unit, Uncertainty(_positive(item, u)))


def _read_u(item: Input, given: Given, text: str) -> float:
    number, symbol = split_number(text, field=item.name)
    wanted = unit(item.unit)
    if symbol == "%" or (symbol == "percent" and wanted.kind != "ratio"):
        if wanted.kind == "ratio" or wanted.offset or wanted.kind == "temperature":
            message = f"give the uncertainty of {item.name} in {wanted.symbol}: a share would be ambiguous"
            raise BadInput(message, field=item.name, code="bad_uncertainty")
        return _finite(item, float(number)) / 100 * float(np.mean(np.abs(given.value)))
    if wanted.kind == "temperature" and symbol == "K":
        source = unit("degC")
    else:
        source = unit(symbol, field=item.name) if symbol else wanted
    return convert_uncertainty(_finite(item, float(number)), source, wanted, field=item.name)
