"""What a dose takes from its vial: the sum behind every draw."""

from __future__ import annotations

import math
from datetime import datetime

from kilter.department.materials.custody import Quantity, needs
from kilter.department.materials.decaying import SLACK, activity_at, decayed
from kilter.department.materials.figures import number
from kilter.department.materials.models import Lot
from kilter.measure.error import Conflict


def drawn(
    row: Lot, asked: Quantity, wanted_at: datetime, at: datetime, measured: float | None = None
) -> Quantity:
    """Compute what is drawn from a vial: V = A exp(l t) / C, or the activity of a volume.

    Args:
        row: the vial, locked.
        asked: activity at `wanted_at`, or else a volume or an amount.
        wanted_at: when the activity is to be there.
        at: when it is drawn.
        measured: activity in the syringe at `at`, where it was measured.

    Returns:
        Activity at `at`, volume and amount.

    Raises:
        BadInput: nothing, or two things at once, were asked for.
        Conflict: the vial holds less.
    """
    ways = [bool(asked.activity), bool(asked.volume), bool(asked.amount)]
    needs(sum(ways) == 1, "activity", "give either an activity, a volume or an amount")
    if not row.nuclide:
        needs(not asked.activity and measured is None, "activity", f"{row.label} has no activity")
        return _within(row, asked)
    needs(not asked.amount, "amount", f"{row.label} is drawn by activity or volume")
    here = activity_at(row, at)
    if here <= 0 or row.volume <= 0:
        raise Conflict(f"{row.label} holds nothing", field="vial")
    share = asked.volume / row.volume
    if asked.activity:
        share = decayed(asked.activity, row.nuclide, wanted_at, at) / here
    volume = asked.volume or share * row.volume
    _within(row, Quantity(share * here, volume))
    found = share * here if measured is None else number("measured", measured, above=0.0)
    return Quantity(_at_most(found, here), _at_most(volume, row.volume))


def _at_most(wanted: float, held: float) -> float:
    """Take the whole where a share of it differs from it by rounding only."""
    return held if math.isclose(wanted, held, rel_tol=SLACK) else wanted


def _within(row: Lot, quantity: Quantity) -> Quantity:
    """Refuse a volume that the vial does not give; what it keeps back stays in it."""
    kept = row.product.dead_volume if row.product is not None else 0.0
    most = max(0.0, row.volume - kept)
    if quantity.volume > most * (1 + SLACK):
        message = f"{row.label} gives {most:.4g} mL and {quantity.volume:.4g} mL are needed"
        raise Conflict(message, field="volume", code="too_little")
    return quantity
