"""What a frequency may say: its window, its fixed dates, its counter."""

from __future__ import annotations

import math
import re
from datetime import date, timedelta
from typing import Any

from kilter.department.ledger.texts import text
from kilter.department.policy.models import Basis
from kilter.measure.error import BadInput

MOST_MONTHS = 240
MOST_WINDOW = 366
"""Days in which a protocol may be done before it is due."""

SHORTEST_MONTH = 28
LONGEST_VISIT = timedelta(days=30)
COUNTER = re.compile(r"[a-z][a-z0-9_]{0,39}")
"""A counter of a device, such as `hours` or `cycles`."""


def check_window(months: int, window_days: int, after_days: int, basis: str) -> None:
    """See that an interval and the window around its date fit together.

    Raises:
        BadInput: out of range, or a window of fixed dates as long as the time between them.
    """
    if not 0 <= months <= MOST_MONTHS:
        raise BadInput(f"months lie between 0 and {MOST_MONTHS}", field="months")
    if not 0 <= window_days <= MOST_WINDOW:
        raise BadInput(f"the window is of 0 to {MOST_WINDOW} days", field="window_days")
    if not 0 <= after_days <= MOST_WINDOW:
        raise BadInput(f"the days after the date are 0 to {MOST_WINDOW}", field="after_days")
    if basis not in Basis.values:
        raise BadInput(f"the basis is one of {', '.join(Basis.values)}", field="basis")
    if basis == Basis.SCHEDULED and months and window_days >= months * SHORTEST_MONTH:
        # One visit would then fall into the windows of two dates, and the second be lost.
        message = "the window before a fixed date is shorter than the time between two of them"
        raise BadInput(message, field="window_days")


def read_more(
    *,
    basis: str,
    anchor: date | None,
    counter: str,
    every: float | None,
    duration: timedelta | None,
    supplier: str,
) -> dict[str, Any]:
    """Read what a frequency says besides its months and window, as columns.

    Raises:
        BadInput: the field named does not fit the others.
    """
    if anchor is not None and basis != Basis.SCHEDULED:
        raise BadInput("only fixed dates are counted from a day", field="anchor")
    if bool(counter) != (every is not None):
        raise BadInput("a counter and after how much of it go together", field="every")
    if counter and not COUNTER.fullmatch(counter):
        raise BadInput("a counter is a key such as hours or cycles", field="counter")
    if every is not None and not (math.isfinite(every) and every > 0):
        raise BadInput("the amount of use is above zero", field="every")
    if counter and basis == Basis.SCHEDULED:
        raise BadInput("use is counted from the last completion, not on fixed dates", field="basis")
    if duration is not None and not timedelta(0) <= duration <= LONGEST_VISIT:
        raise BadInput("the time planned for it is between 0 and 30 days", field="duration")
    return {
        "basis": basis,
        "anchor": anchor,
        "counter": counter,
        "every": every,
        "duration": duration,
        "supplier": text("supplier", supplier, most=120),
    }
