"""Queries with makers on pages: begun from a model or a job, each a thread of what was written."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET, require_http_methods

from kilter.department.equipment import supplies
from kilter.department.equipment.models import DeviceModel
from kilter.department.ledger import files
from kilter.department.ledger.models import StoredFile
from kilter.department.people.queries import activities_of
from kilter.department.work import actions, makers
from kilter.department.work import queries as work
from kilter.department.work.models import Job
from kilter.interfaces.web.forms import Field, choice_field, form_page, text_field
from kilter.interfaces.web.page import person_of, show, signed_in, table
from kilter.interfaces.web.visit_state import read_uuid
from kilter.measure.error import BadInput, NotPermitted

LARGEST = 50 << 20
NO_PATIENT = "Do not write a patient's name, number or date of birth; look through what you send."
FILE: Field = {"name": "file", "label": "File", "type": "file", "required": False}
SIDES = (("yes", "the maker's"), ("no", "ours"))


def _state(row: Any) -> dict[str, str]:
    if row.answered:
        return {"verdict": "within", "word": "answered"}
    return {"verdict": "undecided", "word": "open"}


def rows_of(model: DeviceModel) -> list[list[Any]]:
    """Give the queries about a model as rows of two cells: the query, and where it stands."""
    return [
        [{"text": row.subject, "href": f"/queries/{row.uuid}/", "sub": "query with the maker"}, _state(row)]
        for row in makers.queries_of(model)
    ]


def facts(job: Job) -> list[list[Any]]:
    """Give the queries of a job, and the open ones about its model, as facts of its page."""
    rows = makers.queries_of(job.device.model)
    shown = [row for row in rows if row.job_id == job.pk or not row.answered]
    return [
        [
            "Query with the maker",
            {
                "text": f"{row.subject} ({'answered' if row.answered else 'open'})",
                "href": f"/queries/{row.uuid}/",
            },
        ]
        for row in shown
    ]


def _sent(request: HttpRequest, activity: str) -> tuple[StoredFile | None, str]:
    """Keep what was sent along; who may not write leaves no file behind either.

    Raises:
        NotPermitted: they may not.
        BadInput: the file is too large.
    """
    if activity not in activities_of(person_of(request)):
        raise NotPermitted("You may not write to a maker.", field="by")
    sent = request.FILES.get("file")
    if sent is None or not sent.size:
        return None, ""
    if sent.size > LARGEST:
        raise BadInput("file: larger than 50 MiB", field="file")
    return files.store(sent.read(), media_type="application/octet-stream"), (sent.name or "file")[:200]


@require_http_methods(["GET", "POST"])
@signed_in
def ask(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Begin a query with the maker of a model, perhaps because of a job."""
    model = supplies.model_by_uuid(uuid)
    because = request.GET.get("job", "")
    job = work.job_by_uuid(read_uuid(because)) if because else None

    def act(typed: dict[str, str]) -> str:
        """Write it down."""
        with transaction.atomic():
            file, name = _sent(request, "work.ask_maker")
            made = actions.ask_maker(
                by=person_of(request), model=model, job=job, file=file, name=name, **_words(typed)
            )
        return f"/queries/{made.uuid}/"

    fields = [
        text_field("subject", "Subject", required=True),
        text_field("whom", "To whom", required=True),
        text_field("text", "What was asked", required=True, long=True, help_text=NO_PATIENT),
        FILE,
    ]
    crumb = {"text": str(model), "href": f"/models/{model.uuid}/"}
    intro = f"Because of the job: {job.text}" if job is not None else ""
    return form_page(request, "Ask the maker", fields, act, crumb=crumb, button="Write it down", intro=intro)


def _words(typed: dict[str, str]) -> dict[str, str]:
    return {name: typed[name] for name in ("subject", "whom", "text") if name in typed}


@require_GET
@signed_in
def thread(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Show a query: what was written, by whom, when."""
    found = makers.query_by_uuid(uuid)
    rows = []
    for one in makers.messages_of(found):
        side = f"{one.whom}, for the maker" if one.from_maker else f"to {one.whom}"
        file: Any = ""
        if one.file is not None:
            sub = f"SHA-256 {one.file.sha256[:12]}"
            file = {"text": one.name or "file", "href": f"/queries/files/{one.uuid}/", "sub": sub}
        rows.append([one.text, {"text": side, "sub": f"written down by {one.by}"}, {"at": one.at}, file])
    job = {"text": f"Job: {found.job.text[:60]}", "href": f"/work/{found.job.uuid}/"} if found.job else None
    offered = []
    if "work.add_to_maker_query" in activities_of(person_of(request)):
        offered.append({"text": "Add to it", "href": f"/queries/{found.uuid}/add/"})
    made = table(rows, "Nothing is written.", "What", "Between", "When", "File")
    return show(
        request,
        "listing.html",
        title=found.subject,
        heading=found.subject,
        crumb={"text": str(found.model), "href": f"/models/{found.model.uuid}/"},
        intro="Answered." if found.answered else "Open: the maker has not answered the newest message.",
        table={**made, "caption": "What was written"},
        actions=[*offered, *([job] if job else [])],
    )


@require_http_methods(["GET", "POST"])
@signed_in
def add(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Add to a query what the maker answered, or what we wrote again."""
    found = makers.query_by_uuid(uuid)

    def act(typed: dict[str, str]) -> str:
        """Write it down."""
        if typed["from_maker"] not in ("yes", "no"):
            raise BadInput("from_maker: say whose words they are", field="from_maker")
        with transaction.atomic():
            file, name = _sent(request, "work.add_to_maker_query")
            theirs = typed["from_maker"] == "yes"
            actions.add_to_maker_query(
                by=person_of(request), query=found, from_maker=theirs, file=file, name=name, **_words(typed)
            )
        return f"/queries/{found.uuid}/"

    fields = [
        choice_field("from_maker", "Whose words", SIDES, required=True),
        text_field("whom", "Who answered, or to whom", required=True),
        text_field("text", "What was written", required=True, long=True, help_text=NO_PATIENT),
        FILE,
    ]
    crumb = {"text": found.subject, "href": f"/queries/{found.uuid}/"}
    return form_page(request, "Add to the query", fields, act, crumb=crumb, button="Write it down")


@require_GET
@signed_in
def file(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Give a file of a query as a download: it came from outside and is never shown in a page of ours."""
    found = makers.message_by_uuid(uuid)
    assert found.file is not None  # looked for above
    answer = HttpResponse(files.read(found.file.sha256), content_type="application/octet-stream")
    safe = re.sub(r"[^A-Za-z0-9._ -]", "_", found.name)[:150]
    answer["Content-Disposition"] = f'attachment; filename="{safe}"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer
