"""Incidents on pages: reported, investigated, reported on, put right, closed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET, require_http_methods

from kilter.department.equipment.queries import device_by_asset
from kilter.department.ledger import files
from kilter.department.people.models import Person
from kilter.department.people.queries import activities_of
from kilter.department.safety import actions, queries
from kilter.department.safety.models import ExternalReference, Incident, IncidentEvidence
from kilter.interfaces.web.asked import chosen
from kilter.interfaces.web.forms import choice_field, form_page, text_field
from kilter.interfaces.web.page import at_site, download, person_of, show, signed_in, table
from kilter.interfaces.web.today import device_cell
from kilter.measure.error import BadInput, NotFound, NotPermitted

CRUMB = {"text": "Safety", "href": "/safety/"}
NO_PATIENT = "Do not write a patient's name, number or date of birth."
LARGEST = 50 * 1024 * 1024


@require_http_methods(["GET", "POST"])
@signed_in
def new(request: HttpRequest) -> HttpResponse:
    """Report an incident; its devices are quarantined at once."""

    def act(typed: dict[str, str]) -> str:
        """Report it."""
        assets = [part for part in typed["devices"].replace(",", " ").split() if part]
        row = actions.report_incident(
            by=person_of(request),
            devices=[device_by_asset(one) for one in assets],
            title=typed["title"],
            text=typed["text"],
            happened_at=_instant("happened_at", typed["happened_at"]),
            harm=typed["harm"],
        )
        return f"/safety/incidents/{row.uuid}/"

    fields = [
        text_field("devices", "Asset numbers of the devices", required=True),
        text_field("title", "In a few words", required=True, help_text=NO_PATIENT),
        text_field("text", "What happened", required=True, long=True, help_text=NO_PATIENT),
        {"name": "happened_at", "label": "When", "type": "instant", "required": True},
        choice_field("harm", "Harm", Incident.Harm.choices, required=True),
    ]
    return form_page(
        request,
        "Report an incident",
        fields,
        act,
        crumb=CRUMB,
        button="Report and quarantine",
        values={"devices": request.GET.get("device", "")[:40]},
        intro="Keep settings, logs, accessories and consumables as they are. Nobody repairs or cleans the "
        "devices before the finding of the investigation is recorded.",
    )


def _instant(name: str, typed: str) -> datetime:
    """Read a time of day at the site."""
    try:
        read = datetime.fromisoformat(typed)
        return read if read.tzinfo else read.replace(tzinfo=ZoneInfo(settings.SITE_ZONE))
    except (ValueError, OverflowError):
        raise BadInput(f"{name}: must be a day and a time", field=name) from None


@require_GET
@signed_in
def incident(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Show an incident: its devices, what is kept, where it was reported, what is done about it."""
    found = queries.incident_by_uuid(uuid)
    return show(
        request,
        "safety_item.html",
        title=found.title,
        heading=found.title,
        crumb=CRUMB,
        facts=_facts(found),
        text=found.text,
        links=_links(found, person_of(request)),
        tables=[_devices(found), _evidence(found), _references(found), _corrective(found)],
    )


def _facts(found: Incident) -> list[list[Any]]:
    rows: list[list[Any]] = [
        ["Happened", at_site(found.happened_at)],
        ["Reported", f"{at_site(found.reported_at)} by {found.reported_by}"],
        ["Harm", found.get_harm_display()],
        ["Finding", f"{found.finding} ({found.found_by})" if found.found_at else "under investigation"],
    ]
    if found.closed_at:
        rows.append(["Closed", f"{found.closed_at:%d %b %Y} by {found.closed_by}: {found.closing_text}"])
    return rows


def _devices(found: Incident) -> dict[str, Any]:
    rows = [
        [device_cell(one.device), "quarantined" if one.hold.released_at is None else "released"]
        for one in found.devices.select_related("device__model", "device__location", "hold").order_by("id")
    ]
    return {**table(rows, "No device.", "Device", "Quarantine"), "caption": "Devices"}


def _evidence(found: Incident) -> dict[str, Any]:
    rows: list[list[Any]] = []
    for one in found.evidence.select_related("by", "file").order_by("id"):
        where: Any = one.kept
        if one.file is not None:
            sub = f"SHA-256 {one.file.sha256[:12]}"
            where = {"text": one.name or "file", "href": f"/safety/evidence/{one.uuid}/", "sub": sub}
        rows.append([f"{one.get_kind_display()}: {one.text}", where, str(one.by), {"at": one.at}])
    return {**table(rows, "Nothing is kept yet.", "What", "Where", "Who", "When"), "caption": "Evidence"}


def _references(found: Incident) -> dict[str, Any]:
    rows: list[list[Any]] = [
        [one.get_system_display(), one.number, str(one.by), {"at": one.at}]
        for one in found.references.select_related("by").order_by("id")
    ]
    made = table(rows, "Reported nowhere else yet.", "Where", "Number", "Who", "When")
    return {**made, "caption": "Reported elsewhere"}


def _corrective(found: Incident) -> dict[str, Any]:
    rows: list[list[Any]] = []
    for one in found.actions.select_related("owner", "job").order_by("due", "id"):
        job: Any = {"text": str(one.job), "href": f"/work/{one.job.uuid}/"} if one.job else "no job"
        state = f"done: {one.done_text}" if one.done_at else {"verdict": "remedial", "word": "open"}
        rows.append([one.text, str(one.owner), one.due.isoformat(), job, state])
    made = table(rows, "None set.", "What", "Who", "Until", "Job", "State")
    return {**made, "caption": "Corrective actions"}


