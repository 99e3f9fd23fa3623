"""Write docs/clinical-safety/safety-case.md from the hazard log beside it.

`make docs` runs it; with `--check` it writes nothing and ends with status 1 where the page is stale.
"""

from __future__ import annotations

import sys
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "clinical-safety"
LOG = FOLDER / "hazards.toml"
PAGE = FOLDER / "safety-case.md"

FIELDS = {"id", "hazard", "cause", "effect", "initial", "controls", "tests", "residual", "left", "status"}
STATUSES = {
    "controlled": "controlled in the software",
    "open": "open, because its control leans on the site",
}

HEAD = """\
# Clinical safety case

Written by `make docs` from [hazards.toml](hazards.toml); do not edit. A test holds that it is fresh, and that
every control and every test named here exists. [The plan](plan.md) says how the log is kept.

This is the manufacturer's draft for {system} {version}, in the manner of DCB0129. It has not been accepted by
a clinical safety officer, and it does not replace the safety case of the organisation that puts {system} to
use (in England DCB0160).
"""


def read() -> dict[str, Any]:
    """Read the hazard log."""
    return tomllib.loads(LOG.read_text(encoding="utf-8"))


def faults(log: Mapping[str, Any], root: Path = ROOT) -> list[str]:
    """List what is wrong with a log: fields, ids, words of the matrix, paths and tests that are not there."""
    found, seen = matrix_faults(log["matrix"]), set()
    for row in log["hazard"]:
        name = row.get("id", "?")
        if missing := FIELDS - set(row):
            found.append(f"{name}: lacks {', '.join(sorted(missing))}")
            continue
        if unknown := set(row) - FIELDS - {"site"}:
            found.append(f"{name}: unknown {', '.join(sorted(unknown))}")
        if name in seen:
            found.append(f"{name}: stands twice")
        seen.add(name)
        found += [f"{name}: {text}" for text in row_faults(row, log["matrix"], root)]
    return found


def matrix_faults(matrix: Mapping[str, Any]) -> list[str]:
    """List what is wrong with the matrix: its shape, or a risk that falls where it should not."""
    risks = matrix["risk"]
    wide, high = len(matrix["severity"]), len(matrix["likelihood"])
    if len(risks) != high or any(len(row) != wide for row in risks):
        return ["the matrix has another shape than its words"]
    found = [] if all(list(row) == sorted(row) for row in risks) else ["a risk falls as severity rises"]
    columns = [list(column) for column in zip(*risks, strict=True)]
    return found + (
        [] if all(one == sorted(one) for one in columns) else ["a risk falls as likelihood rises"]
    )


def row_faults(row: Mapping[str, Any], matrix: Mapping[str, Any], root: Path) -> list[str]:
    """List what is wrong with one hazard."""
    found = []
    for when in ("initial", "residual"):
        severity, likelihood = row[when]
        if severity not in matrix["severity"] or likelihood not in matrix["likelihood"]:
            return [f"{when}: {severity}, {likelihood} stand not in the matrix"]
    if risk(matrix, row["residual"]) > risk(matrix, row["initial"]):
        found.append("its controls make it worse")
    if row["status"] not in STATUSES:
        found.append(f"its status {row['status']!r} is none")
    if row["status"] == "controlled" and risk(matrix, row["residual"]) > 2:
        found.append("a risk above 2 is not controlled")
    if not row["controls"] or not row["tests"]:
        found.append("has no control or no test")
    found += [f"{path} is not there" for path in row["controls"] if not (root / path).is_file()]
    return found + [f"{test} is not there" for test in row["tests"] if not is_test(test, root)]


def is_test(name: str, root: Path = ROOT) -> bool:
    """Say whether `path::test_name` names a test function that is there."""
    path, _, function = name.partition("::")
    if not function.startswith("test_") or not (root / path).is_file():
        return False
    return f"\ndef {function}(" in (root / path).read_text(encoding="utf-8")


def risk(matrix: Mapping[str, Any], place: Sequence[str]) -> int:
    """Give the risk of a severity and a likelihood."""
    severity, likelihood = place
    row = matrix["risk"][matrix["likelihood"].index(likelihood)]
    return int(row[matrix["severity"].index(severity)])


