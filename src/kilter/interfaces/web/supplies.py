"""Suppliers, contracts, device models and documents on pages."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET, require_http_methods

from kilter.department.equipment import actions, listing, supplies
from kilter.department.equipment import queries as equipment
from kilter.department.equipment.models import Contract, Device, DeviceModel, Document, Supplier
from kilter.department.ledger import files
from kilter.department.people.queries import activities_of
from kilter.department.schedule.queries import today
from kilter.interfaces.web import makers
from kilter.interfaces.web.forms import Field, choice_field, form_page, text_field
from kilter.interfaces.web.page import download, person_of, show, signed_in, table
from kilter.interfaces.web.today import device_cell
from kilter.measure.error import BadInput, NotFound, NotPermitted

SOON = 90
CRUMB = {"text": "Suppliers", "href": "/suppliers/"}
FIRM = (
    ("name", "Name"),
    ("account", "Our account number"),
    ("phone", "Telephone"),
    ("email", "E-mail"),
    ("address", "Address"),
    ("notes", "Notes"),
)
TERMS = (
    ("number", "Number"),
    ("starts", "Starts (YYYY-MM-DD)"),
    ("ends", "Ends, that day included (YYYY-MM-DD)"),
    ("cost", "Cost a year"),
    ("currency", "Currency"),
    ("response_hours", "On site within hours"),
    ("repair_hours", "Repaired within hours"),
    ("notes", "Notes"),
)
LARGEST = 50 << 20


@require_GET
@signed_in
def suppliers(request: HttpRequest) -> HttpResponse:
    """List the contracts that end soon, and every supplier."""
    soon = supplies.ending_within(SOON, today())
    rows: list[list[Any]] = [
        [_contract_cell(one), {"verdict": "remedial", "word": f"ends {one.ends:%d %b %Y}"}] for one in soon
    ]
    rows += [
        [{"text": one.name, "href": f"/suppliers/{one.uuid}/"}, one.phone]
        for one in Supplier.objects.order_by("name_key")
    ]
    made = table(rows, "No supplier is entered yet.", "Supplier or contract", "Telephone, or end")
    return show(
        request,
        "listing.html",
        title="Suppliers",
        heading="Suppliers",
        intro=f"Contracts that end within {SOON} days stand first: {len(soon)}.",
        table={**made, "caption": "Suppliers and contracts that end soon"},
        actions=[{"text": "Add a supplier", "href": "/suppliers/new/"}],
    )


def _contract_cell(one: Contract) -> dict[str, str]:
    return {"text": str(one), "href": f"/contracts/{one.uuid}/", "sub": one.get_kind_display()}


def _firm_fields() -> list[Field]:
    return [text_field(name, word, required=name == "name", long=name == "notes") for name, word in FIRM]


@require_http_methods(["GET", "POST"])
@signed_in
def new_supplier(request: HttpRequest) -> HttpResponse:
    """Enter a supplier."""

    def act(typed: dict[str, str]) -> str:
        """Enter what was typed."""
        return f"/suppliers/{actions.add_supplier(by=person_of(request), fields=typed).uuid}/"

    return form_page(request, "Add a supplier", _firm_fields(), act, crumb=CRUMB, button="Add")


@require_http_methods(["GET", "POST"])
@signed_in
def supplier(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Show and edit a supplier; its contracts and documents are named above the form."""
    found = supplies.supplier_by_uuid(uuid)
    shown = {name: str(getattr(found, name)) for name, _ in FIRM}
    if request.GET.get("edit") is not None or request.method == "POST":

        def act(typed: dict[str, str]) -> str:
            """Change what differs."""
            actions.edit_supplier(by=person_of(request), supplier=found, changes=typed)
            return f"/suppliers/{found.uuid}/"

        crumb = {"text": found.name, "href": f"/suppliers/{found.uuid}/"}
        return form_page(
            request, f"Edit {found.name}", _firm_fields(), act, crumb=crumb, button="Save", values=shown
        )
    rows: list[list[Any]] = [
        [_contract_cell(one), f"{one.starts:%d %b %Y} to {one.ends:%d %b %Y}"]
        for one in supplies.contracts().filter(supplier=found)
    ]
    rows += _document_rows(supplies.documents_of(found))
    made = table(rows, "There is no contract and no document yet.", "Contract or document", "When")
    return show(
        request,
        "listing.html",
        title=found.name,
        heading=found.name,
        intro=", ".join(text for text in (found.phone, found.email, found.address, found.notes) if text),
        table={**made, "caption": "Contracts and documents"},
        actions=[
            {"text": "Add a contract", "href": f"/suppliers/{found.uuid}/contract/"},
            {"text": "Edit", "href": f"/suppliers/{found.uuid}/?edit"},
            {"text": "Attach a document", "href": f"/attach/supplier/{found.uuid}/"},
        ],
    )


