"""Risk and intervals on pages: the answers for a model, what is proposed and why, and its acceptance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET, require_http_methods

from kilter.department.equipment import supplies
from kilter.department.equipment.models import DeviceModel
from kilter.department.people.confirmation import Confirmation
from kilter.department.people.queries import activities_of
from kilter.department.records import actions as records
from kilter.department.schedule import actions, intervals
from kilter.department.schedule.actions.intervals import QUESTIONS
from kilter.department.schedule.intervals import Proposal
from kilter.department.schedule.models import IntervalDecision
from kilter.department.schedule.titles import protocol_title
from kilter.interfaces.web.asked import Asked, asked_page, text, whole
from kilter.interfaces.web.page import person_of, show, signed_in, table
from kilter.interfaces.web.statements import statement_page
from kilter.measure.error import NotFound

PAGE = 20
COLOURS = {"longer": "within", "shorter": "remedial", "keep": "recorded", "excluded": "recorded"}
WORDS = ("Model and test", "Now", "Proposed", "Planned tests", "Faults reported", "Failures a device-year")
BASIS = (
    "What is proposed rests on the tests and jobs of the last years here, and on accepted shares that are "
    "local choices, to be confirmed by the department. Nothing changes before it is signed."
)
ASKED = {
    "function": "Function of the device, 2 to 10 (10: life support)",
    "risk": "Physical risk of a failure, 1 to 5 (5: death)",
    "maintenance": "Maintenance that it needs, 1 to 5 (5: extensive)",
    "history": "History of failures, -2 to 2 (0 where not kept)",
}


def _home(model: DeviceModel) -> dict[str, str]:
    return {"text": f"Intervals of {model}", "href": f"/models/{model.uuid}/intervals/"}


def _row(one: Proposal, *, name: str, href: str) -> list[Any]:
    figures = one.figures
    rate: Any = "no time in service yet"
    if "rate" in figures:
        ends = f"{figures['low']:.3f} to {figures['high']:.3f}"
        rate = {
            "text": f"{figures['rate']:.3f}",
            "sub": f"{ends}, in {figures['device_years']:.1f} device-years",
        }
    share = f"{figures['yield']:.1%} of them" if "yield" in figures else ""
    tests = {
        "text": f"{figures['tests']:.0f}, {figures['found']:.0f} found a failure",
        "sub": share,
    }
    reported = {
        "text": f"{figures['reported']:.0f}",
        "sub": f"{figures['preventable']:.0f} that maintenance prevents",
    }
    word = f"{one.verdict}: {one.months} months" if one.changes else one.verdict
    cell = {"text": name, "href": href, "sub": one.reason}
    proposed = {"verdict": COLOURS[one.verdict], "word": word}
    return [cell, f"{one.frequency.months} months", proposed, tests, reported, rate]


@require_GET
@signed_in
def listing(request: HttpRequest) -> HttpResponse:
    """List what is proposed for the models whose questions of risk are answered, page by page."""
    asked = request.GET.get("page", "1")
    number = max(int(asked), 1) if asked.isascii() and asked.isdigit() and len(asked) < 6 else 1
    first = (number - 1) * PAGE
    models = list(intervals.assessed()[first : first + PAGE + 1])
    found = intervals.proposals(models[:PAGE])
    rows = [
        _row(one, name=f"{model}: {protocol_title(one.frequency.protocol)}", href=_home(model)["href"])
        for model in models[:PAGE]
        for one in found[model.pk]
    ]
    pages = {"text": f"Page {number}"}
    if number > 1:
        pages["previous"] = f"?page={number - 1}"
    if len(models) > PAGE:
        pages["next"] = f"?page={number + 1}"
    empty = "No model's questions of risk are answered yet; they are answered on the page of the model."
    return show(
        request,
        "listing.html",
        title="Proposed intervals",
        heading="Proposed intervals",
        crumb={"text": "Schedule", "href": "/schedule/"},
        intro=BASIS,
        table={**table(rows, empty, *WORDS), "caption": "Proposals"},
        actions=[{"text": "Models", "href": "/models/"}],
        pages=pages,
    )


@require_GET
@signed_in
def model(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Show the risk score of a model, what is proposed for each of its tests, and what was decided."""
    found = supplies.model_by_uuid(uuid)
    rights, here = activities_of(person_of(request)), f"/models/{found.uuid}"
    offered = [{"text": "Answer the questions of risk", "href": f"{here}/risk/"}]
    rows = []
    for one in intervals.proposals([found])[found.pk]:
        protocol = one.frequency.protocol
        sign = one.changes and "schedule.accept_interval" in rights
        rows.append(
            _row(one, name=protocol_title(protocol), href=f"{here}/intervals/{protocol}/" if sign else "")
        )
    decided = [
        [
            protocol_title(row.protocol),
            f"from {row.before} to {row.months} months",
            {"text": row.reason, "sub": row.proposed},
            row.by.display_name,
            {"at": row.at},
        ]
        for row in IntervalDecision.objects.filter(model=found).select_related("by").order_by("-id")
    ]
    made = table(decided, "Nothing was decided yet.", "Test", "Interval", "Why", "By", "When")
    return show(
        request,
        "intervals.html",
        title=f"Intervals of {found}",
        heading=f"Intervals of {found}",
        crumb={"text": str(found), "href": f"{here}/"},
        intro=f"{_scored(found)} {BASIS}",
        low={**table(rows, "Nothing is planned for this model.", *WORDS), "caption": "Proposals"},
        table={**made, "caption": "Decisions"},
        actions=offered if "schedule.answer_risk" in rights else [],
    )


