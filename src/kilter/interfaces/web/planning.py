"""The plan: deferrals, visits that could not be made, counters, and the load of the coming year."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET, require_http_methods

from kilter.department.equipment import queries as equipment
from kilter.department.equipment.models import Device
from kilter.department.people.confirmation import Confirmation
from kilter.department.people.models import Person
from kilter.department.people.queries import activities_of
from kilter.department.policy.ladders import ACTS
from kilter.department.records import actions as records
from kilter.department.schedule import actions, load, queries
from kilter.department.schedule.models import Attempt, Deferral
from kilter.department.status.queries import protocol_title
from kilter.interfaces.web.asked import Asked, asked_page, choice, day, decimal, text
from kilter.interfaces.web.page import person_of, show, signed_in, table
from kilter.interfaces.web.statements import statement_page
from kilter.interfaces.web.today import device_cell
from kilter.measure.error import BadInput, NotFound

Given = Mapping[str, str]
HOUR = timedelta(hours=1)
VERBS = {
    "defer": ("Ask to defer", "schedule.defer"),
    "attempt": ("Could not be done", "schedule.record_attempt"),
}
"""What may be said of a due besides doing it: the title of the form, and who may."""


def _home(device: Device) -> dict[str, str]:
    return {"text": f"{device.model}, {device.asset}", "href": f"/devices/{device.uuid}/"}


def offered(device: Device, person: Person) -> list[dict[str, str]]:
    """Give what a person may say of the plan of a device, as links of its page."""
    rights, address = activities_of(person), f"/devices/{device.uuid}"
    links = [
        {"text": title, "href": f"{address}/due/{verb}/"}
        for verb, (title, activity) in VERBS.items()
        if activity in rights
    ]
    counter = {"text": "Note a counter", "href": f"{address}/counter/"}
    return [*links, *([counter] if "schedule.read_counter" in rights else [])]


@require_http_methods(["GET", "POST"])
@signed_in
def due(request: HttpRequest, uuid: UUID, verb: str) -> HttpResponse:
    """Ask to defer what is due on a device, or say that it could not be done."""
    device, by = equipment.device_by_uuid(uuid), person_of(request)
    if verb not in VERBS:
        raise NotFound("there is no such thing to say of what is due")
    planned = [(one.protocol, protocol_title(one.protocol)) for one in queries.dues_of(device)]
    if not planned:
        raise NotFound("nothing is planned on this device")
    what = choice("protocol", "What", planned)

    def defer(given: Given) -> str:
        until = day("until", given["until"])
        if until is None:
            raise BadInput("until: write the day as YYYY-MM-DD", field="until")
        protocol, reason = given["protocol"], given["reason"]
        actions.ask_deferral(by=by, device=device, protocol=protocol, until=until, reason=reason)
        return f"/devices/{device.uuid}/"

    def attempt(given: Given) -> str:
        actions.record_attempt(by=by, device=device, **given)
        return f"/devices/{device.uuid}/"

    title = VERBS[verb][0]
    if verb == "defer":
        until = text("until", "Until and including (YYYY-MM-DD)")
        form = Asked(title, (what, until, text("reason", "Why, and what the risk is", long=True)), defer)
    else:
        told = text("told", "Who of the ward was told", needed=False)
        why = choice("outcome", "Why", Attempt.Outcome.choices)
        form = Asked(title, (what, why, text("text", "Where, and what was tried", long=True), told), attempt)
    return asked_page(request, form, crumb=_home(device))


@require_http_methods(["GET", "POST"])
@signed_in
def counter(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Note what a counter of a device shows."""
    device, by = equipment.device_by_uuid(uuid), person_of(request)

    def carry_out(given: Given) -> str:
        actions.read_counter(
            by=by,
            device=device,
            counter=given["counter"],
            value=decimal("value", given["value"]),
            anew=given["anew"] == "yes",
        )
        return f"/devices/{device.uuid}/"

    fields = (
        text("counter", "Counter", hint="such as hours or cycles"),
        text("value", "It shows"),
        choice("anew", "Was it exchanged or set to zero", [("no", "no"), ("yes", "yes")]),
    )
    return asked_page(request, Asked("Note a counter", fields, carry_out), crumb=_home(device))


