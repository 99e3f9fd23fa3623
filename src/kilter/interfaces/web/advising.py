"""What patients are told of a product, and the guidelines under which operators authorise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET, require_http_methods

from kilter.department.materials import actions, administrations
from kilter.department.materials import queries as materials
from kilter.department.materials.models import WAYS_UNDER_PERMIT
from kilter.department.people.confirmation import Confirmation
from kilter.department.people.queries import activities_of
from kilter.interfaces.web.asked import Asked, asked_page, choice, chosen, decimal, text
from kilter.interfaces.web.page import person_of, show, signed_in, table
from kilter.interfaces.web.statements import statement_page
from kilter.measure.error import BadInput

CRUMB = {"text": "What patients are told", "href": "/advice/"}
GUIDELINES = {"text": "Guidelines", "href": "/guidelines/"}
REFERRALS = {"text": "Referrals", "href": "/referrals/"}
CONTACTS = "contact_at, hours_a_day, constraint, who"
WAYS = [(one.value, one.label) for one in WAYS_UNDER_PERMIT]


@require_GET
@signed_in
def advice(request: HttpRequest) -> HttpResponse:
    """List what the site says of its products, and whether a second person has confirmed it."""
    rights = activities_of(person_of(request))
    cells: list[list[Any]] = []
    for row in administrations.all_advice():
        state: dict[str, Any] = {"verdict": "within", "word": "confirmed", "sub": str(row.confirmed_by)}
        if row.confirmed_at is None:
            state = {"verdict": "undecided", "word": "to be confirmed"}
        product: dict[str, Any] = {"text": row.product.name, "sub": row.source}
        if row.confirmed_at is None and "materials.confirm_advice" in rights:
            product["href"] = f"/advice/{row.uuid}/confirm/"
        feeding = "ended" if row.stop_feeding else f"{row.interruption_hours:g} h"
        leaves = f"{100 * row.excreted:g} % by {row.get_route_display()}"
        cells.append([product, leaves, feeding, f"{row.dose_rate:g} µSv/h for 1 MBq", state])
    words = ("Product", "Excreted", "Breast-feeding", "Dose rate at 1 m", "State")
    made = table(cells, "Nothing is said of any product; no dose can be given before it is.", *words)
    offered = "materials.set_advice" in rights
    return show(
        request,
        "listing.html",
        title="What patients are told",
        heading="What patients are told",
        crumb=REFERRALS,
        actions=[{"text": "Say it of a product", "href": "/advice/new/"}] if offered else [],
        table={**made, "caption": "By product"},
    )


@require_http_methods(["GET", "POST"])
@signed_in
def new(request: HttpRequest) -> HttpResponse:
    """Say what patients are told of a product."""
    products = [one for one in materials.products() if one.nuclide]
    fields = (
        choice("product", "Product", [(one.uuid, one.name) for one in products]),
        text("excreted", "Share that is excreted", hint="From 0 to 1."),
        choice("route", "By which route", WAYS),
        text("interruption_hours", "Breast-feeding is interrupted for, in h", hint="0 where it is not."),
        choice("stop_feeding", "Breast-feeding is ended", [("no", "no"), ("yes", "yes")]),
        text("dose_rate", "Dose rate at 1 m, in µSv/h for 1 MBq"),
        text("effective_half_life", "Effective half-life, in days"),
        text(
            "contacts",
            "Contacts",
            long=True,
            needed=False,
            hint=f"One a line: {CONTACTS} (m, h, mSv), such as 0.3, 9, 0.3, small children.",
        ),
        text("instructions", "Instructions", long=True, needed=False, hint="One plain sentence a line."),
        text("source", "Source", hint="Where these figures stand."),
    )

    def carry_out(given: Mapping[str, str]) -> str:
        numbers = ("excreted", "interruption_hours", "dose_rate", "effective_half_life")
        actions.set_advice(
            by=person_of(request),
            product=chosen("product", given["product"], products),
            route=given["route"],
            stop_feeding=given["stop_feeding"] == "yes",
            contacts=[_contact(line) for line in given["contacts"].splitlines() if line.strip()],
            instructions=given["instructions"],
            source=given["source"],
            **{name: decimal(name, given[name]) for name in numbers},
        )
        return "/advice/"

    return asked_page(request, Asked("Say what patients are told", fields, carry_out), crumb=CRUMB)


def _contact(line: str) -> dict[str, Any]:
    """Read a line of three numbers and who it is.

    Raises:
        BadInput: it is none.
    """
    parts = [part.strip() for part in line.split(",", 3)]
    if len(parts) != 4:
        raise BadInput(f"contacts: write each line as {CONTACTS}", field="contacts")
    names = ("contact_at", "hours_a_day", "constraint")
    numbers = {name: decimal("contacts", part) for name, part in zip(names, parts, strict=False)}
    return {**numbers, "who": parts[3]}


@require_http_methods(["GET", "POST"])
@signed_in
def confirm(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Confirm what patients are told of a product, against its source."""
    row = administrations.advice_by_uuid(uuid)
    read = choice("read", f"I compared it with {row.source}", [("yes", "yes, every figure")])

    def carry_out(given: Mapping[str, str]) -> str:
        actions.confirm_advice(by=person_of(request), advice=row)
        return "/advice/"

    return asked_page(request, Asked(f"Confirm: {row.product}", (read,), carry_out), crumb=CRUMB)


