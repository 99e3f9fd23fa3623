"""Stores of parts: what is there, what expires, what is to be ordered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET, require_http_methods

from kilter.department.people.models import Person
from kilter.department.people.queries import activities_of
from kilter.department.schedule.queries import today
from kilter.department.work import actions, queries
from kilter.department.work.models import Part, Store
from kilter.interfaces.web.asked import Asked, asked_page, choice, chosen, day, text, whole
from kilter.interfaces.web.page import person_of, show, signed_in, table
from kilter.measure.error import NotFound

CRUMB = {"text": "Stores", "href": "/stores/"}
Given = Mapping[str, str]


@require_GET
@signed_in
def listing(request: HttpRequest) -> HttpResponse:
    """List what the stores hold."""
    now, rights = today(), activities_of(person_of(request))
    rows: list[list[Any]] = []
    for stock in queries.stock_on_hand():
        expiry: Any = stock.expires.isoformat() if stock.expires else "none"
        if stock.expires and stock.expires < now:
            expiry = {"verdict": "suspension", "word": f"expired {stock.expires.isoformat()}"}
        cell = {"text": stock.part.name, "sub": f"{stock.part.maker} {stock.part.number}"}
        rows.append([cell, stock.store.name, stock.lot or "none", expiry, stock.quantity])
    made = table(rows, "The stores are empty.", "Part", "Store", "Lot", "Expires", "Pieces")
    low = [[str(part), part.reorder_level, held] for part, held in queries.to_reorder()]
    links = [
        {"text": title, "href": f"/stores/{verb}/"}
        for verb, (title, activity, _) in FORMS.items()
        if activity in rights
    ]
    return show(
        request,
        "stores.html",
        title="Stores",
        heading="Stores",
        table={**made, "caption": "In the stores"},
        low={**table(low, "Nothing.", "Part", "Order at", "Left"), "caption": "To be ordered"},
        actions=links,
    )


@require_http_methods(["GET", "POST"])
@signed_in
def verb(request: HttpRequest, verb: str) -> HttpResponse:
    """Add a store or a part, take parts in, or put a number right."""
    if verb not in FORMS:
        raise NotFound("there is no such thing to do in a store")
    title, _, make = FORMS[verb]
    fields, act = make(person_of(request))

    def carry_out(given: Given) -> str:
        act(given)
        return "/stores/"

    return asked_page(request, Asked(title, fields, carry_out), crumb=CRUMB)


def _store(by: Person) -> Any:
    return (text("name", "Name"),), lambda given: actions.add_store(by=by, **given)


def _part(by: Person) -> Any:
    fields = (
        text("name", "Name"),
        text("number", "Maker's number"),
        text("maker", "Maker"),
        text("reorder_level", "Order when so many are left", hint="0 where it need not be watched."),
    )
    return fields, lambda given: actions.add_part(
        by=by, **{**given, "reorder_level": whole("reorder_level", given["reorder_level"])}
    )


def _receive(by: Person) -> Any:
    parts, stores = list(Part.objects.order_by("name", "id")), list(Store.objects.order_by("name"))
    fields = (
        choice("part", "Part", [(one.uuid, str(one)) for one in parts]),
        choice("store", "Store", [(one.uuid, one.name) for one in stores]),
        text("quantity", "How many"),
        text("lot", "Lot", needed=False),
        text("expires", "Expires", needed=False, hint="YYYY-MM-DD"),
        text("unit_cost", "Cost of one", needed=False, hint="An amount such as 12.50."),
    )
    return fields, lambda given: actions.receive_part(
        by=by,
        part=chosen("part", given["part"], parts),
        store=chosen("store", given["store"], stores),
        quantity=whole("quantity", given["quantity"]),
        lot=given["lot"],
        expires=day("expires", given["expires"]),
        unit_cost=given["unit_cost"],
    )


def _correct(by: Person) -> Any:
    stock = queries.stock_on_hand()
    rows = [(one.pk, f"{one.part}, {one.store}, lot {one.lot or 'none'}: {one.quantity}") for one in stock]
    fields = (
        choice("stock", "Part", rows),
        text("counted", "How many there are"),
        text("reason", "Why"),
    )
    return fields, lambda given: actions.correct_stock(
        by=by,
        stock=chosen("stock", given["stock"], stock, "pk"),
        counted=whole("counted", given["counted"]),
        reason=given["reason"],
    )


FORMS: dict[str, tuple[str, str, Any]] = {
    "receive": ("Take parts in", "work.receive_part", _receive),
    "correct": ("Put a number right", "work.correct_stock", _correct),
    "part": ("Enter a part", "work.add_part", _part),
    "store": ("Add a store", "work.add_store", _store),
}
"""Title, activity and maker of each form, in the order of the page."""