def _scored(model: DeviceModel) -> str:
    answer = intervals.answers_of([model]).get(model.pk)
    if answer is None:
        return "The questions of risk are not answered for this model."
    grades = ", ".join(f"{name} {getattr(answer, name)}" for name in QUESTIONS)
    return (
        f"Risk score {answer.score} after Fennigkoh and Smith ({grades}), by {answer.by.display_name} on "
        f"{answer.at:%d %b %Y}: {answer.reason}."
    )


@require_http_methods(["GET", "POST"])
@signed_in
def risk(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Answer the questions of risk for a model."""
    found = supplies.model_by_uuid(uuid)

    def carry_out(given: Mapping[str, str]) -> str:
        numbers = {name: whole(name, given[name]) for name in QUESTIONS}
        actions.answer_risk(by=person_of(request), model=found, reason=given["reason"], **numbers)
        return _home(found)["href"]

    fields = [text(name, label) for name, label in ASKED.items()]
    form = Asked("Answer the questions of risk", [*fields, text("reason", "Why", long=True)], carry_out)
    return asked_page(request, form, crumb=_home(found))


@require_http_methods(["GET", "POST"])
@signed_in
def accept(request: HttpRequest, uuid: UUID, protocol: str) -> HttpResponse:
    """Accept a proposed interval with a signature."""
    found = supplies.model_by_uuid(uuid)
    offered = {one.frequency.protocol: one for one in intervals.proposals([found])[found.pk]}
    one = offered.get(protocol)
    if one is None or not one.changes:
        raise NotFound("no other interval is proposed for this test")

    def carry_out(given: Mapping[str, str], confirmation: Confirmation) -> str:
        records.state(
            by=person_of(request),
            act="accept_interval",
            text=given["reason"],
            confirmation=confirmation,
            arguments={
                "model": found,
                "protocol": protocol,
                "months": one.months,
                "reason": given["reason"],
            },
        )
        return _home(found)["href"]

    why = {"name": "reason", "label": "Why this is safe", "type": "long_text", "required": True}
    meaning = (
        f"{protocol_title(protocol)} of {found} is due every {one.months} months from now on, and no longer "
        f"every {one.frequency.months}."
    )
    made = table([_row(one, name=protocol_title(protocol), href="")], "", *WORDS)
    return statement_page(
        request,
        "Accept a proposed interval",
        meaning,
        (why,),
        carry_out,
        crumb=_home(found),
        table={**made, "caption": "What is proposed"},
    )
