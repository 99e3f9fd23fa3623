"""The test page: a form, a verdict that moves while typing, a draft that saves itself, signing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from kilter.department.equipment import queries as equipment
from kilter.department.equipment.models import Device
from kilter.department.ledger import clock
from kilter.department.ledger import files as store
from kilter.department.people.models import Person
from kilter.department.people.queries import activities_of, authorised_people, may, person_by_uuid
from kilter.department.policy.queries import load
from kilter.department.records import actions, queries
from kilter.department.records.models import Draft, Record
from kilter.department.records.sealing import Override
from kilter.department.records.visit import Measured, baselines_of, context_of, measure, started
from kilter.interfaces.web.fields import field_of, preset, read_form, shown_inputs
from kilter.interfaces.web.figures import outcome_figures
from kilter.interfaces.web.page import context_of as page_context
from kilter.interfaces.web.page import person_of, show, signed_in
from kilter.interfaces.web.statements import confirmed, sign_context
from kilter.measure.document import describe
from kilter.measure.error import BadInput, KilterError, NotFound
from kilter.measure.judge import worst
from kilter.measure.protocol import Protocol, Step
from kilter.measure.protocol import protocol as find_protocol
from kilter.measure.words import title, verdict_word

USE = {
    "independent_check": "An independent check: it stands beside the primary system and never replaces it.",
    "patient_result": "A patient result: for the reporting clinician, within the use signed for here.",
}


@dataclass
class Visit:
    """A draft on the screen, saved or not yet."""

    uuid: UUID
    version: int
    protocol: Protocol
    device: Device
    content: dict[str, Any]
    draft: Draft | None
    supersedes: Record | None = None

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps that apply to the device."""
        return self.protocol.steps_for(context_of(self.device))

    @property
    def href(self) -> str:
        """Address of the draft."""
        return f"/drafts/{self.uuid}/"


@require_GET
@signed_in
def start(request: HttpRequest, uuid: UUID, key: str) -> HttpResponse:
    """Show an empty test; nothing is stored before something is typed. An open draft of mine goes on."""
    device, person = equipment.device_by_uuid(uuid), person_of(request)
    find_protocol(key)
    mine = [one for one in queries.open_drafts(owner=person, device=device) if one.protocol == key]
    if mine and "new" not in request.GET:
        return HttpResponseRedirect(f"/drafts/{mine[0].uuid}/")
    visit = Visit(uuid4(), 0, find_protocol(key), device, {}, None)
    if request.GET.get("supersedes"):
        visit.supersedes = queries.record_by_uuid(_uuid(request.GET["supersedes"]))
        visit.content = _content_of(visit)
    return _page(request, visit)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound("there is nothing at this address") from None


def _content_of(visit: Visit) -> dict[str, Any]:
    """Take what a record was made of as the beginning of its correction."""
    assert visit.supersedes is not None
    document = queries.document_of(visit.supersedes)
    key = visit.protocol.steps[0].key
    inputs = {}
    for name, row in document["inputs"].items():
        value = row["value"]
        inputs[name] = row.get("typed") or value if isinstance(value, str | int | float) else value
        if isinstance(inputs[name], int | float):
            inputs[name] = f"{inputs[name]!r}{row.get('unit', '')}"
    instruments = [row["id"] for row in document.get("instruments", []) if "id" in row]
    return {"steps": {key: {"inputs": inputs}}, "instruments": instruments}


