"""Limits as data: which values are within, for which device, from which text, and whether it was read."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, cast, get_args

from kilter.measure.citation import Read
from kilter.measure.error import BadInput
from kilter.measure.registry import Entry, specialty
from kilter.measure.signature import Result
from kilter.measure.unit import convert, factor, unit

Level = Literal["remedial", "suspension"]
Kind = Literal["absolute", "relative", "share", "from_baseline", "from_table"]

# The kinds that are a percentage of something measured or typed, and how a refusal calls them.
_OF_SOMETHING = {"relative": "relative", "share": "a share"}


@dataclass(frozen=True, slots=True)
class Limit:
    """One row of a limit file.

    Attributes:
        result: the result it judges.
        low: smallest value within; None where open.
        high: largest value within; None where open.
        level: what being outside means.
        when: inputs or context that must have these values for the row to apply.
        kind: `absolute` in `unit`; `relative` as a departure from the input or result `of`, in percent of
            it; `share` as that percentage itself, for a result that is an error already; `from_baseline`
            as a departure from the device's own reference value (in `unit`, or a share where `unit` is
            percent and the result's is not); `from_table` by the nearest lower row of `steps`
            (at, low, high), of which an open end is None, written inf in a file.
        at_least: with `relative` or `share`, the departure that is within however small `of` is: the greater
            of the two holds (15 % or 3 J). In `fixed_unit`.
        plus: with `relative` or `share`, a departure that is added to the percentage (15 % and 4 mL). In
            `fixed_unit`.
        fixed_unit: of `at_least` or `plus`; the result's own where it is not said.
        near: share of the limit above which a note asks for comparison with earlier values.
        read: `yes` (text read), `no` (to be confirmed), `adopted` (a department signed for it).
    """

    result: str
    level: Level
    cite: str
    edition: str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    when: Mapping[str, str | bool] = field(default_factory=dict)
    kind: Kind = "absolute"
    of: str = ""
    steps: tuple[tuple[float, float | None, float | None], ...] = ()
    at_least: float | None = None
    plus: float | None = None
    fixed_unit: str = ""
    near: float | None = None
    clause: str = ""
    read: Read = "no"
    remark: str = ""

    def as_data(self) -> dict[str, Any]:
        """Give the row as plain data, defaults left out."""
        rows: dict[str, Any] = {}
        for name in self.__slots__:
            value = getattr(self, name)
            needed = name in ("cite", "edition")  # an edition may be unknown, and is then written as ""
            if needed or (value not in (None, "", (), {}) and (name, value) != ("kind", "absolute")):
                rows[name] = [list(step) for step in value] if name == "steps" else value
        return rows


def read_limits(data: Mapping[str, Any], entry: Entry) -> tuple[Limit, ...]:
    """Read limit rows from the data of a file and check them against the procedure.

    Args:
        data: `{"limit": [row, ...]}` as TOML gives it.
        entry: the procedure they judge.

    Raises:
        BadInput: names the row and what is wrong with it.
    """
    rows = data.get("limit", [])
    if set(data) - {"limit"} or not isinstance(rows, list):
        raise BadInput("a limit file holds [[limit]] rows and nothing else", field="limits")
    return tuple(_row(number, row, entry) for number, row in enumerate(rows, 1))


def _row(number: int, row: Any, entry: Entry) -> Limit:
    if not isinstance(row, Mapping):
        raise _refused(number, "is no table")
    unknown = set(row) - set(Limit.__slots__)
    if unknown:
        raise _refused(number, f"has unknown keys: {', '.join(sorted(map(str, unknown)))}")
    missing = {"result", "level", "cite", "edition"} - set(row)
    if missing:
        raise _refused(number, f"lacks {', '.join(sorted(missing))}")
    result = entry.signature.result(str(row["result"]))
    if result is None or result.type != "quantity":
        raise _refused(number, f"judges {row['result']!r}, which is no quantity among the results")
    _check_words(number, row)
    _check_numbers(number, row)
    symbol = str(row.get("unit") or result.unit)
    _check_unit(number, row, symbol, result)
    if row.get("kind") in _OF_SOMETHING:
        _check_reference(number, row, entry, result)
    steps = tuple((float(at), _side(low), _side(high)) for at, low, high in row.get("steps", ()))
    fixed = _check_fixed(number, row, result)
    return Limit(**{**row, "unit": symbol, "steps": steps, "fixed_unit": fixed})


def _check_fixed(number: int, row: Mapping[str, Any], result: Result) -> str:
    """Check the part that does not grow with `of`; give its unit, "" where there is none."""
    given = [name for name in ("at_least", "plus") if row.get(name) is not None]
    if not given:
        if row.get("fixed_unit"):
            raise _refused(number, "has a fixed_unit of nothing")
        return ""
    if len(given) == 2 or row.get("kind") not in _OF_SOMETHING or row[given[0]] <= 0:
        raise _refused(number, f"has {' and '.join(given)}: one, above zero, goes with relative or share")
    low, high = row.get("low"), row.get("high")
    if (low is not None and low >= 0) or (high is not None and high <= 0):
        raise _refused(number, f"has {given[0]}, so low is below zero and high above it")
    symbol = str(row.get("fixed_unit") or result.unit)
    _check_unit(number, {}, symbol, result)
    return symbol


def _check_unit(number: int, row: Mapping[str, Any], symbol: str, result: Result) -> None:
    try:
        kind = unit(symbol).kind
    except BadInput as error:
        raise _refused(number, f"has an {error.message}") from None
    if row.get("kind") in _OF_SOMETHING and kind != "ratio":
        raise _refused(number, f"is {_OF_SOMETHING[row['kind']]}, so it is in percent")
    share = row.get("kind") in (*_OF_SOMETHING, "from_baseline") and symbol == "percent"
    if not share and kind != unit(result.unit).kind:
        raise _refused(number, f"is in {symbol}, the result in {result.unit}")


def _check_reference(number: int, row: Mapping[str, Any], entry: Entry, result: Result) -> None:
    """Refuse a share of something that is in another unit than the result."""
    of = entry.signature.input(row["of"]) or entry.signature.result(row["of"])
    if of is not None and of.unit != result.unit:
        raise _refused(number, f"is relative to {row['of']} in {of.unit or of.type}, not in {result.unit}")


def _side(given: float) -> float | None:
    """Read one end of a step; TOML has no null, so an open end is written as inf."""
    return None if math.isinf(given) else float(given)


def _refused(number: int, why: str) -> BadInput:
    return BadInput(f"limit row {number} {why}", field="limits", code="bad_limit")


def _check_words(number: int, row: Mapping[str, Any]) -> None:
    for name, allowed in (("level", get_args(Level)), ("kind", get_args(Kind)), ("read", get_args(Read))):
        if name in row and row[name] not in allowed:
            raise _refused(number, f"has {name} {row[name]!r}; it is one of {', '.join(allowed)}")
    if row.get("kind") in (*_OF_SOMETHING, "from_table") and not row.get("of"):
        raise _refused(number, "needs `of`: the input or result it is relative to")
    if not isinstance(row.get("when", {}), Mapping):
        raise _refused(number, "has a `when` that is no table")
    for name in ("result", "cite", "edition", "unit", "of", "fixed_unit", "clause", "remark"):
        if not isinstance(row.get(name, ""), str):
            raise _refused(number, f"has a {name} that is no text")


def _check_numbers(number: int, row: Mapping[str, Any]) -> None:
    for name in ("low", "high", "near", "at_least", "plus"):
        value = row.get(name)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
            raise _refused(number, f"has a {name} that is no number")
        if value is not None and not math.isfinite(value):
            raise _refused(number, f"has a {name} that is not finite")
    low, high = row.get("low"), row.get("high")
    if low is None and high is None and not row.get("steps"):
        raise _refused(number, "has neither low nor high")
    if low is not None and high is not None and low >= high:
        raise _refused(number, "has a low that is not below its high")
    steps = row.get("steps", ())
    if not isinstance(steps, list | tuple) or not all(_is_step(step) for step in steps):
        raise _refused(number, "has steps that are not [[at, low, high], ...] with inf for an open end")


def _is_step(step: object) -> bool:
    if not isinstance(step, list | tuple) or len(step) != 3:
        return False
    numbers = all(isinstance(part, int | float) and not isinstance(part, bool) for part in step)
    return numbers and math.isfinite(step[0]) and not any(math.isnan(part) for part in step)


def shipped(entry: Entry) -> tuple[Limit, ...]:
    """Give the published limits that stand beside a procedure; () where it has none."""
    return read_limits(specialty(entry.specialty).data("limits", entry.name), entry)


def applying(limits: Iterable[Limit], result: str, facts: Mapping[str, object]) -> list[Limit]:
    """Choose the rows of one result that apply.

    Args:
        limits: all rows in force.
        result: the result's name.
        facts: inputs and context by name.

    Raises:
        BadInput: two rows claim the same place, or none applies where one is required.
    """
    rows = [row for row in limits if row.result == result]
    fitting = [row for row in rows if all(_same(facts.get(name), want) for name, want in row.when.items())]
    if rows and not fitting:
        lacking = sorted({name for row in rows for name in row.when if facts.get(name) in (None, "")})
        wanted = ", ".join(lacking) if lacking else "other inputs"
        message = f"no limit of {result} applies: {wanted} must be known (--context name=value)"
        raise BadInput(message, field=lacking[0] if lacking else result, code="no_limit")
    for level in get_args(Level):
        for side in ("low", "high"):
            claimed = [row for row in fitting if row.level == level and _claims(row, side)]
            if len({row.kind for row in claimed}) < len(claimed):
                message = f"{len(claimed)} {level} limits of {result} apply at once"
                raise BadInput(message, field="limits", code="two_limits")
    return fitting


def _claims(row: Limit, side: str) -> bool:
    """Say whether a row bounds its result from below (`low`) or from above (`high`)."""
    place = {"low": 1, "high": 2}[side]
    return getattr(row, side) is not None or any(step[place] is not None for step in row.steps)


def _same(fact: object, want: object) -> bool:
    if isinstance(want, bool) or isinstance(fact, bool):
        return {True: "yes", False: "no"}.get(cast("bool", fact), fact) == (
            {True: "yes", False: "no"}.get(cast("bool", want), want)
        )
    return fact == want


@dataclass(frozen=True, slots=True)
class Bounds:
    """A limit made absolute in the result's unit for one run."""

    limit: Limit
    low: float | None
    high: float | None


