"""Is this image a flood at all? Evidence for and against, each with a limit that can be defended.

A uniformity computed from a bar phantom or a patient is a number without meaning that looks like a
camera fault, so an image is refused when it cannot be an even exposure of a field. The limits stand
far from anything that a working or even a faulty camera shows: an uncorrected crystal with its tube
pattern, a dead photomultiplier or a slope across the field pass and are measured.
"""

from __future__ import annotations

import numpy as np

from kilter.measure.error import CannotTell
from kilter.numerics.field import box
from kilter.numerics.rebin import Counts, Inside, Rebinned, rebin

# Fine structure is looked for between pixels of about this size, in mm: bars and slits of resolution
# phantoms (2 to 4.5 mm) change there from pixel to pixel, a camera's own unevenness does not.
FINE_PIXEL = 2.1
TILE = 8
# Mean square of the relative difference between neighbours, halved, beyond counting statistics. 0.01
# is a difference of 14 % between neighbours of 2 mm. A corrected camera shows 0.002, bars 0.03 and more.
FINE_STRUCTURE = 0.01
FEWEST_FINE_COUNTS = 4.0
FEWEST_TILES = 4
# Bulk of the field: this share of its pixels lies within this relative distance of their median.
BULK_DISTANCE = 0.25
BULK_SHARE = 0.80
# Part of its box that the field fills: a circle fills 0.785, a regular hexagon 0.75.
FILLED_SHARE = 0.65
# A differential window must fit into the central field in both directions.
SMALLEST_CENTRE = 5
FEWEST_COUNTS = 1.0


def refuse_impossible(image: Counts, ceiling: float | None) -> None:
    """Refuse what cannot be counts, or has lost some of them.

    Args:
        image: counts as recorded.
        ceiling: the largest value that the file could have stored, where known.

    Raises:
        CannotTell: not finite, negative, empty or saturated.
    """
    highest, lowest = float(image.max()), float(image.min())
    if not (np.isfinite(highest) and np.isfinite(lowest)):
        raise CannotTell("the image holds values that are not numbers", code="not_counts")
    if lowest < 0:
        raise CannotTell("the image holds negative values, which are not counts", code="not_counts")
    if highest <= 0:
        raise CannotTell("the image is empty: it holds no counts", code="empty")
    if ceiling is not None and highest >= ceiling:
        full = int(np.count_nonzero(image >= ceiling))
        raise CannotTell(
            f"the image is saturated: {full} pixels stand at {ceiling:.0f}, the most its file can hold",
            code="saturated",
        )


def refuse_unless_field(rebinned: Rebinned, ufov: Inside, cfov: Inside) -> None:
    """Refuse when no field of a camera can be made out.

    Raises:
        CannotTell: nothing lit, too few counts, or a lit spot too small.
    """
    if not ufov.any() or not cfov.any():
        raise CannotTell("not a flood: no evenly lit field can be made out", code="not_a_flood")
    mean = float(rebinned.counts[cfov].mean())
    if mean < FEWEST_COUNTS:
        raise CannotTell(f"the image is almost empty: {mean:.2g} counts per pixel", code="empty")
    top, bottom, left, right = box(cfov)
    height, width = bottom - top + 1, right - left + 1
    if min(height, width) < SMALLEST_CENTRE:
        raise CannotTell(
            f"not a flood: the lit part is too small, its centre has {height} x {width} pixels "
            f"and {SMALLEST_CENTRE} are needed",
            code="not_a_flood",
        )


def refuse_odd_shape(ufov: Inside) -> None:
    """Refuse a lit part of a shape that no camera's field has.

    Raises:
        CannotTell: it fills less than 65 % of its box.
    """
    top, bottom, left, right = box(ufov)
    filled = float(ufov.sum()) / ((bottom - top + 1) * (right - left + 1))
    if filled < FILLED_SHARE:
        raise CannotTell(
            f"not a flood: the lit part fills {100 * filled:.0f} % of its box, and a camera's field "
            f"at least {100 * FILLED_SHARE:.0f} %",
            code="not_a_flood",
        )


