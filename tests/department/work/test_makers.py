"""Queries with makers: a thread that is only added to, open until the maker has the last word."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DatabaseError, transaction

from kilter.department.ledger import files
from kilter.department.work import actions, makers
from kilter.department.work.models import MakerMessage, MakerQuery
from kilter.measure.error import BadInput, NotFound, NotPermitted

pytestmark = pytest.mark.django_db

ASKED = {"subject": "Error 17", "text": "What does error 17 mean?", "whom": "Northfield Service"}


def ask(shop: Any, **more: Any) -> MakerQuery:
    return actions.ask_maker(by=shop.engineer, model=shop.pump.model, **{**ASKED, **more})


def answered(query: MakerQuery) -> bool:
    return bool(makers.query_by_uuid(query.uuid).answered)


def test_the_newest_message_says_where_it_stands(shop: Any) -> None:
    query = ask(shop)
    assert not answered(query)
    said = {"by": shop.engineer, "query": query, "whom": "Mr Field"}
    actions.add_to_maker_query(text="Replace the sensor.", from_maker=True, **said)
    assert answered(query)
    actions.add_to_maker_query(text="Which part number?", from_maker=False, **said)
    assert not answered(query)
    assert [one.text for one in makers.messages_of(query)] == [
        "What does error 17 mean?",
        "Replace the sensor.",
        "Which part number?",
    ]


def test_open_ones_stand_first_and_other_models_have_theirs(shop: Any) -> None:
    first, second = ask(shop), ask(shop, subject="Battery")
    words = {"text": "See bulletin 4.", "whom": "Mr Field", "from_maker": True}
    actions.add_to_maker_query(by=shop.engineer, query=second, **words)
    assert [row.pk for row in makers.queries_of(shop.pump.model)] == [first.pk, second.pk]
    assert makers.queries_of(shop.tester.model) == []


def test_a_job_of_another_model_is_refused(shop: Any) -> None:
    job = actions.report_fault(by=shop.engineer, device=shop.tester, text="dead")
    with pytest.raises(BadInput, match="another model"):
        ask(shop, job=job)
    own = actions.report_fault(by=shop.engineer, device=shop.pump, text="error 17")
    assert ask(shop, job=own).job == own


@pytest.mark.parametrize("field", ["subject", "text", "whom"])
@pytest.mark.parametrize("words", ["", "x" * 10_001, "NHS no 943 476 5919"])
def test_missing_words_and_patients_are_refused(shop: Any, field: str, words: str) -> None:
    with pytest.raises(BadInput) as caught:
        ask(shop, **{field: words})
    assert caught.value.field == field
    assert not MakerQuery.objects.exists()


def test_a_file_is_kept_with_its_name(shop: Any) -> None:
    kept = files.store(b"log of the pump", media_type="application/octet-stream")
    query = ask(shop, file=kept, name="pump.log")
    (one,) = makers.messages_of(query)
    assert makers.message_by_uuid(one.uuid).name == "pump.log"
    bare = ask(shop, subject="Second").messages.get()
    with pytest.raises(NotFound):
        makers.message_by_uuid(bare.uuid)


def test_nothing_is_ever_changed(shop: Any) -> None:
    ask(shop)
    for rows, change in ((MakerQuery, {"subject": "x"}), (MakerMessage, {"text": "x"})):
        with pytest.raises(DatabaseError), transaction.atomic():
            rows.objects.update(**change)
        with pytest.raises(DatabaseError), transaction.atomic():
            rows.objects.all().delete()


def test_a_ward_user_writes_to_no_maker(shop: Any, hire: Any) -> None:
    with pytest.raises(NotPermitted):
        actions.ask_maker(by=hire("ward_user", name="W W"), model=shop.pump.model, **ASKED)


def test_queries_do_not_grow(shop: Any, django_assert_num_queries: Any) -> None:
    for number in range(4):
        ask(shop, subject=f"Question {number}")
    with django_assert_num_queries(1):
        assert [str(row.by) for row in makers.queries_of(shop.pump.model)] == ["Eve Engineer"] * 4
