"""Planned jobs: one for each visit, opened once, ended by the visit that passes and by nothing else."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.shop import SAFETY, accepted

from kilter.department import reactions
from kilter.department.equipment import actions as equipment
from kilter.department.ledger import clock, outbox
from kilter.department.policy import actions as policy
from kilter.department.records import actions as records
from kilter.department.records.actions.history import Past
from kilter.department.schedule import actions, planned
from kilter.department.schedule.actions.planned import MONTHS_AHEAD
from kilter.department.schedule.models import Due, PlannedTest
from kilter.department.schedule.recompute import add_months, recompute
from kilter.department.schedule.site import today
from kilter.department.work import actions as work
from kilter.department.work.course import JobState
from kilter.department.work.models import Job
from kilter.measure.error import BadInput, NotPermitted

pytestmark = pytest.mark.django_db

PUMP = "medical_engineering.infusion_pump"


def plan(shop: Any, protocol: str = SAFETY, **fields: Any) -> None:
    """Let a protocol be planned on the pump, due 28 days after it was registered."""
    given = {"scope_kind": "device", "scope_key": str(shop.pump.uuid), "months": 12, "reason": "risk"}
    policy.set_frequency(by=shop.head, protocol=protocol, **{**given, **fields})
    recompute()


def month_of_due() -> Any:
    return Due.objects.order_by("due").values_list("due", flat=True)[0]


def open_them(shop: Any, **more: Any) -> list[Job]:
    return actions.open_planned_jobs(
        by=shop.engineer, month=more.pop("month", None) or month_of_due(), **more
    )


def test_what_falls_due_together_is_one_job(shop: Any) -> None:
    plan(shop)
    plan(shop, PUMP)
    (job,) = open_them(shop)
    assert (job.kind, job.state, job.device) == ("planned", JobState.OPEN, shop.pump)
    assert {one.protocol for one in PlannedTest.objects.filter(job=job)} == {SAFETY, PUMP}
    closes = min(Due.objects.values_list("closes", flat=True))
    assert job.resolve_by == planned.end_of(closes)
    assert job.target is None
    assert job.respond_by is None


def test_opened_twice_it_opens_nothing_anew(shop: Any) -> None:
    plan(shop)
    assert len(open_them(shop)) == 1
    assert open_them(shop) == []
    plan(shop, PUMP)
    (second,) = open_them(shop)  # only what came on top
    assert [one.protocol for one in second.planned_tests.all()] == [PUMP]


def test_nothing_is_opened_before_its_month(shop: Any) -> None:
    plan(shop)
    early = today()
    if planned.last_day(early) >= month_of_due():  # the due lies in this month
        assert len(open_them(shop, month=early)) == 1
    else:
        assert open_them(shop, month=early) == []


def test_a_month_that_is_over_or_far_away_is_refused(shop: Any) -> None:
    for months in (-1, MONTHS_AHEAD + 1):
        with pytest.raises(BadInput) as caught:
            open_them(shop, month=add_months(today().replace(day=1), months))
        assert caught.value.field == "month"


def test_a_place_takes_only_what_stands_in_it(shop: Any, ward: Any) -> None:
    plan(shop)
    assert open_them(shop, place=ward) == []
    shop.pump.refresh_from_db()
    equipment.edit_device(
        by=shop.head, device=shop.pump, version=shop.pump.version, changes={"location": ward}
    )
    assert len(open_them(shop, place=ward.parent)) == 1


def test_a_lost_device_is_left_to_its_search(shop: Any) -> None:
    plan(shop)
    equipment.report_lost(by=shop.head, device=shop.pump, reason="not on the ward")
    recompute()
    assert Due.objects.exists()
    assert open_them(shop) == []


def test_a_passing_visit_ends_it_and_a_failing_one_does_not(shop: Any) -> None:
    plan(shop)
    shop.adopt()
    (job,) = open_them(shop)
    shop.visit(protective_earth={"reading": "5"})
    job.refresh_from_db()
    assert job.closed_at is None
    records_made = shop.visit()
    job.refresh_from_db()
    assert (job.state, job.outcome) == (JobState.CLOSED, "done")
    assert job.closed_by == shop.engineer
    assert job.closing_evidence in {one.uuid for one in records_made}
    assert [passed for _, passed in planned.planned_tests(job)] == [True]


def test_half_a_visit_leaves_it_open(shop: Any) -> None:
    plan(shop)
    plan(shop, PUMP)
    (job,) = open_them(shop)
    shop.visit()
    job.refresh_from_db()
    assert job.closed_at is None
    assert {one.protocol: passed for one, passed in planned.planned_tests(job)} == {
        SAFETY: True,
        PUMP: False,
    }
    with pytest.raises(BadInput) as caught:
        work.close_job(by=shop.engineer, job=job, text="done", outcome="done")
    assert caught.value.code == "needs_visit"


def test_opened_again_it_waits_for_another_pass(shop: Any) -> None:
    plan(shop)
    (job,) = open_them(shop)
    shop.visit()
    job.refresh_from_db()
    work.reopen_job(by=shop.engineer, job=job, reason="the wrong pump was on the bench")
    assert planned.close_passed([shop.pump.pk], shop.engineer) == []
    shop.visit()
    job.refresh_from_db()
    assert job.state == JobState.CLOSED


def test_history_that_is_brought_in_ends_it(shop: Any) -> None:
    plan(shop)
    (job,) = open_them(shop)
    line = Past(shop.pump, SAFETY, clock.now() - timedelta(days=3), True, "old database")
    records.import_legacy(by=shop.head, lines=[line], source="old.csv")
    for _ in range(2):  # at least once
        reactions.HANDLERS["records.history_imported"]({"devices": [shop.pump.pk]})
    outbox.handle_at_once({})
    outbox.handle_at_once(reactions.AT_ONCE)
    job.refresh_from_db()
    assert (job.state, job.closed_by) == (JobState.CLOSED, shop.head)


def test_a_cancelled_job_may_be_opened_again(shop: Any) -> None:
    plan(shop)
    (job,) = open_them(shop)
    work.cancel_job(by=shop.engineer, job=job, reason="another week")
    assert len(open_them(shop)) == 1


def test_nobody_opens_a_planned_job_by_hand_or_without_the_right(shop: Any, hire: Any) -> None:
    with pytest.raises(BadInput) as caught:
        work.open_job(by=shop.engineer, device=shop.pump, text="x", kind="planned")
    assert caught.value.field == "kind"
    with pytest.raises(NotPermitted):
        actions.open_planned_jobs(by=hire("trainee", name="New"), month=today())


def test_its_queries_do_not_grow_with_the_devices(
    shop: Any, register: Any, django_assert_num_queries: Any
) -> None:
    policy.set_frequency(
        by=shop.head,
        protocol=SAFETY,
        scope_kind="device_kind",
        scope_key="infusion_pump",
        months=12,
        reason="risk",
    )
    recompute()
    month = month_of_due()
    for number in (1, 6):
        for _ in range(number):
            device = register()
            equipment.put_in_service(by=shop.head, device=device, evidence=accepted(shop.head, device))
        recompute()
        with django_assert_num_queries(2):
            found = planned.waiting(month, most=500)
        assert found.left == 0
    assert len(found.visits) == Due.objects.count()
    few = planned.waiting(month, most=2)
    assert (len(few.visits), few.left) == (2, Due.objects.count() - 2)


@settings(max_examples=25)
@given(st.lists(st.sampled_from(("open", "pass", "fail", "cancel")), max_size=6))
def test_never_two_open_jobs_for_one_test(shop: Any, verbs: list[str]) -> None:
    """However it goes on, a test has one open job at most, and none once the newest visit passed."""
    from django.db import transaction

    with transaction.atomic():
        plan(shop)
        for verb in verbs:
            if verb == "open":
                open_them(shop)
            elif verb == "cancel":
                for job in Job.objects.filter(kind="planned", closed_at=None):
                    work.cancel_job(by=shop.engineer, job=job, reason="not now")
            else:
                shop.visit(**({"protective_earth": {"reading": "5"}} if verb == "fail" else {}))
                recompute()
            still = Job.objects.filter(kind="planned", closed_at=None).count()
            assert still <= 1
            if verb == "pass":
                assert still == 0
        transaction.set_rollback(True)
