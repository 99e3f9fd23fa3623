"""Testing, releasing and rejecting lots."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from kilter.department.ledger.texts import text
from kilter.department.materials import custody
from kilter.department.materials.course import next_state
from kilter.department.materials.custody import named
from kilter.department.materials.fitness import reasons_against
from kilter.department.materials.lot_results import (
    came_from,
    inputs_of,
    refuse_telling_nothing,
    tests_in_force,
    written_result,
)
from kilter.department.materials.measuring import measure
from kilter.department.materials.models import Lot, LotTest, TestRule
from kilter.department.people.confirmation import Confirmation
from kilter.department.people.gate import action
from kilter.department.people.models import Person
from kilter.department.records.models import Record
from kilter.measure.error import BadInput, Conflict, NotPermitted


@action("materials.test")
def run_test(
    *,
    by: Person,
    lot: Lot,
    procedure: str,
    inputs: Mapping[str, Any],
    confirmation: Confirmation,
    u: Mapping[str, Any] | None = None,
    at: datetime | None = None,
) -> LotTest:
    """Test a lot: the procedure is run and judged by the limits in force, and the result is sealed.

    A failed test rejects the lot, and bars all that came from it; a later pass beside it lifts nothing. A
    result that says when a limit will be met makes the lot expire then. A sealed source that leaks not is
    next tested after its interval.

    Args:
        by: the acting person.
        lot: which.
        procedure: key of the procedure; the product has a rule for it.
        inputs: by name, as typed; what the product decides need not be among them.
        confirmation: fresh, of this person.
        u: standard uncertainties by name of input.
        at: when it was measured; now where it is not said.

    Raises:
        BadInput: the product has no such test, an input is refused, or contradicts what the product decides.
        NotPermitted: not confirmed.
        CannotTell: the analysis could not tell; nothing is kept, and the test is made again.
        Conflict: the measurement lies before the lot was made, or no limit in force judges it.
    """
    link = custody.begin("test", by, confirmation, at=at)
    row = custody.lock(lot)[lot.pk]
    next_state(row.state, "test")
    if link.at < row.made_at:
        raise Conflict(f"{row.label} was made after that", field="at")
    rule = TestRule.objects.filter(product=row.product, test=procedure, ended_at=None).first()
    if rule is None:
        raise BadInput(f"{row.label} has no test {procedure[:80]}", field="procedure")
    measured = measure(procedure, inputs_of(rule, inputs), link.at, u=u)
    refuse_telling_nothing(measured)
    return written_result(link, row, measured, link.at)


@action("materials.release")
def release(*, by: Person, lot: Lot, confirmation: Confirmation, remark: str = "") -> Record:
    """Release a lot for use: every test that comes before use has passed.

    Args:
        by: who releases; where the product asks for a second person, not who made the lot.
        lot: which.
        confirmation: fresh, of this person.
        remark: in words.

    Raises:
        Conflict: a test before use is missing, or the lot or an ancestor is rejected, failed or expired.
        NotPermitted: not confirmed, or the lot is one's own.
    """
    link = custody.begin("release", by, confirmation, remark=remark)
    rows = custody.lock(lot, line=True)
    row = rows[lot.pk]
    if row.product is not None and "release" in row.product.second_person and row.made_by_id == by.pk:
        raise NotPermitted("Who made a lot of this product does not release it.", field="by")
    state, passed = next_state(row.state, "release"), _passed(row)
    row.state = state
    if reasons := reasons_against(row, list(rows.values()), link.at):
        raise Conflict(reasons[0], field="lot", code="unfit")
    record = custody.seal(link, {"lot": named(row), "tests": sorted(passed)}, f"Released {row.label}")
    row.save(update_fields=["state"])
    custody.move(link, record, target=row)
    custody.written(link, row, record)
    return record


def _passed(row: Lot) -> set[str]:
    """Give the tests that a lot has passed, and refuse where one that comes before use is missing."""
    wanted = TestRule.objects.filter(product=row.product, ended_at=None, when=TestRule.When.BEFORE_USE)
    passed = set(tests_in_force().filter(lot=row, passed=True).values_list("test", flat=True))
    missing = [rule.test for rule in wanted.order_by("id") if rule.test not in passed]
    if missing:
        names = ", ".join(key.rpartition(".")[2].replace("_", " ") for key in missing)
        raise Conflict(f"{row.label} has not passed: {names}", field="lot", code="untested")
    return passed


@action("materials.reject")
def reject(*, by: Person, lot: Lot, reason: str, confirmation: Confirmation) -> tuple[Record, list[Lot]]:
    """Reject a lot: nothing is ever taken again from it or from what came of it.

    Returns:
        The sealed statement, and the recall list: all that came from the lot, oldest first.

    Raises:
        BadInput: there is no reason.
        Conflict: it was rejected or disposed of before.
        NotPermitted: not confirmed.
    """
    words = text("reason", reason, most=500, needed=True)
    link = custody.begin("reject", by, confirmation)
    row = custody.lock(lot)[lot.pk]
    row.state, row.rejected_at = next_state(row.state, "reject"), link.at
    recalled = came_from(row)
    said = {"lot": named(row), "recall": [named(one) for one in recalled]}
    record = custody.seal(link, said, f"Rejected {row.label}: {words}")
    row.save(update_fields=["state", "rejected_at"])
    custody.move(link, record, target=row)
    custody.written(link, row, record)
    return record, recalled
