"""Six cold spheres on a circle in a hot cylinder: where they are, and the contrast of each."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from kilter.measure.error import CannotTell
from kilter.measure.unit import Floats
from kilter.numerics.cylinder import Cylinder

# Circle on which the spheres' centres lie: where it is looked for, mm.
CIRCLES = (50.0, 65.0)
CIRCLE = 57.5
ANGLES = 120
NUMBER = 6
# The three largest are there where each is this deep, of the background, and this many times the noise.
DEEP, CLEAR = 0.08, 4.0
# Points of a unit ball at which a sphere is felt while its place is refined.
_GRID = np.moveaxis(np.indices((7, 7, 7), dtype=np.float64), 0, -1).reshape(-1, 3) / 3.2 - 3.0 / 3.2
_BALL = _GRID[np.hypot.reduce(_GRID, axis=1) <= 1.0]
# Steps of refinement: height, angle, circle, and shift of the axis, as half range and step.
_STEPS = ((8.0, 1.0), (8.0, 1.0), (7.0, 1.0), (4.0, 1.0), (4.0, 1.0))
_FINE = ((1.0, 0.25), (1.0, 0.25), (1.0, 0.25), (1.0, 0.25), (1.0, 0.25))


@dataclass(frozen=True, slots=True)
class Sphere:
    """One sphere.

    Attributes:
        diameter: mm.
        place: (slice, row, column) of its centre in the volume.
        contrast: 100 (1 - mean / background) over what of each voxel lies in it, percent.
        lowest: 100 (1 - lowest / background), percent: noise raises it.
        uncertainty: of `contrast`: the spread of the same mean over as many places in the uniform section.
        mean: over its voxels.
        voxels: how many it touches.
    """

    diameter: float
    place: tuple[float, float, float]
    contrast: float
    lowest: float
    uncertainty: float
    mean: float
    voxels: int


@dataclass(frozen=True, slots=True)
class Spheres:
    """All spheres, the largest first, and the background, the mean of the annulus in the uniform section."""

    spheres: tuple[Sphere, ...]
    background: float
    height: float
    circle: float


def find_spheres(found: Cylinder, section: slice, diameters: tuple[float, ...]) -> Spheres:
    """Find the spheres and measure each in the same rigid place, so that noise does not choose it.

    Args:
        found: the phantom.
        section: its uniform slices.
        diameters: of the spheres, mm, in the order in which they follow on the circle, largest first.

    Raises:
        CannotTell: no six spheres in that order.
    """
    annulus = abs(found.away - CIRCLE) <= 12.0
    background = float(found.voxels[section][:, annulus].mean())
    deficit = 1.0 - found.voxels / background
    start = _search(found, deficit, section, diameters)
    for steps in (_STEPS, _FINE):
        start = _refined(found, deficit, diameters, start, steps)
    places = _places(found, start)
    spheres = tuple(
        _measured(found, section, background, diameter, place)
        for diameter, place in zip(diameters, places, strict=True)
    )
    return Spheres(spheres, background, float(start[0]), float(start[2]))


def _search(found: Cylinder, deficit: Floats, section: slice, diameters: tuple[float, ...]) -> Floats:
    """Find height, angle and direction by what lies in each sphere less what lies above and below it.

    Rods run on along the axis and cancel; spheres do not.
    """
    ring = _unrolled(found, deficit)
    felt = np.stack([_standing_out(ring, diameter, found.spacing[0]) for diameter in diameters])
    weight = np.array(diameters) / sum(diameters)
    best, at = -math.inf, (0, 0, 1)
    for direction in (1, -1):
        turned = [np.roll(one, -direction * n * ANGLES // NUMBER, axis=1) for n, one in enumerate(felt)]
        score = np.tensordot(weight, np.stack(turned), axes=1)
        where = np.unravel_index(int(np.argmax(score)), score.shape)
        if score[where] > best:
            best, at = float(score[where]), (int(where[0]), int(where[1]), direction)
    height, angle, direction = at
    largest = [felt[n, height, (angle + direction * n * ANGLES // NUMBER) % ANGLES] for n in range(3)]
    # What stands out is a mean of several slices, and noise falls with their root.
    several = [2 * _inner(diameter, found.spacing[0]) + 1 for diameter in diameters[:3]]
    noise = [float(ring[section].std()) / math.sqrt(slices) for slices in several]
    if any(depth < max(DEEP, CLEAR * one) for depth, one in zip(largest, noise, strict=True)):
        raise CannotTell("no six cold spheres lie on a circle in the phantom", code="no_spheres")
    return np.array([height * found.spacing[0], 360.0 / ANGLES * angle, CIRCLE, 0.0, 0.0, direction])


def _unrolled(found: Cylinder, deficit: Floats) -> Floats:
    """Deficit along the circle, a mean of three radii, shape (slices, angles)."""
    turn = np.arange(ANGLES) * 2.0 * math.pi / ANGLES
    total = np.zeros((len(deficit), ANGLES))
    for radius in (CIRCLE - 4.0, CIRCLE, CIRCLE + 4.0):
        row = np.rint(found.centre[0] + radius * np.sin(turn) / found.spacing[1]).astype(np.intp)
        column = np.rint(found.centre[1] + radius * np.cos(turn) / found.spacing[2]).astype(np.intp)
        total += deficit[:, row, column]
    return total / 3.0


def _standing_out(ring: Floats, diameter: float, thickness: float) -> Floats:
    """Mean over the inner half of a sphere's length less the darker of what lies clear above and below."""
    inner = _inner(diameter, thickness)
    outer = max(inner + 1, round(0.8 * diameter / thickness))
    padded = np.pad(ring, ((outer, outer), (0, 0)), constant_values=1.0)
    size = len(ring)
    inside = np.mean([padded[outer + n : outer + n + size] for n in range(-inner, inner + 1)], axis=0)
    around = np.maximum(padded[:size], padded[2 * outer : 2 * outer + size])
    return np.asarray(inside - np.maximum(around, 0.0))


