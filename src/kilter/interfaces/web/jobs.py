"""A job: what happened, what it took, what cured the like before, and what may be done next."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_http_methods

from kilter.department.equipment import queries as equipment
from kilter.department.people.queries import activities_of
from kilter.department.work import actions, queries
from kilter.department.work.codes import codes
from kilter.department.work.course import WORDS, JobState, verbs_from
from kilter.department.work.models import Job, JobTest
from kilter.interfaces.web import makers, planned
from kilter.interfaces.web.asked import Asked, asked_page, choice, chosen_word, text
from kilter.interfaces.web.job_forms import form_of, offered
from kilter.interfaces.web.page import at_site, person_of, show, signed_in, table
from kilter.measure.error import BadInput, KilterError

DONE = {
    "open": "Opened",
    "triage": "Priority set",
    "assign": "Given to somebody",
    "take": "Work begun",
    "wait": "Put aside",
    "resume": "Gone on with",
    "repair": "Repaired, to be tested",
    "close": "Closed",
    "cancel": "Cancelled",
    "merge": "Ended as a duplicate",
    "reopen": "Opened again",
    "clean": "Decontamination",
}


@require_http_methods(["GET", "POST"])
@signed_in
def job(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Show a job; take it, write on it."""
    found, person, faults = queries.job_by_uuid(uuid), person_of(request), []
    if request.method == "POST":
        try:
            if request.POST.get("act") == "take":
                actions.take_job(by=person, job=found)
            elif request.POST.get("act") == "note":
                actions.note_job(by=person, job=found, text=request.POST.get("text", ""))
            else:
                raise BadInput("choose what to do")
            return HttpResponseRedirect(request.path)
        except KilterError as error:
            faults = [{"field": "text" if error.field == "text" else "", "message": error.message}]
    is_open = found.closed_at is None
    rights = activities_of(person)
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
        facts=_facts(found),
        events=_events(found),
        open=is_open,
        retest=f"/devices/{found.device.uuid}/test/{found.protocol}/" if found.protocol else "",
        next=[*offered(found, person), *(_ask_maker(found) if "work.ask_maker" in rights else [])],
        take=is_open and "take" in verbs_from(found.state) and "work.take_job" in rights,
        note="work.note_job" in rights,
        took=_took(found),
        tests=_tests(found),
        similar=_similar(found),
        form={"action": request.path},
        faults=faults,
    )


@require_http_methods(["GET", "POST"])
@signed_in
def verb(request: HttpRequest, uuid: UUID, verb: str) -> HttpResponse:
    """Ask what a verb needs, and do it."""
    found = queries.job_by_uuid(uuid)
    crumb = {"text": found.text, "href": f"/work/{found.uuid}/"}
    return asked_page(request, form_of(found, verb, person_of(request)), crumb=crumb)


