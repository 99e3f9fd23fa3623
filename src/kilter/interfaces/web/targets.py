"""How soon jobs are to be answered and solved here: the clocks by priority, and the form that sets them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET, require_http_methods

from kilter.department.people.queries import activities_of
from kilter.department.work import actions, queries
from kilter.department.work.clocks import DAY
from kilter.department.work.models import Job, Priority, Target
from kilter.interfaces.web.asked import Asked, asked_page, choice, text, whole
from kilter.interfaces.web.page import person_of, show, signed_in, table
from kilter.measure.error import BadInput

CRUMB = {"text": "Clocks", "href": "/work/targets/"}
Given = Mapping[str, str]


@require_GET
@signed_in
def listing(request: HttpRequest) -> HttpResponse:
    """Show the clock of each priority as it runs for jobs opened now."""
    set_now = queries.targets()
    rows = [_row(priority, set_now.get(priority)) for priority in Priority]
    words = ("Priority", "Answer within", "Solve within", "Runs", "Stands still while waiting for", "Set")
    made = table(rows, "", *words)
    rights = activities_of(person_of(request))
    links = [{"text": "Set a clock", "href": "/work/targets/set/"}] if "work.set_target" in rights else []
    return show(
        request,
        "listing.html",
        title="Clocks",
        heading="Clocks",
        intro="How soon jobs are answered and solved, by priority. A change counts for jobs opened after it.",
        table={**made, "caption": "Clocks by priority"},
        actions=links,
    )


def _row(priority: Priority, found: Target | None) -> list[Any]:
    if found is None:
        return [priority.label, "no target", "", "", "", ""]
    runs = "day and night"
    if found.days:
        days = ", ".join(DAYS[int(one)] for one in found.days)
        runs = f"{days}, {_clock(found.opens)} to {_clock(found.closes)}"
    waits = dict(Job.Wait.choices)
    still = ", ".join(waits[one] for one in found.stops.split(",") if one) or "nothing"
    said = {"at": found.set_at, "sub": f"{found.set_by.display_name}: {found.reason}"}
    return [priority.label, f"{found.respond} min", f"{found.resolve} min", runs, still, said]


DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


@require_http_methods(["GET", "POST"])
@signed_in
def change(request: HttpRequest) -> HttpResponse:
    """Set the clock of one priority."""
    waits = ", ".join(Job.Wait.values)
    fields = (
        choice("priority", "Priority", Priority.choices),
        text("respond", "Answer within, minutes"),
        text("resolve", "Solve within, minutes"),
        text("days", "Weekdays on which it runs", needed=False, hint="Monday is 0: 01234. Empty: always."),
        text("opens", "Runs from", needed=False, hint="A time of day such as 08:30."),
        text("closes", "Runs until", needed=False, hint="A time of day such as 17:00."),
        text("stops", "Stands still while waiting for", needed=False, hint=f"Parted by commas: {waits}."),
        text("reason", "Why", long=True),
    )

    def carry_out(given: Given) -> str:
        numbers = {name: whole(name, given[name]) for name in ("priority", "respond", "resolve")}
        actions.set_target(
            by=person_of(request),
            **numbers,
            days=given["days"],
            opens=minute("opens", given["opens"], 0),
            closes=minute("closes", given["closes"], DAY),
            stops=[one.strip() for one in given["stops"].split(",") if one.strip()],
            reason=given["reason"],
        )
        return "/work/targets/"

    return asked_page(request, Asked("Set a clock", fields, carry_out), crumb=CRUMB)


def minute(name: str, typed: str, otherwise: int) -> int:
    """Read a time of day as the minute of the day; 24:00 is the end of it.

    Raises:
        BadInput: it is none.
    """
    if not typed:
        return otherwise
    hours, _, minutes = typed.partition(":")
    if all(part.isascii() and part.isdigit() and len(part) == 2 for part in (hours, minutes)):
        found = int(hours) * 60 + int(minutes)
        if int(minutes) < 60 and found <= DAY:
            return found
    raise BadInput(f"{name}: write a time of day such as 08:30", field=name)