def bounds(row: Limit, result_unit: str, facts: Mapping[str, object]) -> Bounds | None:
    """Make a row absolute in the result's unit.

    Args:
        row: the limit.
        result_unit: symbol of the result's declared unit.
        facts: inputs, results and context; `baseline.<result>` is the device's reference value.

    Returns:
        None where a baseline is needed and the device has none yet.

    Raises:
        BadInput: the value that a relative limit refers to is not known.
    """
    low, high = row.low, row.high
    share = row.unit == "percent" and row.unit != result_unit
    if row.kind == "from_baseline":
        baseline = facts.get(f"baseline.{row.result}")
        if not isinstance(baseline, int | float):
            return None
        return _around(row, float(baseline), low, high, result_unit, share=share)
    if row.kind in (*_OF_SOMETHING, "from_table"):
        reference = facts.get(row.of)
        if not isinstance(reference, int | float) or isinstance(reference, bool):
            raise BadInput(f"the limit of {row.result} needs {row.of}", field=row.of, code="no_limit")
        if row.kind in _OF_SOMETHING:
            return _of_something(row, float(reference), result_unit)
        below = [step for step in row.steps if step[0] <= reference]
        if not below:
            raise BadInput(f"{row.of} = {reference:g} lies below the table", field=row.of, code="no_limit")
        _, low, high = max(below, key=lambda step: step[0])
    source, target = unit(row.unit), unit(result_unit)
    return Bounds(
        row,
        None if low is None else convert(float(low), source, target),
        None if high is None else convert(float(high), source, target),
    )


def _around(
    row: Limit, centre: float, low: float | None, high: float | None, result_unit: str, *, share: bool
) -> Bounds:
    def edge(departure: float | None) -> float | None:
        if departure is None:
            return None
        if share:
            return centre + abs(centre) * convert(float(departure), unit(row.unit), unit("1"))
        return centre + float(departure) * float(factor(unit(row.unit), unit(result_unit)))

    return Bounds(row, edge(low), edge(high))


def _of_something(row: Limit, reference: float, result_unit: str) -> Bounds:
    """Make a percentage of `reference`, with its fixed part, absolute in the result's unit."""
    centre = reference if row.kind == "relative" else 0.0
    fixed_unit = float(factor(unit(row.fixed_unit), unit(result_unit))) if row.fixed_unit else 1.0

    def edge(percentage: float | None) -> float | None:
        if percentage is None:
            return None
        size = abs(reference) * abs(convert(float(percentage), unit(row.unit), unit("1")))
        if row.at_least is not None:
            size = max(size, row.at_least * fixed_unit)
        if row.plus is not None:
            size += row.plus * fixed_unit
        return centre + math.copysign(size, percentage)

    return Bounds(row, edge(row.low), edge(row.high))
