"""`kilter demo`: make a demonstration hospital in a folder of its own and serve it on this machine alone."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from argparse import Namespace
from pathlib import Path

from kilter.interfaces.cli.words import Parser
from kilter.measure.error import BadInput, Conflict

MARK = "demo"
"""A file that says that a home folder is a demo's; `--fresh` removes no folder without it."""
UNFINISHED = "unfinished"
"""A file that stands there while a demo is made: one that was cut short is made anew."""

WORKERS, THREADS = 2, 4
STOP_WITHIN = 15.0
"""Seconds that the children have to finish what they do."""


def demo(words: list[str]) -> int:
    """Make a demonstration hospital where there is none yet, and serve it.

    Raises:
        BadInput: an argument will not do, the port is taken, or the folder is not a demo's.
    """
    asked = _parser().read(words)
    home = Path(asked.home).absolute()
    if not asked.no_serve:
        _refuse_taken_port(asked.port)
    _prepare_home(home, fresh=asked.fresh)
    _set_environment(home, asked.port)
    _make(asked)
    _tell(asked.port, served=not asked.no_serve)
    return 0 if asked.no_serve else _serve(asked.port)


def _parser() -> Parser:
    parser = Parser("demo", "make a demonstration hospital and serve it on this machine alone")
    parser.add_argument("--devices", type=int, default=2000, help="how many devices (2000)")
    parser.add_argument("--years", type=int, default=5, help="years of history (5)")
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same hospital")
    parser.add_argument("--home", default="var/demo", help="folder for database and files (var/demo)")
    parser.add_argument("--port", type=int, default=8000, help="port on 127.0.0.1 (8000)")
    parser.add_argument("--no-serve", action="store_true", help="only make it")
    parser.add_argument("--fresh", action="store_true", help="remove the demo that is there and make it anew")
    return parser


def _refuse_taken_port(port: int) -> None:
    if not 0 < port < 65536:
        raise BadInput(f"--port: must be from 1 to 65535, not {port}", field="port")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as problem:
            message = f"port {port} cannot be used ({problem.strerror}); --port takes another"
            raise BadInput(message, field="port") from None


def _prepare_home(home: Path, *, fresh: bool) -> None:
    """Make the folder; never take over or remove one that is not a demo's.

    Raises:
        BadInput: the folder holds something else.
    """
    if home.exists() and any(home.iterdir()) and not (home / MARK).exists():
        raise BadInput(f"{home} holds something that is no demo; --home takes another folder", field="home")
    if home.exists() and (fresh or (home / UNFINISHED).exists()):
        shutil.rmtree(home)
    home.mkdir(parents=True, exist_ok=True)
    (home / MARK).touch()


def _set_environment(home: Path, port: int) -> None:
    """Set what the settings read; a site's own settings have no say in a demo."""
    for name in [name for name in os.environ if name.startswith("KILTER_") and name != "KILTER_TRACEBACK"]:
        del os.environ[name]
    os.environ.update(
        KILTER_HOME=str(home),
        KILTER_DEMO="yes",
        KILTER_LISTEN=f"127.0.0.1:{port}",
        KILTER_DEPARTMENT="Clinical Technology, Alderbrook (demo)",
        KILTER_CONFIG=os.devnull,
        KILTER_LOG_LEVEL="WARNING",
        DJANGO_SETTINGS_MODULE="kilter.server.settings",
    )


def _make(asked: Namespace) -> None:
    """Migrate, build where there is nobody yet, and write the script that draws figures."""
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    from kilter.interfaces.demo.build import build, empty, seldom_collected
    from kilter.interfaces.reports.bundle import write_bundle

    with seldom_collected():  # migrations make and keep many small objects
        call_command("migrate", verbosity=0)
    if empty():
        unfinished = Path(settings.KILTER.home) / UNFINISHED
        unfinished.touch()
        try:
            built = build(asked.devices, asked.years, asked.seed, say=_say)
        except Conflict as problem:
            raise BadInput(f"{problem.message}; --fresh makes it anew", field="home") from problem
        _say(
            f"{built.devices} devices, {built.records} sealed records, {built.readings} readings "
            f"in {built.seconds:.0f} s"
        )
        print(flush=True)
        unfinished.unlink()
    write_bundle(Path(settings.STATIC_ROOT) / "kilter")


def _say(words: str) -> None:
    """Show how far it is: on one line of a terminal, or nothing where nobody watches but the last."""
    if sys.stdout.isatty():
        print(f"\r\033[K{words}", end="", flush=True)
    elif " in " in words:
        print(words, end="", flush=True)


def _tell(port: int, *, served: bool) -> None:
    """Print the address and the accounts."""
    from kilter.interfaces.demo.staff import accounts

    if served:
        print(f"\nKilter shows a demonstration hospital at http://127.0.0.1:{port}/\n")
    print(f"  {'name':9}{'password':22}{'PIN':6}role")
    for one in accounts():
        print(f"  {one.username:9}{one.password:22}{one.pin:6}{one.role.replace('_', ' ')}")
    print(
        "\nEverybody and everything in it is invented." + ("  Ctrl-C stops it." if served else ""), flush=True
    )


def _serve(port: int) -> int:
    """Serve the pages and carry out what waits, in children; whichever ends takes the other with it."""
    server = [
        sys.executable, "-m", "gunicorn", "kilter.server.wsgi:application", "--bind", f"127.0.0.1:{port}",
        "--worker-class", "gthread", "--workers", str(WORKERS), "--threads", str(THREADS),
        "--log-level", "warning", "--graceful-timeout", "5",  # a browser keeps its connection; Ctrl-C is now
    ]  # fmt: skip
    worker = [sys.executable, "-m", "kilter", "worker", "--with-parent"]
    from django.db import connections

    connections.close_all()
    children = [subprocess.Popen(command) for command in (server, worker)]
    before = signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        while all(child.poll() is None for child in children):
            time.sleep(0.3)
        return 4
    except KeyboardInterrupt:
        print("\nstopped", flush=True)
        return 0
    finally:
        signal.signal(signal.SIGTERM, before)
        _stop(children)


def _stop(children: list[subprocess.Popen[bytes]]) -> None:
    for child in children:
        if child.poll() is None:
            child.terminate()
    end = time.monotonic() + STOP_WITHIN
    for child in children:
        try:
            child.wait(max(0.1, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
