"""Defibrillators: energy, waveform, charging, synchronisation and external pacing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from kilter.measure.error import BadInput
from kilter.measure.procedure import procedure
from kilter.measure.quantity import Between, Figure, Ohm, Percent, Second, Volt, repeated
from kilter.measure.unit import Floats
from kilter.specialties.medical_engineering.quantities import (
    Ampere,
    Joule,
    Milliampere,
    Millisecond,
    PerMinute,
)
from kilter.specialties.medical_engineering.standards import IEC_60601_2_4

DRAWN_POINTS = 2000


@dataclass(frozen=True, slots=True)
class DeliveredEnergy:
    """Delivered less set energy, in J and in percent of the set energy."""

    error: Joule
    relative_error: Percent


@procedure(
    "medical_engineering.defibrillator_energy",
    version=1,
    cites=[IEC_60601_2_4],
    elementwise=True,
    measured=["measured"],
)
def defibrillator_energy(
    *,
    set_energy: Annotated[Joule, Between(0.5, 1000.0)],
    measured: Annotated[Joule, Between(0.0, 2000.0)],
) -> DeliveredEnergy:
    """Energy delivered into the analyser's 50 ohm, against the energy that was set."""
    error = measured - set_energy
    return DeliveredEnergy(error=error, relative_error=100.0 * error / set_energy)


@dataclass(frozen=True, slots=True)
class Pulse:
    """Energy in J, peaks in V and A, time from first to last sample in ms, and the curve."""

    energy: Annotated[Joule, Between(0.0)]
    peak_voltage: Annotated[Volt, Between(0.0)]
    peak_current: Annotated[Ampere, Between(0.0)]
    length: Annotated[Millisecond, Between(0.0)]
    curve: Figure


@procedure("medical_engineering.defibrillator_waveform", version=1, cites=[IEC_60601_2_4])
def defibrillator_waveform(
    *,
    voltages: Annotated[Floats, repeated("V"), Between(-1e4, 1e4)],
    interval: Annotated[Millisecond, Between(1e-4, 10.0)],
    resistance: Annotated[Ohm, Between(10.0, 500.0)] = 50.0,
) -> Pulse:
    """Energy of a discharge from its sampled voltage: W = integral of v^2 / R over time.

    The integral is by trapezia, so the first and the last sample lie outside the pulse. The type test is
    into 25 to 175 ohm; the recurrent test into 50 ohm.
    """
    if len(voltages) < 3:
        message = "at least three samples are needed"
        raise BadInput(message, field="voltages", code="too_few")
    squared = np.asarray(voltages) ** 2
    energy = float(np.sum((squared[1:] + squared[:-1]) / 2) * interval / 1000.0 / resistance)
    peak = float(np.max(np.abs(voltages)))
    return Pulse(
        energy=energy,
        peak_voltage=peak,
        peak_current=peak / resistance,
        length=(len(voltages) - 1) * interval,
        curve=_curve(voltages, interval, energy),
    )


def _curve(voltages: Floats, interval: float, energy: float) -> Figure:
    thin = max(1, -(-len(voltages) // DRAWN_POINTS))
    points = [
        {"time": place * interval, "voltage": float(voltages[place])}
        for place in range(0, len(voltages), thin)
    ]
    spec = {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "width": 420,
        "height": 240,
        "data": {"values": points},
        "mark": "line",
        "encoding": {
            "x": {"field": "time", "type": "quantitative", "title": "Time (ms)"},
            "y": {"field": "voltage", "type": "quantitative", "title": "Voltage (V)"},
        },
    }
    low, high = float(np.min(voltages)), float(np.max(voltages))
    told = f"Voltage over time: from {low:.4g} V to {high:.4g} V, {energy:.4g} J in all."
    return Figure("Discharge", told, spec)


@dataclass(frozen=True, slots=True)
class ChargeTime:
    """Time to full charge, in s."""

    charge_time: Annotated[Second, Between(0.0)]


@procedure(
    "medical_engineering.defibrillator_charge",
    version=1,
    cites=[IEC_60601_2_4],
    elementwise=True,
    measured=["time"],
)
def defibrillator_charge(*, time: Annotated[Second, Between(0.0, 300.0)]) -> ChargeTime:
    """Time from the start of charging to readiness at the highest energy, on a battery as in use."""
    return ChargeTime(charge_time=time)


@dataclass(frozen=True, slots=True)
class SyncDelay:
    """Delay from the peak of the R wave to the discharge, in ms."""

    sync_delay: Annotated[Millisecond, Between(0.0)]


@procedure(
    "medical_engineering.defibrillator_sync",
    version=1,
    cites=[IEC_60601_2_4],
    elementwise=True,
    measured=["delay"],
)
def defibrillator_sync(*, delay: Annotated[Millisecond, Between(0.0, 1000.0)]) -> SyncDelay:
    """Delay of a synchronised discharge behind the peak of the R wave."""
    return SyncDelay(sync_delay=delay)


@dataclass(frozen=True, slots=True)
class Pacing:
    """Departures of current in mA, rate in /min and pulse width in ms from what was set."""

    current_error: Milliampere
    rate_error: PerMinute
    width_error: Millisecond


@procedure(
    "medical_engineering.external_pacing",
    version=1,
    cites=[IEC_60601_2_4],
    elementwise=True,
    measured=["current", "rate", "width"],
)
def external_pacing(
    *,
    set_current: Annotated[Milliampere, Between(0.0, 300.0)],
    current: Annotated[Milliampere, Between(0.0, 400.0)],
    current_tolerance: Annotated[Milliampere, Between(0.01, 100.0)],
    set_rate: Annotated[PerMinute, Between(1.0, 300.0)],
    rate: Annotated[PerMinute, Between(0.0, 400.0)],
    rate_tolerance: Annotated[PerMinute, Between(0.01, 100.0)],
    set_width: Annotated[Millisecond, Between(0.1, 100.0)],
    width: Annotated[Millisecond, Between(0.0, 200.0)],
    width_tolerance: Annotated[Millisecond, Between(0.01, 100.0)],
) -> Pacing:
    """External pacing: current, rate and pulse width into the analyser's load, against the settings.

    The tolerances are the maker's, from the service manual.
    """
    return Pacing(
        current_error=current - set_current, rate_error=rate - set_rate, width_error=width - set_width
    )
