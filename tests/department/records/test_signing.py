"""Signing: what becomes evidence, what does not, and what a failure does at once."""

from __future__ import annotations

import itertools
import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, transaction

from kilter.department.equipment.models import Hold
from kilter.department.ledger import clock
from kilter.department.records import actions
from kilter.department.records.models import Draft, InstrumentUse, Reading, Record
from kilter.department.records.verify import verify
from kilter.department.status import queries as status
from kilter.department.work.models import Job
from kilter.measure.document import digest
from kilter.measure.error import BadInput, Conflict, NotPermitted

pytestmark = pytest.mark.django_db


def test_a_signed_test_is_sealed_step_by_step(shop: Any) -> None:
    records = shop.visit()
    keys = [record.procedure.partition(".")[2] for record in records]
    assert keys == [
        "visual_inspection",
        "protective_earth",
        "equipment_leakage",
        "applied_part_leakage",
        "functional_check",
    ]
    assert [record.number for record in records] == [1, 2, 3, 4, 5]
    assert records[0].previous == "0" * 64
    assert all(later.previous == digest(earlier.text) for earlier, later in itertools.pairwise(records))
    assert {record.verdict for record in records} == {"within"}
    assert verify().holds


def test_a_document_of_a_scalar_test_is_small_and_opens_alone(shop: Any) -> None:
    earth = shop.visit()[1]
    assert len(earth.text.encode()) <= 2048
    document = json.loads(earth.text)
    assert document["results"]["resistance"]["value"] == 0.12
    assert document["results"]["resistance"]["limits"][0]["high"] == 0.3
    assert document["results"]["resistance"]["limits"][0]["read"] == "no"
    assert document["inputs"]["arrangement"]["value"] == "with_cord"
    assert document["instruments"][0]["certificate"] == "C-1"
    assert document["word"] == "pass"


def test_readings_and_uses_stand_beside_the_record(shop: Any) -> None:
    shop.visit()
    rows = Reading.objects.order_by("id").values_list("result", "value", "unit", "verdict")
    assert list(rows) == [
        ("resistance", 0.12, "ohm", "within"),
        ("leakage", 85.0, "uA", "within"),
        ("leakage", 12.0, "uA", "within"),
    ]
    assert InstrumentUse.objects.filter(instrument=shop.tester).count() == 5


def test_a_failure_holds_the_device_and_opens_a_job_at_once(shop: Any) -> None:
    assert status.of(shop.pump).state == "in_use"
    records = shop.visit(protective_earth={"reading": "0.35"})
    failed = records[1]
    assert failed.verdict == "suspension"
    hold = Hold.objects.get(device=shop.pump)
    assert (hold.cause, hold.evidence) == ("failed_test", failed.uuid)
    job = Job.objects.get(device=shop.pump)
    assert (job.kind, job.procedure, job.evidence) == ("failed_test", failed.procedure, failed.uuid)
    now = status.of(shop.pump)
    assert now.state == "out_of_use"
    assert "protective earth failed" in now.reasons[0].text


def test_a_passing_retest_closes_the_job_and_a_person_returns_the_device(shop: Any) -> None:
    shop.adopt()
    shop.visit(protective_earth={"reading": "0.35"})
    hold = Hold.objects.get(device=shop.pump)
    with pytest.raises(Conflict, match="no passing protective earth"):
        actions.release(
            by=shop.engineer,
            device=shop.pump,
            hold=hold,
            text="repaired",
            confirmation=shop.confirm(shop.engineer),
        )
    shop.visit()
    assert Job.objects.get(device=shop.pump).state == "closed"
    assert status.of(shop.pump).state == "out_of_use"  # a rule never returns a device
    said = actions.release(
        by=shop.engineer,
        device=shop.pump,
        hold=hold,
        text="cord changed",
        confirmation=shop.confirm(shop.engineer),
    )
    assert said.kind == "statement"
    assert status.of(shop.pump).state == "in_use"
    assert verify().holds


