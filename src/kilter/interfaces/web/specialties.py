"""Specialties: what can be measured, on which authority, by which limits; and their adoption."""

from __future__ import annotations

import inspect
import json
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_GET, require_http_methods

from kilter.department.ledger import clock
from kilter.department.people.queries import may
from kilter.department.policy import actions as policy
from kilter.department.policy.queries import load, schedules_of, to_be_confirmed
from kilter.department.records import actions as records
from kilter.interfaces.web.page import person_of, show, signed_in, table
from kilter.interfaces.web.statements import confirmed, sign_context
from kilter.measure.document import row_text
from kilter.measure.error import BadInput, KilterError
from kilter.measure.example import residuals
from kilter.measure.limit import Limit
from kilter.measure.registry import Entry, entry, find, specialties, specialty
from kilter.measure.rounding import number_text, unit_text
from kilter.measure.words import choice, label, title, verdict_word

METHODS = {
    "gum": "first-order propagation (JCGM 100:2008)",
    "monte_carlo": "Monte Carlo propagation (JCGM 101:2008)",
    "repeats": "from repeated readings (Type A)",
    "own": "by the procedure's own stated method",
    "none": "none is evaluated",
}


@require_GET
@signed_in
def listing(request: HttpRequest) -> HttpResponse:
    """List the installed specialties."""
    rows = [
        {
            "name": one.title,
            "href": f"/specialties/{one.key}/",
            "about": ", ".join(one.about.get("areas", [])) or one.title,
            "procedures": len(one.entries()),
            "unconfirmed": len(to_be_confirmed(one.key)),
        }
        for one in specialties().values()
    ]
    return show(request, "specialties.html", title="Specialties", specialties=rows)


@require_GET
@signed_in
def one(request: HttpRequest, key: str) -> HttpResponse:
    """Show a specialty."""
    found = specialty(key)
    rows = [
        [
            {"text": title(item), "href": f"/procedures/{item.key}/", "sub": item.summary},
            item.use.replace("_", " "),
            "; ".join(cite.short() for cite in item.cites),
        ]
        for item in found.entries().values()
    ]
    standards = sorted({f"{c.short()}: {c.title}" for item in found.entries().values() for c in item.cites})
    return show(
        request,
        "specialty.html",
        title=found.title,
        specialty={
            "name": found.title,
            "about": ", ".join(found.about.get("areas", [])),
            "standards": standards,
            "words": list(found.verdict_words.items()),
            "adopt": f"/specialties/{key}/limits/",
        },
        table=table(rows, "No procedures yet.", "Procedure", "Use", "Source"),
    )


@require_GET
@signed_in
def procedure(request: HttpRequest, key: str) -> HttpResponse:
    """Show one procedure: method, source, limits in force, worked examples, and how to run it elsewhere."""
    item = entry(key)
    about = [
        part.replace("\n", " ").replace("`", "")
        for part in inspect.cleandoc(find(key).function.__doc__ or "").split("\n\n")
    ]
    in_force = load().limits(item, None, clock.now())
    changes = specialty(item.specialty).data(".", "changes").get(item.name, {})
    given = _sample(item)
    shell = " ".join(f"{name}={value}" for name, value in given.items())
    return show(
        request,
        "procedure.html",
        title=title(item),
        specialty={"name": specialty(item.specialty).title, "href": f"/specialties/{item.specialty}/"},
        procedure={
            "key": item.key,
            "title": title(item),
            "version": item.version,
            "use": item.use.replace("_", " "),
            "about": about,
            "method": METHODS[item.uncertainty],
            "cites": [f"{cite.short()}: {cite.title}" for cite in item.cites],
            "command": f"kilter run {item.key} {shell}",
            "http": f"POST /api/procedures/{item.key}/run\n"
            + json.dumps({"inputs": given}, ensure_ascii=False),
        },
        inputs=table(_inputs(item), "None.", "Input", "Unit or choices", "Left empty"),
        results=table(
            [[label(item, r.name), unit_text(r.unit) or r.type] for r in item.signature.results],
            "None.",
            "Result",
            "Unit",
        ),
        limits=table(
            [[_when(item, row), {"limits": [limit_row(item, row)]}] for row in in_force.limits],
            "No limit applies.",
            "When",
            "Limit and source",
        ),
        examples=table(_examples(item), "None.", "Example", "Expected", "Found", "Source"),
        changes=list(changes.items()),
    )


