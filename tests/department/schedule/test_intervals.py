"""Proposals for other intervals: what was seen of a model, what the score allows, and who accepts."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st
from tests.shop import SAFETY

from kilter.department.equipment import actions as equipment
from kilter.department.equipment.models import Device, DeviceModel
from kilter.department.ledger import clock
from kilter.department.policy import actions as policy
from kilter.department.policy.models import Frequency
from kilter.department.records import actions as records
from kilter.department.records.models import Record
from kilter.department.records.outcomes import VisitOutcome, visit_outcomes
from kilter.department.schedule import actions, intervals, queries
from kilter.department.schedule.experience import Fault, in_service, planned_only, seen
from kilter.department.schedule.models import IntervalDecision, RiskAnswer
from kilter.department.schedule.recompute import recompute
from kilter.department.work import actions as work
from kilter.measure.error import BadInput, Conflict, NotPermitted

START = datetime(2026, 1, 1, tzinfo=UTC)
YEAR = timedelta(days=365.25)


def day(count: float) -> datetime:
    return START + timedelta(days=count)


def test_time_in_service_counts_from_the_period_and_leaves_out_absence() -> None:
    facts = [
        (1, "received", day(0)),
        (1, "in_service", day(10)),
        (1, "out_of_service", day(20)),
        (1, "in_service", day(30)),
        (2, "in_service", day(-100)),
        (2, "condemned", day(5)),
        (3, "ordered", day(1)),
    ]
    found = in_service(facts, day(0), day(40))
    assert found == {1: (day(10), timedelta(days=20)), 2: (day(-100), timedelta(days=5))}


@given(
    st.lists(
        st.tuples(st.sampled_from(["in_service", "out_of_service", "condemned"]), st.integers(-50, 150)),
        max_size=8,
    )
)
def test_no_device_is_in_service_longer_than_the_period(steps: list[tuple[str, int]]) -> None:
    facts = [(1, state, day(at)) for state, at in sorted(steps, key=lambda one: one[1])]
    for _, time in in_service(facts, day(0), day(100)).values():
        assert timedelta(0) <= time <= timedelta(days=100)


def test_a_retest_and_a_test_of_a_repair_are_no_planned_tests() -> None:
    visits = [
        VisitOutcome(1, "a", day(0), True),
        VisitOutcome(1, "a", day(1), True),  # still failing: the same failure
        VisitOutcome(1, "b", day(1), False),  # another protocol
        VisitOutcome(1, "a", day(2), False),  # the retest that passes
        VisitOutcome(1, "a", day(300), False),
        VisitOutcome(2, "a", day(5), False),  # after the repair of a reported fault
    ]
    faults = [Fault(2, day(4), day(6), "fault", "repaired", "")]
    assert planned_only(visits, faults) == [visits[0], visits[2], visits[4]]


def figures(failures: int, years: float, tests: int = 100) -> dict[str, float]:
    from kilter.department.schedule.figures import procedure_numbers

    rate = procedure_numbers("failure_rate", failures=failures, exposure=years)
    return {"found": failures, "tests": tests, "preventable": 0, "device_years": years, **rate}


def test_longer_only_where_the_upper_end_allows_it() -> None:
    # No failure in T device-years: the upper end is -ln(0.025)/T; a score of 12 allows 10 % in 18 months.
    least = -math.log(0.025) * 1.5 / 0.10
    verdict, months, reason = intervals.judged(12, 12, figures(0, least * 1.001))
    assert (verdict, months) == ("longer", 18)
    assert "18 months" in reason
    assert intervals.judged(12, 12, figures(0, least * 0.999))[:2] == ("keep", 12)
    assert intervals.judged(24, 12, figures(0, 1e6))[:2] == ("keep", 24)  # there is no longer step


def test_shorter_only_where_the_lower_end_asks_for_it() -> None:
    # facts: 10 in 250 device-years gives 0.0192 to 0.0736.
    assert intervals.judged(12, 12, figures(10, 250))[:2] == ("keep", 12)
    assert intervals.judged(12, 18, figures(10, 250))[:2] == ("keep", 12)  # 1.92 % within 2 %
    assert intervals.judged(18, 18, figures(10, 250))[:2] == ("shorter", 12)
    assert intervals.judged(1, 18, figures(5000, 250))[:2] == ("keep", 1)


@given(st.integers(1, 30), st.integers(2, 24), st.integers(0, 60), st.floats(10, 5000))
def test_a_higher_score_never_allows_more(months: int, score: int, failures: int, years: float) -> None:
    order = {"shorter": 0, "keep": 1, "longer": 2}
    given_ = figures(failures, years)
    lower, higher = (intervals.judged(months, one, given_)[0] for one in (score, score + 1))
    assert order[higher] <= order[lower]


def fleet(shop: Any, count: int) -> DeviceModel:
    """More pumps of the shop's model, each tested once now, with a yearly frequency for the kind."""
    model = shop.pump.model
    rows = [
        {"asset": f"P{n:03}", "serial": f"P{n:03}", "model": model, "state": "in_service"}
        for n in range(count)
    ]
    policy.set_frequency(
        by=shop.head,
        protocol=SAFETY,
        scope_kind="device_kind",
        scope_key="infusion_pump",
        months=12,
        after_days=7,
        withdraw_when_overdue=True,
        reason="risk class",
    )
    for pump in equipment.register_devices(by=shop.head, rows=rows, reason="taken over"):
        shop.pump = pump
        shop.visit()
    recompute()
    return model


