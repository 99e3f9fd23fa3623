"""The page of a lot: may it be used, what it is, its tests, where it came from and went; its label."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_GET

from kilter.department.ledger import clock
from kilter.department.materials import generators, queries
from kilter.department.materials.course import WORDS, LotState
from kilter.department.materials.decaying import activity_at
from kilter.department.materials.models import Lot
from kilter.department.people.queries import activities_of
from kilter.interfaces.reports.labels import DeviceLabel, labels_pdf
from kilter.interfaces.web.asked import whole
from kilter.interfaces.web.figures import trend_figure
from kilter.interfaces.web.materials.cells import (
    CRUMB,
    amount_text,
    clock_text,
    local,
    lot_cell,
    mbq,
    rounded,
    state_cell,
    test_name,
)
from kilter.interfaces.web.materials.hot_lab import generator_card
from kilter.interfaces.web.materials.testing import recalls_part, tests_part
from kilter.interfaces.web.materials.verbs import offered
from kilter.interfaces.web.page import person_of, show, signed_in, table
from kilter.measure.rounding import number_text, quantity

BREAKTHROUGH = "nuclear_medicine.breakthrough"


@require_GET
@signed_in
def find(request: HttpRequest) -> HttpResponse:
    """Go to the lot whose label was scanned."""
    found = queries.lot_by_label(request.GET.get("label", ""))
    return HttpResponseRedirect(f"/materials/lots/{found.uuid}/")


@require_GET
@signed_in
def page(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Show a lot."""
    found, now, person = queries.lot_by_uuid(uuid), clock.now(), person_of(request)
    reasons = queries.why_not(found, now) if found.state != LotState.DISPOSED else []
    rules = queries.rules_of(found.product)
    label = {"text": "Label", "href": f"/materials/lots/{found.uuid}/label.pdf"}
    rights = activities_of(person)
    parts = _history(found, rights, now) if found.kind == Lot.Kind.GENERATOR else _chain(found, rights, now)
    return show(
        request,
        "materials.html",
        title=found.label,
        heading=found.label,
        crumb=CRUMB,
        banner=_banner(found, reasons),
        actions=[*offered(found, rights, tested=bool(rules)), label],
        parts=[_facts(found, now), *parts],
    )


def _banner(found: Lot, reasons: list[str]) -> dict[str, Any]:
    """Say in one glance whether anything may be taken from a lot."""
    if (
        found.kind in (Lot.Kind.CONTAINER, Lot.Kind.RESIDUE, Lot.Kind.SOURCE)
        or found.container_id is not None
    ):
        return {"verdict": "recorded", "word": state_cell(found)["word"]}
    if found.state == LotState.DISPOSED:
        return {"verdict": "recorded", "word": WORDS[LotState.DISPOSED]}
    if reasons:
        waits = found.state == LotState.QUARANTINED and len(reasons) == 1
        said = [] if waits else [{"text": one} for one in reasons]
        word = "not yet released: test it, then release it" if waits else "not for use"
        return {"verdict": "remedial" if waits else "suspension", "word": word, "reasons": said}
    return {"verdict": "within", "word": "released for use"}


def _facts(found: Lot, now: datetime) -> dict[str, Any]:
    here = activity_at(found, now)
    rows: list[list[Any]] = [
        [
            "What",
            f"{found.product.name}, {found.get_kind_display()}"
            if found.product
            else found.get_kind_display(),
        ],
        ["Activity now", f"{mbq(here)} {found.nuclide}" if found.nuclide else ""],
        ["Amount", amount_text(found) if not found.nuclide else ""],
        ["Volume", f"{number_text(round(found.volume, 3))} mL" if found.volume else ""],
        ["Prescribed", f"{mbq(found.prescribed)}" if found.prescribed else ""],
        ["For", clock_text(found.intended_at, now) if found.intended_at else ""],
        ["Patient", found.patient.pseudonym if found.patient else ""],
        ["Maker's batch", found.batch_number],
        ["Made or received", f"{clock_text(found.made_at, now)} by {found.made_by.display_name}"],
        ["Expires", clock_text(found.expires, now) if found.expires else ""],
        ["Where", str(found.location) if found.location else ""],
        ["In the keeping of", found.custodian.display_name if found.custodian else ""],
        ["Lies in", lot_cell(found.container) if found.container else ""],
        ["Closed", clock_text(found.sealed_at, now) if found.sealed_at else ""],
        ["Next leak test", f"{local(found.next_leak_test):%d %b %Y}" if found.next_leak_test else ""],
    ]
    return {"kind": "card", "heading": "This lot", "facts": [row for row in rows if row[1]]}


