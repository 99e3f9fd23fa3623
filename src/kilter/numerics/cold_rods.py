"""Six sectors of cold rods: how strongly each pattern shows beside what noise alone would show."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import permutations

import numpy as np

from kilter.measure.unit import Floats
from kilter.numerics.cylinder import Cylinder

# Rods of the phantom called Deluxe, mm; neighbours lie twice their diameter apart.
RODS = (12.7, 11.1, 9.5, 7.9, 6.4, 4.8)
SHORTEST = 30.0
# Noise shows less than this in all but one of a thousand sectors, in standard deviations above its mean.
ABOVE_NOISE = 3.1
# What nobody sees, however many the counts.
LEAST = 0.01
_TURNS, _DIRECTIONS = 24, 6
_WEDGE = math.radians(25.0)


@dataclass(frozen=True, slots=True)
class Rods:
    """One sector.

    Attributes:
        diameter: mm.
        modulation: amplitude at the pattern's spatial frequency, over the mean.
        noise: what it would have to exceed not to be noise.
        angle: of the middle of the sector, degrees from the rows' direction.
        visible: whether it, and every wider pattern, stands above the noise.
    """

    diameter: float
    modulation: float
    noise: float
    angle: float
    visible: bool


def rod_section(
    found: Cylinder, calm: np.ndarray[tuple[int, ...], np.dtype[np.bool_]], height: float
) -> slice | None:
    """Give the slices of the rods: not uniform, clear of the spheres, and many; None where there are none.

    Args:
        found: the phantom.
        calm: for each slice whether it is uniform.
        height: of the spheres' centres, mm from the first slice.
    """
    at = np.arange(len(calm)) * found.spacing[0]
    busy = ~calm & (abs(at - height) > 27.0)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], busy, [False]]).astype(np.int8)))
    runs = [(int(b - a), int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]
    longest, first, last = max(runs, default=(0, 0, 0))
    if longest * found.spacing[0] < SHORTEST:
        return None
    trim = max(1, round(8.0 / found.spacing[0]))
    return slice(first + trim, last - trim)


def measure_rods(found: Cylinder, section: slice, uniform: slice) -> tuple[Rods, ...]:
    """Measure the six sectors, the widest rods first, whatever way the phantom is turned.

    Args:
        found: the phantom.
        section: slices of the rods.
        uniform: uniform slices, which say what noise shows.
    """
    rods, even = found.voxels[section].mean(axis=0), found.voxels[uniform].mean(axis=0)
    # A mean of fewer slices is noisier.
    scale = math.sqrt((uniform.stop - uniform.start) / (section.stop - section.start))
    shown, noise = _amplitudes(found, np.stack([rods, even]))
    noise *= scale
    limit = np.maximum(noise.mean(axis=0) + ABOVE_NOISE * noise.std(axis=0), LEAST)
    places = _sectors(shown)
    visible, found_rods = True, []
    for number, (diameter, turn) in enumerate(zip(RODS, places, strict=True)):
        amount, bound = float(shown[turn, number]), float(limit[number])
        visible = visible and bool(amount > bound)
        found_rods.append(Rods(diameter, amount, bound, 360.0 / _TURNS * turn, visible))
    return tuple(found_rods)


def _sectors(shown: Floats) -> tuple[int, ...]:
    """Give each pattern the sector, 60 degrees from the next, so that all together show most."""
    orders = np.array(list(permutations(range(len(RODS)))))
    apart = _TURNS // len(RODS)
    best, places = -math.inf, orders[0]
    for first in range(apart):
        turns = first + apart * orders
        total = shown[turns, np.arange(len(RODS))].sum(axis=1)
        at = int(np.argmax(total))
        if total[at] > best:
            best, places = float(total[at]), turns[at]
    return tuple(int(turn) for turn in places)


def _amplitudes(found: Cylinder, images: Floats) -> Floats:
    """Amplitude of each pattern in a wedge at each turn, over the mean, shape (images, turns, rods)."""
    rows, columns = images.shape[1:]
    down = np.broadcast_to((np.arange(rows) - found.centre[0])[:, None] * found.spacing[1], (rows, columns))
    along = np.broadcast_to((np.arange(columns) - found.centre[1])[None] * found.spacing[2], (rows, columns))
    ring = (found.away > 0.12 * found.radius) & (found.away < 0.92 * found.radius)
    x, y, values = along[ring], down[ring], images[:, ring]
    inward = np.sin(math.pi * (found.away[ring] / found.radius - 0.12) / 0.80) ** 2
    angle = np.arctan2(y, x)
    cosine, sine = _waves(x, y)
    amplitudes = np.empty((len(images), _TURNS, len(RODS)))
    for turn in range(_TURNS):
        off = (angle - 2.0 * math.pi * turn / _TURNS + math.pi) % (2.0 * math.pi) - math.pi
        here = np.flatnonzero(abs(off) < _WEDGE)
        weight = np.cos(0.5 * math.pi * off[here] / _WEDGE) ** 2 * inward[here]
        weight = weight / weight.sum()
        part = values[:, here]
        share = weight * (part / (part @ weight)[:, None] - 1.0)
        sums = np.hypot(share @ cosine[here], share @ sine[here])
        # A hexagonal pattern has three directions; one orientation fits all three.
        three = sums.reshape(len(images), len(RODS), 3, _DIRECTIONS).mean(axis=2)
        amplitudes[:, turn] = 2.0 * three.max(axis=2)
    return amplitudes


def _waves(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Give the waves of each pattern in each direction, shape (pixels, rods x 3 x directions), twice."""
    turn = np.radians(60.0 * np.arange(3)[:, None] + 60.0 / _DIRECTIONS * np.arange(_DIRECTIONS)).ravel()
    # The shortest reciprocal vector of a hexagonal lattice of pitch 2 d is 1 / (sqrt(3) d).
    size = 2.0 * math.pi / (math.sqrt(3.0) * np.array(RODS))
    waves = np.stack([np.outer(size, np.cos(turn)).ravel(), np.outer(size, np.sin(turn)).ravel()])
    phase = np.stack([x, y], axis=1) @ waves
    return np.cos(phase), np.sin(phase)
