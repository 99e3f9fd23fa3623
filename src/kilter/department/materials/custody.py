"""One link of the chain: lots locked, a person's word sealed, and the movement that points to it. No gate.

Only the actions call this. A link is checked on locked rows, sealed as a statement, and then written.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from kilter.department.ledger import audit, identity
from kilter.department.ledger.texts import as_key, text
from kilter.department.materials.course import LotState, next_state
from kilter.department.materials.decaying import SLACK, activity_at
from kilter.department.materials.figures import past_instant
from kilter.department.materials.lineage import ancestors
from kilter.department.materials.models import Lot, Movement, Product, TestRule
from kilter.department.people.confirmation import Confirmation
from kilter.department.people.models import Person
from kilter.department.people.queries import may
from kilter.department.records.models import Record
from kilter.department.records.sealing import check_confirmation
from kilter.department.records.stating import seal_statement
from kilter.measure.document import instant as instant_text
from kilter.measure.error import BadInput, Conflict, NotPermitted


@dataclass(frozen=True, slots=True)
class Second:
    """A second person's word on a link."""

    person: Person
    confirmation: Confirmation


@dataclass(frozen=True, slots=True)
class Link:
    """By whom and when a link of the chain is made, and on whose second word."""

    verb: str
    by: Person
    at: datetime
    second: Second | None = None
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Quantity:
    """How much moves: MBq at the instant of the link, mL, and the product's own unit."""

    activity: float = 0.0
    volume: float = 0.0
    amount: float = 0.0


@dataclass(slots=True)
class Birth:
    """A lot to be: what the action knows of it; the rest follows from product and link."""

    label: str
    kind: str
    product: Product | None = None
    nuclide: str = ""
    more: dict[str, Any] = field(default_factory=dict)


def begin(
    verb: str,
    by: Person,
    confirmation: Confirmation,
    *,
    at: datetime | None = None,
    second: Second | None = None,
    remark: str = "",
    product: Product | None = None,
) -> Link:
    """Check the words of a link, before any row is locked.

    Raises:
        NotPermitted: not confirmed, or a second person is missing, the same, or not permitted.
        BadInput: the instant is not possible, or the remark no text.
    """
    check_confirmation(confirmation, by)
    if product is not None and verb in product.second_person and second is None:
        message = f"{product.name}: a second person confirms this step"
        raise NotPermitted(message, field="second", code="second_person")
    if second is not None:
        if second.person.pk == by.pk:
            raise NotPermitted("The second word is another person's.", field="second")
        check_confirmation(second.confirmation, second.person)
        if not (permission := may(second.person, f"materials.{verb}")):
            raise NotPermitted(" ".join(permission.reasons), field="second")
    return Link(verb, by, past_instant(at), second, text("remark", remark, most=500))


def lock(*lots: Lot, line: bool = False) -> dict[int, Lot]:
    """Read lots again, locked until the action ends, always in the same order.

    Args:
        lots: which.
        line: with everything that went into them.
    """
    pks = {lot.pk for lot in lots}
    wanted = ancestors(pks) if line else pks
    rows = Lot.objects.select_for_update(of=("self",)).select_related("product", "location", "custodian")
    return {row.pk: row for row in rows.filter(pk__in=wanted).order_by("pk")}


def check_time(link: Link, *lots: Lot) -> None:
    """Refuse a link that would lie before the last one of a lot it touches.

    Raises:
        Conflict: the lot was moved later than that.
    """
    for lot in lots:
        if link.at < lot.last_moved_at:
            message = f"{lot.label} was last touched at {lot.last_moved_at:%Y-%m-%d %H:%M:%S} UTC, after that"
            raise Conflict(message, field="at")


def seal(
    link: Link, given: Mapping[str, Any], words: str, personal: Mapping[str, Any] | None = None
) -> Record:
    """Seal the statement of a link: what, how much, from and to which lots, when.

    What is `personal` is kept enciphered beside the chain.
    """
    said: dict[str, Any] = {"at": instant_text(link.at), **given}
    if link.second is not None:
        person = link.second.person
        said["second"] = {"id": str(person.uuid), "name": person.display_name}
    if link.remark:
        said["remark"] = link.remark
    act = f"materials.{link.verb}"
    return seal_statement(identity.new_id(), link.by, None, act, words, said, personal=personal)


def named(lot: Lot) -> dict[str, str]:
    """Give how a sealed statement names a lot."""
    found = {"id": str(lot.uuid), "label": lot.label, "kind": lot.kind}
    if lot.product is not None:
        found |= {"product": lot.product.name}
    if lot.batch_number:
        found |= {"batch": lot.batch_number}
    return found


def amounts(lot: Lot, quantity: Quantity, nuclide: str = "") -> dict[str, Any]:
    """Give how a sealed statement says how much; what is nothing is left out."""
    said: dict[str, Any] = {}
    if quantity.activity:
        said |= {"nuclide": nuclide or lot.nuclide, "activity_MBq": quantity.activity}
    if quantity.volume:
        said["volume_mL"] = quantity.volume
    if quantity.amount:
        said |= {"amount": quantity.amount, "unit": lot.product.unit if lot.product else ""}
    return said


