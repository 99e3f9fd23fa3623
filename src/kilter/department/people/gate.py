"""The gate that every action of every room passes.

`@action("room.verb")` makes a function an action: keyword-only, with the acting person as `by`. It
opens a transaction, asks `may` before it looks at anything else, and is a fault of ours when it
changed something without an audit entry.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar, cast

from django.db import transaction

from kilter.department.ledger import audit, moments
from kilter.department.people.activities import activity
from kilter.department.people.models import Person
from kilter.department.people.queries import Device, may
from kilter.measure.error import BadInput, Fault, KilterError, NotPermitted

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Action:
    """One action of the house: its activity and its function, the gate included."""

    activity: str
    function: Callable[..., Any]

    @property
    def name(self) -> str:
        """Module and name of the function."""
        return f"{self.function.__module__}.{self.function.__qualname__}"


_actions: dict[str, Action] = {}
_granted: ContextVar[frozenset[tuple[Any, ...]]] = ContextVar("granted", default=frozenset())
"""What was asked and granted in the actions that are under way, outermost first."""


def actions() -> tuple[Action, ...]:
    """Give every action that was declared, by name; the contract test walks them."""
    return tuple(_actions[name] for name in sorted(_actions))


Keep = Callable[[KilterError, Mapping[str, Any]], KilterError]
"""Takes an action's refusal and its arguments, keeps what has to stay, and gives the refusal to raise."""


def action(key: str, *, keep: Keep | None = None) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Declare a function as the action of an activity.

    The function takes keywords only, `by` among them. Where it has a keyword `device` or
    `procedure`, the gate asks about that one. The call raises NotPermitted with the reasons before any
    other argument is looked at.

    Args:
        key: key of the activity in `activities.toml`.
        keep: called where the action was refused, after all it did is undone; what it keeps, it keeps by an
            action of its own. Inside the transaction of another action that is undone with that one.

    Raises:
        Fault: (at the declaration) the activity is unknown or the function takes positional arguments;
            (at the call) the action finished without an audit entry; everything it did is undone.

    """
    activity(key)

    def declare(function: Callable[P, R]) -> Callable[P, R]:
        """Wrap one function."""
        parameters = inspect.signature(function).parameters.values()
        if any(one.kind is not inspect.Parameter.KEYWORD_ONLY for one in parameters):
            raise Fault(f"{function.__qualname__}: an action takes keywords only")
        if "by" not in {one.name for one in parameters}:
            raise Fault(f"{function.__qualname__}: an action says by whom")

        @functools.wraps(function)
        def gated(*args: P.args, **arguments: P.kwargs) -> R:
            """Ask the gate, act, and see that the act was written down."""
            if args:
                raise Fault(f"{function.__qualname__}: an action takes keywords only")
            try:
                return carry_out(cast(dict[str, Any], arguments))
            except KilterError as refusal:
                told = keep(refusal, arguments) if keep is not None else refusal
                if told is refusal:
                    raise
                raise told from refusal

        def carry_out(arguments: dict[str, Any]) -> R:
            """Act in one transaction."""
            with transaction.atomic(), _passed(key, arguments):
                before = audit.entries_written()
                result = function(**arguments)  # type: ignore[call-arg]
                if audit.entries_written() == before:
                    raise Fault(f"{function.__qualname__} changed something without an audit entry")
                moments.happen("action.done", activity=key, device=arguments.get("device"), result=result)
                return result

        declared = Action(key, gated)
        _actions[declared.name] = declared
        return gated

    return declare


@contextmanager
def _passed(key: str, arguments: dict[str, Any]) -> Iterator[None]:
    """Ask whether the person may; an action inside the block that asks the very same is not asked again."""
    by, device, procedure = _asked(arguments)
    asked = (by.pk, key, device.uuid if device is not None else None, procedure)
    granted = _granted.get()
    if asked not in granted:
        permission = may(by, key, device, procedure=procedure)
        if not permission:
            raise NotPermitted(" ".join(permission.reasons), field="by")
    token = _granted.set(granted | {asked})
    try:
        yield
    finally:
        _granted.reset(token)


def _asked(arguments: dict[str, Any]) -> tuple[Person, Device | None, str]:
    """Read who acts, and on what."""
    by = arguments.get("by")
    if not isinstance(by, Person):
        raise NotPermitted("Nobody is logged in.", field="by")
    device: Device | None = arguments.get("device")
    procedure = arguments.get("procedure", "")
    if isinstance(arguments.get("specialty"), str):  # an act on a whole specialty needs its scope
        procedure = procedure or f"{arguments['specialty']}."
    if not isinstance(procedure, str):
        raise BadInput("procedure: must be the key of a procedure", field="procedure")
    if device is not None and not (hasattr(device, "uuid") and hasattr(device, "kind")):
        raise BadInput("device: must be a device", field="device")
    return by, device, procedure
