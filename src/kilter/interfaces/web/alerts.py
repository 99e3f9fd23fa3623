"""Safety on pages: the board, and an alert from its wording to its end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_GET, require_http_methods

from kilter.department.equipment.lifecycle import WORDS, State
from kilter.department.ledger import clock
from kilter.department.people.confirmation import confirm
from kilter.department.people.models import Person
from kilter.department.people.queries import activities_of
from kilter.department.safety import actions, queries, risk
from kilter.department.safety.criteria import FIELDS
from kilter.department.safety.models import Alert, AlertDevice
from kilter.department.safety.notice import Proposal, read_notice
from kilter.interfaces.web.asked import chosen
from kilter.interfaces.web.forms import Field, choice_field, form_page, text_field
from kilter.interfaces.web.page import at_site, person_of, show, signed_in, table
from kilter.interfaces.web.today import device_cell
from kilter.measure.error import BadInput, KilterError, NotFound

PAGE = 100
CRUMB = {"text": "Safety", "href": "/safety/"}
LISTS = dict(
    zip(
        FIELDS,
        ("Makers", "Models", "Lots", "Serial numbers", "Software versions", "UDI-DI", "Nomenclature codes"),
        strict=True,
    )
)
"""What the lists of criteria are called on the page."""
EXAMPLES = {
    "models": "One on each line. Left empty: every model of the maker.",
    "lots": "One on each line, such as 24-117, or 24-1 to 24-9.",
    "serials": "One on each line, such as SN1000 to SN2000, or 19K*.",
    "software": "One on each line, such as 2.4, < 2.4, 2.0 to 2.3, or 2.x.",
    "codes": "One on each line, such as GMDN 13215. They find models by another name, and exclude none.",
}


@require_GET
@signed_in
def board(request: HttpRequest) -> HttpResponse:
    """Show open alerts with their clocks, open incidents, and hazards by what risk remains."""
    closed = "closed" in request.GET
    rights = activities_of(person_of(request))
    offered = [
        {"text": words, "href": href}
        for activity, words, href in (
            ("safety.add_alert", "Enter an alert", "/safety/alerts/new/"),
            ("safety.report_incident", "Report an incident", "/safety/incidents/new/"),
            ("safety.add_hazard", "Enter a hazard", "/safety/hazards/new/"),
        )
        if activity in rights
    ]
    other = (
        {"text": "What is open", "href": "/safety/"}
        if closed
        else {"text": "What is closed", "href": "/safety/?closed"}
    )
    alert_words = ("Alert", "Acknowledge", "Act by", "Devices open", "Received")
    incident_words = ("Incident", "Harm", "Finding", "Actions open", "Reported")
    hazard_words = ("Hazard", "Device", "Before", "With controls", "Version")
    matrix = risk.matrix()
    return show(
        request,
        "safety.html",
        title="Safety",
        heading="Safety, closed" if closed else "Safety",
        actions=[*offered, {"text": "Campaigns", "href": "/safety/campaigns/"}, other],
        alerts=table([_alert_row(one) for one in queries.alerts(closed=closed)], "No alert.", *alert_words),
        incidents=table(
            [_incident_row(one) for one in queries.incidents(closed=closed)], "No incident.", *incident_words
        ),
        hazards=table(
            [_hazard_row(one) for one in queries.hazards(withdrawn=closed)], "No hazard.", *hazard_words
        ),
        matrix=f"{matrix.source}, {matrix.edition}",
        confirmed=matrix.confirmed,
    )


def _alert_row(one: Any) -> list[Any]:
    left = {"verdict": "remedial", "word": str(one.open_count)} if one.open_count else "none"
    cell = {"text": str(one), "href": f"/safety/alerts/{one.uuid}/", "sub": one.get_source_display()}
    devices = left if one.confirmed_at else "not matched yet"
    return [cell, _acknowledged(one), _act_by(one), devices, {"at": one.received_at}]


def _acknowledged(one: Alert) -> Any:
    if one.acknowledged_at is not None:
        late = one.acknowledged_at > one.acknowledge_by
        return "done, late" if late else "done"
    late = clock.now() > one.acknowledge_by
    word = "late, was due" if late else "by"
    return {
        "verdict": "suspension" if late else "remedial",
        "word": f"{word} {at_site(one.acknowledge_by)}",
    }


def _act_by(one: Alert) -> Any:
    if one.action_by is None:
        return "no day named"
    if one.closed_at is None and clock.now().date() > one.action_by:
        return {"verdict": "suspension", "word": f"late, was due {one.action_by:%d %b %Y}"}
    return f"{one.action_by:%d %b %Y}"


def _incident_row(one: Any) -> list[Any]:
    cell = {"text": one.title, "href": f"/safety/incidents/{one.uuid}/"}
    found = "recorded" if one.found_at else {"verdict": "remedial", "word": "under investigation"}
    return [cell, one.get_harm_display(), found, str(one.left), {"at": one.reported_at}]


def _hazard_row(one: Any) -> list[Any]:
    cell = {"text": one.name, "href": f"/safety/hazards/{one.hazard.uuid}/"}
    about = str(one.hazard.model or one.hazard.kind.replace("_", " "))
    before = risk.band(one.severity_before, one.probability_before)
    after = risk.band(one.severity_after, one.probability_after)
    return [cell, about, before, after, f"{one.number}, {one.at:%d %b %Y}"]


@require_http_methods(["GET", "POST"])
@signed_in
def new(request: HttpRequest) -> HttpResponse:
    """Enter an alert: typed, or read from its wording for a person to confirm."""

    def act(typed: dict[str, str]) -> str:
        """Enter it; what was typed goes before what was read."""
        read = read_notice(typed["text"]) if typed["text"] else Proposal()
        row = actions.add_alert(
            by=person_of(request),
            reference=typed["reference"] or read.reference,
            source=typed["source"] or read.source,
            title=typed["title"] or read.title,
            issued=typed["issued"] or read.issued or "",
            action_by=typed["action_by"] or read.action_by,
            text=typed["text"],
            proposed=read.criteria,
        )
        return f"/safety/alerts/{row.uuid}/criteria/"

    kept = "Left empty: as the wording says."
    fields = [
        text_field("text", "Wording", long=True, help_text="Paste the notice; what it says is proposed."),
        text_field("reference", "Reference", help_text=kept),
        choice_field("source", "Issued as", Alert.Source.choices),
        text_field("title", "Title", help_text=kept),
        text_field("issued", "Issued (YYYY-MM-DD)", help_text=kept),
        text_field("action_by", "Actions complete by (YYYY-MM-DD)", help_text=kept),
    ]
    return form_page(request, "Enter an alert", fields, act, crumb=CRUMB, button="Enter it")


@require_http_methods(["GET", "POST"])
@signed_in
def alert(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Show an alert and its devices; settle those that are ticked."""
    found, person, faults = queries.alert_by_uuid(uuid), person_of(request), []
    if request.method == "POST":
        try:
            _settle(request, found, person)
            return HttpResponseRedirect(request.get_full_path())
        except KilterError as error:
            faults = [{"field": "text" if error.field == "text" else "", "message": error.message}]
    given = {name: request.GET.get(name, "") for name in ("verdict", "disposition", "where")}
    after = request.GET.get("after", "0")
    behind = int(after) if after.isascii() and after.isdigit() and len(after) < 18 else 0
    rows = queries.alert_devices(found, **given, after=behind, most=PAGE + 1)
    following = urlencode({**given, "after": rows[PAGE - 1].pk}) if len(rows) > PAGE else ""
    tally = queries.tally(found)
    return show(
        request,
        "alert.html",
        422 if faults else 200,
        title=found.reference,
        heading=str(found),
        crumb=CRUMB,
        facts=_facts(found, tally),
        criteria=[[LISTS[name], ", ".join(found.criteria.get(name, ())) or "not said"] for name in FIELDS],
        wording=found.text,
        filters={"href": request.path, "fields": _filters(given)},
        devices=[_device_row(one) for one in rows[:PAGE]],
        columns=["Meant", "Why", "Where", "What became of it"],
        next=f"?{following}" if following else "",
        acts=_acts(found, person),
        links=_links(found, person),
        typed=request.POST.get("text", ""),
        form={"action": request.get_full_path()},
        events=_events(found),
        faults=faults,
    )