def refuse_uneven_bulk(rebinned: Rebinned, ufov: Inside) -> None:
    """Refuse when the counts differ over most of the field, not at a few places.

    Raises:
        CannotTell: fewer than 80 % of the pixels lie within 25 % of the median, noise allowed for.
    """
    counts = rebinned.counts[ufov]
    middle = float(np.median(counts))
    allowed = BULK_DISTANCE * middle + 4.0 * np.sqrt(middle)
    share = float(np.mean(np.abs(counts - middle) <= allowed))
    if share < BULK_SHARE:
        raise CannotTell(
            f"not a flood: only {100 * share:.0f} % of the field lies within "
            f"{100 * BULK_DISTANCE:.0f} % of its median count (a flood: {100 * BULK_SHARE:.0f} % or more)",
            code="not_a_flood",
        )


def refuse_fine_structure(
    image: Counts, pixel: float, rebinned: Rebinned, ufov: Inside, cfov: Inside, quantum: float
) -> None:
    """Refuse when neighbouring small pixels differ far more than counting statistics allow.

    The centre is cut into tiles of 8 x 8 pixels of about 2 mm. In each the mean square difference
    between neighbours, less what Poisson noise gives, is set against the square of the mean. The
    upper quarter of the tiles decides, so that one hot pixel or a dead tube does not, and bars in
    one quadrant do.

    Args:
        image: counts as recorded.
        pixel: side of a recorded pixel, mm.
        rebinned: the same image re-binned for the analysis.
        ufov: its useful field, looked at where the central one has no room for tiles.
        cfov: its central field.
        quantum: value of one stored step; noise is taken as no smaller than this allows.

    Raises:
        CannotTell: there is a fine pattern.
    """
    factor = max(1, min(round(FINE_PIXEL / pixel), min(image.shape) // TILE))
    fine = rebin(image, factor)
    tiles = _tiles_inside(fine, rebinned, cfov)
    if tiles.sum() < FEWEST_TILES:
        tiles = _tiles_inside(fine, rebinned, ufov)
    mean, scatter = _tile_statistics(fine.counts)
    mean, scatter = mean[tiles], scatter[tiles]
    if mean.size < FEWEST_TILES or mean.mean() < FEWEST_FINE_COUNTS:
        return  # too few pixels or counts for a pattern to be seen; the count note speaks of that
    noise = max(1.0, quantum) / mean.mean()
    excess = (scatter - max(1.0, quantum) * mean) / mean.mean() ** 2
    # The mean of 112 squared differences, each pixel in up to four of them, scatters by about 0.22.
    found = float(np.quantile(excess, 0.75)) - 2.0 * 0.22 * noise
    if found > FINE_STRUCTURE:
        raise CannotTell(
            f"not a flood: neighbouring pixels of {factor * pixel:.2g} mm differ by "
            f"{100 * np.sqrt(2 * found):.0f} % beyond counting noise, a pattern of bars, slits or holes",
            code="not_a_flood",
        )


def _tile_statistics(counts: Counts) -> tuple[Counts, Counts]:
    """Mean of each tile and half the mean square difference of neighbours inside it."""
    rows, columns = (n // TILE for n in counts.shape)
    tiles = counts[: rows * TILE, : columns * TILE].reshape(rows, TILE, columns, TILE)
    across = np.square(tiles[:, :, :, 1:] - tiles[:, :, :, :-1]).sum(axis=(1, 3))
    down = np.square(tiles[:, 1:] - tiles[:, :-1]).sum(axis=(1, 3))
    pairs = 2 * TILE * (TILE - 1)
    return tiles.mean(axis=(1, 3)), (across + down) / (2 * pairs)


def _tiles_inside(fine: Rebinned, rebinned: Rebinned, field: Inside) -> Inside:
    """Tiles of the fine image that lie wholly on pixels of a field."""
    at = []
    for length, first, start, size in (
        (fine.counts.shape[0], fine.trim.top, rebinned.trim.top, field.shape[0]),
        (fine.counts.shape[1], fine.trim.left, rebinned.trim.left, field.shape[1]),
    ):
        whole = length - length % TILE
        middles = first + (np.arange(whole) + 0.5) * fine.factor - start
        at.append(np.clip(np.floor(middles / rebinned.factor), 0, size - 1).astype(int))
    inside = field[np.ix_(*at)]
    shape = (inside.shape[0] // TILE, TILE, inside.shape[1] // TILE, TILE)
    return np.asarray(inside.reshape(shape).all(axis=(1, 3)))