def test_unadopted_limits_never_return_a_device(shop: Any) -> None:
    shop.visit(protective_earth={"reading": "0.35"})
    shop.visit()
    hold = Hold.objects.get(device=shop.pump)
    with pytest.raises(Conflict, match="to be confirmed"):
        actions.release(
            by=shop.engineer, device=shop.pump, hold=hold, text="ok", confirmation=shop.confirm(shop.engineer)
        )
    assert status.of(shop.pump).state == "out_of_use"


def test_adopted_limits_are_no_longer_to_be_confirmed(shop: Any) -> None:
    shop.adopt()
    earth = shop.visit()[1]
    limit = json.loads(earth.text)["results"]["resistance"]["limits"][0]
    assert limit["read"] == "adopted"
    assert earth.confirmed


def test_a_slip_put_right_before_signing_needs_its_reason_and_stays(shop: Any) -> None:
    draft = shop.draft(content=shop.content(protective_earth={"reading": "1.2"}))
    draft = actions.save_draft(
        by=shop.engineer,
        device=shop.pump,
        procedure=draft.protocol,
        uuid=draft.uuid,
        version=draft.version,
        content=shop.content(),
    )
    assert Hold.objects.count() == 0
    with pytest.raises(BadInput, match=r"why the reading was discarded: reading = 1\.2"):
        shop.sign(draft)
    draft = actions.save_draft(
        by=shop.engineer,
        device=shop.pump,
        procedure=draft.protocol,
        uuid=draft.uuid,
        version=draft.version,
        content={**shop.content(), "reasons": {"0": "typed 1.2 for 0.12"}},
    )
    earth = shop.sign(draft)[1]
    discarded = json.loads(earth.text)["discarded"]
    assert [(row["typed"], row["verdict"], row["reason"]) for row in discarded] == [
        ("1.2", "suspension", "typed 1.2 for 0.12")
    ]
    assert Hold.objects.count() == 0


def test_a_reason_once_given_cannot_be_changed(shop: Any) -> None:
    draft = shop.draft(content=shop.content(protective_earth={"reading": "1.2"}))
    for reason in ("slip", "another story"):
        draft = actions.save_draft(
            by=shop.engineer,
            device=shop.pump,
            procedure=draft.protocol,
            uuid=draft.uuid,
            version=draft.version,
            content={**shop.content(), "reasons": {"0": reason}},
        )
    assert [row["reason"] for row in draft.content["discarded"]] == ["slip"]


def test_signing_twice_gives_the_same_records(shop: Any) -> None:
    draft = shop.draft()
    first = shop.sign(draft)
    again = shop.sign(draft)
    assert [record.uuid for record in again] == [record.uuid for record in first]
    assert Record.objects.count() == 5


def test_a_draft_saved_elsewhere_is_not_signed_unseen(shop: Any) -> None:
    draft = shop.draft()
    actions.save_draft(
        by=shop.engineer,
        device=shop.pump,
        procedure=draft.protocol,
        uuid=draft.uuid,
        version=1,
        content=shop.content(protective_earth={"reading": "0.13"}),
    )
    with pytest.raises(Conflict, match="look again"):
        shop.sign(draft, version=1)
    with pytest.raises(Conflict, match="saved elsewhere"):
        actions.save_draft(
            by=shop.engineer,
            device=shop.pump,
            procedure=draft.protocol,
            uuid=draft.uuid,
            version=1,
            content=shop.content(),
        )


def test_nothing_is_signed_without_a_fresh_confirmation(shop: Any) -> None:
    draft = shop.draft()
    foreign = shop.confirm(shop.second)
    with pytest.raises(NotPermitted, match="Confirm"):
        shop.sign(draft, confirmation=foreign)
    stale = shop.confirm(shop.engineer)
    with clock.at(clock.now() + timedelta(minutes=3)), pytest.raises(NotPermitted, match="Confirm"):
        shop.sign(draft, confirmation=stale)