def _document_rows(documents: list[Document]) -> list[list[Any]]:
    return [
        [
            {"text": one.title, "href": f"/documents/{one.uuid}/", "sub": one.get_kind_display()},
            one.dated.isoformat() if one.dated else {"at": one.attached_at},
        ]
        for one in documents
    ]


def _terms() -> list[Field]:
    needed = ("number", "starts", "ends")
    plain = [text_field(name, word, required=name in needed, long=name == "notes") for name, word in TERMS]
    kinds = [(kind.value, kind.label) for kind in Contract.Kind]
    scope = [
        text_field("devices", "Covers the devices (asset numbers, one a line)", long=True),
        text_field("models", "Covers the models (maker and name, one a line)", long=True),
    ]
    return [*plain[:1], choice_field("kind", "Kind", kinds, required=True), *plain[1:], *scope]


def _scope(typed: dict[str, str]) -> tuple[list[Device], list[DeviceModel]]:
    """Read what a contract covers.

    Raises:
        NotFound: a line names no device or no model.
    """
    devices = [equipment.device_by_asset(line) for line in typed.pop("devices").splitlines() if line.strip()]
    known = {str(one).casefold(): one for one in DeviceModel.objects.all()}
    models = []
    for line in typed.pop("models").splitlines():
        if line.strip():
            if line.strip().casefold() not in known:
                raise NotFound(f"there is no model {line.strip()[:60]}", field="models")
            models.append(known[line.strip().casefold()])
    return devices, models


