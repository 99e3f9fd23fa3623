"""Preparing a batch: an eluate or another vial, a kit, and what the batch record holds of the work."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from kilter.department.materials import custody
from kilter.department.materials.course import LotState, next_state
from kilter.department.materials.custody import Birth, Link, Quantity, Second, amounts, named, needs
from kilter.department.materials.drawing import drawn
from kilter.department.materials.figures import number
from kilter.department.materials.fitness import refuse_unfit
from kilter.department.materials.models import Lot, Product
from kilter.department.materials.worksheet import Worksheet, read_worksheet
from kilter.department.people.confirmation import Confirmation
from kilter.department.people.gate import action
from kilter.department.people.models import Person
from kilter.department.records.models import Record
from kilter.measure.document import instant as instant_text
from kilter.measure.error import Conflict

SOURCES = (Lot.Kind.ELUATE, Lot.Kind.BATCH, Lot.Kind.STOCK)
"""Kinds of lots that a batch is made of."""


@action("materials.prepare")
def prepare(
    *,
    by: Person,
    product: Product,
    source: Lot,
    scanned: str,
    label: str,
    confirmation: Confirmation,
    kit: Lot | None = None,
    activity: float = 0.0,
    volume: float = 0.0,
    measured: float | None = None,
    added_volume: float = 0.0,
    worksheet: Mapping[str, Any] | None = None,
    at: datetime | None = None,
    second: Second | None = None,
    remark: str = "",
) -> Lot:
    """Prepare a batch from a vial, with or without a kit.

    Args:
        by: the acting person.
        product: of the batch; with a kit, the kit's.
        source: the eluate or vial that gives the activity.
        scanned: its label as just read from it.
        label: of the batch.
        confirmation: fresh, of this person.
        kit: the lot of kits of which one is used.
        activity: to take from the source, in MBq at `at`; or else
        volume: to take from it, in mL.
        measured: activity taken, in MBq at `at`, as the calibrator shows it.
        added_volume: of diluent, in mL.
        worksheet: purification, cell labelling, environment and operator, as `read_worksheet` takes them.
        at: when; now where it is not said.
        second: a second person's word, where the product asks for it.
        remark: in words.

    Returns:
        The batch; rejected from the start where a filter failed its integrity test.

    Raises:
        BadInput: a field is impossible, or the scanned label is another's.
        Conflict: source or kit are not fit or hold too little, or the kit would hold too much.
        NotPermitted: not confirmed, or the second person is missing.
    """
    link = custody.begin("prepare", by, confirmation, at=at, second=second, remark=remark, product=product)
    sheet = read_worksheet(worksheet, link.at)
    rows = custody.lock(*(one for one in (source, kit) if one is not None), line=True)
    row, vials = rows[source.pk], rows[kit.pk] if kit is not None else None
    custody.check_scanned(row, scanned)
    _check_parts(link, product, row, vials, list(rows.values()))
    asked = Quantity(number("activity", activity), number("volume", volume))
    taken = drawn(row, asked, link.at, link.at, measured)
    added = number("added_volume", added_volume)
    held = Quantity(
        taken.activity * sheet.share_kept, taken.volume + added, 1.0 if vials is not None else 0.0
    )
    _refuse_too_much(product, held)
    name = custody.free_label(label)
    batch = custody.born(link, _batch(name, link, product, row, vials, sheet), held)
    said = _said(row, vials, batch, taken, sheet)
    record = custody.seal(link, said, f"Prepared {batch.label} from {row.label}")
    _book(link, record, row, vials, batch, taken, held)
    custody.written(link, batch, record)
    return batch


def _said(row: Lot, vials: Lot | None, batch: Lot, taken: Quantity, sheet: Worksheet) -> dict[str, Any]:
    """Give what the sealed statement says of a batch: what went in, what it holds, and its worksheet."""
    said = {
        "from": named(row),
        "lot": named(batch),
        **amounts(row, taken),
        "batch_MBq": batch.activity,
        "batch_mL": batch.volume,
        "expires": instant_text(batch.expires) if batch.expires else "",
        "worksheet": sheet.document,
    }
    return {**said, "kit": named(vials)} if vials is not None else said


def _check_parts(link: Link, product: Product, row: Lot, vials: Lot | None, line: list[Lot]) -> None:
    """See that what goes into a batch fits together and is fit for use."""
    needs(row.kind in SOURCES, "source", "no batch is made of a lot of this kind")
    needs(
        not product.nuclide or row.nuclide == product.nuclide,
        "source",
        f"{product.name} takes {product.nuclide}",
    )
    needs(product.shelf_hours > 0, "product", f"{product.name} has no shelf life; enter it with the product")
    if product.kind == Product.Kind.KIT:
        needs(vials is not None and vials.product_id == product.pk, "kit", f"say which lot of {product.name}")
    for one in (row, vials):
        if one is not None:
            refuse_unfit(one, line, link.at)
            next_state(one.state, "prepare")
            custody.check_time(link, one)


def _refuse_too_much(product: Product, held: Quantity) -> None:
    """Refuse more activity or volume than the maker allows in one kit."""
    for name, given, most, unit in (
        ("activity", held.activity, product.largest_activity, "MBq"),
        ("volume", held.volume, product.largest_volume, "mL"),
    ):
        if most and given > most:
            message = f"{product.name} takes {most:g} {unit} at most; this makes {given:.4g} {unit}"
            raise Conflict(message, field=name, code="kit_limit")


def _batch(name: str, link: Link, product: Product, row: Lot, vials: Lot | None, sheet: Worksheet) -> Birth:
    own = link.at + timedelta(hours=product.shelf_hours)
    expires = custody.earliest((own, row.expires, vials.expires if vials is not None else None))
    more: dict[str, Any] = {"parent": row, "expires": expires, "location": row.location}
    if vials is not None:
        more["batch_number"] = vials.batch_number
    if sheet.failed:
        more["state"] = LotState.REJECTED
    return Birth(name, Lot.Kind.BATCH.value, product, row.nuclide, more)


def _book(
    link: Link, record: Record, row: Lot, vials: Lot | None, batch: Lot, taken: Quantity, held: Quantity
) -> None:
    """Write what went where; what a purification did not keep is a residue of its own."""
    custody.take(link, row, taken)
    custody.move(link, record, source=row, target=batch, quantity=Quantity(held.activity, taken.volume))
    if held.volume > taken.volume:
        custody.move(link, record, target=batch, quantity=Quantity(volume=held.volume - taken.volume))
    lost = taken.activity - held.activity
    if lost > 0:
        more = {"parent": row, "location": row.location, "state": LotState.REJECTED}
        label = custody.free_label(f"{batch.label}-R")
        birth = Birth(label, Lot.Kind.RESIDUE.value, None, row.nuclide, more)
        rest = Quantity(lost)
        custody.move(link, record, source=row, target=custody.born(link, birth, rest), quantity=rest)
    if vials is not None:
        one = Quantity(amount=1.0)
        custody.take(link, vials, one)
        custody.move(link, record, source=vials, target=batch, quantity=one)
