"""Giving a dose on its page: the syringe is scanned, the patient asked, and one signature ends it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET, require_http_methods

from kilter.department.ledger import clock
from kilter.department.materials import actions, administrations
from kilter.department.materials import queries as materials
from kilter.department.materials.actions.administering import Told
from kilter.department.materials.afterwards import Standing, as_it_stands, excreted
from kilter.department.materials.contacts import Follows, follows
from kilter.department.materials.custody import Second
from kilter.department.materials.decaying import activity_at
from kilter.department.materials.giving import Reading
from kilter.department.materials.models import Addition, Administration, Lot, Permit, Referral
from kilter.department.patients import actions as patients
from kilter.department.people.confirmation import Confirmation
from kilter.department.people.queries import activities_of
from kilter.interfaces.reports.advice_card import UNCONFIRMED, advice_card
from kilter.interfaces.web.asked import Field, choice, chosen, decimal, instant, text
from kilter.interfaces.web.materials.links import others, second_fields, second_of, wants_second
from kilter.interfaces.web.page import at_site, person_of, show, signed_in, table
from kilter.interfaces.web.referrals import SCAN
from kilter.interfaces.web.referrals import facts as referral_facts
from kilter.interfaces.web.statements import statement_page
from kilter.measure.error import KilterError
from kilter.measure.rounding import number_text

MEANING = (
    "I asked the patient who they are, read the label of this syringe, and gave this dose to this patient."
)
READY = 20
"""The most syringes that are offered; whoever has another scans it."""

PLACES = {
    "identity": "name", "referral": "scanned", "syringe": "scanned", "lot": "scanned", "product": "scanned"
}  # fmt: skip
"""Where on the form a refusal stands that is of no field of it."""


@require_http_methods(["GET", "POST"])
@signed_in
def give(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Give the dose of a referral: first the syringe is scanned, then the rest is asked."""
    row = administrations.referral_by_uuid(uuid)
    label = request.GET.get("label", "").strip()
    if not label:
        return _scan(request, row)
    try:
        syringe = materials.lot_by_label(label)
    except KilterError as error:
        return _scan(request, row, label, error.message)
    permits = materials.permits_at(clock.now())
    asks = wants_second(syringe.product, "administer")
    people = others(person_of(request)) if asks else []

    def carry_out(given: Mapping[str, str], confirmation: Confirmation) -> str:
        try:
            second = second_of(given, people) if asks else None
            made = _given(request, row, syringe, permits, given, confirmation, second)
        except KilterError as error:
            error.field = PLACES.get(error.field, error.field)
            raise
        return f"/administrations/{made.uuid}/"

    crumb = {"text": row.name, "href": f"/referrals/{row.uuid}/"}
    fields = (*_fields(permits), *(second_fields(people) if asks else ()))
    checked = _syringes(row, [syringe])
    made = statement_page(request, "Give the dose", MEANING, fields, carry_out, crumb=crumb, table=checked)
    made["Cache-Control"] = "no-store"  # a refusal shows once more what the patient said
    return made


def _scan(request: HttpRequest, row: Referral, label: str = "", wrong: str = "") -> HttpResponse:
    """Ask for the syringe; those that were drawn for it are listed with their activity now."""
    ready = administrations.syringes_for(row, clock.now(), most=READY)
    return show(
        request,
        "sheet.html",
        422 if wrong else 200,
        title="Give the dose",
        heading=f"Give the dose: {row.name}",
        crumb={"text": row.name, "href": f"/referrals/{row.uuid}/"},
        faults=[{"field": "label", "message": wrong}] if wrong else [],
        form={
            "method": "get",
            "action": request.path,
            "fields": [{**SCAN, "value": label, "error": wrong or None}],
            "button": "Go on",
        },
        facts=referral_facts(row),
        facts_word="Referral",
        tables=[_syringes(row, ready)],
    )


def _syringes(row: Referral, lots: list[Lot]) -> dict[str, Any]:
    """Give syringes with their activity now, how far it is from the prescription, and what forbids them."""
    now, cells = clock.now(), []
    for lot in lots:
        here = activity_at(lot, now)
        away = (
            f"{100 * (here - row.prescribed) / row.prescribed:+.1f} %" if row.prescribed else "not prescribed"
        )
        why = materials.why_not(lot, now)
        state = (
            {"verdict": "suspension", "word": "do not give"} if why else {"verdict": "within", "word": "fit"}
        )
        link = {"text": lot.label, "href": f"/referrals/{row.uuid}/give/?label={quote(lot.label)}"}
        drawn_for = "this patient" if lot.patient_id == row.patient_id else "nobody by name"
        if lot.patient_id is not None and lot.patient_id != row.patient_id:
            drawn_for = "another patient"
        cells.append([link, f"{number_text(here)} MBq", away, drawn_for, {**state, "sub": "; ".join(why)}])
    words = ("Syringe", "Now", "From the prescription", "Drawn for", "State")
    made = table(cells, "No syringe is ready for this referral.", *words)
    return {**made, "caption": "Before you give it"}


