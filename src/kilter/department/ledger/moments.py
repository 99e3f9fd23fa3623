"""What must happen in the same transaction as something else, without the left room knowing the right one.

`department/reactions.py` registers who listens. What may wait goes through the outbox instead.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import connection

from kilter.measure.error import Fault

Listener = Callable[..., None]
_listeners: dict[str, list[Listener]] = {}


def listen(moment: str, listener: Listener) -> None:
    """Let a function take part in a moment; registering it twice is once."""
    known = _listeners.setdefault(moment, [])
    if listener not in known:
        known.append(listener)


def happen(moment: str, **facts: Any) -> None:
    """Call all who listen, inside the transaction of the change; what one raises undoes the change.

    Raises:
        Fault: there is no transaction.
    """
    if not connection.in_atomic_block:
        raise Fault(f"{moment} happened outside a transaction")
    for listener in _listeners.get(moment, ()):
        listener(**facts)
