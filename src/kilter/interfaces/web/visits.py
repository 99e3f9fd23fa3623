"""The test page: a form, a verdict that moves while typing, a draft that saves itself, signing."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from kilter.department.equipment import queries as equipment
from kilter.department.ledger.identity import new_id
from kilter.department.people.queries import person_by_uuid
from kilter.department.records import actions, queries
from kilter.department.records.actions.attaching import LARGEST
from kilter.department.records.models import Record
from kilter.department.records.sealing import Override
from kilter.interfaces.web.page import context_of as page_context
from kilter.interfaces.web.page import person_of, signed_in
from kilter.interfaces.web.statements import confirmed
from kilter.interfaces.web.visit_state import (
    Visit,
    as_typed,
    content_of_record,
    kept,
    read_again,
    read_uuid,
    read_visit,
    save,
)
from kilter.interfaces.web.visit_view import fault_of, outcome_of, reasons_of, visit_page
from kilter.measure.error import BadInput, KilterError, NotFound
from kilter.measure.protocol import protocol as find_protocol


@require_GET
@signed_in
def start(request: HttpRequest, uuid: UUID, key: str) -> HttpResponse:
    """Show an empty test; nothing is stored before something is typed. An open draft of mine goes on."""
    device, person = equipment.device_by_uuid(uuid), person_of(request)
    find_protocol(key)
    mine = [one for one in queries.open_drafts(owner=person, device=device) if one.protocol == key]
    if mine and "new" not in request.GET:
        return HttpResponseRedirect(f"/drafts/{mine[0].uuid}/")
    visit = Visit(new_id(), 0, find_protocol(key), device, {}, None)
    if request.GET.get("supersedes"):
        visit.supersedes = queries.record_by_uuid(read_uuid(request.GET["supersedes"]))
        visit.content = content_of_record(visit)
    return visit_page(request, visit)


@require_http_methods(["GET", "POST"])
@signed_in
def draft(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Show a draft, or take what its form sends: check, discard, ask, take over, sign, break the glass."""
    visit = read_visit(request, uuid)
    if request.method == "GET":
        return visit_page(request, visit)
    act, _, about = request.POST.get("act", "check").partition(":")
    handler = HANDLERS.get(act)
    try:
        if act == "take":
            return _take(request, visit)
        visit = save(request, visit)
        if handler is not None:
            return handler(request, visit)
        if act == "detach":
            return _detach(request, visit, about)
    except KilterError as error:
        return visit_page(request, read_again(visit), faults=[fault_of(visit, error)], posted=True)
    more = about if act == "more" else ""
    return visit_page(request, visit, more=more)


@require_POST
@signed_in
def live(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Save while typing and give the verdict so far; what the form needs next comes with it."""
    visit = read_visit(request, uuid)
    fault = None
    try:
        if request.POST.get("moment") == "typing":  # half a number is not a reading yet
            visit.content = as_typed(request, visit)
        else:
            visit = save(request, visit)
    except KilterError as error:
        fault = {"field": error.field, "message": f"Not saved: {error.message}"}
    outcome = outcome_of(visit)
    if fault is not None:
        outcome["faults"] = [fault, *outcome["faults"]]
    context = {
        **page_context(request),
        "outcome": outcome,
        "version": visit.version,
        "reasons": reasons_of(visit),
    }
    return render(request, "partials/live.html", context)


@require_POST
@signed_in
def upload(request: HttpRequest, uuid: UUID, name: str) -> HttpResponse:
    """Take a file for one input of a draft: kept by its SHA-256, named in the draft."""
    visit = read_visit(request, uuid)
    step_key, _, item_name = name.partition(".")
    step = next((one for one in visit.steps if one.key == step_key), None)
    item = step.entry.signature.input(item_name) if step is not None else None
    if item is None or item.type not in ("file", "files"):
        raise NotFound("there is no such field")
    if not (sent := kept(request, visit, name)):
        raise BadInput("no file arrived", field=name)
    content = {
        "steps": {**visit.content.get("steps", {})},
        "instruments": visit.content.get("instruments", []),
    }
    part = dict(content["steps"].get(step_key, {}))
    part["inputs"] = {**part.get("inputs", {}), item_name: sent if item.type == "files" else sent[-1]}
    content["steps"][step_key] = part
    visit = save(request, visit, content)
    context = {**page_context(request), "sent": sent, "outcome": outcome_of(visit), "version": visit.version}
    return render(request, "partials/sent.html", {**context, "reasons": reasons_of(visit)})


@require_POST
@signed_in
def attach(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Take a photo or another file of the visit while its form goes on; the list of them comes back."""
    visit, faults = read_visit(request, uuid), []
    try:
        if visit.draft is None:
            visit = save(request, visit)
        visit = _attached(request, visit)
    except KilterError as error:
        visit, faults = read_again(visit), [error.message]
    context = {**page_context(request), "attached": visit.content.get("attached", []), "faults": faults}
    return render(request, "partials/attached.html", {**context, "version": visit.version})


def _attached(request: HttpRequest, visit: Visit) -> Visit:
    """Take what the form sends beside its readings."""
    sent = request.FILES.getlist("attached")
    if not sent:
        raise BadInput("choose a photo or a file", field="attached")
    for one in sent:
        if one.size is not None and one.size > LARGEST:  # refused before it is read
            raise BadInput(f"{one.name}: a file has {LARGEST // 1_000_000} MB at most", field="attached")
        assert visit.draft is not None
        visit.draft = actions.attach_file(
            by=person_of(request),
            device=visit.device,
            procedure=visit.protocol.key,
            draft=visit.draft,
            version=visit.version,
            name=one.name or "",
            content=one.read(),
        )
        visit.version, visit.content = visit.draft.version, visit.draft.content
    return visit


def _attach(request: HttpRequest, visit: Visit) -> HttpResponse:
    _attached(request, visit)
    return HttpResponseRedirect(f"{visit.href}#files")


def _detach(request: HttpRequest, visit: Visit, sha256: str) -> HttpResponse:
    assert visit.draft is not None
    actions.detach_file(
        by=person_of(request),
        device=visit.device,
        procedure=visit.protocol.key,
        draft=visit.draft,
        version=visit.version,
        sha256=sha256,
    )
    return HttpResponseRedirect(f"{visit.href}#files")


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
        colleague=person_by_uuid(read_uuid(text)),
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
    second = person_by_uuid(read_uuid(text))
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


HANDLERS = {
    "sign": _sign,
    "glass": _glass,
    "help": _help,
    "discard": _discard,
    "take": _take,
    "attach": _attach,
}
"""What a button of the form asks for, besides checking and taking a file out again."""
