"""The outbox: what happened is written with the change itself and acted on afterwards, at least once.

A crash between commit and reaction loses nothing: the row is still open. A handler therefore has to
be idempotent. A row whose handler fails keeps its count and last error in sight, and lets the others pass.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import F

from kilter.department.ledger import clock
from kilter.department.ledger.models import Outbox
from kilter.department.ledger.rows import insert
from kilter.measure.error import Fault, KilterError

LOG = logging.getLogger("kilter.outbox")
MOST_ATTEMPTS = 8
COLUMNS = ("kind", "payload", "created", "attempts", "last_error")
"""After so many failures a row waits for a person: `poisoned` shows it, `try_again` lets it go on."""

Handler = Callable[[Mapping[str, Any]], None]


@dataclass(frozen=True, slots=True)
class Drained:
    """What one drain did: rows handled, rows that failed."""

    handled: int
    failed: int


_at_once: dict[str, Handler] = {}
_left: ContextVar[bool] = ContextVar("left", default=False)


def handle_at_once(handlers: Mapping[str, Handler]) -> None:
    """Hand rows of these kinds to their handlers as soon as the change has committed, in the same process.

    What fails or is lost by a crash stays open and is left to the worker.
    """
    _at_once.update(handlers)


def _drain_at_once() -> None:
    """Drain, and let nothing that a reaction does reach the one whose change is already made."""
    try:
        drain(_at_once, most=20)
    except Exception:
        LOG.exception("reactions are left to the worker")


@contextmanager
def left_to_worker() -> Iterator[None]:
    """Let nothing be handled at once inside the block: many changes are made, and followed up together."""
    token = _left.set(True)
    try:
        yield
    finally:
        _left.reset(token)


def settle(kinds: Iterable[str]) -> int:
    """Mark open rows of some kinds as handled: whoever calls has just followed up all of them at once.

    Returns:
        How many rows were marked.
    """
    rows = Outbox.objects.filter(handled_at=None, kind__in=list(kinds))
    return rows.update(handled_at=clock.now(), attempts=F("attempts") + 1, last_error="")


def emit(kind: str, payload: Mapping[str, Any]) -> None:
    """Write down that something happened, inside the transaction of the change.

    Raises:
        Fault: there is no transaction, so that the change and the event could part.

    """
    if not connection.in_atomic_block:
        raise Fault(f"{kind} was emitted outside a transaction")
    if _at_once and not _left.get():
        transaction.on_commit(_drain_at_once)
    insert(Outbox, COLUMNS, [(kind, dict(payload), clock.now(), 0, "")])


def drain(handlers: Mapping[str, Handler], *, most: int = 1000) -> Drained:
    """Hand open rows to their handlers, oldest first, each in a transaction of its own.

    Args:
        handlers: by kind. A row of a kind without a handler stays open and is not counted.
        most: rows at most.

    """
    handled = failed = 0
    beyond = 0
    while handled + failed < most:
        outcome = _handle_next(handlers, beyond)
        if outcome is None:
            break
        beyond, succeeded = outcome
        handled += succeeded
        failed += not succeeded
    return Drained(handled, failed)


def _handle_next(handlers: Mapping[str, Handler], beyond: int) -> tuple[int, bool] | None:
    """Handle the first open row behind a key; give its key and whether it went well, None at the end."""
    with transaction.atomic():
        rows = Outbox.objects.filter(
            handled_at=None, kind__in=list(handlers), attempts__lt=MOST_ATTEMPTS, id__gt=beyond
        ).order_by("id")
        if connection.features.has_select_for_update_skip_locked:
            rows = rows.select_for_update(skip_locked=True)
        row = rows.first()
        if row is None:
            return None
        try:
            with transaction.atomic():
                handlers[row.kind](row.payload)
        except Exception as problem:  # whatever a handler raises must not stop the others
            LOG.warning("a reaction failed", extra={"kind": row.kind, "job": row.pk}, exc_info=True)
            Outbox.objects.filter(pk=row.pk).update(attempts=F("attempts") + 1, last_error=_in_short(problem))
            return row.pk, False
        Outbox.objects.filter(pk=row.pk).update(
            handled_at=clock.now(), attempts=F("attempts") + 1, last_error=""
        )
        return row.pk, True


def _in_short(problem: Exception) -> str:
    """Name an error for the list of failures; the text of a foreign one may quote anything."""
    text = problem.message if isinstance(problem, KilterError) else ""
    return f"{type(problem).__name__}: {text}".rstrip(": ")[:300]


def poisoned() -> list[Outbox]:
    """Give the rows that failed so often that they wait for a person, oldest first."""
    return list(Outbox.objects.filter(handled_at=None, attempts__gte=MOST_ATTEMPTS).order_by("id"))


def try_again(pk: int) -> None:
    """Let a row that waits for a person be tried again."""
    Outbox.objects.filter(pk=pk, handled_at=None).update(attempts=0)


def open_rows() -> int:
    """Count the rows not yet handled, for the metrics."""
    return Outbox.objects.filter(handled_at=None).count()


def oldest_open() -> datetime | None:
    """Give when the oldest row not yet handled was written, for the metrics."""
    return (
        Outbox.objects.filter(handled_at=None).order_by("created").values_list("created", flat=True).first()
    )
