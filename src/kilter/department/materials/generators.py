"""A generator over time: what grows in, when eluting it is worth while, and what its elutions showed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kilter.department.materials.custody import needs
from kilter.department.materials.decaying import decayed
from kilter.department.materials.lot_results import tests_in_force
from kilter.department.materials.models import Lot, Movement
from kilter.department.materials.planner import YIELD
from kilter.department.records.models import Record
from kilter.department.records.queries import document_of
from kilter.measure.registry import find
from kilter.measure.run import run, run_many

GOOD = 0.9
"""Share of the greatest activity from which an elution is called a good one: ours, from no standard."""

POINTS = 97
"""Points of an in-growth curve."""


@dataclass(frozen=True, slots=True)
class Growth:
    """The daughter in a generator: MBq at some instants, when it is greatest, and from when it is good."""

    instants: Sequence[datetime]
    activities: NDArray[np.float64]
    now: float
    greatest_at: datetime
    greatest: float
    good_from: datetime


def growth(generator: Lot, instant: datetime, *, span: timedelta = timedelta(hours=48)) -> Growth:
    """Give the in-growth of a generator from its last elution on; no query.

    Args:
        generator: with its product.
        instant: for which `now` is given; not before the last elution.
        span: of the curve, from the last elution; longer where the instant lies beyond it.

    Raises:
        BadInput: it is no generator, or was never eluted.
    """
    given = generator.product.gives if generator.product is not None else None
    eluted = generator.eluted_at
    if given is None or eluted is None:
        needs(False, "generator", "is no generator with a last elution")
        raise AssertionError
    inputs = _inputs(generator, given.nuclide, eluted)
    there = max(span, instant - eluted)
    hours = np.linspace(0.0, there.total_seconds() / 3600, POINTS)
    activities = run_many(find(YIELD), {**inputs, "elapsed": hours})["activity"]
    most = _hours_of_most(inputs)
    dense = np.linspace(0.0, most, 481)
    rising = run_many(find(YIELD), {**inputs, "elapsed": dense})["activity"]
    greatest = float(rising[-1])
    first = int(np.argmax(rising >= GOOD * greatest))
    here = run_many(find(YIELD), {**inputs, "elapsed": np.array([_hours(instant - eluted)])})["activity"]
    return Growth(
        [eluted + timedelta(hours=float(one)) for one in hours],
        activities,
        float(here[0]),
        eluted + timedelta(hours=most),
        greatest,
        eluted + timedelta(hours=float(dense[first])),
    )


def _hours(time: timedelta) -> float:
    return max(0.0, time.total_seconds() / 3600)


def _inputs(generator: Lot, daughter: str, eluted: datetime) -> dict[str, Any]:
    parent = decayed(generator.activity, generator.nuclide, generator.reference, eluted)
    return {
        "parent_activity": parent,
        "residual": generator.left_behind,
        "pair": f"{generator.nuclide}/{daughter}",
    }


def _hours_of_most(inputs: dict[str, Any]) -> float:
    """Give the hours after an elution at which the daughter is greatest, as the procedure says."""
    typed = {
        "parent_activity": f"{inputs['parent_activity']!r} MBq",
        "elapsed": "1 h",
        "pair": inputs["pair"],
    }
    return float(run(find(YIELD), typed).results["greatest_after"].value)


@dataclass(frozen=True, slots=True)
class Point:
    """One sealed result of a lot, as a trend shows it; `pk` is the number of its record."""

    pk: int
    lot: str
    performed_at: datetime
    value: float
    unit: str
    u: float | None
    verdict: str
    limits: Sequence[dict[str, Any]]


def efficiencies(elutions: Iterable[Movement]) -> list[Point]:
    """Read the elution efficiencies that were sealed with elutions, oldest first; no query.

    Args:
        elutions: with their records and eluates, as `queries.elutions_of` gives them.
    """
    found = []
    for move in elutions:
        sealed = document_of(move.record)["statement"]["given"].get("elution", {})
        found += _points(sealed, "efficiency", move.record, move.to_lot, move.at)
    return sorted(found, key=lambda one: (one.performed_at, one.pk))


def results_of_eluates(generator: Lot, procedure: str, result: str) -> list[Point]:
    """Read one result of the tests in force of a generator's eluates, oldest first; one query."""
    rows = tests_in_force().filter(lot__parent=generator, test=procedure).select_related("record", "lot")
    found = []
    for row in rows.order_by("at", "id"):
        found += _points(document_of(row.record), result, row.record, row.lot, row.at)
    return found


def _points(sealed: dict[str, Any], name: str, record: Record, lot: Lot | None, at: datetime) -> list[Point]:
    """Read a numeric result from a sealed document; nothing where it has none."""
    result = sealed.get("results", {}).get(name)
    if result is None or not isinstance(result.get("value"), int | float):
        return []
    return [
        Point(
            record.number,
            lot.label if lot is not None else "",
            at,
            float(result["value"]),
            str(result.get("unit") or ""),
            result.get("u"),
            str(result.get("verdict") or "recorded"),
            result.get("limits") or (),
        )
    ]
