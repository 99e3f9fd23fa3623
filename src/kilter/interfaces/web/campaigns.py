"""Campaigns on pages: begun, ticked off device by device, closed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_GET, require_http_methods

from kilter.department.equipment.lifecycle import WORDS, State
from kilter.department.people.models import Person
from kilter.department.people.queries import activities_of
from kilter.department.safety import actions, campaigns
from kilter.department.safety.criteria import FIELDS
from kilter.department.safety.models import AlertDevice, Campaign, CampaignAnswer, CampaignItem
from kilter.interfaces.web.alerts import EXAMPLES, LISTS
from kilter.interfaces.web.asked import Asked, asked_page, choice, text
from kilter.interfaces.web.page import person_of, show, signed_in, table
from kilter.interfaces.web.today import device_cell
from kilter.measure.error import BadInput, KilterError, NotFound

PAGE = 100
CRUMB = {"text": "Campaigns", "href": "/safety/campaigns/"}
MEANT = dict(AlertDevice.Meant.choices)
ACTS = (
    ("done", "Done"),
    ("not_applicable", "Does not apply"),
    ("could_not_locate", "Could not be located"),
    ("open", "Take it back"),
)
Answer = CampaignAnswer.Answer


@require_GET
@signed_in
def listing(request: HttpRequest) -> HttpResponse:
    """List the campaigns that are open, or those that are closed."""
    closed, rights = "closed" in request.GET, activities_of(person_of(request))
    rows: list[list[Any]] = []
    listed = campaigns.campaigns(closed=closed)
    counted = campaigns.progress_of(listed)
    for one in listed:
        come = counted[one.pk]
        done: Any = f"{come.settled} of {come.all}"
        if come.settled == come.all:
            done = {"verdict": "within", "word": done}
        cell = {"text": one.title, "href": f"/safety/campaigns/{one.uuid}/", "sub": one.begun_by.display_name}
        rows.append(
            [cell, done, {"at": one.begun_at}, "" if one.closed_at is None else {"at": one.closed_at}]
        )
    other = {"text": "Open ones", "href": "?"} if closed else {"text": "Closed ones", "href": "?closed"}
    new = [{"text": "Begin a campaign", "href": "/safety/campaigns/new/"}]
    return show(
        request,
        "listing.html",
        title="Campaigns",
        heading="Campaigns",
        crumb={"text": "Safety", "href": "/safety/"},
        intro="One thing to be done to every device of a model, lot, range of serial numbers or software.",
        table={
            **table(rows, "No campaign.", "Campaign", "Settled", "Begun", "Closed"),
            "caption": "Campaigns",
        },
        actions=[*(new if "safety.begin_campaign" in rights else []), other],
    )


@require_http_methods(["GET", "POST"])
@signed_in
def new(request: HttpRequest) -> HttpResponse:
    """Begin a campaign."""

    def carry_out(given: Mapping[str, str]) -> str:
        row = actions.begin_campaign(
            by=person_of(request),
            title=given["title"],
            text=given["text"],
            criteria={name: given[name] for name in FIELDS},
            jobs=given["jobs"] == "yes",
        )
        return f"/safety/campaigns/{row.uuid}/"

    lists = [
        text(name, words, needed=name == "makers", long=True, hint=EXAMPLES.get(name, ""))
        for name, words in LISTS.items()
    ]
    fields = (
        text("title", "Title"),
        text("text", "What is to be done to each device", long=True),
        *lists,
        choice("jobs", "A job for each device", [("no", "no"), ("yes", "yes")]),
    )
    return asked_page(request, Asked("Begin a campaign", fields, carry_out), crumb=CRUMB)


@require_http_methods(["GET", "POST"])
@signed_in
def one(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Show a campaign and its devices; tick off those that are chosen."""
    found, person, faults = campaigns.campaign_by_uuid(uuid), person_of(request), []
    if request.method == "POST":
        try:
            _answer(request, found, person)
            return HttpResponseRedirect(request.get_full_path())
        except KilterError as error:
            faults = [{"field": "text" if error.field == "text" else "", "message": error.message}]
    state, after = request.GET.get("state", ""), request.GET.get("after", "0")
    behind = int(after) if after.isascii() and after.isdigit() and len(after) < 18 else 0
    if state and state not in Answer.values:
        raise BadInput("state: choose one of those offered", field="state")
    rows = campaigns.items(found).filter(pk__gt=behind).order_by("pk")
    rows = rows.filter(now=state) if state else rows
    shown = list(rows[: PAGE + 1])
    following = urlencode({"state": state, "after": shown[PAGE - 1].pk}) if len(shown) > PAGE else ""
    rights = activities_of(person)
    may = found.closed_at is None and "safety.answer_campaign" in rights
    field = {**choice("state", "What became of it", Answer.choices, needed=False), "value": state}
    return show(
        request,
        "alert.html",
        422 if faults else 200,
        title=found.title,
        heading=found.title,
        crumb=CRUMB,
        about="Campaign",
        facts=_facts(found),
        criteria=[[LISTS[name], ", ".join(found.criteria.get(name, ())) or "not said"] for name in FIELDS],
        wording=found.text,
        filters={"href": request.path, "fields": [{**field, "bare": True}]},
        devices=[_device_row(item) for item in shown[:PAGE]],
        columns=["Meant", "Where", "What became of it", "Job"],
        next=f"?{following}" if following else "",
        acts=[{"value": value, "text": words} for value, words in ACTS if may],
        links=_links(found, rights),
        typed=request.POST.get("text", ""),
        form={"action": request.get_full_path()},
        events=_events(found),
        faults=faults,
    )


