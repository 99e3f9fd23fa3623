"""Referrals, and their justification and authorisation under IR(ME)R, each by a named person."""

from __future__ import annotations

from typing import Any

from kilter.department.ledger import audit, clock
from kilter.department.ledger.texts import text
from kilter.department.materials import custody
from kilter.department.materials.custody import Link, needs
from kilter.department.materials.figures import number
from kilter.department.materials.models import Administration, Guideline, Product, Referral
from kilter.department.patients.free_text import names_nobody
from kilter.department.patients.models import LookUp, Patient
from kilter.department.people.confirmation import Confirmation
from kilter.department.people.gate import action
from kilter.department.people.models import Person
from kilter.department.records.models import PersonalPart, Record
from kilter.department.records.personal import read_personal
from kilter.measure.error import Conflict, NotFound


@action("materials.issue_guideline")
def issue_guideline(
    *,
    by: Person,
    name: str,
    product: Product,
    criteria: str,
    least: float,
    most: float,
    confirmation: Confirmation,
) -> Guideline:
    """Issue a guideline under which operators may authorise; what it justifies is the practitioner's word.

    Args:
        by: the practitioner.
        name: by which it is known; one of that name may be in force.
        product: which it covers.
        criteria: who may be given it, and when a practitioner is asked.
        least: activity in MBq from which it covers.
        most: activity in MBq up to which it covers.
        confirmation: fresh, of this person.

    Raises:
        BadInput: a field is missing or impossible.
        Conflict: one of that name is in force.
        NotPermitted: not confirmed.
    """
    link = custody.begin("issue_guideline", by, confirmation)
    title = text("name", name, most=120, needed=True)
    words = text("criteria", criteria, most=2000, needed=True)
    low, high = number("least", least), number("most", most, above=0.0)
    needs(low <= high, "most", "must not be less than the least")
    if Guideline.objects.filter(name=title, ended_at=None).exists():
        raise Conflict(f"a guideline {title} is in force already", field="name")
    said = {
        "name": title, "product": product.key, "criteria": words, "least_MBq": low, "most_MBq": high
    }  # fmt: skip
    record = custody.seal(link, said, f"Issued the guideline {title}")
    made = Guideline.objects.create(
        name=title,
        product=product,
        criteria=words,
        least=low,
        most=high,
        issued_by=by,
        issued_at=link.at,
        record=record,
    )
    audit.write(
        "materials.issue_guideline", by=by, subject=product, detail={"name": title, "record": record.number}
    )
    return made


@action("materials.end_guideline")
def end_guideline(*, by: Person, guideline: Guideline, reason: str) -> Guideline:
    """End a guideline, with a reason; what was authorised under it stays.

    Raises:
        BadInput: there is no reason.
        Conflict: it was ended before.
    """
    words = text("reason", reason, most=300, needed=True)
    row = Guideline.objects.select_for_update(of=("self",)).select_related("product").get(pk=guideline.pk)
    if row.ended_at is not None:
        raise Conflict("this guideline was ended before", field="guideline")
    row.ended_at = clock.now()
    row.save(update_fields=["ended_at"])
    audit.write(
        "materials.end_guideline", by=by, subject=row.product, detail={"name": row.name, "reason": words}
    )
    return row


@action("materials.refer")
def refer(
    *,
    by: Person,
    patient: Patient,
    product: Product,
    referrer: str,
    examination: str,
    clinical_details: str,
    confirmation: Confirmation,
) -> Referral:
    """Take in a referral: by whom, what for, and the clinical details, which only the personal part keeps.

    Raises:
        BadInput: a field is missing, or one that everybody reads holds what looks like a patient's details.
        Conflict: what identified the patient was erased.
        NotPermitted: not confirmed.
    """
    link = custody.begin("refer", by, confirmation)
    who = text("referrer", referrer, most=120, needed=True)
    what = text("examination", examination, most=120, needed=True)
    details = text("clinical_details", clinical_details, most=4000, needed=True)
    for field, words in (("referrer", who), ("examination", what)):
        names_nobody(field, words)
    needs(product.nuclide, "product", "is not radioactive")
    if patient.payload is None:
        raise Conflict("what identified this patient was erased", field="patient")
    said = {"patient": patient.pseudonym, "product": product.key, "referrer": who, "examination": what}
    record = custody.seal(
        link, said, f"Took in a referral of {patient}", personal={"clinical_details": details}
    )
    made = Referral.objects.create(
        patient=patient,
        product=product,
        referrer=who,
        examination=what,
        received_by=by,
        received_at=link.at,
        record=record,
    )
    _written(link, made, record)
    return made