def score(shop: Any, model: DeviceModel, function: int = 6, **more: Any) -> RiskAnswer:
    given = {"risk": 2, "maintenance": 2, "reason": "as the committee graded it", **more}
    return actions.answer_risk(by=shop.head, model=model, function=function, **given)


def proposed(model: DeviceModel) -> intervals.Proposal:
    (found,) = intervals.proposals([model])[model.pk]
    return found


@pytest.mark.django_db
def test_answers_are_scored_by_the_procedure_and_never_edited(shop: Any) -> None:
    model = shop.pump.model
    row = score(shop, model, 9, risk=5, maintenance=4, history=-1)
    assert row.score == 17
    for bad in ({"function": 1}, {"risk": 6}, {"history": 3}, {"maintenance": True}, {"reason": " "}):
        with pytest.raises(BadInput):
            actions.answer_risk(
                **{
                    "by": shop.head,
                    "model": model,
                    "function": 5,
                    "risk": 1,
                    "maintenance": 1,
                    "reason": "x",
                    **bad,
                }
            )
    with pytest.raises(DatabaseError), transaction.atomic():
        RiskAnswer.objects.update(score=2)
    with pytest.raises(NotPermitted):
        actions.answer_risk(by=shop.engineer, model=model, function=5, risk=1, maintenance=1, reason="x")


@pytest.mark.django_db
def test_a_model_is_left_out_until_there_is_something_to_show(shop: Any) -> None:
    model = fleet(shop, 3)
    assert proposed(model).reason.startswith("Not assessed")
    score(shop, model)
    assert "new model" in proposed(model).reason
    with clock.at(clock.now() + 1.2 * YEAR):
        assert "device-years, fewer than 10" in proposed(model).reason
    with clock.at(clock.now() + 3 * YEAR):
        assert "3 planned tests seen, fewer than 10" in proposed(model).reason


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"kind": "ct_scanner"}, "imaging"),
        ({"ionising": True}, "imaging"),
        ({"kind": "mri_scanner"}, "imaging"),
        ({"laser_class": "4"}, "a laser"),
        ({"lifting": True}, "the law"),
        ({"pressure": True}, "the law"),
    ],
)
def test_what_keeps_its_interval(shop: Any, changes: dict[str, Any], words: str) -> None:
    policy.set_frequency(by=shop.head, protocol=SAFETY, scope_kind="all", months=12, reason="x")
    model = shop.pump.model
    score(shop, model)
    DeviceModel.objects.filter(pk=model.pk).update(**changes)
    model.refresh_from_db()
    found = proposed(model)
    assert found.verdict == "excluded"
    assert words in found.reason


@pytest.mark.django_db
def test_a_proposal_is_accepted_by_the_head_with_a_signature_and_by_nobody_else(shop: Any) -> None:
    model = fleet(shop, 12)
    score(shop, model)  # 10: up to 20 % may be found failed
    with clock.at(clock.now() + 4 * YEAR):
        one = proposed(model)
        assert (one.verdict, one.months, one.figures["tests"]) == ("longer", 18, 12)
        assert one.figures["device_years"] == pytest.approx(13 * 4, rel=1e-4)  # with the shop's own pump
        given = {"model": model, "protocol": SAFETY, "reason": "no failure found in four years"}
    stay = {"by": shop.second, "months": 18, **given}
    with clock.at(clock.now() + timedelta(days=1)), pytest.raises(NotPermitted):
        actions.accept_interval(**stay)
    with pytest.raises(Conflict, match="no other interval"):
        actions.accept_interval(by=shop.head, months=18, **given)
    assert Frequency.objects.count() == 1  # nothing was ever changed by itself


