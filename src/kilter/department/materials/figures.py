"""Numbers and instants as actions take them: finite, in range, and not of the future."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from kilter.department.ledger import clock
from kilter.measure.error import BadInput

MOST = 1e12
"""No activity in MBq, volume in mL or amount is larger."""

LATE = timedelta(hours=24)
"""How long after it happened something may be entered."""


def number(field: str, given: object, *, above: float | None = None, most: float = MOST) -> float:
    """Read a number from 0 up, or above a bound.

    Args:
        field: its name, for the refusal.
        given: what was given.
        above: it must be larger than this; None lets 0 pass.
        most: the largest.

    Raises:
        BadInput: no finite number in the range.
    """
    if isinstance(given, bool) or not isinstance(given, int | float) or not math.isfinite(given):
        raise BadInput(f"{field}: must be a number", field=field)
    if given < 0 or given > most or (above is not None and given <= above):
        least = "at least 0" if above is None else f"above {above:g}"
        raise BadInput(f"{field}: must be {least} and at most {most:g}", field=field)
    return float(given)


def past_instant(given: datetime | None, field: str = "at") -> datetime:
    """Read when something happened; now where nothing is given.

    Raises:
        BadInput: it lies in the future, or too far back to be entered.
    """
    now = clock.now()
    if given is None:
        return now
    instant = clock.as_instant(given, field)
    if instant > now:
        raise BadInput(f"{field}: this lies in the future", field=field)
    if instant < now - LATE:
        raise BadInput(f"{field}: this is more than {LATE.total_seconds() / 3600:g} h ago", field=field)
    return instant
