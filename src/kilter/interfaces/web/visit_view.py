"""What the test page shows of a visit: the verdict so far, the fields, the sign section."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from kilter.department.equipment import queries as equipment
from kilter.department.ledger import clock
from kilter.department.people.models import Person
from kilter.department.people.queries import activities_of, authorised_people, may
from kilter.department.policy.queries import load
from kilter.department.records import queries
from kilter.department.records.models import Draft
from kilter.department.records.visit import (
    Measured,
    baselines_of,
    context_of,
    instruments_named,
    measure,
    started,
)
from kilter.interfaces.web.fields import field_of, preset, shown_inputs
from kilter.interfaces.web.figures import outcome_figures
from kilter.interfaces.web.page import person_of, show
from kilter.interfaces.web.statements import sign_context
from kilter.interfaces.web.visit_state import Visit
from kilter.measure.document import describe
from kilter.measure.error import KilterError
from kilter.measure.judge import worst
from kilter.measure.protocol import protocol as find_protocol
from kilter.measure.rounding import quantity
from kilter.measure.words import title, verdict_word

USE = {
    "independent_check": "An independent check: it stands beside the primary system and never replaces it.",
    "patient_result": "A patient result: for the reporting clinician, within the use signed for here.",
}


def fault_of(visit: Visit, error: KilterError) -> dict[str, str]:
    """Give an error as the page names it: its field in the form, and its step in words."""
    step, _, name = error.field.partition(".")
    known = next((one for one in visit.steps if one.key == step), None)
    where = f"{title(known.entry)}: " if known is not None and len(visit.steps) > 1 else ""
    if known is not None and not name:
        inputs = shown_inputs(known.entry)
        return {"field": f"{step}.{inputs[0].name}" if inputs else step, "message": where + error.message}
    return {"field": error.field, "message": where + error.message}


def _measured(visit: Visit) -> tuple[list[Measured], list[dict[str, str]]]:
    """Measure every step that has something typed; what is refused is named."""
    done: list[Measured] = []
    faults: list[dict[str, str]] = []
    policy, now = load(), clock.now()
    baselines = baselines_of(visit.device, now)
    known: dict[str, Any] = {
        "policy": policy,
        "baselines": baselines,
        "instruments": instruments_named(visit.content, now),
    }
    for step in visit.steps:
        part = visit.content.get("steps", {}).get(step.key, {})
        if not started(part):
            continue
        try:
            done.append(measure(step, part, device=visit.device, performed_at=now, **known))
        except KilterError as error:
            fault = fault_of(visit, error)
            if getattr(error, "code", "") != "missing":
                faults.append(fault)
    return done, faults


def outcome_of(visit: Visit) -> dict[str, Any]:
    """Give the verdict so far as the panel takes it."""
    done, faults = _measured(visit)
    if not done:
        return {"state": "waiting", "faults": faults, **_use(visit)}
    verdict = worst([item.judgement.verdict for item in done])
    area = visit.protocol.specialty
    waiting = (
        len(visit.steps)
        - len(done)
        - sum(s.optional for s in visit.steps if s.key not in {m.step.key for m in done})
    )
    notes = [{"text": note["text"]} for item in done for note in item.document["notes"]]
    if waiting > 0:
        notes.append({"text": f"{waiting} step(s) still to do."})
    return {
        "state": "judged",
        "valid": verdict != "invalid",
        "verdict": verdict,
        "word": verdict_word(area, verdict),
        "results": [row for item in done for row in _result_rows(item, area)],
        "read": [row for item in done for row in _read_rows(item)],
        "rule": done[0].judgement.rule.name.replace("_", " "),
        "notes": notes,
        "faults": faults,
        "figures": [f for item in done for f in outcome_figures(item.outcome.figures, item.step.key)],
        **_use(visit),
    }


def outcome_of_draft(row: Draft) -> dict[str, Any]:
    """Give the verdict so far of a saved draft."""
    return outcome_of(Visit(row.uuid, row.version, find_protocol(row.protocol), row.device, row.content, row))


def _use(visit: Visit) -> dict[str, str]:
    uses = [USE[step.entry.use] for step in visit.steps if step.entry.use in USE]
    return {"use": uses[0]} if uses else {}


def _result_rows(item: Measured, area: str) -> list[dict[str, Any]]:
    return [
        {
            "label": row["label"] if not item.step.checklist else title(item.step.entry),
            "text": row.get("text", str(row["value"])),
            "verdict": row["verdict"],
            "word": verdict_word(area, row["verdict"]),
            "limits": None
            if item.step.checklist
            else [_in_words(one, area) for one in row.get("limits", [])],
        }
        for row in describe(item.step.entry, item.outcome, item.judgement)["results"].values()
    ]


def _in_words(limit: Mapping[str, Any], area: str) -> dict[str, Any]:
    """Give a limit with its level in the specialty's own word."""
    return {**limit, "level": verdict_word(area, limit["level"])}


