"""Correcting what was written of a lot's test: a new result that supersedes the old one, with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kilter.department.ledger.texts import text
from kilter.department.materials import custody
from kilter.department.materials.course import next_state
from kilter.department.materials.custody import Link, Second, named
from kilter.department.materials.lot_results import (
    came_from,
    inputs_of,
    lift_bar,
    refuse_telling_nothing,
    tests_in_force,
    written_result,
)
from kilter.department.materials.measuring import Measured, measure
from kilter.department.materials.models import Lot, LotTest, TestRule
from kilter.department.people.confirmation import Confirmation
from kilter.department.people.gate import action
from kilter.department.people.models import Person
from kilter.department.records.queries import document_of
from kilter.measure.error import BadInput, Conflict


@action("materials.correct_test")
def correct_test(
    *,
    by: Person,
    test: LotTest,
    inputs: Mapping[str, Any],
    reason: str,
    confirmation: Confirmation,
    u: Mapping[str, Any] | None = None,
    second: Second | None = None,
) -> LotTest:
    """Correct a test whose readings were written down wrongly; the instant of the measurement stays.

    The corrected result stands in the place of the old one, which stays to be read. A lot that a failed test
    had rejected goes back into quarantine where no failed test in force stands, and is released anew; an
    expiry only ever comes earlier. Measuring again is no correction: that is a test of its own, and lifts
    nothing.

    Args:
        by: the acting person.
        test: which; it is not corrected yet.
        inputs: all of them as they should have been written, by name.
        reason: what was wrong, and how it is known.
        confirmation: fresh, of this person.
        u: standard uncertainties by name of input.
        second: a second person's word, where the product asks for it.

    Raises:
        BadInput: there is no reason, or an input is refused.
        Conflict: it was corrected before, nothing differs, or no limit in force judges it.
        CannotTell: the analysis could not tell.
        NotPermitted: not confirmed, or the second person is missing.
    """
    words = text("reason", reason, most=500, needed=True)
    link = custody.begin("correct_test", by, confirmation, second=second, product=test.lot.product)
    row = custody.lock(test.lot)[test.lot_id]
    next_state(row.state, "correct_test")
    old = _in_force(test)
    measured = measure(old.test, inputs_of(_rule(row, old), inputs), old.at, u=u)
    refuse_telling_nothing(measured)
    _refuse_same(old, measured)
    done = written_result(
        link, row, measured, old.at, corrected=old, said=_said(link, row, old, measured, words)
    )
    lift_bar(row)
    return done


def _in_force(test: LotTest) -> LotTest:
    found = tests_in_force().select_related("record").filter(pk=test.pk).first()
    if found is None:
        raise Conflict("this test was corrected before; correct the newer one", field="test")
    return found


def _rule(row: Lot, old: LotTest) -> TestRule:
    """Give the rule of a test that was made, whether it has ended since or not."""
    found = TestRule.objects.filter(product=row.product, test=old.test).order_by("-id").first()
    if found is None:
        raise BadInput(f"{row.label} has no test {old.test}", field="test")
    return found


def _refuse_same(old: LotTest, measured: Measured) -> None:
    if _readings(document_of(old.record)) == _readings(measured.document):
        raise Conflict("nothing is corrected: these are the readings as they were sealed", field="inputs")


def _readings(document: Mapping[str, Any]) -> dict[str, tuple[Any, ...]]:
    """Give what was read, however it was typed."""
    parts = ("value", "unit", "u")
    return {name: tuple(row.get(part) for part in parts) for name, row in document["inputs"].items()}


def _said(link: Link, row: Lot, old: LotTest, measured: Measured, reason: str) -> dict[str, Any]:
    """Give what the sealed document says of a correction; a recall whose cause it ends is named."""
    said: dict[str, Any] = {"supersedes": {"id": str(old.record.uuid), "reason": reason}}
    if link.second is not None:
        person = link.second.person
        said["second"] = {"id": str(person.uuid), "name": person.display_name}
    if measured.passed and not old.passed:
        said["recall_corrected"] = [named(one) for one in came_from(row)]
    return said