def _fields(permits: list[Permit]) -> list[Field]:
    """Give the fields in the order in which a dose is given."""
    kinds = Administration
    time = "As 2040-03-05 09:15 by the clocks here; left empty it is now."
    return [
        text("scanned", "Syringe", hint="Scan its label once more at the patient."),
        text("name", "Name, as the patient says it", hint="Ask; do not read it out."),
        text("date_of_birth", "Date of birth, as the patient says it", hint="YYYY-MM-DD"),
        text("number", "Number on the wristband or letter", hint="NHS, CHI or hospital number."),
        choice("pregnancy", "Pregnancy", kinds.Pregnancy.choices),
        choice("feeding", "Breast-feeding", kinds.Feeding.choices),
        text("at", "Given at", needed=False, hint=time),
        text("before", "Syringe before, in MBq", needed=False, hint="Left empty: as it was drawn."),
        text("before_at", "Measured at", needed=False, hint=time),
        text("residual", "Syringe after, in MBq"),
        text("residual_at", "Measured after at", needed=False, hint=time),
        choice("extravasation", "Beside the vein", kinds.Extravasation.choices),
        text("extravasated", "How much beside the vein, in MBq", needed=False, hint="An estimate."),
        text("explained", "What was explained", long=True, hint="Kept enciphered."),
        {
            **choice("permit", "Permit for what is excreted", [(one.uuid, one.number) for one in permits]),
            "required": len(permits) > 0,
        },
        text("deviation", "Why, where something is not as it should be", needed=False, long=True),
        text("remark", "Remark", needed=False, long=True, hint="Kept enciphered."),
    ]


def _given(
    request: HttpRequest,
    row: Referral,
    syringe: Lot,
    permits: list[Permit],
    given: Mapping[str, str],
    confirmation: Confirmation,
    second: Second | None,
) -> Administration:
    """Check the identity, which stays written down whatever follows; then write that the dose was given."""
    by, now = person_of(request), clock.now()
    points = {name: given[name] for name in ("name", "date_of_birth", "number")}
    residual = Reading(decimal("residual", given["residual"]), _time("residual_at", given, now))
    at = _time("at", given, now)  # the residual, too, is of now: both mean the same instant
    before = None
    if given["before"]:
        before = Reading(decimal("before", given["before"]), _time("before_at", given, at))
    told = Told(
        pregnancy=given["pregnancy"],
        feeding=given["feeding"],
        explained=given["explained"],
        extravasation=given["extravasation"],
        extravasated=decimal("extravasated", given["extravasated"] or "0"),
        deviation=given["deviation"],
        remark=given["remark"],
    )
    permit = chosen("permit", given["permit"], permits) if given["permit"] else None
    patients.check_identity(by=by, patient=row.patient, **points)
    return actions.administer(
        by=by,
        referral=row,
        syringe=syringe,
        scanned=given["scanned"],
        told=told,
        residual=residual,
        before=before,
        permit=permit,
        at=at,
        confirmation=confirmation,
        second=second,
    )


def _time(name: str, given: Mapping[str, str], otherwise: Any) -> Any:
    return instant(name, given[name]) if given[name] else otherwise