def _sample(item: Entry) -> dict[str, str]:
    from kilter.measure.example import examples

    listed = examples(item)
    if listed and all(isinstance(value, str) for value in listed[0].inputs.values()):
        return {name: str(value) for name, value in listed[0].inputs.items()}
    return {
        given.name: "@file" if given.type == "file" else "..."
        for given in item.signature.inputs
        if given.required
    }


def _inputs(item: Entry) -> list[list[str]]:
    return [
        [
            label(item, given.name),
            unit_text(given.unit) or ", ".join(given.choices) or given.type.replace("_", " "),
            "must be given"
            if given.required
            else str(given.default if given.default is not None else "nothing"),
        ]
        for given in item.signature.inputs
    ]


def _examples(item: Entry) -> list[list[Any]]:
    rows: list[list[Any]] = []
    for one in residuals(item):
        mark = {"verdict": "within" if one.holds else "suspension", "word": "holds" if one.holds else "fails"}
        found = number_text(one.found) if isinstance(one.found, float) else str(one.found)
        expected = number_text(one.expected) if isinstance(one.expected, int | float) else one.expected
        rows.append(
            [
                one.example.name or one.result,
                expected,
                {**mark, "sub": found},
                f"{one.example.source} ({one.example.truth})",
            ]
        )
    return rows


def _when(item: Entry, row: Limit) -> str:
    """Say of which result a limit is, and when it applies, in words."""
    parts = [f"{label(item, name)}: {choice(item, str(value))}" for name, value in row.when.items()]
    return "; ".join([label(item, row.result), *parts])


def limit_row(item: Entry, row: Limit) -> dict[str, Any]:
    """Give a limit as the templates take it."""
    return {
        "text": row_text(row),
        "level": verdict_word(item.specialty, row.level),
        "low": row.low,
        "high": row.high,
        "unit": row.unit,
        "cite": row.cite,
        "edition": row.edition,
        "read": row.read,
    }


@require_http_methods(["GET", "POST"])
@signed_in
def limits(request: HttpRequest, key: str) -> HttpResponse:
    """Show the limits in force of a specialty, and adopt what is to be confirmed with one signature."""
    found, person, faults = specialty(key), person_of(request), []
    if request.method == "POST":
        try:
            return HttpResponseRedirect(_adopt(request, key))
        except KilterError as error:
            faults = [{"field": error.field, "message": error.message}]
    rows = _schedule(key)
    adopted = next((s for s in schedules_of(key) if s.adopted_at is not None and s.scope_kind == "all"), None)
    section = sign_context(
        person,
        "I have compared each of these limits with the text of its standard; we judge by them from now on.",
        "Adopt",
    )
    permission = may(person, "policy.adopt_limits", procedure=f"{key}.")
    if not permission:
        section["blocked"] = list(permission.reasons)
    return show(
        request,
        "adoption.html",
        422 if faults else 200,
        title=f"Limits of {found.title}",
        specialty={"name": found.title, "href": f"/specialties/{key}/"},
        schedule=rows,
        form={"action": request.path},
        faults=faults,
        sign=section,
        adopted={"by": adopted.adopted_by, "at": adopted.adopted_at} if adopted else None,
    )


def _schedule(key: str) -> list[dict[str, Any]]:
    in_force, now = load(), clock.now()
    return [
        {
            "key": f"{item.name}-{number}",
            "procedure": title(item),
            "limit": limit_row(item, row),
            "note": _when(item, row),
        }
        for item in specialty(key).entries().values()
        for number, row in enumerate(in_force.limits(item, None, now).limits)
    ]


def _adopt(request: HttpRequest, key: str) -> str:
    person = person_of(request)
    open_rows = {row["key"] for row in _schedule(key) if row["limit"]["read"] == "no"}
    left = open_rows - set(request.POST.getlist("adopt"))
    if left:
        message = (
            f"{len(left)} of {len(open_rows)} are not ticked: compare each with the text of its standard"
        )
        raise BadInput(message, field="adopt")
    confirmation = confirmed(request, person)
    schedule = policy.propose_limits(
        by=person, specialty=key, reason="the published limits, compared with their texts"
    )
    records.state(
        by=person,
        act="adopt_limits",
        text=f"The published limits of {specialty(key).title} are adopted.",
        confirmation=confirmation,
        arguments={"schedule": schedule, "specialty": key},
    )
    return f"/specialties/{key}/limits/"