def _facts(found: Campaign) -> list[list[Any]]:
    far = campaigns.progress(found)
    rows: list[list[Any]] = [
        ["Begun", f"{found.begun_at:%d %b %Y} by {found.begun_by}"],
        ["Settled", f"{far.settled} of {far.all}"],
        *([one.label.capitalize(), str(far.by_answer[one.value])] for one in Answer),
    ]
    if found.closed_at:
        rows.append(["Closed", f"{found.closed_at:%d %b %Y} by {found.closed_by}: {found.closing_text}"])
    return rows


def _device_row(item: CampaignItem) -> dict[str, Any]:
    now = item.now  # type: ignore[attr-defined]  # of the query
    became: dict[str, str] = {"text": Answer(now).label, "sub": item.said}  # type: ignore[attr-defined]
    if item.shown_by:  # type: ignore[attr-defined]
        became["href"] = f"/records/{item.shown_by}/"  # type: ignore[attr-defined]
    job: Any = ""
    if item.job is not None:
        word = "open" if item.job.closed_at is None else "closed"
        job = {"text": word, "href": f"/work/{item.job.uuid}/"}
    return {
        "value": str(item.device.uuid),
        "asset": item.device.asset,
        "cells": [
            {"text": MEANT[item.verdict], "sub": "; ".join(item.reasons)},
            WORDS[State(item.device.state)],
            became,
            job,
        ],
        "device": device_cell(item.device),
    }


def _links(found: Campaign, rights: Any) -> list[dict[str, str]]:
    offered = (
        [("extend", "Look at the register again"), ("close", "Close")] if found.closed_at is None else []
    )
    here = f"/safety/campaigns/{found.uuid}"
    return [
        {"text": words, "href": f"{here}/{verb}/"}
        for verb, words in offered
        if f"safety.{verb}_campaign" in rights
    ]


def _events(found: Campaign) -> list[dict[str, Any]]:
    return [
        {
            "at": row.at,
            "text": f"{row.item.device.asset}: {row.get_answer_display()}"
            + (f": {row.text}" if row.text else ""),
            "sub": row.by.display_name,
        }
        for row in campaigns.answers_of(found)
    ]


def _answer(request: HttpRequest, found: Campaign, person: Person) -> None:
    """Say of the devices that were ticked what was chosen."""
    try:
        wanted = [UUID(one) for one in request.POST.getlist("device")]
    except ValueError:
        raise BadInput("device: choose of those listed", field="device") from None
    rows = campaigns.items(found).filter(device__uuid__in=wanted)
    actions.answer_campaign(
        by=person,
        campaign=found,
        devices=[item.device for item in rows],
        answer=request.POST.get("act", ""),
        text=request.POST.get("text", ""),
    )


@require_http_methods(["GET", "POST"])
@signed_in
def verb(request: HttpRequest, uuid: UUID, verb: str) -> HttpResponse:
    """Look at the register again, or close a campaign."""
    found, by = campaigns.campaign_by_uuid(uuid), person_of(request)
    here = f"/safety/campaigns/{found.uuid}/"

    def extend(given: Mapping[str, str]) -> str:
        actions.extend_campaign(by=by, campaign=found, jobs=given["jobs"] == "yes")
        return here

    def close(given: Mapping[str, str]) -> str:
        actions.close_campaign(by=by, campaign=found, text=given["text"])
        return here

    jobs = choice("jobs", "A job for each device that is added", [("no", "no"), ("yes", "yes")])
    forms = {
        "extend": Asked("Look at the register again", (jobs,), extend),
        "close": Asked("Close the campaign", (text("text", "What was done", long=True),), close),
    }
    if verb not in forms:
        raise NotFound("there is no such thing to do to a campaign")
    return asked_page(request, forms[verb], crumb={"text": found.title, "href": here})
