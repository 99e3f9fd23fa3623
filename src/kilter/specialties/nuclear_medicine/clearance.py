"""The survey of what has decayed in storage: whether it can still be told from the background."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from kilter.measure.error import BadInput, CannotTell
from kilter.measure.procedure import procedure
from kilter.measure.quantity import Between, Ratio, repeated
from kilter.measure.unit import Floats
from kilter.specialties.nuclear_medicine.counting import QUANTILE, Time, characteristic_limits
from kilter.specialties.nuclear_medicine.quantities import Counts, MicrosievertPerHour
from kilter.specialties.nuclear_medicine.standards import CFR_35_92, CURRIE, ISO_11929

FEWEST = 5
"""Readings of the background from which its scatter is known well enough: ours."""
MOST_BACKGROUND = 0.5
"""Highest reading of the background in uSv/h: ours, several times what nature gives indoors.

10 CFR 35.92 is applied where the background is low: near a source it would hide what is surveyed.
"""
MOST_SCATTER = 0.5
"""Standard deviation of the background over its mean, beyond the display's step: ours."""


@dataclass(frozen=True, slots=True)
class Clearance:
    """The excess over the background in uSv/h, and both findings as parts of their decision thresholds.

    At 1 or below a finding cannot be told from the background. `contamination` is None without a wipe.
    """

    excess: MicrosievertPerHour
    dose_rate: Ratio
    contamination: Ratio | None


@procedure(
    "nuclear_medicine.clearance_survey", version=1, cites=[CFR_35_92, CURRIE, ISO_11929], uncertainty="none"
)
def clearance_survey(
    *,
    surface: Annotated[MicrosievertPerHour, Between(0.0, 1e6)],
    background: Annotated[Floats, repeated("uSv/h"), Between(0.0, 1e3)],
    resolution: Annotated[MicrosievertPerHour, Between(0.0001, 10.0)] = 0.01,
    wipe_counts: Counts | None = None,
    wipe_time: Time = 60.0,
    wipe_background: Counts | None = None,
    wipe_background_time: Time = 60.0,
) -> Clearance:
    """Highest dose rate at the unshielded surface, and a wipe, against what the background alone would give.

    The threshold of the dose rate is 1.645 standard deviations of one reading less the mean of n readings of
    the background, s sqrt(1 + 1 / n); the step of the display adds its twelfth in quadrature. That of the
    wipe is Currie's for its two counting times. Both are errors of 5 %.
    """
    if len(background) < FEWEST:
        words = f"give {FEWEST} readings of the background or more"
        raise BadInput(words, field="background", code="too_few")
    if (wipe_counts is None) != (wipe_background is None):
        raise BadInput("a wipe has its counts and those of its background", field="wipe_counts")
    _check_background(background, resolution)
    scatter = math.sqrt(float(np.var(background, ddof=1)) + resolution**2 / 12.0)
    excess = surface - float(np.mean(background))
    threshold = QUANTILE * scatter * math.sqrt(1.0 + 1.0 / len(background))
    wipe = None
    if wipe_counts is not None and wipe_background is not None:
        wipe = _wipe(wipe_counts, wipe_time, wipe_background, wipe_background_time)
    return Clearance(excess=excess, dose_rate=excess / threshold, contamination=wipe)


def _check_background(background: Floats, resolution: float) -> None:
    """Refuse to tell where the background is high or unsteady: it would clear what is not clear.

    Raises:
        CannotTell: it is.
    """
    highest = float(np.max(background))
    if highest > MOST_BACKGROUND:
        words = f"a background of {highest:.3g} uSv/h hides what is surveyed; survey where it is low"
        raise CannotTell(words, field="background", code="high_background")
    if float(np.std(background, ddof=1)) > MOST_SCATTER * float(np.mean(background)) + resolution:
        words = (
            "the readings of the background differ too much among themselves; repeat them away from sources"
        )
        raise CannotTell(words, field="background", code="unsteady_background")


def _wipe(counts: float, time: float, background: float, background_time: float) -> float:
    """Give the net counts of a wipe as a part of their decision threshold."""
    threshold, _ = characteristic_limits(max(background, 1.0), time, background_time)
    return (counts - background * time / background_time) / threshold