@require_http_methods(["GET", "POST"])
@signed_in
def decide(request: HttpRequest, uuid: UUID, verb: str) -> HttpResponse:
    """Agree to a deferral with a signature, or refuse it."""
    row = Deferral.objects.select_related("device__model", "asked_by").filter(uuid=uuid).first()
    if row is None or verb not in ("approve", "refuse"):
        raise NotFound("there is no such deferral")
    by, device = person_of(request), row.device
    what = (
        f"{protocol_title(row.protocol)} was due on {row.due.isoformat()}; {row.asked_by.display_name} asks"
    )
    meaning = f"{what} that it may wait until {row.until.isoformat()}: {row.reason}"

    def refuse(given: Given) -> str:
        actions.refuse_deferral(by=by, device=device, deferral=row, reason=given["reason"])
        return "/schedule/attention/"

    def approve(given: Given, confirmation: Confirmation) -> str:
        records.state(
            by=by,
            act="approve_deferral",
            text=given["reason"],
            confirmation=confirmation,
            device=device,
            arguments={"deferral": row, "reason": given["reason"]},
        )
        return "/schedule/attention/"

    if verb == "refuse":
        form = Asked("Refuse the deferral", (text("reason", "Why", long=True),), refuse)
        return asked_page(request, form, crumb=_home(device))
    why = {"name": "reason", "label": "Why the risk is acceptable", "type": "long_text", "required": True}
    return statement_page(request, "Agree to the deferral", meaning, (why,), approve, crumb=_home(device))


@require_GET
@signed_in
def attention(request: HttpRequest) -> HttpResponse:
    """List the deferrals that wait for a decision and the devices to be looked for again."""
    may_decide = "schedule.approve_deferral" in activities_of(person_of(request))
    asked: list[list[Any]] = []
    for row in queries.deferrals_asked():
        here = f"/deferrals/{row.uuid}"
        own = row.asked_by_id == person_of(request).pk or not may_decide
        agree: Any = "somebody else decides" if own else {"text": "Agree", "href": f"{here}/approve/"}
        refuse: Any = "" if own else {"text": "Refuse", "href": f"{here}/refuse/"}
        test = {"text": protocol_title(row.protocol), "sub": row.reason}
        day_and_until = f"{row.due.isoformat()}, until {row.until.isoformat()}"
        asked.append([device_cell(row.device), test, day_and_until, row.asked_by.display_name, agree, refuse])
    again = [
        [
            device_cell(row.device),
            protocol_title(row.protocol),
            f"{row.get_outcome_display()}, attempt {row.step}",
            ACTS.get(row.act, row.act),
            row.again_on.isoformat() if row.again_on else "",
        ]
        for row in queries.search_again()
    ]
    low = table(asked, "Nobody asks for one.", "Device", "Test", "Due", "Asked by", "Agree", "Refuse")
    made = table(again, "Nothing.", "Device", "Test", "What happened", "Then", "Again from")
    return show(
        request,
        "stores.html",
        title="Deferrals and searches",
        heading="Deferrals and searches",
        low={**low, "caption": "Deferrals to decide on"},
        table={**made, "caption": "To be tried again"},
        actions=[{"text": "Schedule", "href": "/schedule/"}],
    )


def _hours(span: timedelta) -> str:
    return f"{span / HOUR:.1f} h"


@require_GET
@signed_in
def coming(request: HttpRequest) -> HttpResponse:
    """Show the load of the coming year against the time there is, and what is due by place."""
    rows: list[list[Any]] = []
    for month in load.coming():
        state: Any = "no capacity is set"
        if month.capacity:
            share = 100 * (month.planned / month.capacity)
            state = {"verdict": "remedial" if share > 100 else "within", "word": f"{share:.0f} %"}
        without = str(month.unplanned) if month.unplanned else ""
        planned, there_is = _hours(month.planned), _hours(month.capacity)
        rows.append([f"{month.first:%b %Y}", month.tests, planned, without, there_is, state])
    words = ("Month", "Tests", "Planned time", "Tests without a planned time", "Capacity", "Load")
    places = [[one.name, one.due, one.late] for one in load.by_place()]
    return show(
        request,
        "stores.html",
        title="Load of the coming year",
        heading="Load of the coming year",
        low={**table(rows, "Nothing is planned.", *words), "caption": "Load against capacity"},
        table={**table(places, "Nothing is due.", "Place", "Due now", "Overdue"), "caption": "By place"},
        actions=[{"text": "Schedule", "href": "/schedule/"}],
    )
