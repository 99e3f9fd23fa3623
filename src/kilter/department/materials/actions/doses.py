"""Further injections of one examination, such as rest and stress: each prescribed and given by itself."""

from __future__ import annotations

from kilter.department.ledger import audit
from kilter.department.ledger.texts import text
from kilter.department.materials import custody
from kilter.department.materials.custody import needs
from kilter.department.materials.models import Product, Referral
from kilter.department.patients.free_text import names_nobody
from kilter.department.people.confirmation import Confirmation
from kilter.department.people.gate import action
from kilter.department.people.models import Person
from kilter.measure.error import Conflict

MOST_DOSES = 12
"""The most doses of one examination; more is a slip, or a course of treatments with referrals of its own."""


@action("materials.add_dose")
def add_dose(
    *,
    by: Person,
    referral: Referral,
    product: Product,
    dose: str,
    confirmation: Confirmation,
    first: str = "",
) -> Referral:
    """Add a further dose to an examination; it waits for its own justification and authorisation.

    Args:
        by: who takes it in.
        referral: any dose of the examination.
        product: what is to be given; another than the first's where the examination needs it.
        dose: its word, such as stress; no two doses of an examination have the same.
        confirmation: fresh, of this person.
        first: the word of the first dose, such as rest, where it has none yet.

    Raises:
        BadInput: a word is missing, is used already, or looks like a patient's details.
        Conflict: the examination was declined, or has as many doses as it may.
        NotPermitted: not confirmed.
    """
    link = custody.begin("add_dose", by, confirmation)
    root = _first(referral)
    words = {"dose": text("dose", dose, most=40, needed=True), "first": text("first", first, most=40)}
    for field, value in words.items():
        names_nobody(field, value)
    needs(product.nuclide, "product", "is not radioactive")
    own = root.dose or words["first"]
    needs(own, "first", "say which dose the first one is")
    others = list(root.doses.all())
    used = {own.casefold(), *(one.dose.casefold() for one in others)}
    needs(words["dose"].casefold() not in used, "dose", "is a dose of this examination already")
    if len(others) + 1 >= MOST_DOSES:
        raise Conflict(f"an examination has at most {MOST_DOSES} doses", field="referral")
    said = {
        "referral": str(root.uuid), "patient": root.patient.pseudonym, "product": product.key,
        "dose": words["dose"], "first": own,
    }  # fmt: skip
    record = custody.seal(link, said, f"Added the dose {words['dose']} to {root.examination}")
    if root.dose != own:
        root.dose = own
        root.save(update_fields=["dose"])
    made = Referral.objects.create(
        patient=root.patient, product=product, referrer=root.referrer, examination=root.examination,
        part_of=root, dose=words["dose"], received_by=by, received_at=link.at, record=record,
    )  # fmt: skip
    detail = {"referral": str(made.uuid), "record": record.number}
    audit.write("materials.add_dose", by=by, subject=root.patient, detail=detail)
    return made


def _first(referral: Referral) -> Referral:
    """Give the first dose of an examination, locked, and refuse one that does not take place."""
    rows = Referral.objects.select_for_update(of=("self",)).select_related("patient", "product")
    root = rows.get(pk=referral.part_of_id or referral.pk)
    if root.declined_at is not None:
        raise Conflict("this referral was declined before", field="referral")
    if root.patient.payload is None:
        raise Conflict("what identified this patient was erased", field="patient")
    return root
