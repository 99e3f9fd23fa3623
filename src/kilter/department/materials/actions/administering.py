"""Giving a dose to a patient: refused where it must not be, measured, booked, and sealed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from kilter.department.ledger import audit, clock
from kilter.department.ledger.texts import text
from kilter.department.materials import custody
from kilter.department.materials.course import LotState, next_state
from kilter.department.materials.custody import Birth, Link, Quantity, Second, named, needs
from kilter.department.materials.decaying import activity_at
from kilter.department.materials.figures import number
from kilter.department.materials.giving import (
    Given,
    Reading,
    activity_check,
    advice_for,
    deviations,
    refusals,
    refuse_impossible,
)
from kilter.department.materials.measuring import Measured
from kilter.department.materials.models import Administration, Booking, Lot, Permit, Referral
from kilter.department.people.confirmation import Confirmation
from kilter.department.people.gate import action
from kilter.department.people.models import Person
from kilter.department.records.models import Record
from kilter.measure.document import instant as instant_text
from kilter.measure.error import BadInput


@dataclass(frozen=True, slots=True)
class Told:
    """What was found out and said beside the dose.

    `pregnancy`, `feeding` and `extravasation` are words of `Administration`; `extravasated` is the estimate
    in MBq of what went beside the vein. `explained` is what the patient was told, by `explained_by`, or by
    who acts. `deviation` says why something is not as it should be. The texts stand in the personal part.
    """

    pregnancy: str
    feeding: str
    explained: str
    extravasation: str = "none"
    extravasated: float = 0.0
    explained_by: Person | None = None
    deviation: str = ""
    remark: str = ""


@action("materials.administer")
def administer(
    *,
    by: Person,
    referral: Referral,
    syringe: Lot,
    scanned: str,
    told: Told,
    residual: Reading,
    confirmation: Confirmation,
    before: Reading | None = None,
    permit: Permit | None = None,
    at: datetime | None = None,
    second: Second | None = None,
) -> Administration:
    """Write down that a dose was given to a patient.

    The books take the syringe as it was drawn: what was left is a residue, all else went to the patient,
    and the excreted share of that counts under the permit at once. What was given is what was measured.

    Args:
        by: who gave it, and checked the patient's identity before.
        referral: justified and authorised.
        syringe: which.
        scanned: its label as just read from it.
        told: what was found out and said.
        residual: what was left in the syringe.
        confirmation: fresh, of this person.
        before: the syringe as measured before; as it was drawn where it was not measured again.
        permit: under which the excretion counts; needed where a share is excreted.
        at: when it was given; now where it is not said.
        second: a second person's word, where the product asks for it.

    Raises:
        BadInput: the label is another's, a reading or a word is impossible, or a deviation is not explained.
        Conflict: it is not justified or authorised, was given before, the identity was not checked, the
            syringe or anything that went into it is rejected, failed, not released or expired, a pregnancy
            was not considered, or it is not said what patients are told of the product.
        NotPermitted: not confirmed, or the second person is missing.
    """
    link = custody.begin("administer", by, confirmation, at=at, second=second, product=syringe.product)
    _check_words(told)
    wanted = _locked(referral)
    rows = custody.lock(syringe, line=True)
    row = rows[syringe.pk]
    custody.check_scanned(row, scanned)
    reading = Reading(activity_at(row, link.at), link.at) if before is None else _reading("before", before)
    given = Given(
        referral=wanted,
        syringe=row,
        line=list(rows.values()),
        at=link.at,
        before=reading,
        residual=_reading("residual", residual),
        pregnancy=told.pregnancy,
        advice=advice_for(wanted.product),
        permit=_permit(permit),
    )
    for refusal in refusals(given, by):
        raise refusal
    next_state(row.state, "administer")
    custody.check_time(link, row)
    refuse_impossible(given)
    return _written(link, given, told, *_measured(given, told))


def _permit(permit: Permit | None) -> Permit | None:
    """Lock the permit under which the excretion counts."""
    return Permit.objects.select_for_update(of=("self",)).get(pk=permit.pk) if permit is not None else None


def _measured(given: Given, told: Told) -> tuple[Measured, list[str]]:
    """Measure what was given, and refuse deviations that nobody explains."""
    measured = activity_check(given)
    unlike = deviations(given, measured)
    needs(not unlike or told.deviation.strip(), "deviation", f"say why: {'; '.join(unlike)}")
    needs(told.extravasated <= measured.value("activity"), "extravasated", "is more than was given")
    return measured, unlike


def _locked(referral: Referral) -> Referral:
    rows = Referral.objects.select_for_update(of=("self",)).select_related(
        "patient", "product", "justified_by", "authorised_by", "guideline"
    )
    return rows.get(pk=referral.pk)


def _reading(field: str, given: Reading) -> Reading:
    return Reading(number(field, given.activity), clock.as_instant(given.at, f"{field}_at"))


def _check_words(told: Told) -> None:
    for field, kind in (
        ("pregnancy", Administration.Pregnancy),
        ("feeding", Administration.Feeding),
        ("extravasation", Administration.Extravasation),
    ):
        values = list(kind.values)
        needs(getattr(told, field) in values, field, f"must be one of {', '.join(values)}")
    text("explained", told.explained, most=2000, needed=True)
    text("deviation", told.deviation, most=1000)
    text("remark", told.remark, most=1000)
    estimate = number("extravasated", told.extravasated)
    beside = told.extravasation != Administration.Extravasation.NONE
    needs(beside or not estimate, "extravasated", "is given only where some went beside the vein")
    if told.extravasation == Administration.Extravasation.SEEN and not estimate:
        raise BadInput("extravasated: estimate how much went beside the vein", field="extravasated")
    needs(told.explained_by is None or told.explained_by.is_active, "explained_by", "has left")


def _written(link: Link, given: Given, told: Told, measured: Measured, unlike: list[str]) -> Administration:
    """Seal what was given, book it, and keep it."""
    row, referral = given.syringe, given.referral
    words = {"explained": told.explained, "deviation": told.deviation, "remark": told.remark}
    personal = {name: value.strip() for name, value in words.items() if value.strip()}
    said = _said(link, given, told, measured, unlike)
    record = custody.seal(link, said, f"Gave {row.label}", personal=personal)
    residue = _booked(link, record, given)
    referral.given_at = link.at
    referral.save(update_fields=["given_at"])
    made = Administration.objects.create(
        referral=referral,
        syringe=row,
        residue=residue,
        patient=referral.patient,
        product=referral.product,
        at=link.at,
        by=link.by,
        nuclide=row.nuclide,
        prescribed=referral.prescribed,
        before=given.before.activity,
        before_at=given.before.at,
        residual=given.residual.activity,
        residual_at=given.residual.at,
        administered=measured.value("activity"),
        difference=measured.value("difference"),
        verdict=measured.judgement.verdict,
        pregnancy=told.pregnancy,
        feeding=told.feeding,
        extravasation=told.extravasation,
        extravasated=told.extravasated,
        explained_by=told.explained_by or link.by,
        advice=given.advice,
        permit=given.permit,
        record=record,
    )
    settled = _settle_bookings(link, referral, row.nuclide)
    detail = {"record": record.number, "syringe": row.label, "bookings_settled": settled}
    audit.write("materials.administer", by=link.by, subject=referral.patient, detail=detail)
    return made


def _said(link: Link, given: Given, told: Told, measured: Measured, unlike: list[str]) -> dict[str, Any]:
    """Give what the sealed statement says, without anything that identifies the patient."""
    referral, advice = given.referral, given.advice
    said: dict[str, Any] = {
        "referral": str(referral.uuid),
        "patient": referral.patient.pseudonym,
        "lot": named(given.syringe),
        "justified": _who(referral.justified_by, referral.justified_at),
        "authorised": _who(referral.authorised_by, referral.authorised_at),
        "identity": "three points agreed",
        "pregnancy": told.pregnancy,
        "feeding": told.feeding,
        "explained_by": _who(told.explained_by or link.by, link.at),
        "before": {"MBq": given.before.activity, "at": instant_text(given.before.at)},
        "residual": {"MBq": given.residual.activity, "at": instant_text(given.residual.at)},
        "prescribed_MBq": referral.prescribed,
        "administered_MBq": measured.value("activity"),
        "measured": measured.document,
        "extravasation": {"seen": told.extravasation, "MBq": told.extravasated},
        "excreted_MBq": given.excreted,
        "permit": given.permit.number if given.permit is not None else "",
        "deviations": unlike,
    }
    if referral.guideline is not None:
        said["guideline"] = {"id": str(referral.guideline.uuid), "name": referral.guideline.name}
    said["advice"] = {"id": str(advice.uuid), "confirmed": advice.confirmed_at is not None}
    if told.feeding == Administration.Feeding.YES:
        said["interruption"] = {"h": advice.interruption_hours, "stop_feeding": advice.stop_feeding}
    return said


def _who(person: Person | None, at: datetime | None) -> dict[str, str]:
    if person is None or at is None:
        return {}
    return {"id": str(person.uuid), "name": person.display_name, "at": instant_text(at)}


def _booked(link: Link, record: Record, given: Given) -> Lot | None:
    """Take the syringe to nothing: what was left is a residue, all else went to the patient."""
    row, patient, held = given.syringe, given.referral.patient, given.held
    left, excreted = min(given.left, held), given.excreted  # of the syringe as it was, before it is emptied
    whole = Quantity(held, row.volume, row.amount)
    location = row.location
    custody.take(link, row, whole)
    gave = replace(whole, activity=held - left)
    custody.move(link, record, source=row, quantity=gave, patient=patient)
    if excreted > 0 and given.permit is not None:
        custody.move(
            replace(link, verb="excrete"),
            record,
            quantity=Quantity(excreted),
            nuclide=row.nuclide,
            route=given.advice.route,
            permit=given.permit,
            patient=patient,
        )
    if not left:
        return None
    more = {"parent": row, "location": location, "state": LotState.REJECTED}
    birth = Birth(custody.free_label(f"{row.label}-R"), Lot.Kind.RESIDUE.value, None, row.nuclide, more)
    residue = custody.born(link, birth, Quantity(left))
    custody.move(link, record, source=row, target=residue, quantity=Quantity(left))
    return residue


def _settle_bookings(link: Link, referral: Referral, nuclide: str) -> int:
    """Take what was booked for this dose out of the forecast, the nearest of that day: it has happened."""
    here = link.at.astimezone(ZoneInfo(settings.SITE_ZONE))
    first = here.replace(hour=0, minute=0, second=0, microsecond=0)
    rows = Booking.objects.filter(
        patient=referral.patient,
        nuclide=nuclide,
        cancelled_at=None,
        at__gte=clock.as_instant(first),
        at__lt=clock.as_instant(first + timedelta(days=1)),
    )
    nearest = min(rows, key=lambda one: abs(one.at - link.at), default=None)
    return 0 if nearest is None else rows.filter(pk=nearest.pk).update(cancelled_at=clock.now())