def _filters(given: dict[str, str]) -> list[Field]:
    fields = [
        choice_field("verdict", "Meant", AlertDevice.Meant.choices),
        choice_field("disposition", "What became of it", AlertDevice.Disposition.choices),
        choice_field("where", "Where", list(queries.WHERE.items())),
    ]
    return [{**one, "value": given[one["name"]], "bare": True} for one in fields]


def _facts(found: Alert, tally: queries.Tally) -> list[list[Any]]:
    rows: list[list[Any]] = [
        ["Issued", f"{found.issued:%d %b %Y} as {found.get_source_display()}"],
        ["Received", f"{at_site(found.received_at)} by {found.received_by}"],
    ]
    if found.acknowledged_at:
        rows.append(["Acknowledged", f"{at_site(found.acknowledged_at)} by {found.acknowledged_by}"])
    else:
        rows.append(["Acknowledge by", at_site(found.acknowledge_by)])
    if found.action_by:
        rows.append(["Actions complete by", f"{found.action_by:%d %b %Y}"])
    if found.confirmed_at:
        listed = ", ".join(f"{tally.by_verdict[one.value]} {one.label}" for one in AlertDevice.Meant)
        rows += [
            ["Confirmed", f"{at_site(found.confirmed_at)} by {found.confirmed_by}"],
            ["Devices looked at", str(found.looked_at)],
            ["Devices", listed],
            ["Open", str(tally.open)],
            ["Could not be located", str(tally.lost)],
        ]
    if found.closed_at:
        people = " and ".join(str(one) for one in (found.closed_by, found.closed_with) if one)
        rows.append(["Closed", f"{found.closed_at:%d %b %Y} by {people}: {found.closing_text}"])
    return rows


