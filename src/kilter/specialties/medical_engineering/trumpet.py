"""The trumpet curve: how far an infusion pump strays over short and over long windows of time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from kilter.measure.error import BadInput
from kilter.measure.procedure import procedure
from kilter.measure.quantity import Between, Figure, Percent, Second, Table, repeated
from kilter.measure.unit import Floats
from kilter.specialties.medical_engineering.quantities import MillilitrePerGram, MillilitrePerHour
from kilter.specialties.medical_engineering.standards import IEC_60601_2_24, ISO_8655_6

# Observation windows of the standard, in minutes.
WINDOWS = (2, 5, 11, 19, 31)


@dataclass(frozen=True, slots=True)
class Trumpet:
    """Mean error, and the largest and smallest error over each window, in percent of the set rate."""

    overall: Percent
    highest_2_min: Percent
    lowest_2_min: Percent
    highest_5_min: Percent
    lowest_5_min: Percent
    highest_11_min: Percent
    lowest_11_min: Percent
    highest_19_min: Percent
    lowest_19_min: Percent
    highest_31_min: Percent
    lowest_31_min: Percent
    windows: Table
    curve: Figure


@procedure(
    "medical_engineering.infusion_trumpet",
    version=1,
    cites=[IEC_60601_2_24, ISO_8655_6],
    uncertainty="monte_carlo",
)
def infusion_trumpet(
    *,
    masses: Annotated[Floats, repeated("g"), Between(-1.0, 1e4)],
    interval: Annotated[Second, Between(1.0, 30.0)] = 30.0,
    set_rate: Annotated[MillilitrePerHour, Between(0.01, 5000.0)],
    z: Annotated[MillilitrePerGram, Between(0.9, 1.1)] = 1.0029,
) -> Trumpet:
    """Trumpet curve of an infusion pump, from the balance read every 30 s or less.

    The masses are cumulative and begin where the analysis begins, after the start-up period. Over each
    window of 2, 5, 11, 19 and 31 min the mean flow is taken at every place that it fits; its largest and
    smallest departures from the set rate make the two sides of the trumpet.
    """
    a_minute = round(60.0 / interval)
    if abs(60.0 / interval - a_minute) > 1e-9:
        raise BadInput("the interval must divide a minute", field="interval", code="bad_interval")
    if len(masses) - 1 < a_minute * WINDOWS[-1]:
        message = (
            f"31 min are needed: {len(masses)} readings last {(len(masses) - 1) * interval / 60:.4g} min"
        )
        raise BadInput(message, field="masses", code="too_short")
    volumes = np.asarray(masses) * z
    sides = [_sides(volumes, window * a_minute, interval, set_rate) for window in WINDOWS]
    overall = _errors(volumes, len(volumes) - 1, interval, set_rate)[0]
    named: dict[str, float] = {}
    for window, (low, high) in zip(WINDOWS, sides, strict=True):
        named |= {f"highest_{window}_min": high, f"lowest_{window}_min": low}
    rows = tuple((float(window), *pair) for window, pair in zip(WINDOWS, sides, strict=True))
    columns = (("Window", "min"), ("Lowest error", "percent"), ("Highest error", "percent"))
    figure = _figure(rows, float(overall))
    return Trumpet(overall=float(overall), windows=Table(columns, rows), curve=figure, **named)


def _errors(volumes: Floats, steps: int, interval: float, set_rate: float) -> Floats:
    """Errors of the mean flow over `steps` intervals, at every place that they fit, in percent."""
    flow = (volumes[steps:] - volumes[:-steps]) / (steps * interval / 3600.0)
    return np.asarray(100.0 * (flow - set_rate) / set_rate)


def _sides(volumes: Floats, steps: int, interval: float, set_rate: float) -> tuple[float, float]:
    errors = _errors(volumes, steps, interval, set_rate)
    return float(errors.min()), float(errors.max())


def _figure(rows: tuple[tuple[float, ...], ...], overall: float) -> Figure:
    """Draw both sides against the window, and the mean error as a rule."""
    points = [
        {"window": row[0], "error": row[place], "side": side}
        for place, side in ((2, "highest"), (1, "lowest"))
        for row in rows
    ]
    across = {"field": "window", "type": "quantitative", "title": "Window (min)"}
    up = {"field": "error", "type": "quantitative", "title": "Error (%)"}
    side = {"field": "side", "type": "nominal", "title": None}
    line = {
        "mark": {"type": "line", "point": True},
        "data": {"values": points},
        "encoding": {"x": across, "y": up, "color": side, "strokeDash": side},
    }
    mean = {
        "mark": {"type": "rule", "strokeDash": [2, 3]},
        "data": {"values": [{"error": overall}]},
        "encoding": {"y": up},
    }
    spec = {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "width": 420,
        "height": 260,
        "layer": [line, mean],
    }
    told = "; ".join(f"{row[0]:g} min from {row[1]:.2f} % to {row[2]:.2f} %" for row in rows)
    return Figure("Trumpet curve", f"Error of flow by window: {told}; overall {overall:.2f} %.", spec)