@require_http_methods(["GET", "POST"])
@signed_in
def new_contract(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Enter a contract of a supplier."""
    found = supplies.supplier_by_uuid(uuid)

    def act(typed: dict[str, str]) -> str:
        """Enter what was typed."""
        given = dict(typed)
        devices, models = _scope(given)
        made = actions.add_contract(
            by=person_of(request), fields={**given, "supplier": found}, devices=devices, models=models
        )
        return f"/contracts/{made.uuid}/"

    crumb = {"text": found.name, "href": f"/suppliers/{found.uuid}/"}
    values = {"currency": "GBP"}
    return form_page(request, "Add a contract", _terms(), act, crumb=crumb, button="Add", values=values)


@require_http_methods(["GET", "POST"])
@signed_in
def contract(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Show and edit a contract and what it covers."""
    found = supplies.contract_by_uuid(uuid)

    def act(typed: dict[str, str]) -> str:
        """Change what differs."""
        given = dict(typed)
        devices, models = _scope(given)
        actions.edit_contract(
            by=person_of(request), contract=found, changes=given, devices=devices, models=models
        )
        return f"/contracts/{found.uuid}/"

    names = [name for name, _ in TERMS] + ["kind"]
    values = {name: "" if getattr(found, name) is None else str(getattr(found, name)) for name in names}
    values["devices"] = "\n".join(found.devices.order_by("asset_key").values_list("asset", flat=True))
    values["models"] = "\n".join(str(one) for one in found.models.order_by("maker", "name"))
    crumb = {"text": found.supplier.name, "href": f"/suppliers/{found.supplier.uuid}/"}
    heading = f"Contract {found.number}"
    return form_page(request, heading, _terms(), act, crumb=crumb, button="Save", values=values)


@require_GET
@signed_in
def model(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Show a device model: what it is, its codes, documents, and its devices."""
    found = supplies.model_by_uuid(uuid)
    said = [
        found.kind.replace("_", " "),
        f"brand {found.brand}" if found.brand else "",
        f"catalogue number {found.catalogue_number}" if found.catalogue_number else "",
        f"UDI-DI {found.udi_di}" if found.udi_di else "",
        f"its label bears {', '.join(found.label_bears) or 'neither lot, serial nor day'}"
        if found.label_bears is not None
        else "",
        found.get_mri_safety_display() if found.mri_safety else "",
        "for single use" if found.single_use else "",
        f"sold by its maker until {found.distribution_ends}" if found.distribution_ends else "",
        f"connector: {found.get_connector_display()}" if found.connector else "",
        f"laser {found.get_laser_class_display()}" if found.laser_class else "",
        "radioactive source" if found.radioactive_source else "",
        "controlled area" if found.controlled_area else "",
        "keeps patients' data" if found.holds_data else "",
        *(f"{code}: {code.term}" if code.term else str(code) for code in found.codes.all()),
    ]
    page = listing.page(listing.Filters(model=found))
    rows: list[list[Any]] = makers.rows_of(found) + _document_rows(supplies.documents_of(found))
    rows += [[device_cell(one), one.serial] for one in page.devices]
    made = table(
        rows,
        "The register has no device of this model.",
        "Query, document or device",
        "State, date or serial",
    )
    rights = activities_of(person_of(request))
    offered = [{"text": "Intervals", "href": f"/models/{found.uuid}/intervals/"}]
    if "equipment.edit_model" in rights:
        offered.append({"text": "Edit", "href": f"/models/{found.uuid}/edit/"})
    if "equipment.attach_document" in rights:
        offered.append({"text": "Attach a document", "href": f"/attach/model/{found.uuid}/"})
    if "work.ask_maker" in rights:
        offered.append({"text": "Ask the maker", "href": f"/models/{found.uuid}/ask/"})
    more = " More devices of it are found by the search." if page.after else ""
    return show(
        request,
        "listing.html",
        title=str(found),
        heading=str(found),
        crumb={"text": "Models", "href": "/models/"},
        intro="; ".join(text for text in said if text) + "." + more,
        table={**made, "caption": "Queries, documents and devices"},
        actions=offered,
    )


_OWNERS: dict[str, tuple[Any, str]] = {
    "device": (equipment.device_by_uuid, "/devices/"),
    "model": (supplies.model_by_uuid, "/models/"),
    "supplier": (supplies.supplier_by_uuid, "/suppliers/"),
    "contract": (supplies.contract_by_uuid, "/contracts/"),
}


@require_http_methods(["GET", "POST"])
@signed_in
def attach(request: HttpRequest, kind: str, uuid: UUID) -> HttpResponse:
    """Attach a document to a device, a model, a supplier or a contract."""
    if kind not in _OWNERS:
        raise NotFound("there is nothing at this address")
    find, address = _OWNERS[kind]
    owner = find(uuid)

    def act(typed: dict[str, str]) -> str:
        """Keep the file and attach it; who may not attach it leaves no file behind either."""
        if "equipment.attach_document" not in activities_of(person_of(request)):
            raise NotPermitted("You may not attach a document.", field="by")
        sent = request.FILES.get("file")
        if sent is None or not sent.size:
            raise BadInput("file: choose a file", field="file")
        if sent.size > LARGEST:
            raise BadInput("file: larger than 50 MiB", field="file")
        kept = files.store(sent.read(), media_type="application/octet-stream")
        actions.attach_document(
            by=person_of(request),
            to=owner,
            file=kept,
            name=sent.name or "file",
            title=typed["title"],
            kind=typed["kind"],
            dated=typed["dated"],
        )
        return f"{address}{owner.uuid}/"

    fields = [
        text_field("title", "Title", required=True),
        choice_field("kind", "Kind", [(one.value, one.label) for one in Document.Kind], required=True),
        text_field("dated", "Date on the document (YYYY-MM-DD)"),
        {"name": "file", "label": "File", "type": "file", "required": True},
    ]
    crumb = {"text": str(owner), "href": f"{address}{owner.uuid}/"}
    return form_page(request, "Attach a document", fields, act, crumb=crumb, button="Attach")


@require_GET
@signed_in
def document(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Give a document's bytes, as a download: it came from outside and is never shown in a page of ours."""
    found = supplies.document_by_uuid(uuid)
    return download(files.read(found.file.sha256), found.name)
