"""The declaration: one decorator that makes a pure function a procedure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, update_wrapper
from typing import Any, Generic, Literal, ParamSpec, TypeVar

from kilter.measure.citation import Citation
from kilter.measure.error import Fault
from kilter.measure.signature import Signature, signature_of

P = ParamSpec("P")
R = TypeVar("R")

Method = Literal["gum", "monte_carlo", "repeats", "own", "none"]
Use = Literal["equipment", "independent_check", "patient_result"]
Upcast = Callable[[int, dict[str, Any]], dict[str, Any]]


class Procedure(Generic[P, R]):
    """A typed pure function with its declaration. Calling it calls the function.

    Attributes:
        key: `specialty.procedure`.
        version: raised whenever numbers or shape change.
        cites: where the method comes from, never empty.
        elementwise: the body uses numpy only and may be given arrays by `run_many`.
        uncertainty: how its uncertainty is found, shown on the certificate.
        use: what a result is for; all but `equipment` are off until a site's safety officer signs.
        heavy: runs in a child process with limits of time and memory.
        upcast: brings the inputs of an earlier version, as sealed, forward to this one.
    """

    def __init__(
        self,
        function: Callable[P, R],
        *,
        key: str,
        version: int,
        cites: Sequence[Citation],
        elementwise: bool,
        uncertainty: Method,
        use: Use,
        heavy: bool,
        upcast: Upcast | None = None,
        measured: Sequence[str] = (),
    ) -> None:
        """Declare a function; `procedure` is the decorator for it.

        Raises:
            Fault: a key without a dot, a version below 1, no citation, or no docstring.
        """
        if key.count(".") != 1 or version < 1 or not cites or not (function.__doc__ or "").strip():
            raise Fault(f"{key}: a procedure has a key specialty.name, a version, a citation and a docstring")
        self.function = function
        self.key = key
        self.version = version
        self.cites = tuple(cites)
        self.elementwise = elementwise
        self.uncertainty: Method = uncertainty
        self.use: Use = use
        self.heavy = heavy
        self.upcast = upcast
        self.measured = tuple(measured)
        update_wrapper(self, function)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Call the function itself: plain floats and arrays in the declared units."""
        return self.function(*args, **kwargs)

    def bring_forward(self, version: int, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Bring sealed inputs of an earlier version forward to this one."""
        if self.upcast is None or version >= self.version:
            return dict(inputs)
        return self.upcast(version, dict(inputs))

    @property
    def specialty(self) -> str:
        """The part of the key before the dot."""
        return self.key.partition(".")[0]

    @cached_property
    def signature(self) -> Signature:
        """Inputs and results, read once from the annotations."""
        return signature_of(self.function)

    @cached_property
    def measured_kinds(self) -> dict[str, str]:
        """Kinds of the inputs that a test instrument measures, by name.

        Raises:
            Fault: the declaration names what is no quantity among the inputs.
        """
        kinds = {item.name: item.kind for item in self.signature.inputs if item.numeric}
        if strange := [name for name in self.measured if name not in kinds]:
            raise Fault(f"{self.key}: {strange[0]} is no quantity that an instrument could measure")
        return {name: kinds[name] for name in self.measured}

    @property
    def summary(self) -> str:
        """First line of the docstring."""
        return (self.function.__doc__ or "").strip().splitlines()[0]

    def __repr__(self) -> str:
        """Show key and version."""
        return f"<Procedure {self.key} v{self.version}>"


AnyProcedure = Procedure[..., Any]


def procedure(
    key: str,
    *,
    version: int,
    cites: Sequence[Citation],
    elementwise: bool = False,
    uncertainty: Method = "gum",
    use: Use = "equipment",
    heavy: bool = False,
    upcast: Upcast | None = None,
    measured: Sequence[str] = (),
) -> Callable[[Callable[P, R]], Procedure[P, R]]:
    """Declare a pure function as a procedure; see `Procedure` for the words.

    The parameters keep their types: mypy refuses a wrong argument at a call of the procedure.
    """

    def declare(function: Callable[P, R]) -> Procedure[P, R]:
        return Procedure(
            function,
            key=key,
            version=version,
            cites=cites,
            elementwise=elementwise,
            uncertainty=uncertainty,
            use=use,
            heavy=heavy,
            upcast=upcast,
            measured=measured,
        )

    return declare
