"""Planned downtime, booked and acknowledged by the lead of the modality; and the visitors' register."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET, require_http_methods

from kilter.department.equipment import queries as equipment
from kilter.department.equipment.models import Device
from kilter.department.people.models import Person
from kilter.department.people.queries import activities_of
from kilter.department.work import actions, downtimes
from kilter.department.work.models import Downtime, EngineerVisit
from kilter.interfaces.web.asked import Asked, asked_page, instant, text
from kilter.interfaces.web.page import person_of, show, signed_in, table
from kilter.measure.error import NotFound

CRUMB = {"text": "Planned downtime", "href": "/downtime/"}
WORDS = ("Device", "From", "Until", "Why", "State", "Next", "Or")
Given = Mapping[str, str]


def span_words(one: Downtime) -> tuple[str, str]:
    """Give the start and the end of a downtime in the site's zone."""
    zone = ZoneInfo(settings.SITE_ZONE)
    start, end = one.starts.astimezone(zone), one.ends.astimezone(zone)
    return f"{start:%d %b %Y %H:%M}", f"{end:%d %b %Y %H:%M}"


def state_of(one: Downtime) -> dict[str, str]:
    """Give whether the lead of the modality has acknowledged a downtime, as a cell."""
    if one.acknowledged_by is None:
        return {"verdict": "remedial", "word": "not acknowledged"}
    return {"verdict": "within", "word": "acknowledged", "sub": one.acknowledged_by.display_name}


def planned(found: Device) -> list[list[Any]]:
    """Give the planned downtime of a device as facts of its page."""
    rows: list[list[Any]] = []
    for one in downtimes.ahead(device=found, most=5):
        start, end = span_words(one)
        said = f"{start} to {end}: {one.reason} ({state_of(one)['word']})"
        rows.append(["Planned downtime", {"text": said, "href": "/downtime/"}])
    return rows


def rows_for(person: Person, listed: list[Downtime]) -> list[list[Any]]:
    """Give downtimes as rows, with what a person may do about each."""
    rights, rows = activities_of(person), []
    for one in listed:
        name = {"text": str(one.device), "href": f"/devices/{one.device.uuid}/", "sub": one.visitor}
        address = f"/downtime/{one.uuid}"
        acknowledge = one.acknowledged_at is None and "work.acknowledge_downtime" in rights
        following: Any = {"text": "Acknowledge", "href": f"{address}/acknowledge/"} if acknowledge else ""
        other: Any = ""
        if "work.cancel_downtime" in rights:
            other = {"text": "Cancel", "href": f"{address}/cancel/"}
        rows.append([name, *span_words(one), one.reason, state_of(one), following, other])
    return rows


@require_GET
@signed_in
def listing(request: HttpRequest) -> HttpResponse:
    """List the planned downtime that is not over."""
    rows = rows_for(person_of(request), downtimes.ahead())
    made = table(rows, "No downtime is planned. Book it from the page of the device.", *WORDS)
    return show(
        request,
        "listing.html",
        title="Planned downtime",
        heading="Planned downtime",
        intro="Booked with the lead of the modality, who acknowledges that no patient is booked then.",
        table={**made, "caption": "Planned downtime"},
        actions=[{"text": "Visiting engineers", "href": "/visitors/"}],
    )


@require_http_methods(["GET", "POST"])
@signed_in
def book(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Book planned downtime of a device."""
    device = equipment.device_by_uuid(uuid)
    fields = (
        {"name": "starts", "label": "From", "type": "instant", "required": True},
        {"name": "ends", "label": "Until", "type": "instant", "required": True},
        text("reason", "What is done"),
        text("visitor", "Who comes from outside", needed=False, hint="A company or an engineer."),
    )

    def carry_out(given: Given) -> str:
        actions.book_downtime(
            by=person_of(request),
            device=device,
            starts=instant("starts", given["starts"]),
            ends=instant("ends", given["ends"]),
            reason=given["reason"],
            visitor=given["visitor"],
        )
        return f"/devices/{device.uuid}/"

    crumb = {"text": str(device), "href": f"/devices/{device.uuid}/"}
    return asked_page(request, Asked("Book downtime", fields, carry_out), crumb=crumb)


@require_http_methods(["GET", "POST"])
@signed_in
def verb(request: HttpRequest, uuid: UUID, verb: str) -> HttpResponse:
    """Acknowledge or cancel a planned downtime."""
    row = downtimes.downtime_by_uuid(uuid)
    if verb not in FORMS:
        raise NotFound("there is no such thing to do to a downtime")
    title, field, act = FORMS[verb]

    def carry_out(given: Given) -> str:
        act(by=person_of(request), device=row.device, downtime=row, **given)
        return "/downtime/"

    heading = f"{title}: {row.device}, {' to '.join(span_words(row))}"
    return asked_page(request, Asked(heading, (field,), carry_out), crumb=CRUMB)


FORMS: dict[str, tuple[str, Any, Any]] = {
    "acknowledge": (
        "Acknowledge",
        text("remark", "Remark", needed=False, hint="No patient's details."),
        actions.acknowledge_downtime,
    ),
    "cancel": ("Cancel", text("reason", "Why", long=True), actions.cancel_downtime),
}
"""Title, field and act of each verb of a downtime."""


@require_GET
@signed_in
def visitors(request: HttpRequest) -> HttpResponse:
    """List the visiting engineers: who is in the house, and who was."""
    listed = downtimes.visitors()
    here = [one for one in listed if one.signed_out_at is None]
    rows = [_visitor(one) for one in listed]
    words = ("Who", "Device and job", "Came", "Left", "Report")
    made = table(rows, "No visiting engineer has signed in yet.", *words)
    return show(
        request,
        "listing.html",
        title="Visiting engineers",
        heading="Visiting engineers",
        intro=f"{len(here)} in the house now. They sign in and out on the page of their job.",
        table={**made, "caption": "Register of visiting engineers"},
        actions=[CRUMB],
    )


def _visitor(one: EngineerVisit) -> list[Any]:
    zone = ZoneInfo(settings.SITE_ZONE)
    job: dict[str, Any] = {"text": one.job.text, "href": f"/work/{one.job.uuid}/", "sub": str(one.job.device)}
    left: Any = {"verdict": "remedial", "word": "in the house"}
    if isinstance(one.signed_out_at, datetime):
        left = f"{one.signed_out_at.astimezone(zone):%d %b %Y %H:%M}"
    came = f"{one.signed_in_at.astimezone(zone):%d %b %Y %H:%M}"
    return [{"text": one.name, "sub": one.company}, job, came, left, one.report]