def matrix_table(matrix: Mapping[str, Any]) -> list[str]:
    """Write the matrix and what its words mean."""
    lines = ["| likelihood \\ severity | " + " | ".join(matrix["severity"]) + " |"]
    lines.append("|---" * (len(matrix["severity"]) + 1) + "|")
    for name, row in zip(matrix["likelihood"], matrix["risk"], strict=True):
        lines.append(f"| **{name}** | " + " | ".join(str(value) for value in row) + " |")
    for kind in ("severity", "likelihood", "risk"):
        lines += ["", f"{kind.capitalize()}:", ""]
        lines += [f"- **{name}**: {means}" for name, means in matrix[f"{kind}_means"].items()]
    return lines


def officer_lines(officer: Mapping[str, str]) -> list[str]:
    """Write who the clinical safety officer is, or that there is none yet."""
    if not officer["name"]:
        return [
            "**Not named.** The site names its clinical safety officer in `hazards.toml` before it relies on",
            "Kilter. Until then nobody has accepted a residual risk.",
        ]
    return [f"- {name.capitalize()}: {value or 'not said'}" for name, value in officer.items()]


def summary(log: Mapping[str, Any]) -> list[str]:
    """Write how many hazards have which risk, before and after their controls."""
    matrix, rows = log["matrix"], log["hazard"]
    before = Counter(risk(matrix, row["initial"]) for row in rows)
    after = Counter(risk(matrix, row["residual"]) for row in rows)
    states = Counter(row["status"] for row in rows)
    lines = ["| risk | meaning | without controls | with them |", "|---|---|---|---|"]
    for key, means in sorted(matrix["risk_means"].items(), reverse=True):
        lines.append(f"| {key} | {means} | {before[int(key)]} | {after[int(key)]} |")
    told = "; ".join(f"{states[key]} {words}" for key, words in STATUSES.items())
    return [*lines, "", f"{len(rows)} hazards: {told}."]


def section(row: Mapping[str, Any], matrix: Mapping[str, Any]) -> list[str]:
    """Write one hazard."""

    def level(when: str) -> str:
        severity, likelihood = row[when]
        return f"risk {risk(matrix, row[when])} ({severity}, {likelihood})"

    lines = [
        f"### {row['id']}: {row['hazard']}",
        "",
        f"- Cause: {row['cause']}",
        f"- Effect: {row['effect']}",
        f"- Without controls: {level('initial')}",
        "- Controls: " + ", ".join(f"[`{path}`](../../{path})" for path in row["controls"]),
        "- Shown by:",
        *(f"  - `{test}`" for test in row["tests"]),
        f"- With controls: {level('residual')}. {row['left']}",
    ]
    if "site" in row:
        lines.append(f"- For the site: {row['site']}")
    return [*lines, f"- Status: {STATUSES[row['status']]}", ""]


def page(log: Mapping[str, Any]) -> str:
    """Write the whole page.

    Raises:
        ValueError: the log has faults; the message names them all.
    """
    if found := faults(log):
        raise ValueError("; ".join(found))
    lines = [HEAD.format(system=log["system"], version=log["version"])]
    lines += ["## Clinical safety officer", "", *officer_lines(log["officer"]), ""]
    lines += ["## Summary", "", *summary(log), ""]
    lines += ["## Risk matrix", "", *matrix_table(log["matrix"]), "", "## Hazards", ""]
    for row in log["hazard"]:
        lines += section(row, log["matrix"])
    todo = [f"- {row['id']}: {row['site']}" for row in log["hazard"] if "site" in row]
    lines += ["## What is left to the site", "", *todo]
    return "\n".join(lines) + "\n"


def main(words: list[str]) -> int:
    """Write the page, or compare it."""
    try:
        text = page(read())
    except ValueError as problem:
        print(f"{LOG.relative_to(ROOT)}: {problem}", file=sys.stderr)
        return 1
    if "--check" not in words:
        PAGE.write_text(text, encoding="utf-8")
        return 0
    if PAGE.exists() and PAGE.read_text(encoding="utf-8") == text:
        return 0
    print(f"{PAGE.name} is stale; run make docs", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
