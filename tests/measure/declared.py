"""Procedures that the tests of the grammar declare for themselves, one of every kind of input."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

import numpy as np

from kilter.measure.citation import Citation
from kilter.measure.procedure import AnyProcedure, Method, procedure
from kilter.measure.quantity import (
    Between,
    Celsius,
    File,
    Files,
    Instrument,
    Ohm,
    Percent,
    Ratio,
    Sheet,
    Volt,
    grid,
    quantity,
    repeated,
)
from kilter.measure.registry import Entry
from kilter.measure.unit import Floats

TRUTH = Citation("TEST", "A truth of arithmetic", "1", read="yes")


@dataclass(frozen=True, slots=True)
class Echo:
    """One number."""

    total: Ohm


@procedure("testing.everything", version=1, cites=[TRUTH], uncertainty="none")
def everything(
    *,
    single: Annotated[Ohm, Between(0.0, 1e6)],
    share: Annotated[Percent, Between(0.0, 100.0)] = 50.0,
    ratio: Ratio = 1.0,
    warmth: Celsius = 20.0,
    readings: Annotated[Floats, repeated("V"), Between(-10.0, 10.0)] | None = None,
    dose: Annotated[Floats, grid("Gy")] | None = None,
    side: Literal["left", "right"] = "left",
    sealed: bool = False,
    remark: str = "",
    when: datetime | None = None,
    flood: File | None = None,
    series: Files | None = None,
    meter: Instrument | None = None,
    listing: Sheet | None = None,
) -> Echo:
    """Take one input of every type and give the first back."""
    return Echo(total=single)


def declared(
    function: Callable[..., Any], *, elementwise: bool = True, uncertainty: Method = "gum"
) -> AnyProcedure:
    """Declare a function of the tests as a procedure."""
    decorate = procedure(
        f"testing.{function.__name__.strip('_<>')}",
        version=1,
        cites=[TRUTH],
        elementwise=elementwise,
        uncertainty=uncertainty,
    )
    return decorate(function)


def budget(
    inputs: Mapping[str, str], results: Mapping[str, str], body: Callable[..., tuple[Any, ...]], **more: Any
) -> AnyProcedure:
    """Declare a sum: inputs and results `{name: unit}`, and a body that gives a tuple of the results."""
    fields = [(name, Annotated[float, quantity(symbol)]) for name, symbol in results.items()]
    answer = dataclasses.make_dataclass("Answer", fields, frozen=True)

    def made(**given: Any) -> Any:
        return answer(*body(**given))

    kind = inspect.Parameter.KEYWORD_ONLY
    made.__doc__ = "A made sum."
    made.__annotations__ = {name: Annotated[float, quantity(symbol)] for name, symbol in inputs.items()}
    made.__annotations__["return"] = answer
    made.__signature__ = inspect.Signature([inspect.Parameter(name, kind) for name in inputs])  # type: ignore[attr-defined]
    return declared(made, **more)


def entry_of(item: AnyProcedure) -> Entry:
    """Give the entry of a procedure that no specialty ships."""
    return Entry(
        key=item.key,
        version=item.version,
        summary=item.summary,
        module=__name__,
        attribute=item.function.__name__,
        cites=item.cites,
        elementwise=item.elementwise,
        uncertainty=item.uncertainty,
        use=item.use,
        heavy=item.heavy,
        signature=item.signature,
    )


@dataclass(frozen=True, slots=True)
class Mean:
    """The mean of repeated readings."""

    mean: Volt


@procedure("testing.mean", version=1, cites=[TRUTH], uncertainty="repeats")
def mean_of(*, readings: Annotated[Floats, repeated("V")], correction: Volt = 0.0) -> Mean:
    """Mean of replicates, corrected."""
    return Mean(mean=float(np.mean(readings)) + correction)
