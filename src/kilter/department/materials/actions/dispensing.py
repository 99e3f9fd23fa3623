"""Drawing a dose: volume and activity are computed, and nothing comes from what is not fit."""

from __future__ import annotations

from datetime import datetime

from kilter.department.ledger import clock
from kilter.department.materials import custody
from kilter.department.materials.course import LotState, next_state
from kilter.department.materials.custody import Birth, Link, Quantity, Second, amounts, named, needs
from kilter.department.materials.drawing import drawn
from kilter.department.materials.figures import number
from kilter.department.materials.fitness import refuse_unfit
from kilter.department.materials.models import Lot
from kilter.department.patients.models import Patient
from kilter.department.people.confirmation import Confirmation
from kilter.department.people.gate import action
from kilter.department.people.models import Person
from kilter.measure.document import instant as instant_text
from kilter.measure.error import Conflict

DRAWN_FROM = (Lot.Kind.ELUATE, Lot.Kind.BATCH, Lot.Kind.STOCK)
"""Kinds of lots from which doses are drawn."""


@action("materials.dispense")
def dispense(
    *,
    by: Person,
    vial: Lot,
    scanned: str,
    label: str,
    confirmation: Confirmation,
    activity: float = 0.0,
    intended_at: datetime | None = None,
    volume: float = 0.0,
    amount: float = 0.0,
    measured: float | None = None,
    patient: Patient | None = None,
    at: datetime | None = None,
    second: Second | None = None,
    remark: str = "",
) -> Lot:
    """Draw a dose from a vial into a syringe.

    Args:
        by: the acting person.
        vial: from which.
        scanned: its label as just read from it.
        label: of the syringe.
        confirmation: fresh, of this person.
        activity: wanted at `intended_at`, in MBq; the volume is computed.
        intended_at: when it will be given; the instant of drawing where it is not said.
        volume: in mL, where no activity is asked for.
        amount: in the unit of the product, of what is counted.
        measured: activity of the syringe in MBq at `at`, as the calibrator shows it; else as computed.
        patient: for whom.
        at: when it was drawn; now where it is not said.
        second: a second person's word, where the product asks for it.
        remark: in words.

    Raises:
        BadInput: the scanned label is another's, or neither activity, volume nor amount is given.
        Conflict: the vial or anything that went into it is rejected, failed, not released or expired (or
            would be by the intended time), or there is too little in it.
        NotPermitted: not confirmed, or the second person is missing.
    """
    link = custody.begin(
        "dispense", by, confirmation, at=at, second=second, remark=remark, product=vial.product
    )
    wanted_at = link.at if intended_at is None else clock.as_instant(intended_at, "intended_at")
    row = _vial(link, vial, scanned, wanted_at)
    asked = Quantity(number("activity", activity), number("volume", volume), number("amount", amount))
    quantity = drawn(row, asked, wanted_at, link.at, measured)
    birth = _syringe(link, row, custody.free_label(label), asked, wanted_at, patient)
    syringe = custody.born(link, birth, quantity)
    row.doses += 1
    row.save(update_fields=["doses"])
    said = {
        "from": named(row),
        "lot": named(syringe),
        **amounts(row, quantity),
        "asked": amounts(row, asked),
        "intended_at": instant_text(wanted_at),
        "measured": measured is not None,
        "patient": patient.pseudonym if patient is not None else "",
    }
    record = custody.seal(link, said, f"Drew {syringe.label} from {row.label}")
    custody.take(link, row, quantity)
    custody.move(link, record, source=row, target=syringe, quantity=quantity, patient=patient)
    custody.written(link, syringe, record)
    return syringe


def _vial(link: Link, vial: Lot, scanned: str, wanted_at: datetime) -> Lot:
    """Lock the vial that was scanned, and refuse one from which nothing may be drawn for that time."""
    rows = custody.lock(vial, line=True)
    row = rows[vial.pk]
    custody.check_scanned(row, scanned)
    needs(row.kind in DRAWN_FROM, "vial", "nothing is drawn from a lot of this kind")
    needs(wanted_at >= link.at, "intended_at", "lies before it is drawn")
    refuse_unfit(row, list(rows.values()), wanted_at)
    next_state(row.state, "dispense")
    custody.check_time(link, row)
    _refuse_too_many(row)
    return row


def _syringe(
    link: Link, row: Lot, label: str, asked: Quantity, wanted_at: datetime, patient: Patient | None
) -> Birth:
    """Give the syringe to be: released as it is, for the vial was tested and not each dose of it."""
    more = {
        "parent": row,
        "expires": row.expires,
        "location": row.location,
        "custodian": link.by,
        "patient": patient,
        "prescribed": asked.activity,
        "intended_at": wanted_at,
        "state": LotState.RELEASED,
    }
    return Birth(label, Lot.Kind.SYRINGE.value, row.product, row.nuclide, more)


def _refuse_too_many(row: Lot) -> None:
    """Refuse a dose beyond the most that the maker allows from one vial."""
    most = row.product.most_doses if row.product is not None else 0
    if most and row.doses >= most:
        raise Conflict(f"{row.label} has given its {most} doses", field="vial", code="most_doses")
