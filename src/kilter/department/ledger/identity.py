"""Where public ids come from: random ones, or, for a generated history, ones drawn from its seed.

Like the clock, it is asked by actions and moved only for the length of a block, so that the same seed
gives the same documents to the byte.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import UUID, uuid4

_source: ContextVar[Callable[[], UUID] | None] = ContextVar("source", default=None)


def new_id() -> UUID:
    """Give a new public id."""
    source = _source.get()
    return uuid4() if source is None else source()


@contextmanager
def drawn_from(source: Callable[[], UUID]) -> Iterator[None]:
    """Take new ids from a source inside the block."""
    token = _source.set(source)
    try:
        yield
    finally:
        _source.reset(token)
