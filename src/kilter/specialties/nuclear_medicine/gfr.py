"""Glomerular filtration rate by slope and intercept: normalised first, then corrected, never otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np

from kilter.measure.error import BadInput, CannotTell
from kilter.measure.procedure import procedure
from kilter.measure.quantity import Between, Figure, Note, Ratio, repeated
from kilter.measure.unit import Floats
from kilter.specialties.nuclear_medicine.quantities import (
    Activity,
    Centimetre,
    Kilogram,
    Litre,
    MillilitrePerMinute,
    PerMinute,
    SquareMetre,
)
from kilter.specialties.nuclear_medicine.standards import (
    BNMS_GFR,
    BROCHNER_MORTENSEN,
    DU_BOIS,
    HAYCOCK,
    JODAL,
)

STANDARD_SURFACE = 1.73
LEAST_CORRELATION = 0.985
EARLIEST, LATEST = 110.0, 300.0
"""Minutes after injection within which samples of the slow exponential are taken."""

Correction = Literal[
    "jodal_brochner_mortensen", "brochner_mortensen_adult", "brochner_mortensen_child", "bnms_2004"
]


@dataclass(frozen=True, slots=True)
class Absolute:
    """A clearance as measured, in mL/min."""

    value: float


@dataclass(frozen=True, slots=True)
class Normalised:
    """A clearance for 1.73 m2 of body surface, in mL/min; all that the corrections take."""

    value: float


def normalise(clearance: Absolute, surface: float) -> Normalised:
    """Scale a clearance to 1.73 m2.

    Args:
        clearance: as measured.
        surface: of the body, in m2.
    """
    return Normalised(clearance.value * STANDARD_SURFACE / surface)


def correct(normalised: Normalised, surface: float, correction: Correction) -> float:
    """Correct a normalised one-pool clearance for the fast exponential that was not sampled.

    Args:
        normalised: for 1.73 m2; an absolute clearance is refused by its type.
        surface: of the body in m2; Jodal's form, Cl / (1 + 0.0032 S^-1.3 Cl) of the absolute, needs it.
        correction: which.
    """
    c = normalised.value
    if correction == "jodal_brochner_mortensen":
        return c / (1.0 + 0.0032 / STANDARD_SURFACE * float(surface**-0.3) * c)
    linear, square = {
        "brochner_mortensen_adult": (0.990778, 0.001218),
        "brochner_mortensen_child": (1.01, 0.0017),
        "bnms_2004": (1.0004, 0.00146),
    }[correction]
    return linear * c - square * c * c


def body_surface(height: float, weight: float, formula: str) -> float:
    """Give the body surface in m2 from cm and kg, by Haycock or by Du Bois."""
    if formula == "Haycock":
        return float(0.024265 * weight**0.5378 * height**0.3964)
    return float(0.007184 * weight**0.425 * height**0.725)


@dataclass(frozen=True, slots=True)
class FiltrationRate:
    """Clearances in mL/min: absolute, for 1.73 m2, and corrected in every accepted way."""

    clearance: Annotated[MillilitrePerMinute, Between(0.0)]
    normalised: Annotated[MillilitrePerMinute, Between(0.0)]
    corrected: MillilitrePerMinute
    jodal_brochner_mortensen: MillilitrePerMinute
    brochner_mortensen_adult: MillilitrePerMinute
    brochner_mortensen_child: MillilitrePerMinute
    bnms_2004: MillilitrePerMinute
    body_surface: Annotated[SquareMetre, Between(0.0)]
    volume: Annotated[Litre, Between(0.0)]
    rate_constant: Annotated[PerMinute, Between(0.0)]
    correlation: Annotated[Ratio, Between(0.0, 1.0)]
    fit: Figure
    notes: tuple[Note, ...] = ()


@procedure(
    "nuclear_medicine.gfr",
    version=1,
    cites=[BNMS_GFR, BROCHNER_MORTENSEN, JODAL, HAYCOCK, DU_BOIS],
    use="patient_result",
)
def gfr(
    *,
    administered: Annotated[Activity, Between(1e-6, 1e6)],
    times: Annotated[Floats, repeated("min"), Between(0.0, 3000.0)],
    concentrations: Annotated[Floats, repeated("kBq/mL"), Between(0.0, 1e6)],
    height: Annotated[Centimetre, Between(30.0, 250.0)],
    weight: Annotated[Kilogram, Between(1.0, 400.0)],
    correction: Correction,
    surface_formula: Literal["Haycock", "Du Bois"] = "Haycock",
    sex: Literal["female", "male", "not stated"] = "not stated",
) -> FiltrationRate:
    """GFR from plasma samples of the slow exponential: c0 and k by a line through ln c, V = D / c0, Cl = V k.

    Samples are decayed to one time and have their background off. The clearance is normalised to 1.73 m2
    first and corrected then; the other order gives up to 10 % more in a child. All accepted corrections are
    shown side by side; the one chosen is `corrected`. All but the absolute clearance are for 1.73 m2.
    """
    _check(times, concentrations)
    logs = np.log(concentrations)
    slope, intercept = np.polyfit(times, logs, 1)
    if slope >= 0:
        raise CannotTell("the samples do not fall with time", field="concentrations", code="not_falling")
    start = float(np.exp(intercept))
    volume = administered * 1000.0 / start  # mL
    clearance, surface = Absolute(-float(slope) * volume), body_surface(height, weight, surface_formula)
    normalised = normalise(clearance, surface)
    correlation = _correlation(times, logs)
    return FiltrationRate(
        clearance=clearance.value,
        normalised=normalised.value,
        corrected=correct(normalised, surface, correction),
        jodal_brochner_mortensen=correct(normalised, surface, "jodal_brochner_mortensen"),
        brochner_mortensen_adult=correct(normalised, surface, "brochner_mortensen_adult"),
        brochner_mortensen_child=correct(normalised, surface, "brochner_mortensen_child"),
        bnms_2004=correct(normalised, surface, "bnms_2004"),
        body_surface=surface,
        volume=volume / 1000.0,
        rate_constant=-float(slope),
        correlation=correlation,
        fit=_figure(times, concentrations, start, float(slope)),
        notes=_flags(times, correlation, volume / 1000.0, surface, sex),
    )


def _check(times: Floats, concentrations: Floats) -> None:
    if len(times) != len(concentrations):
        raise BadInput("give one time for each sample", field="times", code="lengths")
    if len(times) < 2:
        raise BadInput("the slope needs two samples, three show if it fits", field="times", code="too_few")
    if np.any(np.diff(times) <= 0):
        raise BadInput("the samples stand in the order of time", field="times", code="order")
    if np.any(concentrations <= 0):
        raise BadInput("every sample is above 0", field="concentrations", code="not_positive")


def _correlation(times: Floats, logs: Floats) -> float:
    if len(times) < 3:
        return 1.0
    return float(min(1.0, abs(np.corrcoef(times, logs)[0, 1])))


def _flags(times: Floats, correlation: float, volume: float, surface: float, sex: str) -> tuple[Note, ...]:
    notes = []
    if len(times) < 3:
        notes.append(Note("two_samples", "two samples cannot show whether they lie on a line", doubt=True))
    elif correlation < LEAST_CORRELATION:
        words = f"the samples lie badly on a line (r = {correlation:.3f}, wanted {LEAST_CORRELATION:g})"
        notes.append(Note("poor_fit", words, doubt=True))
    if times[0] < EARLIEST or times[-1] > LATEST:
        words = f"samples lie outside {EARLIEST:g} to {LATEST:g} min after injection"
        notes.append(Note("sample_times", words))
    ends = {"male": (13.0, 20.0), "female": (11.0, 17.0)}.get(sex)
    scaled = volume * STANDARD_SURFACE / surface
    if ends is not None and not ends[0] <= scaled <= ends[1]:
        words = f"a volume of {scaled:.1f} L for 1.73 m2 is unusual ({ends[0]:g} to {ends[1]:g})"
        notes.append(Note("unusual_volume", words, doubt=True))
    return tuple(notes)


def _figure(times: Floats, concentrations: Floats, start: float, slope: float) -> Figure:
    line = np.linspace(0.0, float(times[-1]) * 1.05, 50)
    fitted = [{"t": float(t), "c": float(start * np.exp(slope * t))} for t in line]
    points = [{"t": float(t), "c": float(c)} for t, c in zip(times, concentrations, strict=True)]
    axes = {
        "x": {"field": "t", "type": "quantitative", "title": "min after injection"},
        "y": {"field": "c", "type": "quantitative", "scale": {"type": "log"}, "title": "kBq/mL"},
    }
    spec = {
        "width": 420,
        "height": 220,
        "layer": [
            {"data": {"values": fitted}, "mark": {"type": "line"}, "encoding": axes},
            {"data": {"values": points}, "mark": {"type": "point", "filled": True}, "encoding": axes},
        ],
    }
    alt = f"{len(times)} plasma samples on a logarithmic scale with the line fitted through them"
    return Figure("Plasma samples and fit", alt, spec)
