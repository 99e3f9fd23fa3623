"""Everything between two dates for an inspector: on a page, and as a pack with its manifest."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from kilter.department.keeping.inspection import Scope
from kilter.department.keeping.materials_pack import materials_pack
from kilter.department.ledger import clock
from kilter.department.materials.inspection import Entry, between
from kilter.department.people.queries import activities_of
from kilter.interfaces.web.asked import day
from kilter.interfaces.web.materials.cells import CRUMB, local, mbq
from kilter.interfaces.web.materials.links import text_field
from kilter.interfaces.web.page import download, person_of, show, signed_in, table
from kilter.interfaces.wording import as_instant

MOST = 500
"""Lines that the page shows; the pack has them all."""

DAYS = 30
"""Days back that are shown where nothing else is asked for."""


def _period(request: HttpRequest) -> Scope:
    """Read the period; the last 30 days where none is given."""
    today = local(clock.now()).date()
    first = day("first", request.GET.get("first", "").strip()) or today - timedelta(days=DAYS)
    last = day("last", request.GET.get("last", "").strip()) or today
    return Scope("cqc", first, last)


@require_GET
@signed_in
def page(request: HttpRequest) -> HttpResponse:
    """Show every movement and test of the period, each with the number of its sealed record."""
    scope = _period(request)
    found = between(*scope.instants)
    asked = f"first={scope.first.isoformat()}&last={scope.last.isoformat()}"
    may = "ledger.read_audit" in activities_of(person_of(request))
    more = (
        f" The newest {MOST} of {len(found)} are shown; the pack has them all." if len(found) > MOST else ""
    )
    fields = [
        {**text_field("first", "First day (YYYY-MM-DD)"), "value": scope.first.isoformat(), "bare": True},
        {**text_field("last", "Last day (YYYY-MM-DD)"), "value": scope.last.isoformat(), "bare": True},
    ]
    words = ("When", "What", "From", "To", "Activity", "Route or result", "By", "Record")
    made = table([_row(one) for one in found[-MOST:][::-1]], "Nothing happened in this period.", *words)
    return show(
        request,
        "materials.html",
        title="Materials for an inspector",
        heading="Materials for an inspector",
        crumb=CRUMB,
        intro=f"{len(found)} movements and tests. Patients stand here by pseudonym only.{more}",
        actions=[{"text": "Download everything", "href": f"/materials/inspection.zip?{asked}"}]
        if may
        else [],
        filters={"href": "/materials/inspection/", "fields": fields},
        parts=[{"kind": "table", "table": {**made, "caption": "Movements and tests"}}],
    )


def _row(one: Entry) -> list[Any]:
    at = local(as_instant(one.at))
    activity = f"{mbq(one.activity_mbq)} {one.nuclide}" if one.activity_mbq else ""
    said = one.result or ", ".join(filter(None, (one.route, one.permit)))
    verdict = {"passed": "within", "failed": "suspension"}.get(one.result)
    cell: Any = {"verdict": verdict, "word": one.result} if verdict else said
    when = f"{at.day} {at:%b %Y %H:%M}"
    return [when, one.what, one.source, one.target, activity, cell, one.by, str(one.record)]


@require_GET
@signed_in
def pack(request: HttpRequest) -> HttpResponse:
    """Send the pack of the period."""
    scope = _period(request)
    made = materials_pack(scope.first, scope.last, by=person_of(request))
    return download(made, f"materials-{scope.first.isoformat()}-{scope.last.isoformat()}.zip")
