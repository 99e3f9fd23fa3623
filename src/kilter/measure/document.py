"""The sealed document: how an outcome is written down, byte for byte, and read again in twenty years.

The document carries its labels, units and display texts, so that it opens when the plug-in that made it
is gone. Its text is canonical JSON: keys sorted, no spaces, shortest floats that read back the same,
times in UTC. The form is numbered; a later form reads all earlier ones.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np

from kilter.measure.door import Given
from kilter.measure.error import BadInput
from kilter.measure.judge import Applied, Judgement, Rule
from kilter.measure.limit import Limit
from kilter.measure.outcome import Outcome, Value
from kilter.measure.quantity import Contribution, File, Instrument, Note, Sheet
from kilter.measure.registry import Entry
from kilter.measure.rounding import COVERAGE_FACTOR
from kilter.measure.rounding import quantity as quantity_text
from kilter.measure.uncertainty import coverage_factor
from kilter.measure.words import label, title, verdict_word

FORM = 1


def canonical(document: Mapping[str, Any]) -> str:
    """Write a document as canonical JSON.

    Raises:
        BadInput: it holds something that JSON cannot say (NaN, an unknown type, half a character).
    """
    try:
        text = json.dumps(
            document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
        )
        text.encode("utf-8")  # a lone surrogate has no bytes to be sealed
    except (TypeError, ValueError, RecursionError) as error:
        raise BadInput(f"this cannot be written down: {error}", code="not_json") from None
    return text


def digest(text: str) -> str:
    """SHA-256 of a document's exact bytes, hexadecimal."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def open_document(text: str) -> dict[str, Any]:
    """Read a sealed document of any form so far.

    Raises:
        BadInput: not JSON, or of a form that this version does not know.
    """
    try:
        document = json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise BadInput(f"the document cannot be read: {error}", code="not_json") from None
    if not isinstance(document, dict) or document.get("form") is True or document.get("form") != FORM:
        form = document.get("form") if isinstance(document, dict) else None
        raise BadInput(f"a document of form {form!r} is not known here", code="unknown_form")
    return document


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no number in JSON")


def instant(when: datetime) -> str:
    """Write an instant in UTC, to the microsecond where it has any."""
    return when.astimezone(UTC).isoformat().replace("+00:00", "Z")


def plain_value(value: Any) -> Any:
    """Give an input's value as JSON can say it; a file becomes its name, size and hash."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, datetime):
        return instant(value)
    if isinstance(value, File):
        return {"name": value.name, "sha256": value.sha256, "size": value.size}
    if isinstance(value, tuple):
        return [plain_value(item) for item in value]
    if isinstance(value, Instrument):
        return {"name": value.name, "serial": value.serial, "certificate": value.certificate}
    if isinstance(value, Sheet):
        return {"columns": list(value.columns), "rows": [list(row) for row in value.rows]}
    return value


def describe(entry: Entry, outcome: Outcome, judgement: Judgement) -> dict[str, Any]:
    """Write down what was measured and how it was judged, labels and texts included.

    Args:
        entry: the procedure's or checklist's entry.
        outcome: of the run.
        judgement: of the outcome.

    Returns:
        The part of a sealed document that does not depend on person, device or chain.
    """
    document: dict[str, Any] = {
        "procedure": _procedure(entry),
        "inputs": {
            name: _input(entry, given) for name, given in outcome.inputs.items() if given.value is not None
        },
        "results": {
            name: _result(entry, name, value, judgement.applied.get(name, ()), judgement.verdicts.get(name))
            for name, value in outcome.results.items()
        },
        "rule": judgement.rule.name,
        "method": outcome.method,
        "verdict": judgement.verdict,
        "word": verdict_word(entry.specialty, judgement.verdict),
        "notes": [{"code": note.code, "text": note.text} for note in all_notes(outcome, judgement)],
        "valid": outcome.valid,
        "budget": [_component(line) for line in outcome.budget],
        "words": _words(entry, judgement),
    }
    if parameters := _parameters(judgement.rule):
        document["rule_parameters"] = parameters
    if len(outcome.results) > 1 or len(document["inputs"]) > 1:  # JSON objects have no order of their own
        document["order"] = {"inputs": list(document["inputs"]), "results": list(outcome.results)}
    return document


def _parameters(rule: Rule) -> dict[str, float]:
    """Give what of a rule is not as usual: without it, a later replay would judge by another rule."""
    usual = Rule()
    return {
        name: getattr(rule, name)
        for name in ("k", "threshold")
        if getattr(rule, name) != getattr(usual, name)
    }


def rule_of(document: Mapping[str, Any]) -> Rule:
    """Give the decision rule by which a sealed document was judged."""
    return Rule(document["rule"], **document.get("rule_parameters", {}))


def _words(entry: Entry, judgement: Judgement) -> dict[str, str]:
    """Give the specialty's words for the verdicts and levels that stand in the document."""
    used: set[str] = {judgement.verdict, *judgement.verdicts.values()}
    used |= {row.limit.level for rows in judgement.applied.values() for row in rows}
    return {name: verdict_word(entry.specialty, name) for name in sorted(used)}


