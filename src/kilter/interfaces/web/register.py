"""The register on pages: the list, one device's fields, many at once, and sheets of labels."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from kilter.department.equipment import actions, listing, supplies
from kilter.department.equipment import queries as equipment
from kilter.department.equipment.lifecycle import WORDS, State
from kilter.department.equipment.models import Device, DeviceModel
from kilter.department.people.queries import activities_of
from kilter.interfaces.reports.labels import MOST, SHEETS, DeviceLabel, labels_pdf
from kilter.interfaces.web.forms import Field, choice_field, form_page, text_field
from kilter.interfaces.web.page import person_of, show, signed_in
from kilter.measure.error import BadInput, KilterError

CRUMB = {"text": "Devices", "href": "/devices/"}
PLAIN: tuple[tuple[str, str], ...] = (
    ("asset", "Asset number"),
    ("serial", "Serial number"),
    ("udi", "UDI, as scanned"),
    ("location", "Place, such as East Wing / Ward 7"),
    ("parent", "Part of (asset number)"),
    ("owner", "Owner"),
    ("custodian", "Custodian"),
    ("supplier", "Supplier"),
    ("order_number", "Order number"),
    ("cost", "Cost"),
    ("currency", "Currency"),
    ("purchased", "Purchased (YYYY-MM-DD)"),
    ("installed", "Installed (YYYY-MM-DD)"),
    ("warranty_until", "Warranty until (YYYY-MM-DD)"),
    ("year_of_manufacture", "Year of manufacture"),
    ("made", "Made (YYYY-MM-DD)"),
    ("expires", "Expires (YYYY-MM-DD)"),
    ("lot", "Lot"),
    ("software_version", "Software version"),
    ("expected_life_years", "Expected life in years, where not its model's"),
    ("holds_data", "Keeps patients' data (yes or no), where not as its model"),
    ("notes", "Notes"),
)
"""Every field of a device's form but its model, in the order of the page."""
BULK = tuple(one for one in PLAIN if one[0] not in ("asset", "serial", "udi", "parent"))
FROM_LABEL = ("serial", "model", "udi", "lot", "expires", "made")
"""Fields that a scanned label may fill in."""
TAKEN_OVER = "taken_over"
"""In the filter of states: in service, and never accepted here."""
HOWS = (("", "leave as it is"), ("set", "set to"), ("empty", "empty it"))


@require_GET
@signed_in
def devices(request: HttpRequest) -> HttpResponse:
    """List the register: filtered by kind, place, state and owner, page by page."""
    given = {name: request.GET.get(name, "").strip()[:200] for name in ("kind", "state", "owner", "place")}
    faults, place = "", None
    if given["place"]:
        try:
            place = listing.place_named(given["place"], "place")
        except BadInput as problem:
            faults = problem.message
    state = given["state"] if given["state"] in {one.value for one in State} else ""
    filters = listing.Filters(
        kind=given["kind"],
        state=state,
        owner=given["owner"],
        place=place,
        taken_over=given["state"] == TAKEN_OVER,
    )
    after = request.GET.get("after", "")[:60]
    page = listing.page(filters, after=after) if not faults else listing.Page((), "")
    rights = activities_of(person_of(request))
    offered = []
    if "equipment.register_device" in rights:
        offered.append({"text": "Register a device", "href": "/devices/new/"})
    offered.append({"text": "Lent to us", "href": "/lent/"})
    if "intake.import_devices" in rights:
        offered.append({"text": "Import a sheet", "href": "/import/"})
    following = f"?{urlencode({**given, 'after': page.after})}" if page.after else ""
    return show(
        request,
        "devices.html",
        title="Devices",
        heading="Devices",
        filters={"href": "/devices/", "fields": _filters(given, faults)},
        devices=[_row(one) for one in page.devices],
        columns=["Serial", "Kind", "Place", "Owner", "State"],
        empty={"text": "No device fits these filters."},
        actions=[
            *offered,
            {"text": "Models", "href": "/models/"},
            {"text": "Tester files", "href": "/testers/"},
            {"text": "Arrived images", "href": "/arrived/"},
            {"text": "Replacement", "href": "/replacement/"},
            {"text": "Lists of the law", "href": "/regulations/"},
            {"text": "Stocktakes", "href": "/stocktakes/"},
        ],
        offers=[{"text": "Labels", "action": "/labels/"}]
        + ([{"text": "Edit", "action": "/devices/bulk/"}] if "equipment.edit_devices" in rights else []),
        pages={"text": f"{len(page.devices)} on this page", "next": following},
    )