def _chain(found: Lot, rights: frozenset[str], now: datetime) -> list[dict[str, Any]]:
    """Give tests, contents, where a lot came from and went, and each movement with its sealed record."""
    chain = queries.chain_of(found)
    parts = [tests_part(found, rights), *recalls_part(found, now)]
    for caption, lots in (("Comes from", chain.before), ("Went into", chain.after)):
        if lots:
            rows = [[lot_cell(one), state_cell(one), clock_text(one.made_at, now)] for one in lots]
            made = table(rows, "", "Lot", "State", "Made")
            parts.append({"kind": "table", "table": {**made, "caption": caption}})
    own = [one for one in chain.movements if found.pk in (one.from_lot_id, one.to_lot_id)]
    parts.append({"kind": "table", "table": _movements(own, now)})
    return parts


def _movements(moves: list[Any], now: datetime) -> dict[str, Any]:
    rows: list[list[Any]] = [
        [
            {"text": one.verb.replace("_", " "), "href": f"/records/{one.record.uuid}/"},
            clock_text(one.at, now),
            one.from_lot.label if one.from_lot else "",
            one.to_lot.label if one.to_lot else one.get_route_display() if one.route else "",
            mbq(one.activity) if one.activity else "",
            f"{number_text(round(one.volume, 3))} mL" if one.volume else "",
            one.by.display_name,
        ]
        for one in reversed(moves)
    ]
    words = ("What", "When", "From", "To", "Activity", "Volume", "By")
    return {**table(rows, "Nothing happened to it yet.", *words), "caption": "What happened to it"}


def _history(found: Lot, rights: frozenset[str], now: datetime) -> list[dict[str, Any]]:
    """Give a generator's card, the trends of its elutions, and every eluate."""
    elutions = queries.elutions_of(found)
    trends = (
        ("efficiency", "Elution efficiency", generators.efficiencies(elutions)),
        ("ratio", "Breakthrough", generators.results_of_eluates(found, BREAKTHROUGH, "ratio")),
    )
    parts: list[dict[str, Any]] = (
        [generator_card(found, rights, now)] if found.state != LotState.DISPOSED else []
    )
    ratios = {one.lot: one for one in trends[1][2]}
    for name, title, points in trends:
        if points:
            parts.append(
                {
                    "kind": "card",
                    "heading": f"{title} over time",
                    "facts": _summary(points),
                    "figure": trend_figure(f"trend-{name}", title, points, points[-1].limits),
                }
            )
    shares = {one.pk: one for one in trends[0][2]}
    rows = []
    for move in elutions:
        share = shares.get(move.record.number)
        ratio = ratios.get(move.to_lot.label) if move.to_lot else None
        rows.append(
            [
                lot_cell(move.to_lot) if move.to_lot else "",
                clock_text(move.at, now),
                mbq(move.activity),
                _judged(share) if share else "",
                _judged(ratio) if ratio else "not tested",
                move.by.display_name,
            ]
        )
    words = ("Eluate", "Eluted", "Activity", "Efficiency", test_name(BREAKTHROUGH).capitalize(), "By")
    made = table(rows, "It was not eluted here yet.", *words)
    parts.append({"kind": "table", "table": {**made, "caption": "Every eluate"}})
    return parts


def _judged(point: generators.Point) -> dict[str, str]:
    """Give a sealed result as a cell with its verdict."""
    return {"verdict": point.verdict, "word": quantity(rounded(point.value), point.unit)}


def _summary(points: list[generators.Point]) -> list[list[Any]]:
    values = [rounded(one.value) for one in points]
    unit = points[-1].unit
    return [
        ["Newest", quantity(values[-1], unit)],
        ["Smallest", quantity(min(values), unit)],
        ["Largest", quantity(max(values), unit)],
        ["How many", str(len(values))],
    ]


@require_GET
@signed_in
def label(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Print the label of a lot: what is scanned as a QR code, activity and time, volume and expiry."""
    found, now = queries.lot_by_uuid(uuid), clock.now()
    at = found.intended_at or now
    held = mbq(activity_at(found, at)) if found.nuclide else amount_text(found)
    ends = f", exp {local(found.expires):%d %b %H:%M}" if found.expires else ""
    volume = f"{number_text(round(found.volume, 2))} mL" if found.volume else ""
    name = found.product.name if found.product else found.get_kind_display()
    whose = f" {found.patient.pseudonym}" if found.patient else ""
    text = f"{held} {local(at):%H:%M}" if found.nuclide else held
    made = DeviceLabel(found.label, f"{name}{whose}", text, found.label, mark="")
    skip = whole("skip", request.GET.get("skip", "0"))
    pdf = labels_pdf([made], skip=skip, site=f"{volume}{ends}".strip(", "))
    answer = HttpResponse(pdf, content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="label-{found.uuid}.pdf"'
    return answer
