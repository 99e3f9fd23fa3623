"""What the uniform section of a phantom says: uniformity, rings about the axis, cupping, noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kilter.measure.error import CannotTell
from kilter.measure.unit import Floats
from kilter.numerics.contrast import extremes, steepest_window
from kilter.numerics.cylinder import WITHIN, Cylinder
from kilter.numerics.rebin import rebin
from kilter.numerics.smooth import nine_point
from kilter.numerics.uniformity import bin_factor, square_pixel

# Half of the 60 mm disc in the middle, mm, and where the border begins, in parts of the radius.
MIDDLE, BORDER = 30.0, 0.6
# A ring is looked for where it holds so many pixels at least.
FEWEST_PIXELS = 6
# Up to this part of the radius: further out the wall's blur bends the profile.
RINGS_WITHIN = 0.85


@dataclass(frozen=True, slots=True)
class Uniform:
    """Figures of the uniform section.

    Attributes:
        integral, differential: contrast of the mean slice, percent, re-binned and smoothed as for a flood.
        pixel: that was analysed, mm.
        ratio: mean of the middle over mean of the border.
        ring: departure of the radial profile from its smooth course where it is most significant, percent.
        ring_radius: where, mm.
        ring_uncertainty: of counting at that radius, percent.
        noise: standard deviation of voxels about their ring's mean, percent of the mean, median of slices.
        radii, profile, course: mm; mean at each radius; a + b r^2 + c r^4 through it.
    """

    integral: float
    differential: float
    pixel: float
    ratio: float
    ring: float
    ring_radius: float
    ring_uncertainty: float
    noise: float
    radii: Floats
    profile: Floats
    course: Floats


def measure_uniform(found: Cylinder, section: slice) -> Uniform:
    """Measure the mean of the slices of a section.

    Raises:
        CannotTell: pixels not square, or too large for the disc.
    """
    mean = found.voxels[section].mean(axis=0)
    integral, differential, pixel = _contrasts(mean, found)
    radii, profile, spread = _radial(mean, found)
    shape = np.vander((radii / found.radius) ** 2, 3)
    # Rings near the axis hold few pixels and weigh less.
    weight = 1.0 / spread
    factors = np.linalg.lstsq(shape * weight[:, None], profile * weight, rcond=None)[0]
    course = shape @ factors
    departure = 100.0 * (profile - course) / course
    # By significance: few pixels lie near the axis, and their noise is no ring.
    worst = int(np.argmax(abs(departure) * course / spread))
    middle = found.away <= MIDDLE
    border = (found.away > BORDER * found.radius) & found.core
    return Uniform(
        integral=integral, differential=differential, pixel=pixel,
        ratio=float(mean[middle].mean() / mean[border].mean()),
        ring=float(departure[worst]), ring_radius=float(radii[worst]),
        ring_uncertainty=float(100.0 * spread[worst] / course[worst]),
        noise=_noise(found, section), radii=radii, profile=profile, course=course,
    )  # fmt: skip


def _contrasts(mean: Floats, found: Cylinder) -> tuple[float, float, float]:
    """Integral and differential uniformity in the core, and the pixel that was analysed."""
    side = square_pixel((found.spacing[1], found.spacing[2]))
    factor = bin_factor(side, "nmqc")
    binned = rebin(mean, factor)
    rows, columns = (np.arange(size) for size in binned.counts.shape)
    down = binned.original(0, 0)[0] + factor * rows - found.centre[0]
    along = binned.original(0, 0)[1] + factor * columns - found.centre[1]
    away = side * np.hypot(down[:, None], along[None, :])
    inside = away <= WITHIN * found.radius
    smooth = nine_point(binned.counts, away <= found.radius - 2 * side * factor)
    try:
        return (
            extremes(smooth, inside).contrast,
            steepest_window(smooth, inside).contrast,
            side * factor,
        )
    except ValueError as error:
        raise CannotTell("the pixels are too large to judge uniformity", code="coarse_pixels") from error


def _radial(mean: Floats, found: Cylinder) -> tuple[Floats, Floats, Floats]:
    """Mean at each radius in steps of a pixel, and its standard error from the scatter along the ring."""
    step = found.spacing[1]
    number = np.rint(found.away / step).astype(np.int64)
    inside = found.away <= RINGS_WITHIN * found.radius
    which, values, away = number[inside], mean[inside], found.away[inside]
    count = np.bincount(which)
    filled = np.maximum(count, 1)  # the axis may lie between pixels, and the first ring hold none
    profile = np.bincount(which, values) / filled
    variance = np.maximum(np.bincount(which, values**2) / filled - profile**2, 0.0)
    # All rings share one noise; a ring of few pixels does not tell its own.
    share = float((variance * count).sum() / (count - 1).clip(0).sum())
    error = np.sqrt(share / filled)
    radii = np.bincount(which, away) / filled
    enough = count >= FEWEST_PIXELS
    floor = 1e-9 * float(profile.max())
    return radii[enough], profile[enough], np.maximum(error[enough], floor)


def _noise(found: Cylinder, section: slice) -> float:
    number = np.rint(found.away[found.core] / found.spacing[1]).astype(np.int64)
    count = np.bincount(number)
    figures = []
    for one in found.voxels[section]:
        values = one[found.core]
        ring = np.bincount(number, values) / np.maximum(count, 1)
        left = values - ring[number]
        figures.append(
            float(np.sqrt((left**2).sum() / (values.size - np.count_nonzero(count))) / values.mean())
        )
    return 100.0 * float(np.median(figures))