def _written(link: Link, referral: Referral, record: Record) -> None:
    detail = {"referral": str(referral.uuid), "record": record.number}
    audit.write(f"materials.{link.verb}", by=link.by, subject=referral.patient, detail=detail)


@action("materials.read_details")
def read_details(*, by: Person, referral: Referral, reason: str) -> dict[str, str]:
    """Show what the personal parts of a referral hold; that they were read, and why, is kept as a look-up.

    Returns:
        The words by what they are: the clinical details, the grounds of the justification, why it was
        declined, what was explained and remarked with the dose or found later, as far as there are any.

    Raises:
        BadInput: there is no reason.
        NotFound: they were destroyed.
    """
    words = text("reason", reason, most=300, needed=True)
    given = Administration.objects.filter(referral=referral).first()
    records = [referral.record_id, referral.justified_in_id, referral.declined_in_id]
    if referral.part_of is not None:  # the clinical details were told once, with the first dose
        records.append(referral.part_of.record_id)
    if given is not None:
        records += [given.record_id, *given.additions.values_list("record_id", flat=True)]
    found: dict[str, str] = {}
    for part in PersonalPart.objects.filter(record__in=[one for one in records if one]).order_by("id"):
        if part.payload is not None:
            for name, value in read_personal(part).items():  # of several findings each stands on its line
                found[name] = f"{found[name]}\n{value}" if name in found else str(value)
    if not found:
        raise NotFound("what describes this patient was destroyed", field="referral")
    LookUp.objects.create(patient=referral.patient, by=by, at=clock.now(), reason=words, purpose="clinical")
    audit.write(
        "materials.read_details", by=by, subject=referral.patient, detail={"referral": str(referral.uuid)}
    )
    return found


@action("materials.justify")
def justify(
    *,
    by: Person,
    referral: Referral,
    grounds: str,
    confirmation: Confirmation,
    pregnancy_considered: bool = False,
) -> Referral:
    """Justify an exposure: the practitioner takes responsibility that it does more good than harm.

    With the first dose of an examination every other of its doses that waits for it is justified too.

    Args:
        by: the practitioner.
        referral: which.
        grounds: in words; the personal part keeps them.
        confirmation: fresh, of this person.
        pregnancy_considered: it is justified also if the patient is, or may be, pregnant.

    Raises:
        BadInput: there are no grounds.
        Conflict: it was justified, given or declined before.
        NotPermitted: not confirmed.
    """
    link = custody.begin("justify", by, confirmation)
    words = text("grounds", grounds, most=2000, needed=True)
    row = _open(referral)
    if row.justified_at is not None:
        raise Conflict("this referral was justified before", field="referral")
    others = [one for one in _open_doses(row) if one.justified_at is None]
    said = {**_about(row), "pregnancy_considered": bool(pregnancy_considered), **_with(others)}
    record = custody.seal(link, said, f"Justified {row.name}", personal={"grounds": words})
    for one in (row, *others):
        one.justified_by, one.justified_at, one.justified_in = by, link.at, record
        one.pregnancy_considered = bool(pregnancy_considered)
        one.save(update_fields=["justified_by", "justified_at", "justified_in", "pregnancy_considered"])
    _written(link, row, record)
    return row


def _open_doses(row: Referral) -> list[Referral]:
    """List the other doses of an examination that wait, locked, where the row is its first."""
    rows = Referral.objects.select_for_update(of=("self",)).filter(part_of=row)
    return list(rows.filter(given_at=None, declined_at=None).select_related("product").order_by("id"))


def _with(others: list[Referral]) -> dict[str, Any]:
    """Name the doses that a statement is of besides the first."""
    named = [{"referral": str(one.uuid), "dose": one.dose, "product": one.product.key} for one in others]
    return {"doses": named} if named else {}


def _open(referral: Referral) -> Referral:
    """Read a referral again, locked, and refuse what nothing more can happen to."""
    row = (
        Referral.objects.select_for_update(of=("self",))
        .select_related("patient", "product")
        .get(pk=referral.pk)
    )
    if row.declined_at is not None or row.given_at is not None:
        words = "declined" if row.declined_at is not None else "given"
        raise Conflict(f"this referral was {words} before", field="referral")
    return row


def _about(row: Referral) -> dict[str, Any]:
    said = {"referral": str(row.uuid), "patient": row.patient.pseudonym, "product": row.product.key}
    return {**said, "dose": row.dose} if row.dose else said


@action("materials.authorise")
def authorise(*, by: Person, referral: Referral, prescribed: float, confirmation: Confirmation) -> Referral:
    """Authorise a justified exposure, and prescribe its activity in MBq, as the practitioner.

    Raises:
        BadInput: no activity is given.
        Conflict: it is not justified, or was authorised, given or declined before.
        NotPermitted: not confirmed.
    """
    link = custody.begin("authorise", by, confirmation)
    row = _open(referral)
    if row.justified_at is None:
        raise Conflict("no practitioner has justified this yet", field="referral", code="unjustified")
    return _authorised(link, row, prescribed, None)


@action("materials.authorise_by_guideline")
def authorise_by_guideline(
    *,
    by: Person,
    referral: Referral,
    guideline: Guideline,
    prescribed: float,
    confirmation: Confirmation,
) -> Referral:
    """Authorise an exposure as an operator, under a guideline that a practitioner has issued.

    Where no practitioner has looked at this referral, who issued the guideline has justified it by that.

    Raises:
        BadInput: no activity is given, or the guideline does not cover it or the product.
        Conflict: the guideline has ended, or it was authorised, given or declined before.
        NotPermitted: not confirmed.
    """
    link = custody.begin("authorise_by_guideline", by, confirmation)
    row = _open(referral)
    rule = Guideline.objects.select_for_update(of=("self",)).select_related("issued_by").get(pk=guideline.pk)
    if rule.ended_at is not None:
        raise Conflict(f"the guideline {rule.name} has ended", field="guideline")
    needs(rule.product_id == row.product_id, "guideline", f"{rule.name} is of another product")
    activity = number("prescribed", prescribed, above=0.0)
    covered = rule.least <= activity <= rule.most
    needs(covered, "prescribed", f"{rule.name} covers {rule.least:g} to {rule.most:g} MBq")
    if row.justified_at is None:
        row.justified_by, row.justified_at = rule.issued_by, link.at
    return _authorised(link, row, activity, rule)


def _authorised(link: Link, row: Referral, prescribed: float, rule: Guideline | None) -> Referral:
    if row.authorised_at is not None:
        raise Conflict("this referral was authorised before", field="referral")
    row.prescribed = number("prescribed", prescribed, above=0.0)
    row.authorised_by, row.authorised_at, row.guideline = link.by, link.at, rule
    said: dict[str, Any] = {**_about(row), "prescribed_MBq": row.prescribed}
    if row.justified_by is not None:
        said["justified_by"] = {"id": str(row.justified_by.uuid), "name": row.justified_by.display_name}
    if rule is not None:
        said["guideline"] = {"id": str(rule.uuid), "name": rule.name}
    record = custody.seal(link, said, f"Authorised {row.name}")
    row.authorised_in = record
    if rule is not None and row.justified_in is None:
        row.justified_in = rule.record
    row.save(
        update_fields=[
            "justified_by", "justified_at", "justified_in", "authorised_by", "authorised_at",
            "authorised_in", "guideline", "prescribed",
        ]
    )  # fmt: skip
    _written(link, row, record)
    return row


@action("materials.decline")
def decline(*, by: Person, referral: Referral, reason: str, confirmation: Confirmation) -> Referral:
    """Decline a referral as the practitioner; the reason stands in the personal part.

    With the first dose of an examination every other of its doses that was not given is declined too.

    Raises:
        BadInput: there is no reason.
        Conflict: it was given or declined before.
        NotPermitted: not confirmed.
    """
    link = custody.begin("decline", by, confirmation)
    words = text("reason", reason, most=2000, needed=True)
    row = _open(referral)
    others = _open_doses(row)
    said = {**_about(row), **_with(others)}
    record = custody.seal(link, said, f"Declined {row.name}", personal={"reason": words})
    for one in (row, *others):
        one.declined_at, one.declined_in = link.at, record
        one.save(update_fields=["declined_at", "declined_in"])
    _written(link, row, record)
    return row