def _links(found: Incident, person: Person) -> list[dict[str, str]]:
    rights, here = activities_of(person), f"/safety/incidents/{found.uuid}"
    is_open = found.closed_at is None
    fits = {"finding": is_open and found.found_at is None, "reference": True}
    return [
        {"text": title, "href": f"{here}/{verb}/"}
        for verb, (title, activity, _) in VERBS.items()
        if activity in rights and fits.get(verb, is_open)
    ]


@require_http_methods(["GET", "POST"])
@signed_in
def verb(request: HttpRequest, uuid: UUID, verb: str) -> HttpResponse:
    """Ask what a verb needs, and do it."""
    if verb not in VERBS:
        raise NotFound("there is no such thing to do to an incident")
    found = queries.incident_by_uuid(uuid)
    title, _, make = VERBS[verb]
    fields, act = make(request, found)

    def carry_out(typed: dict[str, str]) -> str:
        """Do it, and go back to the incident."""
        act(typed)
        return f"/safety/incidents/{found.uuid}/"

    crumb = {"text": found.title, "href": f"/safety/incidents/{found.uuid}/"}
    return form_page(request, title, fields, carry_out, crumb=crumb, button=title)


Made = tuple[list[dict[str, Any]], Callable[[dict[str, str]], object]]


def _keep(request: HttpRequest, found: Incident) -> Made:
    def act(typed: dict[str, str]) -> None:
        """Keep it; who may not keep evidence leaves no file behind either."""
        if "safety.keep_evidence" not in activities_of(person_of(request)):
            raise NotPermitted("You may not keep evidence.", field="by")
        sent = request.FILES.get("file")
        if sent is not None and (sent.size or 0) > LARGEST:
            raise BadInput("file: larger than 50 MiB", field="file")
        with transaction.atomic():
            kept = files.store(sent.read(), media_type="application/octet-stream") if sent else None
            words = {name: typed[name] for name in ("kind", "text", "kept")}
            name = sent.name or "file" if sent else ""
            actions.keep_evidence(by=person_of(request), incident=found, file=kept, name=name, **words)

    fields = [
        choice_field("kind", "What", IncidentEvidence.Kind.choices, required=True),
        text_field("text", "Described", required=True, long=True, help_text=NO_PATIENT),
        text_field("kept", "Where it is kept"),
        {"name": "file", "label": "File", "type": "file", "required": False},
    ]
    return fields, act


def _reference(request: HttpRequest, found: Incident) -> Made:
    fields = [
        choice_field("system", "Where", ExternalReference.System.choices, required=True),
        text_field("number", "Number", required=True),
    ]
    return fields, lambda typed: actions.add_reference(by=person_of(request), incident=found, **typed)


def _finding(request: HttpRequest, found: Incident) -> Made:
    fields = [text_field("finding", "What was found", required=True, long=True, help_text=NO_PATIENT)]
    return fields, lambda typed: actions.record_finding(by=person_of(request), incident=found, **typed)


def _action(request: HttpRequest, found: Incident) -> Made:
    people = list(Person.objects.filter(is_active=True).order_by("display_name"))
    fields = [
        text_field("text", "What is to be done", required=True, long=True),
        choice_field("owner", "Who", [(str(one.uuid), one.display_name) for one in people], required=True),
        text_field("due", "Until (YYYY-MM-DD)", required=True),
    ]
    return fields, lambda typed: actions.set_corrective_action(
        by=person_of(request),
        incident=found,
        text=typed["text"],
        owner=chosen("owner", typed["owner"], people),
        due=typed["due"],
    )


def _finish(request: HttpRequest, found: Incident) -> Made:
    rows = list(found.actions.filter(done_at=None).order_by("due", "id"))
    fields = [
        choice_field("corrective", "Which", [(str(one.uuid), one.text) for one in rows], required=True),
        text_field("text", "What was done", required=True, long=True),
    ]
    return fields, lambda typed: actions.finish_corrective_action(
        by=person_of(request),
        corrective=chosen("corrective", typed["corrective"], rows),
        text=typed["text"],
    )


def _close(request: HttpRequest, found: Incident) -> Made:
    fields = [text_field("text", "What was learnt", required=True, long=True, help_text=NO_PATIENT)]
    return fields, lambda typed: actions.close_incident(by=person_of(request), incident=found, **typed)


VERBS: dict[str, tuple[str, str, Callable[[HttpRequest, Incident], Made]]] = {
    "evidence": ("Keep evidence", "safety.keep_evidence", _keep),
    "finding": ("Record the finding", "safety.record_finding", _finding),
    "reference": ("Reported elsewhere", "safety.add_reference", _reference),
    "action": ("Set a corrective action", "safety.set_corrective_action", _action),
    "finish": ("Finish a corrective action", "safety.finish_corrective_action", _finish),
    "close": ("Close", "safety.close_incident", _close),
}
"""Title, activity and form of each verb, in the order of the page."""


@require_GET
@signed_in
def evidence(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Give a file that is kept, as it was stored."""
    found = IncidentEvidence.objects.filter(uuid=uuid).exclude(file=None).select_related("file").first()
    if found is None or found.file is None:
        raise NotFound("there is no such file")
    return download(files.read(found.file.sha256), f"evidence-{found.file.sha256[:12]}")
