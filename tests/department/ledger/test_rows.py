"""Rows written as values are what saved objects would be; ids and reactions stand aside for a block."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, transaction

from kilter.department.ledger import clock, identity, outbox, rows
from kilter.department.ledger.models import AuditEntry, Outbox, StoredFile


@pytest.mark.parametrize(
    "at",
    [
        datetime(2026, 3, 29, 0, 59, 59, 999999, tzinfo=UTC),
        datetime(2026, 10, 25, 1, 30, tzinfo=timezone(timedelta(hours=1))),
    ],
    ids=["microseconds", "another zone"],
)
def test_a_row_reads_back_as_a_saved_object_does(db: None, at: datetime) -> None:
    uuid, detail = uuid4(), {"µ": [1, None, "x"]}
    names = (
        "at",
        "actor",
        "actor_name",
        "activity",
        "subject_kind",
        "subject",
        "count",
        "detail",
        "request_id",
    )
    values = (at, uuid, "Ada", "people.set_pin", "Person", None, 3, detail, "")
    rows.insert(AuditEntry, names, [values])
    AuditEntry.objects.create(**dict(zip(names, values, strict=True)))
    written, saved = AuditEntry.objects.order_by("id").values(*names)
    assert written == saved
    assert AuditEntry.objects.filter(actor=uuid, at=at).count() == 2


def test_nothing_is_written_where_a_row_will_not_do(db: None) -> None:
    good = (uuid4(), "a" * 64, 1, "text/plain", clock.now())
    names = ("uuid", "sha256", "size", "media_type", "stored_at")
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.insert(StoredFile, names, [good, (uuid4(), *good[1:])])
    assert StoredFile.objects.count() == 0


def test_no_rows_are_no_statement(db: None) -> None:
    rows.insert(StoredFile, ("sha256",), [])
    assert StoredFile.objects.count() == 0


def test_an_unknown_column_is_a_fault_of_ours(db: None) -> None:
    with pytest.raises(KeyError):
        rows.insert(StoredFile, ("colour",), [("red",)])


def test_an_id_is_that_of_the_published_example() -> None:
    """RFC 9562, appendix A.6: Tuesday, February 22, 2022 2:22:22.00 PM GMT-05:00."""
    drawn = 0xCC3 << 62 | 0x18C4DC0C0C07398F
    with (
        identity.drawn_from(lambda: drawn),
        clock.at(datetime(2022, 2, 22, 14, 22, 22, tzinfo=timezone(timedelta(hours=-5)))),
    ):
        assert identity.new_id() == UUID("017F22E2-79B0-7CC3-98C4-DC0C0C07398F")


def test_later_ids_sort_behind_earlier_ones() -> None:
    start = datetime(2026, 3, 29, 0, 59, 59, 999_000, tzinfo=UTC)
    found = []
    for step in range(50):
        with clock.at(start + timedelta(milliseconds=step)):
            found.append(identity.new_id())
    assert found == sorted(found)
    assert {one.version for one in found} == {7}


def test_ids_of_one_instant_differ() -> None:
    with clock.at(datetime(2026, 1, 1, tzinfo=UTC)):
        assert len({identity.new_id() for _ in range(1000)}) == 1000


def test_ids_come_from_a_source_inside_its_block_only() -> None:
    with clock.at(datetime(2026, 1, 1, tzinfo=UTC)):
        with identity.drawn_from(lambda: 7):
            assert identity.new_id() == identity.new_id()
        assert identity.new_id() != identity.new_id()


def test_a_source_is_put_back_after_an_error() -> None:
    def fail() -> None:
        with identity.drawn_from(lambda: 8):
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert identity.new_id() != identity.new_id()


@pytest.mark.django_db(transaction=True)
def test_reactions_are_left_to_the_worker_inside_the_block(monkeypatch: Any) -> None:
    seen: list[Any] = []
    monkeypatch.setattr(outbox, "_at_once", {"test.happened": seen.append})
    with outbox.left_to_worker(), transaction.atomic():
        outbox.emit("test.happened", {"n": 1})
    assert seen == []
    assert outbox.open_rows() == 1
    with transaction.atomic():
        outbox.emit("test.happened", {"n": 2})
    assert [one["n"] for one in seen] == [1, 2]
    assert outbox.open_rows() == 0


def test_settling_marks_only_the_kinds_that_were_followed_up(db: None) -> None:
    with outbox.left_to_worker():
        for kind in ("test.one", "test.two", "test.one"):
            outbox.emit(kind, {})
    assert outbox.settle(["test.one"]) == 2
    left = Outbox.objects.filter(handled_at=None).values_list("kind", flat=True)
    assert list(left) == ["test.two"]
    assert outbox.settle(["test.one"]) == 0
