"""A test instrument's calibrations on pages: certificates typed or imported, drift, and the way back."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET, require_http_methods

from kilter.department.equipment import actions as equipment
from kilter.department.equipment import queries
from kilter.department.equipment.actions.certificates import Quantity
from kilter.department.equipment.calibration import (
    certificates_of,
    drifts_of,
    proposed_interval,
    reliability_of,
)
from kilter.department.equipment.models import Certificate, CertifiedQuantity, Device
from kilter.department.ledger import clock
from kilter.department.people.confirmation import Confirmation
from kilter.department.people.queries import activities_of
from kilter.department.records import actions as records
from kilter.department.records.traceability import Affected, FoundError, last_good, trace
from kilter.interfaces.web.forms import choice_field, form_page, text_field
from kilter.interfaces.web.page import person_of, show, signed_in, table
from kilter.interfaces.web.statements import statement_page
from kilter.interfaces.web.today import device_cell
from kilter.measure.error import BadInput, KilterError
from kilter.measure.rounding import quantity as quantity_text
from kilter.measure.rounding import unit_text
from kilter.measure.unit import split_number, unit
from kilter.measure.words import plain, verdict_word

LARGEST = 20 << 20
EXAMPLE = "earth resistance; ohm; 0; 0.004; 0; 0; 20; 0.001; 0.01"
COLUMNS = "name; unit; correction; U; % of reading; from; to; error as found; tolerance"


def _crumb(device: Device) -> dict[str, str]:
    return {"text": f"{device.model}, {device.asset}", "href": f"/devices/{device.uuid}/"}


@require_GET
@signed_in
def calibrations(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Show an instrument's certificates, its drift, and the interval that its model's history speaks for."""
    device = queries.device_by_uuid(uuid)
    rows = certificates_of(device)
    now = clock.now()
    listed = [[{"text": row.number, "sub": row.laboratory}, _state(row, now), _lines_of(row)] for row in rows]
    rights, base = activities_of(person_of(request)), f"/devices/{device.uuid}/calibration/"
    offered = [
        ("equipment.add_certificate", "Enter a certificate", f"{base}new/"),
        ("equipment.add_certificate", "Import a digital certificate", f"{base}import/"),
        ("records.recall", "Found out of tolerance", f"{base}wrong/"),
    ]
    made = table(listed, "There is no certificate yet.", "Certificate", "Valid", "Lines")
    return show(
        request,
        "listing.html",
        title=f"Calibration of {device.asset}",
        heading=f"Calibration of {device.asset}",
        intro=" ".join([*_interval_words(device), *_drift_words(rows)]),
        crumb=_crumb(device),
        table={**made, "caption": "Certificates, newest first"},
        actions=[{"text": text, "href": href} for right, text, href in offered if right in rights],
    )


def _state(row: Certificate, now: datetime) -> dict[str, str] | str:
    span = f"{row.valid_from:%d %b %Y} to {row.valid_until:%d %b %Y}"
    if row.withdrawn_at is not None:
        return {"verdict": "suspension", "word": f"withdrawn {row.withdrawn_at:%d %b %Y}"}
    if row.valid_until <= now:
        return f"{span} (over)"
    return {"verdict": "within", "word": span}


def _lines_of(row: Certificate) -> str:
    return "; ".join(_line_words(line, row.coverage_factor) for line in row.quantities.all())


def _line_words(line: CertifiedQuantity, k: float) -> str:
    name = unit_text(line.unit)
    words = f"{line.name}: U = {line.expanded_uncertainty:g} {name}".rstrip()
    if line.relative:
        words += f" + {line.relative:g} % of the reading"
    words += f" (k = {k:g})"
    if line.correction:
        words += f", correction {line.correction:+g} {name}"
    words += _range_words(line.low, line.high, name)
    if line.as_found is not None:
        verdict = {True: "in tolerance", False: "out of tolerance", None: "tolerance not stated"}
        words += f", found {line.as_found:+g} {name}: {verdict[line.in_tolerance]}"
    return words


def _range_words(low: float | None, high: float | None, name: str) -> str:
    if low is not None and high is not None:
        return f", from {low:g} to {high:g} {name}".rstrip()
    if high is not None:
        return f", up to {high:g} {name}".rstrip()
    return f", from {low:g} {name}".rstrip() if low is not None else ""