def _inner(diameter: float, thickness: float) -> int:
    """Slices on each side of the middle one that make the inner half of a sphere's length."""
    return max(0, round(0.25 * diameter / thickness))


def _places(found: Cylinder, state: Floats) -> Floats:
    """Centres of the spheres as (slice, row, column) of the cut, shape (states..., 6, 3)."""
    height, angle, circle, down, along, direction = np.moveaxis(np.asarray(state)[..., None], -2, 0)
    turn = np.radians(angle + direction * 360.0 / NUMBER * np.arange(NUMBER))
    return np.stack(
        [
            height / found.spacing[0] + 0.0 * turn,
            found.centre[0] + (down + circle * np.sin(turn)) / found.spacing[1],
            found.centre[1] + (along + circle * np.cos(turn)) / found.spacing[2],
        ],
        axis=-1,
    )


def _refined(
    found: Cylinder,
    deficit: Floats,
    diameters: tuple[float, ...],
    start: Floats,
    steps: tuple[tuple[float, float], ...],
) -> Floats:
    """Move all spheres together, one parameter after the other, to where they are coldest; twice."""
    radius = np.array(diameters)[:, None, None] / 2.0
    reach = radius * _BALL / np.array(found.spacing)
    weight = np.array(diameters) ** 2 / np.sum(np.array(diameters) ** 2)
    state = start
    for _ in range(2):
        for which, (half, step) in enumerate(steps):
            tried = np.repeat(state[None], 2 * round(half / step) + 1, axis=0)
            tried[:, which] += np.arange(-half, half + step / 2, step)
            if which == 2:
                tried[:, 2] = np.clip(tried[:, 2], *CIRCLES)
            points = _places(found, tried)[:, :, None, :] + reach
            depth = _at(deficit, points).mean(axis=-1) @ weight
            state = tried[int(np.argmax(depth))]
    return state