@require_http_methods(["GET", "POST"])
@signed_in
def draft(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Show a draft, or take what its form sends: check, discard, ask, take over, sign, break the glass."""
    visit = _visit(request, uuid)
    if request.method == "GET":
        return _page(request, visit)
    act, _, about = request.POST.get("act", "check").partition(":")
    handler = {"sign": _sign, "glass": _glass, "help": _help, "discard": _discard, "take": _take}.get(act)
    try:
        if act == "take":
            return _take(request, visit)
        visit = _save(request, visit)
        if handler is not None:
            return handler(request, visit)
    except KilterError as error:
        return _page(request, _again(visit), faults=[_fault(visit, error)], posted=True)
    more = about if act == "more" else ""
    return _page(request, visit, more=more)


def _again(visit: Visit) -> Visit:
    """Read the draft again: a refused act may have saved it."""
    row = Draft.objects.select_related("device__model", "owner").filter(uuid=visit.uuid).first()
    if row is not None:
        visit.draft, visit.version, visit.content = row, row.version, row.content
    return visit


def _fault(visit: Visit, error: KilterError) -> dict[str, str]:
    step, _, name = error.field.partition(".")
    known = next((one for one in visit.steps if one.key == step), None)
    where = f"{title(known.entry)}: " if known is not None and len(visit.steps) > 1 else ""
    if known is not None and not name:
        inputs = shown_inputs(known.entry)
        return {"field": f"{step}.{inputs[0].name}" if inputs else step, "message": where + error.message}
    return {"field": error.field, "message": where + error.message}


def _visit(request: HttpRequest, uuid: UUID) -> Visit:
    row = (
        Draft.objects.select_related("device__model", "device__location", "owner", "asked")
        .filter(uuid=uuid)
        .first()
    )
    if row is not None:
        old = queries.record_by_uuid(row.supersedes) if row.supersedes else None
        return Visit(uuid, row.version, find_protocol(row.protocol), row.device, row.content, row, old)
    if request.method == "GET" or "device" not in request.POST:
        raise NotFound("there is no such draft", field="draft")
    device = equipment.device_by_uuid(_uuid(request.POST["device"]))
    old = (
        queries.record_by_uuid(_uuid(request.POST["supersedes"])) if request.POST.get("supersedes") else None
    )
    return Visit(uuid, 0, find_protocol(request.POST.get("protocol", "")), device, {}, None, old)


def _as_typed(request: HttpRequest, visit: Visit) -> dict[str, Any]:
    """Give what the form holds, beside what the draft keeps, without saving it."""
    form = read_form(visit.protocol, request.POST, visit.content, context_of(visit.device))
    return {**visit.content, "steps": form["steps"], "instruments": form["instruments"]}


def _version(request: HttpRequest) -> int:
    text = request.POST.get("version", "0")
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise BadInput("the form carries no version", field="version")
    return int(text)


def _save(request: HttpRequest, visit: Visit, content: Mapping[str, Any] | None = None) -> Visit:
    """Save what the form holds; where nothing changed, nothing is saved."""
    if content is None:
        form = read_form(visit.protocol, request.POST, visit.content, context_of(visit.device))
        content = _with_files(request, visit, form)
    given = dict(content)
    unchanged = (
        visit.draft is not None
        and not given.get("reasons")
        and {k: given.get(k) for k in ("steps", "instruments")}
        == {k: visit.content.get(k) for k in ("steps", "instruments")}
    )
    if unchanged:
        return visit
    row = actions.save_draft(
        by=person_of(request),
        device=visit.device,
        procedure=visit.protocol.key,
        uuid=visit.uuid,
        version=_version(request) if visit.draft is not None else 0,
        content=given,
        performed_at=_performed_at(request),
        supersedes=visit.supersedes if visit.draft is None else None,
        reason=request.POST.get("supersede_reason", ""),
    )
    return Visit(row.uuid, row.version, visit.protocol, visit.device, row.content, row, visit.supersedes)


def _performed_at(request: HttpRequest) -> datetime | None:
    text = request.POST.get("performed_at", "").strip()
    if not text:
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(settings.SITE_ZONE))
    except ValueError:
        raise BadInput("write when it was performed as 2026-03-29T14:05", field="performed_at") from None


@require_POST
@signed_in
def live(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Save while typing and give the verdict so far; what the form needs next comes with it."""
    visit = _visit(request, uuid)
    fault = None
    try:
        if request.POST.get("moment") == "typing":  # half a number is not a reading yet
            visit.content = _as_typed(request, visit)
        else:
            visit = _save(request, visit)
    except KilterError as error:
        fault = {"field": error.field, "message": f"Not saved: {error.message}"}
    outcome = _outcome(visit)
    if fault is not None:
        outcome["faults"] = [fault, *outcome["faults"]]
    context = {
        **page_context(request),
        "outcome": outcome,
        "version": visit.version,
        "reasons": _reasons(visit),
    }
    return render(request, "partials/live.html", context)


@require_POST
@signed_in
def upload(request: HttpRequest, uuid: UUID, name: str) -> HttpResponse:
    """Take a file for one input of a draft: kept by its SHA-256, named in the draft."""
    visit = _visit(request, uuid)
    step_key, _, item_name = name.partition(".")
    step = next((one for one in visit.steps if one.key == step_key), None)
    item = step.entry.signature.input(item_name) if step is not None else None
    if item is None or item.type not in ("file", "files"):
        raise NotFound("there is no such field")
    if not (sent := _kept(request, name)):
        raise BadInput("no file arrived", field=name)
    content = {
        "steps": {**visit.content.get("steps", {})},
        "instruments": visit.content.get("instruments", []),
    }
    part = dict(content["steps"].get(step_key, {}))
    part["inputs"] = {**part.get("inputs", {}), item_name: sent if item.type == "files" else sent[-1]}
    content["steps"][step_key] = part
    visit = _save(request, visit, content)
    context = {**page_context(request), "sent": sent, "outcome": _outcome(visit), "version": visit.version}
    return render(request, "partials/sent.html", {**context, "reasons": _reasons(visit)})


def _kept(request: HttpRequest, name: str) -> list[dict[str, Any]]:
    """Keep the files of one field by their SHA-256; give their names, hashes and sizes."""
    sent = []
    for one in request.FILES.getlist(name):
        kept = store.store(one.read(), media_type="application/octet-stream")
        sent.append({"name": (one.name or "file")[:255], "sha256": kept.sha256, "size": kept.size})
    return sent


def _with_files(request: HttpRequest, visit: Visit, content: dict[str, Any]) -> dict[str, Any]:
    """Take the files that a form without script sends along."""
    for step in visit.steps:
        for item in step.entry.signature.inputs:
            if item.type in ("file", "files") and (sent := _kept(request, f"{step.key}.{item.name}")):
                part = content["steps"].setdefault(step.key, {"inputs": {}})
                part["inputs"][item.name] = sent if item.type == "files" else sent[-1]
    return content


def _discard(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Discard a reading by name, with its reason."""
    name, reason = request.POST.get("discard_name", ""), request.POST.get("discard_reason", "").strip()
    step_key, _, item_name = name.partition(".")
    inputs = visit.content.get("steps", {}).get(step_key, {}).get("inputs", {})
    if item_name not in inputs:
        raise BadInput("choose a reading that was typed", field="discard_name")
    if not reason:
        raise BadInput("say why it is discarded", field="discard_reason")
    kept = {key: value for key, value in inputs.items() if key != item_name}
    steps = {**visit.content["steps"], step_key: {"inputs": kept}}
    number = len(visit.content.get("discarded", []))
    content = {
        "steps": steps,
        "instruments": visit.content.get("instruments", []),
        "reasons": {str(number): reason},
    }
    assert visit.draft is not None
    actions.save_draft(
        by=person_of(request),
        device=visit.device,
        procedure=visit.protocol.key,
        uuid=visit.uuid,
        version=visit.version,
        content=content,
        performed_at=visit.draft.performed_at,
    )
    return HttpResponseRedirect(visit.href)


def _help(request: HttpRequest, visit: Visit) -> HttpResponse:
    text = request.POST.get("help_person", "")
    if not text:
        raise BadInput("choose whom to ask", field="help_person")
    assert visit.draft is not None
    actions.ask_for_help(
        by=person_of(request),
        device=visit.device,
        procedure=visit.protocol.key,
        draft=visit.draft,
        colleague=person_by_uuid(_uuid(text)),
        question=request.POST.get("help_text", ""),
    )
    return HttpResponseRedirect(f"/devices/{visit.device.uuid}/")


def _take(request: HttpRequest, visit: Visit) -> HttpResponse:
    if visit.draft is None:
        raise NotFound("there is no such draft")
    actions.take_over(
        by=person_of(request), device=visit.device, procedure=visit.protocol.key, draft=visit.draft
    )
    return HttpResponseRedirect(visit.href)


def _sign(request: HttpRequest, visit: Visit) -> HttpResponse:
    person = person_of(request)
    confirmation = confirmed(request, person)
    assert visit.draft is not None
    records = actions.sign(
        by=person,
        device=visit.device,
        procedure=visit.protocol.key,
        draft=visit.draft,
        version=visit.version,
        confirmation=confirmation,
        override=_override(request),
    )
    return HttpResponseRedirect(_after(records))


def _after(records: list[Record]) -> str:
    """Go to the one record, or to the visit."""
    return f"/records/{records[0].uuid}/" if len(records) == 1 else f"/visits/{records[0].visit}/"


def _override(request: HttpRequest) -> Override | None:
    text = request.POST.get("second", "")
    if not text:
        return None
    second = person_by_uuid(_uuid(text))
    return Override(
        second, confirmed(request, second, prefix="second_"), request.POST.get("second_reason", "")
    )


def _glass(request: HttpRequest, visit: Visit) -> HttpResponse:
    person = person_of(request)
    confirmation = confirmed(request, person)
    assert visit.draft is not None
    records = actions.break_glass(
        by=person,
        device=visit.device,
        procedure=visit.protocol.key,
        draft=visit.draft,
        version=visit.version,
        confirmation=confirmation,
        reason=request.POST.get("glass_reason", ""),
    )
    return HttpResponseRedirect(_after(records))


def _measured(visit: Visit) -> tuple[list[Measured], list[dict[str, str]]]:
    """Measure every step that has something typed; what is refused is named."""
    done: list[Measured] = []
    faults: list[dict[str, str]] = []
    policy, baselines, now = load(), baselines_of(visit.device), clock.now()
    for step in visit.steps:
        part = visit.content.get("steps", {}).get(step.key, {})
        if not started(part):
            continue
        try:
            done.append(
                measure(step, part, device=visit.device, policy=policy, baselines=baselines, performed_at=now)
            )
        except KilterError as error:
            fault = _fault(visit, error)
            if getattr(error, "code", "") != "missing":
                faults.append(fault)
    return done, faults


def _outcome(visit: Visit) -> dict[str, Any]:
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
    return _outcome(Visit(row.uuid, row.version, find_protocol(row.protocol), row.device, row.content, row))


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
    from kilter.measure.rounding import quantity

    return [
        [row["label"], f"{row['typed']} = {quantity(row['value'], row['unit'])}"]
        for row in item.document["inputs"].values()
        if row.get("unit")
        and row.get("typed")
        and isinstance(row["value"], float)
        and row["typed"] not in (f"{row['value']!r}", f"{row['value']:g}")
    ]


def _reasons(visit: Visit) -> list[dict[str, Any]]:
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


def _page(
    request: HttpRequest,
    visit: Visit,
    *,
    faults: list[dict[str, str]] | None = None,
    more: str = "",
    posted: bool = False,
) -> HttpResponse:
    person, row = person_of(request), visit.draft
    if row is not None and row.state == Draft.State.SIGNED:
        return HttpResponseRedirect(f"/visits/{visit.uuid}/")
    outcome = _outcome(visit)
    shown = [*(faults or []), *outcome["faults"]]
    mine = row is None or row.owner_id == person.pk
    discarded = visit.content.get("discarded", [])
    typed = [
        {"value": f"{key}.{name}", "label": f"{name.replace('_', ' ')} = {value}"}
        for key, part in visit.content.get("steps", {}).items()
        for name, value in part.get("inputs", {}).items()
        if isinstance(value, str)
    ]
    first = visit.steps[0].entry
    return show(
        request,
        "test.html",
        422 if faults else 200,
        title=f"{visit.protocol.title}, {visit.device.asset}",
        procedure={
            "title": visit.protocol.title,
            "href": f"/procedures/{first.key}/"
            if len(visit.steps) == 1
            else f"/specialties/{visit.protocol.specialty}/",
            "cites": sorted({cite.short() for step in visit.steps for cite in step.entry.cites}),
        },
        device={
            "name": str(visit.device.model),
            "asset": visit.device.asset,
            "href": f"/devices/{visit.device.uuid}/",
        },
        draft={
            "id": str(visit.uuid),
            "version": visit.version,
            "owner": row.owner.display_name if row else person.display_name,
            "age": row.saved_at if row else None,
            "mine": mine,
            "question": f"{row.asked} was asked: {row.question}" if row and row.asked else "",
        },
        form={"action": visit.href, "live": f"{visit.href}live/", "sections": _sections(visit, shown, more)},
        hidden={
            "device": str(visit.device.uuid),
            "protocol": visit.protocol.key,
            "supersedes": str(visit.supersedes.uuid) if visit.supersedes and not row else "",
        },
        supersedes=visit.supersedes,
        instrument=_instrument_field(visit),
        reasons=_reasons(visit),
        faults=faults or [],
        outcome={**outcome, "faults": [] if posted else outcome["faults"]},
        discard={"options": typed, "done": discarded},
        colleagues=_people(
            authorised_people("records.sign", visit.device, procedure=visit.protocol.key), person
        ),
        sign=_sign_section(request, visit),
    )
