"""What the site says of a product once it is in a patient: excretion, breast-feeding, and contacts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kilter.department.ledger import audit, clock
from kilter.department.ledger.texts import text
from kilter.department.materials.custody import needs
from kilter.department.materials.figures import number
from kilter.department.materials.models import WAYS_UNDER_PERMIT, Advice, Product
from kilter.department.people.gate import action
from kilter.department.people.models import Person
from kilter.measure.error import BadInput, Conflict, NotPermitted

CONTACT = {"hours_a_day": 24.0, "constraint": 100.0, "contact_at": 10.0}
"""Figures of a contact (h, mSv, m), each above nothing, with the largest that is possible."""

CLOSEST = 0.05
"""Nearer than this, in m, no dose rate is told from one at a metre."""


@action("materials.set_advice")
def set_advice(
    *,
    by: Person,
    product: Product,
    excreted: float,
    route: str,
    dose_rate: float,
    effective_half_life: float,
    source: str,
    contacts: Sequence[Mapping[str, Any]] = (),
    interruption_hours: float = 0.0,
    stop_feeding: bool = False,
    instructions: str = "",
) -> Advice:
    """Say what leaves a patient who was given a product, and what they are told; the advice before it ends.

    Args:
        by: the acting person.
        product: which.
        excreted: share that leaves by the route, from 0 to 1.
        route: by which it leaves; as of a permit.
        dose_rate: at 1 m just after the administration, in uSv/h for each MBq.
        effective_half_life: with which it falls, in days.
        source: where these figures stand.
        contacts: rows of `who`, `hours_a_day`, `constraint` in mSv and `contact_at` in m.
        interruption_hours: of breast-feeding; 0 where none is needed.
        stop_feeding: breast-feeding is ended for this child.
        instructions: in the site's own plain words, one sentence a line.

    Raises:
        BadInput: a figure is impossible, or the source is missing.
    """
    ways = [one.value for one in WAYS_UNDER_PERMIT]
    needs(route in ways, "route", f"must be one of {', '.join(ways)}")
    needs(product.nuclide, "product", "is not radioactive")
    values: dict[str, Any] = {
        "excreted": number("excreted", excreted, most=1.0),
        "route": route,
        "dose_rate": number("dose_rate", dose_rate, most=1e3),
        "effective_half_life": number("effective_half_life", effective_half_life, above=0.001, most=1e4),
        "interruption_hours": number("interruption_hours", interruption_hours, most=1e5),
        "stop_feeding": bool(stop_feeding),
        "contacts": [_contact(row) for row in contacts],
        "instructions": text("instructions", instructions, most=1000),
        "source": text("source", source, most=300, needed=True),
    }
    locked = Product.objects.select_for_update(of=("self",)).get(pk=product.pk)
    now = clock.now()
    Advice.objects.filter(product=locked, ended_at=None).update(ended_at=now)
    made = Advice.objects.create(product=locked, set_by=by, set_at=now, **values)
    audit.write("materials.set_advice", by=by, subject=product, detail={"advice": str(made.uuid)})
    return made


def _contact(row: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(row, Mapping) or set(row) != {"who", *CONTACT}:
        raise BadInput(f"contacts: each says who, {', '.join(CONTACT)}", field="contacts")
    made: dict[str, Any] = {"who": text("contacts", row["who"], most=80, needed=True)}
    for name, most in CONTACT.items():
        least = CLOSEST if name == "contact_at" else 0.001
        found = number("contacts", row[name], most=most)
        needs(found >= least, "contacts", f"{name.replace('_', ' ')} must be at least {least:g}")
        made[name] = found
    return made


@action("materials.confirm_advice")
def confirm_advice(*, by: Person, advice: Advice) -> Advice:
    """Confirm advice against its source: a second person, before it is no longer marked as to be confirmed.

    Raises:
        Conflict: it was confirmed before, or is no longer in force.
        NotPermitted: it is one's own.
    """
    row = Advice.objects.select_for_update(of=("self",)).select_related("product").get(pk=advice.pk)
    if row.set_by_id == by.pk:
        raise NotPermitted("Who entered it does not confirm it.", field="by")
    if row.confirmed_at is not None or row.ended_at is not None:
        raise Conflict("this was confirmed before, or is no longer in force", field="advice")
    row.confirmed_by, row.confirmed_at = by, clock.now()
    row.save(update_fields=["confirmed_by", "confirmed_at"])
    audit.write("materials.confirm_advice", by=by, subject=row.product, detail={"advice": str(row.uuid)})
    return row
