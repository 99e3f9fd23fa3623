"""Reads of the tests of lots: each with what corrected it, and the recalls that failed ones raised."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from kilter.department.materials.lineage import ancestors
from kilter.department.materials.models import Lot, LotTest, Movement
from kilter.department.records.models import Record
from kilter.department.records.queries import document_of
from kilter.measure.error import NotFound


@dataclass(frozen=True, slots=True)
class Tested:
    """A test, and what has corrected it: the newer test and the reason, where there is one."""

    test: LotTest
    corrected_by: LotTest | None
    reason: str


@dataclass(frozen=True, slots=True)
class Recall:
    """What was recalled, by their labels, when a lot failed or was rejected; it stays when its cause ends.

    `reason` is that of the correction of the failed test, by `corrected_by`; "" while the recall is in force.
    """

    lot: Lot
    cause: str
    at: datetime
    record: Record
    labels: Sequence[str]
    corrected_by: Record | None
    reason: str


def tests_of(lot: Lot) -> list[Tested]:
    """List the tests of a lot, oldest first, corrected ones among them; one query."""
    rows = LotTest.objects.filter(lot=lot).select_related("record", "by").order_by("at", "id")
    return _with_corrections(rows)


def _with_corrections(rows: Iterable[LotTest]) -> list[Tested]:
    tests = list(rows)
    newer = {row.record.supersedes_id: row for row in tests if row.record.supersedes_id is not None}
    found = []
    for row in tests:
        by = newer.get(row.record_id)
        reason = str(document_of(by.record)["supersedes"]["reason"]) if by is not None else ""
        found.append(Tested(row, by, reason))
    return found


def lot_test_by_record(uuid: UUID) -> LotTest:
    """Find a test by the public id of its record.

    Raises:
        NotFound: there is none.
    """
    rows = LotTest.objects.select_related("lot__product", "record", "by")
    found = rows.filter(record__uuid=uuid).first()
    if found is None:
        raise NotFound("there is no such test", field="test")
    return found


def recalls_of(lot: Lot) -> list[Recall]:
    """List the recalls that a lot raised or that name it, oldest first; a query for each step, and two.

    A recall that a failed test raised stays when the reading is corrected: it then says by what, and why.
    """
    line = ancestors([lot.pk])
    rows = LotTest.objects.filter(lot__in=line).select_related("record", "by", "lot").order_by("at", "id")
    found = [made for one in _with_corrections(rows) if (made := _by_test(one)) is not None]
    moves = Movement.objects.filter(to_lot__in=line, verb="reject").select_related("record", "to_lot")
    found += [made for row in moves if (made := _by_person(row)) is not None]
    mine = [one for one in found if one.lot.pk == lot.pk or lot.label in one.labels]
    return sorted(mine, key=lambda one: (one.at, one.record.number))


def _by_test(one: Tested) -> Recall | None:
    if one.test.passed:
        return None
    labels = document_of(one.test.record).get("recall", [])
    ended = one.corrected_by is not None and one.corrected_by.passed
    words = one.test.test.rpartition(".")[2].replace("_", " ")
    by = one.corrected_by.record if ended and one.corrected_by is not None else None
    cause = f"failed the test {words}"
    return Recall(one.test.lot, cause, one.test.at, one.test.record, labels, by, one.reason if ended else "")


def _by_person(row: Movement) -> Recall | None:
    if row.to_lot is None:
        return None
    listed = document_of(row.record)["statement"]["given"].get("recall", [])
    labels = [str(one["label"]) for one in listed]
    return Recall(row.to_lot, "was rejected", row.at, row.record, labels, None, "")