@require_GET
@signed_in
def guidelines(request: HttpRequest) -> HttpResponse:
    """List the guidelines in force."""
    rights = activities_of(person_of(request))
    may_end = "materials.end_guideline" in rights
    cells: list[list[Any]] = [
        [
            {"text": row.name, **({"href": f"/guidelines/{row.uuid}/end/"} if may_end else {})},
            row.product.name,
            f"{row.least:g} to {row.most:g} MBq",
            row.criteria,
            {"text": row.issued_by.display_name, "sub": f"{row.issued_at:%d %b %Y}"},
        ]
        for row in administrations.guidelines()
    ]
    made = table(
        cells, "No practitioner has issued a guideline.", "Guideline", "Product", "Covers", "Criteria", "By"
    )
    offered = "materials.issue_guideline" in rights
    return show(
        request,
        "listing.html",
        title="Guidelines",
        heading="Guidelines for authorising",
        crumb=REFERRALS,
        actions=[{"text": "Issue a guideline", "href": "/guidelines/new/"}] if offered else [],
        table={**made, "caption": "In force"},
    )


@require_http_methods(["GET", "POST"])
@signed_in
def issue(request: HttpRequest) -> HttpResponse:
    """Issue a guideline as the practitioner."""
    products = [one for one in materials.products() if one.nuclide]
    fields = (
        text("name", "Name"),
        choice("product", "Product", [(one.uuid, one.name) for one in products]),
        text("criteria", "Who may be given it, and when a practitioner is asked", long=True),
        text("least", "From, in MBq"),
        text("most", "Up to, in MBq"),
    )

    def carry_out(given: Mapping[str, str], confirmation: Confirmation) -> str:
        actions.issue_guideline(
            by=person_of(request),
            name=given["name"],
            product=chosen("product", given["product"], products),
            criteria=given["criteria"],
            least=decimal("least", given["least"]),
            most=decimal("most", given["most"]),
            confirmation=confirmation,
        )
        return "/guidelines/"

    meaning = "Exposures that meet this guideline are justified on my responsibility."
    return statement_page(request, "Issue a guideline", meaning, fields, carry_out, crumb=GUIDELINES)


@require_http_methods(["GET", "POST"])
@signed_in
def end(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """End a guideline."""
    row = administrations.guideline_by_uuid(uuid)

    def carry_out(given: Mapping[str, str]) -> str:
        actions.end_guideline(by=person_of(request), guideline=row, reason=given["reason"])
        return "/guidelines/"

    fields = (text("reason", "Why", long=True),)
    return asked_page(request, Asked(f"End {row.name}", fields, carry_out), crumb=GUIDELINES)
