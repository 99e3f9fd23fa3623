"""When a counter of a device will have gone on by so much: a line through its readings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

SEEN = timedelta(days=365)
"""How far back the rate of use is taken from."""

FARTHEST = timedelta(days=366 * 20)
"""Beyond this a projection says nothing."""


@dataclass(frozen=True, slots=True)
class Read:
    """One reading of a counter; `anew` where it was exchanged or set back to `start` just before."""

    at: datetime
    value: float
    anew: bool = False
    start: float = 0.0


def totals(readings: Sequence[Read]) -> list[tuple[datetime, float]]:
    """Give what was counted in all, over exchanges of the counter, by instant; readings in time."""
    found: list[tuple[datetime, float]] = []
    total = last = 0.0
    for number, one in enumerate(readings):
        if number == 0:
            total = one.value
        else:
            total += one.value - (one.start if one.anew else last)
        last = one.value
        found.append((one.at, total))
    return found


def reached(readings: Sequence[Read], since: datetime | None, amount: float) -> datetime | None:
    """Give when an amount of use was reached after an instant, or will be at the rate of the last year.

    Args:
        readings: of one counter, in time.
        since: the last completion; None for never, then from the first reading.
        amount: of use.

    Returns:
        None where nothing can be said: fewer than two readings after it was last done, or no use.
    """
    line = totals(readings)
    if not line:
        return None
    wanted = _at(line, since or line[0][0]) + amount
    for (t0, c0), (t1, c1) in pairwise(line):
        if c0 < wanted <= c1 and (since is None or t1 > since):
            return t0 + (t1 - t0) * ((wanted - c0) / (c1 - c0))
    newest, total = line[-1]
    early = next((one for one in line if one[0] >= newest - SEEN), line[-1])
    seconds = (newest - early[0]).total_seconds()
    if seconds <= 0 or total <= early[1]:
        return None
    left = (wanted - total) * seconds / (total - early[1])
    begin = max(newest, since or newest)  # done after the newest reading, it counts from then on
    return begin + timedelta(seconds=left) if left < FARTHEST.total_seconds() else None


def _at(line: Sequence[tuple[datetime, float]], instant: datetime) -> float:
    """Read the line at an instant; before its first reading that one, after its last the last."""
    if instant <= line[0][0]:
        return line[0][1]
    for (t0, c0), (t1, c1) in pairwise(line):
        if instant <= t1:
            share = (instant - t0) / (t1 - t0) if t1 > t0 else 1.0
            return c0 + (c1 - c0) * share
    return line[-1][1]
