"""Waste and permits: containers with their storage, totals against each limit, and the forecast."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from kilter.department.ledger import clock
from kilter.department.materials import outlook, queries
from kilter.department.materials.afterwards import counted_though_not_given
from kilter.department.materials.models import Permit, PermitLimit
from kilter.department.materials.storage import Stored, containers
from kilter.department.people.queries import activities_of
from kilter.interfaces.web.materials.cells import CRUMB, clock_text, local, lot_cell, mbq
from kilter.interfaces.web.materials.figures import forecast_figure
from kilter.interfaces.web.page import person_of, show, signed_in, table
from kilter.measure.rounding import number_text

NEAR = 0.8
"""Share of a limit from which its total is shown as near: ours."""

DAYS = 90
"""Days of the forecast that a page shows."""


@require_GET
@signed_in
def page(request: HttpRequest) -> HttpResponse:
    """Show containers and what each permit has left."""
    now, rights = clock.now(), activities_of(person_of(request))
    verbs = (
        ("Put into a container", "put_in_container"),
        ("Open a container", "open_container"),
    )
    permits = queries.permits_at(now)
    return show(
        request,
        "materials.html",
        title="Waste and permits",
        heading="Waste and permits",
        crumb=CRUMB,
        actions=[
            {"text": text, "href": f"/materials/do/{verb}/"}
            for text, verb in verbs
            if f"materials.{verb}" in rights
        ],
        parts=[_containers(containers(now), rights, now), *(_permit(one, now) for one in permits)]
        + ([] if permits else [_none()]),
    )


def _none() -> dict[str, Any]:
    made = table([], "No permit is valid now: nothing radioactive may leave.", "Permit")
    return {"kind": "table", "table": {**made, "caption": "Permits"}}


def _containers(rows: list[Stored], rights: frozenset[str], now: datetime) -> dict[str, Any]:
    cells = [
        [
            lot_cell(one.container),
            str(one.container.location) if one.container.location else "not said",
            str(len(one.contents)),
            ", ".join(f"{name} {mbq(value)}" for name, value in one.activities.items()) or "none",
            _storage(one, now),
            _next(one, rights),
        ]
        for one in rows
    ]
    words = ("Container", "Where", "Items", "Activity now", "Decay in storage", "Do")
    made = table(cells, "There is no waste container.", *words)
    return {"kind": "table", "table": {**made, "caption": "Containers"}}


def _storage(one: Stored, now: datetime) -> Any:
    """Say until when a container is stored: ten half-lives of what lasts longest in it."""
    if one.container.sealed_at is None:
        return {"verdict": "recorded", "word": "open"}
    if one.too_long:
        word = f"{', '.join(one.too_long)} lasts too long for storage"
        return {"verdict": "remedial", "word": word, "sub": "10 CFR 35.92, to be confirmed"}
    if one.ready_at is None:
        return "nothing decays in it"
    day = clock_text(one.ready_at, now)
    if one.ready_at <= now:
        return {"verdict": "within", "word": f"ready since {day}", "sub": "survey it before it leaves"}
    return {"text": f"until {day}", "sub": "ten half-lives from closing"}


def _next(one: Stored, rights: frozenset[str]) -> Any:
    sealed = one.container.sealed_at is not None
    verb, words = ("dispose", "Dispose of") if sealed else ("seal_container", "Close")
    if f"materials.{verb}" not in rights or (not sealed and not one.contents):
        return ""
    return {
        "text": f"{words} {one.container.label}",
        "href": f"/materials/do/{verb}/?lot={one.container.uuid}",
    }


def period_text(limit: PermitLimit) -> str:
    """Write over which time a limit adds up."""
    return f"last {limit.days} days" if limit.days else limit.get_period_display()


def limit_text(limit: PermitLimit) -> str:
    """Write which limit it is."""
    return f"{limit.get_route_display()}, {limit.group}, {period_text(limit)}"


def _permit(permit: Permit, now: datetime) -> dict[str, Any]:
    made = _totals(permit, now)
    links = [{"text": "Forecast", "href": f"/materials/permits/{permit.uuid}/"}]
    return {"kind": "table", "table": made, "actions": links}


def _totals(permit: Permit, now: datetime) -> dict[str, Any]:
    rows: list[list[Any]] = []
    for one in outlook.totals(permit, now):
        share = one.used / one.limit.limit if one.limit.limit else float(one.used > 0)
        verdict = "suspension" if share > 1 else "remedial" if share >= NEAR else "within"
        rows.append(
            [
                one.limit.get_route_display(),
                one.limit.group,
                period_text(one.limit),
                mbq(one.used),
                mbq(one.limit.limit),
                {"verdict": verdict, "word": f"{number_text(round(100 * share, 1))} %"},
            ]
        )
    words = ("Route", "Nuclide or group", "Period", "So far", "Limit", "Used")
    until = f", valid until {local(permit.valid_until):%d %b %Y}" if permit.valid_until else ""
    caption = f"Permit {permit.number} ({permit.authority}){until}"
    return {**table(rows, "This permit has no limit.", *words), "caption": caption}


@require_GET
@signed_in
def permit(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Show a permit's totals, its forecast, the first breach of each limit, and what would avoid it."""
    found, now = queries.permit_by_uuid(uuid), clock.now()
    seen = outlook.forecast(found, now, days=DAYS)
    cards: list[dict[str, Any]] = [
        {
            "kind": "card",
            "heading": limit_text(limit),
            "facts": [["Limit", mbq(limit.limit)], ["Highest to come", mbq(float(max(totals, default=0.0)))]],
            "figure": forecast_figure(f"limit-{limit.pk}", limit, limit_text(limit), seen.days, totals),
        }
        for limit, totals in seen.lines
    ]
    return show(
        request,
        "materials.html",
        title=f"Permit {found.number}",
        heading=f"Permit {found.number}",
        crumb={"text": "Waste and permits", "href": "/materials/waste/"},
        intro=f"{DAYS} days ahead. Bookings leave at once and undecayed: the least favourable case.",
        banner=_breaches(seen, now),
        parts=[{"kind": "table", "table": _totals(found, now)}, *_not_given(found, now), *cards],
    )