_TONES = {"exact": "suspension", "likely": "remedial", "cannot_exclude": "undecided", "none": "recorded"}


def _device_row(one: AlertDevice) -> dict[str, Any]:
    became = one.get_disposition_display() + (f": {one.words}" if one.words else "")
    notes = []
    if one.hold is not None:
        notes.append("held" if one.hold.released_at is None else "was held, released")
    if one.job is not None:
        notes.append("job open" if one.job.closed_at is None else "job closed")
    return {
        "value": str(one.device.uuid),
        "asset": one.device.asset,
        "cells": [
            {"verdict": _TONES[one.verdict], "word": one.get_verdict_display()},
            "; ".join(one.reasons),
            WORDS[State(one.device.state)],
            {"text": became, "sub": ", ".join(notes)},
        ],
        "device": device_cell(one.device),
    }


ACTS = (
    ("hold", "Hold them", "safety.hold_devices"),
    ("job", "Open a job on each", "safety.open_alert_jobs"),
    ("done", "Dealt with", "safety.settle_devices"),
    ("does_not_apply", "Does not apply", "safety.settle_devices"),
    ("unsettle", "Take it back", "safety.unsettle_device"),
)


def _acts(found: Alert, person: Person) -> list[dict[str, str]]:
    rights = activities_of(person)
    return [
        {"value": value, "text": words}
        for value, words, activity in ACTS
        if activity in rights and found.closed_at is None
    ]


def _settle(request: HttpRequest, found: Alert, person: Person) -> None:
    """Do what was chosen to the devices that were ticked."""
    wanted = set(request.POST.getlist("device"))
    rows = AlertDevice.objects.filter(alert=found).select_related("device__model")
    devices = [one.device for one in rows.filter(device__uuid__in=_uuids(wanted))]
    act, text = request.POST.get("act", ""), request.POST.get("text", "").strip()
    mine: dict[str, Any] = {"by": person, "alert": found, "devices": devices}
    if act == "hold":
        actions.hold_devices(**mine)
    elif act == "job":
        actions.open_alert_jobs(**mine, text=text)
    elif act in ("done", "does_not_apply"):
        actions.settle_devices(**mine, outcome=act, text=text)
    elif act == "unsettle" and len(devices) == 1:
        actions.unsettle_device(by=person, alert=found, device=devices[0], reason=text)
    else:
        raise BadInput("choose what to do; taking back is done one by one")


def _uuids(given: set[str]) -> list[UUID]:
    try:
        return [UUID(one) for one in given]
    except ValueError:
        raise BadInput("device: choose of those listed", field="device") from None


def _links(found: Alert, person: Person) -> list[dict[str, str]]:
    rights, here = activities_of(person), f"/safety/alerts/{found.uuid}"
    is_open, closed = found.closed_at is None, found.closed_at is not None
    rows = (
        ("acknowledge", "Acknowledge", found.acknowledged_at is None and is_open),
        ("criteria", "Say what it is about", is_open),
        ("close", "Close", is_open),
        ("reopen", "Open again", closed),
    )
    links = [
        {"text": words, "href": f"{here}/{verb}/"}
        for verb, words, fits in rows
        if fits and VERBS[verb][0] in rights
    ]
    return [*links, {"text": "Statement for the board (PDF)", "href": f"{here}/statement.pdf"}]


