"""Centre of rotation of a gamma camera: a point source seen from many angles."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kilter.measure.error import CannotTell
from kilter.measure.unit import Floats

# Half of the window about the source, mm: beyond four standard deviations of a 15 mm image of it.
REACH = 30.0
# Part of a view's counts above background that must lie in the window.
MOSTLY = 0.6
FEWEST_VIEWS, SHORTEST_ARC = 8, 150.0
FEWEST_COUNTS = 200.0


@dataclass(frozen=True, slots=True)
class HeadFit:
    """What one head saw; lengths in mm.

    Attributes:
        detector: its number.
        views: how many.
        offset: of the middle of the sinusoid from the middle of the matrix, along x.
        radius: amplitude of the sinusoid.
        residuals: of the centroids along x from the sinusoid, in the order of the views.
        axial: mean position along y from the middle of the matrix.
        axial_residuals: of the centroids along y from their mean.
        uncertainty: standard uncertainty of the offset, from the scatter of the residuals.
        angle: degrees, of each view.
        place: centroid along x of each view, from the middle of the matrix.
    """

    detector: int
    views: int
    offset: float
    radius: float
    residuals: Floats
    axial: float
    axial_residuals: Floats
    uncertainty: float
    angle: Floats
    place: Floats


def centroids(frames: Floats, spacing: tuple[float, float]) -> Floats:
    """Find the source in every view: centroid in a window about it, background off.

    Args:
        frames: counts, shape (views, rows, columns).
        spacing: mm (down, along).

    Returns:
        Shape (views, 2): x and y in mm from the middle of the matrix.

    Raises:
        CannotTell: a view without a single point, with too few counts, or cut off by the edge.
    """
    views, rows, columns = frames.shape
    edge = np.concatenate(
        [frames[:, 0], frames[:, -1], frames[:, :, 0], frames[:, :, -1]], axis=1
    ).mean(axis=1)  # fmt: skip
    at_y = (np.arange(rows) - (rows - 1) / 2) * spacing[0]
    at_x = (np.arange(columns) - (columns - 1) / 2) * spacing[1]
    counts = frames - edge[:, None, None]
    across, down = counts.sum(axis=1), counts.sum(axis=2)
    total = across.sum(axis=1)
    x, y = at_x[across.argmax(axis=1)], at_y[down.argmax(axis=1)]
    for _ in range(4):
        inside_x = abs(at_x[None, :] - x[:, None]) <= REACH
        inside_y = abs(at_y[None, :] - y[:, None]) <= REACH
        along = np.einsum("vrc,vr->vc", counts, inside_y.astype(np.float64)) * inside_x
        upright = np.einsum("vrc,vc->vr", counts, inside_x.astype(np.float64)) * inside_y
        weight = along.sum(axis=1)
        _refuse_no_point(weight, total, views)
        x, y = (along @ at_x) / weight, (upright @ at_y) / weight
    _refuse_cut_off(x, y, at_x, at_y)
    return np.stack([x, y], axis=1)


def _refuse_no_point(weight: Floats, total: Floats, views: int) -> None:
    """Refuse views whose counts do not lie in one place."""
    for view in range(views):
        if weight[view] < FEWEST_COUNTS:
            message = f"view {view + 1} of {views} holds {max(0.0, weight[view]):.0f} counts of a source; "
            raise CannotTell(f"{message}{FEWEST_COUNTS:.0f} are wanted", code="few_counts")
        if weight[view] < MOSTLY * total[view]:
            message = (
                f"not a point source: only {100 * weight[view] / total[view]:.0f} % of the counts of "
                f"view {view + 1} lie within {REACH:g} mm of one place"
            )
            raise CannotTell(message, code="not_a_point")


def _refuse_cut_off(x: Floats, y: Floats, at_x: Floats, at_y: Floats) -> None:
    """Refuse views in which the source lies so near the edge that part of it is missing."""
    near = (abs(x) > at_x[-1] - REACH / 2) | (abs(y) > at_y[-1] - REACH / 2)
    if near.any():
        message = f"the source touches the edge of the matrix in view {int(near.argmax()) + 1}"
        raise CannotTell(message, code="cut_off")


def fit_head(detector: int, angle: Floats, place: Floats) -> HeadFit:
    """Fit x = a + b sin(angle + phase) to one head's views by linear least squares.

    Args:
        detector: number of the head.
        angle: degrees, shape (views,).
        place: centroids in mm, shape (views, 2).

    Raises:
        CannotTell: too few views, or an arc too short to tell the offset from the orbit.
    """
    views = len(angle)
    spread = _arc(angle)
    if views < FEWEST_VIEWS or spread < SHORTEST_ARC:
        message = f"head {detector} has {views} views over {spread:.0f} degrees; "
        wanted = f"{FEWEST_VIEWS} over {SHORTEST_ARC:.0f} are wanted"
        raise CannotTell(message + wanted, code="few_views")
    turn = np.radians(angle)
    design = np.stack([np.ones(views), np.cos(turn), np.sin(turn)], axis=1)
    inverse = np.linalg.inv(design.T @ design)
    offset, cosine, sine = inverse @ design.T @ place[:, 0]
    residuals = place[:, 0] - design @ np.array([offset, cosine, sine])
    variance = float(residuals @ residuals) / (views - 3)
    axial = float(place[:, 1].mean())
    return HeadFit(
        detector=detector,
        views=views,
        offset=float(offset),
        radius=math.hypot(cosine, sine),
        residuals=residuals,
        axial=axial,
        axial_residuals=place[:, 1] - axial,
        uncertainty=math.sqrt(variance * float(inverse[0, 0])),
        angle=angle,
        place=place[:, 0],
    )


def _arc(angle: Floats) -> float:
    """Give the arc that the views cover, in degrees, 360 less the widest gap between neighbours."""
    around: NDArray[np.float64] = np.sort(np.mod(angle, 360.0))
    gaps = np.diff(np.append(around, around[0] + 360.0))
    return float(360.0 - gaps.max())
