"""A gamma camera's figures that need no image: sensitivity, energy resolution."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from kilter.measure.procedure import procedure
from kilter.measure.quantity import Between, Percent, Second, quantity
from kilter.numerics.decay import Library, Nuclide, decay_constant, interval_mean, remaining
from kilter.specialties.nuclear_medicine.decay import HOUR
from kilter.specialties.nuclear_medicine.quantities import Activity, Counts, CountsPerSecond, Kiloelectronvolt
from kilter.specialties.nuclear_medicine.standards import ICRP_107, NEMA_NU_1

Sensitivity = Annotated[float, quantity("cps/MBq")]


@dataclass(frozen=True, slots=True)
class PlanarSensitivity:
    """Planar sensitivity at the start of counting, in counts a second and MBq."""

    sensitivity: Sensitivity


@procedure("nuclear_medicine.sensitivity", version=1, cites=[NEMA_NU_1, ICRP_107], elementwise=True)
def sensitivity(
    *,
    nuclide: Nuclide,
    counts: Counts,
    duration: Annotated[Second, Between(0.1, 1e6)],
    activity: Annotated[Activity, Between(1e-3, 1e6)],
    elapsed: Annotated[float, quantity("h"), Between(-1e3, 1e4)] = 0.0,
    background: CountsPerSecond = 0.0,
    library: Library = "ICRP 107",
) -> PlanarSensitivity:
    """Planar sensitivity: net count rate, decay during counting put right, over the activity at the start."""
    constant = decay_constant(nuclide, library)
    rate = counts / duration / interval_mean(duration, constant) - background
    return PlanarSensitivity(sensitivity=rate / (activity * remaining(elapsed * HOUR, constant)))


@dataclass(frozen=True, slots=True)
class EnergyResolution:
    """Width of the photopeak in percent of its energy, and its shift from the nuclide's line in keV."""

    resolution: Annotated[Percent, Between(0.0)]
    peak_shift: Kiloelectronvolt


@procedure("nuclear_medicine.energy_resolution", version=1, cites=[NEMA_NU_1], elementwise=True)
def energy_resolution(
    *,
    fwhm: Annotated[Kiloelectronvolt, Between(0.1, 1e3)],
    peak: Annotated[Kiloelectronvolt, Between(1.0, 5e3)],
    line: Annotated[Kiloelectronvolt, Between(1.0, 5e3)] = 140.5,
) -> EnergyResolution:
    """Energy resolution: full width at half maximum over the energy of the peak."""
    return EnergyResolution(resolution=100.0 * fwhm / peak, peak_shift=peak - line)