def _interval_words(device: Device) -> list[str]:
    found = reliability_of(device.model)
    if found is None:
        return []
    try:
        outcome = proposed_interval(found)
    except KilterError as problem:
        return [f"No interval can be proposed: {problem.message}."]
    days = float(outcome.results["interval"].value)
    return [
        f"{found.right} of {found.known} calibrations of this model came back in tolerance, on intervals of"
        f" about {found.days:.0f} days; method A3 speaks for {days:.0f} days at a reliability of 95 %."
        " The interval changes when somebody decides so."
    ]


def _drift_words(rows: list[Certificate]) -> list[str]:
    words = []
    for one in drifts_of(rows):
        change = f"{one.line} moves by {one.yearly_change:+.2g} {unit_text(one.unit)} a year"
        if one.reached is None:
            words.append(f"{one.line}: {one.why}.")
        else:
            words.append(
                f"{change}; with its uncertainty it meets its tolerance about {one.reached:%d %b %Y}."
            )
    return words


@require_http_methods(["GET", "POST"])
@signed_in
def new(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Enter a certificate by hand."""
    device = queries.device_by_uuid(uuid)
    fields = [
        text_field("number", "Number", required=True),
        text_field("laboratory", "Laboratory", required=True),
        text_field("issued", "Issued (YYYY-MM-DD)", required=True),
        text_field("valid_from", "Valid from (YYYY-MM-DD)", required=True),
        text_field("valid_until", "Valid until and including (YYYY-MM-DD)", required=True),
        text_field("k", "Coverage factor k", required=True),
        text_field(
            "lines",
            "Lines",
            required=True,
            long=True,
            help_text=f"One a line: {COLUMNS}. What stands at the end may be left out. Such as: {EXAMPLE}",
        ),
    ]

    def act(typed: dict[str, str]) -> str:
        """Enter what was typed."""
        equipment.add_certificate(
            by=person_of(request),
            device=device,
            number=typed["number"],
            laboratory=typed["laboratory"],
            issued=_day("issued", typed["issued"]),
            valid_from=_day("valid_from", typed["valid_from"]),
            valid_until=_day("valid_until", typed["valid_until"]) + timedelta(days=1),
            coverage_factor=_number("k", typed["k"]),
            quantities=_typed_lines(typed["lines"]),
        )
        return f"/devices/{device.uuid}/calibration/"

    return form_page(
        request, "Enter a certificate", fields, act, crumb=_crumb(device), button="Enter", values={"k": "2"}
    )


def _day(field: str, text: str) -> datetime:
    try:
        first = datetime.combine(datetime.strptime(text, "%Y-%m-%d").date(), time())  # noqa: DTZ007  (a day at the site)
        return first.replace(tzinfo=ZoneInfo(settings.SITE_ZONE))
    except ValueError:
        raise BadInput("write the day as YYYY-MM-DD", field=field) from None


def _number(field: str, text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        raise BadInput(f"{text[:40]!r} is no number; write 0.5, not 0,5", field=field) from None
    if not math.isfinite(number):
        raise BadInput("the number must be finite", field=field)
    return number


def _typed_lines(text: str) -> list[Quantity]:
    lines = [line for line in text.splitlines() if line.strip()]
    return [_typed_line(number, line) for number, line in enumerate(lines, 1)]


def _typed_line(number: int, line: str) -> Quantity:
    parts = [part.strip() for part in line.split(";")]
    if not 4 <= len(parts) <= 9:
        raise BadInput(f"line {number} has {len(parts)} parts; it takes 4 to 9: {COLUMNS}", field="lines")
    read = [_number("lines", part) if part else None for part in parts[2:]] + [None] * 7
    correction, expanded, relative, low, high, as_found, tolerance = read[:7]
    return Quantity(
        name=parts[0],
        unit=parts[1],
        correction=correction or 0.0,
        expanded_uncertainty=expanded or 0.0,
        relative=relative or 0.0,
        low=low,
        high=high,
        as_found=as_found,
        tolerance=tolerance,
    )


@require_http_methods(["GET", "POST"])
@signed_in
def import_digital(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Take a Digital Calibration Certificate; its serial number must be this instrument's."""
    device = queries.device_by_uuid(uuid)
    fields = [
        {"name": "file", "label": "Certificate (XML)", "type": "file", "required": True},
        text_field("valid_until", "Valid until and including (YYYY-MM-DD)", required=True),
        text_field("tolerance", "Greatest error wanted, in the certificate's unit"),
    ]

    def act(typed: dict[str, str]) -> str:
        """Read the file and enter what it states."""
        sent = request.FILES.get("file")
        if sent is None or (sent.size or 0) > LARGEST:
            raise BadInput("choose the certificate's file, 20 MB at most", field="file")
        equipment.import_certificate(
            by=person_of(request),
            device=device,
            content=sent.read(),
            valid_until=_day("valid_until", typed["valid_until"]) + timedelta(days=1),
            tolerance=_number("tolerance", typed["tolerance"]) if typed["tolerance"] else None,
        )
        return f"/devices/{device.uuid}/calibration/"

    return form_page(
        request, "Import a digital certificate", fields, act, crumb=_crumb(device), button="Import"
    )


@require_http_methods(["GET", "POST"])
@signed_in
def wrong(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Ask how wrong an instrument was found, and go on to what it could have misjudged."""
    device = queries.device_by_uuid(uuid)
    names = list(dict.fromkeys(line.name for row in certificates_of(device) for line in row.quantities.all()))
    fields = [
        choice_field("quantity", "Line of the certificate", [(name, name) for name in names], required=True),
        text_field(
            "offset",
            "Error found, with its unit (reading less truth)",
            help_text="Such as -50 mohm where it showed 50 milliohm too little",
        ),
        text_field("share", "Error found in percent of the reading, with its sign"),
        text_field("since", "Last known to be right (YYYY-MM-DD)", required=True),
    ]
    since = last_good(device, clock.now()) if names else clock.now()

    def act(typed: dict[str, str]) -> str:
        """Check what was typed and go on to the list."""
        _errors(typed)
        _day("since", typed["since"])
        return f"/devices/{device.uuid}/calibration/traced/?{urlencode(typed)}"

    return form_page(
        request,
        "Found out of tolerance",
        fields,
        act,
        crumb=_crumb(device),
        button="Show what it could have misjudged",
        values={"since": f"{since.astimezone(ZoneInfo(settings.SITE_ZONE)):%Y-%m-%d}"},
    )


def _errors(typed: Mapping[str, str]) -> list[FoundError]:
    """Read the error from the form.

    Raises:
        BadInput: it has no unit or no number, or neither part is given.
    """
    if not typed.get("quantity"):
        raise BadInput("say which line of the certificate was found wrong", field="quantity")
    offset, symbol = 0.0, "1"
    if text := typed.get("offset", ""):
        number, symbol = split_number(text, field="offset")
        offset, symbol = float(number), unit(symbol or "1").symbol
    share = _number("share", typed["share"].rstrip("% ")) if typed.get("share") else 0.0
    if not offset and not share:
        raise BadInput("say how wrong it was found", field="offset")
    return [FoundError(typed.get("quantity", ""), symbol, offset, share)]


@require_http_methods(["GET", "POST"])
@signed_in
def traced(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """List the records whose verdict could have been another; signing recalls them."""
    device = queries.device_by_uuid(uuid)
    errors, since = _errors(request.GET.dict()), _day("since", request.GET.get("since", ""))
    found = trace(device, errors, since)
    retests = sum(one.to_be_retested for one in found.affected)

    def act(given: Mapping[str, str], confirmation: Confirmation) -> str:
        """Recall what is listed."""
        record, _ = records.recall(
            by=person_of(request),
            device=device,
            errors=errors,
            since=since,
            text=given["text"],
            confirmation=confirmation,
        )
        return f"/records/{record.uuid}/"

    rows = [_affected_row(one) for one in found.affected]
    made = table(
        rows, "No verdict could have been another.", "Device", "Record", "Verdict", "Could be", "What follows"
    )
    error = errors[0]
    size = quantity_text(error.offset, error.unit) if error.offset else f"{error.share:+g} % of the reading"
    meaning = (
        f"{device.asset} was found out of tolerance ({size}). Its certificate ends, it is held, and"
        f" {retests} record(s) are asked for again; the devices are held until then."
    )
    return statement_page(
        request,
        "What it could have misjudged",
        meaning,
        ({"name": "text", "label": "What was found, and how", "type": "long_text", "required": True},),
        act,
        crumb=_crumb(device),
        table={**made, "caption": f"{found.used} records rest on it; {len(rows)} could have been otherwise"},
    )


def _affected_row(one: Affected) -> list[Any]:
    record = one.record
    assert record.device is not None  # `trace` reads records of devices only
    area, _, name = record.procedure.partition(".")
    could = ", ".join(verdict_word(area, word) for word in one.could_be) or one.why
    follows = (
        "held and tested again" if one.to_be_retested else "tested since" if one.tested_since else "listed"
    )
    return [
        device_cell(record.device),
        {"text": f"{record.number}", "href": f"/records/{record.uuid}/", "sub": plain(name)},
        {"verdict": record.verdict, "word": verdict_word(area, record.verdict)},
        could,
        follows,
    ]
