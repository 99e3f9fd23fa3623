"""Replay spread over processes or machines by Dask; the answers come in the order of the chain, as alone.

A worker reads one stretch of the chain and says what became of each record; its connection refuses to write.
What a worker was doing when it died is given to another one.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from typing import Any

from kilter import __version__
from kilter.department.records.models import Record
from kilter.department.records.replay import Replayed
from kilter.department.records.stretch import Expected, replay_stretch
from kilter.measure.error import BadInput, Fault

STRETCH = 50
"""Records that one task replays: long beside what a task costs, short beside the whole."""
AHEAD = 8
"""Tasks a worker that are given out before their turn; more would only fill the memory."""
FINDING = 15.0
"""Seconds within which a scheduler has to answer."""
LOOKING = 20.0
"""Seconds between two looks whether a worker is left; after two that saw none nothing is waited for."""
NEEDED = "engine: dask is not installed; install the extra, as in `pip install 'kilter[dask]'`"


def spread(
    *, since: datetime | None = None, current_limits: bool = False, workers: int = 2, scheduler: str = ""
) -> Iterator[Replayed]:
    """Replay every result, oldest first, as `replay` does.

    Args:
        since: only what was performed from then on.
        current_limits: judge by the limits in force now instead of the sealed ones.
        workers: processes of a cluster on this machine, made for this and ended with it.
        scheduler: address of a cluster that stands, whose workers see this site; instead of one of our own.

    Raises:
        BadInput: Dask is not installed, or no scheduler answers.
        Conflict: a worker has another version or sees another database.
        Fault: a stretch of records ended its worker again and again.
    """
    rows = Record.objects.filter(kind="result").order_by("number")
    if since is not None:
        rows = rows.filter(performed_at__gte=since)
    last = Record.objects.order_by("number").last()
    if last is None:
        return
    expected = Expected(__version__, last.number, last.sha256)
    numbers = rows.values_list("number", flat=True).iterator(chunk_size=10_000)
    with _client(workers, scheduler) as client:
        yield from _in_order(client, numbers, expected, current_limits)


@contextmanager
def _client(workers: int, scheduler: str) -> Iterator[Any]:
    """Connect to a cluster that stands, or to one made for the length of the block."""
    try:
        import distributed
    except ImportError:
        raise BadInput(NEEDED, field="engine", code="not_installed") from None
    dask: Any = distributed
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what matters of it is raised here
    if scheduler:
        try:
            client = dask.Client(scheduler, timeout=FINDING, set_as_default=False)
        except (OSError, ValueError, TimeoutError) as problem:
            words = f"scheduler: nobody answers at {scheduler[:80]} ({type(problem).__name__})"
            raise BadInput(words, field="scheduler") from None
        with client:
            yield client
        return
    # Whoever reaches a scheduler can have code run: it is on loopback, and by certificates made for it.
    own = {"host": "127.0.0.1", "dashboard_address": None, "security": True, "silence_logs": 50}
    with (
        dask.LocalCluster(n_workers=workers, threads_per_worker=1, processes=True, **own) as cluster,
        dask.Client(cluster, set_as_default=False) as client,
    ):
        yield client


def _in_order(
    client: Any, numbers: Iterator[int], expected: Expected, current_limits: bool
) -> Iterator[Replayed]:
    """Give out stretches some way ahead, and take their answers in the order of the chain."""
    ahead = AHEAD * max(1, len(client.ncores()))
    under_way: deque[Any] = deque()

    def give() -> bool:
        stretch = list(islice(numbers, STRETCH))
        if stretch:
            under_way.append(client.submit(replay_stretch, stretch, expected, current_limits, pure=False))
        return bool(stretch)

    while len(under_way) < ahead and give():
        pass
    while under_way:
        answers = _answer(client, under_way.popleft())
        give()
        yield from answers


def _answer(client: Any, task: Any) -> list[Replayed]:
    """Wait for a task, for as long as there is somebody to do it.

    Raises:
        Fault: it ended its worker again and again, or no worker is left.
    """
    from distributed import TimeoutError as NotYet
    from distributed.scheduler import KilledWorker

    alone = 0
    while True:
        try:
            found: list[Replayed] = task.result(timeout=LOOKING)
        except NotYet:
            alone = 0 if client.ncores() else alone + 1
            if alone > 1:
                raise Fault("no worker is left; all ended, or none could reach the scheduler") from None
        except KilledWorker:
            raise Fault("a worker died again and again on the same records") from None
        else:
            return found
