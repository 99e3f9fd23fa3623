"""The lists that regulations name: which devices have no examination planned, and what is offered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET, require_http_methods

from kilter.department.equipment.registers import Regulation, regulations
from kilter.department.people.confirmation import Confirmation
from kilter.department.people.queries import activities_of
from kilter.department.records import actions as records
from kilter.department.schedule import statutory
from kilter.department.schedule.statutory import Offer
from kilter.department.schedule.titles import protocol_title
from kilter.interfaces.web.asked import whole
from kilter.interfaces.web.page import person_of, show, signed_in, table
from kilter.interfaces.web.statements import statement_page
from kilter.measure.error import NotFound

CRUMB = {"text": "Lists of the law", "href": "/regulations/"}
CONFIRM = "Which devices stand here, and how often they are examined, is to be confirmed by the department."


def _regulation(key: str) -> Regulation:
    """Find a list.

    Raises:
        NotFound: there is none.
    """
    if key not in regulations():
        raise NotFound("there is no such list")
    return regulations()[key]


@require_GET
@signed_in
def listing(request: HttpRequest) -> HttpResponse:
    """List the lists that regulations name."""
    rows = [
        [
            {"text": one.title, "href": f"/regulations/{one.key}/", "sub": one.source},
            {"text": "as a file", "href": f"/devices/export/{one.key}.csv"},
        ]
        for one in regulations().values()
    ]
    return show(
        request,
        "listing.html",
        title="Lists of the law",
        heading="Lists of the law",
        crumb={"text": "Devices", "href": "/devices/"},
        intro=CONFIRM,
        table={**table(rows, "", "List", "File"), "caption": "Lists"},
    )


@require_GET
@signed_in
def one(request: HttpRequest, key: str) -> HttpResponse:
    """Show the devices on a list by kind or model, and offer an examination for those without one."""
    regulation = _regulation(key)
    may = "policy.set_frequency" in activities_of(person_of(request))
    rows = [
        _row(offer, f"/regulations/{key}/{offer.key}/", may=may) for offer in statutory.offers(regulation)
    ]
    words = ("Kind or model", "Devices", "Without an examination", "Examination", "Offered")
    made = table(rows, "No device stands on this list, or it names no examination.", *words)
    return show(
        request,
        "listing.html",
        title=regulation.title,
        heading=regulation.title,
        crumb=CRUMB,
        intro=f"{regulation.source}. {CONFIRM}",
        table={**made, "caption": "Examinations"},
        actions=[{"text": "As a file", "href": f"/devices/export/{key}.csv"}],
    )


def _row(offer: Offer, href: str, *, may: bool) -> list[Any]:
    state: Any = {"verdict": "within", "word": "none"}
    offered: Any = ""
    if offer.without:
        state = {"verdict": "remedial", "word": f"{offer.without}"}
        offered = {"text": "Take it over", "href": href} if may else "the head of department takes it over"
    title = protocol_title(offer.examination.protocol)
    exam = {"text": title, "sub": f"{offer.examination.words}; to be confirmed"}
    return [offer.name, str(offer.devices), state, exam, offered]


@require_http_methods(["GET", "POST"])
@signed_in
def take_over(request: HttpRequest, key: str, scope: str) -> HttpResponse:
    """Take an examination over as the department's frequency, with a signature."""
    offer = statutory.offer_of(_regulation(key), scope)
    exam = offer.examination

    def carry_out(given: Mapping[str, str], confirmation: Confirmation) -> str:
        months = exam.months or whole("months", given["months"])
        records.state(
            by=person_of(request),
            act="set_frequency",
            text=given["reason"],
            confirmation=confirmation,
            arguments={
                "protocol": exam.protocol,
                "scope_kind": offer.scope_kind,
                "scope_key": offer.scope_key,
                "months": months,
                "reason": given["reason"],
                "withdraw_when_overdue": given["withdraw"] == "yes",
            },
        )
        return f"/regulations/{key}/"

    every = f"every {exam.months} months" if exam.months else "as often as its written scheme says"
    meaning = f"{protocol_title(exam.protocol)} of {offer.name} is due {every}, from now on."
    why = "Why, and who has looked the regulation up"
    fields: list[dict[str, Any]] = [
        {
            "name": "withdraw",
            "label": "Is a device that is overdue out of use?",
            "type": "choice",
            "required": True,
            "options": [{"value": "yes", "label": "yes"}, {"value": "no", "label": "no"}],
        },
        {"name": "reason", "label": why, "type": "long_text", "required": True},
    ]
    if exam.months is None:
        asked = "Months between examinations, by the written scheme"
        fields.insert(0, {"name": "months", "label": asked, "type": "text", "required": True})
    crumb = {"text": _regulation(key).title, "href": f"/regulations/{key}/"}
    title = "Take over an examination"
    return statement_page(request, title, meaning, tuple(fields), carry_out, crumb=crumb)
