"""Find an upright cylinder of activity in a volume, and its sections: uniform, and with a structure."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kilter.measure.error import CannotTell
from kilter.measure.unit import Floats
from kilter.numerics.rebin import Inside
from kilter.numerics.smooth import box_mean

# Inside diameter of the phantom (Data Spectrum's Jaszczak cylinders, 216 mm), and what may pass for it.
DIAMETERS = (195.0, 237.0)
# Part of the disc's area by which the outline may depart from a circle.
ROUND = 0.08
# Part of the radius that is looked at: nearer to the wall its blur is seen.
WITHIN = 0.8
SHORTEST_UNIFORM = 12.0
# A uniform slice scatters at most so many times as the calmest do, and its mean is near the highest.
CALM, LEVEL = 1.5, 0.95
NOISIEST = 0.25


@dataclass(frozen=True, slots=True)
class Cylinder:
    """A cylinder, cut out of its volume.

    Attributes:
        voxels: axes (slice, row, column), the slices that lie within its length.
        spacing: mm along those axes.
        centre: (row, column) of the axis in the cut.
        radius: mm.
        first: number of the first slice in the volume, from 0.
        corner: (row, column) of the cut in the volume.
        away: distance of each pixel of a slice from the axis, mm.
    """

    voxels: Floats
    spacing: tuple[float, float, float]
    centre: tuple[float, float]
    radius: float
    first: int
    corner: tuple[int, int]
    away: Floats

    @property
    def core(self) -> Inside:
        """Pixels of a slice that lie clear of the wall."""
        return np.asarray(self.away <= WITHIN * self.radius)


def find_cylinder(voxels: Floats, spacing: tuple[float, float, float]) -> Cylinder:
    """Find the phantom.

    Args:
        voxels: axes (slice, row, column); the slices lie across the axis of the cylinder.
        spacing: mm along those axes.

    Raises:
        CannotTell: empty, cut off by the edge, not round, or of another diameter.
    """
    total = voxels.sum(axis=(1, 2))
    if not np.isfinite(total).all() or total.max() <= 0:
        raise CannotTell("the slices hold no activity", code="empty")
    bright = total > 0.25 * total.max()
    first, last = _longest(total > 0.5 * float(np.median(total[bright])))
    mean = voxels[first:last].mean(axis=0)
    smooth = box_mean(mean, 1)
    typical = float(np.median(smooth[smooth > 0.4 * smooth.max()]))
    lit = smooth > 0.5 * typical
    if lit[[0, -1]].any() or lit[:, [0, -1]].any():
        raise CannotTell("the phantom touches the edge of its slices", code="cut_off")
    rows, columns = np.nonzero(lit)
    centre, pixel = (float(rows.mean()), float(columns.mean())), spacing[1] * spacing[2]
    radius = math.sqrt(len(rows) * pixel / math.pi)
    away = _away(mean.shape, centre, spacing)
    if np.count_nonzero(lit != (away <= radius)) > ROUND * len(rows):
        message = "not a cylinder seen along its axis: the outline of the activity is no circle"
        raise CannotTell(message, code="not_round")
    if not DIAMETERS[0] <= 2 * radius <= DIAMETERS[1]:
        message = f"the activity is {2 * radius:.0f} mm across; a Jaszczak phantom is 216 mm inside"
        raise CannotTell(message, code="other_diameter")
    top, left = max(0, int(rows.min()) - 2), max(0, int(columns.min()) - 2)
    cut = slice(top, int(rows.max()) + 3), slice(left, int(columns.max()) + 3)
    shifted = (centre[0] - top, centre[1] - left)
    return Cylinder(
        np.ascontiguousarray(voxels[first:last, cut[0], cut[1]]), spacing, shifted, radius, first,
        (top, left), np.ascontiguousarray(away[cut]),
    )  # fmt: skip


def uniform_section(found: Cylinder) -> tuple[slice, NDArray[np.bool_]]:
    """Find the longest run of slices that hold nothing but activity.

    Returns:
        The run, a slice at each end left off, and for every slice whether it is uniform.

    Raises:
        CannotTell: no such run is `SHORTEST_UNIFORM` mm long, or all is noise.
    """
    core = found.core
    level = found.voxels[:, core].mean(axis=1)
    scatter = np.array([_scatter(one, core) for one in found.voxels]) / np.maximum(level, 1e-300)
    length = max(3, math.ceil(SHORTEST_UNIFORM / found.spacing[0]))
    full = level >= LEVEL * float(np.quantile(level, 0.9))
    calmest = np.sort(scatter[full])[:length]
    calm = full & (scatter <= CALM * float(calmest.mean()) + 0.005)
    first, last = _longest(calm)
    if last - first < length + 2:
        raise CannotTell("no section of the phantom is uniform over 12 mm or more", code="no_uniform_section")
    if float(np.median(scatter[first:last])) > NOISIEST:
        raise CannotTell("the uniform section is noise: more counts are wanted", code="too_noisy")
    return slice(first + 1, last - 1), calm


def _scatter(one: Floats, core: Inside) -> float:
    """Scatter of a slice in the core after a mean of nine pixels, its fall towards the middle taken off."""
    smooth = box_mean(one, 1)
    return float(smooth[core].std())


def _away(shape: tuple[int, ...], centre: tuple[float, float], spacing: tuple[float, float, float]) -> Floats:
    down = (np.arange(shape[0]) - centre[0])[:, None] * spacing[1]
    along = (np.arange(shape[1]) - centre[1])[None, :] * spacing[2]
    return np.asarray(np.hypot(down, along))


def _longest(true: NDArray[np.bool_]) -> tuple[int, int]:
    """Give the longest run of True as (first, past the last); (0, 0) where there is none."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], true, [False]]).astype(np.int8)))
    starts, ends = edges[::2], edges[1::2]
    if not len(starts):
        return 0, 0
    at = int(np.argmax(ends - starts))
    return int(starts[at]), int(ends[at])
