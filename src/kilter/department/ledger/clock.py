"""The department's clock: the one place where an action asks what time it is.

`at(...)` moves it for the block inside: history is generated and rules are tested through the same
actions that people use, at the instants at which they would have been used.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

from kilter.measure.error import BadInput

_moved: ContextVar[datetime | None] = ContextVar("moved", default=None)


def now() -> datetime:
    """Give the present instant, aware, in UTC."""
    return _moved.get() or datetime.now(UTC)


def as_instant(given: datetime, field: str = "instant") -> datetime:
    """Give an aware time in UTC.

    Raises:
        BadInput: the time has no zone, so nobody can say which instant is meant.

    """
    if given.tzinfo is None or given.utcoffset() is None:
        raise BadInput(f"{field}: a time without a zone does not say which instant is meant", field=field)
    try:
        return given.astimezone(UTC)
    except OverflowError as problem:
        raise BadInput(f"{field}: the time lies outside what can be stored", field=field) from problem


@contextmanager
def at(instant: datetime) -> Iterator[None]:
    """Let the clock stand at an instant inside the block."""
    token = _moved.set(as_instant(instant))
    try:
        yield
    finally:
        _moved.reset(token)
