"""Patients: found by exact number, shown by pseudonym; who they are is shown for a reason, which is kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_GET, require_http_methods

from kilter.department.materials import administrations
from kilter.department.materials.models import Administration, Referral
from kilter.department.patients import actions, queries
from kilter.department.patients.models import Patient
from kilter.department.people.queries import activities_of
from kilter.interfaces.web.asked import Asked, asked_page, text, whole
from kilter.interfaces.web.page import person_of, private, show, signed_in, table
from kilter.measure.error import KilterError
from kilter.measure.rounding import number_text

CRUMB = {"text": "Patients", "href": "/patients/"}
NUMBER = text("number", "NHS, CHI or hospital number", hint="The whole number; there is no search by name.")
REASON = text("reason", "Why you need to know", hint="It is kept with your name, and read by others.")


@require_http_methods(["GET", "POST"])
@signed_in
def home(request: HttpRequest) -> HttpResponse:
    """Find a patient by number; what is typed is posted, so that it stands in no address and no log."""
    rights, faults = activities_of(person_of(request)), []
    typed = request.POST.get("number", "").strip()
    if request.method == "POST":
        try:
            found = actions.find(by=person_of(request), number=typed)
            return HttpResponseRedirect(f"/patients/{found.uuid}/")
        except KilterError as error:
            faults = [{"field": "number", "message": error.message}]
    wrong = faults[0]["message"] if faults else None
    links = [
        {"text": words, "href": href}
        for words, href, activity in (
            ("Referrals", "/referrals/", "materials.refer"),
            ("Register a patient", "/patients/new/", "patients.register"),
            ("Who saw whom", "/patients/log/", "patients.read_log"),
        )
        if activity in rights
    ]
    return private(
        show(
            request,
            "sheet.html",
            422 if faults else 200,
            title="Patients",
            heading="Patients",
            actions=links,
            faults=faults,
            form={
                "method": "post",
                "action": "/patients/",
                "fields": [{**NUMBER, "value": typed, "error": wrong}],
                "button": "Find",
            },
        )
    )


@require_http_methods(["GET", "POST"])
@signed_in
def new(request: HttpRequest) -> HttpResponse:
    """Register a patient."""
    fields = (
        text("name", "Name"),
        text("date_of_birth", "Date of birth", hint="YYYY-MM-DD"),
        text("nhs_number", "NHS number", needed=False),
        text("chi_number", "CHI number", needed=False),
        text("hospital_number", "Hospital number", needed=False, hint="One of the three numbers is needed."),
    )

    def carry_out(given: Mapping[str, str]) -> str:
        return f"/patients/{actions.register(by=person_of(request), **given).uuid}/"

    return private(asked_page(request, Asked("Register a patient", fields, carry_out), crumb=CRUMB))


@require_GET
@signed_in
def one(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Show a patient by pseudonym: referrals, and what was given."""
    patient = queries.patient_by_uuid(uuid)
    rights, here = activities_of(person_of(request)), f"/patients/{patient.uuid}/"
    links = []
    if patient.erased_at is None:
        offered = (
            ("Take in a referral", "refer/", "materials.refer"),
            ("Show who this is", "who/", "patients.look_up"),
        )
        links = [{"text": words, "href": here + end} for words, end, right in offered if right in rights]
    facts = [["Registered", f"{patient.registered_at:%d %b %Y}"]]
    if patient.erased_at is not None:
        facts.append(["Who it was", f"erased on {patient.erased_at:%d %b %Y}"])
    given = administrations.administrations_of(patient)
    return show(
        request,
        "sheet.html",
        title=patient.pseudonym,
        heading=f"Patient {patient.pseudonym}",
        crumb=CRUMB,
        actions=links,
        facts=facts,
        facts_word="Patient",
        tables=[referral_table(administrations.referrals_of(patient)), given_table(given)],
    )


