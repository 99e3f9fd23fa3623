"""Days of schedules, many at once: calendar months, fixed dates, floating dates.

Days are numpy `datetime64[D]`. Nothing here knows a row, a clock or a person.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Days = NDArray[np.datetime64]
"""Days at the site; NaT stands for never."""


def add_months(days: Days, months: int | NDArray[np.int64]) -> Days:
    """Add calendar months; the last day of a month stays the last where the next is shorter.

    Args:
        days: shape (n,).
        months: one number, or shape (n,).
    """
    first = days.astype("datetime64[M]")
    then = first + np.asarray(months, dtype="timedelta64[M]")
    begins = then.astype("datetime64[D]")
    length = (then + np.timedelta64(1, "M")).astype("datetime64[D]") - begins
    since_first = days - first.astype("datetime64[D]")
    result: Days = begins + np.minimum(since_first, length - np.timedelta64(1, "D"))
    return result


def floating(first: Days, last: Days, months: int) -> Days:
    """Give when a schedule is next due that counts from completion.

    Args:
        first: when it is due on a device on which it was never done, shape (n,).
        last: the day of the last completion, NaT for never, shape (n,).
        months: between two.
    """
    result: Days = np.where(np.isnat(last), first, add_months(last, months))
    return result


def fixed(first: Days, last: Days, months: int, window: int) -> Days:
    """Give when a schedule of fixed dates is next due: `first`, and every `months` from it.

    A completion answers for the date in whose window it falls and for all before; one that is earlier
    than the window leaves the date as it is. The phase is never lost.

    Args:
        first: the first date, shape (n,).
        last: the day of the last completion, NaT for never, shape (n,).
        months: between two dates, 1 or more.
        window: days before a date in which it may be done, fewer than lie between two.
    """
    never = np.isnat(last)
    answered = np.where(never, first - np.timedelta64(1, "D"), last + np.timedelta64(window, "D"))
    apart = answered.astype("datetime64[M]").astype(np.int64) - first.astype("datetime64[M]").astype(np.int64)
    steps = np.maximum(apart // months, 0)
    steps = steps + (add_months(first, steps * months) <= answered)  # in the same month the day decides
    return add_months(first, steps * months)


def first_after(anchor: np.datetime64, days: Days, months: int) -> Days:
    """Give the first date on or after each day, of those every `months` from an anchor on either side.

    Args:
        anchor: one of the dates.
        days: shape (n,).
        months: between two dates, 1 or more.
    """
    months_apart = days.astype("datetime64[M]").astype(np.int64)
    months_apart = months_apart - anchor.astype("datetime64[M]").astype(np.int64)
    steps = months_apart // months
    grid = np.broadcast_to(anchor, days.shape)
    steps = steps + (add_months(grid, steps * months) < days)
    return add_months(grid, steps * months)
