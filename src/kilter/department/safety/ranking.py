"""How much a device is to be replaced: factors from 0 to 1, weighed by policy, and what overrides them all.

A factor that cannot be known is left out and named, and never counted as good: the score is of what is known.

Source: the scheme of weighted factors of Fennigkoh, A medical equipment replacement model, J Clin Eng 1992;17
(text not read here). Weights and the values at which a factor counts in full are the department's.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from kilter.measure.error import BadInput

FACTORS: dict[str, str] = {
    "age": "age against expected life",
    "failures": "faults a year",
    "downtime": "time out of use",
    "cost": "cost of service against price",
    "criticality": "clinical criticality",
    "standardisation": "few of its model among its kind",
}
"""Each factor in words."""

SCALED: dict[str, str] = {
    "failures": "faults a year",
    "downtime": "percent of the time out of use",
    "cost": "percent of the price a year",
}
"""Factors that count in full at a value of the policy, and what that value is."""

TRIGGERS: dict[str, str] = {
    "support_ended": "the maker's support has ended",
    "security_unsupported": "no security updates any more",
    "alert_unresolved": "a safety alert is unresolved",
    "beyond_twice_life": "more than twice its expected life",
}
"""What puts a device before all without one, in words."""

YEAR = 365.25
SHORTEST = 90
"""Days of history below which faults, down time and cost say nothing yet."""
CRITICAL_MOST = 5
YEARS_MOST = 10
KINDS_MOST = 500


@dataclass(frozen=True, slots=True)
class Terms:
    """Weights by factor, full values by factor, years looked back on, criticality (1 to 5) by kind."""

    weights: Mapping[str, float]
    full: Mapping[str, float]
    years: int
    criticality: Mapping[str, int]

    def as_data(self) -> dict[str, Any]:
        """Give the terms as plain data, as `read_terms` takes them."""
        return {
            "weights": dict(self.weights),
            "full": dict(self.full),
            "years": self.years,
            "criticality": dict(self.criticality),
        }


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a device on a day; None where it is not known.

    Ages and lives in years, history in days, down time in days, cost a sum over the history and price in the
    same money; `alike` and `of_kind` count the devices of its model and of its kind.
    """

    kind: str
    age: float | None
    life: float | None
    history: float
    faults: int
    down: float
    spent: float
    price: float | None
    alike: int
    of_kind: int
    support_ends: date | None = None
    security_ends: date | None = None
    open_alerts: int = 0


@dataclass(frozen=True, slots=True)
class Scored:
    """Score and share of the weights that is known, both in percent, triggers and the factors, 0 to 1."""

    score: float | None
    known: float
    triggers: tuple[str, ...]
    factors: Mapping[str, float | None]


def read_terms(given: Mapping[str, Any]) -> Terms:
    """Check the terms of a policy.

    Raises:
        BadInput: a weight, a full value, the years or a criticality is missing, unknown or out of its range.
    """
    weights = _numbers("weights", given.get("weights"), FACTORS, lowest=0.0)
    if not sum(weights.values()) > 0:
        raise BadInput("weights: one at least is above zero", field="weights")
    full = _numbers("full", given.get("full"), SCALED, lowest=1e-6)
    years = given.get("years")
    if isinstance(years, bool) or not isinstance(years, int) or not 1 <= years <= YEARS_MOST:
        raise BadInput(f"years: a whole number from 1 to {YEARS_MOST}", field="years")
    return Terms(weights, full, years, _criticality(given.get("criticality")))


def _numbers(field: str, given: object, names: Mapping[str, str], *, lowest: float) -> dict[str, float]:
    if not isinstance(given, Mapping) or set(given) != set(names):
        raise BadInput(f"{field}: give {', '.join(names)}, and nothing else", field=field)
    for name, value in given.items():
        plain = isinstance(value, int | float) and not isinstance(value, bool)
        if not (plain and math.isfinite(value) and lowest <= value <= 1e6):
            raise BadInput(f"{name}: must be a number of {lowest:g} or more", field=name)
    return {name: float(given[name]) for name in names}


def _criticality(given: object) -> dict[str, int]:
    if not isinstance(given, Mapping) or len(given) > KINDS_MOST:
        raise BadInput(f"criticality: a grade by kind, for {KINDS_MOST} kinds at most", field="criticality")
    for kind, grade in given.items():
        whole = isinstance(grade, int) and not isinstance(grade, bool)
        if not (isinstance(kind, str) and 0 < len(kind) <= 60 and whole and 1 <= grade <= CRITICAL_MOST):
            words = f"criticality: {str(kind)[:60]}: a whole number from 1 to {CRITICAL_MOST}"
            raise BadInput(words, field="criticality")
    return {kind: given[kind] for kind in sorted(given)}


@cache
def shipped() -> Terms:
    """Give the terms as shipped, a starting point that nobody has adopted."""
    path = Path(__file__).resolve().parent / "replacement.toml"
    return read_terms(tomllib.loads(path.read_text(encoding="utf-8")))


def factors(facts: Facts, terms: Terms) -> dict[str, float | None]:
    """Give each factor from 0 (nothing speaks for replacement) to 1; None where it is not known."""
    seen = facts.history >= SHORTEST
    years = facts.history / YEAR
    grade = terms.criticality.get(facts.kind)
    measured = {
        "failures": facts.faults / years if seen else None,
        "downtime": 100 * facts.down / facts.history if seen else None,
        "cost": 100 * facts.spent / years / facts.price if seen and facts.price else None,
    }
    found: dict[str, float | None] = {
        "age": facts.age / facts.life / 2 if facts.age is not None and facts.life else None,
        "criticality": None if grade is None else (grade - 1) / (CRITICAL_MOST - 1),
        "standardisation": 1 - facts.alike / facts.of_kind if facts.of_kind else None,
    }
    for name, value in measured.items():
        found[name] = None if value is None else value / terms.full[name]
    return {name: None if found[name] is None else min(max(found[name] or 0.0, 0.0), 1.0) for name in FACTORS}


def triggers(facts: Facts, day: date) -> tuple[str, ...]:
    """Give what puts a device before all others on a day."""
    stands = {
        "support_ended": facts.support_ends is not None and facts.support_ends < day,
        "security_unsupported": facts.security_ends is not None and facts.security_ends < day,
        "alert_unresolved": facts.open_alerts > 0,
        "beyond_twice_life": bool(facts.life) and facts.age is not None and facts.age > 2 * (facts.life or 0),
    }
    return tuple(name for name in TRIGGERS if stands[name])


def score(facts: Facts, terms: Terms, day: date) -> Scored:
    """Weigh a device's factors.

    Returns:
        The weighted mean of the factors that are known in percent, None where none with a weight is.
    """
    found = factors(facts, terms)
    whole = sum(terms.weights.values())
    known = sum(weight for name, weight in terms.weights.items() if found[name] is not None)
    sum_of = sum(weight * (found[name] or 0.0) for name, weight in terms.weights.items())
    weighed = 100 * sum_of / known if known else None
    return Scored(weighed, 100 * known / whole, triggers(facts, day), found)


def order(scored: Scored, asset: str) -> tuple[int, float, str]:
    """Give the key by which devices are ranked: triggers first, then the score, then the asset number."""
    return (-len(scored.triggers), -(scored.score if scored.score is not None else -1.0), asset)
