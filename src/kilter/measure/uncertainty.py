"""Uncertainty of a procedure's results, found by calling the procedure again.

First order (JCGM 100): every sensitivity from one vectorised call on a five-point stencil. Monte
Carlo (JCGM 101): one more call on drawn inputs. Type A components come from repeated readings,
Type B from what is stated; degrees of freedom combine after Welch and Satterthwaite.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from kilter.measure.door import Given, Uncertainty
from kilter.measure.error import BadInput, CannotTell
from kilter.measure.outcome import Component
from kilter.measure.procedure import AnyProcedure
from kilter.measure.unit import Floats

Correlation = Mapping[tuple[str, str], float]

# Truncation of the five-point stencil falls with h^4, rounding grows with 1/h; 1e-3 of the scale
# leaves both near 1e-12 of the derivative.
_STEP = 1e-3
_STENCIL = ((-2.0, 1.0 / 12.0), (-1.0, -8.0 / 12.0), (1.0, 8.0 / 12.0), (2.0, -1.0 / 12.0))


@dataclass(frozen=True, slots=True)
class Source:
    """One independent source of uncertainty: an input, or one reading or the scatter of a repeated input."""

    input: str
    index: int | None
    u: float
    dof: float
    evaluation: str
    distribution: str = "normal"


@dataclass(frozen=True)
class Propagated:
    """What propagation gives: u and degrees of freedom by result, the budget, correlations of results."""

    u: Mapping[str, float]
    dof: Mapping[str, float]
    budget: tuple[Component, ...]
    correlation: Mapping[tuple[str, str], float]


def sources(procedure: AnyProcedure, given: Mapping[str, Given]) -> list[Source]:
    """List the sources of uncertainty among the inputs.

    A stated uncertainty of a repeated input belongs to each reading alone. Where the procedure
    declares `repeats`, the readings are replicates of one quantity: their scatter is Type A (each reading
    with the sample standard deviation, n - 1 degrees of freedom) and a stated uncertainty is common to all.
    """
    found: list[Source] = []
    for name, item in given.items():
        stated = item.uncertainty
        if not isinstance(item.value, np.ndarray):
            if stated is not None and stated.u > 0:
                found.append(Source(name, None, stated.u, stated.dof, "B", stated.distribution))
            continue
        if item.value.ndim != 1:
            continue
        count = len(item.value)
        if procedure.uncertainty == "repeats":
            if count > 1:
                spread = float(np.std(item.value, ddof=1))
                found += [Source(name, i, spread, count - 1, "A") for i in range(count)]
            if stated is not None and stated.u > 0:
                found.append(Source(name, None, stated.u, stated.dof, "B", stated.distribution))
        elif stated is not None and stated.u > 0:
            found += [Source(name, i, stated.u, stated.dof, "B", stated.distribution) for i in range(count)]
    return found


def _numbers(procedure: AnyProcedure, answer: Any) -> dict[str, Any]:
    names = [r.name for r in procedure.signature.results if r.type == "quantity"]
    return {name: getattr(answer, name) for name in names if getattr(answer, name) is not None}


def _scale(value: Any, source: Source) -> float:
    centre = value if source.index is None else value[source.index]
    return max(float(np.max(np.abs(centre))), 10.0 * source.u, 1e-300)


def sensitivities(
    procedure: AnyProcedure, given: Mapping[str, Given], found: Sequence[Source]
) -> dict[str, Floats]:
    """Find every sensitivity coefficient, by result: shape (sources,), result unit per input unit.

    An elementwise procedure is called once with all stencil points of scalar inputs; another is
    called point by point.
    """
    plain = {name: item.value for name, item in given.items()}
    steps = np.array([_STEP * _scale(plain[s.input], s) for s in found])
    if procedure.elementwise and all(s.index is None and np.ndim(plain[s.input]) == 0 for s in found):
        values = _stencil_at_once(procedure, plain, found, steps)
    else:
        values = _stencil_by_point(procedure, plain, found, steps)
    weights = np.array([weight for _, weight in _STENCIL])
    return {name: _trusted(points @ weights / steps) for name, points in values.items()}


def _trusted(slopes: Floats) -> Floats:
    """Keep the twelve digits that the stencil can vouch for, so that a slope of 1 is 1."""
    return np.array([float(f"{slope:.12g}") for slope in slopes])


def _stencil_at_once(
    procedure: AnyProcedure, plain: Mapping[str, Any], found: Sequence[Source], steps: Floats
) -> dict[str, Floats]:
    offsets = np.array([offset for offset, _ in _STENCIL])
    shifted = dict(plain)
    for row, source in enumerate(found):
        points = np.full((len(found), 4), float(plain[source.input]))
        points[row] += offsets * steps[row]
        shifted[source.input] = points
    answer = _numbers(procedure, procedure(**shifted))
    return {name: np.broadcast_to(value, (len(found), 4)) for name, value in answer.items()}


def _stencil_by_point(
    procedure: AnyProcedure, plain: Mapping[str, Any], found: Sequence[Source], steps: Floats
) -> dict[str, Floats]:
    values: dict[str, Floats] = {}
    for row, source in enumerate(found):
        for column, (offset, _) in enumerate(_STENCIL):
            shifted = dict(plain)
            shifted[source.input] = _shift(plain[source.input], source.index, offset * steps[row])
            for name, value in _numbers(procedure, procedure(**shifted)).items():
                values.setdefault(name, np.full((len(found), 4), math.nan))[row, column] = value
    return values


def _shift(value: Any, index: int | None, by: float) -> Any:
    if index is None:
        return value + by
    moved = value.copy()
    moved[index] += by
    return moved


def first_order(
    procedure: AnyProcedure, given: Mapping[str, Given], correlation: Correlation | None = None
) -> Propagated | None:
    """Propagate uncertainties to first order (JCGM 100, 5.1.2 and 5.2.2).

    Returns:
        None where no input has an uncertainty: unknown, not zero.

    Raises:
        BadInput: a correlation that is impossible or names an unknown input.
        CannotTell: the procedure has no derivative here.
    """
    found = sources(procedure, given)
    if not found:
        return None
    slopes = sensitivities(procedure, given, found)
    if not all(np.all(np.isfinite(slope)) for slope in slopes.values()):
        raise CannotTell("the uncertainty cannot be found here: a result has no derivative")
    matrix = _correlation_matrix(given, found, correlation or {})
    u_inputs = np.array([source.u for source in found])
    names = list(slopes)
    with np.errstate(over="ignore", invalid="ignore"):  # looked at just below
        contributions = np.array([slopes[name] * u_inputs for name in names])
        covariance = contributions @ matrix @ contributions.T
    if not np.all(np.isfinite(covariance)):
        raise BadInput("an uncertainty is too large to be propagated", code="bad_uncertainty")
    u = {name: math.sqrt(max(0.0, covariance[i, i])) for i, name in enumerate(names)}
    budget = tuple(
        line for i, name in enumerate(names) for line in _budget(name, found, slopes[name], contributions[i])
    )
    independent = bool(np.array_equal(matrix, np.eye(len(found))))
    dof = {name: _effective(u[name], [b for b in budget if b.result == name], independent) for name in names}
    pairs = {
        (a, b): float(np.clip(covariance[i, j] / (u[a] * u[b]), -1, 1))
        for i, a in enumerate(names)
        for j, b in enumerate(names)
        if i < j and u[a] > 0 and u[b] > 0
    }
    return Propagated(u, dof, budget, pairs)


def _budget(result: str, found: Sequence[Source], slope: Floats, contribution: Floats) -> list[Component]:
    """Fold the readings of one repeated input into one component: they share one estimate of spread."""
    lines: list[Component] = []
    for name, evaluation in dict.fromkeys((s.input, s.evaluation) for s in found):
        rows = [i for i, s in enumerate(found) if (s.input, s.evaluation) == (name, evaluation)]
        first = found[rows[0]]
        size = float(np.sqrt(np.sum(contribution[rows] ** 2)))
        total = float(slope[rows[0]]) if len(rows) == 1 else size / first.u if first.u else 0.0
        lines.append(Component(result, name, first.u, total, size, first.dof, evaluation))
    return lines


def _effective(u: float, lines: Sequence[Component], independent: bool) -> float:
    finite = [line for line in lines if math.isfinite(line.dof) and line.contribution > 0]
    if not finite or u == 0:
        return math.inf
    if not independent:  # Welch-Satterthwaite holds for independent inputs: take the most careful one
        return min(line.dof for line in finite)
    return 1 / sum((line.contribution / u) ** 4 / line.dof for line in finite)


def _correlation_matrix(
    given: Mapping[str, Given], found: Sequence[Source], correlation: Correlation
) -> Floats:
    matrix = np.eye(len(found))
    place = {s.input: i for i, s in enumerate(found) if s.index is None}
    for (a, b), r in correlation.items():
        if not -1 <= r <= 1 or a == b:
            raise BadInput(f"the correlation of {a} and {b} must lie between -1 and 1", field=a)
        for name in (a, b):
            if name not in given:
                raise BadInput(f"there is no input {name!r} to be correlated", field=name)
            if name not in place:
                message = f"{name} has no single uncertainty that could be correlated with another"
                raise BadInput(message, field=name, code="bad_correlation")
        matrix[place[a], place[b]] = matrix[place[b], place[a]] = r
    if np.linalg.eigvalsh(matrix)[0] < -1e-9:
        raise BadInput("these correlations contradict one another", code="bad_correlation")
    return matrix


def coverage_factor(dof: float, coverage: float = 0.95) -> float:
    """Give k for a coverage probability; degrees of freedom are truncated (JCGM 100, G.4.1).

    Args:
        dof: effective degrees of freedom, infinite for the normal distribution.
        coverage: between 0 and 1.
    """
    from scipy.special import ndtri, stdtrit

    tail = 0.5 + coverage / 2
    whole = math.floor(dof) if math.isfinite(dof) else math.inf
    if whole == math.inf or whole > 1e6:
        return float(ndtri(tail))
    return float(stdtrit(max(1, whole), tail))


@dataclass(frozen=True)
class Drawn:
    """A Monte Carlo evaluation of one result: mean, u and the probabilistically symmetric 95 % interval."""

    mean: float
    u: float
    low: float
    high: float


def _draw(source: Uncertainty, count: int, rng: np.random.Generator) -> Floats:
    """Draw with mean 0 and standard deviation u (t-distributed where degrees of freedom are finite)."""
    if source.distribution == "rectangular":
        return rng.uniform(-1, 1, count) * (source.u * math.sqrt(3))
    if source.distribution == "triangular":
        return rng.triangular(-1, 0, 1, count) * (source.u * math.sqrt(6))
    if source.distribution == "arcsine":
        return np.sin(rng.uniform(0, 2 * math.pi, count)) * (source.u * math.sqrt(2))
    if source.distribution != "normal":
        raise BadInput(f"unknown distribution {source.distribution!r}", code="bad_distribution")
    if math.isfinite(source.dof):
        return rng.standard_t(source.dof, count) * source.u
    return rng.standard_normal(count) * source.u


def monte_carlo(
    procedure: AnyProcedure,
    given: Mapping[str, Given],
    *,
    draws: int = 200_000,
    seed: int = 1,
    correlation: Correlation | None = None,
) -> dict[str, Drawn]:
    """Propagate distributions (JCGM 101); correlated inputs are drawn jointly normal.

    Returns:
        By result; {} where no input has an uncertainty.

    Raises:
        BadInput: an unknown distribution or impossible correlations.
    """
    found = sources(procedure, given)
    if not found:
        return {}
    rng = np.random.default_rng(seed)
    drawn = np.array([_draw(Uncertainty(s.u, s.dof, s.distribution), draws, rng) for s in found])
    tied = correlation or {}
    if tied:
        vectors, roots = np.linalg.eigh(_correlation_matrix(given, found, tied))[::-1]
        scale = np.array([s.u for s in found])[:, None]
        drawn = scale * ((vectors * np.sqrt(np.clip(roots, 0, None))) @ rng.standard_normal(drawn.shape))
    values = _evaluate(procedure, given, found, drawn)
    answer = {}
    for name, sample in values.items():
        low, high = np.quantile(sample, [0.025, 0.975])
        answer[name] = Drawn(float(sample.mean()), float(sample.std(ddof=1)), float(low), float(high))
    return answer


def _evaluate(
    procedure: AnyProcedure, given: Mapping[str, Given], found: Sequence[Source], drawn: Floats
) -> dict[str, Floats]:
    plain = {name: item.value for name, item in given.items()}
    count = drawn.shape[1]
    if procedure.elementwise and all(s.index is None for s in found):
        shifted = {**plain, **{s.input: plain[s.input] + drawn[i] for i, s in enumerate(found)}}
        answer = _numbers(procedure, procedure(**shifted))
        return {name: np.broadcast_to(value, (count,)) for name, value in answer.items()}
    values: dict[str, list[float]] = {}
    for column in range(count):
        shifted = dict(plain)
        for row, source in enumerate(found):
            shifted[source.input] = _shift(shifted[source.input], source.index, drawn[row, column])
        for name, value in _numbers(procedure, procedure(**shifted)).items():
            values.setdefault(name, []).append(float(value))
    return {name: np.array(sample) for name, sample in values.items()}


def replaced(given: Given, **changes: Any) -> Given:
    """Give an input with some fields changed."""
    return dataclasses.replace(given, **changes)
