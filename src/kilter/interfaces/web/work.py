"""Work and schedule: the board of open jobs, and what is due."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from kilter.department.schedule import queries as schedule
from kilter.department.work import queries
from kilter.department.work.course import ENDED, WORDS, JobState
from kilter.department.work.models import Job
from kilter.interfaces.web.asked import choice
from kilter.interfaces.web.page import person_of, show, signed_in, table
from kilter.interfaces.web.today import device_cell, due_rows
from kilter.measure.error import BadInput

PAGE = 50
PLACES = (
    {"text": "Stores", "href": "/stores/"},
    {"text": "Library", "href": "/library/"},
    {"text": "Introductions", "href": "/introductions/"},
    {"text": "Planned downtime", "href": "/downtime/"},
    {"text": "Visiting engineers", "href": "/visitors/"},
    {"text": "Daily checks", "href": "/wards/"},
    {"text": "Clocks", "href": "/work/targets/"},
)
"""What else belongs to the work, from its board."""

PLANS = (
    {"text": "Overdue by risk", "href": "/schedule/?order=risk"},
    {"text": "Proposed intervals", "href": "/schedule/intervals/"},
    {"text": "Planned jobs", "href": "/schedule/jobs/"},
    {"text": "Drifting", "href": "/schedule/drifting/"},
    {"text": "Load of the coming year", "href": "/schedule/load/"},
    {"text": "Policy", "href": "/policy/"},
    {"text": "Deferrals and searches", "href": "/schedule/attention/"},
    {"text": "Figures", "href": "/schedule/figures/"},
    {"text": "Inspection pack", "href": "/inspection/"},
)
"""What else belongs to planned work, from the schedule."""

STATES = tuple(state for state in JobState if state not in ENDED)


@require_GET
@signed_in
def board(request: HttpRequest) -> HttpResponse:
    """List open jobs, the most urgent first, page by page."""
    mine, state = "mine" in request.GET, request.GET.get("state", "")
    if state and state not in STATES:
        raise BadInput("state: there is no such state of an open job", field="state")
    after = queries.Place.read(request.GET["after"]) if request.GET.get("after") else None
    taken_by = person_of(request) if mine else None
    jobs = queries.board(state=state, taken_by=taken_by, after=after, most=PAGE + 1)
    shown, late = jobs[:PAGE], queries.late(jobs)
    words = ("Device", "What", "Priority", "State", "Taken by", "Solve by", "Since")
    made = table([_board_row(job, late) for job in shown], "No job is open here.", *words)
    pages = {}
    if len(jobs) > PAGE:
        keep = urlencode({**({"mine": ""} if mine else {}), **({"state": state} if state else {})})
        place = quote(str(queries.place_of(shown[-1])))
        pages = {"text": f"{PAGE} jobs shown", "next": f"?{keep}{'&' if keep else ''}after={place}"}
    options = [(one.value, WORDS[one]) for one in STATES]
    field = {**choice("state", "State", options, needed=False), "value": state, "bare": True}
    other = {"text": "All jobs", "href": "/work/"} if mine else {"text": "My jobs", "href": "/work/?mine"}
    return show(
        request,
        "work.html",
        title="Work",
        heading="My jobs" if mine else "Work",
        intro="Opened by failures, by the wards and by hand; the most urgent first.",
        filters={"href": "/work/", "fields": [field]},
        table={**made, "caption": "Open jobs"},
        actions=[other, *PLACES],
        pages=pages,
    )


def _board_row(job: Job, late: Mapping[int, str]) -> list[Any]:
    urgency = {1: "suspension", 2: "remedial"}.get(job.priority, "recorded")
    state = WORDS[JobState(job.state)] + (f" for {job.get_waits_for_display()}" if job.waits_for else "")
    if job.pk in late:
        due: Any = {"verdict": "suspension", "word": f"{late[job.pk]} late"}
    elif job.stopped_at:
        due = "clock stopped"
    else:
        due = {"at": job.resolve_by} if job.resolve_by else "no target"
    return [
        device_cell(job.device),
        {"text": job.text, "href": f"/work/{job.uuid}/", "sub": job.get_kind_display()},
        {"verdict": urgency, "word": job.get_priority_display()},
        state,
        job.taken_by.display_name if job.taken_by else "nobody yet",
        due,
        {"at": job.opened_at},
    ]


def _score(due: Any) -> str:
    return "not scored" if due.score is None else f"{due.score}"


@require_GET
@signed_in
def dues(request: HttpRequest) -> HttpResponse:
    """List what is due, the most overdue first or the riskiest overdue first, page by page."""
    by_risk = request.GET.get("order") == "risk"
    late = by_risk or "late" in request.GET
    text = request.GET.get("page", "1")
    page = max(int(text), 1) if text.isascii() and text.isdigit() and len(text) < 6 else 1
    rows = schedule.late_by_risk() if by_risk else schedule.asked_for(late=late)
    first = (page - 1) * PAGE
    shown = list(rows[first : first + PAGE + 1])
    lines = due_rows(shown[:PAGE])
    words: tuple[str, ...] = ("Device", "Test", "State", "Due")
    if by_risk:
        lines = [[*line, _score(due)] for line, due in zip(lines, shown, strict=False)]
        words = (*words, "Risk score")
    other = {"text": "Overdue only", "href": "/schedule/?late=1"}
    if late:
        other = {"text": "All that is due", "href": "/schedule/"}
    keep = "order=risk&" if by_risk else "late=1&" if late else ""
    return show(
        request,
        "schedule.html",
        title="Schedule",
        heading="Overdue by risk" if by_risk else "Overdue" if late else "Schedule",
        intro=_counted(),
        table={**table(lines, "Nothing is due.", *words), "caption": "Due"},
        actions=[other, *PLANS],
        pages=_pages(page, keep, more=len(shown) > PAGE),
    )


def _counted() -> str:
    overdue, due = schedule.counts()
    day = schedule.today()
    months = ", ".join(
        f"{month:%b %Y} {n}" for month, n in schedule.by_month(most=60) if month >= day.replace(day=1)
    )
    return f"{overdue} overdue, {due} due. By month: {months or 'nothing planned'}."


def _pages(page: int, keep: str, *, more: bool) -> dict[str, str]:
    """Give the ways to the pages before and after, with what of the address stays."""
    pages = {"text": f"Page {page}"}
    if page > 1:
        pages["previous"] = f"?{keep}page={page - 1}"
    if more:
        pages["next"] = f"?{keep}page={page + 1}"
    return pages
