"""The result of a lot's test: what it is computed from, how it is sealed, and what it leads to. No gate.

A result is never changed. A mistyped reading is corrected by a result that supersedes it, with its reason;
a measurement made again is another result beside the first.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from kilter.department.ledger import clock, identity
from kilter.department.materials import custody
from kilter.department.materials.course import LotState, next_state, verbs_from
from kilter.department.materials.custody import Link, named
from kilter.department.materials.lineage import descendants
from kilter.department.materials.measuring import Measured
from kilter.department.materials.models import Lot, LotTest, TestRule
from kilter.department.records.chain import Unsealed, append
from kilter.department.records.models import Record
from kilter.department.records.sealing import role_of
from kilter.measure.error import BadInput, CannotTell, Conflict

GROWS_IN = "expires_after"
"""A result, in hours after the test, at which what grows in meets its limit: the lot expires then."""

LEAKS = ".leak_test"


def tests_in_force() -> QuerySet[LotTest]:
    """Select the tests that no correction has superseded."""
    newer = Record.objects.filter(supersedes=OuterRef("record_id"))
    return LotTest.objects.exclude(Exists(newer))


def inputs_of(rule: TestRule, typed: Mapping[str, Any]) -> dict[str, Any]:
    """Give what was typed, with what the product decides.

    Raises:
        BadInput: the two differ.
    """
    given = {name: value for name, value in typed.items() if value not in ("", None)}
    for name, value in rule.fixed.items():
        if name in given and given[name] != value:
            raise BadInput(f"{name}: of this product it is {value}", field=name)
    return {**given, **rule.fixed}


def refuse_telling_nothing(measured: Measured) -> None:
    """Refuse a test that neither passes nor fails a lot: it would bar it for ever, and say nothing.

    Raises:
        CannotTell: the analysis could not tell.
        Conflict: no limit in force judges it.
    """
    if not measured.outcome.valid:
        reason = next((note.text for note in measured.outcome.notes), "the analysis could not tell")
        raise CannotTell(reason, field="inputs")
    if measured.judgement.verdict == "recorded":
        raise Conflict("no limit in force judges this test; adopt one first", field="procedure")


def came_from(row: Lot) -> list[Lot]:
    """List all that came of a lot, oldest first: its recall list."""
    return list(Lot.objects.filter(pk__in=descendants([row.pk]) - {row.pk}).order_by("made_at", "id"))


def written_result(
    link: Link,
    row: Lot,
    measured: Measured,
    at: datetime,
    *,
    corrected: LotTest | None = None,
    said: Mapping[str, Any] | None = None,
) -> LotTest:
    """Seal a result of a lot, write it, and do what it asks for.

    Args:
        link: by whom it is written.
        row: the lot, locked.
        measured: the result.
        at: when it was measured.
        corrected: the test that this result corrects.
        said: what the document says of that correction.
    """
    record = _sealed(link, row, measured, at, corrected, said or {})
    done = LotTest.objects.create(
        lot=row, test=measured.entry.key, record=record, passed=measured.passed, at=at, by=link.by
    )
    _follow(at, row, measured, done)
    custody.written(link, row, record)
    return done


def _sealed(
    link: Link, row: Lot, measured: Measured, at: datetime, corrected: LotTest | None, said: Mapping[str, Any]
) -> Record:
    """Seal a result that is a lot's and no device's; one that fails names what came of the lot."""
    role = role_of(link.by, clock.now())
    document = {**measured.document, "lot": named(row), "person": {"role": role}, **said}
    if not measured.passed:
        document["recall"] = [one.label for one in came_from(row)]
    uuid = identity.new_id()
    item = Unsealed(
        uuid,
        "result",
        uuid,
        link.by,
        at,
        document,
        protocol=measured.entry.key,
        confirmed=measured.in_force.confirmed,
        supersedes=corrected.record if corrected is not None else None,
    )
    return append([item])[0]


def _follow(at: datetime, row: Lot, measured: Measured, done: LotTest) -> None:
    """Do what a result asks for: reject, shorten the life, set the next leak test."""
    if not measured.passed:
        if "reject" in verbs_from(row.state):
            row.state, row.rejected_by = next_state(row.state, "reject"), done
            row.rejected_at = at
            row.save(update_fields=["state", "rejected_by", "rejected_at"])
        return
    if GROWS_IN in measured.outcome.results:
        ends = at + timedelta(hours=measured.value(GROWS_IN))
        row.expires = custody.earliest((row.expires, ends))
        row.save(update_fields=["expires"])
    if measured.entry.key.endswith(LEAKS) and row.product is not None and row.product.leak_test_days:
        row.next_leak_test = at + timedelta(days=row.product.leak_test_days)
        row.save(update_fields=["next_leak_test"])


def lift_bar(row: Lot) -> bool:
    """Take a locked lot that a test rejected back into quarantine where no failed test in force stands.

    What a person rejected, or what was rejected from the start, stays so. Whoever may has to release it anew.

    Returns:
        Whether the bar was lifted.
    """
    if row.rejected_by_id is None or tests_in_force().filter(lot=row, passed=False).exists():
        return False
    if row.state == LotState.REJECTED:
        row.state = next_state(row.state, "lift")
        if not (row.activity or row.volume or (row.amount and not row.nuclide)):
            row.state = next_state(row.state, "empty")
    row.rejected_by = row.rejected_at = None
    row.save(update_fields=["state", "rejected_by", "rejected_at"])
    return True
