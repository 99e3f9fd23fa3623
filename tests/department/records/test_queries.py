"""Reads of the records room: what stands, what waits, what is shown of a device, and in which order."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from kilter.department.ledger import clock
from kilter.department.policy import actions as policy
from kilter.department.records import actions, queries
from kilter.department.records.models import Draft, Record
from kilter.measure.error import NotFound

pytestmark = pytest.mark.django_db

EARTH = "medical_engineering.protective_earth"


def correct(shop: Any, record: Record, reading: str) -> Record:
    """Correct an earth reading."""
    content = {
        "steps": {"protective_earth": {"inputs": {"reading": reading}}},
        "instruments": [str(shop.tester.uuid)],
    }
    return shop.sign(shop.draft(protocol=EARTH, content=content, supersedes=record, reason="misread"))[0]


def countersign(shop: Any, record: Record) -> Record:
    """The second person's signature."""
    return actions.countersign(
        by=shop.second,
        device=shop.pump,
        procedure=record.procedure,
        record=record,
        confirmation=shop.confirm(shop.second),
    )


@pytest.fixture
def waiting(shop: Any) -> Record:
    """A passing earth test that waits for a second signature."""
    policy.require_countersignature(by=shop.head, applies_to=EARTH, wanted=True, reason="new tester")
    return shop.visit()[1]


def test_what_is_not_there_is_said_to_be(shop: Any) -> None:
    with pytest.raises(NotFound) as record:
        queries.record_by_uuid(uuid4())
    with pytest.raises(NotFound) as draft:
        queries.draft_by_uuid(uuid4())
    assert (record.value.field, draft.value.field) == ("record", "draft")


def test_a_record_and_a_draft_are_found_with_what_a_page_shows(
    shop: Any, django_assert_num_queries: Any
) -> None:
    sealed, draft = shop.visit()[0], shop.draft()
    with django_assert_num_queries(1):
        record = queries.record_by_uuid(sealed.uuid)
        assert (str(record.device.model), record.person.display_name) == (
            "Northfield Infusa 3",
            "Eve Engineer",
        )
    with django_assert_num_queries(1):
        assert queries.draft_by_uuid(draft.uuid).owner == shop.engineer


def test_a_corrected_result_no_longer_stands_and_its_correction_does(shop: Any) -> None:
    records = shop.visit()
    newer = correct(shop, records[1], "0.14")
    numbers = set(queries.standing().values_list("number", flat=True))
    assert numbers == {1, 3, 4, 5, newer.number}
    assert queries.superseding(records[1]) == newer
    assert queries.superseding(newer) is None
    newest = correct(shop, newer, "0.15")
    assert set(queries.standing().values_list("number", flat=True)) == {1, 3, 4, 5, newest.number}


def test_statements_do_not_stand_among_results(shop: Any) -> None:
    actions.state(
        by=shop.head,
        act="withdraw",
        text="spare",
        device=shop.pump,
        arguments={"reason": "spare"},
        confirmation=shop.confirm(shop.head),
    )
    assert queries.standing().count() == 0
    assert [row.kind for row in queries.records_of(shop.pump)] == ["statement"]


def test_a_passing_result_counts_once_it_is_countersigned(shop: Any, waiting: Record) -> None:
    assert not queries.counts(waiting)
    assert queries.to_countersign() == [waiting]
    countersign(shop, waiting)
    assert queries.counts(waiting)
    assert queries.to_countersign() == []


def test_what_waits_for_no_second_signature_counts_at_once(shop: Any) -> None:
    assert all(queries.counts(record) for record in shop.visit())


def test_a_failure_waits_for_no_signature_and_a_corrected_pass_no_longer(shop: Any, waiting: Record) -> None:
    failed = shop.visit(protective_earth={"reading": "0.35"})[1]
    assert failed.countersign
    newer = correct(shop, waiting, "0.13")
    assert queries.to_countersign() == [newer]


def test_an_invalid_result_never_counts() -> None:
    assert not queries.counts(Record(verdict="invalid", countersign=False))


def test_a_device_shows_its_newest_first_and_pages_down(shop: Any) -> None:
    shop.visit()
    with clock.at(clock.now() + timedelta(days=1)):
        shop.visit()
    assert [row.number for row in queries.records_of(shop.pump)] == [10, 9, 8, 7, 6, 5, 4, 3, 2, 1]
    assert [row.number for row in queries.records_of(shop.pump, most=3)] == [10, 9, 8]
    assert [row.number for row in queries.before(shop.pump, None, most=2)] == [10, 9]
    assert [row.number for row in queries.before(shop.pump, 9, most=2)] == [8, 7]
    assert queries.before(shop.pump, 1) == []
    assert queries.records_of(shop.tester) == []