def all_notes(outcome: Outcome, judgement: Judgement) -> tuple[Note, ...]:
    """Give the notes of a run and of its judgement, in this order."""
    return (*outcome.notes, *judgement.notes)


def _procedure(entry: Entry) -> dict[str, Any]:
    cites = [{"key": cite.key, "title": cite.title, "edition": cite.edition} for cite in entry.cites]
    return {"key": entry.key, "version": entry.version, "title": title(entry), "cites": cites}


def _input(entry: Entry, given: Given) -> dict[str, Any]:
    row: dict[str, Any] = {"label": label(entry, given.name), "value": plain_value(given.value)}
    if given.unit:
        row["unit"] = given.unit
    if given.typed:
        row["typed"] = given.typed
    if given.uncertainty is not None:
        row["u"] = given.uncertainty.u
    if given.measured_by is not None:
        row["measured_by"] = _contribution(given.measured_by)
    return row


def _contribution(found: Contribution) -> dict[str, Any]:
    """Write down what a certificate said of a reading; `instrument` is its place on the list."""
    row: dict[str, Any] = {"instrument": found.instrument, "quantity": found.quantity, "u": found.u}
    return row | ({"correction": found.correction} if found.correction else {})


def _result(
    entry: Entry, name: str, value: Value, applied: tuple[Applied, ...], verdict: str | None
) -> dict[str, Any]:
    row: dict[str, Any] = {
        "label": label(entry, name),
        "value": value.value,
        "verdict": verdict or "recorded",
    }
    if isinstance(value.value, str):
        return row
    k = COVERAGE_FACTOR
    if value.u and math.isfinite(value.dof):
        k = coverage_factor(value.dof)
        row |= {"dof": value.dof, "k": round(k, 3), "coverage": 0.95}
    row |= {"unit": value.unit, "u": value.u, "text": quantity_text(value.value, value.unit, value.u, k)}
    if applied:
        row["limits"] = [limit_data(item, value.unit) for item in applied]
    return row


def limit_data(applied: Applied, symbol: str) -> dict[str, Any]:
    """Write down one limit as it was applied, in the result's unit."""
    limit, edges = applied.limit, applied.bounds
    row: dict[str, Any] = {
        "text": limit_text(edges.low, edges.high, symbol),
        "level": limit.level,
        "low": edges.low,
        "high": edges.high,
        "unit": symbol,
        "cite": limit.cite,
        "edition": limit.edition,
        "read": limit.read,
        "p_conform": None if applied.p_conform is None else round(applied.p_conform, 6),
    }
    return row | ({"clause": limit.clause} if limit.clause else {})


def limit_text(low: float | None, high: float | None, symbol: str) -> str:
    """Write a limit in words: `at most 0.3 Ω`."""
    if low is not None and high is not None:
        return f"from {quantity_text(low, symbol)} to {quantity_text(high, symbol)}"
    if high is not None:
        return f"at most {quantity_text(high, symbol)}"
    return f"at least {quantity_text(low, symbol)}" if low is not None else "no figure"


def row_text(limit: Limit) -> str:
    """Write a row of a limit file in words, before it is made absolute for one run.

    `from −15 % to 15 % of set_energy, or 3 J where that is more`.
    """
    text = limit_text(limit.low, limit.high, limit.unit)
    if limit.kind == "from_baseline":
        return f"{text} from the device's reference value"
    if limit.kind not in ("relative", "share"):
        return text
    text += f" of {limit.of}"
    if limit.at_least is not None:
        text += f", or {quantity_text(limit.at_least, limit.fixed_unit)} where that is more"
    if limit.plus is not None:
        text += f", and {quantity_text(limit.plus, limit.fixed_unit)} more"
    return text


def _component(line: Any) -> dict[str, Any]:
    return {
        "result": line.result,
        "input": line.input,
        "u": line.u,
        "sensitivity": line.sensitivity,
        "contribution": line.contribution,
        "dof": line.dof if math.isfinite(line.dof) else None,
        "evaluation": line.evaluation,
    }
