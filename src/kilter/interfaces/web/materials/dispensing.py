"""Dispensing, barcode first: scan the vial, pick the dose, read volume and activity large, confirm."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_POST

from kilter.department.ledger import clock
from kilter.department.ledger.texts import as_key
from kilter.department.materials import actions, queries
from kilter.department.materials.custody import Quantity, Second
from kilter.department.materials.decaying import activity_at, decayed
from kilter.department.materials.drawing import drawn
from kilter.department.materials.models import Booking, Lot
from kilter.department.materials.tolerance import window
from kilter.department.patients.models import Patient
from kilter.department.patients.queries import patient_by_pseudonym
from kilter.department.people.confirmation import Confirmation
from kilter.interfaces.web.asked import chosen
from kilter.interfaces.web.materials.arriving import lot_address, proposed
from kilter.interfaces.web.materials.cells import CRUMB, clock_text, mbq
from kilter.interfaces.web.materials.links import (
    Given,
    LinkForm,
    choice_field,
    link_page,
    moment,
    number,
    number_field,
    number_or_none,
    scan_field,
    text_field,
    time_field,
    wants_second,
)
from kilter.interfaces.web.page import person_of, show, signed_in
from kilter.measure.error import BadInput, KilterError
from kilter.measure.rounding import number_text

MINUTE = timedelta(minutes=1)
"""A time typed to the minute may lie so much before now, and means now."""

AHEAD = timedelta(hours=14)
"""How far ahead bookings are offered."""


@require_http_methods(["GET", "POST"])
@signed_in
def page(request: HttpRequest) -> HttpResponse:
    """Ask for the vial first, then for the dose; carry it out."""
    typed = request.GET.get("vial", "").strip()
    if not typed:
        return _scan(request, "")
    try:
        vial = queries.lot_by_label(typed)
    except KilterError as error:
        return _scan(request, error.message)
    return link_page(request, _form(request, vial, typed), crumb=CRUMB)


def _scan(request: HttpRequest, fault: str) -> HttpResponse:
    field = {**scan_field("vial", "Scan the vial"), "error": fault}
    return show(
        request,
        "materials.html",
        422 if fault else 200,
        title="Dispense",
        heading="Dispense",
        crumb=CRUMB,
        filters={"href": "/materials/dispense/", "fields": [field]},
        parts=[],
    )


def _bookings(vial: Lot, now: datetime) -> list[Booking]:
    rows = queries.bookings_between(now - timedelta(hours=1), now + AHEAD)
    return [one for one in rows if one.nuclide == vial.nuclide]


def _booking_words(one: Booking, now: datetime) -> str:
    whose = f", {one.patient.pseudonym}" if one.patient else ""
    what = f", {one.words}" if one.words else ""
    return f"{one.code}, {clock_text(one.at, now)}: {mbq(one.activity)}{what}{whose}"


def _form(request: HttpRequest, vial: Lot, scanned: str) -> LinkForm:
    now = clock.now()
    booked = _bookings(vial, now)
    reasons = queries.why_not(vial, now)

    def act(given: Given, mine: Confirmation, second: Second | None) -> str:
        asked = _asked(given, booked, now)
        made = actions.dispense(
            by=person_of(request),
            vial=vial,
            scanned=scanned,
            label=given["label"],
            confirmation=mine,
            second=second,
            activity=asked.activity,
            intended_at=asked.at,
            measured=number_or_none("measured", given["measured"]),
            patient=asked.patient,
        )
        return lot_address(made)

    fields = [
        {
            **scan_field("scan_booking", "Scan the booking", hint="Or pick it below, or write the dose."),
            "required": False,
        },
        choice_field(
            "booking", "Booked", [(str(one.uuid), _booking_words(one, now)) for one in booked], needed=False
        ),
        number_field("activity", "or activity wanted", "MBq"),
        time_field("intended_at", "at", hint="Left empty: now, or as booked."),
        text_field("patient", "Pseudonym of the patient", hint="Left empty: as booked."),
        number_field("measured", "Measured in the calibrator", "MBq", hint="Left empty: as computed."),
        scan_field("label", "Label of the syringe (scan or keep)", autofocus=False),
    ]
    if not booked:
        fields = fields[2:]
        fields[0] = {**fields[0], "label": "Activity wanted"}
    return LinkForm(
        "Dispense",
        f"I drew this dose from {vial.label}.",
        [{**fields[0], "autofocus": True}, *fields[1:]],
        act,
        values={"label": proposed(Lot.Kind.SYRINGE.value)},
        second=wants_second(vial.product, "dispense"),
        banner=_banner(vial, reasons, now),
        live=f"/materials/dispense/drawn/?vial={vial.label}",
        drawn=_shown(vial, request.POST, now),
    )


def _banner(vial: Lot, reasons: list[str], now: datetime) -> dict[str, Any]:
    name = f"{vial.product.name if vial.product else ''} {vial.label}".strip()
    if reasons:
        return {
            "verdict": "suspension",
            "word": f"{name}: not for use",
            "reasons": [{"text": one} for one in reasons],
        }
    ends = f", expires {clock_text(vial.expires, now)}" if vial.expires else ""
    held = f"{mbq(activity_at(vial, now))} in {number_text(round(vial.volume, 2))} mL now{ends}"
    return {"verdict": "within", "word": name, "reasons": [{"text": held}]}


@dataclass(frozen=True, slots=True)
class _Asked:
    """A dose as asked for: MBq at an instant, and for whom; without an instant it is given when drawn."""

    activity: float
    at: datetime | None
    patient: Patient | None


def _asked(given: Mapping[str, str], booked: list[Booking], now: datetime) -> _Asked:
    """Read which dose is asked for: what is typed goes before what is booked.

    Raises:
        BadInput: none is, or a figure cannot be read, or what was scanned is not what was picked.
        NotFound: there is no such patient.
    """
    one = _booking(given, booked)
    activity = number("activity", given.get("activity", ""), one.activity if one is not None else 0.0)
    if activity <= 0:
        raise BadInput("activity: pick a booking, or write the activity", field="activity")
    at = moment("intended_at", given.get("intended_at", "")) or (one.at if one is not None else None)
    if at is not None and at <= now and (one is not None or now - at < MINUTE):
        at = None
    if pseudonym := given.get("patient", ""):
        return _Asked(activity, at, patient_by_pseudonym(pseudonym))
    return _Asked(activity, at, one.patient if one is not None else None)


def _booking(given: Mapping[str, str], booked: list[Booking]) -> Booking | None:
    """Find the booking that was scanned or picked; None where neither was.

    Raises:
        BadInput: what was scanned is none of those for this vial, or another than was picked.
    """
    picked: Booking | None = chosen("booking", given["booking"], booked) if given.get("booking") else None
    code = as_key(given.get("scan_booking", ""))
    if not code:
        return picked
    found = next((one for one in booked if one.code == code), None)
    if found is None:
        words = f"scan_booking: {code[:20]} is no booking that this vial serves now"
        raise BadInput(words, field="scan_booking")
    if picked is not None and picked.pk != found.pk:
        raise BadInput(f"booking: {picked.code} was picked and {found.code} scanned", field="booking")
    return found


@require_POST
@signed_in
def panel(request: HttpRequest) -> HttpResponse:
    """Give what is to be drawn for what stands in the form; nothing is changed."""
    now = clock.now()
    vial = queries.lot_by_label(request.GET.get("vial", ""))
    return render(request, "partials/drawn.html", {"drawn": _shown(vial, request.POST, now)})


def _shown(vial: Lot, posted: Mapping[str, Any], now: datetime) -> dict[str, Any] | None:
    """Give the panel for what stands in the form: None where no dose is chosen yet."""
    given = {name: str(value).strip() for name, value in posted.items()}
    if not any(given.get(name) for name in ("scan_booking", "booking", "activity")):
        return None
    try:
        return _drawn(vial, given, now)
    except KilterError as error:
        return {"fault": error.message}


def _drawn(vial: Lot, given: Mapping[str, str], now: datetime) -> dict[str, Any]:
    """Compute the draw and hold it against the window.

    Raises:
        BadInput: a figure cannot be read.
        Conflict: the vial holds less.
    """
    asked = _asked(given, _bookings(vial, now), now)
    at = asked.at or now
    measured = number_or_none("measured", given.get("measured", ""))
    quantity = drawn(vial, Quantity(activity=asked.activity), at, now, measured)
    volume = drawn(vial, Quantity(activity=asked.activity), at, now).volume
    then = decayed(quantity.activity, vial.nuclide, now, at)
    facts: list[list[Any]] = [
        ["Now", clock_text(now, now)],
        [f"At {clock_text(at, now)}", mbq(then)],
        ["Prescribed", mbq(asked.activity)],
    ]
    made = {
        "volume": f"{number_text(round(volume, 2))} mL",
        "activity": mbq(quantity.activity),
        "facts": facts,
    }
    allowed = window(asked.activity, now)
    if allowed is not None:
        confirmed = "" if allowed.confirmed else ", to be confirmed"
        facts.append(["Window", f"{mbq(allowed.low)} to {mbq(allowed.high)} ({allowed.source}{confirmed})"])
        if measured is not None:
            fits = allowed.holds(then)
            word = "within the window" if fits else "outside the window"
            made |= {"verdict": "within" if fits else "suspension", "word": word, "reasons": []}
    return made
