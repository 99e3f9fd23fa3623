"""Procedures and runs as plain data: what the command line prints as JSON and the API answers."""

from __future__ import annotations

from typing import Any

from kilter.measure.document import all_notes, limit_data, plain_value, row_text
from kilter.measure.example import residuals
from kilter.measure.judge import Judgement
from kilter.measure.limit import Limit, shipped
from kilter.measure.outcome import Outcome
from kilter.measure.registry import Entry
from kilter.measure.words import title


def summary_data(item: Entry) -> dict[str, Any]:
    """Give a procedure's entry as the JSON of lists and of the API."""
    return {
        "procedure": item.key,
        "version": item.version,
        "title": title(item),
        "summary": item.summary,
        "specialty": item.specialty,
        "use": item.use,
        "uncertainty": item.uncertainty,
        "elementwise": item.elementwise,
        "cites": [cite.short() for cite in item.cites],
        "inputs": item.signature.as_data()["inputs"],
        "results": item.signature.as_data()["results"],
    }


def detail_data(item: Entry) -> dict[str, Any]:
    """Give all that is declared about a procedure, limits and examples included."""
    limits = [{**limit.as_data(), "text": limit_words(limit)} for limit in shipped(item)]
    examples = [
        {
            "name": r.example.name,
            "inputs": {name: plain_value(value) for name, value in r.example.inputs.items()},
            "result": r.result,
            "expected": r.expected,
            "found": r.found,
            "tolerance": r.tolerance,
            "source": r.example.source,
            "truth": r.example.truth,
        }
        for r in residuals(item)
    ]
    return {**summary_data(item), "limits": limits, "examples": examples}


def limit_words(limit: Limit) -> str:
    """Write a limit with its conditions, level and source, and say where it is to be confirmed."""
    when = ", ".join(f"{name} {value}" for name, value in limit.when.items())
    text = row_text(limit)
    source = f"{limit.cite}:{limit.edition}" if limit.edition else limit.cite
    tail = "" if limit.read in ("yes", "adopted") else ", to be confirmed"
    return f"{limit.result}{f' ({when})' if when else ''}: {text}, {limit.level} ({source}{tail})"


def run_data(outcome: Outcome, judgement: Judgement) -> dict[str, Any]:
    """Give a run as the JSON that others script against; `run.schema.json` describes it."""
    inputs = {
        name: {
            "value": plain_value(given.value),
            "unit": given.unit or None,
            "u": given.uncertainty.u if given.uncertainty else None,
        }
        for name, given in outcome.inputs.items()
    }
    results = {
        name: {
            "value": value.value,
            "unit": value.unit or None,
            "u": value.u,
            "verdict": judgement.verdicts.get(name, "recorded"),
            "limit": _limit(judgement, name, value.unit),
        }
        for name, value in outcome.results.items()
    }
    return {
        "procedure": outcome.procedure,
        "version": outcome.version,
        "inputs": inputs,
        "results": results,
        "verdict": judgement.verdict,
        "notes": [{"code": note.code, "text": note.text} for note in all_notes(outcome, judgement)],
        "valid": outcome.valid,
    }


def _limit(judgement: Judgement, name: str, symbol: str) -> dict[str, Any] | None:
    """Give the limit behind the verdict: the one with the worst verdict, the first among equals."""
    rows = judgement.applied.get(name, ())
    worst = judgement.verdicts.get(name)
    chosen = next((row for row in rows if row.verdict == worst), None)
    return limit_data(chosen, symbol) if chosen else None
