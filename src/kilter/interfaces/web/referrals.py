"""Referrals: taken in, justified, authorised or declined, each as a person's signed word."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_GET, require_http_methods

from kilter.department.ledger import clock
from kilter.department.materials import actions, administrations
from kilter.department.materials import queries as materials
from kilter.department.materials.models import Referral
from kilter.department.patients import queries as patients
from kilter.department.people.confirmation import Confirmation
from kilter.department.people.queries import activities_of
from kilter.department.records.models import Record
from kilter.interfaces.web.asked import Field, choice, chosen, decimal, text
from kilter.interfaces.web.page import at_site, person_of, show, signed_in, table
from kilter.interfaces.web.patients import REASON, given_table, referral_table, stands
from kilter.interfaces.web.statements import statement_page
from kilter.measure.error import BadInput, KilterError, NotFound
from kilter.measure.rounding import number_text

CRUMB = {"text": "Referrals", "href": "/referrals/"}
SCAN = text("label", "Syringe", hint="Scan its label, or type it and press Enter.")
NOBODY = "Everybody reads this: no name, number or date of birth."
Act = Callable[[Mapping[str, str], Confirmation], str]


@require_GET
@signed_in
def listing(request: HttpRequest) -> HttpResponse:
    """List what waits, and open the referral for which a scanned syringe was drawn."""
    label, faults = request.GET.get("label", "").strip(), []
    if label:
        try:
            return HttpResponseRedirect(_for_syringe(label))
        except KilterError as error:
            faults = [{"field": "label", "message": error.message}]
    rights, now = activities_of(person_of(request)), clock.now()
    offered = (
        ("Patients", "/patients/", "patients.find"),
        ("Guidelines", "/guidelines/", "materials.refer"),
        ("What patients are told", "/advice/", "materials.refer"),
    )
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    wrong = faults[0]["message"] if faults else None
    return show(
        request,
        "sheet.html",
        422 if faults else 200,
        title="Referrals",
        heading="Referrals",
        actions=[{"text": words, "href": href} for words, href, right in offered if right in rights],
        faults=faults,
        form={
            "method": "get",
            "action": "/referrals/",
            "fields": [{**SCAN, "value": label, "error": wrong}],
            "button": "Give this dose",
        },
        tables=[
            referral_table(administrations.open_referrals(), "Waiting"),
            given_table(administrations.given_between(today, now), "Given today"),
        ],
    )


def _for_syringe(label: str) -> str:
    """Give the address at which the dose of a syringe is given.

    Raises:
        NotFound: there is no such lot, or no referral waits for it.
    """
    lot = materials.lot_by_label(label)
    waiting = [
        row
        for row in administrations.open_referrals()
        if row.product_id == lot.product_id and lot.patient_id in (None, row.patient_id)
    ]
    if lot.patient_id is None or len(waiting) != 1:
        raise NotFound(f"{lot.label} was not drawn for one referral; open the referral below", field="label")
    return f"/referrals/{waiting[0].uuid}/give/?label={quote(lot.label)}"


@require_GET
@signed_in
def one(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Show a referral: who justified and authorised it, and what can be done next."""
    row = administrations.referral_by_uuid(uuid)
    doses = administrations.doses_of(row)
    given = administrations.administrations_of(row.patient) if row.given_at is not None or doses else []
    own = {row.pk, *(one.pk for one in doses)}
    tables = [_doses(row, doses)] if doses else []
    if given:
        tables.append(given_table([one for one in given if one.referral_id in own]))
    return show(
        request,
        "sheet.html",
        title=row.name,
        heading=f"{row.name}, {row.product.name}",
        crumb=CRUMB,
        actions=_next(request, row),
        facts=facts(row),
        facts_word="Referral",
        tables=tables,
    )


def _doses(row: Referral, doses: list[Referral]) -> dict[str, Any]:
    """Give the doses of an examination, each by itself."""
    cells: list[list[Any]] = [
        [
            {"text": one.dose, "href": f"/referrals/{one.uuid}/"} if one.pk != row.pk else one.dose,
            one.product.name,
            f"{number_text(one.prescribed)} MBq" if one.prescribed else "not prescribed",
            stands(one),
        ]
        for one in doses
    ]
    return {
        **table(cells, "", "Dose", "Product", "Activity", "State"),
        "caption": "Doses of this examination",
    }


