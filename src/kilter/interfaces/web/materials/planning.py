"""The morning planner: what to elute and what to draw when; and the sheet for a day without Kilter."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from kilter.department.ledger import clock
from kilter.department.materials import queries
from kilter.department.materials.course import LotState
from kilter.department.materials.decaying import activity_at, decayed
from kilter.department.materials.fitness import unfit
from kilter.department.materials.models import Booking, Lot
from kilter.department.materials.planner import Plan, Practice, Wanted, plan
from kilter.department.people.queries import activities_of
from kilter.interfaces.reports.downtime import Product, Sheet, downtime_pdf
from kilter.interfaces.reports.labels import DeviceLabel, labels_pdf
from kilter.interfaces.web.asked import chosen, day
from kilter.interfaces.web.materials.arriving import fit_lots, lot_options
from kilter.interfaces.web.materials.cells import CRUMB, amount_text, clock_text, local, mbq
from kilter.interfaces.web.materials.links import choice_field, minutes, number, number_field, text_field
from kilter.interfaces.web.page import person_of, show, signed_in, table
from kilter.measure.error import BadInput
from kilter.measure.rounding import number_text

OPENS = time(6, 0)
"""From when the planner lets anybody elute, where the page says nothing else."""

DEFAULTS = {"opens": "06:00", "efficiency": "90", "volume": "6", "before_draw": "30", "before_dose": "15"}
STEPS, STEP = 25, timedelta(minutes=30)
"""Rows of a decay table, and the time between two of them."""


def _bounds(request: HttpRequest) -> tuple[date, datetime, datetime]:
    """Read the day that is asked for: the site's today where none is."""
    asked = day("day", request.GET.get("day", "")) or local(clock.now()).date()
    start = datetime.combine(asked, time(), ZoneInfo(settings.SITE_ZONE))
    return asked, start, start + timedelta(days=1)


@require_GET
@signed_in
def planner(request: HttpRequest) -> HttpResponse:
    """Plan the elutions and draws of a day from its bookings; the page can be printed."""
    asked, start, end = _bounds(request)
    given = {name: request.GET.get(name, value).strip() for name, value in DEFAULTS.items()}
    fit = fit_lots((Lot.Kind.GENERATOR.value, Lot.Kind.ELUATE.value))
    lots = [one for one in fit if one.kind == Lot.Kind.GENERATOR]
    typed = request.GET.get("generator", "")
    generator = chosen("generator", typed, lots) if typed else max(lots, key=_now, default=None)
    booked = queries.bookings_between(start, end)
    may_cancel = "materials.cancel_booking" in activities_of(person_of(request))
    held = request.GET.get("held", "yes")
    stock = [one for one in fit if one.kind == Lot.Kind.ELUATE] if held == "yes" else []
    parts = [*_parts(generator, booked, start, given, stock), _booked(booked, start, may_cancel)]
    fields = [
        {**text_field("day", "Day (YYYY-MM-DD)"), "value": asked.isoformat(), "bare": True},
        *_practice_fields(given),
        {**choice_field("held", "Eluates at hand", _USE, needed=False), "bare": True, "value": held},
    ]
    if len(lots) > 1:
        options = lot_options(lots)
        made = choice_field("generator", "Generator", options, needed=False)
        fields.insert(1, {**made, "bare": True, "value": str(generator.uuid) if generator else ""})
    return show(
        request,
        "materials.html",
        title="Morning planner",
        heading=f"Morning planner, {asked:%a} {asked.day} {asked:%b %Y}",
        crumb=CRUMB,
        actions=[
            {"text": "Book", "href": "/materials/do/book/"},
            *([{"text": "Labels to scan", "href": f"/materials/bookings.pdf?day={asked}"}] if booked else []),
        ],
        intro="Worked out anew from the generator and the bookings each time; nothing is changed by it.",
        filters={"href": "/materials/planner/", "fields": fields},
        parts=parts,
    )


