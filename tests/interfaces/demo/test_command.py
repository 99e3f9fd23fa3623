"""`kilter demo`: makes a hospital in a folder of its own, serves it on loopback, and stops when told."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from kilter.interfaces.cli.demo import MARK, demo
from kilter.measure.error import BadInput

ROOT = Path(__file__).resolve().parents[3]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _command(*words: str) -> list[str]:
    start = "from kilter.interfaces.cli.main import entry; entry()"
    return [sys.executable, "-c", start, "demo", *words]


def _environment() -> dict[str, str]:
    kept = {name: text for name, text in os.environ.items() if not name.startswith(("KILTER_", "DJANGO_"))}
    kept.pop("DATABASE_URL", None)
    return {**kept, "PYTHONPATH": str(ROOT / "src")}


@pytest.mark.parametrize("port", [0, 70000], ids=["zero", "beyond"])
def test_a_port_that_cannot_be_is_refused(tmp_path: Path, port: int) -> None:
    with pytest.raises(BadInput, match="--port"):
        demo(["--port", str(port), "--home", str(tmp_path / "demo")])
    assert not (tmp_path / "demo").exists()


def test_a_taken_port_is_named_before_anything_is_made(tmp_path: Path) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        with pytest.raises(BadInput, match="--port takes another"):
            demo(["--port", str(holder.getsockname()[1]), "--home", str(tmp_path / "demo")])
    assert not (tmp_path / "demo").exists()


@pytest.mark.parametrize("fresh", [[], ["--fresh"]], ids=["as it is", "fresh"])
def test_a_folder_that_is_no_demo_is_neither_used_nor_removed(tmp_path: Path, fresh: list[str]) -> None:
    precious = tmp_path / "kilter.sqlite3"
    precious.write_text("a hospital's own")
    with pytest.raises(BadInput, match="no demo"):
        demo(["--no-serve", "--home", str(tmp_path), *fresh])
    assert precious.read_text() == "a hospital's own"


@pytest.mark.slow
def test_made_served_and_stopped(tmp_path: Path) -> None:
    home, port = tmp_path / "demo", _free_port()
    made = subprocess.run(
        _command("--devices", "60", "--years", "1", "--home", str(home), "--no-serve"),
        env=_environment(), cwd=tmp_path, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    assert "sealed records" in made.stdout
    assert "silver-caliper-52" in made.stdout
    assert (home / MARK).exists()
    assert (home / "static" / "kilter" / "vega-bundle.js").stat().st_size > 100_000
    size = (home / "kilter.sqlite3").stat().st_size
    served = subprocess.Popen(
        _command("--home", str(home), "--port", str(port)), env=_environment(), cwd=tmp_path,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        page = _page(f"http://127.0.0.1:{port}/login/", served)
        assert "silver-caliper-52" in page
        served.send_signal(signal.SIGINT)
        out, _ = served.communicate(timeout=90)
    finally:
        if served.poll() is None:
            served.kill()
    assert served.returncode == 0
    assert "sealed records in" not in out  # what was there is kept
    assert f"http://127.0.0.1:{port}/" in out
    assert (home / "kilter.sqlite3").stat().st_size >= size
    with socket.socket() as probe:  # the children are gone with it
        assert probe.connect_ex(("127.0.0.1", port)) != 0


def _page(address: str, served: subprocess.Popen[str]) -> str:
    for _ in range(120):
        if served.poll() is not None:
            pytest.fail(f"ended: {served.stderr.read() if served.stderr else ''}")
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                return str(answer.read().decode())
        except OSError:
            time.sleep(0.25)
    pytest.fail("no page within half a minute")
