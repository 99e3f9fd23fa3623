"""Jobs: opened by failures and by hand, ended by a passing retest, and never round the table."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kilter.department.policy import actions as policy
from kilter.department.records import actions as records
from kilter.department.work import actions, queries
from kilter.department.work.course import TRANSITIONS, WORDS, JobState, next_state
from kilter.department.work.models import Job
from kilter.measure.error import BadInput, Conflict, NotFound, NotPermitted

VERBS = sorted({verb for _, verb in TRANSITIONS})


@given(st.lists(st.sampled_from(VERBS), max_size=30))
def test_a_walk_over_the_table_never_leaves_it(verbs: list[str]) -> None:
    state: str = JobState.OPEN
    for verb in verbs:
        try:
            state = next_state(state, verb)
        except Conflict as refusal:
            assert (state, verb) not in TRANSITIONS
            assert f"the job is {WORDS[JobState(state)]}" in refusal.message
    assert state in set(JobState)


@pytest.mark.django_db
def test_one_failure_opens_one_job_and_a_second_adds_none(shop: Any) -> None:
    shop.visit(protective_earth={"reading": "0.35"})
    shop.visit(protective_earth={"reading": "0.36"})
    job = Job.objects.get()
    assert job.text == "Protective earth: fail (record 2)"
    assert (job.opened_by, job.kind, queries.count_open()) == (shop.engineer, "failed_test", 1)


@pytest.mark.django_db
def test_two_failed_steps_are_two_jobs_and_each_has_its_own_end(shop: Any) -> None:
    shop.visit(protective_earth={"reading": "0.35"}, applied_part_leakage={"current": "9000"})
    assert queries.count_open() == 2
    shop.visit(applied_part_leakage={"current": "9000"})
    open_jobs = queries.open_jobs()
    assert [job.procedure for job in open_jobs] == ["medical_engineering.applied_part_leakage"]
    shop.visit()
    assert queries.count_open() == 0
    assert all(job.closing_evidence for job in Job.objects.all())


@pytest.mark.django_db
def test_an_undecided_result_asks_for_a_retest_and_a_failure_makes_it_worse(shop: Any) -> None:
    policy.set_decision_rule(by=shop.head, applies_to="medical_engineering", rule="guard_U", reason="x")
    shop.visit(protective_earth={"reading": "0.299"})  # within U of its limit: the guarded rule cannot decide
    job = Job.objects.get(procedure="medical_engineering.protective_earth")
    assert job.kind == "retest"
    shop.visit(protective_earth={"reading": "0.9"})
    job.refresh_from_db()
    assert job.kind == "failed_test"


@pytest.mark.django_db
def test_a_pass_that_waits_for_a_second_person_closes_nothing_yet(shop: Any) -> None:
    key = "medical_engineering.protective_earth"
    shop.visit(protective_earth={"reading": "0.35"})
    policy.require_countersignature(by=shop.head, applies_to=key, wanted=True, reason="x")
    passed = next(record for record in shop.visit() if record.procedure == key)
    assert queries.count_open() == 1
    records.countersign(
        by=shop.second, device=shop.pump, procedure=key, record=passed, confirmation=shop.confirm(shop.second)
    )
    assert queries.count_open() == 0


@pytest.mark.django_db
def test_a_job_of_a_failed_test_is_not_talked_away(shop: Any) -> None:
    shop.visit(protective_earth={"reading": "0.35"})
    with pytest.raises(BadInput, match="ends with a passing retest"):
        actions.close_job(by=shop.engineer, job=Job.objects.get(), text="looks fine")
    assert queries.count_open() == 1


@pytest.mark.django_db
def test_a_job_by_hand_from_beginning_to_end(shop: Any) -> None:
    job = actions.open_job(by=shop.engineer, device=shop.pump, text="casing loose")
    actions.take_job(by=shop.second, job=job)
    actions.note_job(by=shop.second, job=job, text="screw replaced")
    assert [one.pk for one in queries.open_jobs(taken_by=shop.second)] == [job.pk]
    closed = actions.close_job(by=shop.second, job=job, text="done")
    assert (closed.state, closed.closed_by) == ("closed", shop.second)
    with pytest.raises(Conflict, match="the job is closed: cannot take it"):
        actions.take_job(by=shop.engineer, job=job)
    again = actions.reopen_job(by=shop.engineer, job=job, reason="loose again")
    assert (again.state, again.closed_at) == ("open", None)
    assert [note.text for note in job.notes.order_by("id")] == ["screw replaced", "loose again"]
    assert [one.pk for one in queries.jobs_of(shop.pump)] == [job.pk]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"text": " "}, "text: must not be empty"),
        ({"text": "x", "kind": "miracle"}, "the kind of a job is one of"),
    ],
)
def test_a_job_that_will_not_do_is_named(shop: Any, given: dict[str, str], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        actions.open_job(by=shop.engineer, device=shop.pump, **given)


@pytest.mark.django_db
def test_who_may_and_what_is_there(shop: Any, hire: Any) -> None:
    with pytest.raises(NotPermitted):
        actions.open_job(by=hire("ward_viewer"), device=shop.pump, text="x")
    with pytest.raises(NotFound):
        queries.job_by_uuid(uuid4())
