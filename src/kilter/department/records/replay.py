"""Run stored records again with today's code: which would come out otherwise? Nothing is rewritten."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from kilter.department.ledger import files as store
from kilter.department.policy.queries import Policy, load
from kilter.department.records.models import Record
from kilter.measure.checklist import checklist, complete
from kilter.measure.document import open_document, rule_of
from kilter.measure.error import KilterError, NotFound
from kilter.measure.judge import Judgement, judge, judge_many, worst
from kilter.measure.limit import Bounds, Limit
from kilter.measure.outcome import Outcome
from kilter.measure.quantity import File
from kilter.measure.registry import entries, entry, find
from kilter.measure.run import run

SAME = 1e-9
"""Two numbers are the same within this relative distance."""

Answer = Literal["same", "changed", "not_replayable", "erased"]


@dataclass(frozen=True)
class Replayed:
    """What became of one record: the answer, and why."""

    number: int
    uuid: str
    procedure: str
    answer: Answer
    why: str = ""


def replay(*, since: datetime | None = None, current_limits: bool = False) -> Iterator[Replayed]:
    """Replay every result, oldest first.

    Args:
        since: only what was performed from then on.
        current_limits: judge by the limits in force now instead of the sealed ones.
    """
    rows = Record.objects.filter(kind="result").order_by("number")
    if since is not None:
        rows = rows.filter(performed_at__gte=since)
    policy = load() if current_limits else None
    for record in rows.select_related("device__model").iterator(chunk_size=500):
        yield replay_one(record, policy)


def replay_one(record: Record, policy: Policy | None = None) -> Replayed:
    """Replay one result; by the limits of `policy` where it is given, else by the sealed ones."""
    answer, why = _again(record, policy)
    return Replayed(record.number, str(record.uuid), record.procedure, answer, why)


def _again(record: Record, policy: Policy | None) -> tuple[Answer, str]:
    try:
        document = open_document(record.text)
        if record.procedure not in entries():
            return _checklist(record, document)
        outcome = run_again(record.procedure, document)
        if moved := _moved(document, outcome):
            return "changed", moved
        verdict = _verdict(record, document, outcome, policy)
    except NotFound as error:
        return ("erased" if error.field == "sha256" else "not_replayable"), error.message
    except KilterError as error:  # one record that cannot be judged must not hide the ones behind it
        return "not_replayable", error.message
    if verdict != record.verdict:
        return "changed", f"{record.verdict} would be {verdict}"
    return "same", ""


def run_again(key: str, document: Mapping[str, Any]) -> Outcome:
    """Run today's version of a procedure on the inputs of a sealed document, brought forward by its `upcast`.

    Raises:
        NotFound: there is no such procedure, or a file is gone.
        BadInput: today's version refuses the inputs.
    """
    declared = find(key)
    stored = declared.bring_forward(document["procedure"]["version"], document["inputs"])
    raw = {name: raw_of(row) for name, row in stored.items()}
    stated = {name: row["u"] for name, row in stored.items() if row.get("u") is not None}
    return run(declared, raw, u=stated)


def raw_of(row: Mapping[str, Any]) -> object:
    """Give an input of a sealed document as the door takes it; a file is read from the store.

    Raises:
        NotFound: the file is gone.
    """
    value, symbol = row["value"], row.get("unit")
    if isinstance(value, Mapping) and "sha256" in value:
        return File(value["name"], store.read(value["sha256"]))
    if isinstance(value, list) and value and isinstance(value[0], Mapping) and "sha256" in value[0]:
        return [File(part["name"], store.read(part["sha256"])) for part in value]
    if symbol and isinstance(value, int | float):
        return {"value": value, "unit": symbol}
    return value


def _moved(document: Mapping[str, Any], outcome: Outcome) -> str:
    if outcome.valid != document["valid"]:
        return "it would be valid now" if outcome.valid else "it would not be valid now"
    for name, row in document.get("results", {}).items():
        if name not in outcome.results:
            return f"{name} is no longer a result"
        now, then = outcome.results[name].value, row["value"]
        if isinstance(now, str) or isinstance(then, str):
            if now != then:
                return f"{name}: {then} would be {now}"
        elif not math.isclose(now, then, rel_tol=SAME, abs_tol=1e-300):
            return f"{name}: {then!r} would be {now!r}"
    return ""


def _verdict(record: Record, document: Mapping[str, Any], outcome: Outcome, policy: Policy | None) -> str:
    if not outcome.valid:
        return "invalid"
    if policy is not None and record.device is not None:
        from kilter.department.records.visit import baseline_context, baselines_of, context_of

        in_force = policy.limits(entry(record.procedure), record.device, record.performed_at)
        about, declared = context_of(record.device), entry(record.procedure)
        known = baselines_of(record.device, record.performed_at).get(record.procedure, ())
        context = {**about, **baseline_context(known, declared, outcome, about)}
        judged: Judgement = judge(
            outcome, entry(record.procedure), in_force.limits, rule=in_force.rule, context=context
        )
        return judged.verdict
    return judged_as_sealed(document, outcome)


def judged_as_sealed(document: Mapping[str, Any], outcome: Outcome) -> str:
    """Judge an outcome by the limits and the rule that stand in a sealed document.

    Args:
        document: the sealed document.
        outcome: of the same procedure, on the sealed inputs or on others.
    """
    if not outcome.valid:
        return "invalid"
    verdicts = []
    for name, row in document.get("results", {}).items():
        if name not in outcome.results:
            continue
        value = outcome.results[name]
        if isinstance(value.value, str):
            continue
        edges = [sealed_bounds(name, limit) for limit in row.get("limits", [])]
        u = None if value.u is None else _array(value.u)
        verdicts += judge_many(_array(value.value), u, edges, rule_of(document))
    whole = worst(verdicts)
    limited = any(row.get("limits") for row in document.get("results", {}).values())
    return "undecided" if outcome.doubtful and limited and whole in ("within", "recorded") else whole


def _array(value: float) -> Any:
    import numpy as np

    return np.array([value])


def sealed_bounds(result: str, row: Mapping[str, Any]) -> Bounds:
    """Read a limit as it was sealed: absolute, in the result's unit."""
    limit = Limit(
        result=result, level=row["level"], cite=row["cite"], edition=row["edition"], unit=row["unit"]
    )
    return Bounds(limit, row["low"], row["high"])


def _checklist(record: Record, document: Mapping[str, Any]) -> tuple[Answer, str]:
    answers = {name: row["value"] for name, row in document["inputs"].items()}
    _, judgement = complete(checklist(record.procedure), answers)
    if judgement.verdict == record.verdict:
        return "same", ""
    return "changed", f"{record.verdict} would be {judgement.verdict}"
