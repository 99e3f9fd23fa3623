"""Testing, releasing and rejecting lots."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from kilter.department.ledger import clock, identity
from kilter.department.ledger.texts import text
from kilter.department.materials import custody
from kilter.department.materials.course import next_state, verbs_from
from kilter.department.materials.custody import Link, named
from kilter.department.materials.fitness import reasons_against
from kilter.department.materials.lineage import descendants
from kilter.department.materials.measuring import Measured, measure
from kilter.department.materials.models import Lot, LotTest, TestRule
from kilter.department.people.confirmation import Confirmation
from kilter.department.people.gate import action
from kilter.department.people.models import Person
from kilter.department.records.chain import Unsealed, append
from kilter.department.records.models import Record
from kilter.department.records.sealing import role_of
from kilter.measure.error import BadInput, CannotTell, Conflict, NotPermitted

GROWS_IN = "expires_after"
"""A result, in hours after the test, at which what grows in meets its limit: the lot expires then."""

LEAKS = ".leak_test"


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

    A failed test rejects the lot, and bars all that came from it. A result that says when a limit will be
    met makes the lot expire then. A sealed source that leaks not is next tested after its interval.

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
    measured = measure(procedure, _inputs(rule, inputs), link.at, u=u)
    _refuse_telling_nothing(measured)
    record = _seal(link, row, measured)
    done = LotTest.objects.create(
        lot=row, test=procedure, record=record, passed=measured.passed, at=link.at, by=by
    )
    _follow(link, row, measured, record)
    custody.written(link, row, record)
    return done


def _refuse_telling_nothing(measured: Measured) -> None:
    """Refuse a test that neither passes nor fails a lot: it would bar it for ever, and say nothing."""
    if not measured.outcome.valid:
        reason = next((note.text for note in measured.outcome.notes), "the analysis could not tell")
        raise CannotTell(reason, field="inputs")
    if measured.judgement.verdict == "recorded":
        raise Conflict("no limit in force judges this test; adopt one first", field="procedure")


def _inputs(rule: TestRule, typed: Mapping[str, Any]) -> dict[str, Any]:
    """Give what was typed, with what the product decides; the two may not differ."""
    given = {name: value for name, value in typed.items() if value not in ("", None)}
    for name, value in rule.fixed.items():
        if name in given and given[name] != value:
            raise BadInput(f"{name}: of this product it is {value}", field=name)
    return {**given, **rule.fixed}


def _seal(link: Link, row: Lot, measured: Measured) -> Record:
    """Seal a result that is a lot's and no device's."""
    document = {**measured.document, "lot": named(row), "person": {"role": role_of(link.by, clock.now())}}
    if not measured.passed:
        document["recall"] = [one.label for one in _came_from(row)]
    uuid = identity.new_id()
    item = Unsealed(
        uuid,
        "result",
        uuid,
        link.by,
        link.at,
        document,
        None,
        protocol=measured.entry.key,
        confirmed=measured.in_force.confirmed,
    )
    return append([item])[0]


def _came_from(row: Lot) -> list[Lot]:
    return list(Lot.objects.filter(pk__in=descendants([row.pk]) - {row.pk}).order_by("made_at", "id"))


def _follow(link: Link, row: Lot, measured: Measured, record: Record) -> None:
    """Do what a result asks for: reject, shorten the life, set the next leak test."""
    if not measured.passed:
        if "reject" in verbs_from(row.state):
            row.state = next_state(row.state, "reject")
            row.save(update_fields=["state"])
        return
    if GROWS_IN in measured.outcome.results:
        ends = link.at + timedelta(hours=measured.value(GROWS_IN))
        row.expires = custody.earliest((row.expires, ends))
        row.save(update_fields=["expires"])
    if measured.entry.key.endswith(LEAKS) and row.product is not None and row.product.leak_test_days:
        row.next_leak_test = link.at + timedelta(days=row.product.leak_test_days)
        row.save(update_fields=["next_leak_test"])


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
    state = next_state(row.state, "release")
    wanted = TestRule.objects.filter(product=row.product, ended_at=None, when=TestRule.When.BEFORE_USE)
    passed = set(LotTest.objects.filter(lot=row, passed=True).values_list("test", flat=True))
    missing = [rule.test for rule in wanted.order_by("id") if rule.test not in passed]
    if missing:
        names = ", ".join(key.rpartition(".")[2].replace("_", " ") for key in missing)
        raise Conflict(f"{row.label} has not passed: {names}", field="lot", code="untested")
    row.state = state
    if reasons := reasons_against(row, list(rows.values()), link.at):
        raise Conflict(reasons[0], field="lot", code="unfit")
    record = custody.seal(link, {"lot": named(row), "tests": sorted(passed)}, f"Released {row.label}")
    row.save(update_fields=["state"])
    custody.move(link, record, target=row)
    custody.written(link, row, record)
    return record


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
    row.state = next_state(row.state, "reject")
    recalled = _came_from(row)
    said = {"lot": named(row), "recall": [named(one) for one in recalled]}
    record = custody.seal(link, said, f"Rejected {row.label}: {words}")
    row.save(update_fields=["state"])
    custody.move(link, record, target=row)
    custody.written(link, row, record)
    return record, recalled
