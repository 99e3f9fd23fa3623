"""The radionuclide calibrator: constancy, accuracy, linearity, geometry, repeatability; PET against it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from kilter.measure.error import BadInput
from kilter.measure.procedure import procedure
from kilter.measure.quantity import Between, Hour, Note, Percent, Ratio, repeated
from kilter.measure.unit import Floats
from kilter.numerics.decay import Library, Nuclide, decay_constant, half_life, remaining
from kilter.specialties.nuclear_medicine.decay import HOUR, unread
from kilter.specialties.nuclear_medicine.quantities import (
    Activity,
    Concentration,
    Day,
    Megabecquerel,
    Millilitre,
)
from kilter.specialties.nuclear_medicine.standards import AAPM_181, EARL, NEMA_NU_2, NPL_93

Some = Annotated[Activity, Between(1e-9, 1e9)]
Positive = Annotated[Floats, repeated("MBq"), Between(0.0, 1e9)]


@dataclass(frozen=True, slots=True)
class Deviation:
    """Deviation from what was expected in percent, and what was expected in MBq."""

    deviation: Percent
    expected: Annotated[Megabecquerel, Between(0.0)]
    notes: tuple[Note, ...] = ()


@procedure("nuclear_medicine.calibrator_constancy", version=1, cites=[AAPM_181, NPL_93], elementwise=True)
def calibrator_constancy(
    *,
    nuclide: Nuclide,
    reading: Activity,
    baseline: Some,
    since_baseline: Annotated[Day, Between(0.0, 36525.0)],
    background: Activity = 0.0,
    library: Library = "ICRP 107",
) -> Deviation:
    """Constancy: a long-lived source, background taken off, against its decayed baseline."""
    expected = baseline * remaining(since_baseline * 86400.0, decay_constant(nuclide, library))
    deviation = 100.0 * (reading - background - expected) / expected
    return Deviation(deviation=deviation, expected=expected, notes=unread(library, nuclide))


@procedure("nuclear_medicine.calibrator_accuracy", version=1, cites=[AAPM_181, NPL_93], elementwise=True)
def calibrator_accuracy(
    *,
    nuclide: Nuclide,
    reading: Activity,
    certified: Some,
    since_certified: Annotated[Day, Between(0.0, 36525.0)],
    background: Activity = 0.0,
    library: Library = "ICRP 107",
) -> Deviation:
    """Accuracy: the reading of a certified source against its decayed certificate."""
    expected = certified * remaining(since_certified * 86400.0, decay_constant(nuclide, library))
    deviation = 100.0 * (reading - background - expected) / expected
    return Deviation(deviation=deviation, expected=expected, notes=unread(library, nuclide))


@dataclass(frozen=True, slots=True)
class Linearity:
    """Greatest deviation from decay in percent, at which activity, and the half-life that fits, in h."""

    max_deviation: Annotated[Percent, Between(0.0)]
    at_activity: Annotated[Megabecquerel, Between(0.0)]
    fitted_half_life: Annotated[Hour, Between(0.0)]
    lowest: Annotated[Megabecquerel, Between(0.0)]
    notes: tuple[Note, ...] = ()


@procedure("nuclear_medicine.calibrator_linearity", version=1, cites=[AAPM_181, NPL_93], uncertainty="none")
def calibrator_linearity(
    *,
    nuclide: Nuclide,
    times: Annotated[Floats, repeated("h"), Between(0.0, 1e5)],
    readings: Positive,
    background: Activity = 0.0,
    library: Library = "ICRP 107",
) -> Linearity:
    """Linearity by decay: a strong source read until it is as weak as the weakest activity given.

    The decay is anchored by least squares in the logarithm with the library's half-life; the greatest
    deviation of a reading from it counts. The half-life that would fit best is shown beside: far from the
    library's, it tells of an impurity or a wrong nuclide.
    """
    if len(times) != len(readings) or len(times) < 3:
        raise BadInput("give a time for each of three readings or more", field="readings", code="lengths")
    net = readings - background
    if np.any(net <= 0):
        raise BadInput("a reading does not stand above the background", field="readings", code="background")
    constant, logs = decay_constant(nuclide, library), np.log(net)
    anchor = float(np.mean(logs + constant * times * HOUR))
    expected = np.exp(anchor - constant * times * HOUR)
    deviations = 100.0 * (net - expected) / expected
    worst = int(np.argmax(np.abs(deviations)))
    if np.ptp(times) <= 0:
        raise BadInput("the readings lie at one time", field="times", code="no_span")
    slope = float(np.polyfit(times - times.mean(), logs, 1)[0])
    fitted = float(np.log(2.0) / -slope) if slope < 0 else half_life(nuclide, library) / HOUR
    return Linearity(
        max_deviation=float(np.abs(deviations[worst])),
        at_activity=float(net[worst]),
        fitted_half_life=fitted,
        lowest=float(net.min()),
        notes=unread(library, nuclide),
    )


@dataclass(frozen=True, slots=True)
class Geometry:
    """Greatest correction for volume or container, as a factor, and its deviation from 1 in percent."""

    largest_factor: Annotated[Ratio, Between(0.0)]
    smallest_factor: Annotated[Ratio, Between(0.0)]
    max_deviation: Annotated[Percent, Between(0.0)]


@procedure("nuclear_medicine.calibrator_geometry", version=1, cites=[AAPM_181, NPL_93], uncertainty="none")
def calibrator_geometry(
    *,
    volumes: Annotated[Floats, repeated("mL"), Between(0.0, 1e4)],
    readings: Positive,
    reference_volume: Annotated[Millilitre, Between(0.0, 1e4)],
) -> Geometry:
    """Geometry: one activity diluted step by step, its readings over that at the reference volume.

    The factor of a volume is what its reading is multiplied with. Readings are decayed to one time.
    """
    if len(volumes) != len(readings) or len(volumes) < 2:
        raise BadInput("give a volume for each of two readings or more", field="readings", code="lengths")
    at = int(np.argmin(np.abs(volumes - reference_volume)))
    if abs(volumes[at] - reference_volume) > 1e-6 * max(reference_volume, 1.0):
        raise BadInput(
            "no reading was made at the reference volume", field="reference_volume", code="missing"
        )
    if np.any(readings <= 0):
        raise BadInput("every reading is above 0", field="readings", code="not_positive")
    factors = readings[at] / readings
    return Geometry(
        largest_factor=float(factors.max()),
        smallest_factor=float(factors.min()),
        max_deviation=float(100.0 * np.max(np.abs(factors - 1.0))),
    )


@dataclass(frozen=True, slots=True)
class Repeatability:
    """Mean in MBq, spread (one standard deviation) and greatest deviation from the mean, in percent."""

    mean: Annotated[Megabecquerel, Between(0.0)]
    spread: Annotated[Percent, Between(0.0)]
    max_deviation: Annotated[Percent, Between(0.0)]


@procedure(
    "nuclear_medicine.calibrator_repeatability", version=1, cites=[AAPM_181, NPL_93], uncertainty="none"
)
def calibrator_repeatability(*, readings: Positive) -> Repeatability:
    """Repeatability: one source read again and again, lifted out in between."""
    if len(readings) < 2:
        raise BadInput("give two readings or more", field="readings", code="too_few")
    mean = float(np.mean(readings))
    if mean <= 0:
        raise BadInput("the readings are 0", field="readings", code="not_positive")
    return Repeatability(
        mean=mean,
        spread=float(100.0 * np.std(readings, ddof=1) / mean),
        max_deviation=float(100.0 * np.max(np.abs(readings - mean)) / mean),
    )


@dataclass(frozen=True, slots=True)
class CrossCalibration:
    """Factor by which the scanner's concentration is multiplied, and the SUV that it shows of the phantom."""

    factor: Annotated[Ratio, Between(0.0)]
    suv: Annotated[Ratio, Between(0.0)]
    notes: tuple[Note, ...] = ()


@procedure("nuclear_medicine.cross_calibration", version=1, cites=[NEMA_NU_2, EARL], elementwise=True)
def cross_calibration(
    *,
    nuclide: Nuclide,
    activity: Some,
    volume: Annotated[Millilitre, Between(1.0, 1e6)],
    elapsed: Annotated[Hour, Between(0.0, 1e4)],
    measured: Annotated[Concentration, Between(1e-12, 1e6)],
    library: Library = "ICRP 107",
) -> CrossCalibration:
    """Cross-calibration of a PET scanner with the calibrator on a uniform phantom.

    The activity by the calibrator over the phantom's volume, decayed to the scan, over the mean concentration
    that the scanner shows. The phantom's SUV is the inverse: 1.00 where both agree.
    """
    true = activity / volume * remaining(elapsed * HOUR, decay_constant(nuclide, library))
    return CrossCalibration(factor=true / measured, suv=measured / true, notes=unread(library, nuclide))
