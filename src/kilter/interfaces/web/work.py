"""Work and schedule: open jobs, one job, and what is due."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_GET, require_http_methods

from kilter.department.schedule import queries as schedule
from kilter.department.work import actions, queries
from kilter.interfaces.web.page import person_of, show, signed_in, table
from kilter.interfaces.web.today import device_cell, due_rows
from kilter.measure.error import BadInput, KilterError

PAGE = 50


@require_GET
@signed_in
def board(request: HttpRequest) -> HttpResponse:
    """List open jobs."""
    mine = "mine" in request.GET
    jobs = queries.open_jobs(taken_by=person_of(request) if mine else None)
    rows: list[list[Any]] = []
    for job in jobs:
        verdict = "suspension" if job.kind == "failed_test" else "remedial"
        cell = {"text": job.text, "href": f"/work/{job.uuid}/"}
        taken = job.taken_by.display_name if job.taken_by else "nobody yet"
        rows.append(
            [
                device_cell(job.device),
                cell,
                {"verdict": verdict, "word": job.get_kind_display()},
                taken,
                {"at": job.opened_at},
            ]
        )
    made = table(rows, "No job is open.", "Device", "What", "Kind", "Taken by", "Since")
    other = {"text": "All jobs", "href": "/work/"} if mine else {"text": "My jobs", "href": "/work/?mine"}
    return show(
        request,
        "work.html",
        title="Work",
        heading="My jobs" if mine else "Work",
        intro="Opened by failures and by hand; a passing retest closes what a test opened.",
        table={**made, "caption": f"{len(rows)} open"},
        actions=[other],
    )


@require_http_methods(["GET", "POST"])
@signed_in
def job(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Show a job; take it, write on it, close it."""
    found, person, faults = queries.job_by_uuid(uuid), person_of(request), []
    if request.method == "POST":
        text, act = request.POST.get("text", ""), request.POST.get("act", "")
        try:
            if act == "take":
                actions.take_job(by=person, job=found)
            elif act == "note":
                actions.note_job(by=person, job=found, text=text)
            elif act == "close":
                actions.close_job(by=person, job=found, text=text)
            else:
                raise BadInput("choose what to do", field="act")
            return HttpResponseRedirect(request.path)
        except KilterError as error:
            faults = [{"field": "text", "message": error.message}]
    notes = found.notes.select_related("by").order_by("-id")
    events = [{"at": note.at, "text": note.text, "sub": note.by.display_name} for note in notes]
    events.append({"at": found.opened_at, "text": "Opened", "sub": found.opened_by.display_name})
    facts: list[list[Any]] = [
        ["State", found.state],
        ["Kind", found.get_kind_display()],
        ["Taken by", found.taken_by.display_name if found.taken_by else "nobody yet"],
    ]
    if found.evidence:
        facts.append(["Because of", {"text": "the record", "href": f"/records/{found.evidence}/"}])
    if found.closed_at:
        facts.append(["Closed", f"{found.closing_text} ({found.closed_at:%d %b %Y})"])
    retest = f"/devices/{found.device.uuid}/test/{found.protocol}/" if found.protocol else ""
    return show(
        request,
        "job.html",
        422 if faults else 200,
        title=found.text,
        heading=found.text,
        device={
            "name": str(found.device.model),
            "asset": found.device.asset,
            "href": f"/devices/{found.device.uuid}/",
        },
        facts=facts,
        events=events,
        open=found.state != "closed",
        retest=retest,
        form={"action": request.path},
        faults=faults,
    )


@require_GET
@signed_in
def dues(request: HttpRequest) -> HttpResponse:
    """List what is due, the most overdue first, page by page."""
    late = "late" in request.GET
    text = request.GET.get("page", "1")
    page = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 1
    page = max(page, 1)
    day = schedule.today()
    rows = schedule.asked_for(late=late)
    first = (page - 1) * PAGE
    shown = list(rows[first : first + PAGE + 1])
    overdue, due = schedule.counts()
    made = table(due_rows(shown[:PAGE]), "Nothing is due.", "Device", "Test", "State", "Due")
    keep = "late=1&" if late else ""
    pages = {"text": f"Page {page}"}
    if page > 1:
        pages["previous"] = f"?{keep}page={page - 1}"
    if len(shown) > PAGE:
        pages["next"] = f"?{keep}page={page + 1}"
    other = (
        {"text": "All that is due", "href": "/schedule/"}
        if late
        else {"text": "Overdue only", "href": "/schedule/?late=1"}
    )
    months = ", ".join(
        f"{month:%b %Y} {n}" for month, n in schedule.by_month(most=60) if month >= day.replace(day=1)
    )
    return show(
        request,
        "schedule.html",
        title="Schedule",
        heading="Overdue" if late else "Schedule",
        intro=f"{overdue} overdue, {due} due. By month: {months or 'nothing planned'}.",
        table={**made, "caption": "Due"},
        actions=[other],
        pages=pages,
    )
