"""The inspection pack: period and scope in, one ZIP out."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import cast

from django.http import FileResponse, HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from kilter.department.keeping.inspection import TABLES, Scope, write_pack
from kilter.department.schedule.queries import today
from kilter.interfaces.reports.of_record import certificate_bytes
from kilter.interfaces.web.asked import Asked, asked_page, choice, day, text
from kilter.interfaces.web.page import person_of, refusal, signed_in
from kilter.measure.error import BadInput, KilterError

WORDS = {"cqc": "CQC", "ukas": "UKAS", "irmer": "IR(ME)R inventory", "loler": "LOLER"}
FIELDS = (
    choice("standard", "For which inspection", [(key, WORDS[key]) for key in TABLES]),
    text("first", "First day (YYYY-MM-DD)"),
    text("last", "Last day (YYYY-MM-DD)"),
    text("kind", "Kind of device", needed=False, hint="such as infusion_pump; every kind where empty"),
    choice("certificates", "With the certificate of each result", [("no", "no"), ("yes", "yes")]),
)


@require_http_methods(["GET", "POST"])
@signed_in
def page(request: HttpRequest) -> HttpResponse:
    """Ask for period and scope, and send the pack."""
    if request.method == "POST" and all(
        request.POST.get(one["name"], "").strip() for one in FIELDS if one["required"]
    ):
        try:
            return _pack(request)
        except KilterError as error:
            return refusal(request, error)

    def never(_: object) -> str:
        raise BadInput(f"say the period, up to {today().isoformat()} or any other day", field="first")

    form = Asked("Inspection pack", FIELDS, never)
    return asked_page(request, form, crumb={"text": "Schedule", "href": "/schedule/"})


def _pack(request: HttpRequest) -> HttpResponse:
    """Write the pack to a file that has no name, and send it in pieces."""
    given = {one["name"]: request.POST.get(one["name"], "").strip() for one in FIELDS}
    first, last = day("first", given["first"]), day("last", given["last"])
    if first is None or last is None:
        raise BadInput("say the first and the last day", field="first")
    scope = Scope(given["standard"], first, last, kind=given["kind"])
    certify = certificate_bytes if given["certificates"] == "yes" else None
    handle, name = tempfile.mkstemp(suffix=".zip")
    os.close(handle)
    path = Path(name)
    path.unlink()  # the pack makes the file itself, and never over another
    try:
        write_pack(path, scope, by=person_of(request), certify=certify)
        file = path.open("rb")
    finally:
        path.unlink(missing_ok=True)  # an open file is read to its end without its name
    shown = f"inspection-{given['standard']}-{first.isoformat()}-{last.isoformat()}.zip"
    answer = FileResponse(file, as_attachment=True, filename=shown, content_type="application/zip")
    return cast("HttpResponse", answer)  # a response like any other, sent in pieces
