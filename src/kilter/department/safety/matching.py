"""Whether an alert means a device: exactly, likely, not, or it cannot be excluded; with the reasons."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from kilter.department.safety.criteria import Criteria
from kilter.department.safety.names import Likeness, makers, models, unknown
from kilter.department.safety.spans import Within, version_within


class Verdict(StrEnum):
    """Whether an alert means a device."""

    EXACT = "exact"
    LIKELY = "likely"
    CANNOT_EXCLUDE = "cannot_exclude"
    NONE = "none"


ORDER = (Verdict.NONE, Verdict.CANNOT_EXCLUDE, Verdict.LIKELY, Verdict.EXACT)
"""From least to most certain."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the register knows of one device; an empty text is not known."""

    maker: str
    model: str
    model_udi_di: str = ""
    udi: str = ""
    serial: str = ""
    lot: str = ""
    software: str = ""
    codes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Match:
    """The verdict on one device, and why, a sentence for each field that was looked at."""

    verdict: Verdict
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Likely:
    """What maker, model and UDI-DI say of a model: the verdict if nothing else speaks, and why."""

    verdict: Verdict
    reasons: tuple[str, ...]


def match(criteria: Criteria, facts: Facts) -> Match:
    """Hold one device against an alert.

    A field that the register leaves empty excludes nothing. A UDI-DI that differs excludes nothing either:
    packages of one model bear several. Nor does a code of a nomenclature that differs: a site may have linked
    another.
    """
    by_model = of_model(criteria, facts.maker, facts.model, facts.model_udi_di, facts.udi, facts.codes)
    if by_model.verdict == Verdict.NONE:
        return Match(Verdict.NONE, by_model.reasons)
    return of_unit(criteria, by_model, facts)


def of_unit(criteria: Criteria, by_model: Likely, facts: Facts) -> Match:
    """Hold lot, serial number and software of a device of a model that may be meant against an alert."""
    units = [
        _asked("lot", criteria.lots.within if criteria.lots else None, facts.lot),
        _asked("serial number", criteria.serials.within if criteria.serials else None, facts.serial),
    ]
    named = [one for one in units if one is not None]
    answers = [max(answer for answer, _ in named)] if named else []
    reasons = [*by_model.reasons, *(words for _, words in named)]
    ruled = partial(version_within, criteria.software) if criteria.software else None
    software = _asked("software version", ruled, facts.software)
    if software is not None:
        answers.append(software[0])
        reasons.append(software[1])
    worst = min(answers, default=Within.IN)
    if worst == Within.OUT:
        return Match(Verdict.NONE, tuple(reasons))
    verdict = Verdict.CANNOT_EXCLUDE if worst == Within.UNCLEAR else by_model.verdict
    return Match(verdict, tuple(reasons))


def _asked(name: str, within: Callable[[str], Within] | None, value: str) -> tuple[Within, str] | None:
    """Hold one field against its ranges; None where the alert does not tell devices apart by it."""
    if within is None:
        return None
    if not value:
        return Within.UNCLEAR, f"{name}: not in the register"
    answer = within(value)
    words = {
        Within.IN: "is named",
        Within.OUT: "is not named",
        Within.UNCLEAR: "cannot be compared with what is named",
    }
    return answer, f"{name}: {value} {words[answer]}"


def of_model(
    criteria: Criteria,
    maker: str,
    model: str,
    model_udi_di: str,
    udi: str = "",
    codes: frozenset[str] = frozenset(),
) -> Likely:
    """Hold maker, model, UDI-DI and codes of nomenclatures against an alert."""
    borne = [one for one in (model_udi_di.upper(), udi.upper()) if one]
    if any(wanted in one for wanted in criteria.udi_dis for one in borne):
        return Likely(Verdict.EXACT, ("UDI-DI: is named",))
    found = _by_names(criteria, maker, model)
    if found.verdict == Verdict.EXACT and criteria.udi_dis and borne:
        found = Likely(Verdict.LIKELY, (*found.reasons, "UDI-DI: differs from those named"))
    return _by_codes(criteria, maker, codes, found) if criteria.codes and codes else found


def _by_codes(criteria: Criteria, maker: str, codes: frozenset[str], found: Likely) -> Likely:
    """Let a code that is named find a model that its name alone would not, and one that differs exclude none.

    A model of the maker under a named code is likely meant, however it is called here; where the maker is not
    known it cannot be excluded.
    """
    named = sorted(codes.intersection(criteria.codes))
    if not named:
        reasons = (*found.reasons, "code: differs from those named")
        lowered = Verdict.LIKELY if found.verdict == Verdict.EXACT else found.verdict
        return Likely(lowered, reasons)
    reasons = (*found.reasons, f"code: {named[0]} is named")
    least = Verdict.NONE
    if any(makers(wanted, maker) for wanted in criteria.makers):
        least = Verdict.LIKELY
    elif unknown(maker):
        least = Verdict.CANNOT_EXCLUDE
    return Likely(max(found.verdict, least, key=ORDER.index), reasons)


def _by_names(criteria: Criteria, maker: str, model: str) -> Likely:
    firm = max(makers(wanted, maker) for wanted in criteria.makers)
    kind = max((models(wanted, model) for wanted in criteria.models), default=Likeness.SAME)
    reasons = (_said("maker", maker, firm), *([_said("model", model, kind)] if criteria.models else []))
    no_maker, no_model = unknown(maker), unknown(model) and bool(criteria.models)
    if firm == Likeness.SAME and kind == Likeness.SAME:
        return Likely(Verdict.EXACT, reasons)
    if firm and kind:
        return Likely(Verdict.LIKELY, reasons)
    if (no_maker and (kind or no_model)) or (no_model and firm):
        return Likely(Verdict.CANNOT_EXCLUDE, reasons)
    if kind == Likeness.SAME and criteria.models:
        return Likely(Verdict.LIKELY, reasons)  # makers are bought and renamed
    return Likely(Verdict.NONE, reasons)


def _said(field: str, name: str, likeness: Likeness) -> str:
    if unknown(name):
        return f"{field}: not in the register"
    words = {
        Likeness.SAME: "is named",
        Likeness.NEAR: "is near to what is named",
        Likeness.DIFFERENT: "is not named",
    }
    return f"{field}: {name} {words[likeness]}"
