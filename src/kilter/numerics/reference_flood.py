"""Floods of known truth: what an installed copy must find, worked out on paper from the geometry.

A rectangular field of 72 x 56 analysed pixels of 6.4 mm lies inside an empty border. Each analysed
pixel is made of 4 x 4 recorded ones, by both rules of binning, so that the truth is exact: the edge
rule takes nothing, the edge clearing takes one pixel at each side (70 x 54 remain), and the central
field reaches 25.5 pixels from the middle along and 19.5 down.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from kilter.numerics.rebin import Counts

Fault = Literal["none", "hot_spot", "cold_tube", "gradient", "low_counts", "bar_phantom"]
FAULTS: tuple[Fault, ...] = get_args(Fault)

BLOCK = 4
PIXEL = 1.6
ROWS, COLUMNS = 64, 80
BORDER = 4
MIDDLE_ROW, MIDDLE_COLUMN = (ROWS - 1) / 2, (COLUMNS - 1) / 2
HALF_UFOV, HALF_CFOV = 34.5, 25.5

# Chosen so that every recorded pixel expects a whole number of counts: without noise the file is exact.
COUNTS, FEW_COUNTS = 25_600.0, 400.0
HOT, COLD, SLOPE = 0.4, 0.3, 1 / 800
TUBE_RADIUS = 6.0


@dataclass(frozen=True, slots=True)
class ReferenceFlood:
    """One flood and its truth.

    Attributes:
        counts: recorded image, shape (256, 320), Poisson counts.
        spacing: mm.
        truth: by result, in percent and without noise, for NEMA binning; empty where the image is
            no flood and must be refused.
    """

    counts: NDArray[np.uint16]
    spacing: tuple[float, float]
    truth: Mapping[str, float]


def reference_flood(fault: Fault = "none", seed: int = 1) -> ReferenceFlood:
    """Draw a flood; the same fault and seed give the same image, and seed 0 one without noise."""
    expected = expected_counts(fault)
    counts = np.random.default_rng(seed).poisson(expected) if seed else np.rint(expected)
    return ReferenceFlood(counts.astype(np.uint16), (PIXEL, PIXEL), truth(fault))


def expected_counts(fault: Fault) -> Counts:
    """Mean counts of every recorded pixel, shape (256, 320), before noise."""
    coarse = np.zeros((ROWS, COLUMNS))
    field = coarse[BORDER:-BORDER, BORDER:-BORDER]
    field[:] = FEW_COUNTS if fault == "low_counts" else COUNTS
    row, column = np.indices(coarse.shape)
    if fault == "hot_spot":
        coarse[int(MIDDLE_ROW), int(MIDDLE_COLUMN)] *= 1 + HOT
    elif fault == "cold_tube":
        coarse[np.hypot(row - MIDDLE_ROW, column - MIDDLE_COLUMN) < TUBE_RADIUS] *= 1 - COLD
    elif fault == "gradient":
        coarse *= 1 + SLOPE * (column - MIDDLE_COLUMN)
    recorded = np.kron(coarse, np.full((BLOCK, BLOCK), 1 / BLOCK**2))
    return recorded * _bars() if fault == "bar_phantom" else recorded


def truth(fault: Fault) -> Mapping[str, float]:
    """Uniformities in percent that the analysis must find without noise, by NEMA binning."""
    if fault == "bar_phantom":
        return {}
    if fault == "gradient":
        # Smoothing keeps a slope, and at the edge of the field, where one neighbour is missing, it
        # gives (2 c0 + c1) / 3: a third of a step inwards. The steepest run starts one pixel further in,
        # at the low end, where the same difference is divided by the smallest sum.
        return _named(
            SLOPE * (HALF_UFOV - 1 / 3),
            4 * SLOPE / (2 - SLOPE * (2 * (HALF_UFOV - 1) - 4)),
            SLOPE * HALF_CFOV,
            4 * SLOPE / (2 - SLOPE * (2 * HALF_CFOV - 4)),
        )
    # One pixel keeps 4/16 of its excess in the smoothing; a whole tube keeps all of it, and its
    # straight sides fall from full to bottom within five pixels. So both contrasts are the same.
    relative = {"hot_spot": HOT / 4, "cold_tube": -COLD}.get(fault, 0.0)
    contrast = abs(relative) / (2 + relative)
    return _named(contrast, contrast, contrast, contrast)


def _named(*fractions: float) -> dict[str, float]:
    """Give the four contrasts their names, in percent."""
    names = ("ufov_integral", "ufov_differential", "cfov_integral", "cfov_differential")
    return {name: 100 * fraction for name, fraction in zip(names, fractions, strict=True)}


def _bars() -> Counts:
    """Transmission of a quadrant bar phantom: four widths, as a camera blurs them."""
    rows, columns = ROWS * BLOCK, COLUMNS * BLOCK
    down, along = np.indices((rows, columns)) * PIXEL
    lower, right = np.indices((rows, columns))[0] >= rows // 2, np.indices((rows, columns))[1] >= columns // 2
    width = np.select([~lower & ~right, ~lower & right, lower & ~right], [6.4, 5.0, 4.2], 3.5)
    across = np.where(lower ^ right, down, along)
    return np.asarray(0.5 + 0.35 * np.sin(np.pi * across / width))