_DONE = {
    "add": "Entered",
    "confirm": "What it is about was confirmed",
    "acknowledge": "Acknowledged",
    "close": "Closed",
    "reopen": "Opened again",
    "hold": "Held",
    "job": "Jobs opened",
    "done": "Dealt with",
    "does_not_apply": "Does not apply",
    "unsettle": "Taken back",
}


def _events(found: Alert) -> list[dict[str, Any]]:
    rows = []
    for one in queries.events_of(found):
        whose = one.device.asset if one.device else f"{one.count} devices" if one.count > 1 else ""
        text = ", ".join(part for part in (_DONE[one.verb], whose) if part)
        rows.append(
            {
                "at": one.at,
                "text": text + (f": {one.text}" if one.text else ""),
                "sub": str(one.by) if one.by else "matched again after a change of the register",
            }
        )
    return rows


@require_http_methods(["GET", "POST"])
@signed_in
def verb(request: HttpRequest, uuid: UUID, verb: str) -> HttpResponse:
    """Ask what a verb needs, and do it."""
    if verb not in VERBS:
        raise NotFound("there is no such thing to do to an alert")
    return VERBS[verb][1](request, queries.alert_by_uuid(uuid))


def _crumb(found: Alert) -> dict[str, str]:
    return {"text": str(found), "href": f"/safety/alerts/{found.uuid}/"}


def _criteria(request: HttpRequest, found: Alert) -> HttpResponse:
    def act(typed: dict[str, str]) -> str:
        """Confirm what stands on the page."""
        actions.confirm_criteria(by=person_of(request), alert=found, criteria=typed)
        return f"/safety/alerts/{found.uuid}/"

    fields = [
        text_field(name, words, long=True, required=name == "makers", help_text=EXAMPLES.get(name, ""))
        for name, words in LISTS.items()
    ]
    values = {name: "\n".join(found.criteria.get(name, ())) for name in FIELDS}
    intro = (
        "Proposed from the wording or confirmed before. Check it against the notice: what is left empty "
        "tells no devices apart."
    )
    return form_page(
        request,
        "Say what it is about",
        fields,
        act,
        crumb=_crumb(found),
        button="Confirm and match",
        values=values,
        intro=intro,
    )


def _acknowledge(request: HttpRequest, found: Alert) -> HttpResponse:
    def act(typed: dict[str, str]) -> str:
        """Acknowledge it."""
        actions.acknowledge_alert(by=person_of(request), alert=found, text=typed["text"])
        return f"/safety/alerts/{found.uuid}/"

    fields = [text_field("text", "Who acts")]
    return form_page(request, "Acknowledge", fields, act, crumb=_crumb(found), button="Acknowledge")


def _reopen(request: HttpRequest, found: Alert) -> HttpResponse:
    def act(typed: dict[str, str]) -> str:
        """Open it again."""
        actions.reopen_alert(by=person_of(request), alert=found, reason=typed["reason"])
        return f"/safety/alerts/{found.uuid}/"

    fields = [text_field("reason", "Why", required=True, long=True)]
    return form_page(request, "Open again", fields, act, crumb=_crumb(found), button="Open it again")


def _close(request: HttpRequest, found: Alert) -> HttpResponse:
    lost = queries.unlocated(found)
    people = list(Person.objects.filter(is_active=True).order_by("display_name"))
    fields = [text_field("text", "What was done, for the board", required=True, long=True)]
    if lost:
        fields += [
            choice_field("second", "Second person", [(str(one.uuid), one.display_name) for one in people]),
            {"name": "second_password", "label": "Their password", "type": "secret"},
        ]

    def act(typed: dict[str, str]) -> str:
        """Close it; with a second person where devices could not be located."""
        more: dict[str, Any] = {}
        if lost:
            second = chosen("second", typed["second"], people)
            said = confirm(second, password=typed["second_password"])
            more = {"second": second, "second_confirmation": said, "unlocated": lost}
        actions.close_alert(by=person_of(request), alert=found, text=typed["text"], **more)
        return f"/safety/alerts/{found.uuid}/"

    named = ", ".join(one.asset for one in lost)
    intro = f"Could not be located, and named by this statement of two people: {named}." if lost else ""
    return form_page(request, "Close", fields, act, crumb=_crumb(found), button="Close it", intro=intro)


Page = Callable[[HttpRequest, Alert], HttpResponse]
VERBS: dict[str, tuple[str, Page]] = {
    "acknowledge": ("safety.acknowledge_alert", _acknowledge),
    "criteria": ("safety.confirm_criteria", _criteria),
    "close": ("safety.close_alert", _close),
    "reopen": ("safety.reopen_alert", _reopen),
}
"""Activity and page of each verb."""
