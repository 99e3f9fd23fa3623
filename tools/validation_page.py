"""Write docs/validation/index.md: every installed procedure, and how far each worked example came out.

`make docs` runs it; with `--check` it writes nothing and ends with status 1 where the page is stale.
The page lists what comes with Kilter; a plug-in that happens to be installed is left out.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from kilter.interfaces.declared import limit_words
from kilter.measure.example import Residual, residuals
from kilter.measure.limit import shipped
from kilter.measure.registry import Entry, specialties
from kilter.measure.rounding import unit_text
from kilter.measure.words import title

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "validation" / "index.md"
OURS = "kilter.specialties."

METHODS = {
    "gum": "first order (GUM), from the uncertainties of the inputs",
    "monte_carlo": "Monte Carlo (GUM supplement 1)",
    "repeats": "scatter of repeated readings (type A)",
    "own": "the procedure's own, as its source says",
    "none": "none is stated",
}
USES = {
    "equipment": "equipment",
    "independent_check": "independent check; off until a site permits it",
    "patient_result": "patient result; off until a site permits it",
}
# Residuals below this share of the tolerance or of the number differ from one machine to another.
NOISE = 1e-12

HEAD = """\
# Validation

Written by `make docs` from what is declared; do not edit. A test holds it fresh.

For every procedure: its version, where its method comes from, how its uncertainty is found, what it is for,
the limits that come with it, and its worked examples. *Expected* is a number from the source, or one that
follows from arithmetic or geometry (*analytic*); *found* is what this version gives; the *residual* is their
difference, and has to be no larger than the *tolerance*. Residuals at the rounding of a double are written
as 0.

A limit marked *to be confirmed* stands on a text that nobody has read for this project, or on common
practice.

An installed copy proves itself by `kilter validate`, which runs the same examples there.
"""


def number(value: float | str) -> str:
    """Write a number with up to ten digits, so that the page is the same on every machine."""
    return value if isinstance(value, str) else f"{value:.10g}"


def residual(row: Residual) -> str:
    """Write how far an example came out; what is within the rounding of a double is 0."""
    if isinstance(row.expected, str) or isinstance(row.found, str):
        return "the same" if row.expected == row.found else "another"
    away = row.found - row.expected
    return "0" if abs(away) <= NOISE * max(abs(row.expected), 1.0) else f"{away:.2g}"


def cell(text: str) -> str:
    """Write a text into a cell of a table."""
    return " ".join(text.replace("|", "\\|").split())


def example_rows(entry: Entry) -> Iterable[str]:
    """Give one row for each expected number of a procedure."""
    for row in residuals(entry):
        result = entry.signature.result(row.result)
        unit = unit_text(result.unit) if result else ""
        cells = (
            row.example.name or "(unnamed)",
            f"{row.result} ({unit})" if unit else row.result,
            number(row.expected),
            number(row.found),
            number(row.tolerance),
            residual(row),
            "holds" if row.holds else "**FAILS**",
            f"{row.example.truth}: {row.example.source}",
        )
        yield "| " + " | ".join(cell(one) for one in cells) + " |"


def section(entry: Entry) -> str:
    """Write the section of one procedure."""
    cites = "; ".join(f"{cite.short()}, *{cite.title}* (text read: {cite.read})" for cite in entry.cites)
    limits = [f"- {limit_words(limit)}" for limit in shipped(entry)]
    lines = [
        f"### {title(entry)}",
        "",
        f"`{entry.key}`, version {entry.version}. {entry.summary}",
        "",
        f"- Source: {cites}",
        f"- Uncertainty: {METHODS[entry.uncertainty]}",
        f"- Use: {USES[entry.use]}",
        "",
        "Limits:" if limits else "No limits come with it.",
        "",
        *limits,
        *([""] if limits else []),
        "| example | result | expected | found | tolerance | residual | | truth and source |",
        "|---|---|---|---|---|---|---|---|",
        *example_rows(entry),
    ]
    return "\n".join(lines) + "\n"


def page() -> str:
    """Write the whole page."""
    parts = [HEAD]
    for special in specialties().values():
        if special.package.startswith(OURS):
            parts.append(f"## {special.title}\n")
            parts += [section(entry) for entry in special.entries().values()]
    return "\n".join(parts)


def main(words: list[str]) -> int:
    """Write the page, or compare it."""
    text = page()
    if "--check" not in words:
        PAGE.write_text(text, encoding="utf-8")
        return 0
    if PAGE.exists() and PAGE.read_text(encoding="utf-8") == text:
        return 0
    print(f"{PAGE.relative_to(ROOT)} is stale; run make docs", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
