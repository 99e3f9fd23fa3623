"""Proposals for other intervals of planned tests, from the risk score of a model and what was seen of it.

A proposal changes nothing. It is accepted by the head of department with a signature, as a frequency.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from importlib import resources
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from kilter.department.equipment.models import DeviceModel
from kilter.department.equipment.registers import regulations
from kilter.department.ledger import clock
from kilter.department.policy.models import Frequency
from kilter.department.policy.queries import Policy, load
from kilter.department.schedule.experience import Seen, seen
from kilter.department.schedule.figures import YEAR, procedure_numbers
from kilter.department.schedule.models import Due, RiskAnswer

NOBODY = UUID(int=0)
"""No device has this id: what policy says of a model, and not of one of its devices."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What proposals rest on, from `intervals.toml`; `accepted` from the highest score down."""

    read: str
    years: int
    new_months: int
    least_device_years: float
    least_tests: int
    confidence: float
    steps: tuple[int, ...]
    preventable: tuple[str, ...]
    accepted: tuple[tuple[float, float], ...]
    imaging: tuple[str, ...]

    def share(self, score: float) -> float:
        """Give which share of the devices tested may be found failed, at a score."""
        return next(share for begins, share in self.accepted if score >= begins)


@cache
def terms() -> Terms:
    """Give the terms as shipped."""
    path = resources.files("kilter.department.schedule") / "intervals.toml"
    given = tomllib.loads(path.read_text(encoding="utf-8"))
    accepted = sorted(((row["from"], row["share"]) for row in given.pop("accepted")), reverse=True)
    lists: dict[str, Any] = {name: tuple(given.pop(name)) for name in ("steps", "preventable")}
    return Terms(accepted=tuple(accepted), imaging=tuple(given.pop("imaging")["kinds"]), **lists, **given)


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is proposed for a protocol on a model: longer, shorter, keep, or excluded, and why in words."""

    model: DeviceModel
    frequency: Frequency
    verdict: str
    months: int
    reason: str
    figures: dict[str, float]

    @property
    def changes(self) -> bool:
        """Say whether it proposes another interval than the one in force."""
        return self.verdict in ("longer", "shorter")


@dataclass(frozen=True, slots=True)
class _Scope:
    uuid: UUID
    kind: str
    model_uuid: UUID


def answers_of(models: Sequence[DeviceModel]) -> dict[int, RiskAnswer]:
    """Give the answers in force of each model that has any, by its row id. One query."""
    rows = RiskAnswer.objects.filter(model__in=models).select_related("by").order_by("id")
    return {row.model_id: row for row in rows}


def proposals(models: Sequence[DeviceModel]) -> dict[int, list[Proposal]]:
    """Propose an interval for each protocol that is planned on each model, by its row id.

    Constant queries, whatever the number of models and devices.
    """
    now, given = clock.now(), terms()
    answers, policy = answers_of(models), load()
    experience = seen(models, now - given.years * YEAR, now, given.preventable)
    months: dict[tuple[int, str], set[int]] = {}
    dues = Due.objects.filter(device__model__in=models).values_list("device__model_id", "protocol", "months")
    for model, protocol, every in dues.distinct():
        months.setdefault((model, protocol), set()).add(every)
    found = {}
    for one in models:
        found[one.pk] = [
            _proposal(one, row, experience[one.pk], answers.get(one.pk), months.get((one.pk, row.protocol)))
            for row in _frequencies(policy, one, now)
        ]
    return found


def _frequencies(policy: Policy, model: DeviceModel, now: datetime) -> list[Frequency]:
    rows = policy.frequencies_for(_Scope(NOBODY, model.kind, model.uuid), now)
    return sorted(rows, key=lambda row: row.protocol)


def _proposal(
    model: DeviceModel, frequency: Frequency, had: Seen, answer: RiskAnswer | None, planned: set[int] | None
) -> Proposal:
    figures = _figures(frequency, had)
    why_not = _excluded(model, frequency, had, answer, planned)
    if why_not or answer is None:
        return Proposal(model, frequency, "excluded", frequency.months, why_not, figures)
    verdict, months, reason = judged(frequency.months, answer.score, figures)
    return Proposal(model, frequency, verdict, months, reason, {**figures, "score": answer.score})


def _figures(frequency: Frequency, had: Seen) -> dict[str, float]:
    """Give the figures that a proposal shows; the rate only where there was any time in service."""
    tests, found = had.planned.get(frequency.protocol, 0), had.found.get(frequency.protocol, 0)
    failures = found + had.preventable
    figures: dict[str, float] = {
        "devices": had.devices,
        "device_years": had.exposure,
        "tests": tests,
        "found": found,
        "reported": had.reported,
        "preventable": had.preventable,
    }
    if tests:
        figures["yield"] = found / tests
    if had.exposure > 0.001:
        inputs = {"failures": failures, "exposure": had.exposure, "confidence": terms().confidence}
        figures |= procedure_numbers("failure_rate", **inputs)
    return figures


def _excluded(
    model: DeviceModel,
    frequency: Frequency,
    had: Seen,
    answer: RiskAnswer | None,
    planned: set[int] | None,
) -> str:
    """Say why no proposal is made, "" where one may be: who departs from a plan has history to show."""
    given = terms()
    lists = regulations()
    if lists["irmer"].lists(model) or model.kind in given.imaging:
        return "Excluded: imaging equipment keeps the interval of its maker and its quality programme."
    if model.laser_class:
        return "Excluded: a laser keeps the interval of its maker."
    named = [one.title for one in lists.values() if one.lists(model)]
    if named:
        return f"Excluded: the law sets how often it is examined ({named[0]})."
    if answer is None:
        return "Not assessed: the questions of risk are not answered for this model."
    if frequency.counter:
        return "Excluded: it is due by use, not by time alone."
    if planned is not None and planned != {frequency.months}:
        return "Excluded: some of its devices have an interval of their own, by place or by device."
    if had.since is None or had.since > clock.now() - timedelta(days=given.new_months * 30.5):
        return f"Excluded: a new model, in service here for less than {given.new_months} months."
    if had.exposure < given.least_device_years:
        return f"Excluded: {had.exposure:.1f} device-years, fewer than {given.least_device_years:g}."
    tests = had.planned.get(frequency.protocol, 0)
    if tests < given.least_tests:
        return f"Excluded: {tests} planned tests seen, fewer than {given.least_tests}."
    return ""


def judged(months: int, score: float, figures: dict[str, float]) -> tuple[str, int, str]:
    """Judge an interval by the rate of failures that a test finds or maintenance is there to prevent.

    Longer, by one step, where even the upper end of the rate keeps the share found failed within what the
    score allows; shorter where even the lower end does not.

    Args:
        months: the interval in force.
        score: the risk score of the model.
        figures: with `low` and `high`, the ends of the rate a device-year.

    Returns:
        longer, shorter or keep; the months proposed; and why.
    """
    given = terms()
    allowed = given.share(score)
    longer = next((step for step in given.steps if step > months), None)
    shorter = next((step for step in reversed(given.steps) if step < months), None)
    seen_so_far = (
        f"{figures['found']:g} of {figures['tests']:g} planned tests found a failure, and "
        f"{figures['preventable']:g} faults were of a kind that maintenance prevents, "
        f"in {figures['device_years']:.1f} device-years: {figures['rate']:.3f} a year "
        f"({figures['low']:.3f} to {figures['high']:.3f} at {given.confidence:.0%}). "
    )
    limit = f"a score of {score:g} allows {allowed:.0%}"
    if shorter is not None and figures["low"] * months / 12 > allowed:
        least = figures["low"] * months / 12
        return "shorter", shorter, f"{seen_so_far}At least {least:.1%} fail within {months} months; {limit}."
    if longer is not None and figures["high"] * longer / 12 <= allowed:
        most = figures["high"] * longer / 12
        return (
            "longer",
            longer,
            f"{seen_so_far}At most {most:.1%} would fail within {longer} months; {limit}.",
        )
    return (
        "keep",
        months,
        f"{seen_so_far}That neither shows a longer interval safe nor this one too long; {limit}.",
    )


def as_data(figures: dict[str, float]) -> dict[str, Any]:
    """Give figures as they are kept with a decision: to six digits."""
    return {name: float(f"{value:.6g}") for name, value in figures.items()}


def assessed() -> QuerySet[DeviceModel]:
    """Select the models whose questions of risk are answered, by maker and name."""
    answered = RiskAnswer.objects.filter(model=OuterRef("pk"))
    return DeviceModel.objects.filter(Exists(answered)).order_by("maker", "name", "pk")
