"""How much activity a lot has at an instant, by the half-lives of ICRP 107."""

from __future__ import annotations

import math
from datetime import datetime

from kilter.department.materials.models import Lot
from kilter.measure.error import BadInput
from kilter.numerics.decay import decay_constant

SLACK = 1e-9
"""Two activities or volumes closer than this, relative, are the same: they differ by rounding."""


def constant(nuclide: str) -> float:
    """Give the decay constant of a nuclide in 1/s; 0 for what does not decay."""
    return decay_constant(nuclide) if nuclide else 0.0


def check_nuclide(nuclide: str) -> str:
    """Refuse a nuclide whose half-life is not known here.

    Raises:
        BadInput: there is no such half-life.
    """
    if not isinstance(nuclide, str):
        raise BadInput("nuclide: must be a text", field="nuclide")
    constant(nuclide)
    return nuclide


def decayed(activity: float, nuclide: str, since: datetime, until: datetime) -> float:
    """Give what an activity in MBq at one instant is at another, earlier or later.

    Raises:
        BadInput: so far back that the activity is beyond any number.
    """
    elapsed = (until - since).total_seconds()
    if not activity or not elapsed:
        return activity
    try:
        return activity * math.exp(-constant(nuclide) * elapsed)
    except OverflowError:
        raise BadInput("reference: too far from the present for this nuclide", field="reference") from None


def activity_at(lot: Lot, instant: datetime) -> float:
    """Give the activity of a lot at an instant, in MBq."""
    return decayed(lot.activity, lot.nuclide, lot.reference, instant)
