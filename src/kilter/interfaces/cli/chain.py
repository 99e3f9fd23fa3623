"""`kilter verify` and `kilter replay`: does the chain hold, and would it come out the same today?"""

from __future__ import annotations

import os
from argparse import Namespace
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from kilter.interfaces.cli.site import open_site, read_day_or_instant, say
from kilter.interfaces.cli.words import Parser
from kilter.measure.error import BadInput

if TYPE_CHECKING:
    from kilter.department.records.replay import Replayed

ANSWERS = ("same", "changed", "not_replayable", "erased")
MOST_WORKERS = 64
"""Processes that one machine is asked for."""


def verify(words: list[str]) -> int:
    """Walk the chain; one line for each thing that does not fit; status 1 where there is any.

    Raises:
        BadInput: the anchor file cannot be read.
    """
    parser = Parser("verify", "Walk the chain of sealed records and what stands beside it.")
    parser.add_argument(
        "--anchor", type=Path, help="an anchor kept elsewhere; that of the home folder if none"
    )
    parser.add_argument("--json", action="store_true")
    options = parser.read(words)
    open_site()
    from kilter.department.records.chain import anchor_path, read_anchors
    from kilter.department.records.verify import verify as walk

    path = options.anchor or (anchor_path() if anchor_path().exists() else None)
    found = walk(read_anchors(path) if path else None)
    if options.json:
        say(
            {
                "holds": found.holds,
                "records": found.records,
                "head": found.head,
                "anchor": str(path) if path else None,
                "problems": [{"record": one.number or None, "text": one.text} for one in found.problems],
            }
        )
        return 0 if found.holds else 1
    for one in found.problems:
        print(f"record {one.number}: {one.text}" if one.number else f"the chain: {one.text}")
    if path is None and found.records:
        print("there is no anchor: records cut off at the end would not be seen")
    outcome = "holds" if found.holds else f"does not hold: {len(found.problems)} problems"
    print(f"the chain of {found.records} records {outcome}; head {found.head}")
    return 0 if found.holds else 1


def replay(words: list[str]) -> int:
    """Run stored records again; one line for each that is not the same; status 1 where one has changed.

    Raises:
        BadInput: `--since` is neither a day nor an instant, or the engine cannot be had as asked.
    """
    parser = Parser("replay", "Run stored records again with today's code; nothing is rewritten.")
    parser.add_argument("--since", default="", metavar="DATE", help="only what was performed from then on")
    parser.add_argument("--current-limits", action="store_true", help="judge by the limits in force now")
    parser.add_argument("--engine", choices=("serial", "dask"), default="serial")
    parser.add_argument("--workers", type=int, default=0, metavar="N", help="dask: processes on this machine")
    parser.add_argument("--scheduler", default="", metavar="ADDRESS", help="dask: a cluster that stands")
    parser.add_argument("--json", action="store_true")
    options = parser.read(words)
    _check_engine(options.engine, options.workers, options.scheduler)
    open_site()
    since = read_day_or_instant(options.since, "since") if options.since else None
    counts: Counter[str] = Counter(dict.fromkeys(ANSWERS, 0))
    rows = []
    for one in _answers(options, since):
        counts[one.answer] += 1
        if one.answer == "same":
            continue
        if options.json:
            rows.append(
                {"record": one.number, "id": one.uuid, "procedure": one.procedure, "answer": one.answer}
                | {"why": one.why}
            )
        else:
            print(f"record {one.number}  {one.procedure}  {one.answer.replace('_', ' ')}: {one.why}")
    if options.json:
        say({"counts": dict(counts), "records": rows})
    else:
        told = ", ".join(f"{counts[answer]} {answer.replace('_', ' ')}" for answer in ANSWERS)
        print(f"{sum(counts.values())} records replayed: {told}")
    return 1 if counts["changed"] else 0


def _check_engine(engine: str, workers: int, scheduler: str) -> None:
    """Refuse options of an engine that was not asked for, and too many of them."""
    if engine != "dask" and (workers or scheduler):
        raise BadInput("engine: --workers and --scheduler go with --engine dask", field="engine")
    if workers and scheduler:
        raise BadInput("workers: a cluster that stands has its own workers", field="workers")
    if not 0 <= workers <= MOST_WORKERS:
        raise BadInput(f"workers: must be from 1 to {MOST_WORKERS}", field="workers")


def _answers(options: Namespace, since: datetime | None) -> Iterator[Replayed]:
    """Replay by the engine that was asked for; the answers are the same."""
    if options.engine == "dask":
        from kilter.department.records.spreading import spread

        workers = options.workers or os.cpu_count() or 1
        return spread(
            since=since,
            current_limits=options.current_limits,
            workers=min(workers, MOST_WORKERS),
            scheduler=options.scheduler,
        )
    from kilter.department.records.replay import replay as again

    return again(since=since, current_limits=options.current_limits)