def _filters(given: dict[str, str], fault: str) -> list[Field]:
    taken_over = (TAKEN_OVER, "taken over in service, not accepted here")
    fields = [
        choice_field("kind", "Kind", [(kind, kind.replace("_", " ")) for kind in listing.kinds()]),
        choice_field("state", "State", [*((state.value, WORDS[state]) for state in State), taken_over]),
        text_field("owner", "Owner"),
        {**text_field("place", "Place"), "error": fault},
    ]
    return [{**field, "value": given[field["name"]], "bare": True} for field in fields]


def _row(one: Device) -> dict[str, Any]:
    place = one.location.name if one.location else "no place"
    return {
        "value": f"{one.uuid}:{one.version}",
        "asset": one.asset,
        "href": f"/devices/{one.uuid}/",
        "sub": str(one.model),
        "cells": [one.serial, one.kind.replace("_", " "), place, one.owner, WORDS[State(one.state)]],
    }


def _as_text(device: Device, name: str) -> str:
    """Give a field as its form shows it."""
    if name == "location":
        return listing.way_to(device.location)
    value = getattr(device, name)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Device):
        return value.asset
    return "" if value is None else str(value)


def read_field(name: str, typed: str) -> object:
    """Turn what was typed into what the action takes."""
    if name == "location":
        return listing.place_named(typed) if typed else None
    if name == "parent":
        return equipment.device_by_asset(typed) if typed else None
    if name == "model":
        return _model(typed)
    return typed


def _model(typed: str) -> DeviceModel:
    try:
        return supplies.model_by_uuid(UUID(typed))
    except ValueError:
        raise BadInput("model: choose one", field="model") from None


def device_fields() -> list[Field]:
    """Give the fields of a device as a form asks for them."""
    models = DeviceModel.objects.order_by("maker", "name")
    model = choice_field("model", "Model", [(str(one.uuid), str(one)) for one in models], required=True)
    plain = [text_field(name, word, required=name == "asset", long=name == "notes") for name, word in PLAIN]
    return [*plain[:2], model, *plain[2:]]


@require_http_methods(["GET", "POST"])
@signed_in
def new(request: HttpRequest) -> HttpResponse:
    """Register a device."""

    def act(typed: dict[str, str]) -> str:
        """Register what was typed; what was left empty is not given."""
        fields = {name: read_field(name, text) for name, text in typed.items() if text or name == "model"}
        return f"/devices/{actions.register_device(by=person_of(request), fields=fields).uuid}/"

    values = {
        "currency": "GBP",
        **{name: request.GET.get(name, "")[:200] for name in ("serial", "model", "udi")},
    }
    return form_page(
        request, "Register a device", device_fields(), act, crumb=CRUMB, button="Register", values=values
    )