_USE = [("yes", "draw from them first"), ("no", "leave them")]


def _now(generator: Lot) -> float:
    """Give the activity of a generator now: the strongest is planned on unless another is chosen."""
    return activity_at(generator, clock.now())


def _practice_fields(given: dict[str, str]) -> list[dict[str, Any]]:
    rows = (
        text_field("opens", "Nobody elutes before (HH:MM)"),
        number_field("efficiency", "Efficiency", "percent"),
        number_field("volume", "Eluate", "mL"),
        number_field("before_draw", "From elution to draw", "min"),
        number_field("before_dose", "From draw to dose", "min"),
    )
    return [{**one, "value": given[one["name"]], "bare": True} for one in rows]


def _practice(given: dict[str, str]) -> Practice:
    return Practice(
        efficiency=number("efficiency", given["efficiency"], 90.0) / 100.0,
        volume=number("volume", given["volume"], 6.0),
        before_draw=minutes("before_draw", given["before_draw"], 30.0),
        before_dose=minutes("before_dose", given["before_dose"], 15.0),
    )


def _opening(start: datetime, typed: str) -> datetime:
    try:
        return datetime.combine(start.date(), time.fromisoformat(typed or "06:00"), start.tzinfo)
    except ValueError:
        raise BadInput("opens: write the time as HH:MM", field="opens") from None


def _parts(
    generator: Lot | None, booked: list[Booking], start: datetime, given: dict[str, str], stock: list[Lot]
) -> list[dict[str, Any]]:
    """Give the plan as tables: elutions, draws, what cannot be served, and what is booked besides."""
    if generator is None or generator.product is None or generator.product.gives is None:
        made = table([], "No generator at hand is released and in date.", "Elution")
        return [{"kind": "table", "table": {**made, "caption": "Plan"}}]
    daughter = generator.product.gives.nuclide
    mine = [one for one in booked if one.nuclide == daughter]
    wanted = [Wanted(one.at, one.activity, _whose(one)) for one in mine]
    earliest = max(_opening(start, given["opens"]), clock.now())
    here = [one for one in stock if one.nuclide == daughter]
    found = plan(generator, wanted, earliest, _practice(given), here)
    others = [one for one in booked if one.nuclide != daughter]
    return [*_plan(found, generator, start), *_others(others, start)]


def _whose(one: Booking) -> str:
    return ", ".join(filter(None, (one.words, one.patient.pseudonym if one.patient else "")))


def _plan(found: Plan, generator: Lot, start: datetime) -> list[dict[str, Any]]:
    elutions = [
        [
            clock_text(one.at, start) if one.held is None else "at hand",
            generator.label if one.held is None else one.held.label,
            mbq(one.gives),
            mbq(one.planned),
            f"{number_text(round(100 * one.planned / one.gives))} %",
            clock_text(one.expires, start),
        ]
        for one in found.elutions
    ]
    draws = [
        [
            clock_text(draw.at, start),
            f"{number_text(round(draw.volume, 2))} mL",
            mbq(draw.activity),
            f"{mbq(draw.wanted.activity)} at {clock_text(draw.wanted.at, start)}",
            draw.wanted.words or "not said",
            f"of {clock_text(one.at, start)}" if one.held is None else one.held.label,
        ]
        for one in found.elutions
        for draw in one.draws
    ]
    short = [[clock_text(one.at, start), mbq(one.activity), one.words or "not said"] for one in found.short]
    words = ("Elute at", "From", "Gives", "Planned of it", "Share", "Expires")
    parts = [_part("Elute", elutions, "Nothing is booked that this generator gives.", *words)]
    words = ("Draw at", "Volume", "Activity then", "Wanted", "For", "Eluate")
    parts.append(_part("Draw", sorted(draws, key=lambda row: row[0]), "Nothing is to be drawn.", *words))
    if short:
        parts.insert(0, _part("Cannot be served", short, "", "At", "Wanted", "For"))
    return parts


