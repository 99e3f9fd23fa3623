"""The books: what each lot holds, built again from its movements, and where a row says otherwise."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from kilter.department.materials.course import LotState
from kilter.department.materials.custody import Quantity
from kilter.department.materials.decaying import activity_at, decayed
from kilter.department.materials.models import Lot, Movement

LEAVES_ITS_SOURCE = "elute"
"""The verb that takes nothing from its source: what a generator gives has grown in."""

CLOSE = 1e-9
"""Relative to all that ever went in."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A lot whose row does not agree with its movements: what the row says, and what they give."""

    lot: Lot
    row: Quantity
    moved: Quantity


def rebuilt(lots: Iterable[Lot], instant: datetime) -> dict[int, tuple[Quantity, Quantity]]:
    """Build what lots hold from their movements; one query.

    Args:
        lots: which.
        instant: to which activities are decayed.

    Returns:
        By row id: what is there, and all that ever went in, both decayed to that instant.
    """
    here = {lot.pk: lot for lot in lots}
    sums = {pk: [0.0] * 6 for pk in here}
    rows = Movement.objects.filter(from_lot__in=here) | Movement.objects.filter(to_lot__in=here)
    for row in rows.distinct().iterator():
        moved = (decayed(row.activity, row.nuclide, row.at, instant), row.volume, row.amount)
        if row.to_lot_id in here:
            for place, value in enumerate(moved):
                sums[row.to_lot_id][place] += value
                sums[row.to_lot_id][place + 3] += value
        if row.from_lot_id in here and row.verb != LEAVES_ITS_SOURCE:
            for place, value in enumerate(moved):
                sums[row.from_lot_id][place] -= value
    return {pk: (Quantity(*found[:3]), Quantity(*found[3:])) for pk, found in sums.items()}


def differences(instant: datetime, lots: Iterable[Lot] | None = None) -> list[Difference]:
    """List the lots whose rows do not agree with their movements; none is as it should be.

    Args:
        instant: to which activities are decayed; not before the last movement.
        lots: which; all that are at hand where none are named.
    """
    asked = list(Lot.objects.exclude(state=LotState.DISPOSED)) if lots is None else list(lots)
    found = []
    built = rebuilt(asked, instant)
    for lot in asked:
        there, whole = built[lot.pk]
        row = Quantity(activity_at(lot, instant), lot.volume, lot.amount)
        pairs = (
            (row.activity, there.activity, whole.activity),
            (row.volume, there.volume, whole.volume),
            (row.amount, there.amount, whole.amount),
        )
        if any(abs(one - other) > CLOSE * most for one, other, most in pairs):
            found.append(Difference(lot, row, there))
    return found