def free_label(label: str) -> str:
    """Read the label of a new lot: what is scanned, upper case.

    Raises:
        BadInput: it is missing or too long.
        Conflict: a lot has it already.
    """
    read = as_key(text("label", label, most=80, needed=True))
    if Lot.objects.filter(label=read).exists():
        raise Conflict(f"a lot is labelled {read} already", field="label")
    return read


def check_scanned(lot: Lot, scanned: str) -> None:
    """Refuse to go on where the label just read is another lot's.

    Raises:
        BadInput: it is not this lot's label.
    """
    read = as_key(text("scanned", scanned, most=80, needed=True))
    if read != lot.label:
        raise BadInput(f"scanned: this is {read}, not {lot.label}", field="scanned")


def is_tested(product: Product | None, kind: str) -> bool:
    """Say whether a product's tests are made on a lot of this kind: not on a kit not yet prepared."""
    return product is not None and not (product.kind == Product.Kind.KIT and kind == Lot.Kind.STOCK)


def has_rule_before_use(product: Product | None, kind: str) -> bool:
    """Say whether a lot of this kind is tested before it is used."""
    rules = TestRule.objects.filter(product=product, ended_at=None, when=TestRule.When.BEFORE_USE)
    return is_tested(product, kind) and rules.exists()


def born(link: Link, birth: Birth, quantity: Quantity) -> Lot:
    """Write a new lot; in quarantine where its product is tested before use."""
    state = LotState.QUARANTINED if has_rule_before_use(birth.product, birth.kind) else LotState.RELEASED
    values: dict[str, Any] = {
        "state": state,
        "activity": quantity.activity,
        "reference": link.at,
        "volume": quantity.volume,
        "amount": quantity.amount,
        **birth.more,
    }
    if values["state"] == LotState.REJECTED:
        values["rejected_at"] = link.at
    return Lot.objects.create(
        label=birth.label,
        kind=birth.kind,
        product=birth.product,
        nuclide=birth.nuclide,
        made_at=link.at,
        made_by=link.by,
        last_moved_at=link.at,
        **values,
    )


def take(link: Link, lot: Lot, quantity: Quantity) -> None:
    """Take something out of a locked lot; it is saved.

    Raises:
        Conflict: there is less in it; what there is, is said.
    """
    here = activity_at(lot, link.at)
    for name, wanted, held, unit in (
        ("activity", quantity.activity, here, "MBq"),
        ("volume", quantity.volume, lot.volume, "mL"),
        ("amount", quantity.amount, lot.amount, lot.product.unit if lot.product else ""),
    ):
        if wanted > held * (1 + SLACK):
            raise Conflict(f"{lot.label} holds {held:.4g} {unit} and {wanted:.4g} are wanted", field=name)
    lot.activity, lot.reference = max(0.0, here - quantity.activity), link.at
    lot.volume = max(0.0, lot.volume - quantity.volume)
    lot.amount = max(0.0, lot.amount - quantity.amount)
    lot.last_moved_at = link.at
    if _is_empty(lot, quantity):
        lot.state = next_state(lot.state, "empty")
    lot.save(update_fields=["activity", "reference", "volume", "amount", "last_moved_at", "state"])


def _is_empty(lot: Lot, taken: Quantity) -> bool:
    """Say whether nothing is left in a lot of what was just taken from it."""
    left = lot.amount if taken.amount else lot.volume if taken.volume else lot.activity
    whole = left + (taken.amount or taken.volume or taken.activity)
    return whole > 0 and left <= whole * SLACK


def move(
    link: Link,
    record: Record,
    *,
    source: Lot | None = None,
    target: Lot | None = None,
    quantity: Quantity | None = None,
    **more: Any,
) -> Movement:
    """Write a movement; the rows of the lots are the caller's."""
    found = quantity or Quantity()
    lot = target if source is None else source
    nuclide = more.pop("nuclide", lot.nuclide if lot is not None else "")
    return Movement.objects.create(
        at=link.at,
        verb=link.verb,
        from_lot=source,
        to_lot=target,
        nuclide=nuclide if found.activity else "",
        activity=found.activity,
        volume=found.volume,
        amount=found.amount,
        by=link.by,
        record=record,
        **more,
    )


def written(link: Link, lot: Lot, record: Record) -> None:
    """Write the audit entry of a link."""
    audit.write(f"materials.{link.verb}", by=link.by, subject=lot, detail={"record": record.number})


def earliest(instants: Iterable[datetime | None]) -> datetime | None:
    """Give the earliest of some instants, None where there is none."""
    return min((one for one in instants if one is not None), default=None)


def needs(condition: object, field: str, words: str) -> None:
    """Refuse what is missing or does not fit.

    Raises:
        BadInput: the condition does not hold.
    """
    if not condition:
        raise BadInput(f"{field}: {words}", field=field)