@require_GET
@signed_in
def one(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Show what was given, and what follows for the patient."""
    row = administrations.administration_by_uuid(uuid)
    after, now = follows(row), as_it_stands(row)
    adds = "materials.add_finding" in activities_of(person_of(request))
    banner = (
        None if after.confirmed else {"tone": "warn", "text": "What patients are told is to be confirmed"}
    )
    return show(
        request,
        "sheet.html",
        title="Given",
        heading=f"{row.referral.name}: {number_text(row.administered)} MBq {row.nuclide}",
        crumb={"text": row.referral.name, "href": f"/referrals/{row.referral.uuid}/"},
        banner=banner,
        intro=UNCONFIRMED if banner else "",
        actions=[
            {"text": "Card for the patient", "href": f"/administrations/{row.uuid}/card.pdf"},
            *([{"text": "Add a late finding", "href": f"/administrations/{row.uuid}/add/"}] if adds else []),
        ],
        facts=[*_facts(row), *_stands(row, now)],
        facts_word="Given",
        tables=[_after(row, after), *([_added(now)] if now.additions else [])],
    )


def _facts(row: Administration) -> list[list[Any]]:
    left = f"{number_text(row.residual)} MBq at {at_site(row.residual_at)}"
    rows: list[list[Any]] = [
        ["Patient", {"text": row.patient.pseudonym, "href": f"/patients/{row.patient.uuid}/"}],
        ["When and by whom", f"{at_site(row.at)} by {row.by.display_name}"],
        ["Syringe", row.syringe.label],
        ["Before", f"{number_text(row.before)} MBq at {at_site(row.before_at)}"],
        ["Left in it", f"{left} ({row.residue.label})" if row.residue is not None else left],
        ["Prescribed", f"{number_text(row.prescribed)} MBq"],
        ["From the prescription", f"{row.difference:+.1f} %"],
        ["Pregnancy", row.get_pregnancy_display()],
        ["Breast-feeding", row.get_feeding_display()],
        ["Beside the vein", row.get_extravasation_display()],
        ["Explained by", row.explained_by.display_name],
        ["Record", {"text": f"no. {row.record.number}", "href": f"/records/{row.record.uuid}/"}],
    ]
    if row.extravasated:
        rows.insert(-2, ["Of it beside the vein", f"{number_text(row.extravasated)} MBq, estimated"])
    return rows


def _stands(row: Administration, now: Standing) -> list[list[Any]]:
    """Give what is known by now, where something was added."""
    if not now.additions:
        return []
    beside = f", {number_text(now.extravasated)} MBq of it beside the vein" if now.extravasated else ""
    rows: list[list[Any]] = [["As it stands now", f"{number_text(now.administered)} MBq given{beside}"]]
    for one in excreted([row]):
        if row.permit is not None and one.known < one.counted:
            under = f"{number_text(one.counted)} MBq under {row.permit.number}, as booked"
            words = f"{under}; {number_text(one.known)} MBq by what is known now"
            link = f"/materials/permits/{row.permit.uuid}/"
            rows.append(["Counts as excreted", {"text": words, "href": link}])
    return rows


def _added(now: Standing) -> dict[str, Any]:
    """Give what was added later, by whom and when, with its sealed record."""
    cells: list[list[Any]] = [
        [
            {"text": row.get_what_display().capitalize(), "href": f"/records/{row.record.uuid}/"},
            f"{number_text(row.activity)} MBq" if row.activity else "not estimated",
            {"at": row.at},
            row.by.display_name,
            row.residue.label if row.residue is not None else "",
        ]
        for row in now.additions
    ]
    words = ("What", "How much then", "When", "By", "Residue")
    return {**table(cells, "", *words), "caption": "Added later"}


@require_http_methods(["GET", "POST"])
@signed_in
def add(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Add a late extravasation or residual to an administration."""
    row = administrations.administration_by_uuid(uuid)
    hint = "Of what went beside the vein an estimate; left empty where nobody can tell."
    fields = (
        choice("what", "What was found", Addition.What.choices),
        text("activity", "How much, in MBq at that time", needed=False, hint=hint),
        text(
            "at",
            "Seen or measured at",
            needed=False,
            hint="As 2040-03-05 09:15 by the clocks here; left empty it is now.",
        ),
        text("words", "What was seen", long=True, hint="Kept enciphered."),
    )

    def carry_out(given: Mapping[str, str], confirmation: Confirmation) -> str:
        actions.add_finding(
            by=person_of(request),
            administration=row,
            what=given["what"],
            activity=decimal("activity", given["activity"] or "0"),
            words=given["words"],
            at=_time("at", given, None),
            confirmation=confirmation,
        )
        return f"/administrations/{row.uuid}/"

    crumb = {"text": row.referral.name, "href": f"/administrations/{row.uuid}/"}
    meaning = "I found this out after the dose was written down; what was written stays."
    return statement_page(request, "Add a late finding", meaning, fields, carry_out, crumb=crumb)


def _after(row: Administration, after: Follows) -> dict[str, Any]:
    def until(moment: datetime | None) -> Any:
        return at_site(moment) if moment is not None else "no need"

    cells: list[list[Any]] = [[one.who, until(one.until), f"{one.distance:g} m"] for one in after.contacts]
    if after.feeds:
        words = "to be ended" if after.feeding_until is None else until(after.feeding_until)
        cells.append(["Breast-feeding", words, ""])
    made = table(cells, "Nothing has to be kept.", "Who", "Until", "Closer than")
    with_others = {0: "", 1: ", with the dose before it"}.get(
        after.earlier, f", with the {after.earlier} doses before it"
    )
    return {**made, "caption": f"What follows{with_others}"}


@require_GET
@signed_in
def card(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Print the card that the patient takes home; it does not name them."""
    row = administrations.administration_by_uuid(uuid)
    made = advice_card(
        row,
        follows(row),
        site=settings.KILTER.department,
        zone=settings.SITE_ZONE,
        call=settings.KILTER.report_call,
    )
    answer = HttpResponse(made, content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="card-{row.uuid.hex[:12]}.pdf"'
    return answer
