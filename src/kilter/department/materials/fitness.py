"""Whether anything may be taken from a lot for use, and if not, why. Nobody may override this.

The whole line decides: the lot and everything that went into it. A failed test in force bars a lot, even
where a later one passed; only where its readings are corrected, with a reason, another result stands for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from kilter.department.ledger import clock
from kilter.department.materials.course import WORDS, LotState
from kilter.department.materials.lineage import lines_of
from kilter.department.materials.lot_results import tests_in_force
from kilter.department.materials.models import Lot
from kilter.measure.error import Conflict

BARRED = (LotState.QUARANTINED, LotState.REJECTED)
"""States of an ancestor that bar what came from it."""


def reasons_against(lot: Lot, line: Sequence[Lot], instant: datetime) -> list[str]:
    """Say why nothing may be taken from a lot at an instant; nothing said means it may. One query.

    Args:
        lot: from which it would be taken.
        line: that lot and all its ancestors, as they stand (locked where something is taken).
        instant: at which it would be used.
    """
    return _reasons(lot, line, _failed(row.pk for row in line), instant)


def _failed(pks: Iterable[int]) -> dict[int, str]:
    """Name the first test in force that each of some lots failed; one query."""
    failed: dict[int, str] = {}
    for row in tests_in_force().filter(lot__in=list(pks), passed=False).order_by("id"):
        failed.setdefault(row.lot_id, row.test.rpartition(".")[2].replace("_", " "))
    return failed


def _reasons(lot: Lot, line: Iterable[Lot], failed: Mapping[int, str], instant: datetime) -> list[str]:
    reasons: list[str] = []
    for one in sorted(line, key=lambda row: row.pk != lot.pk):
        name = f"{one.label}" if one.pk == lot.pk else f"{one.label}, from which it comes,"
        if one.state in BARRED or (one.pk == lot.pk and one.state != LotState.RELEASED):
            reasons.append(f"{name} is {WORDS[LotState(one.state)]}")
        elif one.rejected_at is not None:  # and has left the department since
            reasons.append(f"{name} was {WORDS[LotState.REJECTED]}")
        if one.pk in failed:
            reasons.append(f"{name} failed the test {failed[one.pk]}")
        if one.expires is not None and one.expires <= instant:
            reasons.append(f"{name} expired at {one.expires:%Y-%m-%d %H:%M} UTC")
    return reasons


def unfit(lots: Iterable[Lot], instant: datetime) -> dict[int, str]:
    """Say of many lots why nothing may be taken from them; a query for each step of the chain, and two.

    Returns:
        The first reason by row id; lots that are fit are not in it.
    """
    wanted = {lot.pk: lot for lot in lots}
    lines = lines_of(wanted)
    every = set().union(*lines.values()) if lines else set()
    rows = {row.pk: row for row in Lot.objects.filter(pk__in=every)}
    failed = _failed(every)
    found = {}
    for pk, lot in wanted.items():
        if reasons := _reasons(lot, [rows[one] for one in sorted(lines[pk])], failed, instant):
            found[pk] = reasons[0]
    return found


def refuse_unfit(lot: Lot, line: Sequence[Lot], instant: datetime) -> None:
    """Refuse to take something from a lot that is not fit, whoever asks; an earlier entry changes nothing.

    Raises:
        Conflict: the lot or an ancestor is rejected, failed, not released or expired; the first reason.
    """
    reasons = reasons_against(lot, line, max(instant, clock.now()))
    if reasons:
        raise Conflict(reasons[0], field="lot", code="unfit")
