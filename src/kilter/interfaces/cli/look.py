"""Commands that only look at what is declared: procedures, show, validate, index."""

from __future__ import annotations

import json
from typing import Any

from kilter.interfaces.cli.words import Parser
from kilter.interfaces.declared import detail_data, limit_words, summary_data
from kilter.measure.error import BadInput
from kilter.measure.example import Residual, residuals
from kilter.measure.limit import shipped
from kilter.measure.registry import Entry, entries, entry, forget, specialties, specialty
from kilter.measure.rounding import unit_text
from kilter.measure.signature import Input
from kilter.measure.words import label, title


def procedures(words: list[str]) -> int:
    """List procedures: key, version, title; or as JSON with their signatures."""
    parser = Parser("procedures", "List the installed procedures.")
    parser.add_argument("--specialty", default="")
    parser.add_argument("--json", action="store_true")
    options = parser.read(words)
    if options.specialty:
        specialty(options.specialty)
    chosen = [item for item in entries().values() if options.specialty in ("", item.specialty)]
    if options.json:
        print(json.dumps({"procedures": [summary_data(item) for item in chosen]}, ensure_ascii=False))
        return 0
    width = max((len(item.key) for item in chosen), default=0)
    for item in chosen:
        print(f"{item.key:{width}}  v{item.version}  {title(item)}")
    return 0


def show(words: list[str]) -> int:
    """Show one procedure."""
    parser = Parser("show", "Show what a procedure asks, gives, cites and is judged by.")
    parser.add_argument("key")
    parser.add_argument("--json", action="store_true")
    options = parser.read(words)
    item = entry(options.key)
    if options.json:
        print(json.dumps(detail_data(item), ensure_ascii=False))
        return 0
    print(f"{title(item)}  ({item.key}, version {item.version})\n{item.summary}")
    print("Source: " + "; ".join(f"{cite.short()}, {cite.title}" for cite in item.cites))
    print("Inputs:")
    for given in item.signature.inputs:
        print(f"  {given.name:18} {_asked(given)}")
    print("Results:")
    for result in item.signature.results:
        print(f"  {result.name:18} {unit_text(result.unit) or result.type}  {label(item, result.name)}")
    for limit in shipped(item):
        print(f"Limit: {limit_words(limit)}")
    return 0


def _asked(given: Input) -> str:
    words = unit_text(given.unit) or (
        ", ".join(given.choices) if given.choices else given.type.replace("_", " ")
    )
    if given.type in ("repeated", "grid"):
        words += ", repeated" if given.type == "repeated" else ", rows and columns"
    if given.required:
        return words
    return words + (", may be left out" if given.default in (None, "") else f", {given.default} if left out")


def validate(words: list[str]) -> int:
    """Run every worked example; status 1 where one does not hold."""
    parser = Parser("validate", "Run every worked example.")
    parser.add_argument("--json", action="store_true")
    options = parser.read(words)
    found = [(item, residual) for item in entries().values() for residual in residuals(item)]
    if options.json:
        print(json.dumps({"examples": [_residual_data(item, r) for item, r in found]}, ensure_ascii=False))
    else:
        for item, r in found:
            mark = "holds" if r.holds else "FAILS"
            said = f"{mark}  {item.key}  {r.result}: expected {r.expected}, found {r.found}"
            print(f"{said}  ({r.example.source})")
    return 0 if all(r.holds for _, r in found) else 1


def _residual_data(item: Entry, r: Residual) -> dict[str, Any]:
    return {
        "procedure": item.key,
        "result": r.result,
        "expected": r.expected,
        "found": r.found,
        "tolerance": r.tolerance,
        "holds": r.holds,
        "source": r.example.source,
    }


def index(words: list[str]) -> int:
    """Write, or with --check compare, the indexes of the installed specialties."""
    from kilter.measure import index as writer

    parser = Parser("index", "Write the index of the specialties.")
    parser.add_argument("--check", action="store_true", help="write nothing; fail where a file is stale")
    options = parser.read(words)
    stale = []
    for special in specialties().values():
        if not options.check:
            writer.write(special)
        elif faults := writer.undeclared(special) or writer.stale(special):
            stale += faults
    forget()
    if stale:
        raise BadInput("; ".join(stale), code="stale_index")
    return 0
