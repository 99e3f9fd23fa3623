"""A sheet of devices taken in by page: columns named, looked at without changing anything, imported."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_GET, require_http_methods

from kilter.department.equipment.registers import names, sheet
from kilter.department.intake import register, undoing
from kilter.department.intake.models import DeviceImport
from kilter.department.intake.reading import Reading, checked, proposed
from kilter.department.intake.readings import names_of_readings, save_mapping
from kilter.department.ledger import files
from kilter.department.ledger.models import StoredFile
from kilter.department.people.queries import activities_of
from kilter.department.schedule.queries import today
from kilter.formats.sheet import ENCODINGS, ForeignSheet, read_foreign_sheet, tables_in
from kilter.formats.sheet_writer import KINDS, write_sheet
from kilter.interfaces.web import import_reading as asked
from kilter.interfaces.web.forms import form_page, text_field
from kilter.interfaces.web.import_reading import reading_of
from kilter.interfaces.web.page import person_of, show, signed_in, table
from kilter.measure.error import BadInput, KilterError, NotFound, NotPermitted
from kilter.measure.quantity import File, Sheet

LARGEST = 64 << 20
LINES = 200


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
    try:
        read_foreign_sheet(File(name or "sheet", content))
    except BadInput as error:
        if error.field != "page":  # which worksheet, is asked on the next page
            raise
    return files.store(content, media_type="application/octet-stream"), name or "sheet"


@require_http_methods(["GET", "POST"])
@signed_in
def sheet_page(request: HttpRequest, sha256: str) -> HttpResponse:
    """Show what a sheet would bring when read as chosen, or bring it."""
    _may(request)
    name = request.GET.get("name", "sheet")[:80]
    file = File(name, files.read(sha256))
    page, encoding = request.GET.get("page", ""), request.GET.get("encoding", "")
    try:
        foreign = read_foreign_sheet(file, page=page, encoding=encoding)
    except BadInput as error:
        if error.field != "page":
            raise
        return _which_page(request, file, error)
    plain = foreign.sheet
    reading, ways = proposed(plain, reading_of(request, plain))
    reading = replace(reading, page=page or reading.page, encoding=encoding or reading.encoding)
    faults: list[dict[str, str]] = []
    rows = register.Rows()
    try:
        rows = register.read_devices(plain, checked(reading))
        answer = _act(request, plain, rows, reading, name, sha256)
        if answer is not None:
            return answer
    except KilterError as error:
        faults = [{"field": error.field if error.field in ways else "", "message": error.message}]
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
        said=foreign.said,
        others=_other_ways(request, foreign),
        columns=asked.column_fields(plain, reading),
        written=asked.written_fields(reading, ways),
        for_all=asked.for_all_fields(reading),
        given_for_all=bool(reading.all_rows),
        words=asked.word_groups(plain, reading),
        mappings=names_of_readings(),
        refused=rows.refused[:LINES],
        remarks=rows.remarks[:LINES],
    )


def _address(request: HttpRequest, **more: str) -> str:
    """Give the address of this sheet, read from another worksheet or in another encoding."""
    given = {key: request.GET[key] for key in ("name", "page", "encoding") if request.GET.get(key)}
    return f"{request.path}?{urlencode({**given, **more})}"


def _which_page(request: HttpRequest, file: File, error: BadInput) -> HttpResponse:
    """Ask which worksheet is to be read."""
    return show(
        request,
        "import_page.html",
        422,
        title=f"Import {file.name}",
        heading=f"Import {file.name}",
        faults=[{"field": "", "message": error.message}],
        pages=[{"text": one, "href": _address(request, page=one)} for one in tables_in(file)],
    )


def _other_ways(request: HttpRequest, foreign: ForeignSheet) -> list[dict[str, str]]:
    """Offer the other worksheets, and other encodings where one had to be supposed."""
    pages = [one for one in foreign.pages if one != foreign.page]
    ways = [{"text": f"Worksheet {one}", "href": _address(request, page=one)} for one in pages]
    if foreign.page or not foreign.supposed:
        return ways
    return [{"text": f"Read it as {one}", "href": _address(request, encoding=one)} for one in ENCODINGS]


def _act(
    request: HttpRequest, plain: Sheet, rows: register.Rows, reading: Reading, name: str, sha256: str
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
        save_mapping(by=by, name=request.POST.get("save_as", ""), columns=reading.columns, reading=reading)
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
