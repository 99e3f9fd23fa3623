"""`kilter serve` and `kilter worker`: the pages, and what is done in the background."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kilter.interfaces.cli.site import migrate, open_site, say
from kilter.interfaces.cli.words import Parser
from kilter.measure.error import BadInput

LOG = logging.getLogger("kilter.worker")
SWEEP_EVERY = 3600.0
RECOMPUTE_EVERY = 6 * 3600.0
"""Seconds after which all dues are computed anew: a frequency may take effect by time alone."""
ABANDONED_AFTER = 86_400.0
"""Seconds after which a temporary file in the content store is surely no longer being written."""


def serve(words: list[str]) -> int:
    """Serve the web pages and the API until told to stop.

    Raises:
        BadInput: a setting is wrong, a demo is asked to listen beyond loopback, or a number is none.
        Conflict: the database lacks migrations and `--no-migrate` was given.
    """
    parser = Parser("serve", "Serve the web pages and the API.")
    parser.add_argument("--host", default="", help="address to listen on; the setting `listen` if none")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2, help="processes that answer")
    parser.add_argument("--threads", type=int, default=4, help="threads of each")
    parser.add_argument("--no-migrate", action="store_true", help="leave the database as it is")
    parser.add_argument("--no-worker", action="store_true", help="the worker runs elsewhere")
    options = parser.read(words)
    open_site(migrated=options.no_migrate)
    bind = _address(options.host, options.port)
    for name in ("workers", "threads"):
        if not 1 <= getattr(options, name) <= 256:
            raise BadInput(f"{name}: must be from 1 to 256", field=name)
    if not options.no_migrate:
        migrate()
    from django.conf import settings
    from django.db import connections

    from kilter.interfaces.reports.bundle import write_bundle

    write_bundle(Path(settings.STATIC_ROOT) / "kilter")  # the script that draws figures is built, not kept

    connections.close_all()  # nothing open may be shared with the processes to come
    with _background(not options.no_worker):
        _gunicorn(bind, options.workers, options.threads)
    return 0


def _address(host: str, port: int) -> str:
    from django.conf import settings

    host = host.strip("[]") or settings.KILTER.listen_host
    port = port or settings.KILTER.listen_port
    if not 0 < port < 65536:
        raise BadInput(f"port: {port} is no port", field="port")
    if not settings.KILTER.may_listen_on(host):
        raise BadInput(f"host: a demo listens on loopback only, not on {host}", field="host")
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _gunicorn(bind: str, workers: int, threads: int) -> None:
    from gunicorn.app.base import BaseApplication

    class Server(BaseApplication):  # type: ignore[misc] # gunicorn brings no types
        """The application inside this process; gunicorn reads nothing from files or its own options."""

        def load_config(self) -> None:
            """Set what the command line asked for."""
            chosen = {"bind": bind, "workers": workers, "threads": threads, "worker_class": "gthread"}
            for name, value in {
                **chosen,
                "timeout": 120,
                "graceful_timeout": 20,
                "loglevel": "warning",
            }.items():
                self.cfg.set(name, value)

        def load(self) -> Any:
            """Give the WSGI application."""
            from django.conf import settings
            from django.utils.module_loading import import_string

            return import_string(str(settings.WSGI_APPLICATION))

    print(f"Kilter listens on http://{bind}", flush=True)
    try:
        Server().run()
    except SystemExit as leaving:
        if leaving.code not in (0, None):
            raise BadInput(f"the server could not listen on {bind}", field="listen") from None


@contextmanager
def _background(wanted: bool) -> Iterator[None]:
    """Run a worker beside the server, and stop it with the server."""
    if not wanted:
        yield
        return
    command = [sys.executable, "-m", "kilter", "worker", "--with-parent"]
    child = subprocess.Popen(
        command, env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    )
    try:
        yield
    finally:
        child.terminate()
        try:
            child.wait(timeout=15)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def worker(words: list[str]) -> int:
    """Carry out what waits: reactions from the outbox, statuses that time has changed, leftovers of crashes.

    Raises:
        BadInput: `--every` is no sensible number of seconds.
        Conflict: the database lacks migrations.
    """
    parser = Parser("worker", "Carry out what waits in the background.")
    parser.add_argument("--once", action="store_true", help="do what waits now, and leave")
    parser.add_argument("--every", type=float, default=2.0, metavar="SECONDS", help="pause between rounds")
    parser.add_argument("--with-parent", action="store_true", help="leave when the starting process has gone")
    parser.add_argument("--json", action="store_true", help="with --once: the counts as JSON")
    options = parser.read(words)
    if not 0.05 <= options.every <= 3600:
        raise BadInput("every: must be from 0.05 to 3600 seconds", field="every")
    stop = threading.Event() if options.once else _told_to_stop()
    open_site()
    if options.once:
        counts = work_round()
        if options.json:
            say(counts)
        else:
            print(", ".join(f"{count} {name}" for name, count in counts.items()))
        return 1 if counts["failed"] else 0
    parent = os.getppid() if options.with_parent else None
    _until_stopped(stop, options.every, parent)
    return 0


def _told_to_stop() -> threading.Event:
    """Give what is set once somebody asks this process to leave."""
    stop = threading.Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, lambda *_: stop.set())
    return stop


def work_round() -> dict[str, int]:
    """Do what waits now.

    Returns:
        How many reactions were handled and failed, how many statuses were computed again, and how many
        arrived objects were read.
    """
    from kilter.department.intake.arrivals import read_waiting
    from kilter.department.ledger import outbox
    from kilter.department.reactions import HANDLERS
    from kilter.department.status.queries import refresh_stale

    drained = outbox.drain(HANDLERS)
    return {
        "handled": drained.handled,
        "failed": drained.failed,
        "refreshed": refresh_stale(),
        "read": read_waiting(),
    }


def _until_stopped(stop: threading.Event, every: float, parent: int | None) -> None:
    from django.db import close_old_connections

    swept = 0.0
    computed = time.monotonic()  # what a start finds was kept by the one before
    while not stop.is_set() and (parent is None or os.getppid() == parent):
        close_old_connections()
        quiet = _safely(work_round)
        if time.monotonic() - swept > SWEEP_EVERY or not swept:
            _safely(_sweep)
            swept = time.monotonic()
        if time.monotonic() - computed > RECOMPUTE_EVERY:
            _safely(_recompute)
            computed = time.monotonic()
        stop.wait(every if quiet is not None else min(60.0, every * 5))


def _sweep() -> dict[str, int]:
    from kilter.department.ledger.files import sweep_drafts

    return {"swept": sweep_drafts(time.time() - ABANDONED_AFTER)}


def _recompute() -> dict[str, int]:
    from kilter.department.schedule.recompute import recompute
    from kilter.department.status import queries as status

    return {"dues": recompute(), "statuses": status.recompute()}


def _safely(task: Callable[[], dict[str, int]]) -> dict[str, int] | None:
    """Do a task; what it raises is logged, and the worker lives on."""
    try:
        return task()
    except Exception:
        LOG.exception("a round of the worker failed")
        return None
