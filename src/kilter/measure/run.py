"""Run a procedure: parse at the door, call the pure function, find the uncertainty, freeze the outcome."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from kilter.measure.door import Given, parse
from kilter.measure.error import BadInput, CannotTell, Fault
from kilter.measure.instrument import corrected
from kilter.measure.outcome import Outcome, Value
from kilter.measure.procedure import AnyProcedure
from kilter.measure.quantity import Figure, File, Instrument, Note, Table
from kilter.measure.signature import Result
from kilter.measure.uncertainty import Correlation, Propagated, first_order, monte_carlo
from kilter.measure.unit import Floats

# Enough for three digits of u, and a second at most for a procedure that must be called point by point.
_DRAWS_AT_ONCE, _DRAWS_BY_POINT = 200_000, 10_000


def run(
    procedure: AnyProcedure,
    inputs: Mapping[str, object],
    *,
    u: Mapping[str, object] | None = None,
    correlation: Correlation | None = None,
    instruments: Sequence[Instrument] = (),
    strict: bool = True,
) -> Outcome:
    """Run a procedure on raw inputs.

    Args:
        procedure: the declared function.
        inputs: by name, as `door.parse` takes them.
        u: standard uncertainties by input name.
        correlation: correlation coefficients by pair of input names.
        instruments: the test instruments used; their certificates correct the readings and add to u.
        strict: refuse a reading that no certificate of theirs covers.

    Returns:
        A frozen outcome; not valid, with a note that says why, where the analysis cannot tell.

    Raises:
        BadInput: an input is refused; its name stands in `field`.
        Fault: the procedure broke its own declaration.
    """
    given = parse(procedure.signature, inputs, u)
    if instruments:
        name = procedure.key.partition(".")[2]
        given = corrected(name, procedure.measured_kinds, given, instruments, strict=strict)
    return run_parsed(procedure, given, correlation=correlation)


def run_parsed(
    procedure: AnyProcedure, given: Mapping[str, Given], *, correlation: Correlation | None = None
) -> Outcome:
    """Run a procedure on inputs that have passed the door; see `run`."""
    try:
        with np.errstate(all="ignore"):
            answer = procedure(**{name: item.value for name, item in given.items()})
            spread = _spread(procedure, given, correlation)
    except CannotTell as reason:
        note = Note(reason.code, reason.message)
        return Outcome(procedure.key, procedure.version, given, notes=(note,), valid=False)
    except ArithmeticError:
        raise BadInput("these inputs give no finite result", code="not_finite") from None
    return _outcome(procedure, given, answer, spread)


def _spread(
    procedure: AnyProcedure, given: Mapping[str, Given], correlation: Correlation | None
) -> Propagated | None:
    if procedure.uncertainty in ("gum", "repeats"):
        return first_order(procedure, given, correlation)
    if procedure.uncertainty != "monte_carlo":
        return None
    draws = _DRAWS_AT_ONCE if procedure.elementwise else _DRAWS_BY_POINT
    drawn = monte_carlo(procedure, given, draws=draws, correlation=correlation)
    return Propagated({name: item.u for name, item in drawn.items()}, {}, (), {}) if drawn else None


def _outcome(
    procedure: AnyProcedure, given: Mapping[str, Given], answer: Any, spread: Propagated | None
) -> Outcome:
    results: dict[str, Value] = {}
    tables: dict[str, Table] = {}
    figures: dict[str, Figure] = {}
    files: dict[str, File] = {}
    own = getattr(answer, "uncertainties", None) or {}
    for item in procedure.signature.results:
        value = getattr(answer, item.name)
        if value is None:
            continue
        if item.type == "quantity":
            u = spread.u.get(item.name) if spread else own.get(item.name)
            dof = spread.dof.get(item.name, math.inf) if spread else math.inf
            results[item.name] = Value(_number(procedure, item, value), item.unit, item.kind, u, dof)
        elif item.type == "classification":
            results[item.name] = Value(str(value))
        else:
            kept: dict[str, dict[str, Any]] = {"table": tables, "figure": figures, "file": files}
            kept[item.type][item.name] = value
    notes = tuple(getattr(answer, "notes", ())) + _exactness(given, spread)
    return Outcome(
        procedure=procedure.key,
        version=procedure.version,
        inputs=given,
        results=results,
        tables=tables,
        figures=figures,
        files=files,
        notes=notes,
        method=procedure.uncertainty if spread or own else "none",
        budget=spread.budget if spread else (),
        correlation=spread.correlation if spread else {},
    )


def _number(procedure: AnyProcedure, item: Result, value: Any) -> float:
    words = item.name.replace("_", " ")
    if np.ndim(value) != 0:
        raise Fault(f"{procedure.key}: result {item.name} is an array; arrays go through run_many")
    number = float(value)
    if not math.isfinite(number):
        raise BadInput(f"these inputs give no finite {words}", code="not_finite")
    if not _possible(number, item):
        message = f"these inputs give a {words} of {number:.6g} {item.unit}, which cannot be"
        raise BadInput(message, field=item.name, code="impossible_result")
    return number


def _possible(value: Any, item: Result) -> bool:
    below = item.low is not None and bool(np.any(value < item.low))
    return not below and not (item.high is not None and bool(np.any(value > item.high)))


def _exactness(given: Mapping[str, Given], spread: Propagated | None) -> tuple[Note, ...]:
    """Name the typed inputs that were taken as exact beside others that were not."""
    if spread is None:
        return ()
    known = {line.input for line in spread.budget}
    silent = [
        item.name
        for item in given.values()
        if item.typed
        and item.unit
        and isinstance(item.value, float)
        and item.name not in known
        and item.uncertainty is None
    ]
    if not silent or not known:
        return ()
    return (Note("taken_as_exact", f"taken as exact, no uncertainty was given: {', '.join(silent)}"),)


def run_many(procedure: AnyProcedure, arrays: Mapping[str, Any]) -> dict[str, Floats]:
    """Run an elementwise procedure on arrays: the only road for them.

    Args:
        procedure: declared `elementwise`.
        arrays: by input name: float64 arrays of one shape in the declared units, or single values.

    Returns:
        Arrays by result name, in the declared units; NaN or infinity where a result has no value.

    Raises:
        Fault: the procedure is not elementwise.
        BadInput: an unknown or missing input, or a value or result outside its range.
    """
    if not procedure.elementwise:
        raise Fault(f"{procedure.key} is not declared elementwise")
    signature = procedure.signature
    for name in arrays:
        if signature.input(name) is None:
            raise BadInput(f"there is no input {name!r}", field=name, code="unknown_input")
    for item in signature.inputs:
        if item.required and item.name not in arrays:
            raise BadInput(f"{item.name} is missing", field=item.name, code="missing")
        if item.numeric and arrays.get(item.name) is not None:
            _check_array(item.name, arrays[item.name], item.low, item.high)
    with np.errstate(all="ignore"):
        answer = procedure(**arrays)
    shape = np.broadcast_shapes(*(np.shape(value) for value in arrays.values()))
    results = {}
    for result in signature.results:
        if result.type == "quantity":
            values = np.asarray(getattr(answer, result.name), dtype=float)
            if not _possible(values, result):
                message = f"some inputs give a {result.name.replace('_', ' ')} that cannot be"
                raise BadInput(message, field=result.name, code="impossible_result")
            results[result.name] = np.broadcast_to(values, shape)
    return results


def _check_array(name: str, values: Any, low: float | None, high: float | None) -> None:
    array = np.asarray(values, dtype=np.float64)
    if not np.all(np.isfinite(array)):
        raise BadInput(f"{name} holds values that are not finite", field=name, code="not_finite")
    if (low is not None and np.any(array < low)) or (high is not None and np.any(array > high)):
        raise BadInput(f"{name} holds values that are not possible", field=name, code="out_of_range")
