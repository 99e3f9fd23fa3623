"""The window in which a dose may lie: the limits in force of the administered activity, in MBq."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from kilter.department.policy.queries import load
from kilter.measure.limit import bounds
from kilter.measure.registry import entry

PROCEDURE, RESULT = "nuclear_medicine.administered_activity", "difference"


@dataclass(frozen=True, slots=True)
class Window:
    """From and to in MBq at the time of administration, where it comes from, and whether it was confirmed."""

    low: float
    high: float
    source: str
    confirmed: bool

    def holds(self, activity: float) -> bool:
        """Say whether an activity at that time lies within."""
        return self.low <= activity <= self.high


def window(prescribed: float, instant: datetime) -> Window | None:
    """Give the tightest window around a prescribed activity; None where no limit is in force.

    Args:
        prescribed: in MBq at the time of administration.
        instant: whose limits count.
    """
    in_force = load().limits(entry(PROCEDURE), None, instant)
    found = [bounds(row, "percent", {}) for row in in_force.limits if row.result == RESULT]
    lows = [(one.low, one.limit) for one in found if one is not None and one.low is not None]
    highs = [one.high for one in found if one is not None and one.high is not None]
    if not lows or not highs:
        return None
    low, row = max(lows, key=lambda one: one[0])
    source = ", ".join(filter(None, (row.cite, row.edition)))
    return Window(
        prescribed * (1 + low / 100), prescribed * (1 + min(highs) / 100), source, in_force.confirmed
    )
