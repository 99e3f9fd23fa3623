"""The equipment library: what it lends, who has booked or borrowed it, and what is late."""

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
from kilter.department.ledger import clock
from kilter.department.people.models import Person
from kilter.department.people.queries import activities_of
from kilter.department.status import queries as status
from kilter.department.work import actions, queries
from kilter.department.work.models import Loan
from kilter.interfaces.web.asked import Asked, asked_page, choice, chosen_word, text
from kilter.interfaces.web.page import person_of, show, signed_in, table
from kilter.measure.error import BadInput, NotFound

CRUMB = {"text": "Library", "href": "/library/"}
Given = Mapping[str, str]


@require_GET
@signed_in
def listing(request: HttpRequest) -> HttpResponse:
    """List what is out or booked, and what the library lends."""
    now, loans = clock.now(), queries.loans_ahead()
    pool = queries.pool_devices()
    states = status.cached([one.device_id for one in pool])
    out = {loan.pool_id: loan for loan in loans if loan.handed_out_at is not None}
    rows: list[list[Any]] = []
    for one in pool:
        place = f"out to {out[one.pk].name}" if one.pk in out else "here"
        state = states[one.device_id].state if one.device_id in states else "out_of_use"
        cell = {"text": str(one.device), "href": f"/library/{one.device.uuid}/book/", "sub": "book it"}
        rows.append([cell, place, {"verdict": state}])
    words = ("Device", "Where", "Status")
    made = table(rows, "The library lends nothing yet.", *words)
    ahead = table([_loan_row(loan, now) for loan in loans], "Nothing is out or booked.", *AHEAD)
    rights = activities_of(person_of(request))
    links = [{"text": "Add a device", "href": "/library/add/"}] if "work.add_to_pool" in rights else []
    return show(
        request,
        "stores.html",
        title="Library",
        heading="Library",
        low={**ahead, "caption": "Out and booked"},
        table={**made, "caption": "Devices of the library"},
        actions=links,
    )


AHEAD = ("Device", "Who", "From", "Until", "State", "Next", "Or")


def _loan_row(loan: Loan, now: datetime) -> list[Any]:
    is_out = loan.handed_out_at is not None
    if loan.ends < now:
        state: Any = {"verdict": "suspension", "word": "overdue" if is_out else "not fetched"}
    else:
        state = "out" if is_out else "booked"
    zone = ZoneInfo(settings.SITE_ZONE)
    verb = ("Take back", "return") if is_out else ("Hand out", "hand_out")
    cancel: Any = "" if is_out else {"text": "Cancel", "href": f"/loans/{loan.uuid}/cancel/"}
    return [
        str(loan.pool.device),
        loan.name,
        f"{loan.starts.astimezone(zone):%d %b %Y %H:%M}",
        f"{loan.ends.astimezone(zone):%d %b %Y %H:%M}",
        state,
        {"text": verb[0], "href": f"/loans/{loan.uuid}/{verb[1]}/"},
        cancel,
    ]


@require_http_methods(["GET", "POST"])
@signed_in
def add(request: HttpRequest) -> HttpResponse:
    """Let the library lend a device."""

    def carry_out(given: Given) -> str:
        device = equipment.device_by_scan(given["device"])
        actions.add_to_pool(by=person_of(request), device=device)
        return "/library/"

    fields = (text("device", "Asset number or label"),)
    return asked_page(request, Asked("Add a device", fields, carry_out), crumb=CRUMB)


@require_http_methods(["GET", "POST"])
@signed_in
def book(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Book a device of the library."""
    pool = next((one for one in queries.pool_devices() if one.device.uuid == uuid), None)
    if pool is None:
        raise NotFound("the library does not lend this device")

    def carry_out(given: Given) -> str:
        actions.book_loan(
            by=person_of(request),
            pool=pool,
            borrower=given["borrower"],
            name=given["name"],
            agreement=given["agreement"],
            starts=_instant("starts", given["starts"]) if given["starts"] else clock.now(),
            ends=_instant("ends", given["ends"]),
        )
        return "/library/"

    fields = (
        choice("borrower", "For", Loan.Borrower.choices),
        text("name", "Ward or organisation", hint="Never a patient."),
        {"name": "starts", "label": "From", "type": "instant", "required": False, "help": "Left empty: now."},
        {"name": "ends", "label": "Until", "type": "instant", "required": True},
        text("agreement", "Agreement and indemnity, outside the hospital", needed=False, long=True),
    )
    return asked_page(request, Asked(f"Book {pool.device}", fields, carry_out), crumb=CRUMB)


@require_http_methods(["GET", "POST"])
@signed_in
def verb(request: HttpRequest, uuid: UUID, verb: str) -> HttpResponse:
    """Hand out, take back, or cancel."""
    loan = queries.loan_by_uuid(uuid)
    if verb not in FORMS:
        raise NotFound("there is no such thing to do to a loan")
    title, fields, act = FORMS[verb]

    def carry_out(given: Given) -> str:
        act(person_of(request), loan, given)
        return "/library/"

    return asked_page(request, Asked(f"{title}: {loan}", fields, carry_out), crumb=CRUMB)


def _yes(name: str, given: Given) -> bool:
    return chosen_word(name, given[name], ("yes", "no")) == "yes"


def _return(by: Person, loan: Loan, given: Given) -> object:
    return actions.return_loan(
        by=by,
        loan=loan,
        decontaminated=_yes("clean", given),
        fault=_yes("fault", given),
        finding=given["finding"],
    )


_YES_NO = (("yes", "Yes"), ("no", "No"))
FORMS: dict[str, tuple[str, Any, Any]] = {
    "hand_out": ("Hand out", (), lambda by, loan, _: actions.hand_out(by=by, loan=loan)),
    "return": (
        "Take back",
        (
            choice("clean", "Was it decontaminated?", _YES_NO),
            choice("fault", "Is anything wrong with it?", _YES_NO),
            text("finding", "What a look at it showed", long=True),
        ),
        _return,
    ),
    "cancel": (
        "Cancel",
        (text("reason", "Why", long=True),),
        lambda by, loan, given: actions.cancel_loan(by=by, loan=loan, reason=given["reason"]),
    ),
}
"""Title, fields and act of each verb of a loan."""


def _instant(name: str, typed: str) -> datetime:
    """Read a time of day at the site.

    Raises:
        BadInput: it is none.
    """
    try:
        read = datetime.fromisoformat(typed)
        return read if read.tzinfo else read.replace(tzinfo=ZoneInfo(settings.SITE_ZONE))
    except (ValueError, OverflowError):
        raise BadInput(f"{name}: must be a day and a time", field=name) from None
