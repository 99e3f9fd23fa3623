"""The course of a job with a person at each verb: triage, waiting, repair, test, return to use."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.shop import accepted

from kilter.department.equipment import actions as equipment
from kilter.department.equipment.models import Hold
from kilter.department.ledger import clock
from kilter.department.people.ward import ward_account
from kilter.department.records import actions as records
from kilter.department.status import queries as status
from kilter.department.work import actions, queries
from kilter.department.work.course import ENDED, TRANSITIONS, JobState, verbs_from
from kilter.department.work.models import Job, JobEvent, JobHold
from kilter.measure.error import BadInput, Conflict, KilterError, NotPermitted

pytestmark = pytest.mark.django_db
CODES = {"failure_code": "battery", "cause_code": "wear", "action_code": "replaced_part"}


def fault(shop: Any, **more: Any) -> Job:
    """A fault reported by the engineer."""
    return actions.report_fault(
        by=shop.engineer, device=shop.pump, text=more.pop("text", "Battery flat"), **more
    )


def begun(shop: Any, **more: Any) -> Job:
    """A fault at which the engineer is at work."""
    job = fault(shop, **more)
    actions.state_decontamination(by=shop.engineer, job=job, answer="done")
    return actions.take_job(by=shop.engineer, job=job)


def release_all(shop: Any) -> None:
    for hold in Hold.objects.filter(device=shop.pump, released_at=None):
        records.release(
            by=shop.engineer,
            device=shop.pump,
            hold=hold,
            text="tested",
            confirmation=shop.confirm(shop.engineer),
        )


def test_the_table_leads_everywhere_and_out_of_everything() -> None:
    assert set(TRANSITIONS.values()) == set(JobState)
    for state in JobState:
        assert verbs_from(state)
    for state in ENDED:
        assert verbs_from(state) == ["reopen"]


def test_a_dangerous_fault_holds_the_device_at_once(shop: Any) -> None:
    job = fault(shop, text="Smoke from the back", unsafe=True)
    assert (job.priority, job.state) == (1, "open")
    assert status.of(shop.pump).state == "out_of_use"
    assert queries.holds_of(job)[0].hold.evidence == job.uuid
    safe = fault(shop, text="Label torn")
    assert (safe.priority, queries.holds_of(safe)) == (3, [])


def test_no_work_before_somebody_says_that_it_is_clean(shop: Any) -> None:
    job = fault(shop)
    with pytest.raises(Conflict, match="decontaminated"):
        actions.take_job(by=shop.engineer, job=job)
    actions.state_decontamination(by=shop.second, job=job, answer="not_done")
    with pytest.raises(Conflict, match="decontaminated"):
        actions.take_job(by=shop.engineer, job=job)
    with pytest.raises(Conflict, match="decontaminated"):
        actions.sign_in_engineer(by=shop.engineer, job=job, name="V. Isitor", company="Northfield")
    actions.state_decontamination(by=shop.second, job=job, answer="done")
    assert actions.take_job(by=shop.engineer, job=job).state == "taken"
    said = JobEvent.objects.filter(job=job, verb="clean").order_by("id")
    assert [(one.by, one.reason) for one in said] == [
        (shop.second, "not decontaminated"),
        (shop.second, "decontaminated"),
    ]


def test_a_repair_returns_by_a_test_signed_after_it_and_by_nothing_else(shop: Any) -> None:
    shop.adopt()
    job = begun(shop, unsafe=True)
    found = shop.visit()[1]  # as found it passes: that proves nothing about the repair to come
    actions.link_test(by=shop.engineer, job=job, record=found, phase="as_found")
    with pytest.raises(Conflict, match="say first that it is ready"):
        actions.close_job(by=shop.engineer, job=job, text="new battery", outcome="repaired", **CODES)
    actions.repair_job(by=shop.engineer, job=job, text="new battery")
    first, second = (one.hold for one in queries.holds_of(job))
    confirmation = shop.confirm(shop.engineer)
    records.release(by=shop.engineer, device=shop.pump, hold=first, text="tested", confirmation=confirmation)
    with pytest.raises(Conflict, match="no passing test has been signed since"):
        records.release(by=shop.engineer, device=shop.pump, hold=second, text="x", confirmation=confirmation)
    with pytest.raises(Conflict, match="still held for this job"):
        actions.close_job(by=shop.engineer, job=job, text="new battery", outcome="repaired", **CODES)
    left = shop.visit()[1]
    actions.link_test(by=shop.engineer, job=job, record=left, phase="as_left")
    release_all(shop)
    with pytest.raises(BadInput, match="failure: must be one of"):
        actions.close_job(by=shop.engineer, job=job, text="new battery", outcome="repaired")
    closed = actions.close_job(by=shop.engineer, job=job, text="new battery", outcome="repaired", **CODES)
    assert (closed.state, closed.outcome, closed.action_code) == ("closed", "repaired", "replaced_part")
    assert status.of(shop.pump).state == "in_use"


def test_limits_that_nobody_adopted_return_nothing(shop: Any) -> None:
    job = begun(shop)
    actions.repair_job(by=shop.engineer, job=job, text="new battery")
    shop.visit()
    hold = queries.holds_of(job)[0].hold
    with pytest.raises(Conflict, match="still to be confirmed"):
        records.release(
            by=shop.engineer, device=shop.pump, hold=hold, text="x", confirmation=shop.confirm(shop.engineer)
        )


def test_tests_belong_to_their_side_of_the_repair(shop: Any) -> None:
    job = begun(shop)
    found = shop.visit()[0]
    with pytest.raises(BadInput, match="after the repair"):
        actions.link_test(by=shop.engineer, job=job, record=found, phase="as_left")
    actions.repair_job(by=shop.engineer, job=job, text="x")
    with pytest.raises(BadInput, match="after the repair"):
        actions.link_test(by=shop.engineer, job=job, record=found, phase="as_left")
    left = shop.visit()[0]
    with pytest.raises(BadInput, match="before the repair"):
        actions.link_test(by=shop.engineer, job=job, record=left, phase="as_found")
    actions.link_test(by=shop.engineer, job=job, record=left, phase="as_left")
    with pytest.raises(Conflict, match="already"):
        actions.link_test(by=shop.engineer, job=job, record=left, phase="as_left")
    with pytest.raises(BadInput, match="phase"):
        actions.link_test(by=shop.engineer, job=job, record=left, phase="later")


def test_gone_is_proven_by_the_life_of_the_device(shop: Any) -> None:
    job = fault(shop, unsafe=True)
    for outcome, words in (("not_located", "not located"), ("beyond_repair", "condemned")):
        with pytest.raises(Conflict, match=words):
            actions.close_job(by=shop.engineer, job=job, text="x", outcome=outcome)
    equipment.report_lost(by=shop.head, device=shop.pump, reason="not on the ward")
    closed = actions.close_job(by=shop.engineer, job=job, text="searched twice", outcome="not_located")
    assert closed.outcome == "not_located"
    assert Hold.objects.filter(released_at=None).count() == 1  # found again, it is still held


def test_what_waits_for_a_test_is_not_cancelled_merged_or_talked_away(shop: Any) -> None:
    shop.visit(protective_earth={"reading": "0.35"})
    job, other = Job.objects.get(), fault(shop)
    for act, more in (
        (actions.cancel_job, {"reason": "x"}),
        (actions.merge_job, {"reason": "x", "same_as": other}),
        (actions.close_job, {"text": "x", "outcome": "repaired"}),
    ):
        with pytest.raises(BadInput, match="passing retest"):
            act(by=shop.engineer, job=job, **more)
    held = fault(shop, unsafe=True)
    with pytest.raises(Conflict, match="still held"):
        actions.cancel_job(by=shop.engineer, job=held, reason="x")


def test_a_duplicate_hands_its_hold_over(shop: Any) -> None:
    first, again = fault(shop), fault(shop, text="It smokes", unsafe=True)
    with pytest.raises(BadInput, match="another open job of this device"):
        actions.merge_job(by=shop.engineer, job=again, same_as=again, reason="x")
    merged = actions.merge_job(by=shop.engineer, job=again, same_as=first, reason="the same smoke")
    assert (merged.state, merged.same_as) == ("duplicate", first)
    assert len(queries.holds_of(first)) == 1
    actions.state_decontamination(by=shop.engineer, job=first, answer="not_needed")
    actions.take_job(by=shop.engineer, job=first)
    with pytest.raises(Conflict, match="still held"):
        actions.close_job(by=shop.engineer, job=first, text="x", outcome="no_fault")


def test_reopened_what_was_unsafe_is_held_again(shop: Any) -> None:
    shop.adopt()
    job = begun(shop, unsafe=True)
    shop.visit()
    release_all(shop)
    actions.close_job(by=shop.engineer, job=job, text="no smoke seen", outcome="no_fault")
    again = actions.reopen_job(by=shop.engineer, job=job, reason="smokes again")
    assert (again.state, again.outcome, again.closed_at, again.decontamination) == ("open", "", None, "")
    assert status.of(shop.pump).state == "out_of_use"


def test_down_time_and_worked_time_are_kept_apart(shop: Any) -> None:
    shop.adopt()
    start = clock.now()
    with clock.at(start):
        job = fault(shop, unsafe=True)
        fault(shop, text="other", unsafe=True)
    with clock.at(start + timedelta(hours=3)):
        assert queries.down_time(job) == timedelta(hours=3)
        assert queries.worked(job) == 0
        actions.log_labour(by=shop.engineer, job=job, minutes=40, text="board out")
        actions.log_labour(by=shop.second, job=job, minutes=20, text="board in")
        actions.log_labour(by=shop.engineer, job=job, minutes=-10, text="typed wrongly")
    assert queries.worked(job) == 50
    with pytest.raises(BadInput, match="only 30 were written for Eve Engineer"):
        actions.log_labour(by=shop.engineer, job=job, minutes=-31, text="x")
    for minutes in (0, 1441, True, 1.5, "5"):
        with pytest.raises(BadInput, match="from 1 to 1440"):
            actions.log_labour(by=shop.engineer, job=job, minutes=minutes, text="x")  # type: ignore[arg-type]


def test_overlapping_holds_count_once(shop: Any) -> None:
    job, start = fault(shop), clock.now()
    for opens, closes in ((0, 4), (1, 2), (3, 6), (10, 11)):
        hold = Hold.objects.create(
            device=shop.pump,
            cause="fault",
            text="x",
            placed_by=shop.head,
            placed_at=start + timedelta(hours=opens),
            released_at=start + timedelta(hours=closes),
        )
        JobHold.objects.create(job=job, hold=hold)
    assert queries.down_time(job) == timedelta(hours=7)


def test_an_engineer_who_has_not_signed_out_keeps_the_job_open(shop: Any) -> None:
    job = begun(shop)
    visit = actions.sign_in_engineer(by=shop.engineer, job=job, name="V. Isitor", company="Northfield")
    with pytest.raises(Conflict, match="has not signed out"):
        actions.close_job(by=shop.engineer, job=job, text="x", outcome="no_fault")
    for cost in ("-1", "1e3", "12.345", "NaN", "Infinity", "1_000", "١"):
        with pytest.raises(BadInput, match="must be an amount"):
            actions.sign_out_engineer(by=shop.engineer, visit=visit, report="x", cost=cost)
    actions.sign_out_engineer(by=shop.engineer, visit=visit, report="board changed", cost="120.5")
    with pytest.raises(Conflict, match="already"):
        actions.sign_out_engineer(by=shop.engineer, visit=visit, report="again")
    assert str(queries.costs(job)) == "120.50"


def test_jobs_are_given_to_those_who_may_take_them(shop: Any, hire: Any) -> None:
    job = fault(shop)
    with pytest.raises(BadInput, match="may not take jobs"):
        actions.assign_job(by=shop.second, job=job, person=hire("ward_viewer"))
    given_to = actions.assign_job(by=shop.second, job=job, person=shop.engineer)
    assert (given_to.state, given_to.taken_by) == ("assigned", shop.engineer)
    with pytest.raises(NotPermitted):
        actions.assign_job(by=hire("technologist"), job=job, person=shop.engineer)


def test_events_cannot_be_edited(shop: Any) -> None:
    job = fault(shop)
    actions.triage_job(by=shop.second, job=job, priority=2, reason="only pump on the ward")
    assert [(one.verb, one.before, one.after) for one in queries.events_of(job)] == [
        ("triage", "open", "triaged"),
        ("open", "", "open"),
    ]
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        JobEvent.objects.update(reason="never said")


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"text": ""}, "text"),
        ({"text": "patient 943 476 5919 fell"}, "text"),
        ({"text": "x", "reporter": "NHS no unknown"}, "reporter"),
        ({"text": "DOB 1.2.1950"}, "text"),
        ({"text": "x", "error_code": "9434765919"}, "error_code"),
        ({"text": "x\0"}, "text"),
        ({"text": "x" * 501}, "text"),
    ],
)
def test_a_report_that_will_not_do_names_its_field(shop: Any, given: dict[str, str], field: str) -> None:
    with pytest.raises(BadInput) as refused:
        actions.report_fault(by=shop.engineer, device=shop.pump, **given)
    assert refused.value.field == field
    assert "943" not in refused.value.message


def test_the_ward_reports_and_does_nothing_else(shop: Any) -> None:
    ward = ward_account()
    assert ward == ward_account()
    assert not ward.check_password("")
    assert not ward.has_usable_password()
    job = actions.report_fault(by=ward, device=shop.pump, text="Alarms all the time", unsafe=True)
    assert status.of(shop.pump).state == "out_of_use"
    for act, more in (
        (actions.take_job, {}),
        (actions.close_job, {"text": "x"}),
        (actions.note_job, {"text": "x"}),
    ):
        with pytest.raises(NotPermitted):
            act(by=ward, job=job, **more)


STEPS = (
    "test", "release", "triage", "assign",
    "clean", "take", "wait", "resume",
    "repair", "close", "cancel",
    "reopen", "withdraw", "service",
)  # fmt: skip


@settings(max_examples=25)
@given(st.lists(st.sampled_from(STEPS), min_size=8, max_size=24))
def test_no_walk_over_jobs_and_devices_returns_a_repair_without_its_test(shop: Any, steps: list[str]) -> None:
    """Whatever people do in whatever order: a device in use was accepted, and tested after its repair."""
    with transaction.atomic():
        shop.adopt()
        repaired_at, tested_at = None, None
        job = fault(shop, unsafe=True)
        for step in steps:
            try:
                with transaction.atomic():
                    _walk(shop, job, step)
            except KilterError:
                continue
            if step == "repair":
                repaired_at = clock.now()
            if step == "test":
                tested_at = clock.now()
            now = status.of(type(shop.pump).objects.get(pk=shop.pump.pk)).state
            if now == "in_use":
                assert tested_at is not None
                assert repaired_at is None or tested_at > repaired_at
        row = Job.objects.get(pk=job.pk)
        assert (row.state in ENDED) == (row.closed_at is not None)
        if row.outcome == "repaired":
            assert tested_at is not None
            assert repaired_at is not None
            assert tested_at > repaired_at
        transaction.set_rollback(True)


def _walk(shop: Any, job: Job, step: str) -> None:
    by = shop.engineer
    device = type(shop.pump).objects.get(pk=shop.pump.pk)
    verbs: dict[str, Any] = {
        "triage": lambda: actions.triage_job(by=by, job=job, priority=2, reason="x"),
        "assign": lambda: actions.assign_job(by=by, job=job, person=by),
        "clean": lambda: actions.state_decontamination(by=by, job=job, answer="done"),
        "take": lambda: actions.take_job(by=by, job=job),
        "wait": lambda: actions.wait_job(by=by, job=job, waits_for="parts", reason="x"),
        "resume": lambda: actions.resume_job(by=by, job=job),
        "repair": lambda: actions.repair_job(by=by, job=job, text="x"),
        "close": lambda: actions.close_job(by=by, job=job, text="x", outcome="repaired", **CODES),
        "cancel": lambda: actions.cancel_job(by=by, job=job, reason="x"),
        "reopen": lambda: actions.reopen_job(by=by, job=job, reason="x"),
        "test": shop.visit,
        "release": lambda: release_all(shop),
        "withdraw": lambda: equipment.withdraw(by=by, device=device, reason="x"),
        "service": lambda: equipment.put_in_service(by=by, device=device, evidence=accepted(by, device)),
    }
    verbs[step]()
