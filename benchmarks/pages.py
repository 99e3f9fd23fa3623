"""Pages of a big hospital under load: a real server on loopback, a few readers, 95th percentile.

    PYTHONPATH=src python benchmarks/pages.py [--home DIR] [--readers N] [--requests N] [--port P] [--json]

Serves a demo (`kilter demo --devices 100000 --no-serve --home DIR`) as `kilter demo` does and asks for
Today, device pages and searches as a signed-in technologist. The times are those of the whole answer as a
reader on the same machine sees them, with the reader's own work in it. Exit status 1 where a 95th percentile
is over 150 ms or an answer is an error (a search for a whole asset number goes on to its device).
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import re
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import UUID

LONGEST = 0.150
WARM = 12
WORDS = (
    "infusion",
    "pump intensive",
    "cardium",
    "ME0000",
    "theatres",
    "vista 12",
    "copper",
    "renal syra",
    "ven",
)


def served(home: Path, port: int) -> subprocess.Popen[bytes]:
    """Start the server that `kilter demo` starts."""
    environment = {
        **os.environ,
        "KILTER_HOME": str(home),
        "KILTER_DEMO": "yes",
        "KILTER_LISTEN": f"127.0.0.1:{port}",
        "KILTER_LOG_LEVEL": "WARNING",
    }
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "kilter.server.wsgi:application",
        "--bind",
        f"127.0.0.1:{port}",
    ]
    command += ["--worker-class", "gthread", "--workers", "2", "--threads", "4", "--log-level", "warning"]
    return subprocess.Popen(command, env=environment)


class Reader:
    """Somebody at a browser: keeps the connection and the cookies."""

    def __init__(self, port: int) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.cookies: dict[str, str] = {}

    def ask(self, method: str, path: str, body: str = "") -> tuple[int, str]:
        """Ask for a page; give status and text."""
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if body:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self.connection.request(method, path, body or None, headers)
        answer = self.connection.getresponse()
        for line in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name.strip()] = value
        return answer.status, answer.read().decode("utf-8", "replace")

    def sign_in(self, name: str, password: str) -> None:
        """Sign in as a person would; end where it is refused."""
        _, page = self.ask("GET", "/login/")
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        token = found[1] if found else ""
        status, _ = self.ask(
            "POST", "/login/", f"csrfmiddlewaretoken={token}&username={name}&password={password}&next=/"
        )
        if status != 302:
            raise SystemExit(f"signing in gave {status}")


def wait_for(port: int, child: subprocess.Popen[bytes]) -> None:
    for _ in range(240):
        if child.poll() is not None:
            raise SystemExit("the server ended")
        try:
            Reader(port).ask("GET", "/login/")
            return
        except OSError:
            time.sleep(0.25)
    raise SystemExit("the server did not answer within a minute")


def addresses(home: Path, number: int) -> dict[str, Callable[[random.Random], str]]:
    """Give, by page, what draws an address; devices are drawn from all over the register."""
    database = sqlite3.connect(f"file:{home / 'kilter.sqlite3'}?mode=ro", uri=True)
    step = max(1, database.execute("SELECT max(id) FROM equipment_device").fetchone()[0] // number)
    listed = database.execute("SELECT uuid, asset FROM equipment_device WHERE id % ? = 0", (step,)).fetchall()
    database.close()
    searched = [*WORDS, *(asset for _, asset in listed[:20])]
    return {
        "today": lambda rng: "/",
        "device": lambda rng: f"/devices/{UUID(rng.choice(listed)[0])}/",
        "search": lambda rng: f"/search/?q={rng.choice(searched).replace(' ', '+')}",
    }


def load(port: int, readers: int, requests: int, draw: Callable[[random.Random], str]) -> dict[str, Any]:
    from kilter.interfaces.demo.staff import ACCOUNTS

    tech = next(one for one in ACCOUNTS if one.username == "tech")
    first = Reader(port)
    first.sign_in(tech.username, tech.password)

    def read(number: int) -> list[tuple[float, int]]:
        rng, reader, found = random.Random(number), Reader(port), []
        reader.cookies = dict(first.cookies)
        for turn in range(WARM + requests // readers):
            path = draw(rng)
            start = time.perf_counter()
            status, _ = reader.ask("GET", path)
            if turn >= WARM:
                found.append((time.perf_counter() - start, status))
        return found

    start = time.perf_counter()
    with ThreadPoolExecutor(readers) as pool:
        answers = [one for part in pool.map(read, range(readers)) for one in part]
    times = sorted(seconds for seconds, _ in answers)
    return {
        "p50_ms": round(1000 * times[len(times) // 2], 1),
        "p95_ms": round(1000 * times[int(0.95 * (len(times) - 1))], 1),
        "most_ms": round(1000 * times[-1], 1),
        "a_second": round(len(times) / (time.perf_counter() - start), 1),
        "refused": sum(status not in (200, 302) for _, status in answers),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description="measure Today, device page and search of a big demo")
    parser.add_argument("--home", type=Path, default=Path("var/demo100k"))
    parser.add_argument("--readers", type=int, default=2)
    parser.add_argument("--requests", type=int, default=200)
    parser.add_argument("--port", type=int, default=8765)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    home = asked.home.absolute()
    if not (home / "kilter.sqlite3").exists():
        print(f"{home} holds no demo: kilter demo --devices 100000 --no-serve --home {asked.home}")
        return 2
    os.environ.update(
        KILTER_HOME=str(home), KILTER_DEMO="yes", DJANGO_SETTINGS_MODULE="kilter.server.settings"
    )
    import django

    django.setup()
    child = served(home, asked.port)
    try:
        wait_for(asked.port, child)
        pages = addresses(home, 500)
        found = {name: load(asked.port, asked.readers, asked.requests, draw) for name, draw in pages.items()}
    finally:
        child.terminate()
        child.wait(20)
    if asked.json:
        print(json.dumps({**found, "load": os.getloadavg()[0]}))
    else:
        for name, row in found.items():
            print(f"{name:8}" + "  ".join(f"{key} {value}" for key, value in row.items()))
        print(f"{asked.readers} readers; load of the machine {os.getloadavg()[0]:.1f}")
    slow = [name for name, row in found.items() if row["p95_ms"] > 1000 * LONGEST or row["refused"]]
    return 1 if slow else 0


if __name__ == "__main__":
    sys.exit(main())
