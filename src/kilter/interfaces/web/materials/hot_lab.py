"""The hot lab: live activities, what waits, what expires next, generators and their next good elution."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from kilter.department.ledger import clock
from kilter.department.materials import queries
from kilter.department.materials.course import LotState
from kilter.department.materials.fitness import unfit
from kilter.department.materials.generators import growth
from kilter.department.materials.models import Lot
from kilter.department.people.queries import activities_of
from kilter.interfaces.web.materials.cells import (
    activity_cell,
    clock_text,
    expiry_cell,
    local,
    lot_cell,
    mbq,
    state_cell,
    test_name,
)
from kilter.interfaces.web.materials.figures import growth_figure
from kilter.interfaces.web.page import person_of, show, signed_in, table
from kilter.measure.error import KilterError
from kilter.measure.rounding import number_text

AHEAD = timedelta(hours=12)
"""How far ahead expiries are listed."""

LEAKS_AHEAD = timedelta(days=30)
"""How far ahead leak tests are listed."""

QUICK = (
    ("Dispense", "/materials/dispense/", "materials.dispense"),
    ("Elute", "/materials/do/elute/", "materials.elute"),
    ("Prepare", "/materials/do/prepare/", "materials.prepare"),
    ("Receive", "/materials/do/receive/", "materials.receive"),
    ("Book", "/materials/do/book/", "materials.book"),
)
PLACES = (
    ("Referrals", "/referrals/"),
    ("Patients", "/patients/"),
    ("Waste and permits", "/materials/waste/"),
    ("Morning planner", "/materials/planner/"),
    ("Products and tests", "/materials/products/"),
    ("Inspector", "/materials/inspection/"),
    ("Downtime sheet", "/materials/downtime.pdf"),
)


@require_GET
@signed_in
@never_cache
def page(request: HttpRequest) -> HttpResponse:
    """Show the hot lab."""
    now = clock.now()
    stock = queries.stock_at(now)
    here = dict(zip((lot.pk for lot in stock.lots), stock.activities, strict=True))
    reasons = unfit(stock.lots, now)
    due = [one for one in queries.tests_due(now) if one.lot.container_id is None]
    rights = activities_of(person_of(request))
    waiting = [lot for lot in stock.lots if lot.state == LotState.QUARANTINED]
    expiring = [
        lot for lot in queries.expiring(now, AHEAD) if lot.container_id is None and lot.kind in _EXPIRES
    ]
    leaks = queries.leak_tests_due(now, LEAKS_AHEAD)
    return show(
        request,
        "materials.html",
        title="Materials",
        heading="Hot lab",
        live={"href": f"/materials/live/?seen={_seen(stock.lots, reasons)}", "at": _at_text(now)},
        counts=_counts(now, waiting, due, expiring, leaks),
        actions=[{"text": text, "href": href} for text, href, activity in QUICK if activity in rights],
        links=[{"text": text, "href": href} for text, href in PLACES],
        parts=[
            _waiting(due, waiting, rights, now),
            _at_hand(stock.lots, here, reasons, now),
            *_generators(stock.lots, rights, now),
            _expiring([lot for lot in expiring if lot.expires is not None and lot.expires > now], now),
            _leaks(leaks, now),
            _put_away(stock.lots, here, reasons, now),
        ],
    )


_EXPIRES = (Lot.Kind.GENERATOR, Lot.Kind.ELUATE, Lot.Kind.BATCH, Lot.Kind.STOCK, Lot.Kind.SYRINGE)


def _at_text(now: datetime) -> str:
    return f"{local(now):%H:%M:%S}"


def _counts(
    now: datetime, waiting: list[Lot], due: list[Any], expiring: list[Lot], leaks: list[Lot]
) -> list[dict[str, Any]]:
    expired = [lot for lot in expiring if lot.expires is not None and lot.expires <= now]
    overdue = [lot for lot in leaks if lot.next_leak_test is not None and lot.next_leak_test <= now]
    rows = (
        ("tests to make", len(due), "warn"),
        ("waiting for release", len(waiting), "warn"),
        ("expired, still here", len(expired), "bad"),
        ("leak tests overdue", len(overdue), "bad"),
    )
    return [
        {"word": word, "number": number, "href": "#main", "tone": tone if number else "good"}
        for word, number, tone in rows
    ]


def _do(lot: Lot, verb: str, words: str, **more: str) -> dict[str, str]:
    tail = "".join(f"&{name}={value}" for name, value in more.items())
    return {"text": words, "href": f"/materials/do/{verb}/?lot={lot.uuid}{tail}"}


def _waiting(due: list[Any], waiting: list[Lot], rights: frozenset[str], now: datetime) -> dict[str, Any]:
    """List the tests to make, then what waits for its release only."""
    rows: list[list[Any]] = []
    for one in due:
        words = f"{test_name(one.rule.test)}, {one.rule.get_when_display()}"
        link = _do(one.lot, "test", f"Test: {test_name(one.rule.test)}", test=one.rule.test)
        rows.append([lot_cell(one.lot), words, link if "materials.test" in rights else ""])
    wanted = {one.lot.pk for one in due if one.rule.when == "before_use"}
    for lot in waiting:
        if lot.pk not in wanted:
            link = _do(lot, "release", "Release")
            rows.append(
                [lot_cell(lot), "tested, to be released", link if "materials.release" in rights else ""]
            )
    made = table(rows, "Nothing waits for a test or a release.", "Lot", "Waits for", "Do")
    return {"kind": "table", "table": {**made, "caption": "Waits for a test or a release"}}


def _generators(lots: Any, rights: frozenset[str], now: datetime) -> list[dict[str, Any]]:
    """Give a card for each generator at hand that has not expired."""
    return [
        generator_card(lot, rights, now)
        for lot in lots
        if lot.kind == Lot.Kind.GENERATOR and (lot.expires is None or lot.expires > now)
    ]


def generator_card(lot: Lot, rights: frozenset[str], now: datetime) -> dict[str, Any]:
    """Give the card of a generator: what is in it now, when to elute it, and its curve."""
    try:
        grown = growth(lot, now)
    except KilterError as refused:
        return {"kind": "card", "heading": lot.label, "facts": [["In-growth", refused.message]]}
    ready = grown.good_from <= now
    good = "now" if ready else clock_text(grown.good_from, now)
    name = lot.product.name if lot.product else "Generator"
    facts: list[list[Any]] = [
        ["In the column now", mbq(grown.now)],
        ["Good to elute from", good],
        [
            "Most at" if grown.greatest_at > now else "Was most at",
            f"{clock_text(grown.greatest_at, now)}: {mbq(grown.greatest)}",
        ],
        ["Last eluted", clock_text(lot.eluted_at, now) if lot.eluted_at else "not known"],
        ["Expires", clock_text(lot.expires, now) if lot.expires else "not said"],
        ["Where", str(lot.location) if lot.location else "not said"],
    ]
    return {
        "kind": "card",
        "heading": f"{name} {lot.label}",
        "facts": facts,
        "figure": growth_figure(f"growth-{lot.pk}", grown, now),
        "actions": [
            *([_do(lot, "elute", "Elute")] if "materials.elute" in rights else []),
            {"text": "History", "href": f"/materials/lots/{lot.uuid}/"},
        ],
    }


def _standing(lots: Any) -> list[Lot]:
    """Leave out what lies in a container, and the containers: they stand on the page of the waste."""
    return [lot for lot in lots if lot.container_id is None and lot.kind != Lot.Kind.CONTAINER]


def _waits(lot: Lot, reasons: dict[int, str], now: datetime) -> bool:
    """Say whether a lot is fit for use, or may still become so."""
    fresh = lot.expires is None or lot.expires > now
    return lot.pk not in reasons or (lot.state == LotState.QUARANTINED and fresh)


def _at_hand(lots: Any, here: dict[int, Any], reasons: dict[int, str], now: datetime) -> dict[str, Any]:
    """List what may be used now or soon, the newest first."""
    shown = [lot for lot in _standing(lots) if _waits(lot, reasons, now)]
    shown.sort(key=lambda lot: (lot.state != LotState.RELEASED, -lot.pk))
    made = table(_lot_rows(shown, here, reasons, now), "There is nothing at hand.", *_WORDS)
    return {"kind": "table", "table": {**made, "caption": "At hand"}}


def _put_away(lots: Any, here: dict[int, Any], reasons: dict[int, str], now: datetime) -> dict[str, Any]:
    """List what nobody may use any more and what is left over, until it lies in a container."""
    shown = [lot for lot in _standing(lots) if not _waits(lot, reasons, now)]
    shown.sort(key=lambda lot: -lot.pk)
    made = table(_lot_rows(shown, here, reasons, now), "Nothing has to be put away.", *_WORDS)
    return {"kind": "table", "table": {**made, "caption": "Not for use: to be put away"}}


_WORDS = ("Lot", "Now", "Volume", "Expires", "State")


def _lot_rows(
    lots: list[Lot], here: dict[int, Any], reasons: dict[int, str], now: datetime
) -> list[list[Any]]:
    return [
        [
            lot_cell(lot),
            activity_cell(lot, float(here[lot.pk])),
            f"{number_text(round(lot.volume, 2))} mL" if lot.volume else "",
            expiry_cell(lot, now),
            state_cell(lot, reasons.get(lot.pk, "")),
        ]
        for lot in lots
    ]


def _expiring(lots: list[Lot], now: datetime) -> dict[str, Any]:
    rows = [[lot_cell(lot), expiry_cell(lot, now)] for lot in lots]
    made = table(rows, "Nothing expires in the next 12 hours.", "Lot", "Expires")
    return {"kind": "table", "table": {**made, "caption": "Expires next"}}


def _leaks(lots: list[Lot], now: datetime) -> dict[str, Any]:
    rows: list[list[Any]] = []
    for lot in lots:
        day = f"{local(lot.next_leak_test):%d %b %Y}" if lot.next_leak_test else ""
        late = lot.next_leak_test is not None and lot.next_leak_test <= now
        when = {"verdict": "suspension", "word": f"overdue since {day}"} if late else day
        keeper = lot.custodian.display_name if lot.custodian else "nobody named"
        where = str(lot.location) if lot.location else "not said"
        rows.append([lot_cell(lot), where, keeper, when])
    words = "No leak test is due in the next 30 days."
    made = table(rows, words, "Source", "Where", "In the keeping of", "Leak test due")
    return {"kind": "table", "table": {**made, "caption": "Leak tests"}}


def _seen(lots: Any, reasons: dict[int, str]) -> str:
    """Give a mark of what stands on the page beside the activities: what is there, and what may be used."""
    said = sorted((lot.pk, lot.state, lot.container_id or 0, reasons.get(lot.pk, "")) for lot in lots)
    return hashlib.sha256(repr(said).encode()).hexdigest()[:16]


@require_GET
@signed_in
@never_cache
def live(request: HttpRequest) -> HttpResponse:
    """Give the activities of now alone, each for its place; have the page loaded anew where more changed.

    A lot that has expired or was rejected since must not stay on a screen as released.
    """
    now = clock.now()
    stock = queries.stock_at(now)
    if request.GET.get("seen", "") != _seen(stock.lots, unfit(stock.lots, now)):
        answer = HttpResponse(status=204)
        answer["HX-Refresh"] = "true"
        return answer
    here = dict(zip((lot.pk for lot in stock.lots), stock.activities, strict=True))
    rows = [
        {"id": f"now-{lot.uuid}", "text": mbq(float(here[lot.pk]))}
        for lot in _standing(stock.lots)
        if lot.nuclide
    ]
    return render(request, "partials/activities.html", {"rows": rows, "at": _at_text(now)})
