"""The figures of the service: each with its interval, its count and what it means."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET, require_http_methods

from kilter.department.people.queries import activities_of
from kilter.department.schedule import actions, figures, queries
from kilter.department.schedule.actions.figures import FIRST_YEAR
from kilter.department.schedule.definitions import in_force, shipped
from kilter.interfaces.web.asked import Asked, asked_page, text, whole
from kilter.interfaces.web.page import person_of, show, signed_in, table
from kilter.measure.error import BadInput

COLUMNS = ("Figure", "Value", "95 % interval", "Counted", "Meaning")


def _year(request: HttpRequest) -> int:
    """Read the year that is asked for; this one where none is.

    Raises:
        BadInput: it is no year.
    """
    now = queries.today().year
    asked = whole("year", request.GET.get("year", str(now)))
    if not FIRST_YEAR <= asked <= now:
        raise BadInput(f"year: between {FIRST_YEAR} and {now}", field="year")
    return asked


def _share(one: figures.Share) -> list[str]:
    if one.value is None:
        return ["nothing to count", "", "n = 0"]
    return [f"{one.value:.1f} %", f"{one.low:.1f} % to {one.high:.1f} %", f"{one.done} of n = {one.of}"]


def _rate(found: figures.Failures) -> list[str]:
    counted = f"n = {found.failures} in {found.exposure:.1f} device-years"
    if found.rate is None:
        return ["nothing to count", "", counted]
    return [f"{found.rate:.3g} a device-year", f"{found.low:.3g} to {found.high:.3g}", counted]


def _availability(found: figures.Failures) -> list[str]:
    counted = f"n = {found.repairs} repairs"
    if found.availability is None or found.mtbf is None or found.mttr is None:
        return ["nothing to count", "", counted]
    spans = f"MTBF {found.mtbf:.0f} h, MTTR {found.mttr:.1f} h"
    return [f"{found.availability:.3f} %", "none is computed", f"{counted}; {spans}"]


@require_GET
@signed_in
def page(request: HttpRequest) -> HttpResponse:
    """Show the figures of a year."""
    year = _year(request)
    meant, frozen = in_force(year)
    period = figures.year(year)
    planned, failed = figures.planned(period), figures.failures(period)
    answered, solved = figures.clocks(period)
    kept = f"; could not be located {planned.could_not_locate}, no access {planned.no_access}"
    shown = {
        "compliance": [*_share(planned.share)[:2], _share(planned.share)[2] + kept],
        "failure_rate": _rate(failed),
        "availability": _availability(failed),
        "response": _share(answered),
        "resolution": _share(solved),
    }
    rows: list[list[Any]] = []
    for key, cells in shown.items():
        if key in meant:
            one, now = meant[key], shipped()[key]["version"]
            settled = f"version {one.version}"
            if one.version != now:
                cells = ["not comparable", "", f"the year has {settled}, this program computes version {now}"]
            rows.append([one.title, *cells, {"text": one.text, "sub": settled}])
    by = f"settled by {frozen.frozen_by.display_name}" if frozen else "not settled for this year yet"
    links = [{"text": str(year - 1), "href": f"?year={year - 1}"}] if year > FIRST_YEAR else []
    if year < queries.today().year:
        links.append({"text": str(year + 1), "href": f"?year={year + 1}"})
    if frozen is None and "schedule.freeze_definitions" in activities_of(person_of(request)):
        links.append({"text": "Settle the definitions", "href": "/schedule/figures/settle/"})
    return show(
        request,
        "listing.html",
        title=f"Figures of {year}",
        heading=f"Figures of {year}",
        intro=f"What each figure means is {by}. Planned tests are counted from when Kilter planned them.",
        table={**table(rows, "Nothing.", *COLUMNS), "caption": "Figures"},
        actions=links,
    )


@require_http_methods(["GET", "POST"])
@signed_in
def settle(request: HttpRequest) -> HttpResponse:
    """Settle what the figures of a year mean."""
    by = person_of(request)

    def carry_out(given: Any) -> str:
        row = actions.freeze_definitions(by=by, year=whole("year", given["year"]))
        return f"/schedule/figures/?year={min(row.year, queries.today().year)}"

    form = Asked("Settle the definitions", (text("year", "Year"),), carry_out)
    return asked_page(request, form, crumb={"text": "Figures", "href": "/schedule/figures/"})
