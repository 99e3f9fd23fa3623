"""Files of testers on pages: one is uploaded, what was taken is said, and what found no device waits."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET, require_http_methods

from kilter.department.equipment import queries as equipment
from kilter.department.intake import unmatched
from kilter.department.intake.testers import Taken, import_batch
from kilter.department.people.queries import activities_of
from kilter.formats.tester_batch import read_batch
from kilter.interfaces.web.asked import Asked, asked_page, text
from kilter.interfaces.web.forms import Field
from kilter.interfaces.web.page import person_of, show, signed_in, table
from kilter.measure.error import BadInput, KilterError, NotFound, NotPermitted
from kilter.measure.quantity import File

CRUMB = {"text": "Tester files", "href": "/testers/"}
LARGEST = 64 << 20
PAGE = 100
LINES = 500


@require_GET
@signed_in
def queue(request: HttpRequest) -> HttpResponse:
    """List the blocks that found no device, the oldest first."""
    after = request.GET.get("after", "0")
    if not (after.isascii() and after.isdigit() and len(after) < 12):
        raise BadInput("after: is no place in this list", field="after")
    rows = unmatched.waiting(after=int(after), most=PAGE)
    rights = activities_of(person_of(request))
    offered = []
    if "records.import_batch" in rights:
        offered = [{"text": "Upload a file", "href": "/testers/upload/"}]
    cells = [
        [
            {"text": one.asset, "sub": f"line {one.line} of {one.name}"},
            one.day.isoformat(),
            one.tester,
            {"at": one.found_at},
            {"text": "Say whose it is", "href": f"/testers/{one.uuid}/match/"}
            if "intake.match_block" in rights
            else "",
            {"text": "Put aside", "href": f"/testers/{one.uuid}/dismiss/"}
            if "intake.dismiss_block" in rights
            else "",
        ]
        for one in rows
    ]
    words = ("Asset on the tester", "Tested", "Tester", "Found", "Device", "Otherwise")
    following = f"?{urlencode({'after': rows[-1].pk})}" if len(rows) == PAGE else ""
    return show(
        request,
        "listing.html",
        title="Tester files",
        heading="Tests without a device",
        crumb={"text": "Devices", "href": "/devices/"},
        intro="Their files were read; the asset on the tester is not in the register.",
        table={**table(cells, "No test waits for its device.", *words), "caption": "Waiting"},
        actions=offered,
        pages={"text": f"{len(rows)} on this page", "next": following},
    )


@require_http_methods(["GET", "POST"])
@signed_in
def upload(request: HttpRequest) -> HttpResponse:
    """Take a tester's file over as drafts, and say what was taken and what was not."""
    faults: list[dict[str, str]] = []
    if request.method == "POST":
        try:
            return _report(request, *_taken(request))
        except KilterError as error:
            faults = [{"field": "file" if error.field == "file" else "", "message": error.message}]
    fault = next((one["message"] for one in faults if one["field"]), "")
    field: Field = {
        "name": "file",
        "label": "Rigel 288 export or neutral sheet",
        "type": "file",
        "required": True,
    }
    return show(
        request,
        "form.html",
        422 if faults else 200,
        title="Upload a tester's file",
        heading="Upload a tester's file",
        intro="Each block becomes a draft that you look at and sign. The same file again changes nothing.",
        crumb=CRUMB,
        fields=[{**field, "error": fault}],
        faults=faults,
        form={"action": request.path},
        hidden={},
        button="Take it over",
    )


def _taken(request: HttpRequest) -> tuple[str, Taken]:
    """Read and take over what was sent; who may not leaves no file behind."""
    if "records.import_batch" not in activities_of(person_of(request)):
        raise NotPermitted("You may not take over tests.", field="by")
    sent = request.FILES.get("file")
    if sent is None or not sent.size:
        raise BadInput("file: choose a file", field="file")
    if sent.size > LARGEST:
        raise BadInput("file: larger than 64 MiB", field="file")
    file = File(sent.name or "file", sent.read())
    return file.name, import_batch(by=person_of(request), file=file, batch=read_batch(file))


def _report(request: HttpRequest, name: str, taken: Taken) -> HttpResponse:
    rows: list[list[Any]] = [
        [{"text": "Draft made", "href": f"/drafts/{uuid}/"}] for uuid in taken.drafts[:LINES]
    ]
    rows += [[line] for line in taken.lines[:LINES]]
    return show(
        request,
        "listing.html",
        title=name,
        heading=name,
        crumb=CRUMB,
        intro=f"{len(taken.drafts)} taken over as drafts, {taken.refused} not.",
        table={**table(rows, "The file holds no test.", "What became of it"), "caption": "Report"},
        actions=[{"text": "Tests without a device", "href": "/testers/"}],
    )


@require_http_methods(["GET", "POST"])
@signed_in
def settle(request: HttpRequest, uuid: UUID, verb: str) -> HttpResponse:
    """Say whose a block is, or put it aside."""
    found, by = unmatched.block_by_uuid(uuid), person_of(request)

    def match(given: Any) -> str:
        device = equipment.device_by_scan(given["device"])
        return f"/drafts/{unmatched.match_block(by=by, block=found, device=device).uuid}/"

    def dismiss(given: Any) -> str:
        unmatched.dismiss_block(by=by, block=found, reason=given["reason"])
        return "/testers/"

    forms = {
        "match": Asked(
            f"Whose is {found}?",
            (text("device", "Device", hint="Scan it, or type its number. Register it first if it is new."),),
            match,
        ),
        "dismiss": Asked(f"Put {found} aside", (text("reason", "Why", long=True),), dismiss),
    }
    if verb not in forms:
        raise NotFound("there is nothing at this address")
    return asked_page(request, forms[verb], crumb=CRUMB)
