"""Stocktakes on pages: one field for the scanner, and what is missing, elsewhere or unknown below it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_http_methods

from kilter.department.equipment import actions, stocktakes
from kilter.department.equipment.lifecycle import WORDS, State
from kilter.department.equipment.listing import place_named
from kilter.department.equipment.models import Device, Stocktake
from kilter.department.people.queries import activities_of
from kilter.interfaces.web.forms import form_page, text_field
from kilter.interfaces.web.page import person_of, show, signed_in, table
from kilter.interfaces.web.today import device_cell
from kilter.measure.error import KilterError

SHOWN = 100
SEEN_SHOWN = 500


@require_http_methods(["GET", "POST"])
@signed_in
def listing(request: HttpRequest) -> HttpResponse:
    """Start a stocktake of a place, and list those there were."""
    rows = [
        [
            {"text": str(one.location), "href": f"/stocktakes/{one.uuid}/", "sub": str(one.started_by)},
            {"at": one.started_at},
            "open" if one.finished_at is None else f"{len(one.missing)} not seen",
        ]
        for one in stocktakes.stocktakes()[:SHOWN]
    ]
    made = table(rows, "No stocktake was made yet.", "Place", "Started", "Outcome")
    return show(
        request,
        "listing.html",
        title="Stocktakes",
        heading="Stocktakes",
        table={**made, "caption": "Stocktakes"},
        actions=[{"text": "Start a stocktake", "href": "/stocktakes/new/"}],
    )


@require_http_methods(["GET", "POST"])
@signed_in
def new(request: HttpRequest) -> HttpResponse:
    """Start a stocktake."""

    def act(typed: dict[str, str]) -> str:
        """Start it in the place that was named."""
        row = actions.start_stocktake(by=person_of(request), location=place_named(typed["location"]))
        return f"/stocktakes/{row.uuid}/"

    fields = [text_field("location", "Place, such as East Wing / Ward 7", required=True)]
    crumb = {"text": "Stocktakes", "href": "/stocktakes/"}
    return form_page(request, "Start a stocktake", fields, act, crumb=crumb, button="Start")


@require_http_methods(["GET", "POST"])
@signed_in
def one(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Show a stocktake and take the next scan."""
    row = stocktakes.stocktake_by_uuid(uuid)
    faults: list[dict[str, str]] = []
    last = ""
    if request.method == "POST":
        try:
            last = _act(request, row)
            if not last:
                return HttpResponseRedirect(request.path)
        except KilterError as error:
            faults = [{"field": "label" if error.field == "label" else "", "message": error.message}]
    found = stocktakes.reconcile(row)
    return show(
        request,
        "stocktake.html",
        422 if faults else 200,
        title=f"Stocktake of {row.location}",
        heading=f"Stocktake of {row.location}",
        open=row.finished_at is None,
        form={"action": request.path},
        faults=faults,
        last=last,
        counts=_counts(row, found),
        missing=_devices(found.missing, "Everything that was expected was seen."),
        elsewhere=_devices(found.elsewhere, "Everything that was seen is registered here."),
        may_move="equipment.edit_devices" in activities_of(person_of(request)),
        moves=[f"{device.uuid}:{device.version}" for device in found.elsewhere],
        found=_devices(found.found, ""),
        unknown=table([[label] for label in found.unknown], "", "Label"),
    )


def _act(request: HttpRequest, row: Stocktake) -> str:
    """Carry out what was sent; the words to show, "" to load the page again."""
    by, act = person_of(request), request.POST.get("act", "scan")
    if act == "finish":
        actions.finish_stocktake(by=by, stocktake=row)
        return ""
    if act == "move":
        # By what the page showed: a device that somebody moved meanwhile is named, not moved.
        shown = dict(str(text).split(":", 1) for text in request.POST.getlist("device") if ":" in str(text))
        chosen = [
            (device, int(shown[str(device.uuid)]))
            for device in stocktakes.reconcile(row).elsewhere
            if shown.get(str(device.uuid), "").isdigit()
        ]
        actions.edit_devices(by=by, devices=chosen, changes={"location": row.location})
        return ""
    seen = actions.record_sighting(by=by, stocktake=row, label=request.POST.get("label", ""))
    if seen.device is None:
        return f"{seen.label}: no single device bears this label"
    where = "seen" if seen.expected else "seen, registered elsewhere"
    return f"{seen.device.asset} {where}"


def _counts(row: Stocktake, found: stocktakes.Reconciled) -> list[list[str]]:
    until = "still open" if row.finished_at is None else f"{row.finished_at:%d %b %Y %H:%M} UTC"
    return [
        ["Started", f"{row.started_at:%d %b %Y %H:%M} UTC by {row.started_by}"],
        ["Finished", until],
        ["Devices seen", str(len(found.seen))],
        ["Expected and not seen", str(len(found.missing))],
        ["Registered elsewhere", str(len(found.elsewhere))],
        ["Unknown labels", str(len(found.unknown))],
    ]


def _devices(rows: tuple[Device, ...], empty: str) -> dict[str, Any]:
    cells = [[device_cell(one), one.serial, WORDS[State(one.state)]] for one in rows[:SEEN_SHOWN]]
    return table(cells, empty, "Device", "Serial", "State")