def _at(volume: Floats, points: Floats) -> Floats:
    """Read a volume between its voxels by straight lines; beyond its border it goes on as at the border."""
    low = [np.clip(points[..., axis], 0.0, size - 1.000001) for axis, size in enumerate(volume.shape)]
    first = [one.astype(np.intp) for one in low]
    part = [one - whole for one, whole in zip(low, first, strict=True)]
    total = np.zeros(points.shape[:-1])
    flat, (_, rows, columns) = volume.ravel(), volume.shape
    base = (first[0] * rows + first[1]) * columns + first[2]
    for corner in np.ndindex(2, 2, 2):
        weight = np.ones(points.shape[:-1])
        for axis, side in enumerate(corner):
            weight *= part[axis] if side else 1.0 - part[axis]
        total += weight * flat[base + (corner[0] * rows + corner[1]) * columns + corner[2]]
    return total


def _measured(found: Cylinder, section: slice, background: float, diameter: float, place: Floats) -> Sphere:
    values, weight = ball(found, place, diameter)
    mean = float(values @ weight)
    elsewhere = _elsewhere(found, section, diameter, place)
    return Sphere(
        diameter=diameter,
        place=(
            float(place[0]) + found.first,
            float(place[1]) + found.corner[0],
            float(place[2]) + found.corner[1],
        ),
        contrast=100.0 * (1.0 - mean / background),
        lowest=100.0 * (1.0 - float(values[weight > 0].min()) / background),
        uncertainty=100.0 * float(np.std(elsewhere, ddof=1)) / background,
        mean=mean,
        voxels=int(np.count_nonzero(weight > 0)),
    )


def _elsewhere(found: Cylinder, section: slice, diameter: float, place: Floats) -> list[float]:
    """Mean of a sphere of this size at twelve places of the same radius in the middle of the section."""
    top = (section.start + section.stop - 1) / 2.0
    away = math.hypot(
        (place[1] - found.centre[0]) * found.spacing[1], (place[2] - found.centre[1]) * found.spacing[2]
    )
    means = []
    for number in range(12):
        turn = 2.0 * math.pi * number / 12
        row = found.centre[0] + away * math.sin(turn) / found.spacing[1]
        column = found.centre[1] + away * math.cos(turn) / found.spacing[2]
        values, weight = ball(found, np.array([top, row, column]), diameter, section)
        means.append(float(values @ weight))
    return means


def ball(
    found: Cylinder, place: Floats, diameter: float, section: slice | None = None
) -> tuple[Floats, Floats]:
    """Give the voxels of a sphere and the weight of each, which sum to 1.

    A voxel at the rim counts for the part of it that lies inside, straight over one voxel, with the edge
    drawn in by as much as such a rim would add to the volume. That alone would mean over the sphere blurred
    by a voxel; a twenty-fourth of the second difference takes the blur off to second order.
    """
    cut, away = [], []
    soft = float(np.mean(found.spacing))
    edge = diameter / 2.0 - soft**2 / (6.0 * diameter)
    for axis, size in enumerate(found.voxels.shape):
        reach = (diameter + soft) / 2.0 / found.spacing[axis] + 1.0
        least, most = (0, size) if section is None or axis else (section.start, section.stop)
        first = min(max(least, math.ceil(place[axis] - reach)), most - 1)
        last = max(min(most, math.floor(place[axis] + reach) + 1), first + 1)
        cut.append(slice(first, last))
        away.append(((np.arange(first, last) - place[axis]) * found.spacing[axis]) ** 2)
    distance = np.sqrt(away[0][:, None, None] + away[1][:, None] + away[2])
    part = np.pad(np.clip((edge - distance) / soft + 0.5, 0.0, 1.0), 1)
    inner = part[1:-1, 1:-1, 1:-1]
    around = (
        part[2:, 1:-1, 1:-1] + part[:-2, 1:-1, 1:-1] + part[1:-1, 2:, 1:-1]
        + part[1:-1, :-2, 1:-1] + part[1:-1, 1:-1, 2:] + part[1:-1, 1:-1, :-2]
    )  # fmt: skip
    weight = inner - (around - 6.0 * inner) / 24.0
    inside = weight != 0.0
    return found.voxels[cut[0], cut[1], cut[2]][inside], weight[inside] / weight.sum()