def test_a_visit_is_given_in_the_order_of_the_chain(shop: Any) -> None:
    records = shop.visit()
    shop.visit()
    assert queries.visit(records[0].visit) == records
    assert queries.visit(uuid4()) == []


def test_open_drafts_are_those_neither_signed_nor_of_others(shop: Any) -> None:
    first = shop.draft()
    with clock.at(clock.now() + timedelta(seconds=5)):
        second = shop.draft(by=shop.second)
    assert queries.open_drafts() == [second, first]
    assert queries.open_drafts(owner=shop.engineer) == [first]
    assert queries.open_drafts(device=shop.tester) == []
    shop.sign(first)
    assert queries.open_drafts(device=shop.pump) == [second]
    assert Draft.objects.get(pk=first.pk).state == "signed"


def test_a_trend_runs_in_time_without_what_was_corrected(shop: Any) -> None:
    records = shop.visit()
    for days, reading in ((2, "0.16"), (1, "0.14")):  # signed in another order than measured
        with clock.at(clock.now() + timedelta(days=days)):
            shop.visit(protective_earth={"reading": reading})
    values = [row.value for row in queries.trend(shop.pump, EARTH, "resistance")]
    assert values == [0.12, 0.14, 0.16]
    assert [row.value for row in queries.trend(shop.pump, EARTH, "resistance", most=2)] == [0.14, 0.16]
    correct(shop, records[1], "0.11")
    assert sorted(row.value for row in queries.trend(shop.pump, EARTH, "resistance")) == [0.11, 0.14, 0.16]
    assert queries.trend(shop.tester, EARTH, "resistance") == []


def test_the_newest_reading_of_each_result_is_given_once(shop: Any) -> None:
    shop.visit()
    with clock.at(clock.now() + timedelta(days=1)):
        shop.visit(
            protective_earth={"reading": "0.2"}, equipment_leakage={"current": "90", "method": "direct"}
        )
    found = {
        (row.procedure.partition(".")[2], row.result): row.value for row in queries.latest_readings(shop.pump)
    }
    assert found == {
        ("protective_earth", "resistance"): 0.2,
        ("equipment_leakage", "leakage"): 90.0,
        ("applied_part_leakage", "leakage"): 12.0,
    }
    assert queries.results_of(shop.pump) == sorted(
        (f"medical_engineering.{procedure}", result) for procedure, result in found
    )


def test_a_broken_glass_waits_for_its_review_and_is_late_after_it(shop: Any, hire: Any) -> None:
    night = hire("on_call", "trainee", authorised="trainee")
    draft = shop.draft(by=night)
    records = actions.break_glass(
        by=night,
        device=shop.pump,
        procedure=draft.protocol,
        draft=draft,
        version=draft.version,
        confirmation=shop.confirm(night),
        reason="only pump for the transfer",
    )
    assert {row.number for row in queries.to_review()} == {1, 2, 3, 4, 5}
    wanted = records[0].review_by
    assert queries.overdue_reviews() == 0
    assert queries.overdue_reviews(wanted) == 0
    assert queries.overdue_reviews(wanted + timedelta(seconds=1)) == 5
    actions.review(by=shop.second, record=records[0], confirmation=shop.confirm(shop.second), finding="fine")
    assert {row.number for row in queries.to_review()} == {2, 3, 4, 5}
    assert queries.overdue_reviews(wanted + timedelta(seconds=1)) == 4


def test_a_discarded_reading_outside_its_limits_is_unexplained_until_a_reason(shop: Any) -> None:
    draft = shop.draft(content=shop.content(protective_earth={"reading": "1.2"}))

    def save(reading: str, **more: Any) -> Any:
        now = queries.draft_by_uuid(draft.uuid)
        return actions.save_draft(
            by=shop.engineer,
            device=shop.pump,
            procedure=now.protocol,
            uuid=now.uuid,
            version=now.version,
            content={**shop.content(protective_earth={"reading": reading}), **more},
        )

    assert queries.unexplained(draft) == []
    assert [row["typed"] for row in queries.unexplained(save("0.12"))] == ["1.2"]
    assert [row["typed"] for row in queries.unexplained(save("0.13"))] == ["1.2"]  # 0.12 was within
    assert queries.unexplained(save("0.13", reasons={"0": "typed 1.2 for 0.12"})) == []
