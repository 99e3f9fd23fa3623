"""How lots come to be: a delivery is received, a generator is eluted."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from kilter.department.equipment.models import Location
from kilter.department.ledger import clock
from kilter.department.ledger.texts import text
from kilter.department.materials import custody
from kilter.department.materials.course import next_state
from kilter.department.materials.custody import Birth, Link, Quantity, Second, amounts, named, needs
from kilter.department.materials.decaying import activity_at, decayed
from kilter.department.materials.figures import number
from kilter.department.materials.fitness import refuse_unfit
from kilter.department.materials.holding import Beyond, check_holding
from kilter.department.materials.measuring import Measured, measure
from kilter.department.materials.models import Lot, Product
from kilter.department.people.confirmation import Confirmation
from kilter.department.people.gate import action
from kilter.department.people.models import Person
from kilter.measure.document import instant as instant_text
from kilter.measure.error import Conflict

BY_PRODUCT = {Product.Kind.GENERATOR.value: Lot.Kind.GENERATOR.value}
"""Kind of a received lot by kind of product; stock where nothing is said."""

RECEIVED = (Lot.Kind.GENERATOR, Lot.Kind.SOURCE, Lot.Kind.STOCK, Lot.Kind.BATCH)
"""Kinds of lots that come from outside."""

LASTING = (Lot.Kind.SOURCE,)
"""Kinds of received lots that need no expiry."""

ELUTION = "nuclear_medicine.elution_efficiency"
"""The procedure that says what had grown in, and how much of it was eluted."""


@action("materials.receive")
def receive(
    *,
    by: Person,
    product: Product,
    label: str,
    confirmation: Confirmation,
    kind: str = "",
    activity: float = 0.0,
    reference: datetime | None = None,
    volume: float = 0.0,
    amount: float = 0.0,
    expires: datetime | None = None,
    batch_number: str = "",
    location: Location | None = None,
    last_eluted: datetime | None = None,
    at: datetime | None = None,
    second: Second | None = None,
    beyond: Beyond | None = None,
    remark: str = "",
) -> Lot:
    """Receive a material into the department.

    Args:
        by: the acting person.
        product: what it is.
        label: what will be scanned.
        confirmation: fresh, of this person.
        kind: a kind of lot that comes from outside; by the product where it is not said.
        activity: in MBq at `reference`; of a generator, that of the parent.
        reference: of the activity, before or after now; now where it is not said.
        volume: in mL.
        amount: in the unit of the product.
        expires: after which nothing is taken from it.
        batch_number: the maker's.
        location: where it is put.
        last_eluted: of a generator, when its maker eluted it last.
        at: when it came; now where it is not said.
        second: a second person's word, where the product asks for it.
        beyond: a second person's word that more is held than a permit allows.
        remark: in words.

    Raises:
        BadInput: a field is missing or impossible.
        Conflict: the label is taken, or a permit does not allow to hold so much and nobody allows it.
        NotPermitted: not confirmed, or the second person is missing.
    """
    link = custody.begin("receive", by, confirmation, at=at, second=second, remark=remark, product=product)
    kind = _kind(product, kind)
    held, when = _certified(link, product, activity, reference)
    nuclide = product.nuclide if held else ""
    quantity = Quantity(
        decayed(held, nuclide, when, link.at), number("volume", volume), number("amount", amount)
    )
    needs(quantity.activity or quantity.volume or quantity.amount, "amount", "say how much it is")
    excess = check_holding(link, nuclide, quantity.activity, beyond)
    more = {
        "expires": _expiry(product, kind, link.at, expires),
        "batch_number": text("batch_number", batch_number, most=60),
        "location": location,
        "activity": held,
        "reference": when,
        **_first_dates(product, kind, link.at, last_eluted),
    }
    lot = custody.born(link, Birth(custody.free_label(label), kind, product, nuclide, more), quantity)
    said = {"lot": named(lot), **amounts(lot, quantity), "expires": _said(lot.expires), **excess}
    record = custody.seal(link, said, f"Received {product.name} as {lot.label}")
    custody.move(link, record, target=lot, quantity=quantity, location=location)
    custody.written(link, lot, record)
    return lot


def _kind(product: Product, kind: str) -> str:
    """Give the kind of lot that comes of a product, as said or as usual."""
    found = kind or BY_PRODUCT.get(product.kind, Lot.Kind.STOCK.value)
    needs(found in RECEIVED, "kind", f"must be one of {', '.join(RECEIVED)}")
    fits = (found == Lot.Kind.GENERATOR) == (product.kind == Product.Kind.GENERATOR)
    needs(fits, "kind", "a lot is a generator where its product is")
    return found


def _certified(
    link: Link, product: Product, activity: float, reference: datetime | None
) -> tuple[float, datetime]:
    """Read the activity of a delivery in MBq and its reference time; 0 of what is not radioactive."""
    radioactive = bool(product.nuclide) and product.kind != Product.Kind.KIT
    held = number("activity", activity, above=0.0 if radioactive else None)
    needs(radioactive or not held, "activity", f"{product.name} has no activity")
    return held, link.at if reference is None else clock.as_instant(reference, "reference")


def _expiry(product: Product, kind: str, at: datetime, expires: datetime | None) -> datetime | None:
    """Give when a received lot expires: as said, else by its shelf life, which of a kit begins later."""
    if expires is not None:
        return clock.as_instant(expires, "expires")
    if product.shelf_hours and product.kind != Product.Kind.KIT:
        return at + timedelta(hours=product.shelf_hours)
    needs(kind in LASTING, "expires", "say when it expires")
    return None


def _first_dates(product: Product, kind: str, at: datetime, eluted: datetime | None) -> dict[str, Any]:
    """Give when a generator was last eluted, and when a source is tested for leaks."""
    if kind == Lot.Kind.GENERATOR:
        needs(eluted is not None, "last_eluted", "say when the maker eluted it last")
        when = clock.as_instant(eluted, "last_eluted") if eluted is not None else at
        needs(when <= at, "last_eluted", "this lies after its receipt")
        return {"eluted_at": when}
    if product.leak_test_days:
        return {"next_leak_test": at + timedelta(days=product.leak_test_days)}
    return {}


def _said(instant: datetime | None) -> str:
    return instant_text(instant) if instant is not None else ""


@action("materials.elute")
def elute(
    *,
    by: Person,
    generator: Lot,
    scanned: str,
    label: str,
    activity: float,
    volume: float,
    confirmation: Confirmation,
    location: Location | None = None,
    at: datetime | None = None,
    second: Second | None = None,
    beyond: Beyond | None = None,
    remark: str = "",
) -> Lot:
    """Elute a generator: what had grown in, what came out and what stays behind are sealed together.

    Args:
        by: the acting person.
        generator: which.
        scanned: its label as just read from it.
        label: of the eluate.
        activity: of the eluate as measured, in MBq at `at`.
        volume: of the eluate, in mL.
        confirmation: fresh, of this person.
        location: where the eluate is put.
        at: when; now where it is not said.
        second: a second person's word, where the eluate's product asks for it.
        beyond: a second person's word that more is held than a permit allows.
        remark: in words.

    Raises:
        BadInput: the scanned label is another's, or a figure is impossible.
        Conflict: the generator is not fit, was eluted after that, the label is taken, or a permit does not
            allow to hold so much and nobody allows it.
        NotPermitted: not confirmed, or the second person is missing.
    """
    product = generator.product.gives if generator.product is not None else None
    needs(generator.kind == Lot.Kind.GENERATOR and product is not None, "generator", "is no generator")
    link = custody.begin("elute", by, confirmation, at=at, second=second, remark=remark, product=product)
    row = _eluted(link, generator, scanned)
    quantity = Quantity(number("activity", activity, above=0.0), number("volume", volume, above=0.0))
    elution = _elution(row, product, quantity.activity, link.at)
    excess = check_holding(link, product.nuclide if product is not None else "", quantity.activity, beyond)
    birth = _eluate(row, product, link.at, custody.free_label(label), location)
    eluate = custody.born(link, birth, quantity)
    said = {
        "generator": named(row),
        "lot": named(eluate),
        **amounts(eluate, quantity),
        "expires": _said(eluate.expires),
        "elution": elution.document,
        **excess,
    }
    record = custody.seal(link, said, f"Eluted {eluate.label} from {row.label}")
    row.eluted_at, row.last_moved_at = link.at, link.at
    row.left_behind = max(0.0, elution.value("left_behind"))
    row.save(update_fields=["eluted_at", "last_moved_at", "left_behind", "state"])
    custody.move(
        link, record, source=row, target=eluate, quantity=quantity, nuclide=eluate.nuclide, location=location
    )
    custody.written(link, eluate, record)
    return eluate


def _eluted(link: Link, generator: Lot, scanned: str) -> Lot:
    """Lock the generator that was scanned, and refuse one from which nothing may be eluted."""
    rows = custody.lock(generator, line=True)
    row = rows[generator.pk]
    custody.check_scanned(row, scanned)
    refuse_unfit(row, list(rows.values()), link.at)
    row.state = next_state(row.state, "elute")
    custody.check_time(link, row)
    return row


def _elution(row: Lot, product: Product | None, eluted: float, at: datetime) -> Measured:
    """Measure an elution against what had grown in since the last one."""
    if row.eluted_at is None or product is None:
        raise Conflict(f"{row.label} has no last elution", field="generator")
    inputs = {
        "eluted": f"{eluted!r} MBq",
        "parent_activity": f"{decayed(activity_at(row, at), row.nuclide, at, row.eluted_at)!r} MBq",
        "elapsed": f"{(at - row.eluted_at).total_seconds() / 3600!r} h",
        "residual": f"{row.left_behind!r} MBq",
        "pair": f"{row.nuclide}/{product.nuclide}",
    }
    return measure(ELUTION, inputs, at)


def _eluate(row: Lot, product: Product | None, at: datetime, label: str, location: Location | None) -> Birth:
    shelf = product.shelf_hours if product is not None else 0.0
    needs(shelf > 0, "generator", "its eluate has no shelf life; enter it with the product")
    expires = custody.earliest((at + timedelta(hours=shelf), row.expires))
    nuclide = product.nuclide if product is not None else ""
    more = {"parent": row, "expires": expires, "location": location or row.location}
    return Birth(label, Lot.Kind.ELUATE.value, product, nuclide, more)