@require_http_methods(["GET", "POST"])
@signed_in
def fault(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Report a fault of a device under one's own name."""
    device = equipment.device_by_uuid(uuid)
    fields = (
        text(
            "text", "What is wrong", long=True, hint="Do not write a patient's name, number or date of birth."
        ),
        choice("unsafe", "Could it harm somebody, or has it?", [("yes", "Yes"), ("no", "No")]),
        text("error_code", "Code on its display", needed=False),
        text("reporter", "Who noticed it", needed=False),
    )

    def carry_out(given: Mapping[str, str]) -> str:
        unsafe = chosen_word("unsafe", given["unsafe"], ("yes", "no")) == "yes"
        words = {name: given[name] for name in ("text", "error_code", "reporter")}
        made = actions.report_fault(by=person_of(request), device=device, unsafe=unsafe, **words)
        return f"/work/{made.uuid}/"

    crumb = {"text": str(device), "href": f"/devices/{device.uuid}/"}
    return asked_page(request, Asked("Report a fault", fields, carry_out), crumb=crumb)


def span(length: timedelta) -> str:
    """Write how long something took, in days, hours and minutes."""
    minutes = int(length.total_seconds() // 60)
    days, hours, rest = minutes // 1440, minutes % 1440 // 60, minutes % 60
    parts = [(days, "d"), (hours, "h"), (rest, "min")]
    return " ".join(f"{n} {unit}" for n, unit in parts if n) or "0 min"


def _facts(found: Job) -> list[list[Any]]:
    state = WORDS[JobState(found.state)]
    if found.waits_for:
        state += f" for {found.get_waits_for_display()}" + (", clock stopped" if found.stopped_at else "")
    rows: list[list[Any]] = [
        ["State", state],
        ["Kind", found.get_kind_display()],
        ["Priority", found.get_priority_display() + (", unsafe" if found.unsafe else "")],
        ["Taken by", found.taken_by.display_name if found.taken_by else "nobody yet"],
    ]
    rows += [
        [word, at_site(instant)]
        for word, instant in (("Answer by", found.respond_by), ("Solve by", found.resolve_by))
        if instant is not None and found.closed_at is None
    ]
    if found.pk in (late := queries.late([found])) and found.closed_at is None:
        rows.append(["Late", late[found.pk]])
    if found.kind == Job.Kind.PLANNED:
        rows += planned.facts(found)
    if found.kind == Job.Kind.FAULT:
        rows.append(["Decontamination", found.get_decontamination_display() or "not said yet"])
    rows += [
        [word, said]
        for word, said in (("Reported by", found.reporter), ("Error code", found.error_code))
        if said
    ]
    if found.evidence:
        rows.append(["Because of", {"text": "the record", "href": f"/records/{found.evidence}/"}])
    rows += makers.facts(found)
    if found.same_as:
        rows.append(["The same as", {"text": str(found.same_as), "href": f"/work/{found.same_as.uuid}/"}])
    if found.closed_at:
        ended = found.get_outcome_display() or WORDS[JobState(found.state)]
        rows.append(["Ended", f"{ended}: {found.closing_text} ({found.closed_at:%d %b %Y})"])
    return rows


def _events(found: Job) -> list[dict[str, Any]]:
    """Give notes, verbs and visits as one time line, the newest first."""
    notes = found.notes.select_related("by")
    rows = [{"at": note.at, "text": note.text, "sub": note.by.display_name} for note in notes]
    for event in queries.events_of(found):
        words = DONE[event.verb] + (f": {event.reason}" if event.reason else "")
        rows.append({"at": event.at, "text": words, "sub": event.by.display_name})
    for visit in queries.visits_of(found):
        rows.append({"at": visit.signed_in_at, "text": f"{visit} signed in"})
        if visit.signed_out_at is not None:
            rows.append({"at": visit.signed_out_at, "text": f"{visit} signed out: {visit.report}"})
    if not any(row["text"] == "Opened" for row in rows):  # a job from before the events were kept
        rows.append({"at": found.opened_at, "text": "Opened", "sub": found.opened_by.display_name})
    return sorted(rows, key=lambda row: row["at"], reverse=True)


def _ask_maker(found: Job) -> list[dict[str, str]]:
    """Offer to ask the maker while the job is open."""
    href = f"/models/{found.device.model.uuid}/ask/?job={found.uuid}"
    return [{"text": "Ask the maker", "href": href}] if found.closed_at is None else []


def _took(found: Job) -> list[list[Any]]:
    rows: list[list[Any]] = [
        ["Down time", span(queries.down_time(found))],
        ["Time worked", span(timedelta(minutes=queries.worked(found)))],
        ["Parts and visits", f"{queries.costs(found):.2f}"],
    ]
    for move in queries.parts_of(found):
        word = "Used" if move.quantity < 0 else "Brought back"
        rows.append([word, f"{abs(move.quantity)} of {move.stock.part}, {move.stock.store}"])
    return rows


def _tests(found: Job) -> list[dict[str, str]]:
    phases = dict(JobTest.Phase.choices)
    return [
        {"text": f"Record, {phases[one.phase]}", "href": f"/records/{one.record}/"}
        for one in found.tests.order_by("id")
    ]


def _similar(found: Job) -> dict[str, Any]:
    """Give what cured the like before on devices of the same model, and the same device's latest faults."""
    again = {one.pk for one in queries.repeats(found)}
    rows: list[list[Any]] = []
    for like in queries.similar(found):
        past = like.job
        cell = {"text": past.text, "href": f"/work/{past.uuid}/", "sub": past.device.asset}
        cure = codes()["action"].get(past.action_code, "")
        ended = ": ".join(part for part in (cure, past.closing_text) if part)
        rows.append(
            [cell, ended or WORDS[JobState(past.state)], f"{like.likeness:.0%}", {"at": past.opened_at}]
        )
    made = table(
        rows, "No earlier fault of this model is like it.", "Fault", "What cured it", "Likeness", "When"
    )
    return {**made, "caption": "Faults like this one", "repeats": len(again)}
