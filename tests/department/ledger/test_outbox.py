"""The outbox: at least once, whatever crashes in between, and a poison row in nobody's way."""

from __future__ import annotations

import threading

import pytest
from django.db import connection, transaction
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from kilter.department.ledger.models import Outbox
from kilter.department.ledger.outbox import (
    MOST_ATTEMPTS,
    Drained,
    drain,
    emit,
    open_rows,
    poisoned,
    try_again,
)
from kilter.measure.error import CannotTell, Fault


class Killed(BaseException):
    """Stands for the process being ended between two steps."""


@pytest.mark.django_db(transaction=True)
def test_an_event_without_its_change_is_our_fault():
    with pytest.raises(Fault, match="outside a transaction"):
        emit("device.failed", {})
    assert open_rows() == 0


@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_never_happened():
    def fail() -> None:
        with transaction.atomic():
            emit("device.failed", {"device": 1})
            raise Killed

    with pytest.raises(Killed):
        fail()
    assert open_rows() == 0


@pytest.mark.django_db
def test_each_is_handled_once_in_order():
    seen = []
    for number in range(5):
        emit("count", {"number": number})
    emit("other", {})
    assert drain({"count": lambda payload: seen.append(payload["number"])}) == Drained(5, 0)
    assert seen == [0, 1, 2, 3, 4]
    assert drain({"count": seen.append}) == Drained(0, 0)
    assert open_rows() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("when", ["before the reaction", "in its middle"])
def test_a_crash_between_commit_and_reaction_loses_nothing(when):
    with transaction.atomic():
        emit("open_job", {"device": 7})

    def react(payload):
        if when == "in its middle":
            Outbox.objects.create(kind="job", payload=payload)
        raise Killed

    with pytest.raises(Killed):
        drain({"open_job": react})
    assert open_rows() == 1
    assert not Outbox.objects.filter(kind="job").exists()
    done = []
    assert drain({"open_job": done.append}) == Drained(1, 0)
    assert done == [{"device": 7}]


@pytest.mark.django_db
def test_a_poison_row_stays_in_sight_and_in_nobodys_way():
    emit("boom", {"name": "Jane Patient"})
    emit("fine", {})
    fine = []

    def boom(payload):
        raise ValueError(payload["name"])

    handlers = {"boom": boom, "fine": fine.append}
    assert drain(handlers) == Drained(1, 1)
    for _ in range(MOST_ATTEMPTS + 3):
        drain(handlers)
    (row,) = poisoned()
    assert (row.attempts, row.last_error, row.handled_at) == (MOST_ATTEMPTS, "ValueError", None)
    assert len(fine) == 1
    try_again(row.pk)
    assert drain({"boom": lambda payload: None}) == Drained(1, 0)
    assert poisoned() == []


@pytest.mark.django_db
def test_our_own_errors_are_told_in_words():
    emit("boom", {})

    def boom(payload):
        raise CannotTell("no phantom in the image")

    drain({"boom": boom})
    assert Outbox.objects.get().last_error == "CannotTell: no phantom in the image"


@pytest.mark.django_db
def test_what_a_failed_reaction_wrote_is_undone():
    emit("half", {})

    def half(payload):
        Outbox.objects.create(kind="trace")
        raise OSError("disk full")

    assert drain({"half": half}) == Drained(0, 1)
    assert not Outbox.objects.filter(kind="trace").exists()


@pytest.mark.django_db
@given(fates=st.lists(st.sampled_from(["well", "fails once", "killed once"]), max_size=8))
@hypothesis_settings(max_examples=25)
def test_whatever_fails_all_is_handled_in_the_end(fates):
    with transaction.atomic():
        Outbox.objects.all().delete()
        for number, fate in enumerate(fates):
            emit("step", {"number": number, "fate": fate})
        tried: set[int] = set()
        handled: list[int] = []

        def react(payload):
            first = payload["number"] not in tried
            tried.add(payload["number"])
            if first and payload["fate"] == "fails once":
                raise OSError
            if first and payload["fate"] == "killed once":
                raise Killed
            handled.append(payload["number"])

        for _ in range(len(fates) + 2):
            try:
                with transaction.atomic():
                    drain({"step": react})
            except Killed:
                continue  # the next start drains again
        assert set(handled) == set(range(len(fates)))
        assert open_rows() == 0


@pytest.mark.django_db(transaction=True)
def test_two_workers_share_the_rows():
    with transaction.atomic():
        for number in range(40):
            emit("count", {"number": number})
    seen: list[int] = []
    start = threading.Barrier(2)

    def work() -> None:
        start.wait()
        drain({"count": lambda payload: seen.append(payload["number"])})
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    drain({"count": lambda payload: seen.append(payload["number"])})
    assert sorted(seen) == list(range(40))
