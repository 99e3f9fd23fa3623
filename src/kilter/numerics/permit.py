"""Permits: totals by month and by rolling days, what is held over a year, the first breach and its remedy.

All times are seconds on one clock. A total at an event is that of the period which ends there, the event with
it; since totals only rise at events, a limit that holds at every event holds always.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SLACK = 1e-9
"""A total is above its limit where it passes it by more than this, relative: less is rounding."""


@dataclass(frozen=True, slots=True)
class Period:
    """Over which a total is made: rolling seconds, or between edges such as the beginnings of months."""

    rolling: float = 0.0
    edges: Floats = field(default_factory=lambda: np.empty(0))

    def places(self, times: Floats, ends: Floats) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Give the first event of the period of each end, and the event behind its last.

        Args:
            times: of the events, rising.
            ends: of the periods.
        """
        if self.rolling:
            first = np.searchsorted(times, ends - self.rolling, side="right")
        else:
            opened = self.edges[np.searchsorted(self.edges, ends, side="right") - 1]
            first = np.searchsorted(times, opened, side="left")
        return first, np.searchsorted(times, ends, side="right")

    def closes(self, instant: float) -> float:
        """Give the instant before which a period that holds an instant has its end."""
        if self.rolling:
            return instant + self.rolling
        after = int(np.searchsorted(self.edges, instant, side="right"))
        return float(self.edges[after]) if after < len(self.edges) else np.inf


def running(times: Floats, amounts: Floats, period: Period) -> Floats:
    """Give the total of the period that ends at each event.

    Args:
        times: of the events in s, rising; shape (n,).
        amounts: of each, in MBq; shape (n,).
        period: over which.
    """
    return totals_at(times, times, amounts, period)


def totals_at(ends: Floats, times: Floats, amounts: Floats, period: Period) -> Floats:
    """Give the totals of the periods that end at some instants, which need not be events."""
    if not len(times):
        return np.zeros(len(ends))
    # Not a difference of two running sums: what is left of a large sum would be rounding.
    first, behind = period.places(times, ends)
    padded = np.append(amounts, 0.0)
    pairs = np.stack([first, np.maximum(first, behind)], axis=1).ravel()
    sums = np.add.reduceat(padded, np.minimum(pairs, len(padded) - 1))[::2]
    return np.where(behind > first, sums, 0.0)


def first_breach(times: Floats, amounts: Floats, period: Period, limit: float) -> int | None:
    """Give the place of the first event at which the total passes a limit; None where it never does."""
    above = np.flatnonzero(running(times, amounts, period) > limit * (1 + SLACK))
    return int(above[0]) if len(above) else None


@dataclass(frozen=True, slots=True)
class Line:
    """One limit that an event counts for: which events count with it, over which period, how much."""

    counts: NDArray[np.bool_]
    period: Period
    limit: float


def smallest_delay(place: int, times: Floats, amounts: Floats, lines: Sequence[Line]) -> float | None:
    """Give the smallest delay of one event with which no period that holds it passes a limit.

    Args:
        place: of the event.
        times: of all events in s, rising.
        amounts: in MBq.
        lines: every limit that counts the event.

    Returns:
        Seconds, 0 where nothing is passed as it stands; None where it passes a limit whenever it is.
    """
    own, when = float(amounts[place]), float(times[place])
    others = np.ones(len(times), dtype=bool)
    others[place] = False
    if any(own > line.limit * (1 + SLACK) for line in lines):
        return None
    candidates = {when}
    for line in lines:
        chosen = times[others & line.counts]
        if line.period.rolling:
            candidates |= set((chosen + line.period.rolling).tolist())
        candidates |= set(line.period.edges.tolist())
    for candidate in sorted(one for one in candidates if one >= when):
        if all(_fits(candidate, own, times, amounts, others & line.counts, line) for line in lines):
            return candidate - when
    return None


def _fits(
    at: float, own: float, times: Floats, amounts: Floats, chosen: NDArray[np.bool_], line: Line
) -> bool:
    """Say whether an event fits a limit at an instant, with all the others where they are."""
    when, much = times[chosen], amounts[chosen]
    ends = np.append(when[(when > at) & (when < line.period.closes(at))], at)
    most = float(np.max(totals_at(ends, when, much, line.period)))
    return most + own <= line.limit * (1 + SLACK)


def held(
    instants: Floats,
    start: float,
    activity: Floats,
    reference: Floats,
    leaves: Floats,
    constant: float,
) -> Floats:
    """Give what many lots of one nuclide hold together at rising instants.

    All decay alike, so that their sum decays as one; a lot that leaves is in the sum until then. The work is
    one pass over the lots, whatever the number of instants.

    Args:
        instants: rising, in s, none before `start`.
        start: to which activities are brought first, in s.
        activity: of each lot at its reference, in MBq; shape (n,).
        reference: in s; shape (n,).
        leaves: when each lot leaves in s, infinity where it stays; shape (n,).
        constant: decay constant in 1/s.

    Returns:
        MBq at each instant.
    """
    now = activity * np.exp((reference - start) * constant)
    first_without = np.searchsorted(instants, leaves, side="left")
    by_step = np.bincount(first_without, weights=now, minlength=len(instants) + 1)
    still = np.cumsum(by_step[::-1])[::-1][1 : len(instants) + 1]
    found: Any = still * np.exp((start - instants) * constant)
    return np.asarray(found, dtype=float)
