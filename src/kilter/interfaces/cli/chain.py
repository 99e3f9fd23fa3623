"""`kilter verify` and `kilter replay`: does the chain hold, and would it come out the same today?"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from kilter.interfaces.cli.site import open_site, read_day_or_instant, say
from kilter.interfaces.cli.words import Parser

ANSWERS = ("same", "changed", "not_replayable", "erased")


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
        BadInput: `--since` is neither a day nor an instant.
    """
    parser = Parser("replay", "Run stored records again with today's code; nothing is rewritten.")
    parser.add_argument("--since", default="", metavar="DATE", help="only what was performed from then on")
    parser.add_argument("--current-limits", action="store_true", help="judge by the limits in force now")
    parser.add_argument("--json", action="store_true")
    options = parser.read(words)
    open_site()
    from kilter.department.records.replay import replay as again

    since = read_day_or_instant(options.since, "since") if options.since else None
    counts: Counter[str] = Counter(dict.fromkeys(ANSWERS, 0))
    rows = []
    for one in again(since=since, current_limits=options.current_limits):
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