def test_an_instrument_out_of_calibration_blocks_unless_two_people_say_so(shop: Any) -> None:
    later = clock.now() + timedelta(days=340)
    with clock.at(later):
        draft = shop.draft()
        with pytest.raises(Conflict, match="TI0001 was not in calibration"):
            shop.sign(draft)
        own = actions.signing.Override(shop.engineer, shop.confirm(shop.engineer), "urgent")
        with pytest.raises(NotPermitted, match="another person"):
            shop.sign(draft, override=own)
        second = actions.signing.Override(shop.second, shop.confirm(shop.second), "only tester on site")
        records = shop.sign(draft, override=second)
    assert json.loads(records[1].text)["override"]["reason"] == "only tester on site"
    assert "certificate" not in json.loads(records[1].text)["instruments"][0]


def test_an_instrument_must_be_named(shop: Any) -> None:
    draft = shop.draft(content={**shop.content(), "instruments": []})
    with pytest.raises(BadInput, match="name the test instrument"):
        shop.sign(draft)


def test_authorisation_is_judged_when_the_measurement_was_made(shop: Any, hire: Any) -> None:
    newcomer = hire("engineer", authorised="independent")
    draft = shop.draft(by=newcomer, performed_at=clock.now() - timedelta(days=2))
    with pytest.raises(NotPermitted, match="No role"):
        shop.sign(draft, by=newcomer)


@pytest.mark.parametrize("days", [-32, 1])
def test_a_measurement_lies_neither_in_the_future_nor_far_back(shop: Any, days: int) -> None:
    draft = shop.draft(performed_at=clock.now() + timedelta(days=days))
    with pytest.raises(BadInput, match=r"future|too far back"):
        shop.sign(draft)


def test_a_missing_step_is_named(shop: Any) -> None:
    draft = shop.draft(content=shop.content(equipment_leakage={}))
    with pytest.raises(BadInput, match="equipment leakage is not done yet"):
        shop.sign(draft)
    assert Record.objects.count() == 0


def test_a_refused_reading_is_named_by_step_and_input(shop: Any) -> None:
    draft = shop.draft(content=shop.content(protective_earth={"reading": "0,12"}))
    with pytest.raises(BadInput) as caught:
        shop.sign(draft)
    assert caught.value.field == "protective_earth.reading"
    assert Draft.objects.get(pk=draft.pk).state == "open"


def test_a_correction_is_a_new_record_with_a_reason(shop: Any) -> None:
    shop.adopt()
    wrong = shop.visit(protective_earth={"reading": "0.35"})[1]
    key = "medical_engineering.protective_earth"
    content = {
        "steps": {"protective_earth": {"inputs": {"reading": "0.035", "arrangement": "with_cord"}}},
        "instruments": [str(shop.tester.uuid)],
    }
    draft = shop.draft(protocol=key, content=content, supersedes=wrong, reason="read 0.035, typed 0.35")
    right = shop.sign(draft)[0]
    assert right.supersedes_id == wrong.pk
    assert right.protocol == wrong.protocol
    again = shop.draft(protocol=key, content=content, supersedes=wrong, reason="once more")
    with pytest.raises(Conflict, match="corrected before"):
        shop.sign(again)
    hold = Hold.objects.get(device=shop.pump)
    actions.release(
        by=shop.engineer,
        device=shop.pump,
        hold=hold,
        text="typing slip",
        confirmation=shop.confirm(shop.engineer),
    )
    assert status.of(shop.pump).state == "in_use"