@require_http_methods(["GET", "POST"])
@signed_in
def edit(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Edit a device's fields; only those that were changed on the page are sent on."""
    found = equipment.device_by_uuid(uuid)
    fields = device_fields()
    shown = {field["name"]: _as_text(found, field["name"]) for field in fields if field["name"] != "model"}
    shown["model"] = str(found.model.uuid)
    hidden = {"version": str(found.version), **{f"was.{name}": text for name, text in shown.items()}}

    def act(typed: dict[str, str]) -> str:
        """Send on what differs from what the page showed, with the version that it showed."""
        version = request.POST.get("version", "")
        if not (version.isascii() and version.isdigit() and len(version) < 10):
            raise BadInput("version: this page was not sent whole; load it again", field="version")
        before = {name: _lines(request.POST.get(f"was.{name}", "")) for name in typed}
        changes = {
            name: read_field(name, text) for name, text in typed.items() if _lines(text) != before[name]
        }
        actions.edit_device(by=person_of(request), device=found, version=int(version), changes=changes)
        return f"/devices/{found.uuid}/"

    crumb = {"text": f"{found.model} {found.asset}", "href": f"/devices/{found.uuid}/"}
    return form_page(
        request, f"Edit {found.asset}", fields, act, crumb=crumb, button="Save", values=shown, hidden=hidden
    )


def _lines(text: str) -> str:
    """Make ends of lines alike; a browser sends its own."""
    return text.replace("\r\n", "\n").strip()


def _ticked(request: HttpRequest) -> list[tuple[Device, int]]:
    """Read the devices of a form, each with the version it was shown at."""
    versions: dict[UUID, int] = {}
    for text in request.POST.getlist("device")[: MOST + 1]:
        uuid, _, version = str(text).partition(":")
        try:
            versions[UUID(uuid)] = int(version)
        except ValueError:
            raise BadInput("device: this page was not sent whole; load it again", field="device") from None
    if not 0 < len(versions) <= MOST:
        raise BadInput(f"device: tick from 1 to {MOST} devices", field="device")
    rows = equipment.devices().filter(uuid__in=versions).order_by("asset_key")
    return [(row, versions[row.uuid]) for row in rows]


@require_POST
@signed_in
def bulk(request: HttpRequest) -> HttpResponse:
    """Edit several devices at once: each field is left, set or emptied."""
    ticked = _ticked(request)
    faults: list[dict[str, str]] = []
    if request.POST.get("act") == "save":
        try:
            actions.edit_devices(by=person_of(request), devices=ticked, changes=_changes(request))
            return HttpResponseRedirect("/devices/")
        except KilterError as error:
            faults = [{"field": error.field if error.field in dict(BULK) else "", "message": error.message}]
    rows = []
    for name, word in BULK:
        how = choice_field(f"{name}.how", word, HOWS, required=True) | {
            "value": request.POST.get(f"{name}.how", "")
        }
        typed = text_field(name, f"{word}: new value") | {
            "value": request.POST.get(name, ""),
            "bare": True,
            "error": next((fault["message"] for fault in faults if fault["field"] == name), ""),
        }
        rows.append({"name": name, "label": word, "how": how, "field": typed})
    return show(
        request,
        "bulk.html",
        422 if faults else 200,
        title="Edit several",
        heading=f"Edit {len(ticked)} devices",
        devices=[{"value": f"{one.uuid}:{version}", "asset": one.asset} for one, version in ticked],
        rows=rows,
        faults=faults,
        form={"action": request.path},
    )


def _changes(request: HttpRequest) -> dict[str, object]:
    """Read which fields are to be set or emptied."""
    changes: dict[str, object] = {}
    for name, _ in BULK:
        how = request.POST.get(f"{name}.how", "")
        typed = request.POST.get(name, "").strip()
        if how == "set" and not typed:
            raise BadInput(f"{name}: type the new value, or choose to empty it", field=name)
        if how in ("set", "empty"):
            changes[name] = read_field(name, typed if how == "set" else "")
    return changes


@require_POST
@signed_in
def labels(request: HttpRequest) -> HttpResponse:
    """Print labels for the devices ticked; each QR code leads to the device's page."""
    found = [one for one, _ in _ticked(request)]
    sheet = request.POST.get("sheet", next(iter(SHEETS)))
    skip = request.POST.get("skip", "0")
    if not (skip.isascii() and skip.isdigit() and len(skip) < 4):
        raise BadInput("skip: must be a whole number", field="skip")
    made = [
        DeviceLabel(
            one.asset, str(one.model), one.serial, request.build_absolute_uri(f"/devices/{one.uuid}/")
        )
        for one in found
    ]
    pdf = labels_pdf(made, sheet=sheet, skip=int(skip), site=settings.KILTER.department)
    answer = HttpResponse(pdf, content_type="application/pdf")
    answer["Content-Disposition"] = 'attachment; filename="labels.pdf"'
    return answer
