"""The replacement ranking: its terms set by the department, and a year's ranking frozen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kilter.department.ledger import audit, clock
from kilter.department.ledger.texts import text as read_text
from kilter.department.people.gate import action
from kilter.department.people.models import Person
from kilter.department.safety import ranking, replacement
from kilter.department.safety.models import RankedDevice, ReplacementPolicy, ReplacementRanking
from kilter.measure.error import BadInput, Conflict

CHUNK = 400


@action("safety.set_replacement_policy")
def set_replacement_policy(*, by: Person, terms: Mapping[str, Any], reason: str) -> ReplacementPolicy:
    """Set how devices are ranked from now on; what was frozen before keeps its own terms.

    Args:
        by: the acting person.
        terms: `weights`, `full`, `years` and `criticality`, as `ranking.read_terms` takes them.
        reason: why so.

    Raises:
        BadInput: a term is missing or out of its range, or the reason is missing; `field` names it.
    """
    read, why = ranking.read_terms(terms), read_text("reason", reason, most=1000, needed=True)
    newest = ReplacementPolicy.objects.select_for_update().order_by("-number").first()
    row = ReplacementPolicy.objects.create(
        number=newest.number + 1 if newest else 1, terms=read.as_data(), reason=why, set_by=by
    )
    audit.write(
        "safety.set_replacement_policy", by=by, subject=row, detail={"number": row.number, "reason": why}
    )
    return row


@action("safety.freeze_ranking")
def freeze_ranking(*, by: Person, year: int) -> ReplacementRanking:
    """Draw up the ranking of a year as things stand now, and freeze it: nobody changes it afterwards.

    Raises:
        BadInput: it is neither this year nor the next.
        Conflict: the department has set no terms yet, that year's was frozen before, or there is no device.
    """
    now = clock.now()
    if isinstance(year, bool) or year not in (now.year, now.year + 1):
        raise BadInput("year: this year or the next", field="year")
    terms = replacement.policy()
    if terms is None:
        raise Conflict("set the weights first: those shipped are nobody's yet", field="year")
    if ReplacementRanking.objects.filter(year=year).exists():
        raise Conflict(f"the ranking of {year} was frozen before", field="year")
    found = replacement.rank(replacement.terms_of(terms), now)
    if not found:
        raise Conflict("there is no device to rank", field="year")
    row = ReplacementRanking.objects.create(
        year=year, policy=terms, counted=len(found), frozen_at=now, frozen_by=by
    )
    RankedDevice.objects.bulk_create(
        (_row(row, number, one) for number, one in enumerate(found, 1)), batch_size=CHUNK
    )
    detail = {"year": year, "policy": terms.number}
    audit.write("safety.freeze_ranking", by=by, subject=row, detail=detail, count=len(found))
    return row


def _row(ranked: ReplacementRanking, number: int, one: replacement.Ranked) -> RankedDevice:
    """Write down one device with the figures that put it where it is."""
    facts = one.facts
    return RankedDevice(
        ranking=ranked,
        rank=number,
        device=one.device,
        kind=facts.kind,
        score=one.scored.score,
        known=one.scored.known,
        triggers=list(one.scored.triggers),
        figures={
            "factors": dict(one.scored.factors),
            "age": facts.age,
            "life": facts.life,
            "history": facts.history,
            "faults": facts.faults,
            "down": facts.down,
            "spent": facts.spent,
            "price": facts.price,
            "alike": facts.alike,
            "of_kind": facts.of_kind,
        },
    )