@pytest.mark.django_db
def test_what_was_signed_becomes_the_frequency_of_the_model(shop: Any) -> None:
    model = fleet(shop, 12)
    score(shop, model)
    arguments = {"model": model, "protocol": SAFETY, "months": 18, "reason": "no failure found"}
    with clock.at(clock.now() + 4 * YEAR):
        with pytest.raises(Conflict, match="18 months"):
            actions.accept_interval(by=shop.head, **{**arguments, "months": 24})
        records.state(
            by=shop.head,
            act="accept_interval",
            text="no failure found",
            confirmation=shop.confirm(shop.head),
            arguments=arguments,
        )
        row = IntervalDecision.objects.get()
        assert (row.before, row.months, row.figures["found"]) == (12, 18, 0)
        new = row.frequency
        assert (new.scope_kind, new.scope_key, new.months) == ("model", str(model.uuid), 18)
        assert (new.after_days, new.withdraw_when_overdue) == (7, True)  # the rest stays
        assert Record.objects.filter(kind="statement").latest("number").person == shop.head
        recompute()
        assert proposed(model).frequency.pk == new.pk
        with pytest.raises(DatabaseError), transaction.atomic():
            IntervalDecision.objects.all().delete()


@pytest.mark.django_db
def test_what_was_seen_is_counted_from_tests_and_jobs(shop: Any) -> None:
    model = fleet(shop, 2)
    first = shop.pump
    shop.visit(protective_earth={"reading": "0.9"})  # found at a planned test
    shop.visit()  # its retest
    job = work.report_fault(by=shop.engineer, device=first, text="worn", reporter="ward")
    job.__class__.objects.filter(pk=job.pk).update(
        cause_code="wear", state="closed", closed_at=clock.now(), outcome="repaired"
    )
    other = work.report_fault(by=shop.engineer, device=first, text="dropped", reporter="ward")
    begin, end = clock.now() - YEAR, clock.now() + timedelta(seconds=5)
    with CaptureQueriesContext(connection) as asked:
        had = seen([model], begin, end, ["wear"])[model.pk]
    assert len(asked) == 5
    assert (had.planned, had.found) == ({SAFETY: 3}, {SAFETY: 1})
    assert (had.reported, had.preventable) == (2, 1)
    assert other.cause_code == ""
    assert sum(one.failed for one in visit_outcomes(Device.objects.values("pk"), begin)) == 1


@pytest.mark.django_db
def test_an_interval_of_ones_own_keeps_a_model_out(shop: Any) -> None:
    model = fleet(shop, 1)
    score(shop, model)
    policy.set_frequency(
        by=shop.head,
        protocol=SAFETY,
        scope_kind="device",
        scope_key=str(shop.pump.uuid),
        months=6,
        reason="theatre",
    )
    recompute()
    assert "an interval of their own" in proposed(model).reason


@pytest.mark.django_db
def test_proposals_take_the_same_queries_for_many_models(shop: Any) -> None:
    model = fleet(shop, 2)
    score(shop, model)

    def asked(models: list[DeviceModel]) -> int:
        with CaptureQueriesContext(connection) as found:
            intervals.proposals(models)
        return len(found)

    assert asked([model]) == asked([model, shop.tester.model]) == 12


@pytest.mark.django_db
def test_overdue_by_risk_then_by_how_long(shop: Any) -> None:
    policy.set_frequency(by=shop.head, protocol=SAFETY, scope_kind="all", months=12, reason="x")
    recompute()
    with clock.at(clock.now() + timedelta(days=60)):
        score(shop, shop.tester.model, 2, risk=1, maintenance=1)
        assert [due.score for due in queries.late_by_risk()] == [4, None]
        score(shop, shop.pump.model, 10, risk=5)
        score(shop, shop.pump.model, 9, risk=5)  # the newest counts
        assert [due.score for due in queries.late_by_risk()] == [16, 4]
    assert not queries.late_by_risk().exists()
