"""Who the patient of a record is: shown for a reason that is kept, put right by addition, or destroyed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from kilter.department.people.confirmation import Confirmation
from kilter.department.people.models import Person
from kilter.department.people.queries import activities_of
from kilter.department.records import actions, queries
from kilter.department.records.models import PersonalPart, Record
from kilter.department.records.personal import personal_part, personal_parts
from kilter.interfaces.web.asked import text
from kilter.interfaces.web.page import person_of, private, show, signed_in, table
from kilter.interfaces.web.statements import statement_page
from kilter.measure.error import KilterError

REASON = text("reason", "Why you need to know", hint="It is kept with your name, and read by others.")
WHAT = text("what", "What", hint="Such as: name, date of birth, hospital number, address.")
SAID = text("said", "As it is", long=True)
BECAUSE = text("because", "What it puts right", needed=False, hint="Left out where it is new.")
WHY = text("reason", "Why it is destroyed", long=True, hint="This reason is sealed; name nobody in it.")


def link_of(row: Record, person: Person) -> list[dict[str, str]]:
    """Give the link from a record to who its patient is, where there is somebody and the person may ask."""
    rights = activities_of(person)
    if "records.see_personal" not in rights or not personal_parts(row):
        return []
    return [{"text": "Who the patient is", "href": f"/records/{row.uuid}/personal/"}]


@require_http_methods(["GET", "POST"])
@signed_in
def home(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Ask for a reason, and then show what identifies the patient of a record, on this page alone."""
    row, person, faults = queries.record_by_uuid(uuid), person_of(request), []
    reason, context = request.POST.get("reason", ""), dict[str, Any]()
    if request.method == "POST":
        try:
            found = actions.see_personal(by=person, record=row, reason=reason)
            context = {"tables": [_shown(found, activities_of(person))]}
        except KilterError as error:
            faults = [{"field": "reason", "message": error.message}]
    if not context:
        wrong = faults[0]["message"] if faults else None
        field = {**REASON, "value": reason, "error": wrong}
        context["form"] = {"method": "post", "action": request.path, "fields": [field], "button": "Show"}
    links = []
    if "records.add_to_personal" in activities_of(person):
        links = [{"text": "Put right or add", "href": f"{request.path}add/"}]
    made = show(
        request,
        "sheet.html",
        422 if faults else 200,
        title=f"Record {row.number}: the patient",
        heading=f"Who the patient of record {row.number} is",
        crumb=_crumb(row),
        actions=links,
        faults=faults,
        **context,
    )
    return private(made)


def _shown(found: list[tuple[PersonalPart, dict[str, Any] | None]], rights: frozenset[str]) -> dict[str, Any]:
    rows: list[list[Any]] = []
    for part, held in found:
        added = {"text": f"record {part.record.number}", "href": f"/records/{part.record.uuid}/"}
        if held is None:
            by = part.destroyed_by.display_name if part.destroyed_by else ""
            rows.append([added, f"destroyed by {by}", {"at": part.destroyed_at}, ""])
            continue
        end: Any = {"text": "Destroy", "href": f"/records/{part.record.uuid}/personal/{part.uuid}/destroy/"}
        said = "; ".join(
            f"{word}: {value}" for word, value in sorted(held.items()) if value not in ("", None)
        )
        when = {"at": part.record.sealed_at}
        rows.append([added, said, when, end if "records.erase_personal" in rights else ""])
    made = table(rows, "Nothing is kept.", "Sealed with", "What it says", "When", "")
    return {**made, "caption": "Oldest first"}


@require_http_methods(["GET", "POST"])
@signed_in
def add(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Add to what identifies the patient of a record; nothing that stands is changed."""
    row, person = queries.record_by_uuid(uuid), person_of(request)

    def act(given: Mapping[str, str], word: Confirmation) -> str:
        payload = {given["what"]: given["said"]}
        if given["because"]:
            payload["puts right"] = given["because"]
        actions.add_to_personal(by=person, record=row, payload=payload, confirmation=word)
        return f"/records/{row.uuid}/personal/"

    meaning = "This is said of the patient of this record from now on; what was said before stays beside it."
    return private(
        statement_page(request, "Put right or add", meaning, (WHAT, SAID, BECAUSE), act, crumb=_crumb(row))
    )


@require_http_methods(["GET", "POST"])
@signed_in
def destroy(request: HttpRequest, uuid: UUID, part: UUID) -> HttpResponse:
    """Destroy a personal part for good; the chain still holds, and a sealed tombstone says who and why."""
    row, person = queries.record_by_uuid(uuid), person_of(request)
    found = personal_part(row, part)

    def act(given: Mapping[str, str], word: Confirmation) -> str:
        sealed = actions.erase_personal(by=person, part=found, reason=given["reason"], confirmation=word)
        return f"/records/{sealed.uuid}/"

    meaning = (
        "What this says of the patient is destroyed for good; an old backup with the site's key holds it."
    )
    return statement_page(request, "Destroy who the patient is", meaning, (WHY,), act, crumb=_crumb(row))


def _crumb(row: Record) -> dict[str, str]:
    return {"text": f"Record {row.number}", "href": f"/records/{row.uuid}/"}
