"""Where public ids come from: random, in the order of time; for a generated history, of its seed.

An id begins with the millisecond of the department's clock (version 7 of RFC 9562), so that an index of ids
grows at its end instead of everywhere. Like the clock, the source of the rest is asked by actions and moved
only for the length of a block: the same seed then gives the same documents to the byte.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import UUID

from kilter.department.ledger import clock

RANDOM_BITS = 74
"""Bits of an id that are neither time, version nor variant."""

_source: ContextVar[Callable[[], int] | None] = ContextVar("source", default=None)


def new_id() -> UUID:
    """Give a new public id; later ids sort behind earlier ones, to the millisecond."""
    source = _source.get()
    drawn = secrets.randbits(RANDOM_BITS) if source is None else source()
    milliseconds = int(clock.now().timestamp() * 1000)
    high, low = drawn >> 62, drawn & (1 << 62) - 1
    return UUID(int=milliseconds << 80 | 7 << 76 | high << 64 | 2 << 62 | low)


@contextmanager
def drawn_from(source: Callable[[], int]) -> Iterator[None]:
    """Take the random bits of new ids from a source inside the block; it gives `RANDOM_BITS` of them."""
    token = _source.set(source)
    try:
        yield
    finally:
        _source.reset(token)
