"""What is checked before a dose is given: reasons that forbid it, and deviations that need words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from kilter.department.ledger import clock
from kilter.department.materials.decaying import SLACK, activity_at, decayed
from kilter.department.materials.fitness import reasons_against
from kilter.department.materials.measuring import Measured, measure
from kilter.department.materials.models import Administration, Advice, Lot, Permit, Product, Referral
from kilter.department.materials.permits import refuse_beyond
from kilter.department.patients.queries import identity_agreed
from kilter.department.people.models import Person
from kilter.measure.error import BadInput, CannotTell, Conflict

PROCEDURE = "nuclear_medicine.administered_activity"
"""The sum of what was given, and the limits to which its distance from the prescription is held."""

IDENTITY_HOLDS = timedelta(minutes=30)
"""How long after the three-point check of a patient a dose may be given on it."""

AGREES = 0.10
"""How far, relative, the calibrator may read from the books before it is asked whether it is this syringe."""

PREGNANT = (Administration.Pregnancy.POSSIBLE.value, Administration.Pregnancy.PREGNANT.value)
"""Answers with which a dose is given only where the practitioner has considered a pregnancy."""


@dataclass(frozen=True, slots=True)
class Reading:
    """An activity in MBq as a calibrator showed it, and when."""

    activity: float
    at: datetime


@dataclass(frozen=True, slots=True)
class Given:
    """What is to be given or was: of which syringe on which referral, when, and as measured.

    `line` is the syringe with everything that went into it. Without `before` the activity is what the
    syringe was drawn with. `advice` is what the site says of the product.
    """

    referral: Referral
    syringe: Lot
    line: Sequence[Lot]
    at: datetime
    before: Reading
    residual: Reading
    pregnancy: str
    advice: Advice
    permit: Permit | None

    @property
    def held(self) -> float:
        """What the books say was in the syringe when it was given, in MBq."""
        return activity_at(self.syringe, self.at)

    @property
    def left(self) -> float:
        """What was left in the syringe, in MBq when it was given; so little as rounding is none."""
        left = decayed(self.residual.activity, self.syringe.nuclide, self.residual.at, self.at)
        return left if left > self.held * SLACK else 0.0

    @property
    def excreted(self) -> float:
        """What of it will leave by the permit's route, in MBq, undecayed."""
        return self.advice.excreted * max(0.0, self.held - self.left)


def advice_for(product: Product) -> Advice:
    """Give what the site says of a product now.

    Raises:
        Conflict: it says nothing; nothing is given of which nobody knows what to tell the patient.
    """
    found = Advice.objects.filter(product=product, ended_at=None).first()
    if found is None:
        words = f"it is not said yet what patients are told of {product}, and what they excrete"
        raise Conflict(words, field="product", code="no_advice")
    return found


def refusals(given: Given, by: Person) -> list[BadInput | Conflict]:
    """List what forbids giving a dose, in the order in which it is put right; a few queries."""
    return [*_of_referral(given.referral), *_of_syringe(given), *_of_patient(given, by)]


def _of_referral(referral: Referral) -> list[BadInput | Conflict]:
    found: list[BadInput | Conflict] = []
    if referral.declined_at is not None:
        found.append(Conflict("this referral was declined", field="referral"))
    if referral.given_at is not None:
        found.append(Conflict("the dose of this referral was given before", field="referral"))
    if referral.justified_at is None:
        found.append(
            Conflict("no practitioner has justified this exposure", field="referral", code="unjustified")
        )
    if referral.authorised_at is None:
        found.append(Conflict("nobody has authorised this exposure", field="referral", code="unauthorised"))
    return found