def _part(caption: str, rows: list[list[Any]], empty: str, *words: str) -> dict[str, Any]:
    return {"kind": "table", "table": {**table(rows, empty, *words), "caption": caption}}


def _booked(booked: list[Booking], start: datetime, may_cancel: bool) -> dict[str, Any]:
    rows: list[list[Any]] = []
    for one in booked:
        row: list[Any] = [clock_text(one.at, start), one.code, one.nuclide, mbq(one.activity)]
        end = {"text": "Cancel", "href": f"/materials/bookings/{one.uuid}/cancel/"}
        rows.append([*row, _whose(one) or "not said", *([end] if may_cancel else [])])
    words = ["At", "Code", "Nuclide", "Wanted", "For", *(["Cancel"] if may_cancel else [])]
    return _part("All that is booked", rows, "Nothing is booked.", *words)


def _others(booked: list[Booking], start: datetime) -> list[dict[str, Any]]:
    rows = [
        [clock_text(one.at, start), one.nuclide, mbq(one.activity), _whose(one) or "not said"]
        for one in booked
    ]
    words = ("At", "Nuclide", "Wanted", "For")
    return [_part("Booked, not from this generator", rows, "", *words)] if rows else []


@require_GET
@signed_in
def labels(request: HttpRequest) -> HttpResponse:
    """Print a label for each booking of a day: its code is scanned where the dose is drawn."""
    asked, start, end = _bounds(request)
    made = [
        DeviceLabel(
            one.code,
            f"{one.nuclide} {one.patient.pseudonym if one.patient else ''}".strip(),
            f"{mbq(one.activity)} {local(one.at):%H:%M}",
            one.code,
            mark="",
        )
        for one in queries.bookings_between(start, end)
    ]
    pdf = labels_pdf(made, site=f"{asked:%d %b %Y}")
    answer = HttpResponse(pdf, content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="bookings-{asked}.pdf"'
    return answer


@require_GET
@signed_in
def downtime(request: HttpRequest) -> HttpResponse:
    """Print the sheet for a day without Kilter: decay tables of what is at hand, and blank rows."""
    now = clock.now()
    stock = queries.stock_at(now)
    usable = [
        one
        for one in stock.lots
        if one.state == LotState.RELEASED and one.container_id is None and one.kind in _ON_PAPER
    ]
    barred = unfit(usable, now)
    usable = [one for one in usable if one.pk not in barred]
    begin = local(now).replace(minute=0, second=0, microsecond=0)
    rows = [_on_paper(one, begin) for one in usable if one.nuclide]
    cold = [f"{one.label}: {one.product}, {amount_text(one)}" for one in usable if not one.nuclide]
    pdf = downtime_pdf(
        Sheet(
            site=settings.KILTER.department,
            made=f"{clock_text(now, begin)}, {begin:%d %b %Y}",
            times=[f"{begin + number * STEP:%H:%M}" for number in range(STEPS)],
            products=rows,
            cold=cold,
        )
    )
    answer = HttpResponse(pdf, content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="downtime-{begin:%Y-%m-%d}.pdf"'
    return answer


_ON_PAPER = (Lot.Kind.ELUATE, Lot.Kind.BATCH, Lot.Kind.STOCK)


def _on_paper(one: Lot, begin: datetime) -> Product:
    """Give a vial with its concentration at each time, until it expires."""
    cells = []
    for number_of in range(STEPS):
        at = begin + number_of * STEP
        if one.expires is not None and at >= one.expires:
            cells.append("expired")
            continue
        there = decayed(one.activity, one.nuclide, one.reference, at)
        cells.append(number_text(round(there / one.volume, 1)) if one.volume else mbq(there))
    name = one.product.name if one.product else one.get_kind_display()
    return Product(one.label, f"{name}, {one.nuclide}", f"{number_text(round(one.volume, 2))} mL", cells)
