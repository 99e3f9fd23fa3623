"""Sterilisers and washer-disinfectors: lethality, hold, tightness."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np

from kilter.measure.procedure import procedure
from kilter.measure.quantity import Between, Celsius, Second
from kilter.measure.unit import Floats
from kilter.specialties.medical_engineering.quantities import (
    Kelvin,
    Kilopascal,
    KilopascalPerMinute,
    Minute,
    Temperatures,
)
from kilter.specialties.medical_engineering.standards import EN_285, HTM_01_01, ISO_15883_1

# What a reading typed in degF may lose in its last place, in K.
LAST_PLACE = 1e-9

Band = Literal["134_137", "126_129", "121_124"]

# Sterilisation bands in degC, both ends within.
BANDS: dict[str, tuple[float, float]] = {
    "134_137": (134.0, 137.0),
    "126_129": (126.0, 129.0),
    "121_124": (121.0, 124.0),
}


@dataclass(frozen=True, slots=True)
class Lethality:
    """Equivalent time at the base temperature, in min."""

    f0: Annotated[Minute, Between(0.0)]


@procedure("medical_engineering.steriliser_f0", version=1, cites=[EN_285, HTM_01_01])
def steriliser_f0(
    *,
    temperatures: Temperatures,
    interval: Annotated[Minute, Between(1e-4, 60.0)],
    base: Celsius = 121.1,
    z: Annotated[Kelvin, Between(1.0, 100.0)] = 10.0,
    correction: Annotated[Kelvin, Between(-5.0, 5.0)] = 0.0,
) -> Lethality:
    """Lethality of a steam cycle: F0 = sum of 10^((T - 121.1 °C) / 10 K) dt.

    Each reading stands for one interval. The correction of the sensor is added to every reading; its
    uncertainty is common to all of them, and is given there.
    """
    return Lethality(f0=float(_equivalent(np.asarray(temperatures) + correction, interval, base, z)))


def _equivalent(temperatures: Floats, interval: float, base: float, z: float) -> np.float64:
    return np.float64(np.sum(10.0 ** ((temperatures - base) / z)) * interval)


@dataclass(frozen=True, slots=True)
class Hold:
    """Longest unbroken time inside the band in min, and the extremes of the whole cycle in degC."""

    hold: Annotated[Minute, Between(0.0)]
    lowest_in_hold: Celsius | None
    highest: Celsius


@procedure("medical_engineering.steriliser_hold", version=1, cites=[EN_285, HTM_01_01], uncertainty="none")
def steriliser_hold(
    *,
    temperatures: Temperatures,
    interval: Annotated[Minute, Between(1e-4, 60.0)],
    band: Band,
    correction: Annotated[Kelvin, Between(-5.0, 5.0)] = 0.0,
) -> Hold:
    """Holding time: the longest unbroken run of readings inside the sterilisation band.

    A run of n readings lasts n - 1 intervals: what lay between the last reading inside and the first
    outside is not known, and is not counted.
    """
    readings = np.asarray(temperatures) + correction
    low, high = BANDS[band]
    start, count = _longest_run((readings >= low - LAST_PLACE) & (readings <= high + LAST_PLACE))
    inside = readings[start : start + count]
    return Hold(
        hold=max(count - 1, 0) * interval,
        lowest_in_hold=float(inside.min()) if count else None,
        highest=float(readings.max()),
    )


def _longest_run(inside: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> tuple[int, int]:
    """First index and length of the longest run of true values; (0, 0) where there is none."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], inside, [False])).astype(np.int8)))
    starts, ends = edges[::2], edges[1::2]
    if not len(starts):
        return 0, 0
    longest = int(np.argmax(ends - starts))
    return int(starts[longest]), int(ends[longest] - starts[longest])


@dataclass(frozen=True, slots=True)
class VacuumLeak:
    """Rise of pressure, in kPa/min."""

    rate: KilopascalPerMinute


@procedure("medical_engineering.steriliser_leak", version=1, cites=[EN_285, HTM_01_01], elementwise=True)
def steriliser_leak(
    *,
    start: Annotated[Kilopascal, Between(0.0, 110.0)],
    end: Annotated[Kilopascal, Between(0.0, 110.0)],
    duration: Annotated[Minute, Between(1.0, 60.0)] = 10.0,
) -> VacuumLeak:
    """Leak of air into the evacuated chamber: rise of the absolute pressure over ten minutes."""
    return VacuumLeak(rate=(end - start) / duration)


@dataclass(frozen=True, slots=True)
class ThermalDisinfection:
    """Equivalent time at the base temperature, in s."""

    a0: Annotated[Second, Between(0.0)]


@procedure("medical_engineering.washer_disinfector_a0", version=1, cites=[ISO_15883_1])
def washer_disinfector_a0(
    *,
    temperatures: Temperatures,
    interval: Annotated[Second, Between(0.01, 600.0)],
    load: Literal["bedpans", "instruments", "heat_resistant_viruses"] = "instruments",
    base: Celsius = 80.0,
    z: Annotated[Kelvin, Between(1.0, 100.0)] = 10.0,
    lowest_counted: Celsius = 65.0,
    correction: Annotated[Kelvin, Between(-5.0, 5.0)] = 0.0,
) -> ThermalDisinfection:
    """Thermal disinfection: A0 = sum of 10^((T - 80 °C) / 10 K) dt over the readings of 65 °C or more.

    The load chooses the A0 that is asked for. The correction of the sensor is added to every reading.
    """
    readings = np.asarray(temperatures) + correction
    counted = readings[readings >= lowest_counted - LAST_PLACE]
    return ThermalDisinfection(a0=float(_equivalent(counted, interval, base, z)))
