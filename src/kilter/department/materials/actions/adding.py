"""Adding to an administration what was found out later; what was written stays."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from kilter.department.ledger import audit
from kilter.department.ledger.texts import text
from kilter.department.materials import custody
from kilter.department.materials.afterwards import as_it_stands, excreted
from kilter.department.materials.course import LotState
from kilter.department.materials.custody import Birth, Link, Quantity, Second, needs
from kilter.department.materials.decaying import SLACK, decayed
from kilter.department.materials.figures import number
from kilter.department.materials.models import Addition, Administration, Lot
from kilter.department.people.confirmation import Confirmation
from kilter.department.people.gate import action
from kilter.department.people.models import Person
from kilter.department.records.models import Record
from kilter.measure.document import instant as instant_text
from kilter.measure.error import BadInput


@action("materials.add_finding")
def add_finding(
    *,
    by: Person,
    administration: Administration,
    what: str,
    activity: float,
    words: str,
    confirmation: Confirmation,
    at: datetime | None = None,
    second: Second | None = None,
) -> Addition:
    """Add a late extravasation or a late residual to an administration.

    A late residual was not given after all: it becomes a residue of its own. The share that counts under a
    permit as excreted stays as it was, the least favourable case; the sealed finding says what it is and what
    would count by what is known now.

    Args:
        by: the acting person.
        administration: which.
        what: a word of `Addition.What`.
        activity: in MBq at `at`; of an extravasation 0 where nobody can estimate it.
        words: what was seen; the personal part keeps them.
        confirmation: fresh, of this person.
        at: when it was seen or measured; now where it is not said.
        second: a second person's word, where the product asks for it at the administration.

    Raises:
        BadInput: a word or a figure is impossible, or more than was given.
        NotPermitted: not confirmed.
    """
    said = text("words", words, most=1000, needed=True)
    link = custody.begin("add_finding", by, confirmation, at=at, second=second)
    needs(what in Addition.What.values, "what", f"must be one of {', '.join(Addition.What.values)}")
    residual = what == Addition.What.RESIDUAL
    found = number("activity", activity, above=0.0 if residual else None)
    row = (
        Administration.objects.select_for_update(of=("self",))
        .select_related("syringe", "patient", "advice", "permit", "record")
        .get(pk=administration.pk)
    )
    needs(link.at >= row.at, "at", "lies before the dose was given")
    _refuse_more(row, residual, decayed(found, row.nuclide, link.at, row.at))
    less = row.advice.excreted * decayed(found, row.nuclide, link.at, row.at) if residual else 0.0
    record = _sealed(link, row, what, found, said, _counted(row, less))
    residue = _residue(link, record, row, found) if residual else None
    made = Addition.objects.create(
        administration=row, what=what, activity=found, at=link.at, by=by, residue=residue, record=record
    )
    detail = {"record": record.number, "what": what, "administration": str(row.uuid)}
    audit.write("materials.add_finding", by=by, subject=row.patient, detail=detail)
    return made


def _refuse_more(row: Administration, residual: bool, then: float) -> None:
    """Refuse a finding that is more than was given, or leaves less than went beside the vein."""
    now = as_it_stands(row)
    most = now.administered - now.extravasated
    if then > most * (1 + SLACK):
        words = "were given into the vein" if not residual else "were given besides"
        raise BadInput(f"activity: {then:.4g} MBq at that time are more than {words}, {most:.4g} MBq",
                       field="activity")  # fmt: skip


def _counted(row: Administration, less: float) -> dict[str, Any]:
    """Say what counts as excreted under the permit, and what would without a residual found now."""
    for one in excreted([row]) if less else ():
        permit = row.permit.number if row.permit is not None else ""
        known = max(0.0, one.known - less)
        return {"excretion": {"permit": permit, "counted_MBq": one.counted, "known_MBq": known}}
    return {}


def _sealed(
    link: Link, row: Administration, what: str, found: float, words: str, counted: Mapping[str, Any]
) -> Record:
    said = {
        "administration": str(row.uuid),
        "of_record": str(row.record.uuid),
        "patient": row.patient.pseudonym,
        "what": what,
        "nuclide": row.nuclide,
        "activity_MBq": found,
        "given_at": instant_text(row.at),
        **counted,
    }
    title = f"Added to the dose of {row.syringe.label}: {Addition.What(what).label}"
    return custody.seal(link, said, title, personal={"finding": words})


def _residue(link: Link, record: Record, row: Administration, found: float) -> Lot:
    """Write the residue that a late residual is: it comes back from the patient's books."""
    number_of = 2 + row.additions.filter(what=Addition.What.RESIDUAL).count()
    label = custody.free_label(f"{row.syringe.label}-R{number_of}")
    more = {"parent": row.syringe, "state": LotState.REJECTED}
    birth = Birth(label, Lot.Kind.RESIDUE.value, None, row.nuclide, more)
    residue = custody.born(link, birth, Quantity(found))
    custody.move(link, record, target=residue, quantity=Quantity(found), patient=row.patient)
    return residue