def facts(row: Referral) -> list[list[Any]]:
    """Give what everybody may know of a referral as facts of a page."""
    rows: list[list[Any]] = [
        ["Patient", {"text": row.patient.pseudonym, "href": f"/patients/{row.patient.uuid}/"}],
        ["Referred by", row.referrer],
        ["Taken in", f"{at_site(row.received_at)} by {row.received_by.display_name}"],
        ["Record", {"text": f"no. {row.record.number}", "href": f"/records/{row.record.uuid}/"}],
    ]
    if row.justified_by is not None and row.justified_at is not None:
        words = f"{at_site(row.justified_at)} by {row.justified_by.display_name}"
        rows.append(["Justified", _sealed(words, row.justified_in)])
        considered = "yes" if row.pregnancy_considered else "no"
        rows.append(["Also for a patient who may be pregnant", considered])
    if row.authorised_by is not None and row.authorised_at is not None:
        words = f"{at_site(row.authorised_at)} by {row.authorised_by.display_name}"
        under = f", under {row.guideline.name}" if row.guideline is not None else ""
        rows += [
            ["Authorised", _sealed(words + under, row.authorised_in)],
            ["Prescribed", f"{number_text(row.prescribed)} MBq"],
        ]
    if row.declined_at is not None:
        rows.append(["Declined", _sealed(at_site(row.declined_at), row.declined_in)])
    return rows


def _sealed(words: str, record: Record | None) -> Any:
    """Give words as a link to the sealed record that holds them."""
    return {"text": words, "href": f"/records/{record.uuid}/"} if record is not None else words


def _next(request: HttpRequest, row: Referral) -> list[dict[str, str]]:
    """Give what may be done next with a referral, by whom it is."""
    if row.declined_at is not None or row.given_at is not None:
        fitting = ["details"]
    elif row.authorised_at is not None:
        fitting = ["give", "decline", "details"]
    else:
        fitting = [
            "authorise" if row.justified_at is not None else "justify",
            "guideline",
            "decline",
            "details",
        ]
    if row.declined_at is None:
        fitting.append("dose")
    rights = activities_of(person_of(request))
    activities = {
        "give": ("Give the dose", "materials.administer"),
        "details": ("Clinical details", "materials.read_details"),
        "dose": ("Add a dose", "materials.add_dose"),
        **{key: (title, f"materials.{activity}") for key, (title, _, activity, _) in FORMS.items()},
    }
    return [
        {"text": activities[key][0], "href": f"/referrals/{row.uuid}/{key}/"}
        for key in fitting
        if activities[key][1] in rights
    ]


