"""Risks of a decision over a whole population of items (JCGM 106:2012, clause 9)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from kilter.measure.error import BadInput

Density = Callable[[float], float]


@dataclass(frozen=True, slots=True)
class Interval:
    """A range of values; an open end is None. `support` below bounds the integration."""

    low: float | None = None
    high: float | None = None

    def holds(self, value: float) -> bool:
        """Say whether a value lies inside, ends included."""
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)


def _accepted(x: float, u: float, acceptance: Interval) -> float:
    from kilter.measure.judge import probability_of_conformance

    return probability_of_conformance(x, u, acceptance.low, acceptance.high)


def _edges(interval: Interval, support: tuple[float, float]) -> list[float]:
    inner = [e for e in (interval.low, interval.high) if e is not None and support[0] < e < support[1]]
    return [support[0], *sorted(inner), support[1]]


def _integral(function: Density, edges: list[float]) -> float:
    from scipy.integrate import quad

    pieces = (quad(function, a, b, limit=400, epsabs=1e-13, epsrel=1e-11)[0] for a, b in pairwise(edges))
    return float(sum(pieces))


def nonconforming(prior: Density, tolerance: Interval, support: tuple[float, float]) -> float:
    """Share of items outside tolerance before any test."""
    outside = [pair for pair in _pieces(tolerance, support) if not tolerance.holds(sum(pair) / 2)]
    return sum(_integral(prior, list(pair)) for pair in outside)


def _pieces(tolerance: Interval, support: tuple[float, float]) -> list[tuple[float, float]]:
    edges = _edges(tolerance, support)
    return list(pairwise(edges))


def consumer_risk(
    prior: Density, u: float, tolerance: Interval, acceptance: Interval, support: tuple[float, float]
) -> float:
    """Global consumer's risk: an item is out of tolerance and is accepted (JCGM 106, 9.3.2).

    Args:
        prior: density of the true values, in 1/unit.
        u: standard uncertainty of a measurement, normal.
        tolerance: the values that conform.
        acceptance: the measured values that are accepted.
        support: finite interval that holds all but a negligible part of the prior.

    Raises:
        BadInput: u is not above zero.
    """
    if u <= 0:
        raise BadInput("the standard uncertainty must be above zero", field="u")
    wrong = [pair for pair in _pieces(tolerance, support) if not tolerance.holds(sum(pair) / 2)]
    return sum(_fine(lambda x: prior(x) * _accepted(x, u, acceptance), pair, u) for pair in wrong)


def producer_risk(
    prior: Density, u: float, tolerance: Interval, acceptance: Interval, support: tuple[float, float]
) -> float:
    """Global producer's risk: an item is in tolerance and is rejected; arguments as `consumer_risk`.

    Raises:
        BadInput: u is not above zero.
    """
    if u <= 0:
        raise BadInput("the standard uncertainty must be above zero", field="u")
    right = [pair for pair in _pieces(tolerance, support) if tolerance.holds(sum(pair) / 2)]
    return sum(_fine(lambda x: prior(x) * (1 - _accepted(x, u, acceptance)), pair, u) for pair in right)


def _fine(function: Density, pair: tuple[float, float], u: float) -> float:
    """Integrate with breaks at a few u from both ends, where the acceptance probability turns."""
    low, high = pair
    breaks = {low, high}
    for step in (1.0, 3.0, 6.0, 10.0):
        breaks |= {edge for edge in (low + step * u, high - step * u) if low < edge < high}
    return _integral(function, sorted(breaks))


def acceptance_limit(
    prior: Density, u: float, upper_tolerance: float, risk: float, support: tuple[float, float]
) -> float:
    """Find the upper acceptance limit that keeps the global consumer's risk at a wanted value.

    Raises:
        BadInput: no acceptance limit between the lower end of the support and twice the tolerance does it.
    """
    from scipy.optimize import brentq

    tolerance = Interval(high=upper_tolerance)

    def excess(limit: float) -> float:
        return consumer_risk(prior, u, tolerance, Interval(high=limit), support) - risk

    low, high = support[0], upper_tolerance + abs(upper_tolerance)
    if excess(low) > 0 or excess(high) < 0:
        raise BadInput("no acceptance limit gives this risk", field="risk")
    return float(brentq(excess, low, high, xtol=1e-10))
