"""Planned jobs on pages: opened for a month and a place, and what each is to see through."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from kilter.department.equipment.listing import place_named
from kilter.department.people.queries import activities_of
from kilter.department.schedule import actions, planned
from kilter.department.schedule.actions.planned import MONTHS_AHEAD, MOST
from kilter.department.schedule.queries import today
from kilter.department.schedule.recompute import add_months
from kilter.department.schedule.titles import protocol_title
from kilter.department.work.models import Job
from kilter.interfaces.web.asked import choice, chosen_word, text
from kilter.interfaces.web.page import person_of, show, signed_in, table
from kilter.interfaces.web.today import device_cell
from kilter.measure.error import KilterError

WORDS = ("Device", "Day", "Tests", "Last day")


def _months() -> list[tuple[str, str]]:
    first = today().replace(day=1)
    months = [add_months(first, ahead) for ahead in range(MONTHS_AHEAD + 1)]
    return [(f"{month:%Y-%m}", f"{month:%B %Y}") for month in months]


def _rows(visits: list[Any]) -> list[list[Any]]:
    return [
        [
            device_cell(visit.device),
            visit.day.isoformat(),
            "; ".join(protocol_title(due.protocol) for due in visit.dues),
            min(due.closes for due in visit.dues).isoformat(),
        ]
        for visit in visits
    ]


def _asked(given: Mapping[str, str]) -> tuple[date, Any]:
    """Read the month and the place.

    Raises:
        BadInput: no such month is offered.
        NotFound: there is no such place.
    """
    months = [key for key, _ in _months()]
    month = chosen_word("month", given.get("month") or months[0], months)
    typed = given.get("place", "").strip()
    return date.fromisoformat(f"{month}-01"), place_named(typed) if typed else None


@require_http_methods(["GET", "POST"])
@signed_in
def page(request: HttpRequest) -> HttpResponse:
    """Show the visits of a month that have no job yet, and open their jobs."""
    given, faults, done = request.POST if request.method == "POST" else request.GET, [], ""
    waiting = planned.Waiting([], 0)
    try:
        month, place = _asked(given)
        if request.method == "POST":
            jobs = actions.open_planned_jobs(by=person_of(request), month=month, place=place)
            done = f"{len(jobs)} jobs opened. "
        waiting = planned.waiting(month, place, most=MOST)
    except KilterError as error:
        faults = [{"field": error.field, "message": error.message}]
    wrong = {one["field"]: one["message"] for one in faults}
    fields = [choice("month", "Until the end of", _months()), text("place", "Place", needed=False)]
    left = f" {waiting.left} devices more come after these." if waiting.left else ""
    return show(
        request,
        "planned.html",
        422 if faults else 200,
        title="Planned jobs",
        heading="Planned jobs",
        crumb={"text": "Schedule", "href": "/schedule/"},
        intro=f"{done}{len(waiting.visits)} visits have no job yet; what is late comes along.{left}",
        filters=[
            {**one, "value": given.get(one["name"], ""), "error": wrong.get(one["name"])} for one in fields
        ],
        faults=faults,
        may="schedule.open_planned_jobs" in activities_of(person_of(request)) and bool(waiting.visits),
        table={**table(_rows(waiting.visits), "Every visit has its job.", *WORDS), "caption": "Visits"},
        form={"action": "/schedule/jobs/"},
    )


def facts(job: Job) -> list[list[Any]]:
    """Give the tests of a planned job as facts of its page, those still to be done with the way to them."""
    rows: list[list[Any]] = []
    for test, passed in planned.planned_tests(job):
        title = protocol_title(test.protocol)
        if passed or job.closed_at is not None:
            rows.append(
                ["Test", f"{title}, due {test.due.isoformat()}: {'passed' if passed else 'not passed'}"]
            )
        else:
            href = f"/devices/{job.device.uuid}/test/{test.protocol}/"
            rows.append(["Test", {"text": f"{title}, due {test.due.isoformat()}", "href": href}])
    return rows
