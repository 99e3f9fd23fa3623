"""A sealed record on screen and as a PDF, the visit it belongs to, and several drafts signed at once."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_GET, require_http_methods

from kilter.department.ledger import files
from kilter.department.people.models import Person
from kilter.department.people.queries import activities_of
from kilter.department.records import actions, queries
from kilter.department.records.models import Draft, Record
from kilter.department.records.replay import replay_one
from kilter.department.status import queries as status
from kilter.interfaces.reports.of_record import certificate_answer, figures_of, superseded_by
from kilter.interfaces.web import personal
from kilter.interfaces.web.figures import outcome_figures
from kilter.interfaces.web.page import download, person_of, show, signed_in
from kilter.interfaces.web.statements import confirmed, sign_context
from kilter.interfaces.web.visit_view import outcome_of_draft
from kilter.measure.document import digest
from kilter.measure.error import BadInput, KilterError, NotFound
from kilter.measure.registry import entries
from kilter.measure.words import verdict_word


@require_GET
@signed_in
def record(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Show a sealed record: what was measured, how it was judged, who signed, and whether the seal holds."""
    row, person = queries.record_by_uuid(uuid), person_of(request)
    document = queries.document_of(row)
    newer = superseded_by(row)
    context: dict[str, Any] = {
        "document": document,
        "hash": row.sha256,
        "pdf": f"/records/{row.uuid}/certificate.pdf",
        "checked": _checked(row),
        "figures": outcome_figures(figures_of(row, document), "figure"),
        "actions": [*_actions(row, person), *personal.link_of(row, person)],
        "waiting": _waiting(row),
        "files_href": f"/records/{row.uuid}/files/",
    }
    if row.device is not None:
        context |= {"device_href": f"/devices/{row.device.uuid}/", "visit_href": f"/visits/{row.visit}/"}
    if newer is not None:
        context["superseded_by"] = {**newer, "href": f"/records/{newer['id']}/"}
    elif row.kind == "result" and row.device is not None and row.procedure in entries():
        context["amend"] = f"/devices/{row.device.uuid}/test/{row.procedure}/?new&supersedes={row.uuid}"
    if row.supersedes_id:
        context["supersedes_href"] = f"/records/{Record.objects.get(pk=row.supersedes_id).uuid}/"
    return show(request, "record.html", title=f"Record {row.number}", **context)


def _checked(row: Record) -> dict[str, Any]:
    before = Record.objects.filter(number=row.number - 1).values_list("text", flat=True).first()
    linked = row.number == 1 or (before is not None and digest(before) == row.previous)
    whole = digest(row.text) == row.sha256 and linked
    text = "text, hash and link to the record before it agree" if whole else "this is not what was sealed"
    verify = {
        "verdict": "within" if whole else "suspension",
        "word": "holds" if whole else "broken",
        "text": text,
    }
    if row.kind != "result":
        return {"verify": verify}
    again = replay_one(row)
    verdict = {"same": "within", "changed": "remedial"}.get(again.answer, "undecided")
    word = again.answer.replace("_", " ")
    return {
        "verify": verify,
        "replay": {"verdict": verdict, "word": word, "text": again.why or "with today's code"},
    }


def _actions(row: Record, person: Person) -> list[dict[str, str]]:
    rights, other = activities_of(person), row.person_id != person.pk
    offered = []
    if (
        row.countersign
        and other
        and "records.countersign" in rights
        and not _looked_at(row, "countersignature")
    ):
        offered.append({"text": "Countersign", "href": f"/records/{row.uuid}/countersign/"})
    if row.review_by and other and "records.review_break_glass" in rights and not _looked_at(row, "review"):
        offered.append({"text": "Review", "href": f"/records/{row.uuid}/review/"})
    return offered


def _looked_at(row: Record, kind: str) -> bool:
    return Record.objects.filter(about=row, kind=kind).exists()


def _waiting(row: Record) -> list[str]:
    found = []
    if row.countersign and not _looked_at(row, "countersignature") and row.verdict != "suspension":
        found.append("This result counts once a second person has countersigned it.")
    if row.review_by and not _looked_at(row, "review"):
        found.append("Signed under a broken glass; a second person has to review it within 24 hours.")
    if not row.confirmed:
        found.append("Its limits are still to be confirmed: it cannot return a device to use.")
    return found


