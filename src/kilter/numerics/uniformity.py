"""Uniformity of a planar flood as NEMA NU 1 computes it: both fields, integral and differential.

Re-bin to pixels of about 6.4 mm; take off the edge that has less than 75 % of the central mean, and
the pixels that then touch the outside; smooth once with nine points inside the field; compare the
highest with the lowest pixel over the field, and in runs of five pixels along rows and columns.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from kilter.measure.error import CannotTell
from kilter.numerics import flood_evidence
from kilter.numerics.contrast import Extremes, Window, extremes, steepest_window
from kilter.numerics.counting_noise import NoiseContrast, noise_contrasts
from kilter.numerics.field import asymmetry, box, central, lit_field, without_edge
from kilter.numerics.rebin import Counts, Inside, Rebinned, rebin
from kilter.numerics.smooth import nine_point

Binning = Literal["nema", "nmqc"]

NEMA_PIXEL = 6.4
NEMA_SMALLEST, NEMA_LARGEST = 4.48, 8.32
ENOUGH_COUNTS = 10_000.0
CENTRAL_PART = 0.75
# Linear part of the lit field that is called useful: NEMA takes all that the edge rule leaves, the
# IAEA NMQC toolkit a central 95 % of it.
USEFUL_PART: dict[Binning, float] = {"nema": 1.0, "nmqc": 0.95}
SQUARE_WITHIN = 1e-3


@dataclass(frozen=True, slots=True)
class Remark:
    """What a reader must know beside the figures: a code for programs and a sentence for people."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class FieldUniformity:
    """Uniformity of one field.

    Attributes:
        integral: contrast over the field, with the places of its extremes (re-binned row, column).
        differential: the steepest run of five pixels.
        noise: what counting statistics alone would show in this field.
        inside: which re-binned pixels are of the field.
    """

    integral: Extremes
    differential: Window
    noise: NoiseContrast
    inside: Inside


@dataclass(frozen=True, slots=True)
class FloodUniformity:
    """All that a flood says.

    Attributes:
        ufov, cfov: useful and central field of view; contrasts in percent.
        rebinned: the image that was analysed, before smoothing.
        binning: the rule that chose the factor.
        recorded_pixel, pixel: side of a pixel as recorded and as analysed, mm.
        centre_counts: mean of the one, two or four re-binned pixels at the centre of the field.
        enough_counts: whether that reaches NEMA's 10,000.
        kept: pixels below the edge threshold that the field surrounds; they were kept in it.
        missing: pixels that one side or corner lacks and its mirror image has.
        notes: what a reader must know, a sentence each.
    """

    ufov: FieldUniformity
    cfov: FieldUniformity
    rebinned: Rebinned
    binning: Binning
    recorded_pixel: float
    pixel: float
    centre_counts: float
    enough_counts: bool
    kept: int
    missing: int
    notes: tuple[Remark, ...]

    @property
    def conclusive(self) -> bool:
        """Whether the figures may be judged against a limit: enough counts, and the field is whole."""
        return self.enough_counts and not self.missing


def bin_factor(pixel: float, binning: Binning) -> int:
    """Choose how many recorded pixels make one analysed pixel, along a side.

    `nema`: the whole number whose pixel is nearest to 6.4 mm, and inside 6.4 mm +- 30 %.
    `nmqc`: doubled until the pixel is at least 4.48 mm, as the IAEA NMQC toolkit and pylinac do; the
    pixel may then be larger than NEMA allows.

    Raises:
        CannotTell: `nema`, and no whole number gives a pixel inside the range.
    """
    if binning == "nmqc":
        return 1 << max(0, math.ceil(math.log2(NEMA_SMALLEST / pixel) - 1e-12))
    below = max(1, math.floor(NEMA_PIXEL / pixel))
    legal = [k for k in (below, below + 1) if _in_range(k * pixel)]
    if not legal:
        raise CannotTell(
            f"no whole number of pixels of {pixel:.4g} mm makes one between {NEMA_SMALLEST} and "
            f"{NEMA_LARGEST} mm, as NEMA NU 1 asks: record the flood in a finer matrix",
            code="no_legal_binning",
        )
    return min(legal, key=lambda k: (abs(k * pixel - NEMA_PIXEL), k))


def square_pixel(spacing: tuple[float, float]) -> float:
    """Give the side of a square pixel, mm, from its (row, column) spacing.

    Raises:
        CannotTell: the sides differ by more than 0.1 %, or are not above 0.
    """
    down, along = spacing
    if not (0 < down < math.inf and 0 < along < math.inf):
        raise CannotTell(f"a pixel of {down:g} x {along:g} mm is impossible", code="pixel_size")
    if abs(down - along) > SQUARE_WITHIN * max(down, along):
        raise CannotTell(
            f"pixels are not square ({down:.4g} x {along:.4g} mm); NEMA NU 1 needs square ones",
            code="pixel_not_square",
        )
    return (down + along) / 2


