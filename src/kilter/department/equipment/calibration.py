"""The calibrations of test instruments together: how often they came back right, how they drift."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from kilter.department.equipment.models import Certificate, CertifiedQuantity, Device, DeviceModel
from kilter.measure.error import KilterError
from kilter.measure.outcome import Outcome
from kilter.measure.registry import find
from kilter.measure.run import run

INTERVAL = "medical_engineering.calibration_interval"
DRIFT = "medical_engineering.drift_projection"
FEWEST_POINTS = 3


@dataclass(frozen=True, slots=True)
class Reliability:
    """How a model's calibrations came out: `right` of `known` in tolerance, on intervals of `days`."""

    right: int
    known: int
    days: float


@dataclass(frozen=True, slots=True)
class Drift:
    """When one line of an instrument is expected to meet a limit, with the figures behind it."""

    line: str
    unit: str
    found: tuple[tuple[datetime, float], ...]
    reached: datetime | None
    yearly_change: float
    why: str = ""


def certificates_of(device: Device) -> list[Certificate]:
    """List an instrument's certificates with their lines, newest first. Two queries."""
    rows = Certificate.objects.filter(device=device).select_related("entered_by", "document")
    return list(rows.prefetch_related("quantities").order_by("-valid_from", "-id"))


def reliability_of(model: DeviceModel) -> Reliability | None:
    """Count how often a model came back in tolerance; None where no certificate tells. Two queries."""
    rows = Certificate.objects.filter(device__model=model).prefetch_related("quantities")
    verdicts, spans = [], []
    for row in rows:
        said = [line.in_tolerance for line in row.quantities.all() if line.in_tolerance is not None]
        spans.append((row.valid_until - row.valid_from).total_seconds() / 86400)
        if said:
            verdicts.append(all(said))
    if not verdicts:
        return None
    return Reliability(sum(verdicts), len(verdicts), float(median(spans)))


def proposed_interval(found: Reliability, target: float = 0.95) -> Outcome:
    """Work out the interval that the calibrations found speak for (method A3); never set by itself.

    Args:
        found: as counted.
        target: share of calibrations that is to be found in tolerance.

    Raises:
        BadInput: the counts cannot be.
    """
    given = {
        "in_tolerance": found.right,
        "calibrations": found.known,
        "interval": {"value": found.days, "unit": "d"},
        "target": target,
    }
    return run(find(INTERVAL), given)


def drifts_of(rows: Sequence[Certificate]) -> list[Drift]:
    """Project the errors found on arrival to the day on which they meet the tolerance last stated.

    Args:
        rows: certificates of one instrument, with their lines.
    """
    by_line: dict[tuple[str, str, float | None], list[tuple[datetime, CertifiedQuantity]]] = {}
    for row in sorted(rows, key=lambda row: row.valid_from):
        for line in row.quantities.all():
            if line.as_found is not None:
                by_line.setdefault((line.name, line.unit, line.nominal), []).append((row.valid_from, line))
    return [
        _drift(name, symbol, found, limit)
        for (name, symbol, _), found in by_line.items()
        if len(found) >= FEWEST_POINTS and (limit := found[-1][1].tolerance)
    ]


def _drift(
    name: str, symbol: str, found: Sequence[tuple[datetime, CertifiedQuantity]], limit: float
) -> Drift:
    start = found[0][0]
    points = tuple((at, float(line.as_found or 0.0)) for at, line in found)
    given = {
        "errors": [error for _, error in points],
        "days": [(at - start).total_seconds() / 86400 for at, _ in points],
        "limit": limit,
        "expanded": max(line.expanded_uncertainty for _, line in found),
    }
    try:
        outcome = run(find(DRIFT), given)
    except KilterError as problem:
        return Drift(name, symbol, points, None, 0.0, problem.message)
    if not outcome.valid or "reached" not in outcome.results:
        why = outcome.notes[0].text if outcome.notes else "the limit is not met within sight"
        return Drift(name, symbol, points, None, 0.0, why)
    day = float(outcome.results["reached"].value)
    return Drift(
        name,
        symbol,
        points,
        start + timedelta(days=day),
        float(outcome.results["yearly_change"].value),
    )