def test_breaking_the_glass_needs_the_role_and_a_review(shop: Any, hire: Any) -> None:
    night = hire("on_call", "trainee", authorised="trainee")
    draft = shop.draft(by=night)
    with pytest.raises(NotPermitted):
        shop.sign(draft, by=night)
    records = actions.break_glass(
        by=night,
        device=shop.pump,
        procedure=draft.protocol,
        draft=draft,
        version=draft.version,
        confirmation=shop.confirm(night),
        reason="only pump for the transfer",
    )
    for record in records:
        assert abs(record.review_by - record.sealed_at - timedelta(hours=24)) < timedelta(seconds=10)
    with pytest.raises(NotPermitted):
        actions.review(by=night, record=records[0], confirmation=shop.confirm(night), finding="fine")
    seen = actions.review(
        by=shop.second, record=records[0], confirmation=shop.confirm(shop.second), finding="fine"
    )
    assert seen.about_id == records[0].pk
    assert verify().holds


def test_help_passes_the_draft_and_holds_the_device(shop: Any, hire: Any) -> None:
    novice = hire("trainee", authorised="trainee")
    draft = shop.draft(by=novice)
    with pytest.raises(NotPermitted):
        actions.ask_for_help(
            by=novice,
            device=shop.pump,
            procedure=draft.protocol,
            draft=draft,
            colleague=novice,
            question="is this earth reading plausible?",
        )
    passed = actions.ask_for_help(
        by=novice,
        device=shop.pump,
        procedure=draft.protocol,
        draft=draft,
        colleague=shop.engineer,
        question="is this earth reading plausible?",
    )
    assert passed.owner == shop.engineer
    assert status.of(shop.pump).state == "out_of_use"
    assert shop.sign(passed)[0].person == shop.engineer


def test_somebody_elses_draft_is_taken_over_first(shop: Any) -> None:
    draft = shop.draft()
    with pytest.raises(Conflict, match="belongs to Eve Engineer"):
        shop.sign(draft, by=shop.second)
    taken = actions.take_over(by=shop.second, device=shop.pump, procedure=draft.protocol, draft=draft)
    assert shop.sign(taken, by=shop.second)[0].person == shop.second


def test_a_list_is_signed_whole_or_not_at_all(shop: Any) -> None:
    good, bad = shop.draft(), shop.draft(content=shop.content(equipment_leakage={}))
    with pytest.raises(BadInput, match="ME0001: equipment leakage"):
        actions.sign_listed(
            by=shop.engineer, drafts=[(good, 1), (bad, 1)], confirmation=shop.confirm(shop.engineer)
        )
    assert Record.objects.count() == 0
    other = shop.draft()
    records = actions.sign_listed(
        by=shop.engineer, drafts=[(good, 1), (other, 1)], confirmation=shop.confirm(shop.engineer)
    )
    assert len(records) == 10


def test_a_countersignature_is_wanted_where_policy_says_so(shop: Any) -> None:
    from kilter.department.policy import actions as policy
    from kilter.department.records.queries import counts, to_countersign

    policy.require_countersignature(
        by=shop.head, applies_to="medical_engineering.protective_earth", wanted=True, reason="new tester"
    )
    earth = shop.visit()[1]
    assert [record.pk for record in to_countersign()] == [earth.pk]
    assert not counts(earth)
    actions.countersign(
        by=shop.second,
        device=shop.pump,
        procedure=earth.procedure,
        record=earth,
        confirmation=shop.confirm(shop.second),
    )
    assert to_countersign() == []
    assert counts(earth)


@pytest.mark.parametrize(
    "sql", ["UPDATE records_record SET verdict = 'within'", "DELETE FROM records_record"]
)
def test_the_database_refuses_to_change_a_sealed_row(shop: Any, sql: str) -> None:
    from django.db import connection

    shop.visit(protective_earth={"reading": "0.35"})
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql)
    assert verify().holds


def test_a_draft_is_begun_once(shop: Any) -> None:
    uuid = uuid4()
    shop.draft(uuid=uuid)
    with pytest.raises(Conflict, match="saved elsewhere"):
        shop.draft(uuid=uuid)