def _of_syringe(given: Given) -> list[BadInput | Conflict]:
    row, referral = given.syringe, given.referral
    if row.kind != Lot.Kind.SYRINGE or not row.nuclide:
        return [BadInput(f"syringe: {row.label} is no syringe with a radiopharmaceutical", field="syringe")]
    found: list[BadInput | Conflict] = []
    if row.product_id != referral.product_id:
        words = f"syringe: {row.label} holds {row.product}, and {referral.product} is authorised"
        found.append(BadInput(words, field="syringe"))
    if row.patient_id is not None and row.patient_id != referral.patient_id:
        found.append(Conflict(f"{row.label} was drawn for another patient", field="syringe", code="other"))
    if row.container_id is not None:
        found.append(Conflict(f"{row.label} lies in a waste container", field="syringe"))
    reasons = reasons_against(row, given.line, given.at)
    found += [Conflict(words, field="syringe", code="unfit") for words in reasons]
    return found


def _of_patient(given: Given, by: Person) -> list[BadInput | Conflict]:
    found: list[BadInput | Conflict] = []
    if not identity_agreed(given.referral.patient, by, clock.now(), IDENTITY_HOLDS):
        words = "the three points of the patient's identity have not been checked by you and agreed"
        found.append(Conflict(words, field="identity", code="identity"))
    if given.pregnancy in PREGNANT and not given.referral.pregnancy_considered:
        words = "the practitioner has not justified this for a patient who is or may be pregnant"
        found.append(Conflict(words, field="pregnancy", code="pregnancy"))
    if given.advice.excreted > 0 and given.permit is None:
        found.append(BadInput("permit: say under which permit the excretion counts", field="permit"))
    return found


def refuse_impossible(given: Given) -> None:
    """Refuse readings in an order of time or of size that cannot be.

    Raises:
        BadInput: the first reading lies after the dose or the second before it, or more was left than was
            there.
    """
    row = given.syringe
    if not row.made_at <= given.before.at <= given.at:
        raise BadInput("before_at: must lie between the drawing and the dose", field="before_at")
    if not given.at <= given.residual.at <= clock.now():
        raise BadInput("residual_at: must lie after the dose, and not ahead", field="residual_at")
    there = decayed(given.before.activity, row.nuclide, given.before.at, given.at)
    for most in (there, given.held):
        if given.left > most * (1 + SLACK):
            words = f"residual: {given.left:.4g} MBq are more than there were, {most:.4g} MBq"
            raise BadInput(words, field="residual")


def activity_check(given: Given) -> Measured:
    """Compute what was given and judge its distance from the prescription by the limits in force.

    Raises:
        BadInput: a reading or the nuclide is refused.
        CannotTell: the analysis could not tell.
        Conflict: no limit in force judges it.
    """
    hour = timedelta(hours=1)
    found = measure(
        PROCEDURE,
        {
            "nuclide": given.syringe.nuclide,
            "before": f"{given.before.activity!r} MBq",
            "before_by": f"{(given.at - given.before.at) / hour!r} h",
            "residual": f"{given.residual.activity!r} MBq",
            "residual_after": f"{(given.residual.at - given.at) / hour!r} h",
            "prescribed": f"{given.referral.prescribed!r} MBq",
        },
        given.at,
    )
    if not found.outcome.valid:
        reason = next((note.text for note in found.outcome.notes), "the analysis could not tell")
        raise CannotTell(reason, field="before")
    if found.judgement.verdict == "recorded":
        raise Conflict("no limit in force judges the administered activity; adopt one first", field="before")
    return found


def deviations(given: Given, measured: Measured) -> list[str]:
    """Say what is not as it should be, though the dose may have been given: each needs words.

    Args:
        given: what was given.
        measured: its activity check.
    """
    found = []
    if not measured.passed:
        found.append(
            f"{measured.value('activity'):.4g} MBq differ by {measured.value('difference'):+.1f} % from the "
            f"{given.referral.prescribed:g} MBq prescribed"
        )
    books = activity_at(given.syringe, given.before.at)
    if abs(given.before.activity - books) > AGREES * books:
        found.append(f"the calibrator read {given.before.activity:.4g} MBq, the books say {books:.4g} MBq")
    if given.excreted > 0 and given.permit is not None:
        try:
            refuse_beyond(given.permit, given.advice.route, given.at, {given.syringe.nuclide: given.excreted})
        except Conflict as error:
            found.append(error.message)
    return found
