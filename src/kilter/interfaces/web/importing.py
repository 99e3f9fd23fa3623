"""A sheet of devices taken in by page: columns named, looked at without changing anything, imported."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_GET, require_http_methods

from kilter.department.equipment.registers import names, sheet
from kilter.department.intake import register, undoing
from kilter.department.intake.models import ColumnMapping, DeviceImport
from kilter.department.ledger import files
from kilter.department.ledger.models import StoredFile
from kilter.department.people.queries import activities_of
from kilter.department.schedule.queries import today
from kilter.formats.sheet import read_sheet
from kilter.formats.sheet_writer import KINDS, write_sheet
from kilter.interfaces.web.forms import form_page, text_field
from kilter.interfaces.web.page import person_of, show, signed_in, table
from kilter.measure.error import BadInput, KilterError, NotFound, NotPermitted
from kilter.measure.quantity import File, Sheet

LARGEST = 64 << 20
LINES = 200
FIELDS = (*register.PLAIN, *register.MODEL, *register.PLACE, "state")


@require_http_methods(["GET", "POST"])
@signed_in
def start(request: HttpRequest) -> HttpResponse:
    """Take a sheet, and list the imports there were."""
    faults: list[dict[str, str]] = []
    if request.method == "POST":
        try:
            kept, name = _kept(request)
            return HttpResponseRedirect(f"/import/{kept.sha256}/?name={name}")
        except KilterError as error:
            faults = [{"field": error.field, "message": error.message}]
    rows = [
        [
            {"text": one.reason, "sub": str(one.by)},
            {"at": one.at},
            str(one.count),
            {"text": "Undo", "href": f"/import/undo/{one.uuid}/"} if one.undone_at is None else "undone",
        ]
        for one in DeviceImport.objects.select_related("by")[:LINES]
    ]
    made = table(rows, "Nothing was imported yet.", "Import", "When", "Devices", "State")
    return show(
        request,
        "import.html",
        422 if faults else 200,
        title="Import devices",
        faults=faults,
        form={"action": request.path},
        exports=[
            {"text": f"{word} ({kind.upper()})", "href": f"/devices/export/{key}.{kind}"}
            for key, word in names().items()
            for kind in KINDS
        ],
        table=made,
    )


def _may(request: HttpRequest) -> None:
    """Refuse who may not import, before a file is kept or read."""
    if "intake.import_devices" not in activities_of(person_of(request)):
        raise NotPermitted("You may not import devices.", field="by")


def _kept(request: HttpRequest) -> tuple[StoredFile, str]:
    """Keep the sheet that was sent, once it can be read."""
    _may(request)
    sent = request.FILES.get("file")
    if sent is None or not sent.size or sent.size > LARGEST:
        raise BadInput("file: choose a CSV or XLSX file of at most 64 MiB", field="file")
    content = sent.read()
    name = "".join(letter for letter in (sent.name or "") if letter.isalnum() or letter in "._-")[:80]
    read_sheet(File(name or "sheet", content), field="file")
    return files.store(content, media_type="application/octet-stream"), name or "sheet"


@require_http_methods(["GET", "POST"])
@signed_in
def sheet_page(request: HttpRequest, sha256: str) -> HttpResponse:
    """Show what a sheet would bring under the columns as chosen, or bring it."""
    _may(request)
    name = request.GET.get("name", "sheet")[:80]
    plain = read_sheet(File(name, files.read(sha256)), field="file")
    columns = _columns(request, plain)
    faults: list[dict[str, str]] = []
    rows = register.Rows()
    try:
        rows = register.read_devices(register.mapped(plain, columns))
        answer = _act(request, plain, rows, columns, name, sha256)
        if answer is not None:
            return answer
    except KilterError as error:
        faults = [{"field": "", "message": error.message}]
    return show(
        request,
        "import_sheet.html",
        422 if faults else 200,
        title=f"Import {name}",
        heading=f"Import {name}",
        faults=faults,
        form={"action": request.get_full_path()},
        counts=[
            ["Rows", str(len(plain.rows))],
            ["Would be registered", str(len(rows.good))],
            ["In the register already, unchanged", str(rows.unchanged)],
            ["Refused", str(len(rows.reasons))],
        ],
        columns=_column_fields(plain, columns),
        mappings=list(ColumnMapping.objects.order_by("name").values_list("name", flat=True)),
        refused=rows.refused[:LINES],
        remarks=rows.remarks[:LINES],
    )


def _columns(request: HttpRequest, plain: Sheet) -> dict[str, str]:
    """Say how each column is read: as chosen, as saved, or by its own name where that is a field."""
    if request.method == "POST" and not request.POST.get("mapping"):
        return {word: request.POST.get(f"column.{n}", "") for n, word in enumerate(plain.columns)}
    saved = ColumnMapping.objects.filter(name=request.POST.get("mapping", "")).first()
    known = saved.columns if saved else {}
    own = {word: word.casefold().replace(" ", "_") for word in plain.columns}
    return {word: known.get(word, own[word] if own[word] in FIELDS else "") for word in plain.columns}


def _column_fields(plain: Sheet, columns: dict[str, str]) -> list[dict[str, Any]]:
    options = [{"value": field, "label": field.replace("_", " ")} for field in FIELDS]
    return [
        {
            "name": f"column.{number}",
            "label": word,
            "type": "choice",
            "bare": True,
            "options": options,
            "value": columns[word],
            "help": f"First cell: {plain.rows[0][number][:60]}" if plain.rows else "",
        }
        for number, word in enumerate(plain.columns)
        if word and word.casefold() != register.REASON
    ]


def _act(
    request: HttpRequest, plain: Sheet, rows: register.Rows, columns: dict[str, str], name: str, sha256: str
) -> HttpResponse | None:
    """Carry out what was asked; None to show the page again."""
    act, by = request.POST.get("act", ""), person_of(request)
    if act == "rejects":
        answer = HttpResponse(
            register.reject_file(plain, rows).encode("utf-8-sig"), content_type=KINDS["csv"]
        )
        answer["Content-Disposition"] = 'attachment; filename="rejected.csv"'
        return answer
    if act == "save":
        undoing.save_mapping(by=by, name=request.POST.get("save_as", ""), columns=columns)
    if act == "import":
        file = StoredFile.objects.get(sha256=sha256)
        register.import_devices(by=by, rows=rows, reason=f"import of {name}", file=file, part=True)
        return HttpResponseRedirect("/import/")
    return None


@require_http_methods(["GET", "POST"])
@signed_in
def undo(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Undo an import, with a reason."""
    batch = undoing.import_by_uuid(uuid)

    def act(typed: dict[str, str]) -> str:
        """Take its devices back."""
        undoing.undo_import(by=person_of(request), batch=batch, reason=typed["reason"])
        return "/import/"

    fields = [text_field("reason", "Reason", required=True, long=True)]
    crumb = {"text": "Import", "href": "/import/"}
    intro = f"{batch.reason}: {batch.count} devices. Nothing is taken back where one was worked on since."
    return form_page(request, "Undo an import", fields, act, crumb=crumb, button="Undo it", intro=intro)


@require_GET
@signed_in
def export(request: HttpRequest, key: str, kind: str) -> HttpResponse:
    """Give the register, or a list that a regulation names, as a file."""
    if key not in names() or kind not in KINDS:
        raise NotFound("there is nothing at this address")
    columns, rows = sheet(key)
    answer = HttpResponse(write_sheet(kind, columns, rows, raw=key == "full"), content_type=KINDS[kind])
    answer["Content-Disposition"] = f'attachment; filename="{key}-{today():%Y-%m-%d}.{kind}"'
    return answer
