"""Where the lit field of a camera lies: its outline, its edge and its central part."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kilter.numerics.rebin import Counts, Inside
from kilter.numerics.smooth import box_mean

# Counts that a comparison with 75 % of the mean must rest on for noise not to decide it: at 400
# counts the threshold lies five standard deviations below the mean.
SURE_COUNTS = 400.0
LARGEST_REACH = 3


def typical_level(counts: Counts) -> float:
    """Give the count of the pixel in which a typical count falls: the median weighted by counts.

    Neither empty borders nor a faint background nor a few hot pixels move it much.
    """
    ordered = np.sort(counts, axis=None)
    running = np.cumsum(ordered)
    return float(ordered[np.searchsorted(running, running[-1] / 2)])


def box(inside: Inside) -> tuple[int, int, int, int]:
    """Give (first row, last row, first column, last column) of a field that is not empty."""
    rows = np.flatnonzero(inside.any(axis=1))
    columns = np.flatnonzero(inside.any(axis=0))
    return int(rows[0]), int(rows[-1]), int(columns[0]), int(columns[-1])


def central(inside: Inside, fraction: float) -> Inside:
    """Scale a field's shape about the centre of its box.

    A pixel belongs where the pixel 1 / fraction times as far from the centre lies inside; halves are
    taken outwards, which keeps the result the same for a mirrored or turned field.
    """
    top, bottom, left, right = box(inside)
    rows = _stretched(inside.shape[0], (top + bottom) / 2, fraction)
    columns = _stretched(inside.shape[1], (left + right) / 2, fraction)
    padded = np.pad(inside, 1)
    return padded[np.ix_(rows, columns)]


def _stretched(length: int, centre: float, fraction: float) -> NDArray[np.intp]:
    """Index into an axis with one pixel of padding: where each pixel looks, 1 / fraction further out."""
    away = np.arange(length) - centre
    part = centre % 1.0
    steps = np.floor(np.abs(away) / fraction - part + 0.5 + 1e-9) + part
    found = np.rint(centre + np.sign(away) * steps) + 1
    return np.asarray(np.clip(found, 0, length + 1), dtype=np.intp)


def lit_field(counts: Counts, *, fraction: float = 0.75, share: float = 0.75) -> tuple[Inside, Inside]:
    """Find the lit field by NEMA's edge rule, and what was put back into it.

    A pixel at the edge with less than `share` of the mean of the central part is not of the field.
    The rule is for the *edge*: pixels below it that the field surrounds, and bays as wide as three
    pixels, are a fault of the camera or something in the way and stay in the field, for a dead
    photomultiplier must not vanish from its own test. The outermost row and column of the image are
    never of the field: one that reaches them is cut by the matrix, and its true edge is not seen.

    Args:
        counts: re-binned counts.
        fraction: linear size of the central part.
        share: of the mean of the central part.

    Returns:
        The field, and those pixels of it that lie below the threshold and were kept. Both are empty
        where nothing is lit.
    """
    nothing = np.zeros(counts.shape, dtype=bool)
    level = typical_level(counts)
    if not level > 0:
        return nothing, nothing
    averaged = steady(counts, level)
    rough = averaged >= level / 2
    if not rough.any():
        return nothing, nothing
    middle = central(rough, fraction)
    if not middle.any():
        return nothing, nothing
    bright = averaged >= share * float(counts[middle].mean())
    bright[[0, -1], :] = bright[:, [0, -1]] = False
    bright = _connected(bright, middle & bright)
    if not bright.any():
        return nothing, nothing
    kept = _surrounded(bright)
    return bright | kept, kept


def steady(counts: Counts, level: float) -> Counts:
    """Average over just so many pixels that an outline is not decided by noise; none for good counts."""
    reach = 0
    while reach < LARGEST_REACH and level * (2 * reach + 1) ** 2 < SURE_COUNTS:
        reach += 1
    return box_mean(counts, reach)


def without_edge(inside: Inside) -> Inside:
    """Take away every pixel that touches the outside with one of its four sides."""
    padded = np.pad(inside, 1)
    return inside & padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]


def asymmetry(inside: Inside) -> int:
    """Count pixels missing from one corner or side that its mirror images have.

    Only gaps at least three pixels wide count, so that a ragged edge does not.
    """
    top, bottom, left, right = box(inside)
    shape = inside[top : bottom + 1, left : right + 1]
    mirrored = shape[::-1] | shape[:, ::-1] | shape[::-1, ::-1]
    return int(_opened(mirrored & ~shape).sum())


def _connected(bright: Inside, seeds: Inside) -> Inside:
    """Keep what hangs together with the seeds, side by side; stray spots elsewhere go."""
    grown = np.pad(seeds, 1)
    allowed = np.pad(bright, 1)
    while True:
        wider = grown.copy()
        wider[1:] |= grown[:-1]
        wider[:-1] |= grown[1:]
        wider[:, 1:] |= grown[:, :-1]
        wider[:, :-1] |= grown[:, 1:]
        wider &= allowed
        if np.array_equal(wider, grown):
            return grown[1:-1, 1:-1]
        grown = wider


def _surrounded(bright: Inside) -> Inside:
    """Dark pixels that lie between bright ones: holes of any size, bays three pixels wide or more."""
    along, down = _between(bright, 1), _between(bright, 0)
    holes = along & down & ~bright
    bays = _opened((along | down) & ~bright)
    return holes | bays


def _between(bright: Inside, axis: int) -> Inside:
    """Pixels that have bright ones on both sides along an axis, or are bright."""
    before = np.logical_or.accumulate(bright, axis=axis)
    after = np.flip(np.logical_or.accumulate(np.flip(bright, axis), axis=axis), axis)
    return np.asarray(before & after)


def _opened(inside: Inside) -> Inside:
    """Keep only what a square of three by three pixels fits into."""
    return _square(_square(inside, np.logical_and), np.logical_or)


def _square(inside: Inside, join: np.ufunc) -> Inside:
    """Join each pixel with its eight neighbours; beyond the border there is nothing."""
    padded = np.pad(inside, 1)
    rows = join(join(padded[:-2], padded[1:-1]), padded[2:])
    return np.asarray(join(join(rows[:, :-2], rows[:, 1:-1]), rows[:, 2:]))