def referral_table(rows: list[Referral], caption: str = "Referrals") -> dict[str, Any]:
    """Give referrals as a table; none of its cells says who somebody is."""
    cells: list[list[Any]] = [
        [
            {"text": row.name, "href": f"/referrals/{row.uuid}/", "sub": row.product.name},
            {"text": row.patient.pseudonym, "href": f"/patients/{row.patient.uuid}/"},
            row.referrer,
            {"at": row.received_at},
            stands(row),
        ]
        for row in rows
    ]
    words = ("Examination", "Patient", "Referred by", "Taken in", "State")
    return {**table(cells, "There is no referral.", *words), "caption": caption}


def stands(row: Referral) -> dict[str, str]:
    """Say in a word where a referral stands."""
    if row.declined_at is not None:
        return {"verdict": "recorded", "word": "declined"}
    if row.given_at is not None:
        return {"verdict": "within", "word": "given"}
    if row.authorised_at is not None:
        return {"verdict": "within", "word": "authorised"}
    word = "justified, not authorised" if row.justified_at is not None else "not justified yet"
    return {"verdict": "undecided", "word": word}


def given_table(rows: list[Administration], caption: str = "Given") -> dict[str, Any]:
    """Give administrations as a table."""
    cells: list[list[Any]] = [
        [
            {"text": row.referral.name, "href": f"/administrations/{row.uuid}/"},
            {"at": row.at},
            f"{number_text(row.administered)} MBq {row.nuclide}",
            f"{row.difference:+.1f} %",
            row.by.display_name,
        ]
        for row in rows
    ]
    words = ("Examination", "When", "Activity", "From the prescription", "By")
    return {**table(cells, "Nothing was given yet.", *words), "caption": caption}


@require_http_methods(["GET", "POST"])
@signed_in
def who(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Ask for a reason, and then show who a patient is, on this page alone."""
    patient, faults = queries.patient_by_uuid(uuid), []
    crumb = {"text": f"Patient {patient.pseudonym}", "href": f"/patients/{patient.uuid}/"}
    reason, context = request.POST.get("reason", ""), dict[str, Any]()
    if request.method == "POST":
        try:
            context = {"facts": _identity(request, patient, reason), "facts_word": "Who this is"}
        except KilterError as error:
            faults = [{"field": "reason", "message": error.message}]
    if not context:
        wrong = faults[0]["message"] if faults else None
        context["form"] = {
            "method": "post",
            "action": request.path,
            "fields": [{**REASON, "value": reason, "error": wrong}],
            "button": "Show who this is",
        }
    made = show(
        request,
        "sheet.html",
        422 if faults else 200,
        title=patient.pseudonym,
        heading=f"Who {patient.pseudonym} is",
        crumb=crumb,
        faults=faults,
        **context,
    )
    return private(made)


def _identity(request: HttpRequest, patient: Patient, reason: str) -> list[list[str]]:
    found = actions.look_up(by=person_of(request), patient=patient, reason=reason)
    rows = [
        ["Name", found.name],
        ["Date of birth", found.date_of_birth],
        ["NHS number", found.nhs_number],
        ["CHI number", found.chi_number],
        ["Hospital number", found.hospital_number],
    ]
    return [row for row in rows if row[1]]


@require_GET
@signed_in
def log(request: HttpRequest) -> HttpResponse:
    """List who saw who the patients are, and why; who may read it is asked first."""
    days = whole("days", request.GET.get("days", "31"))
    found = actions.read_log(by=person_of(request), days=days)
    cells: list[list[Any]] = [
        [
            row.by.display_name,
            {"text": row.patient.pseudonym, "href": f"/patients/{row.patient.uuid}/"},
            {"at": row.at},
            row.purpose.replace("_", " "),
            row.reason,
        ]
        for row in found
    ]
    made = table(cells, "Nobody has asked who a patient is.", "Person", "Patient", "When", "What for", "Why")
    return show(
        request,
        "listing.html",
        title="Who saw whom",
        heading="Who saw whom",
        crumb=CRUMB,
        intro=f"The last {days} days, newest first. That you read this is written down, too.",
        filters={
            "href": "/patients/log/",
            "fields": [{**text("days", "Days"), "value": str(days)}],
        },
        table={**made, "caption": "Who saw whom"},
    )
