"""Results that move towards a limit: a page for a kind or a place, and lines of the device page."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from kilter.department.equipment.lifecycle import State
from kilter.department.equipment.listing import Filters, kinds, page, place_named
from kilter.department.equipment.models import Device
from kilter.department.ledger import clock
from kilter.department.records.drifts import AHEAD, FEWEST, Drifting, Warned, drifting
from kilter.interfaces.web.forms import choice_field, text_field
from kilter.interfaces.web.page import show, signed_in, table
from kilter.interfaces.web.today import device_cell
from kilter.measure.error import BadInput
from kilter.measure.registry import entries
from kilter.measure.rounding import quantity
from kilter.measure.words import choice, label, title

DEVICES = 200
"""Devices in service that one page looks through."""

COLUMNS = ("Device", "Result", "Newest", "Change in a year", "Meets its limit", "Own reference")


def _name(one: Drifting) -> str:
    entry = entries()[one.newest.procedure]
    words = [
        choice(entry, str(value)) if isinstance(value, str) else quantity(float(str(value)), _unit(one, name))
        for name, value in one.chosen.items()
        if isinstance(value, str | float | int) and not isinstance(value, bool) and value != ""
    ]
    name = f"{title(entry)}: {label(entry, one.newest.result)}"
    return f"{name} ({', '.join(words)})" if words else name


def _unit(one: Drifting, name: str) -> str:
    item = entries()[one.newest.procedure].signature.input(name)
    return item.unit if item is not None else ""


def _trend(one: Drifting) -> str:
    return f"/devices/{one.device.uuid}/trend/{one.newest.procedure}/{one.newest.result}/"


def _meets(one: Warned, unit: str) -> str:
    edge = quantity(one.bound, unit)
    if one.may_meet <= clock.now():
        return f"{one.what}, {edge}: may have met it by now"
    return f"{one.what}, {edge}: from {one.may_meet:%b %Y}; by its line {one.line_meets:%b %Y}"


def _row(one: Drifting) -> list[Any]:
    newest = one.newest
    return [
        device_cell(one.device),
        {"text": _name(one), "href": _trend(one), "sub": f"{len(one.readings)} readings"},
        {"text": quantity(newest.value, newest.unit, newest.u), "sub": f"{newest.performed_at:%d %b %Y}"},
        quantity(one.yearly, newest.unit, one.yearly_u),
        "; ".join(_meets(bound, newest.unit) for bound in one.warned),
        quantity(one.reference, newest.unit) if one.reference is not None else "none set",
    ]


def facts(found: Device) -> list[list[Any]]:
    """Give what is drifting on a device as facts of its page, each a link to its trend."""
    return [
        ["Drifting", {"text": f"{_name(one)}: {_meets(one.warned[0], one.newest.unit)}", "href": _trend(one)}]
        for one in drifting([found])
    ]


@require_GET
@signed_in
def listing(request: HttpRequest) -> HttpResponse:
    """List what is drifting among the devices in service of a kind or a place, some devices at a time."""
    kind, typed = request.GET.get("kind", "")[:60], request.GET.get("place", "").strip()
    known = kinds()
    if kind and kind not in known:
        raise BadInput("kind: there is no such kind in the register", field="kind")
    place = place_named(typed, "place") if typed else None
    filters = Filters(kind=kind, place=place, state=State.IN_SERVICE.value)
    looked_at = page(filters, after=request.GET.get("after", "")[:40], most=DEVICES)
    found = drifting(looked_at.devices)
    keep = urlencode({"kind": kind, "place": typed, "after": looked_at.after})
    count = len(looked_at.devices)
    fields = [
        {**choice_field("kind", "Kind", [(one, one.replace("_", " ")) for one in known]), "value": kind},
        {**text_field("place", "Place"), "value": typed},
    ]
    return show(
        request,
        "listing.html",
        title="Drifting",
        heading="Drifting",
        crumb={"text": "Schedule", "href": "/schedule/"},
        intro=f"A straight line through the newest readings, {FEWEST} or more measured alike, moves towards "
        f"a limit in force and may meet it within {AHEAD.days // 365} years. Dates are of 95 % confidence; "
        f"{count} devices in service looked through.",
        filters={"href": "/schedule/drifting/", "fields": [{**one, "bare": True} for one in fields]},
        table={
            **table([_row(one) for one in found], "Nothing drifts towards a limit here.", *COLUMNS),
            "caption": "Results that move towards a limit",
        },
        pages={"text": f"{count} devices", "next": f"?{keep}" if looked_at.after else ""},
    )
