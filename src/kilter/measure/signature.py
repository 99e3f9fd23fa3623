"""From a function's annotations to the schema that every interface reads."""

from __future__ import annotations

import dataclasses
import inspect
import types
import typing
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import numpy as np

from kilter.measure.error import Fault
from kilter.measure.quantity import Between, Figure, File, Files, Instrument, Notes, Quantity, Sheet, Table

InputType = Literal[
    "quantity",
    "repeated",
    "grid",
    "choice",
    "yes_no",
    "text",
    "instant",
    "file",
    "files",
    "instrument",
    "sheet",
]
ResultType = Literal["quantity", "table", "classification", "figure", "file"]

_INPUT_CLASSES: dict[object, InputType] = {
    bool: "yes_no",
    str: "text",
    datetime: "instant",
    File: "file",
    Files: "files",
    Instrument: "instrument",
    Sheet: "sheet",
}
_RESULT_CLASSES: dict[object, ResultType] = {Table: "table", Figure: "figure", File: "file"}
_SHAPES: dict[str, InputType] = {"scalar": "quantity", "repeated": "repeated", "grid": "grid"}


@dataclass(frozen=True, slots=True)
class Input:
    """One input of a procedure, as a form, a command line or a schema needs it."""

    name: str
    type: InputType
    unit: str = ""
    kind: str = ""
    choices: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    required: bool = True
    default: float | str | bool | None = None

    @property
    def numeric(self) -> bool:
        """Say whether the input carries a unit."""
        return self.type in ("quantity", "repeated", "grid")


@dataclass(frozen=True, slots=True)
class Result:
    """One result of a procedure; outside `low` to `high` it cannot be, whatever was typed."""

    name: str
    type: ResultType
    unit: str = ""
    kind: str = ""
    choices: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Signature:
    """Inputs and results of a procedure, in the order of their declaration."""

    inputs: tuple[Input, ...]
    results: tuple[Result, ...]

    def input(self, name: str) -> Input | None:
        """Find an input by name."""
        return next((item for item in self.inputs if item.name == name), None)

    def result(self, name: str) -> Result | None:
        """Find a result by name."""
        return next((item for item in self.results if item.name == name), None)

    def as_data(self) -> dict[str, list[dict[str, Any]]]:
        """Give the signature as plain data, defaults left out."""
        return {"inputs": [_sparse(i) for i in self.inputs], "results": [_sparse(r) for r in self.results]}

    @staticmethod
    def from_data(data: dict[str, list[dict[str, Any]]]) -> Signature:
        """Read what `as_data` wrote."""
        inputs = tuple(Input(**{**i, "choices": tuple(i.get("choices", ()))}) for i in data["inputs"])
        results = tuple(Result(**{**r, "choices": tuple(r.get("choices", ()))}) for r in data["results"])
        return Signature(inputs, results)


def _sparse(item: Input | Result) -> dict[str, Any]:
    plain: dict[str, Any] = {}
    for field in dataclasses.fields(item):
        value = getattr(item, field.name)
        if (
            field.default is dataclasses.MISSING
            or value != field.default
            or type(value) is not type(field.default)
        ):
            plain[field.name] = list(value) if isinstance(value, tuple) else value
    return plain


def signature_of(function: Callable[..., Any]) -> Signature:
    """Read a procedure's signature from its annotations.

    Raises:
        Fault: a parameter is not keyword-only, has no known type, or the result is no frozen dataclass.
    """
    where = f"{function.__module__}.{function.__qualname__}"
    hints = typing.get_type_hints(function, include_extras=True)
    inputs = []
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind is not inspect.Parameter.KEYWORD_ONLY:
            raise Fault(f"{where}: {parameter.name} must be keyword-only")
        inputs.append(_input(where, parameter, hints[parameter.name]))
    answer = hints.get("return")
    if not (isinstance(answer, type) and dataclasses.is_dataclass(answer)):
        raise Fault(f"{where} must return a frozen dataclass")
    fields = typing.get_type_hints(answer, include_extras=True)
    results = (_result(where, name, hint) for name, hint in fields.items())
    return Signature(tuple(inputs), tuple(item for item in results if item is not None))


def _unwrap(hint: Any) -> tuple[Any, tuple[Any, ...]]:
    """Take Optional and Annotated off; give the bare type and all metadata."""
    extras: tuple[Any, ...] = ()
    while True:
        origin = get_origin(hint)
        if origin is Annotated:
            hint, *more = get_args(hint)
            extras = (*extras, *more)
        elif origin in (Union, types.UnionType):
            rest = [part for part in get_args(hint) if part is not type(None)]
            if len(rest) != 1:
                return hint, extras
            hint = rest[0]
        else:
            return hint, extras


def _is_number(bare: Any) -> bool:
    return bare is float or get_origin(bare) is np.ndarray


def _input(where: str, parameter: inspect.Parameter, hint: Any) -> Input:
    bare, extras = _unwrap(hint)
    required = parameter.default is inspect.Parameter.empty
    default = None if required else parameter.default
    common: dict[str, Any] = {"name": parameter.name, "required": required, "default": default}
    quantity = next((extra for extra in extras if isinstance(extra, Quantity)), None)
    bounds = next((extra for extra in extras if isinstance(extra, Between)), Between())
    if quantity is not None and _is_number(bare):
        if isinstance(default, int | float) and default is not None:
            common["default"] = float(default)
        return Input(
            type=_SHAPES[quantity.shape],
            unit=quantity.unit,
            kind=quantity.kind,
            low=bounds.low,
            high=bounds.high,
            **common,
        )
    if get_origin(bare) is Literal:
        return Input(type="choice", choices=tuple(str(choice) for choice in get_args(bare)), **common)
    kind = _INPUT_CLASSES.get(bare)
    if kind is None:
        raise Fault(f"{where}: {parameter.name} has a type that no form knows: {hint!r}")
    return Input(type=kind, **common)


def _result(where: str, name: str, hint: Any) -> Result | None:
    bare, extras = _unwrap(hint)
    if bare == Notes or name == "uncertainties":  # what the function says about its results is not one
        return None
    quantity = next((extra for extra in extras if isinstance(extra, Quantity)), None)
    if quantity is not None and _is_number(bare):
        bounds = next((extra for extra in extras if isinstance(extra, Between)), Between())
        return Result(name, "quantity", quantity.unit, quantity.kind, low=bounds.low, high=bounds.high)
    if get_origin(bare) is Literal:
        return Result(name, "classification", choices=tuple(str(choice) for choice in get_args(bare)))
    kind = _RESULT_CLASSES.get(bare)
    if kind is None:
        raise Fault(f"{where}: result {name} has a type that no page knows: {hint!r}")
    return Result(name, kind)