def flood_uniformity(
    image: Counts,
    spacing: tuple[float, float],
    *,
    binning: Binning = "nema",
    ceiling: float | None = None,
    quantum: float = 1.0,
) -> FloodUniformity:
    """Analyse a planar flood.

    Args:
        image: counts as recorded, axes (rows, columns).
        spacing: distance of pixel centres down and along, mm.
        binning: which rule chooses the analysed pixel, see `bin_factor`.
        ceiling: largest value that the file could store; a pixel there means lost counts.
        quantum: value of one stored step.

    Raises:
        CannotTell: not a flood, saturated, empty, no legal binning, pixels not square; the message
            gives the evidence.
    """
    pixel = square_pixel(spacing)
    flood_evidence.refuse_impossible(image, ceiling)
    factor = bin_factor(pixel, binning)
    if factor > min(image.shape):
        raise CannotTell("not a flood: the image is smaller than one analysed pixel", code="not_a_flood")
    rebinned = rebin(image, factor)
    lit, kept = lit_field(rebinned.counts, fraction=CENTRAL_PART)
    whole = without_edge(lit)
    useful = _part(whole, USEFUL_PART[binning])
    middle = _part(useful, CENTRAL_PART)
    flood_evidence.refuse_unless_field(rebinned, useful, middle)
    flood_evidence.refuse_fine_structure(image, pixel, rebinned, useful, middle, quantum)
    flood_evidence.refuse_odd_shape(useful)
    flood_evidence.refuse_uneven_bulk(rebinned, whole)
    ufov, cfov = _both_fields(rebinned.counts, whole, useful, middle)
    return _with_notes(ufov, cfov, rebinned, binning, pixel, int((kept & useful).sum()))


def centre_counts(counts: Counts, inside: Inside) -> float:
    """Mean of the one, two or four pixels at the centre of a field's box."""
    top, bottom, left, right = box(inside)
    rows = slice((top + bottom) // 2, (top + bottom + 1) // 2 + 1)
    columns = slice((left + right) // 2, (left + right + 1) // 2 + 1)
    return float(counts[rows, columns].mean())


def _in_range(pixel: float) -> bool:
    """Whether NEMA allows this pixel; the bounds themselves are allowed."""
    return NEMA_SMALLEST * (1 - 1e-9) <= pixel <= NEMA_LARGEST * (1 + 1e-9)


def _part(inside: Inside, fraction: float) -> Inside:
    """Central part of a field that may be empty."""
    return central(inside, fraction) & inside if fraction < 1 and inside.any() else inside


def _both_fields(
    counts: Counts, whole: Inside, ufov: Inside, cfov: Inside
) -> tuple[FieldUniformity, FieldUniformity]:
    """Smooth once over the whole lit field and measure the useful one and its centre."""
    smoothed = nine_point(counts, whole)
    noise = noise_contrasts(float(counts[cfov].mean()), whole, (ufov, cfov))
    try:
        first, second = (
            FieldUniformity(extremes(smoothed, inside), steepest_window(smoothed, inside), of_noise, inside)
            for inside, of_noise in zip((ufov, cfov), noise, strict=True)
        )
    except ValueError as error:
        raise CannotTell(f"not a flood: {error}", code="not_a_flood") from error
    return first, second


def _with_notes(
    ufov: FieldUniformity,
    cfov: FieldUniformity,
    rebinned: Rebinned,
    binning: Binning,
    pixel: float,
    kept: int,
) -> FloodUniformity:
    """Add the count at the centre, the state of the outline, and a sentence on each doubt."""
    at_centre = centre_counts(rebinned.counts, ufov.inside)
    missing = asymmetry(ufov.inside)
    analysed = pixel * rebinned.factor
    notes = (
        *_on_counts(at_centre, ufov.noise.integral.mean),
        *_on_pixels(rebinned, analysed),
        *_on_outline(kept, missing),
    )
    return FloodUniformity(
        ufov=ufov, cfov=cfov, rebinned=rebinned, binning=binning, recorded_pixel=pixel, pixel=analysed,
        centre_counts=at_centre, enough_counts=at_centre >= ENOUGH_COUNTS, kept=kept, missing=missing,
        notes=notes,
    )  # fmt: skip


def _on_counts(at_centre: float, noise: float) -> list[Remark]:
    """Say so where the counts do not suffice."""
    if at_centre >= ENOUGH_COUNTS:
        return []
    text = (
        f"{at_centre:,.0f} counts in the centre pixel; NEMA NU 1 asks for {ENOUGH_COUNTS:,.0f}. Noise alone "
        f"would show an integral uniformity of {noise:.2f} % (UFOV)."
    )
    return [Remark("few_counts", text)]


def _on_pixels(rebinned: Rebinned, analysed: float) -> list[Remark]:
    """Say which pixels were left out, and whether the analysed pixel is one that NEMA allows."""
    found = []
    if not _in_range(analysed):
        allowed = f"{NEMA_SMALLEST} to {NEMA_LARGEST} mm"
        text = f"The analysed pixel of {analysed:.2f} mm lies outside NEMA's {allowed}."
        found.append(Remark("pixel_outside_nema", text))
    trim = rebinned.trim
    if trim.any:
        text = (
            f"Trimmed to whole blocks, in recorded pixels: {trim.top} at the top, {trim.bottom} at the "
            f"bottom, {trim.left} left, {trim.right} right."
        )
        found.append(Remark("trimmed", text))
    return found


def _on_outline(kept: int, missing: int) -> list[Remark]:
    """Say what is odd about the shape of the field."""
    found = []
    if kept:
        text = (
            f"{kept} pixels inside the outline lie below 75 % of the central mean and were kept: a fault "
            "of the camera or something in the way, not its edge."
        )
        found.append(Remark("kept_in_field", text))
    if missing:
        text = (
            f"The field is not symmetrical: {missing} pixels are missing on one side or corner. A dead tube "
            "at the edge would look like this and is not in these figures."
        )
        found.append(Remark("asymmetric", text))
    return found
