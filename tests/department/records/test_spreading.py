"""Replay over many processes says to the byte what it says alone, even where a worker is killed."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import psutil
import pytest
from django.db import DatabaseError, connection
from tests.shop import Shop
from tests.sites.place import Site, new_site

from kilter.department.records import spreading, stretch
from kilter.department.records.chain import GENESIS
from kilter.department.records.models import ChainHead, Record
from kilter.department.records.replay import replay
from kilter.interfaces.cli.main import main
from kilter.measure.error import BadInput, Conflict, Fault

VISITS = 24


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site with a hundred records, some of which would come out otherwise."""
    with new_site(tmp_path_factory.mktemp("spread") / "home") as made:
        made.task("prepare", 1)
        made.task("sign", VISITS)
        made.task("spoil")
        yield made


@pytest.mark.slow
@pytest.mark.parametrize("words", [(), ("--json", "--current-limits"), ("--since", "2099-01-01")])
def test_the_report_is_that_of_one_process(site: Site, words: tuple[str, ...]) -> None:
    alone = site.kilter("replay", *words)
    spread = site.kilter("replay", "--engine", "dask", "--workers", "2", *words)
    assert (spread.status, spread.out) == (alone.status, alone.out)
    assert alone.status == (0 if "--since" in words else 1)
    assert ("would be" in alone.out) == ("--since" not in words)


def at_work(worker: psutil.Process) -> bool:
    """Say whether a worker has taken its first task: only then is Django, and what it loads, in it."""
    return any("_zoneinfo" in one.path for one in worker.memory_maps())


@pytest.mark.slow
def test_a_worker_that_is_killed_changes_nothing(site: Site) -> None:
    alone = site.kilter("replay")
    command = [sys.executable, "-m", "kilter", "replay", "--engine", "dask", "--workers", "2"]
    process = subprocess.Popen(
        command, env=site.environment(), cwd=site.home.parent, text=True, stdout=subprocess.PIPE
    )
    killed = 0
    while process.poll() is None and not killed:
        for child in psutil.Process(process.pid).children(recursive=True):
            with suppress(psutil.Error):  # it may be gone by itself
                if "spawn_main" in " ".join(child.cmdline()) and at_work(child):
                    child.kill()
                    killed += 1
                    break
        time.sleep(0.02)
    out, _ = process.communicate(timeout=600)
    assert killed == 1
    assert (process.returncode, out) == (alone.status, alone.out)


@pytest.mark.parametrize(
    ("words", "field"),
    [
        (["--workers", "2"], "engine"),
        (["--scheduler", "tcp://127.0.0.1:1"], "engine"),
        (["--engine", "dask", "--workers", "2", "--scheduler", "tcp://127.0.0.1:1"], "workers"),
        (["--engine", "dask", "--workers", "65"], "workers"),
        (["--engine", "dask", "--workers", "-1"], "workers"),
        (["--engine", "spark"], "engine"),
    ],
)
def test_options_that_make_no_sense(words: list[str], field: str, capsys: Any) -> None:
    assert main(["replay", *words]) == 2
    told = capsys.readouterr().err
    assert len(told.splitlines()) == 1
    assert field in told


def test_without_the_extra_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(BadInput, match=r"pip install 'kilter\[dask\]'") as caught, spreading._client(2, ""):
        pass
    assert caught.value.field == "engine"


def test_nothing_loads_dask_at_start() -> None:
    told = "import kilter.interfaces.cli.chain, sys; print({'dask', 'distributed'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_a_worker_takes_a_task_before_django_is_set_up() -> None:
    told = "import sys, kilter.department.records.stretch; print([n for n in sys.modules if 'models' in n])"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


class NobodyLeft:
    """A cluster whose workers are gone, and a task that nobody will do; some come back for a while."""

    def __init__(self, *seen: dict[str, int]) -> None:
        self.seen = list(seen)

    def ncores(self) -> dict[str, int]:
        return self.seen.pop(0)

    def result(self, timeout: float) -> list[Any]:
        if not self.seen:
            return ["done"]
        raise TimeoutError


def test_nothing_is_waited_for_where_no_worker_is_left() -> None:
    gone = NobodyLeft({}, {}, {"w": 1})
    with pytest.raises(Fault, match="no worker is left"):
        spreading._answer(gone, gone)
    back = NobodyLeft({}, {"w": 1}, {})
    assert spreading._answer(back, back) == ["done"]


# ---- what a worker does ----


@pytest.fixture
def records(shop: Shop) -> list[Record]:
    """A visit's records, on a chain whose end such a test before this one may have emptied."""
    ChainHead.objects.get_or_create(pk=1, defaults={"count": 0, "head": GENESIS})
    shop.sign(shop.draft())
    return list(Record.objects.order_by("number"))


def expected(records: list[Record], **other: Any) -> stretch.Expected:
    last = records[-1]
    given = {"version": stretch.__version__, "number": last.number, "seal": last.sha256, **other}
    return stretch.Expected(**given)


@pytest.mark.django_db(transaction=True)
def test_a_worker_says_of_its_stretch_what_replay_says(records: list[Record]) -> None:
    results = [one.number for one in records if one.kind == "result"]
    assert stretch.replay_stretch(results[1:3], expected(records), False) == list(replay())[1:3]
    assert stretch.replay_stretch(results, expected(records), True) == list(replay(current_limits=True))


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_sees_something_else_says_so(records: list[Record]) -> None:
    for other in ({"version": "0.0.1"}, {"seal": "0" * 64}, {"number": 999_999}):
        with pytest.raises(Conflict, match="another version of Kilter or sees another database"):
            stretch.replay_stretch([1], expected(records, **other), False)


@pytest.mark.django_db(transaction=True)
def test_a_worker_cannot_write(records: list[Record]) -> None:
    from kilter.department.ledger.models import StoredFile

    with stretch.only_reading(), pytest.raises(DatabaseError):
        StoredFile.objects.create(sha256="0" * 64, size=1, media_type="text/plain")
    StoredFile.objects.create(sha256="0" * 64, size=1, media_type="text/plain")
    assert connection.is_usable()