def _not_given(permit: Permit, now: datetime) -> list[dict[str, Any]]:
    """List doses of which more counts as excreted than it would by what is known now."""
    rows: list[list[Any]] = [
        [
            {
                "text": one.administration.syringe.label,
                "href": f"/administrations/{one.administration.uuid}/",
            },
            clock_text(one.administration.at, now),
            one.administration.advice.get_route_display(),
            mbq(one.counted),
            mbq(one.known),
        ]
        for one in counted_though_not_given(permit)
    ]
    if not rows:
        return []
    made = table(rows, "", "Dose", "Given", "Route", "Counts as excreted", "By what is known now")
    caption = "Found not to have been given; the totals keep what was counted"
    return [{"kind": "table", "table": {**made, "caption": caption}}]


def _breaches(seen: outlook.Outlook, now: datetime) -> dict[str, Any]:
    """Say in words when which limit would first be passed, and the smallest delay that avoids it."""
    if not seen.breaches:
        return {"verdict": "within", "word": "no limit would be passed", "reasons": []}
    reasons = [{"text": _breach(one, now)} for one in seen.breaches]
    first = clock_text(seen.breaches[0].at, now)
    return {"verdict": "suspension", "word": f"a limit would be passed on {first}", "reasons": reasons}


def _breach(one: outlook.Breach, now: datetime) -> str:
    said = f"{limit_text(one.limit)}: {mbq(one.total)} of {mbq(one.limit.limit)} at {clock_text(one.at, now)}"
    if one.booking is None:
        return f"{said}; what is gone already or held passes it"
    whose = f"by the booking of {mbq(one.booking.activity)} {one.booking.nuclide}"
    if one.delay is None:
        return f"{said}, {whose}; no delay avoids it"
    return f"{said}, {whose}; a delay of {_delay(one.delay)} avoids it"


def _delay(delay: timedelta) -> str:
    hours = delay.total_seconds() / 3600
    return f"{hours / 24:.1f} days" if hours >= 48 else f"{hours:.1f} h"