@require_http_methods(["GET", "POST"])
@signed_in
def refer(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Take in a referral of a patient."""
    patient = patients.patient_by_uuid(uuid)
    products = [one for one in materials.products() if one.nuclide]
    fields = (
        choice("product", "Product", [(one.uuid, one.name) for one in products]),
        text("examination", "Examination or treatment", hint=NOBODY),
        text("referrer", "Referred by", hint=f"Name and position. {NOBODY}"),
        text("clinical_details", "Clinical details", long=True, hint="Kept enciphered, shown for a reason."),
    )

    def carry_out(given: Mapping[str, str], confirmation: Confirmation) -> str:
        words = {**given, "product": chosen("product", given["product"], products)}
        made = actions.refer(by=person_of(request), patient=patient, confirmation=confirmation, **words)
        return f"/referrals/{made.uuid}/"

    crumb = {"text": f"Patient {patient.pseudonym}", "href": f"/patients/{patient.uuid}/"}
    meaning = "I took in this referral as it was given to me."
    return statement_page(request, "Take in a referral", meaning, fields, carry_out, crumb=crumb)


@require_http_methods(["GET", "POST"])
@signed_in
def dose(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Add a further dose to an examination, such as stress after rest."""
    row = administrations.referral_by_uuid(uuid)
    products = [one for one in materials.products() if one.nuclide]
    own = next((one.pk for one in products if one.pk == row.product_id), None)
    products.sort(key=lambda one: one.pk != own)
    first = text("first", "Which dose the first one is", hint=f"Such as rest. {NOBODY}")
    fields = (
        *(() if row.dose else (first,)),
        text("dose", "Which dose this is", hint=f"Such as stress. {NOBODY}"),
        choice("product", "Product", [(one.uuid, one.name) for one in products]),
    )

    def carry_out(given: Mapping[str, str], confirmation: Confirmation) -> str:
        words = {**given, "product": chosen("product", given["product"], products)}
        made = actions.add_dose(by=person_of(request), referral=row, confirmation=confirmation, **words)
        return f"/referrals/{made.uuid}/"

    crumb = {"text": row.name, "href": f"/referrals/{row.uuid}/"}
    meaning = "The examination that was asked for takes a further dose; it waits for its own justification."
    done = administrations.doses_of(row)
    above = _doses(row, done) if done else None
    return statement_page(request, "Add a dose", meaning, fields, carry_out, crumb=crumb, table=above)


@require_http_methods(["GET", "POST"])
@signed_in
def details(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Ask for a reason, and then show the clinical details of a referral, on this page alone."""
    row, faults = administrations.referral_by_uuid(uuid), []
    reason, context = request.POST.get("reason", ""), dict[str, Any]()
    if request.method == "POST":
        try:
            found = actions.read_details(by=person_of(request), referral=row, reason=reason)
            rows = [[name.replace("_", " ").capitalize(), words] for name, words in found.items()]
            context = {"facts": rows, "facts_word": "Clinical details"}
        except KilterError as error:
            faults = [{"field": "reason", "message": error.message}]
    if not context:
        wrong = faults[0]["message"] if faults else None
        field = {**REASON, "value": reason, "error": wrong}
        context["form"] = {
            "method": "post", "action": request.path, "fields": [field], "button": "Show them"
        }  # fmt: skip
    made = show(
        request,
        "sheet.html",
        422 if faults else 200,
        title="Clinical details",
        heading=f"Clinical details, {row.patient.pseudonym}",
        crumb={"text": row.name, "href": f"/referrals/{row.uuid}/"},
        faults=faults,
        **context,
    )
    made["Cache-Control"] = "no-store"
    return made


@require_http_methods(["GET", "POST"])
@signed_in
def verb(request: HttpRequest, uuid: UUID, verb: str) -> HttpResponse:
    """Justify, authorise or decline a referral."""
    if verb not in FORMS:
        raise NotFound("there is no such thing to do with a referral")
    row = administrations.referral_by_uuid(uuid)
    title, meaning, _, make = FORMS[verb]
    fields, act = make(row)
    covers = _covers(verb, row)

    def carry_out(given: Mapping[str, str], confirmation: Confirmation) -> str:
        act(by=person_of(request), referral=row, confirmation=confirmation, given=given)
        return f"/referrals/{row.uuid}/"

    crumb = {"text": row.name, "href": f"/referrals/{row.uuid}/"}
    return statement_page(request, title, meaning, tuple(fields), carry_out, crumb=crumb, table=covers)


def _covers(verb: str, row: Referral) -> dict[str, Any] | None:
    """Show every dose that a statement covers, where it covers more than one."""
    if verb not in ("justify", "decline") or row.part_of_id is not None:
        return None
    doses = administrations.doses_of(row)
    return {**_doses(row, doses), "caption": "It covers every dose that waits"} if doses else None


Made = tuple[list[Field], Callable[..., Any]]


def _justify(row: Referral) -> Made:
    fields = [
        text("grounds", "Grounds", long=True, hint="Kept enciphered with the referral."),
        choice(
            "pregnancy",
            "Also if the patient is or may be pregnant",
            [("no", "no"), ("yes", "yes, I have considered it")],
        ),
    ]

    def act(given: Mapping[str, str], **more: Any) -> None:
        considered = given["pregnancy"] == "yes"
        actions.justify(grounds=given["grounds"], pregnancy_considered=considered, **more)

    return fields, act


ACTIVITY = text("prescribed", "Activity at administration, in MBq")


def _authorise(row: Referral) -> Made:
    def act(given: Mapping[str, str], **more: Any) -> None:
        actions.authorise(prescribed=decimal("prescribed", given["prescribed"]), **more)

    return [ACTIVITY], act


def _guideline(row: Referral) -> Made:
    rules = administrations.guidelines(row.product)
    options = [(one.uuid, f"{one.name}: {one.least:g} to {one.most:g} MBq; {one.criteria}") for one in rules]

    def act(given: Mapping[str, str], **more: Any) -> None:
        if not rules:
            raise BadInput("guideline: no practitioner has issued one for this product", field="guideline")
        rule = chosen("guideline", given["guideline"], rules)
        prescribed = decimal("prescribed", given["prescribed"])
        actions.authorise_by_guideline(guideline=rule, prescribed=prescribed, **more)

    return [choice("guideline", "Guideline", options), ACTIVITY], act


def _decline(row: Referral) -> Made:
    def act(given: Mapping[str, str], **more: Any) -> None:
        actions.decline(reason=given["reason"], **more)

    return [text("reason", "Why", long=True, hint="Kept enciphered with the referral.")], act


FORMS: dict[str, tuple[str, str, str, Callable[[Referral], Made]]] = {
    "justify": (
        "Justify", "I take the responsibility that this exposure is justified.", "justify", _justify
    ),
    "authorise": ("Authorise", "I authorise this exposure.", "authorise", _authorise),
    "guideline": (
        "Authorise under a guideline",
        "I authorise this exposure as the practitioner's guideline says.",
        "authorise_by_guideline",
        _guideline,
    ),
    "decline": ("Decline", "This exposure does not take place.", "decline", _decline),
}  # fmt: skip
"""Title, meaning, activity and maker of each form, in the order of the page."""
