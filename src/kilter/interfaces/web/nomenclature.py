"""Kinds of device and their codes in nomenclatures: listed, linked, taken from a sheet of the site's."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET, require_http_methods

from kilter.department.equipment import actions, nomenclature
from kilter.department.equipment.actions.nomenclature import COLUMNS
from kilter.department.people.queries import activities_of
from kilter.formats.sheet import read_sheet
from kilter.interfaces.web.device_models import read_codes
from kilter.interfaces.web.forms import Field, form_page, text_field
from kilter.interfaces.web.page import person_of, show, signed_in, table
from kilter.measure.error import BadInput, NotFound
from kilter.measure.quantity import File

CRUMB = {"text": "Kinds and codes", "href": "/kinds/"}
LARGEST = 10 << 20


@require_GET
@signed_in
def listing(request: HttpRequest) -> HttpResponse:
    """List the kinds of the register with the codes under which each stands."""
    may = "equipment.set_kind_codes" in activities_of(person_of(request))
    rows: list[list[Any]] = []
    for kind, codes in nomenclature.codes_of_kinds().items():
        word = kind.replace("_", " ")
        cell: Any = {"text": word, "href": f"/kinds/{kind}/"} if may else word
        said = "; ".join(f"{one}: {one.term}" if one.term else str(one) for one in codes)
        rows.append([cell, said or "none linked"])
    made = table(rows, "The register has no model yet.", "Kind", "Codes")
    return show(
        request,
        "listing.html",
        title="Kinds and codes",
        heading="Kinds and codes",
        crumb={"text": "Models", "href": "/models/"},
        intro="Codes of the nomenclatures that the site supplies. A safety alert that names one finds the "
        "models of the kind, beside those that are linked by themselves.",
        table={**made, "caption": "Kinds of device"},
        actions=[{"text": "Import from a sheet", "href": "/kinds/import/"}] if may else [],
    )


@require_http_methods(["GET", "POST"])
@signed_in
def kind(request: HttpRequest, key: str) -> HttpResponse:
    """Say under which codes a kind stands."""
    known = nomenclature.codes_of_kinds()
    if key not in known:
        raise NotFound("the register has no such kind")
    lines = [", ".join(part for part in (one.system, one.code, one.term) if part) for one in known[key]]

    def act(typed: dict[str, str]) -> str:
        """Put these codes in place of those before."""
        actions.set_kind_codes(by=person_of(request), kind=key, codes=read_codes(typed["codes"]))
        return "/kinds/"

    hint = "One a line: nomenclature, code, term, parted by commas."
    fields = [text_field("codes", "Codes", long=True, help_text=hint)]
    heading = f"Codes of {key.replace('_', ' ')}"
    return form_page(
        request, heading, fields, act, crumb=CRUMB, button="Save", values={"codes": "\n".join(lines)}
    )


@require_http_methods(["GET", "POST"])
@signed_in
def from_sheet(request: HttpRequest) -> HttpResponse:
    """Take kinds and codes from a CSV or XLSX file, all or none."""

    def act(typed: dict[str, str]) -> str:
        """Read the file and link what it says."""
        sent = request.FILES.get("file")
        if sent is None or not sent.size:
            raise BadInput("file: choose a file", field="file")
        if sent.size > LARGEST:
            raise BadInput("file: larger than 10 MiB", field="file")
        sheet = read_sheet(File((sent.name or "file")[:200], sent.read()), field="file")
        names = [name.casefold() for name in sheet.columns]
        missing = [name for name in COLUMNS if name not in names]
        if missing:
            raise BadInput(f"file: there is no column {missing[0]}", field="file")
        rows = [dict(zip(names, row, strict=True)) for row in sheet.rows]
        actions.import_kind_codes(by=person_of(request), rows=rows)
        return "/kinds/"

    file: Field = {"name": "file", "label": "CSV or XLSX file", "type": "file", "required": True}
    intro = "Columns: kind, system, code, and term where there is one. The codes of each kind that the file "
    intro += "names stand in place of those before."
    return form_page(request, "Import codes", [file], act, crumb=CRUMB, button="Import", intro=intro)