@require_GET
@signed_in
def file(request: HttpRequest, uuid: UUID, sha256: str) -> HttpResponse:
    """Give a file that a record names, byte for byte as it was taken in."""
    found = queries.file_of(queries.record_by_uuid(uuid), sha256, person_of(request))
    return download(files.read(sha256), found.name)


@require_GET
@signed_in
def certificate(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Give a record's certificate as PDF."""
    return certificate_answer(queries.record_by_uuid(uuid))


@require_GET
@signed_in
def visit(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Show all that was signed in one visit."""
    rows = queries.visit(uuid)
    if not rows:
        raise NotFound("there is no such visit")
    device = rows[0].device
    cells = []
    for row in rows:
        document = queries.document_of(row)
        texts = [f"{r['label']}: {r.get('text', r['value'])}" for r in document["results"].values()]
        word = verdict_word(row.procedure.partition(".")[0], row.verdict)
        pdf = {"text": "PDF", "href": f"/records/{row.uuid}/certificate.pdf"}
        title = {
            "text": document["procedure"]["title"],
            "href": f"/records/{row.uuid}/",
            "sub": f"record {row.number}",
        }
        cells.append([title, "; ".join(texts[:4]), {"verdict": row.verdict, "word": word}, pdf])
    worst = min(rows, key=lambda row: _ORDER.index(row.verdict))
    return show(
        request,
        "visit.html",
        title=f"{status.protocol_title(rows[0].protocol)}",
        heading=status.protocol_title(rows[0].protocol),
        device={"name": str(device.model), "asset": device.asset, "href": f"/devices/{device.uuid}/"}
        if device
        else None,
        verdict={
            "verdict": worst.verdict,
            "word": verdict_word(worst.procedure.partition(".")[0], worst.verdict),
        },
        state=status.of(device) if device else None,
        signed={"by": rows[0].person.display_name, "at": rows[0].sealed_at},
        rows=cells,
    )


_ORDER = ("invalid", "suspension", "remedial", "undecided", "within", "recorded", "")


@require_http_methods(["GET", "POST"])
@signed_in
def batch(request: HttpRequest) -> HttpResponse:
    """Sign several of one's own drafts at once, each as it stands on the list."""
    person, faults = person_of(request), []
    if request.method == "POST":
        try:
            return HttpResponseRedirect(_sign_listed(request, person))
        except KilterError as error:
            faults = [{"field": error.field, "message": error.message}]
    rows = [_batch_row(draft) for draft in queries.open_drafts(owner=person)]
    return show(
        request,
        "batch.html",
        422 if faults else 200,
        title="Sign several",
        drafts=rows,
        form={"action": "/sign/"},
        faults=faults,
        sign=sign_context(person, "I made these measurements, and they are as shown.", "Sign those ticked"),
    )


def _sign_listed(request: HttpRequest, person: Person) -> str:
    listed = []
    for text in request.POST.getlist("draft"):
        uuid, _, version = text.partition(":")
        draft = (
            Draft.objects.select_related("device__model").filter(uuid=uuid).first()
            if _is_uuid(uuid)
            else None
        )
        if draft is None or not (version.isascii() and version.isdigit() and len(version) < 10):
            raise BadInput("this list is stale; load the page again", field="draft")
        listed.append((draft, int(version)))
    actions.sign_listed(by=person, drafts=listed, confirmation=confirmed(request, person))
    return "/"


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _batch_row(draft: Draft) -> dict[str, Any]:
    outcome = outcome_of_draft(draft)
    blocked = ""
    if outcome["faults"]:
        blocked = outcome["faults"][0]["message"]
    elif outcome["state"] == "waiting" or any("still to do" in note["text"] for note in outcome["notes"]):
        blocked = "Not complete yet."
    return {
        "id": str(draft.uuid),
        "version": draft.version,
        "device": f"{draft.device.asset} {draft.device.model}",
        "procedure": status.protocol_title(draft.protocol),
        "href": f"/drafts/{draft.uuid}/",
        "verdict": outcome.get("verdict", "undecided"),
        "word": outcome.get("word", "not complete"),
        "valid": outcome.get("valid", True),
        "blocked": blocked or None,
    }