def _read_rows(item: Measured) -> list[list[str]]:
    return [
        [row["label"], f"{row['typed']} = {quantity(row['value'], row['unit'])}"]
        for row in item.document["inputs"].values()
        if row.get("unit")
        and row.get("typed")
        and isinstance(row["value"], float)
        and row["typed"] not in (f"{row['value']!r}", f"{row['value']:g}")
    ]


def reasons_of(visit: Visit) -> list[dict[str, Any]]:
    """Give a field for every discarded reading that was outside its limits and has no reason yet."""
    rows = visit.content.get("discarded", [])
    return [
        {
            "name": f"reason.{number}",
            "label": f"Why was {row['name'].replace('_', ' ')} = {row['typed']} discarded?",
            "type": "text",
            "required": True,
            "value": "",
        }
        for number, row in enumerate(rows)
        if row["verdict"] in queries.BAD and not row["reason"]
    ]


def _sections(visit: Visit, faults: list[dict[str, str]], more: str) -> list[dict[str, Any]]:
    errors = {fault["field"]: fault["message"] for fault in faults}
    known = context_of(visit.device)
    sections = []
    for step in visit.steps:
        part = visit.content.get("steps", {}).get(step.key, {}).get("inputs", {})
        silent = preset(step, known)
        fields = []
        for item in shown_inputs(step.entry):
            name = f"{step.key}.{item.name}"
            if item.name in silent and item.name not in part:
                continue
            made = field_of(
                step,
                item,
                part.get(item.name),
                error=errors.get(name, ""),
                upload=f"{visit.href}upload/{name}/",
            )
            if more == name and item.type == "repeated":
                made["value"] = [*made["value"], ""]
            fields.append(made)
        filled = [
            f"{name.replace('_', ' ')}: {step.filled(known)[name]}" for name in sorted(silent - set(part))
        ]
        sections.append(
            {
                "key": step.key,
                "title": title(step.entry) if step.procedure else step.listed.title,
                "optional": step.optional,
                "fields": fields,
                "filled": ", ".join(filled),
                "href": f"/procedures/{step.procedure}/" if step.procedure else "",
                "checklist": bool(step.checklist),
            }
        )
    return sections


def _instrument_field(visit: Visit) -> dict[str, Any]:
    chosen = visit.content.get("instruments", [])
    good = equipment.instruments_in_calibration()
    options = [
        {
            "value": str(one.device.uuid),
            "label": f"{one.device.asset} {one.device.model}, until {one.certificate.valid_until:%d %b %Y}",
        }
        for one in good
    ]
    for uuid in chosen:
        if uuid not in {option["value"] for option in options}:
            options.append(
                {"value": uuid, "label": "an instrument out of calibration: needs a second person"}
            )
    return {
        "name": "instruments",
        "label": "Test instrument",
        "type": "instrument",
        "required": visit.protocol.needs_instrument,
        "options": options,
        "value": chosen[0] if chosen else "",
        "empty": "No test instrument is in calibration and in service.",
    }


def _sign_section(request: HttpRequest, visit: Visit) -> dict[str, Any]:
    person = person_of(request)
    section = sign_context(person, "I made these measurements, and they are as shown.")
    permission = may(person, "records.sign", visit.device, procedure=visit.protocol.key)
    if not permission:
        section["blocked"] = list(permission.reasons)
        section["glass"] = "records.break_glass" in activities_of(person)
    chosen = visit.content.get("instruments", [])
    good = {str(one.device.uuid) for one in equipment.instruments_in_calibration()}
    if any(uuid not in good for uuid in chosen):
        section["second"] = {
            "why": "The instrument is out of calibration: a second, expert person has to agree.",
            "options": _people(
                authorised_people("records.override", visit.device, procedure=visit.protocol.key), person
            ),
        }
    return section


def _people(found: list[Person], but: Person) -> list[dict[str, str]]:
    return [{"value": str(one.uuid), "label": one.display_name} for one in found if one.pk != but.pk]


def visit_page(
    request: HttpRequest,
    visit: Visit,
    *,
    faults: list[dict[str, str]] | None = None,
    more: str = "",
    posted: bool = False,
) -> HttpResponse:
    """Show the test page of a visit; what was signed goes to its records.

    Args:
        request: whose page.
        visit: the draft on the screen.
        faults: what to put right, each with its field.
        more: name of a repeated field that gets one more line.
        posted: the faults were said above the form already.
    """
    person, row = person_of(request), visit.draft
    if row is not None and row.state == Draft.State.SIGNED:
        return HttpResponseRedirect(f"/visits/{visit.uuid}/")
    outcome, device = outcome_of(visit), visit.device
    shown = [*(faults or []), *outcome["faults"]]
    colleagues = authorised_people("records.sign", device, procedure=visit.protocol.key)
    return show(
        request,
        "test.html",
        422 if faults else 200,
        title=f"{visit.protocol.title}, {device.asset}",
        procedure=_heading(visit),
        device={"name": str(device.model), "asset": device.asset, "href": f"/devices/{device.uuid}/"},
        draft=_draft_line(visit, person),
        form={"action": visit.href, "live": f"{visit.href}live/", "sections": _sections(visit, shown, more)},
        hidden={
            "device": str(device.uuid),
            "protocol": visit.protocol.key,
            "supersedes": str(visit.supersedes.uuid) if visit.supersedes and not row else "",
        },
        supersedes=visit.supersedes,
        instrument=_instrument_field(visit),
        reasons=reasons_of(visit),
        faults=faults or [],
        outcome={**outcome, "faults": [] if posted else outcome["faults"]},
        attached=visit.content.get("attached", []),
        discard={"options": _typed_readings(visit), "done": visit.content.get("discarded", [])},
        colleagues=_people(colleagues, person),
        sign=_sign_section(request, visit),
    )


def _heading(visit: Visit) -> dict[str, Any]:
    first, alone = visit.steps[0].entry, len(visit.steps) == 1
    return {
        "title": visit.protocol.title,
        "href": f"/procedures/{first.key}/" if alone else f"/specialties/{visit.protocol.specialty}/",
        "cites": sorted({cite.short() for step in visit.steps for cite in step.entry.cites}),
    }


def _draft_line(visit: Visit, person: Person) -> dict[str, Any]:
    row = visit.draft
    return {
        "id": str(visit.uuid),
        "version": visit.version,
        "owner": row.owner.display_name if row else person.display_name,
        "age": row.saved_at if row else None,
        "mine": row is None or row.owner_id == person.pk,
        "question": f"{row.asked} was asked: {row.question}" if row and row.asked else "",
    }


def _typed_readings(visit: Visit) -> list[dict[str, str]]:
    return [
        {"value": f"{key}.{name}", "label": f"{name.replace('_', ' ')} = {value}"}
        for key, part in visit.content.get("steps", {}).items()
        for name, value in part.get("inputs", {}).items()
        if isinstance(value, str)
    ]
